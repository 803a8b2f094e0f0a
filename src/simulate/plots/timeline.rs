//! How runs of one workload went: the load, the workers, the delay, over time.
//!
//! Pure: values in, values out.

use plotters::prelude::*;

use crate::simulate::load::Workload;
use crate::simulate::plots::axis::Axis;
use crate::simulate::plots::look::Look;
use crate::simulate::plots::panel::Panel;
use crate::simulate::plots::sheet::{Drawn, OURS, Pixel, QUIET, Sheet, TEXT, TITLE, svg};
use crate::simulate::run::{Moment, Run};
use crate::units::{count_as_f64, len_as_f64};

const WIDTH: i32 = 1280;
const HEIGHT: i32 = 980;
/// Where the panels end and the names begin.
const NAMES: i32 = 960;
/// From a name to the next.
const LINE: i32 = 17;
/// From mark to mark of one line.
const BETWEEN_MARKS: i32 = 120;
/// While something goes wrong.
const TROUBLE: RGBAColor = RGBAColor(213, 94, 0, 0.12);
/// What the load needs.
const NEED: RGBColor = RGBColor(205, 205, 205);
/// Places on the axis of the delay, in seconds.
const DELAYS: [(f64, &str); 13] = [
    (0.0, "0"),
    (10.0, "10 s"),
    (30.0, "30 s"),
    (60.0, "60 s"),
    (120.0, "120 s"),
    (300.0, "5 min"),
    (600.0, "10 min"),
    (1800.0, "30 min"),
    (3600.0, "1 h"),
    (7200.0, "2 h"),
    (14_400.0, "4 h"),
    (28_800.0, "8 h"),
    (86_400.0, "1 d"),
];

/// One workload: its rate, then the workers of each policy, then the delay of each, in three panels
/// over one time.
#[must_use]
pub fn workload(workload: &Workload, runs: &[(String, Run)]) -> String {
    let width = WIDTH.unsigned_abs();
    svg((width, HEIGHT.unsigned_abs()), |sheet| {
        let title = format!("{}: {}", workload.name, workload.meaning);
        sheet.write(&title, (20, 22), TITLE)?;
        rates(sheet, workload)?;
        workers(sheet, workload, runs)?;
        delays(sheet, workload, runs)
    })
}

fn panel<'b>(
    sheet: &Sheet<'b>,
    workload: &Workload,
    (top, bottom): (i32, i32),
    title: &str,
    y: Axis,
) -> Drawn<Panel<'static, 'b>> {
    let (time, unit) = Axis::time(len_as_f64(workload.rates.len()).max(60.0));
    let panel = Panel::new(sheet, ((10, top), (NAMES, bottom)), title, time, y)?;
    let [_, right, upper, lower] = panel.edges();
    sheet.write(unit, (right + 14, lower + 12), TEXT)?;
    for fault in &workload.model.faults {
        let from = panel.pixel(count_as_f64(fault.from), 0.0).0;
        let to = panel.pixel(count_as_f64(fault.to), 0.0).0;
        let shade = Rectangle::new([(from, upper), (to, lower)], TROUBLE.filled());
        sheet.draw(&shade)?;
    }
    Ok(panel)
}

fn rates(sheet: &Sheet<'_>, workload: &Workload) -> Drawn {
    let title = "load (elements/s)";
    let axis = Axis::even(highest(workload.rates.iter().copied(), 1.0));
    let panel = panel(sheet, workload, (44, 260), title, axis)?;
    let line = panel.thinned(seconds(&workload.rates));
    sheet.line(line, QUIET.stroke_width(1))?;
    if workload.model.faults.is_empty() {
        return Ok(());
    }
    let [_, right, upper, _] = panel.edges();
    let shade = Rectangle::new(
        [(right + 20, upper + 2), (right + 34, upper + 16)],
        TROUBLE.filled(),
    );
    sheet.draw(&shade)?;
    sheet.write("something goes wrong", (right + 42, upper + 9), TEXT)
}

