//! The picture in words, for who cannot see it, and as the headings of its panels.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::report::history::points::{Marks, Point};
use crate::report::page::picture::Drawing;
use crate::report::shown::{self, percent, time_of_day};
use crate::units::{Timestamp, Workers, seconds};

/// What the picture is of.
pub(super) fn title(drawing: Drawing<'_>) -> String {
    let span = drawing.axis.span.words();
    if drawing.by_model {
        return format!(
            "Workers, delay, backlog_time and utilization over the last {span}, and the delay that is \
             foreseen"
        );
    }
    format!("Workers, backlog_time and utilization over the last {span}")
}

/// Each panel's range, and what happened.
pub(super) fn description(drawing: Drawing<'_>) -> String {
    let settings = &drawing.status.parsed.settings;
    let count = |set: fn(Marks) -> bool| {
        let marked = drawing.points().filter(|point| set(point.marks));
        // The point before the span stands on its edge.
        marked
            .filter(|point| drawing.axis.x(point.at) > 0.0)
            .count()
    };
    format!(
        "Until {} UTC. {}{}. {}{}; BACKLOG_TIME_HIGH is {}, BACKLOG_TIME_LOW {}. \
         {}; UTILIZATION_HIGH is {}, UTILIZATION_TARGET {}, UTILIZATION_LOW {}. \
         Rescales asked for: {}. Restarts: {}. Failed actions: {}. Checkpoints completed: {}.",
        time_of_day(drawing.axis.now),
        workers(drawing),
        range_in_use(drawing),
        delay_in_words(drawing),
        backlog_time(drawing),
        shown::duration(settings.backlog_time_high),
        shown::duration(settings.backlog_time_low),
        utilization(drawing),
        settings.utilization_high,
        settings.utilization_target,
        settings.utilization_low,
        count(|marks| marks.rescale_asked),
        count(|marks| marks.restarted),
        count(|marks| marks.action_failed),
        count(|marks| marks.checkpointed),
    )
}

/// `workers: 4 in use, 4 present, 6 asked`.
pub(super) fn workers(drawing: Drawing<'_>) -> String {
    let newest = newest(drawing);
    let count = |count: fn(&Point) -> Option<Workers>| {
        let known = newest.and_then(count);
        known.map_or_else(|| "unknown".into(), |workers| workers.to_string())
    };
    format!(
        "workers: {} in use, {} present, {} asked",
        count(|point| point.workers_in_use),
        count(|point| point.workers_present),
        count(|point| point.workers_asked),
    )
}

/// `backlog_time: 42 s, max 12 min 3 s`.
pub(super) fn backlog_time(drawing: Drawing<'_>) -> String {
    now_and_highest(
        "backlog_time",
        drawing,
        |point| point.backlog_time,
        |time| shown::duration(seconds(time)),
    )
}

/// `delay: 42 s, max 3 min`.
pub(super) fn delay(drawing: Drawing<'_>) -> String {
    now_and_highest(
        "delay",
        drawing,
        |point| point.delay,
        |delay| shown::duration(whole_seconds(delay)),
    )
}

/// The same with the budget and with what is foreseen; nothing where the model does not decide.
fn delay_in_words(drawing: Drawing<'_>) -> String {
    if !drawing.by_model {
        return String::new();
    }
    let budget = shown::duration(drawing.status.parsed.settings.delay_budget);
    let foreseen = [stay(drawing), change(drawing)].into_iter().flatten();
    let foreseen: Vec<String> = foreseen.collect();
    let foreseen = match foreseen.is_empty() {
        true => "nothing is foreseen".into(),
        false => foreseen.join(", "),
    };
    format!("{}; DELAY_BUDGET is {budget}; {foreseen}. ", delay(drawing))
}

/// `delay foreseen if nothing is done: up to 12 min`.
pub(super) fn stay(drawing: Drawing<'_>) -> Option<String> {
    let foreseen = drawing.foreseen?;
    let worst = shown::duration(whole_seconds(foreseen.forecast.stay.worst));
    let when = when(drawing, foreseen.at);
    Some(format!(
        "delay foreseen{when} if nothing is done: up to {worst}"
    ))
}

/// `delay foreseen with 10 workers: up to 104 s`.
pub(super) fn change(drawing: Drawing<'_>) -> Option<String> {
    let foreseen = drawing.foreseen?;
    let (workers, course) = foreseen.forecast.change?;
    let worst = shown::duration(whole_seconds(course.worst));
    let (when, workers) = (when(drawing, foreseen.at), shown::workers(workers));
    Some(format!(
        "delay foreseen{when} with {workers}: up to {worst}"
    ))
}

/// ` at 17:58`, for what was foreseen some time ago.
fn when(drawing: Drawing<'_>, at: Timestamp) -> String {
    if drawing.axis.now.since(at) <= drawing.patience() {
        return String::new();
    }
    format!(" at {}", time_of_day(at))
}

/// What is drawn is not known to a tenth.
fn whole_seconds(time: f64) -> Duration {
    seconds(time.round())
}

/// `utilization: 83 %, max 97 %`.
pub(super) fn utilization(drawing: Drawing<'_>) -> String {
    now_and_highest("utilization", drawing, |point| point.utilization, percent)
}

/// The highest that is known of the span.
pub(super) fn highest(drawing: Drawing<'_>, value: fn(&Point) -> Option<f32>) -> Option<f64> {
    let highest = drawing.points().filter_map(value).reduce(f32::max);
    highest.map(f64::from)
}

fn now_and_highest(
    name: &str,
    drawing: Drawing<'_>,
    value: fn(&Point) -> Option<f32>,
    show: impl Fn(f64) -> String,
) -> String {
    let Some(highest) = highest(drawing, value) else {
        return format!("{name}: not known");
    };
    let now = newest(drawing).and_then(value).map(f64::from);
    let now = now.map_or_else(|| "not known now".into(), &show);
    format!("{name}: {now}, max {}", show(highest))
}

fn range_in_use(drawing: Drawing<'_>) -> String {
    let known = || drawing.points().filter_map(|point| point.workers_in_use);
    match (known().min(), known().max()) {
        (Some(lowest), Some(highest)) => format!("; in use were {lowest} to {highest}"),
        _ => String::new(),
    }
}

/// The newest point; `None` where there has been none for long.
fn newest(drawing: Drawing<'_>) -> Option<&Point> {
    let newest = drawing.points().last()?;
    (drawing.axis.now.since(newest.at) <= drawing.patience()).then_some(newest)
}
