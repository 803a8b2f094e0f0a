//! The snapshot as JSON, for `/status`: every quantity by its one name, times in milliseconds since
//! the epoch, durations in seconds. What is not known is null, and `unknown` beside it says why.
//!
//! Pure: values in, values out.
//!
//! JSON has no NaN: `serde_json` writes null for a number that is not finite.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::decide::Decision;
use crate::decide::forecast::Foreseen;
use crate::decide::forecast::{Course, DelayForecast};
use crate::decide::model::figures::Figures;
use crate::decide::overrides::Pause;
use crate::decide::rescale::Rescale;
use crate::observe::{
    CheckpointInterval, CheckpointsSeen, Known, Observation, SourceSeen, VertexSeen,
};
use crate::report::headline::headline;
use crate::report::history::changes::Change;
use crate::report::history::executions::{Beginning, Execution};
use crate::report::history::failures::Failure;
use crate::report::status::{LastTick, Phases, Status, VERSION};
use crate::settings::{Parsed, Setting, TABLE};
use crate::units::Timestamp;

/// The whole of `/status`.
#[must_use]
pub fn json(status: &Status, now: Timestamp) -> Value {
    let settings = &status.parsed.settings;
    let last = status.last.as_ref();
    json!({
        "summary": headline(status, now),
        "why": status.why().map(|why| why.sentence),
        "version": VERSION,
        "started": status.started,
        "live": status.is_live(now),
        "mode": settings.mode.name(),
        "acting": status.why_not_acting().is_none(),
        "why_not_acting": status.why_not_acting(),
        "target": settings.target.to_string(),
        "leadership": last.map(|last| &last.leadership),
        "troubles": status.troubles.iter()
            .map(|(trouble, why)| json!({ "name": trouble.name(), "why": why }))
            .collect::<Vec<_>>(),
        "job": last.map(|last| &last.observation.job),
        "workers": workers(status),
        "overrides": last.map(|last| overrides(last, now)),
        "decision": last.map(|last| decision(&last.decision)),
        "outcome": last.map(|last| &last.outcome),
        "forecast": status.foreseen().as_ref().map(forecast),
        "model": last.and_then(|last| last.model.as_ref()).map(model),
        "observation": last.map(|last| observation(&last.observation)),
        "executions": status.history.executions.all().map(execution).collect::<Vec<_>>(),
        "rescales": status.history.rescales.iter().map(rescale).collect::<Vec<_>>(),
        "changes": status.history.changes.all().map(change).collect::<Vec<_>>(),
        "failures": status.history.failures.all().map(failure).collect::<Vec<_>>(),
        "settings": in_force(&status.parsed),
        "mistakes": status.parsed.mistakes,
        "warnings": status.parsed.warnings,
        "tick": last.map(|last| tick(status, last)),
    })
}

fn workers(status: &Status) -> Value {
    let last = status.last.as_ref();
    json!({
        "in_use": last.and_then(|last| last.observation.workers.in_use),
        "present": last.and_then(|last| last.observation.workers.present),
        "usable": last.and_then(|last| last.observation.workers.usable),
        "slots": last.and_then(|last| last.observation.workers.slots),
        "asked": last.and_then(|last| last.workers_asked),
        "recommended": last.and_then(|last| last.decision.workers_recommended),
        "min": status.bounds().workers_min,
        "max": status.bounds().workers_max,
    })
}

/// What stands at the target beside the settings, and whether each pause still lasts.
fn overrides(last: &LastTick, now: Timestamp) -> Value {
    let in_force: Vec<&Pause> = last.overrides.in_force(now).collect();
    let pause = |pause: &Pause| {
        json!({
            "direction": pause.direction.name(),
            "until": pause.until,
            "in_force": in_force.contains(&pause),
            "by": pause.by,
            "ended_by": pause.ended_by,
        })
    };
    json!({
        "pauses": last.overrides.pauses.iter().map(pause).collect::<Vec<_>>(),
        "workers_min": last.overrides.workers_min,
        "workers_max": last.overrides.workers_max,
    })
}

fn decision(decision: &Decision) -> Value {
    json!({
        "at": decision.at,
        "action": decision.action_name(),
        "workers": decision.scale_to(),
        "reason": decision.reason(),
        "meaning": decision.meaning(),
        "until": decision.until(),
        "workers_recommended": decision.workers_recommended,
        "bound": decision.bound,
        "sentence": decision.arithmetic.sentence(),
        "arithmetic": decision.arithmetic.lines(),
    })
}

