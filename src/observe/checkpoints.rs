//! When the job was last saved, and whether it still is.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::observe::{CheckpointInterval, CheckpointsSeen, Known, Unknown};
use crate::scrape::Job;
use crate::units::Timestamp;

/// So many intervals (each with the last checkpoint's duration) without a completed checkpoint are
/// a failure, not a delay.
const INTERVALS_UNTIL_FAILING: u32 = 3;
/// With an interval of a second or two, a pause of a few intervals is nothing.
const FAILING_AT_THE_EARLIEST: Duration = Duration::from_secs(60);

pub(super) fn see(now: Timestamp, job: &Job, running_since: Option<Timestamp>) -> CheckpointsSeen {
    let interval: Known<CheckpointInterval> = match &job.setup {
        Ok(setup) => Ok(setup
            .checkpoint_interval
            .map_or(CheckpointInterval::Off, CheckpointInterval::Every)),
        Err(_) => Err(Unknown::NotRead),
    };
    let checkpoints = job.checkpoints.as_ref().ok();
    let last = checkpoints.and_then(|checkpoints| checkpoints.last_completed.as_ref());
    let last_triggered = last.map(|last| last.triggered);
    let last_duration = last.map(|last| last.duration);
    CheckpointsSeen {
        interval,
        last_triggered,
        last_duration,
        state_bytes: last.map(|last| last.state_bytes),
        completed_since_resume: matches!(
            (last_triggered, running_since),
            (Some(triggered), Some(since)) if triggered > since
        ),
        failing: checkpoints.is_some()
            && failing(now, interval, last_triggered, last_duration, running_since),
        failed: checkpoints.map(|checkpoints| checkpoints.failed),
    }
}

pub(super) fn unread() -> CheckpointsSeen {
    CheckpointsSeen {
        interval: Err(Unknown::NotRead),
        last_triggered: None,
        last_duration: None,
        state_bytes: None,
        completed_since_resume: false,
        failing: false,
        failed: None,
    }
}

/// None has completed for three times the interval and the duration of the last, counted from that
/// one or from the resume, whichever is later.
fn failing(
    now: Timestamp,
    interval: Known<CheckpointInterval>,
    last_triggered: Option<Timestamp>,
    last_duration: Option<Duration>,
    running_since: Option<Timestamp>,
) -> bool {
    let (Ok(CheckpointInterval::Every(interval)), Some(since)) = (interval, running_since) else {
        return false;
    };
    let duration = last_duration.unwrap_or_default();
    let allowed = interval
        .saturating_add(duration)
        .saturating_mul(INTERVALS_UNTIL_FAILING)
        .max(FAILING_AT_THE_EARLIEST);
    let last = last_triggered.map_or(since, |triggered| (triggered + duration).max(since));
    now.since(last) > allowed
}
