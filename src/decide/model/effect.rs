//! Whether workers are what is missing: what a scale-up brought, and what the job has done before.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::model::seen::Seen;
use crate::decide::rescale::Rescales;
use crate::units::{Timestamp, Workers};

/// A scale-up that brings less than this share of what was expected was none.
const WORTH: f64 = 0.25;
/// Up is not tried again for so long after that, then for twice as long, and so on.
const BLOCKED_AT_FIRST: Duration = Duration::from_secs(3600);
const BLOCKED_AT_MOST: Duration = Duration::from_secs(8 * 3600);
/// … or until so many times as much is read.
const RELEASED_BY: f64 = 1.1;
/// A CPU below this has room.
const BUSY: f64 = 0.8;
/// Behind, the workers read less than this share of what as many have read before.
const LESS_THAN_BEFORE: f64 = 0.9;
/// Throughput is read over so long: only then it is that of a job that is behind.
const WINDOW: Duration = Duration::from_secs(60);
/// What was read before is forgotten by half within 3500 ticks, ten hours.
const FORGOTTEN: f64 = 0.9998;

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Effect {
    /// The scale-up that is being looked at.
    trial: Option<Trial>,
    blocked: Option<Blocked>,
    in_a_row: u32,
    /// It has been behind since then.
    behind_since: Option<Timestamp>,
    /// The most that was read lately, per worker of a job of one.
    best: f64,
}

#[derive(Clone, Copy, Debug)]
struct Trial {
    asked: Timestamp,
    from: Workers,
    throughput: f64,
}

/// More workers brought nothing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Blocked {
    pub until: Timestamp,
    /// Where they came from.
    pub back_to: Workers,
    /// What was gained, as a share of what was expected.
    pub gained: f64,
    throughput: f64,
}

// === impl Effect ===

impl Effect {
    /// Looks at the job. `each` is the throughput over what one worker can read more than none in a
    /// job of this size; `expected` how many times as much a job of these workers reads as one of those.
    pub fn follow(
        &mut self,
        now: Timestamp,
        seen: &Seen,
        rescales: &Rescales,
        each: f64,
        expected: impl Fn(Workers) -> f64,
    ) {
        self.behind_since = seen.behind.then(|| self.behind_since.unwrap_or(now));
        self.best = (self.best * FORGOTTEN).max(each);
        if let Some(blocked) = self.blocked
            && (now >= blocked.until || seen.throughput > RELEASED_BY * blocked.throughput)
        {
            self.blocked = None;
        }
        let newest = rescales
            .newest()
            .filter(|it| it.is_ours() && it.to > it.from);
        let Some(rescale) = newest else {
            return;
        };
        if rescale.is_coming_through() {
            if self.trial.is_none_or(|trial| trial.asked != rescale.asked) {
                self.trial = Some(Trial {
                    asked: rescale.asked,
                    from: rescale.from,
                    throughput: seen.throughput,
                });
            }
            return;
        }
        let Some(trial) = self.trial.filter(|_| seen.settled) else {
            return;
        };
        self.trial = None;
        if !seen.behind {
            self.in_a_row = 0;
            return;
        }
        let gained = (seen.throughput / trial.throughput - 1.0) / (expected(trial.from) - 1.0);
        if gained.is_nan() || gained >= WORTH {
            self.in_a_row = 0;
            return;
        }
        let pause = BLOCKED_AT_FIRST * 2_u32.pow(self.in_a_row.min(5));
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.blocked = Some(Blocked {
            until: now + pause.min(BLOCKED_AT_MOST),
            back_to: trial.from,
            gained,
            throughput: seen.throughput,
        });
    }

    /// More workers brought nothing.
    pub const fn blocked(&self) -> Option<Blocked> {
        self.blocked
    }

    /// What is read is what can be read.
    pub fn behind_for_long(&self, now: Timestamp) -> bool {
        self.behind_since
            .is_some_and(|since| now.since(since) >= WINDOW)
    }

    /// Behind, with room, and with less done than as many have done before: something else holds the
    /// job up. Gives what it has done before, as a multiple.
    pub fn held_up(&self, now: Timestamp, seen: &Seen, each: f64) -> Option<f64> {
        let long = self.behind_for_long(now);
        let idle = seen
            .utilization
            .is_some_and(|utilization| utilization < BUSY);
        (long && idle && each < LESS_THAN_BEFORE * self.best).then(|| self.best / each)
    }
}
