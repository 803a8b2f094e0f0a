//! Is now the time for a change? The cooldown, per direction, tied to the checkpoints.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::{Arithmetic, Situation};
use crate::observe::CheckpointInterval;
use crate::units::{Timestamp, Workers};

/// When the cooldown ends, if it has not.
pub(super) fn cooldown_until(
    situation: &Situation<'_>,
    from: Workers,
    to: Workers,
    sums: &mut Arithmetic,
) -> Option<Timestamp> {
    let quiet_since = situation.quiet_since?;
    let until = quiet_since + cooldown(situation, to > from);
    if until <= situation.now {
        return None;
    }
    sums.reads("cooldown", until.since(situation.now).as_secs_f64(), "s");
    Some(until)
}

/// The longest of: so many checkpoint intervals, the floor, and Flink's own gate.
fn cooldown(situation: &Situation<'_>, up: bool) -> Duration {
    let settings = situation.settings;
    let (checkpoints, floor) = if up {
        (settings.cooldown_up, settings.cooldown_up_min)
    } else {
        (settings.cooldown_down, settings.cooldown_down_min)
    };
    let interval = match situation.observation.checkpoints.interval {
        Ok(CheckpointInterval::Every(interval)) => interval,
        _ => Duration::ZERO,
    };
    interval
        .saturating_mul(checkpoints)
        .max(floor)
        .max(situation.observation.rescale_gate)
}