fn workers(sheet: &Sheet<'_>, workload: &Workload, runs: &[(String, Run)]) -> Drawn {
    let in_use = runs.iter().flat_map(|(_, run)| &run.moments);
    let in_use = in_use.map(|moment| moment.in_use.as_f64());
    let needed = |rate: &f64| workload.model.workers_for(*rate);
    let needed: Vec<f64> = workload.rates.iter().map(needed).collect();
    // A load that no policy follows does not press their lines to the ground.
    let most = highest(in_use, 4.0);
    let axis = Axis::even(highest(needed.iter().copied(), most).min(1.5 * most));
    let title = "workers in use (grey: what the load needs)";
    let panel = panel(sheet, workload, (264, 600), title, axis)?;
    area(sheet, &panel, panel.thinned(seconds(&needed)))?;
    lines(sheet, runs, |run| panel.thinned(steps(&run.moments)))?;
    names(sheet, &panel, runs, "cost", |run| {
        format!("{:.2}", run.score.cost)
    })
}

fn delays(sheet: &Sheet<'_>, workload: &Workload, runs: &[(String, Run)]) -> Drawn {
    let all = runs.iter().flat_map(|(_, run)| &run.moments);
    let all = all.map(|moment| moment.delay);
    // Both limits are always to be seen.
    let axis = Axis::bent(10.0, &DELAYS, all.chain([0.0, 300.0]));
    let title = "delay: age of the oldest element that is not read (peaks)";
    let panel = panel(sheet, workload, (604, HEIGHT - 10), title, axis)?;
    let [left, right, ..] = panel.edges();
    for limit in [60.0, 120.0] {
        let y = panel.pixel(0.0, limit).1;
        sheet.line(vec![(left, y), (right, y)], QUIET.stroke_width(1))?;
    }
    lines(sheet, runs, |run| {
        let delays = run.moments.iter();
        panel.peaks(delays.map(|moment| (count_as_f64(moment.second), moment.delay)))
    })?;
    names(sheet, &panel, runs, "> 60 s", |run| {
        format!("{:.2} %", run.score.late_60 * 100.0)
    })
}

/// The line of each policy with its marks, ours above the others.
fn lines(sheet: &Sheet<'_>, runs: &[(String, Run)], line: impl Fn(&Run) -> Vec<Pixel>) -> Drawn {
    let mut looks: Vec<(usize, Look)> = runs
        .iter()
        .enumerate()
        .map(|(place, (policy, _))| (place, Look::of(place, policy)))
        .collect();
    looks.sort_by_key(|(_, look)| look.ours);
    let mut marked = Vec::new();
    for (place, look) in looks {
        let line = line(&runs[place].1);
        // Marks of lines that run together stand behind each other, not upon each other.
        let ahead = BETWEEN_MARKS / 2 + small(place) * BETWEEN_MARKS / small(runs.len());
        marked.extend(marks(&line, ahead).into_iter().map(|mark| (look, mark)));
        sheet.line(line, look.line())?;
    }
    for (look, mark) in marked {
        look.mark(sheet, mark)?;
    }
    Ok(())
}

/// Places for marks on a line, the first so many pixels ahead of its beginning.
fn marks(line: &[Pixel], ahead: i32) -> Vec<Pixel> {
    let Some((first, _)) = line.first() else {
        return Vec::new();
    };
    let mut next = first + ahead % BETWEEN_MARKS;
    let mut marks = Vec::new();
    for (from, to) in line.iter().zip(line.iter().skip(1)) {
        while from.0 <= next && next < to.0 {
            let share = (to.1 - from.1) * (next - from.0);
            marks.push((next, from.1 + share / (to.0 - from.0)));
            next += BETWEEN_MARKS;
        }
    }
    marks
}

/// A count that fits a sheet.
fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / BETWEEN_MARKS)
}

