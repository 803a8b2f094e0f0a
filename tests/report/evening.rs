//! Six hours of a job, tick by tick: its load rises and falls, it is scaled up and down, it fails,
//! Flink is silent for a while, an action is refused.

use std::sync::Arc;
use std::time::Duration;

use outrider::decide::rescale::{Author, End, Rescale};
use outrider::decide::{HoldReason, Trigger};
use outrider::outcome::Outcome;
use outrider::report::Report;
use outrider::report::status::Status;
use outrider::settings::Parsed;
use outrider::units::{Timestamp, Utilization, Workers};

use crate::situations::{START, Situation, active, after, busy, hold, scale_to, silent};

/// When it ends.
pub const END: Timestamp = Timestamp::from_millis(START.millis() + 6 * 3_600_000);

/// The situation of a tick at a moment, all of it as of then.
pub fn at(seconds: u64) -> Situation {
    let mut now = busy("orders");
    now.observation.at = after(seconds);
    now.decision = hold(HoldReason::Steady, None);
    now.decision.at = after(seconds);
    now.rescales.clear();
    now.observation.running_since = Some(START);
    now.observation.checkpoints.last_triggered = Some(after(seconds / 30 * 30));
    now
}

/// All of it.
pub fn evening() -> Arc<Status> {
    evening_until(END)
}

/// As it looked at a moment of it: a tick every 10.25 s.
pub fn evening_until(end: Timestamp) -> Arc<Status> {
    let seconds = (0..2_108).map(|n| n * 41 / 4);
    told(
        &active(),
        seconds
            .take_while(|seconds| after(*seconds) <= end)
            .map(moment),
    )
}

/// What stands in the snapshot when each of these was told at its own time.
pub fn told(parsed: &Parsed, situations: impl IntoIterator<Item = Situation>) -> Arc<Status> {
    let mut report = Report::new(parsed, START);
    for situation in situations {
        report.tick(situation.observation.at, situation.tick());
    }
    report.status().borrow().clone()
}

/// Two waves, of three hours each.
fn moment(seconds: u64) -> Situation {
    let phase = seconds % 10_800;
    let wave = seconds - phase;
    if (7_000..7_120).contains(&phase) {
        let mut silent = silent();
        silent.observation.at = after(seconds);
        silent.decision.at = after(seconds);
        return silent;
    }
    let mut now = at(seconds);
    let moments = Moments::of(wave);
    let (in_use, since) = moments.running(seconds);
    now.observation.running_since = Some(since);
    let pausing = moments
        .restarts()
        .any(|at| (at..at + 25).contains(&seconds));
    let asked = if (3_000..9_000).contains(&phase) {
        6
    } else {
        2
    };
    now.workers_asked = Some(Workers(asked));
    now.observation.workers.present = Some(if (3_020..9_000).contains(&phase) {
        Workers(6)
    } else {
        Workers(2)
    });
    now.observation.workers.in_use = (!pausing).then_some(Workers(in_use));
    let behind = match phase {
        2_700..3_300 => (phase - 2_700) / 2,
        3_300..3_900 => 300 - (phase - 3_300) / 2,
        5_000..5_200 => 40,
        _ => 3 + phase % 7,
    };
    now.observation.sources[0].backlog_time = Ok(Duration::from_secs(behind));
    let load = 40 + u8::try_from(phase / 100).unwrap() % 40 + u8::try_from(phase % 5).unwrap();
    now.observation.utilization = Ok(Utilization::from_percent(load));
    now.rescales = moments.rescales(seconds);
    decide(&mut now, phase, seconds);
    now
}

fn decide(now: &mut Situation, phase: u64, seconds: u64) {
    now.decision = match phase {
        2_950..3_000 => scale_to(6),
        3_000..3_100 => hold(HoldReason::RescaleInProgress, None),
        3_100..3_400 if (phase / 10).is_multiple_of(2) => hold(HoldReason::CatchingUp, None),
        3_100..3_400 => hold(HoldReason::Cooldown, Some(after(seconds + 42))),
        _ => hold(HoldReason::Steady, None),
    };
    now.decision.at = after(seconds);
    if (2_950..3_000).contains(&phase) {
        now.outcome = Outcome::Refused {
            why: "flinkdeployment/orders is being upgraded".into(),
        };
    }
}

/// Seconds at which things happen in a wave.
struct Moments {
    up: u64,
    failure: u64,
    down: u64,
}

impl Moments {
    fn of(wave: u64) -> Self {
        Self {
            up: wave + 3_040,
            failure: wave + 5_000,
            down: wave + 9_020,
        }
    }

    fn restarts(&self) -> impl Iterator<Item = u64> {
        [self.up, self.failure, self.down].into_iter()
    }

    /// Workers in use, and since when.
    fn running(&self, seconds: u64) -> (u32, Timestamp) {
        let newest = self.restarts().filter(|at| at + 20 <= seconds).last();
        let before = self.up.saturating_sub(3_040 + 10_800 - 9_020);
        match newest {
            None if before == 0 => (2, START),
            None => (2, after(before + 20)),
            Some(at) if at == self.down => (2, after(at + 20)),
            Some(at) => (6, after(at + 20)),
        }
    }

    fn rescales(&self, seconds: u64) -> Vec<Rescale> {
        let both = [(self.up - 40, 2, 6), (self.down - 20, 6, 2)];
        let begun = both.into_iter().filter(|(asked, ..)| *asked <= seconds);
        begun
            .map(|(asked, from, to)| rescale(asked, from, to))
            .collect()
    }
}

fn rescale(asked: u64, from: u32, to: u32) -> Rescale {
    let restarted = if to > from { asked + 60 } else { asked + 40 };
    Rescale {
        from: Workers(from),
        to: Workers(to),
        by: Author::Outrider(if to > from {
            Trigger::BacklogTime
        } else {
            Trigger::Idle
        }),
        manager: None,
        asked: after(asked),
        workers_there: Some(after(asked + 20)),
        restarted: Some(after(restarted)),
        checkpointed: Some(after(restarted + 30)),
        caught_up: Some(after(restarted + 200)),
        end: Some(End::Settled),
        ended: Some(after(restarted + 200)),
    }
}
