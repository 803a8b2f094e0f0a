//! One of the panels: its scale, its thresholds, its lines.
//!
//! Pure: values in, values out.

use crate::decide::forecast::Course;
use crate::report::history::points::Point;
use crate::report::page::html::Html;
use crate::report::page::picture::axis::{
    Scale, TimeAxis, round_seconds, round_utilization, round_workers,
};
use crate::report::page::picture::line::{Line, tenths};
use crate::report::page::picture::{Drawing, PANEL, TOP, words};
use crate::report::shown::{self, percent};
use crate::units::{Workers, seconds};

/// What doing nothing leads to is drawn up to so many times the delay that is borne.
const STAY_MOST: f64 = 4.0;

/// A panel, ready to be drawn.
pub(super) struct Panel {
    heading: String,
    scale: Scale,
    show: fn(f64) -> String,
    /// Name, and where; the lowest first.
    thresholds: Vec<(&'static str, &'static str, f64)>,
    lines: Vec<(&'static str, String)>,
}

/// All of them, from the top. What the model decides by stands under what it decides.
pub(super) fn panels(drawing: Drawing<'_>) -> Vec<Panel> {
    type Drawn = fn(Drawing<'_>, f64) -> Panel;
    let by_model: &[Drawn] = if drawing.by_model { &[delay] } else { &[] };
    let rest: [Drawn; 2] = [backlog_time, utilization];
    let all = [workers as Drawn].into_iter();
    let all = all.chain(by_model.iter().copied()).chain(rest);
    let places = all.zip(0_u32..);
    places
        .map(|(panel, place)| panel(drawing, f64::from(place)))
        .collect()
}

// === impl Panel ===

impl Panel {
    /// Height of the heading.
    const HEADING: f64 = 22.0;
    /// Height of the plot.
    const PLOT: f64 = 90.0;
    /// From one threshold's name to the next, at least.
    const APART: f64 = 12.0;

    fn scale(place: f64, most: f64) -> Scale {
        Scale {
            top: TOP + place * PANEL + Self::HEADING,
            height: Self::PLOT,
            most,
        }
    }

    pub(super) fn grid(&self, html: &mut Html) {
        let Scale { most, .. } = self.scale;
        let across = |values: &[f64]| {
            let lines = values.iter().map(|value| {
                let y = tenths(self.scale.y(*value));
                format!("M0 {y}H{}", TimeAxis::WIDTH)
            });
            lines.collect::<String>()
        };
        html.path("grid", &across(&[most, most / 2.0]));
        html.path("axis", &across(&[0.0]));
        for (class, _, value) in &self.thresholds {
            html.path(class, &across(&[*value]));
        }
    }

    pub(super) fn lines(&self, html: &mut Html) {
        for (class, path) in &self.lines {
            html.path(class, path);
        }
    }

    pub(super) fn labels(&self, html: &mut Html) {
        let Scale { top, most, .. } = self.scale;
        html.raw("<text class=\"panel\" x=\"0\" y=\"");
        html.number(top - 7.0);
        html.raw("\">");
        html.text(&self.heading);
        html.raw("</text>");
        for value in [most, most / 2.0] {
            html.raw("<text class=\"scale\" x=\"0\" dx=\"2\" y=\"");
            html.number(tenths(self.scale.y(value) + 11.0));
            html.raw("\">");
            html.text(&(self.show)(value));
            html.raw("</text>");
        }
        let mut below = f64::INFINITY;
        for (_, name, value) in &self.thresholds {
            below = tenths((self.scale.y(*value) + 4.0).min(below - Self::APART));
            html.raw("<text class=\"limit\" x=\"86%\" dx=\"4\" y=\"");
            html.number(below);
            html.raw("\">");
            html.raw(name);
            html.raw("</text>");
        }
    }
}

fn workers(drawing: Drawing<'_>, place: f64) -> Panel {
    type Count = fn(&Point) -> Option<Workers>;
    const LINES: [(&str, Count); 3] = [
        ("in-use", |point| point.workers_in_use),
        ("present", |point| point.workers_present),
        ("asked", |point| point.workers_asked),
    ];
    let highest = LINES
        .iter()
        .filter_map(|(_, count)| drawing.points().filter_map(count).max())
        .max();
    let scale = Panel::scale(place, round_workers(highest.map_or(0.0, Workers::as_f64)));
    let steps = |count: Count| {
        let value = move |point: &Point| count(point).map(Workers::as_f64);
        Line::of(drawing.points(), drawing.axis, drawing.patience(), value).steps(scale)
    };
    Panel {
        heading: words::workers(drawing),
        scale,
        show: |workers| workers.to_string(),
        thresholds: Vec::new(),
        lines: LINES
            .iter()
            .map(|(class, count)| (*class, steps(*count)))
            .collect(),
    }
}

fn delay(drawing: Drawing<'_>, place: f64) -> Panel {
    let budget = drawing.status.parsed.settings.delay_budget.as_secs_f64();
    let forecast = drawing.foreseen.map(|foreseen| foreseen.forecast);
    let stay = forecast.map_or(0.0, |forecast| forecast.stay.worst);
    let change = forecast.and_then(|forecast| forecast.change);
    let change = change.map_or(0.0, |(_, course)| course.worst);
    let highest = words::highest(drawing, |point| point.delay).unwrap_or(0.0);
    // Whoever does nothing may be late for ever: that need not be seen to its end.
    let most = highest.max(change).max(stay.min(STAY_MOST * budget));
    let scale = Panel::scale(place, round_seconds(most.max(budget)));
    let mut lines = vec![("value", joined(drawing, scale, |point| point.delay))];
    if let Some(foreseen) = drawing.foreseen {
        let line =
            |course: &Course| Line::ahead(&foreseen, course, drawing.axis, scale).joined(scale);
        lines.push(("stay", line(&foreseen.forecast.stay)));
        if let Some((_, course)) = &foreseen.forecast.change {
            lines.push(("change", line(course)));
        }
    }
    Panel {
        heading: words::delay(drawing),
        scale,
        show: |time| shown::duration(seconds(time)),
        thresholds: vec![("budget", "BUDGET", budget)],
        lines,
    }
}

fn backlog_time(drawing: Drawing<'_>, place: f64) -> Panel {
    let settings = &drawing.status.parsed.settings;
    let (low, high) = (
        settings.backlog_time_low.as_secs_f64(),
        settings.backlog_time_high.as_secs_f64(),
    );
    let highest = words::highest(drawing, |point| point.backlog_time);
    let scale = Panel::scale(place, round_seconds(highest.unwrap_or(0.0).max(high)));
    Panel {
        heading: words::backlog_time(drawing),
        scale,
        show: |time| shown::duration(seconds(time)),
        thresholds: vec![("low", "LOW", low), ("high", "HIGH", high)],
        lines: vec![("value", joined(drawing, scale, |point| point.backlog_time))],
    }
}

fn utilization(drawing: Drawing<'_>, place: f64) -> Panel {
    let settings = &drawing.status.parsed.settings;
    let highest = words::highest(drawing, |point| point.utilization);
    let high = settings.utilization_high.ratio();
    let scale = Panel::scale(place, round_utilization(highest.unwrap_or(0.0).max(high)));
    let mut thresholds = vec![
        ("low", "LOW", settings.utilization_low.ratio()),
        ("target", "TARGET", settings.utilization_target.ratio()),
        ("high", "HIGH", high),
    ];
    thresholds.sort_by(|one, other| one.2.total_cmp(&other.2));
    Panel {
        heading: words::utilization(drawing),
        scale,
        show: percent,
        thresholds,
        lines: vec![("value", joined(drawing, scale, |point| point.utilization))],
    }
}

fn joined(drawing: Drawing<'_>, scale: Scale, value: fn(&Point) -> Option<f32>) -> String {
    let value = move |point: &Point| value(point).map(f64::from);
    Line::of(drawing.points(), drawing.axis, drawing.patience(), value).joined(scale)
}
