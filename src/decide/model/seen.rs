//! One job in few numbers: all sources together, where they are counted in the same unit.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::observe::{CheckpointInterval, Observation};
use crate::units::{Timestamp, Unit, Workers, whole_millis};

/// A restart's windows, a minute long, are over after so long, and the warm-up with them.
const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// More than so many seconds to read is a backlog that keeps all workers busy.
const BEHIND: f64 = 10.0;

/// What the model sees of a job.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Seen {
    pub unit: Unit,
    pub workers: Workers,
    /// When the newest sample was taken.
    pub sampled: Timestamp,
    /// What waits.
    pub backlog: f64,
    /// Read per second, over a minute.
    pub throughput: f64,
    /// Came in per second, between the two newest samples.
    pub input: f64,
    pub utilization: Option<f64>,
    /// A source has a backlog that keeps the workers busy.
    pub behind: bool,
    /// Of several sources, the longest time that one needs to read its own backlog, in seconds.
    slowest: Option<f64>,
    /// The windows and the warm-up of the last restart are over.
    pub settled: bool,
    /// Seconds since the last completed checkpoint was triggered, from one to the next, and from the
    /// trigger to the completion.
    checkpoint: (f64, f64, f64),
}

// === impl Seen ===

impl Seen {
    /// `None` where something is not known, or the sources are not counted in the same unit.
    pub fn of(now: Timestamp, observation: &Observation) -> Option<Self> {
        if observation.warming_up || observation.sources.is_empty() {
            return None;
        }
        let running_since = observation.running_since?;
        let unit = observation.sources[0].unit;
        let (mut backlog, mut throughput, mut input, mut slowest) = (0.0, 0.0, 0.0, 0.0_f64);
        for source in &observation.sources {
            if source.unit != unit || source.stalled {
                return None;
            }
            backlog += source.backlog().ok()?.get();
            throughput += source.throughput.ok()?.get();
            input += source.input_rate_newest.ok()?.get();
            slowest = slowest.max(source.backlog_time.ok()?.as_secs_f64());
        }
        let interval = match observation.checkpoints.interval {
            Ok(CheckpointInterval::Every(interval)) => interval.as_secs_f64(),
            _ => 0.0,
        };
        let duration = observation.checkpoints.last_duration.unwrap_or_default();
        let triggered = observation
            .checkpoints
            .last_triggered
            .unwrap_or(running_since);
        Some(Self {
            unit,
            workers: observation.workers.in_use?,
            sampled: Timestamp::from_millis(
                now.millis()
                    .saturating_sub(whole_millis(observation.metrics_age?)),
            ),
            backlog,
            throughput,
            input,
            utilization: observation.utilization.ok().map(|it| it.ratio()),
            behind: slowest > BEHIND,
            slowest: (observation.sources.len() > 1).then_some(slowest),
            settled: now.since(running_since) >= SETTLED_AFTER,
            checkpoint: (
                now.since(triggered).as_secs_f64(),
                interval,
                duration.as_secs_f64(),
            ),
        })
    }

    /// One of several sources needs longer than the budget, in seconds, for its own backlog, and what
    /// the others read hides it: gives how long.
    pub fn behind_alone(&self, budget: f64) -> Option<f64> {
        let slowest = self.slowest.filter(|slowest| *slowest > budget)?;
        (self.backlog <= budget * self.throughput).then_some(slowest)
    }

    /// Seconds of reading that a restart so many seconds from now has to do again.
    pub fn replay_after(&self, seconds: f64) -> f64 {
        let (age, interval, duration) = self.checkpoint;
        let age = age + seconds;
        if interval <= 0.0 || age <= interval + duration {
            return age;
        }
        // Others will have completed meanwhile.
        (age - duration) % interval + duration
    }
}
