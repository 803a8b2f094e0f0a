//! What people write on a FlinkDeployment to stop or to bound its scaling: annotations, because the
//! operator redeploys for none of them.
//!
//! Pure: values in, values out.

use std::collections::BTreeMap;

use k8s_openapi::jiff;

use crate::act::kubernetes::ask::Object;
use crate::act::stop::brief;
use crate::decide::overrides::{Direction, Overrides, Pause};
use crate::settings::{nearest, workers};
use crate::units::{Timestamp, Workers};

/// The annotations' common beginning.
const PREFIX: &str = "outrider.dev/";

/// So many mistakes are told one by one: there is room for thousands of annotations.
const TOLD: usize = 8;

const PAUSED: &str = "paused";
const PAUSED_SCALE_UP: &str = "paused-scale-up";
const PAUSED_SCALE_DOWN: &str = "paused-scale-down";
const WORKERS_MIN: &str = "workers-min";
const WORKERS_MAX: &str = "workers-max";
const KNOWN: [&str; 5] = [
    PAUSED,
    PAUSED_SCALE_UP,
    PAUSED_SCALE_DOWN,
    WORKERS_MIN,
    WORKERS_MAX,
];

/// What the annotations of this object say. Those of others are not looked at.
pub fn overrides(object: &Object, annotations: &BTreeMap<String, String>) -> Overrides {
    let mut overrides = Overrides::default();
    for (annotation, value) in annotations {
        if let Some(name) = annotation.strip_prefix(PREFIX) {
            take(&mut overrides, object, name, value.trim());
        }
    }
    let more = overrides.mistakes.len().saturating_sub(TOLD);
    if more > 0 {
        overrides.mistakes.truncate(TOLD);
        overrides.mistakes.push(format!("and {more} more"));
    }
    overrides
}

fn take(overrides: &mut Overrides, object: &Object, name: &str, value: &str) {
    let direction = match name {
        PAUSED => Direction::Both,
        PAUSED_SCALE_UP => Direction::Up,
        PAUSED_SCALE_DOWN => Direction::Down,
        WORKERS_MIN | WORKERS_MAX => {
            match workers(value) {
                Ok(given) => bound(overrides, name, given),
                Err(wrong) => overrides.mistakes.push(format!(
                    "{} {wrong}; the bound of the settings holds",
                    written(name, value)
                )),
            }
            return;
        }
        unknown => {
            overrides.mistakes.push(not_read(unknown));
            return;
        }
    };
    let until = match paused(value) {
        Paused::No => return,
        Paused::Until(until) => until,
        // Somebody wanted it to stop: to go on would be the worse mistake.
        Paused::NotUnderstood => {
            overrides.mistakes.push(format!(
                "{} is neither true nor false nor a time such as 2026-01-31T23:59:59Z; \
                 it counts as true",
                written(name, value)
            ));
            None
        }
    };
    overrides.pauses.push(Pause {
        direction,
        until,
        by: written(name, value),
        ended_by: format!(
            "kubectl annotate --namespace {} flinkdeployment {} {PREFIX}{name}-",
            object.namespace, object.name
        ),
    });
}

fn bound(overrides: &mut Overrides, name: &str, given: Workers) {
    if name == WORKERS_MIN {
        overrides.workers_min = Some(given);
    } else {
        overrides.workers_max = Some(given);
    }
}

/// What a pause's value says.
enum Paused {
    No,
    /// Until then, or until the annotation is removed.
    Until(Option<Timestamp>),
    NotUnderstood,
}

fn paused(value: &str) -> Paused {
    match value {
        "true" => return Paused::Until(None),
        "false" => return Paused::No,
        _ => {}
    }
    let Ok(time) = value.parse::<jiff::Timestamp>() else {
        return Paused::NotUnderstood;
    };
    // Before 1970 is long ago.
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    Paused::Until(Some(Timestamp::from_millis(millis)))
}

/// As it stands there, on one line and not too long: it was written by somebody.
fn written(name: &str, value: &str) -> String {
    brief(&format!("{PREFIX}{name}={value}"))
}

fn not_read(name: &str) -> String {
    let meant = match nearest(name, KNOWN.into_iter()) {
        Some(nearest) => format!("did you mean {PREFIX}{nearest}?"),
        None => format!(
            "those that are: {}",
            KNOWN.map(|known| format!("{PREFIX}{known}")).join(", ")
        ),
    };
    format!(
        "{} is not an annotation that is read here; {meant}",
        brief(&format!("{PREFIX}{name}"))
    )
}
