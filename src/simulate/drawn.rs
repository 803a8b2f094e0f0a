//! Runs drawn with characters: what a glance at a terminal can tell.
//!
//! Pure: values in, values out.

use crate::simulate::load::Workload;
use crate::simulate::run::{Moment, Run};
use crate::units::{f64_as_count, len_as_f64};

/// Columns of a drawing.
const WIDTH: usize = 60;
/// From nothing to the highest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The rate, then workers and delay of each run, each against its own highest; the delays of all runs
/// against the same.
#[must_use]
pub fn drawn<'a>(workload: &Workload, runs: impl Iterator<Item = (&'a str, &'a Run)>) -> String {
    let runs: Vec<(&str, &Run)> = runs.collect();
    let mut lines = vec![line(
        "rate",
        &workload.rates,
        highest(&workload.rates),
        "/s",
    )];
    let workers = |run: &Run| values(run, |moment| moment.in_use.as_f64());
    let delays = |run: &Run| values(run, |moment| moment.delay);
    let most = |of: &dyn Fn(&Run) -> Vec<f64>| {
        let highest = runs.iter().map(|(_, run)| highest(&of(run)));
        highest.fold(0.0, f64::max)
    };
    let (most_workers, longest) = (most(&workers), most(&delays));
    for (name, run) in &runs {
        lines.push(line(
            &format!("workers, {name}"),
            &workers(run),
            most_workers,
            "",
        ));
    }
    for (name, run) in &runs {
        lines.push(line(&format!("delay, {name}"), &delays(run), longest, " s"));
    }
    lines.concat()
}

/// `delay, rule   ▁▁▃▁  0 to 150 s`, drawn against `top`.
fn line(name: &str, values: &[f64], top: f64, unit: &str) -> String {
    let each = values.len().div_ceil(WIDTH).max(1);
    let picture: String = values
        .chunks(each)
        .map(|some| height(highest(some), top))
        .collect();
    let lowest = values
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min)
        .min(1e15);
    format!(
        "{name:<20} {picture}  {lowest:.0} to {:.0}{unit}\n",
        highest(values)
    )
}

fn height(value: f64, top: f64) -> char {
    let share = if top > 0.0 { value / top } else { 0.0 };
    let step = f64_as_count((share * len_as_f64(HEIGHTS.len() - 1)).ceil());
    let step = step.and_then(|step| usize::try_from(step).ok());
    HEIGHTS[step.unwrap_or(0).min(HEIGHTS.len() - 1)]
}

fn values(run: &Run, of: impl Fn(&Moment) -> f64) -> Vec<f64> {
    run.moments.iter().map(of).collect()
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_rises_with_its_values() {
        assert_eq!(
            line("rate", &[0.0, 1.0, 4.0, 8.0], 8.0, "/s"),
            "rate                 ▁▂▅█  0 to 8/s\n"
        );
    }

    #[test]
    fn nothing_draws_nothing() {
        assert_eq!(
            line("rate", &[0.0], 0.0, ""),
            "rate                 ▁  0 to 0\n"
        );
        assert!(line("rate", &[], 0.0, "").starts_with("rate"));
    }
}
