//! The tables of the page, in the order in which a person who was paged asks for them.
//!
//! Pure: values in, values out.

use crate::leadership::Leadership;
use crate::observe::{CheckpointInterval, Observation};
use crate::report::health::Trouble;
use crate::report::page::html::Html;
use crate::report::shown::{self, ago, known, optional, percent, short, words};
use crate::report::status::{LastTick, Status};
use crate::settings::{Parsed, TABLE};
use crate::units::{Timestamp, Unit, Workers};

/// What is paused, until when, and how to end that.
pub(super) fn pauses(html: &mut Html, status: &Status, now: Timestamp) {
    let Some(last) = &status.last else {
        return;
    };
    for pause in last.overrides.in_force(now) {
        html.raw("<p class=\"bad\">");
        html.text(&format!(
            "Scaling {} is paused {} by {}. To end it: ",
            pause.direction.name(),
            pause.lasts(),
            pause.by
        ));
        html.raw("<code>");
        html.text(&pause.ended_by);
        html.raw("</code></p>");
    }
}

/// What is wrong, if anything is.
pub(super) fn troubles(html: &mut Html, status: &Status) {
    // A pause has its own words.
    let troubles = status.troubles.iter();
    for (trouble, why) in troubles.filter(|(trouble, _)| *trouble != Trouble::Paused) {
        html.raw("<p class=\"bad\">");
        html.text(&format!("{}: {why}", trouble.begins()));
        html.raw("</p>");
    }
    if let Some(why) = status.why_not_acting() {
        html.raw("<p>");
        html.text(&format!("Nothing is scaled, because {why}."));
        html.raw("</p>");
    }
    if let Some(sentence) = status.last.as_ref().and_then(part) {
        html.raw("<p>");
        html.text(&sentence);
        html.raw("</p>");
    }
}

/// Our part among several sidecars; `None` where it is told already, or there are none.
fn part(last: &LastTick) -> Option<String> {
    match &last.leadership {
        Leadership::Alone | Leadership::Unknown { .. } => None,
        Leadership::Leads { identity } => Some(format!(
            "Of this job's sidecars, one for each JobManager, this one acts ({identity})."
        )),
        Leadership::Follows { holder } => Some(format!(
            "Another JobManager's sidecar acts for this job: {holder}. \
             This one would take over if that one fell silent."
        )),
    }
}

/// What is done, why, and every step to it.
pub(super) fn decision(html: &mut Html, status: &Status, now: Timestamp) {
    let Some(last) = &status.last else {
        return;
    };
    let decision = &last.decision;
    html.raw("<h2>Decision</h2><p>");
    html.text(&format!(
        "{}: {}, decided {}",
        words(decision.reason()),
        decision.meaning(),
        ago(now, decision.at),
    ));
    if let Some(bound) = decision.bound {
        html.text(&format!("; bound by {}", bound.name()));
    }
    html.raw(".</p>");
    workers(html, status, last);
    // What stands at the top already is not told twice.
    let told = status.why().is_some_and(|why| why.rescale.is_none());
    let sentence = decision.arithmetic.sentence();
    if let Some(sentence) = sentence.filter(|_| !told) {
        html.raw("<p>");
        html.text(sentence);
        html.raw("</p>");
    }
    let lines = decision.arithmetic.lines().iter();
    html.table(
        "Arithmetic",
        ["name", "value", "formula"],
        lines.map(|line| {
            let value = (line.value * 1000.0).round() / 1000.0;
            let value = format!("{value} {}", line.unit);
            [line.name.into(), value, line.formula.clone()]
        }),
    );
}

fn workers(html: &mut Html, status: &Status, last: &LastTick) {
    let (seen, bounds) = (&last.observation.workers, status.bounds());
    let shown = |workers: Option<Workers>| optional(workers, |workers| workers.to_string());
    html.table(
        "Workers",
        ["in use", "present", "asked", "recommended", "min", "max"],
        [[
            shown(seen.in_use),
            shown(seen.present),
            shown(last.workers_asked),
            shown(last.decision.workers_recommended),
            shown(Some(bounds.workers_min)),
            shown(bounds.workers_max),
        ]],
    );
}

/// Every source, with what it has not read yet.
pub(super) fn sources(html: &mut Html, seen: &Observation) {
    html.table(
        "Sources",
        [
            "source",
            "backlog_time",
            "backlog_bytes",
            "backlog_elements",
            "backlog_growth",
            "throughput",
            "input_rate",
            "watermark_lag",
            "splits",
        ],
        seen.sources.iter().map(|source| {
            let rate = |rate| shown::rate(rate, source.unit);
            let stalled = if source.stalled { ": stalled" } else { "" };
            [
                format!("{}{stalled}", short(&source.name)),
                known(source.backlog_time, shown::duration),
                known(source.backlog_bytes, |b| {
                    shown::amount(b.get(), Unit::Bytes)
                }),
                known(source.backlog_elements, |b| {
                    shown::amount(b.get(), Unit::Elements)
                }),
                known(source.backlog_growth, |growth| {
                    format!("{} ± {}", rate(growth.rate), rate(growth.noise))
                }),
                known(source.throughput, rate),
                known(source.input_rate, rate),
                known(source.watermark_lag, shown::duration),
                optional(source.splits, |splits| splits.to_string()),
            ]
        }),
    );
}

