//! May we judge at all? What is not known, and what forbids to act on what is known.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::{Arithmetic, HoldReason, Situation};
use crate::observe::{CheckpointInterval, JobSeen};
use crate::settings::Target;
use crate::units::{Timestamp, Workers};

/// Samples come every tick, and Flink may take one more to refresh: three ticks without a new one
/// are too many to go on believing the last.
const STALE_TICKS: u32 = 3;
/// … but a short interval does not make Flink refresh more often than every 10 s.
const STALE_AT_THE_EARLIEST: Duration = Duration::from_secs(45);

/// Nothing can be said of the load: no recommendation either.
pub(super) fn cannot_judge(situation: &Situation<'_>) -> Option<HoldReason> {
    let observation = situation.observation;
    let state = match &observation.job {
        JobSeen::Unreachable { .. } => return Some(HoldReason::FlinkUnreachable),
        JobSeen::None => return Some(HoldReason::NoJob),
        JobSeen::Several { .. } => return Some(HoldReason::SeveralJobs),
        JobSeen::One { state, .. } => state,
    };
    if let Some(reason) = coming_through(situation)
        && observation.warming_up
    {
        return Some(reason);
    }
    if &**state != "RUNNING"
        || observation.running_since.is_none()
        || observation.workers.in_use.is_none()
    {
        return Some(HoldReason::JobNotRunning);
    }
    if is_stale(situation) {
        return Some(HoldReason::MetricsStale);
    }
    if observation.warming_up {
        return Some(HoldReason::WarmingUp);
    }
    let nothing_known = observation.utilization.is_err()
        && observation
            .sources
            .iter()
            .all(|source| source.backlog_time.is_err())
        && !observation.sources.iter().any(|source| source.stalled);
    nothing_known.then_some(HoldReason::MetricsMissing)
}

/// The load is known, and a restart is out of the question all the same, in either direction.
pub(super) fn cannot_restart(situation: &Situation<'_>) -> Option<(HoldReason, Option<Timestamp>)> {
    let checkpoints = &situation.observation.checkpoints;
    if !situation.leads {
        return Some((HoldReason::NotLeader, None));
    }
    if let Some(reason) = coming_through(situation) {
        return Some((reason, None));
    }
    if situation.workers_pending {
        return Some((HoldReason::WorkersPending, None));
    }
    if situation.observation.reactive == Some(false)
        && needs_reactive_mode(&situation.settings.target)
    {
        return Some((HoldReason::NotReactive, None));
    }
    if checkpoints.failing {
        return Some((HoldReason::CheckpointsFailing, None));
    }
    let off = matches!(checkpoints.interval, Ok(CheckpointInterval::Off) | Err(_));
    if off || !checkpoints.completed_since_resume {
        return Some((HoldReason::NoCheckpoint, None));
    }
    if let Some(until) = situation.reverted_until {
        return Some((HoldReason::Reverted, Some(until)));
    }
    let blocked = situation
        .target_blocked_until
        .filter(|until| *until > situation.now);
    blocked.map(|until| (HoldReason::TargetUnavailable, Some(until)))
}

/// A person wants no change this way; until when, where that is said.
pub(super) fn paused(
    situation: &Situation<'_>,
    from: Workers,
    to: Workers,
    sums: &mut Arithmetic,
) -> Option<Option<Timestamp>> {
    let up = to > from;
    let pause = situation.overrides.pause(up, situation.now)?;
    let name = if up {
        "paused_scale_up"
    } else {
        "paused_scale_down"
    };
    let formula = format!("{from} to {to} is paused {}", pause.lasts());
    sums.calculates(name, formula, from.as_f64(), "workers");
    Some(pause.until)
}

/// Scaling down is the failure of a TaskManager to Flink: a job that is not started again after a
/// failure would end for good.
pub(super) fn cannot_restart_after_failure(situation: &Situation<'_>) -> Option<HoldReason> {
    (situation.observation.restarts != Some(true)).then_some(HoldReason::NoRestartStrategy)
}

/// Whoever starts and ends TaskManagers relies on Flink to take what is there.
const fn needs_reactive_mode(target: &Target) -> bool {
    matches!(target, Target::Exec(_) | Target::Kubernetes { .. })
}

/// Who does not lead sees the rescales of the one that does as somebody else's, which they are not.
fn coming_through(situation: &Situation<'_>) -> Option<HoldReason> {
    let rescale = situation.rescale.filter(|it| it.is_coming_through())?;
    Some(if !situation.leads {
        HoldReason::NotLeader
    } else if rescale.is_ours() {
        HoldReason::RescaleInProgress
    } else {
        HoldReason::ExternalChange
    })
}

fn is_stale(situation: &Situation<'_>) -> bool {
    let limit = (situation.settings.interval * STALE_TICKS).max(STALE_AT_THE_EARLIEST);
    let running_for = situation
        .observation
        .running_since
        .map(|since| situation.now.since(since));
    match situation.observation.metrics_age {
        Some(age) => age > limit,
        None => running_for.is_some_and(|running| running > limit),
    }
}