/// The policies with their looks and a figure of each, beside the panel.
fn names(
    sheet: &Sheet<'_>,
    panel: &Panel<'_, '_>,
    runs: &[(String, Run)],
    what: &str,
    figure: impl Fn(&Run) -> String,
) -> Drawn {
    let [_, right, upper, _] = panel.edges();
    let [mark, figures, words] = [right + 24, right + 42, right + 102];
    sheet.write(what, (figures, upper - 8), TEXT)?;
    sheet.write("policy", (words, upper - 8), TEXT)?;
    let mut y = upper + 10;
    for (place, (policy, run)) in runs.iter().enumerate() {
        let look = Look::of(place, policy);
        let hand = if look.ours { OURS } else { TEXT };
        sheet.line(vec![(mark - 10, y), (mark + 10, y)], look.line())?;
        look.mark(sheet, (mark, y))?;
        sheet.write(&figure(run), (figures, y), hand)?;
        for line in folded(policy, |line| words + hand.width(line) < WIDTH) {
            sheet.write(line, (words, y), hand)?;
            y += LINE;
        }
    }
    Ok(())
}

/// As few lines as fit, broken behind colons: that is where a policy's settings begin.
fn folded(policy: &str, fits: impl Fn(&str) -> bool) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), policy);
    while !fits(rest) {
        let colons = rest.match_indices(':').map(|(at, _)| at + 1);
        let ends: Vec<usize> = colons.filter(|end| *end < rest.len()).collect();
        let longest = ends.iter().rev().find(|end| fits(&rest[..**end]));
        let Some(end) = longest.or(ends.first()) else {
            break;
        };
        lines.push(&rest[..*end]);
        rest = &rest[*end..];
    }
    lines.push(rest);
    lines
}

fn area(sheet: &Sheet<'_>, panel: &Panel<'_, '_>, mut outline: Vec<Pixel>) -> Drawn {
    let [_, _, _, lower] = panel.edges();
    let (Some(first), Some(last)) = (outline.first(), outline.last()) else {
        return Ok(());
    };
    let ground = [(last.0, lower), (first.0, lower)];
    outline.extend(ground);
    sheet.draw(&Polygon::new(outline, NEED.filled()))
}

/// The workers in use, which do not change but at once.
fn steps(moments: &[Moment]) -> impl Iterator<Item = (f64, f64)> {
    let mut last = None;
    moments.iter().flat_map(move |moment| {
        let (second, in_use) = (count_as_f64(moment.second), moment.in_use.as_f64());
        let before = last.replace(in_use).unwrap_or(in_use);
        [(second, before), (second, in_use)]
    })
}

fn seconds(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let second = |(second, value): (usize, &f64)| (len_as_f64(second), *value);
    values.iter().enumerate().map(second)
}

/// The highest of those that are numbers, and at least this.
fn highest(values: impl Iterator<Item = f64>, least: f64) -> f64 {
    values
        .filter(|value| value.is_finite())
        .fold(least, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Workers;

    #[test]
    fn workers_change_at_once() {
        let moments = [(30, 2), (60, 5)].map(|(second, workers)| Moment {
            second,
            in_use: Workers(workers),
            delay: 0.0,
        });
        let steps: Vec<(f64, f64)> = steps(&moments).collect();
        assert_eq!(steps, [(30.0, 2.0), (30.0, 2.0), (60.0, 2.0), (60.0, 5.0)]);
    }

    #[test]
    fn marks_stand_on_their_line_at_even_distances() {
        // Level at 10, then a slope from 10 to 50 over 80 pixels: half of it at pixel 240.
        let line = [(0, 10), (200, 10), (280, 50), (300, 50)];
        assert_eq!(marks(&line, 0), [(0, 10), (120, 10), (240, 30)]);
        assert_eq!(marks(&line, 130), [(10, 10), (130, 10), (250, 35)]);
        assert_eq!(marks(&[], 0), []);
    }

    #[test]
    fn a_long_name_is_broken_where_its_settings_begin() {
        let fits = |line: &str| line.len() <= 12;
        assert_eq!(folded("rule:A=1", fits), ["rule:A=1"]);
        assert_eq!(folded("rule:A=1:B=22", fits), ["rule:A=1:", "B=22"]);
        assert_eq!(folded("without_any_colon", fits), ["without_any_colon"]);
    }
}