/// The delay at each moment from `at` on, if nothing is done and with so many workers.
fn forecast(foreseen: &Foreseen) -> Value {
    const COLUMNS: [&str; 3] = ["seconds", "if_nothing_is_done_seconds", "if_scaled_seconds"];
    let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
    let DelayForecast { stay, change } = foreseen.forecast;
    let scaled = change.map(|(_, course)| course);
    let mut scaled = scaled.iter().flat_map(Course::points);
    let rows = stay.points().map(|(seconds, delay)| {
        let scaled = scaled.next().map(|(_, delay)| tenths(delay));
        json!([seconds, tenths(delay), scaled])
    });
    json!({
        "at": foreseen.at,
        "workers": change.map(|(workers, _)| workers),
        "columns": COLUMNS,
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn model(figures: &Figures) -> Value {
    json!({
        "model_learned": figures.model_learned,
        "alpha": figures.alpha,
        "wait_seconds": in_seconds(Some(figures.wait)),
        "restart_pause_up_seconds": in_seconds(Some(figures.restart_pause_up)),
        "restart_pause_down_seconds": in_seconds(Some(figures.restart_pause_down)),
        "forecast_error": figures.forecast_error,
        "rescale_gain_predicted": figures.rescale_gain.map(|gain| gain.predicted),
        "rescale_gain": figures.rescale_gain.map(|gain| gain.real),
    })
}

fn observation(seen: &Observation) -> Value {
    let mut known = Quantities::default();
    known.take("utilization", seen.utilization, |u| json!(u));
    known.take("utilization_highest", seen.utilization_highest, |u| {
        json!(u)
    });
    known.take("taskmanager_cpu", seen.taskmanager_cpu, |cores| {
        json!(cores)
    });
    known.with([
        ("at", json!(seen.at)),
        ("running_since", json!(seen.running_since)),
        ("metrics_age_seconds", in_seconds(seen.metrics_age)),
        ("fresh", json!(seen.fresh)),
        ("warming_up", json!(seen.warming_up)),
        ("restarts", json!(seen.restarts)),
        ("reactive", json!(seen.reactive)),
        ("rescale_gate_seconds", in_seconds(Some(seen.rescale_gate))),
        ("checkpoints", checkpoints(&seen.checkpoints)),
        ("sources", seen.sources.iter().map(source).collect()),
        ("vertices", seen.vertices.iter().map(vertex).collect()),
    ])
}

fn checkpoints(seen: &CheckpointsSeen) -> Value {
    let mut known = Quantities::default();
    known.take(
        "interval_seconds",
        seen.interval,
        |interval| match interval {
            CheckpointInterval::Off => json!("off"),
            CheckpointInterval::Every(interval) => in_seconds(Some(interval)),
        },
    );
    known.with([
        ("last_triggered", json!(seen.last_triggered)),
        ("last_duration_seconds", in_seconds(seen.last_duration)),
        ("state_bytes", json!(seen.state_bytes)),
        ("completed_since_resume", json!(seen.completed_since_resume)),
        ("failing", json!(seen.failing)),
        ("failed", json!(seen.failed)),
    ])
}

fn source(seen: &SourceSeen) -> Value {
    let mut known = Quantities::default();
    let seconds = |duration| in_seconds(Some(duration));
    known.take("backlog_bytes", seen.backlog_bytes, |b| json!(b));
    known.take("backlog_elements", seen.backlog_elements, |b| json!(b));
    known.take("backlog_time_seconds", seen.backlog_time, seconds);
    known.take("backlog_growth", seen.backlog_growth, |g| json!(g.rate));
    known.take("throughput", seen.throughput, |rate| json!(rate));
    known.take("input_rate", seen.input_rate, |rate| json!(rate));
    known.take("watermark_lag_seconds", seen.watermark_lag, seconds);
    let noise = seen.backlog_growth.ok().map(|growth| growth.noise);
    known.with([
        ("vertex", json!(seen.vertex)),
        ("name", json!(seen.name)),
        ("unit", json!(seen.unit)),
        ("backlog_growth_noise", json!(noise)),
        ("stalled", json!(seen.stalled)),
        ("splits", json!(seen.splits)),
        ("partitions", json!(seen.partitions)),
    ])
}

fn vertex(seen: &VertexSeen) -> Value {
    let mut known = Quantities::default();
    known.take("records_in", seen.records_in, |rate| json!(rate));
    known.take("records_out", seen.records_out, |rate| json!(rate));
    known.take("bytes_in", seen.bytes_in, |rate| json!(rate));
    known.take("bytes_out", seen.bytes_out, |rate| json!(rate));
    known.take("backpressured", seen.backpressured, |share| json!(share));
    known.with([
        ("id", json!(seen.id)),
        ("name", json!(seen.name)),
        ("parallelism", json!(seen.parallelism)),
        ("falls_behind", json!(seen.falls_behind)),
    ])
}

fn rescale(rescale: &Rescale) -> Value {
    let phases = Phases::of(rescale);
    json!({
        "from": rescale.from,
        "to": rescale.to,
        "by": rescale.by.name(),
        "manager": rescale.manager,
        "asked": rescale.asked,
        "workers_there": rescale.workers_there,
        "restarted": rescale.restarted,
        "checkpointed": rescale.checkpointed,
        "caught_up": rescale.caught_up,
        "duration_seconds": {
            "workers_there": in_seconds(phases.workers_there),
            "restarted": in_seconds(phases.restarted),
            "checkpointed": in_seconds(phases.checkpointed),
            "caught_up": in_seconds(phases.caught_up),
            "all": in_seconds(phases.all),
        },
        "ended": rescale.ended,
        "end": rescale.end.map(|end| end.name()),
        "accepted": rescale.accepted(),
    })
}

/// A line of the history.
#[must_use]
pub fn change(change: &Change) -> Value {
    json!({
        "at": change.at,
        "last": change.last,
        "times": change.times,
        "reason": change.reason,
        "scale_to": change.scale_to,
        "workers_in_use": change.workers_in_use,
        "workers_recommended": change.workers_recommended,
        "bound": change.bound,
        "sentence": change.sentence,
        "arithmetic": change.arithmetic,
        "outcome": change.outcome,
    })
}

fn execution(execution: &Execution) -> Value {
    let (from, to) = match execution.began {
        Beginning::Rescale { from, to } => (Some(from), Some(to)),
        _ => (None, None),
    };
    json!({
        "running_since": execution.running_since,
        "seen_running": execution.seen_running,
        "workers_in_use": execution.workers_in_use,
        "began": execution.began.name(),
        "from": from,
        "to": to,
        "paused_at_most_seconds": in_seconds(execution.paused_at_most),
    })
}

fn failure(failure: &Failure) -> Value {
    json!({
        "at": failure.at,
        "last": failure.last,
        "times": failure.times,
        "workers": failure.workers,
        "kind": failure.kind,
        "why": failure.why,
    })
}

fn in_force(parsed: &Parsed) -> Value {
    let row = |setting: &Setting| {
        json!({
            "name": setting.variable(),
            "value": setting.shown(&parsed.settings),
            "origin": parsed.origin(setting),
        })
    };
    TABLE.iter().map(row).collect()
}

fn tick(status: &Status, last: &LastTick) -> Value {
    json!({
        "ended": last.ended,
        "ticks": status.counts.ticks,
        "unread": last.unread,
        "flink_requests": last.cost.requests,
        "flink_response_bytes": last.cost.bytes,
        "duration_seconds": last.cost.duration.as_secs_f64(),
    })
}

fn in_seconds(duration: Option<Duration>) -> Value {
    json!(duration.map(|duration| duration.as_secs_f64()))
}

/// Quantities by name, and why some are not known.
#[derive(Default)]
struct Quantities {
    fields: Map<String, Value>,
    unknown: Map<String, Value>,
}

impl Quantities {
    fn take<T>(&mut self, name: &str, known: Known<T>, show: impl Fn(T) -> Value) {
        let value = match known {
            Ok(value) => show(value),
            Err(why) => {
                self.unknown.insert(name.into(), json!(why.name()));
                Value::Null
            }
        };
        self.fields.insert(name.into(), value);
    }

    /// All of it as one object.
    fn with<const N: usize>(mut self, others: [(&str, Value); N]) -> Value {
        let others = others.into_iter().map(|(name, value)| (name.into(), value));
        self.fields.extend(others);
        self.fields.insert("unknown".into(), self.unknown.into());
        self.fields.into()
    }
}
