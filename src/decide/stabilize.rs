//! Is now the time for a change? What has settled, and the cooldown, per direction, tied to the
//! checkpoints.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::{Arithmetic, HoldReason, Situation};
use crate::observe::CheckpointInterval;
use crate::settings::Policy;
use crate::units::{Timestamp, Workers};

/// The number to go to: up at once; down when fewer were asked for during all of
/// `STABILIZATION_DOWN`, and then to the highest of its second half. A load that falls is seen
/// half-way down first, and each stop on the way would cost a restart.
pub(super) fn stabilized(
    situation: &Situation<'_>,
    from: Workers,
    recommended: Workers,
    cost: f64,
    sums: &mut Arithmetic,
) -> Result<Workers, HoldReason> {
    if recommended > from {
        return Ok(recommended);
    }
    let window = situation.settings.stabilization_down;
    let highest_within = |window: Duration| {
        let within = situation
            .recommended_lately
            .iter()
            .filter(|(at, _)| situation.now.since(*at) <= window)
            .map(|(_, workers)| *workers);
        within.chain([recommended]).max().unwrap_or(recommended)
    };
    let oldest = situation.recommended_lately.front();
    let covered = oldest.is_some_and(|(at, _)| situation.now.since(*at) >= window);
    if !covered || highest_within(window) >= from {
        return Err(HoldReason::Stabilizing);
    }
    let stabilized = highest_within(window / 2);
    sums.reads("workers_stabilized", stabilized.as_f64(), "workers");
    if cost > 0.0 && wasted(situation, from, sums) < cost {
        sums.reads("restart_cost", cost, "worker-seconds");
        return Err(HoldReason::NotWorthwhile);
    }
    Ok(stabilized)
}

/// What fewer workers would have saved since they were enough. To wait until that is as much as the
/// restart costs is never more than twice as dear as to have known (the ski rental problem).
fn wasted(situation: &Situation<'_>, from: Workers, sums: &mut Arithmetic) -> f64 {
    let times = situation.recommended_lately.iter().map(|(at, _)| *at);
    let ends = times.skip(1).chain([situation.now]);
    let lately = situation.recommended_lately.iter().zip(ends);
    let wasted = lately.map(|((begins, recommended), ends)| {
        (from.as_f64() - recommended.as_f64()) * ends.since(*begins).as_secs_f64()
    });
    let wasted = wasted.sum();
    sums.reads("wasted", wasted, "worker-seconds");
    wasted
}

/// When the cooldown ends, if it has not.
pub(super) fn cooldown_until(
    situation: &Situation<'_>,
    from: Workers,
    to: Workers,
    sums: &mut Arithmetic,
) -> Option<Timestamp> {
    let calm_at = match situation.settings.policy {
        Policy::Model if to < from => situation.learned.calm_at(),
        _ => None,
    };
    let quiet_since = situation.quiet_since?;
    let cooled = quiet_since + cooldown(situation, to > from);
    let until = calm_at.map_or(cooled, |calm_at| cooled.max(calm_at));
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