/// Every vertex, and which of them falls behind.
pub(super) fn vertices(html: &mut Html, seen: &Observation) {
    let records = |rate| shown::rate(rate, Unit::Elements);
    let bytes = |rate| shown::rate(rate, Unit::Bytes);
    html.table(
        "Vertices",
        [
            "vertex",
            "keeps up",
            "subtasks",
            "backpressured",
            "records_in",
            "records_out",
            "bytes_in",
            "bytes_out",
        ],
        seen.vertices.iter().map(|vertex| {
            let keeps_up = if vertex.falls_behind {
                "falls behind"
            } else {
                "yes"
            };
            [
                short(&vertex.name),
                keeps_up.into(),
                vertex.parallelism.to_string(),
                known(vertex.backpressured, percent),
                known(vertex.records_in, records),
                known(vertex.records_out, records),
                known(vertex.bytes_in, bytes),
                known(vertex.bytes_out, bytes),
            ]
        }),
    );
}

/// The rest of what is known of the job.
pub(super) fn observation(html: &mut Html, last: &LastTick, now: Timestamp) {
    let seen = &last.observation;
    let checkpoints = &seen.checkpoints;
    let row = |name: &str, value: String| [name.to_string(), value];
    let utilization = |u: crate::units::Utilization| percent(u.ratio());
    html.table(
        "Observation",
        ["name", "value"],
        [
            row("utilization", known(seen.utilization, utilization)),
            row(
                "utilization_highest",
                known(seen.utilization_highest, utilization),
            ),
            row(
                "taskmanager_cpu",
                known(seen.taskmanager_cpu, |c| {
                    format!("{c} {}", if c == 1.0 { "core" } else { "cores" })
                }),
            ),
            row(
                "running_since",
                optional(seen.running_since, |then| ago(now, then)),
            ),
            row("metrics_age", optional(seen.metrics_age, shown::duration)),
            row("warming_up", yes_or_no(seen.warming_up)),
            row("checkpoint_interval", known(checkpoints.interval, interval)),
            row(
                "last checkpoint triggered",
                optional(checkpoints.last_triggered, |t| ago(now, t)),
            ),
            row(
                "last checkpoint took",
                optional(checkpoints.last_duration, shown::duration),
            ),
            row("checkpoints failing", yes_or_no(checkpoints.failing)),
            row(
                "restarts after a failure",
                optional(seen.restarts, yes_or_no),
            ),
            row("reactive", optional(seen.reactive, yes_or_no)),
            row("not read", optional(last.unread.clone(), |unread| unread)),
            row(
                "last tick",
                format!(
                    "{}: {} requests, {} in {}",
                    ago(now, last.ended),
                    last.cost.requests,
                    shown::amount(crate::units::count_as_f64(last.cost.bytes), Unit::Bytes),
                    shown::duration(last.cost.duration),
                ),
            ),
        ],
    );
}

/// What the policy `model` has learned of the job.
pub(super) fn model(html: &mut Html, last: &LastTick) {
    let Some(model) = last.model else {
        return;
    };
    let row =
        |name: &str, value: String, meaning: &str| [name.to_string(), value, meaning.to_string()];
    let times = |gain: f64| format!("{gain:.2} times");
    let gain = model.rescale_gain;
    html.table(
        "Model",
        ["name", "value", "meaning"],
        [
            row(
                "model_learned",
                percent(model.model_learned),
                "of what it has to know before it decides; until then the rule does",
            ),
            row(
                "alpha",
                format!("{:.2}", model.alpha),
                "n workers can read n to the power of this times as much as one",
            ),
            row(
                "wait",
                shown::duration(model.wait),
                "until workers that are asked for are there; a guess until it was measured",
            ),
            row(
                "restart_pause_up",
                shown::duration(model.restart_pause_up),
                "in which nothing is read when workers join; a guess until it was measured",
            ),
            row(
                "restart_pause_down",
                shown::duration(model.restart_pause_down),
                "in which nothing is read when workers leave; a guess until it was measured",
            ),
            row(
                "forecast_error",
                optional(model.forecast_error, percent),
                "that the input was off from what was foreseen 3 minutes before, in the last half hour",
            ),
            row(
                "rescale_gain_predicted",
                optional(gain.map(|gain| gain.predicted), times),
                "as much as before can be read: what was expected of the last rescale",
            ),
            row(
                "rescale_gain",
                optional(gain.map(|gain| gain.real), times),
                "as much as before can be read: what came of it",
            ),
        ],
    );
}

/// Every setting, and where its value comes from.
pub(super) fn settings(html: &mut Html, parsed: &Parsed) {
    html.table(
        "Settings",
        ["variable", "value", "origin", "meaning"],
        TABLE.iter().map(|setting| {
            [
                setting.variable(),
                setting.shown(&parsed.settings),
                parsed.origin(setting).into(),
                setting.meaning.into(),
            ]
        }),
    );
    for warning in &parsed.warnings {
        html.raw("<p>");
        html.text(warning);
        html.raw("</p>");
    }
}

fn interval(interval: CheckpointInterval) -> String {
    match interval {
        CheckpointInterval::Off => "off".into(),
        CheckpointInterval::Every(interval) => shown::duration(interval),
    }
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes".into() } else { "no".into() }
}
