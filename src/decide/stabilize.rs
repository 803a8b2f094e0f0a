//! Is now the time for a change? What has settled, and the cooldown, per direction, tied to the
//! checkpoints.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::{Arithmetic, Situation};
use crate::observe::CheckpointInterval;
use crate::units::{Timestamp, Workers};

/// The number to go to: up at once; down when fewer were asked for during all of
/// `STABILIZATION_DOWN`, and then to the highest of its second half. A load that falls is seen
/// half-way down first, and each stop on the way would cost a restart.
pub(super) fn stabilized(
    situation: &Situation<'_>,
    from: Workers,
    recommended: Workers,
    sums: &mut Arithmetic,
) -> Option<Workers> {
    if recommended > from {
        return Some(recommended);
    }
    let window = situation.settings.stabilization_down;
    let lately = situation.recommended_lately;
    let (oldest, _) = lately.front()?;
    if situation.now.since(*oldest) < window {
        return None;
    }
    let highest_within = |window: Duration| {
        let within = lately
            .iter()
            .filter(|(at, _)| situation.now.since(*at) <= window)
            .map(|(_, workers)| *workers);
        within.chain([recommended]).max()
    };
    if highest_within(window)? >= from {
        return None;
    }
    let stabilized = highest_within(window / 2)?;
    sums.reads("workers_stabilized", stabilized.as_f64(), "workers");
    Some(stabilized)
}

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
