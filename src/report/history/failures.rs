//! Changes of the number of workers that the target refused, or that failed.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::report::history::{clipped, keep_newest};
use crate::report::tick::Tick;
use crate::units::{Timestamp, Workers};

/// An action that failed, as often as it did so in a row for the same cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// For the first time.
    pub at: Timestamp,
    /// For the last time.
    pub last: Timestamp,
    /// How often.
    pub times: u32,
    /// The workers that were to be had.
    pub workers: Option<Workers>,
    /// `refused`, `denied` or `failed`.
    pub kind: &'static str,
    /// What was attempted and why it came to nothing, for a person.
    pub why: String,
}

/// The last failures, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failures {
    kept: VecDeque<Failure>,
}

// === impl Failures ===

impl Failures {
    const CAPACITY: usize = 64;
    /// A right that is missing is told with the Role that grants it, which is of use only whole.
    const WHY_BYTES: usize = 1500;
    /// A failed action is tried again after two minutes at most; what fails after a longer time has
    /// another cause, though it be told in the same words.
    const IN_A_ROW: Duration = Duration::from_secs(300);

    /// All the memory that they ever take.
    pub const BYTES: usize =
        Self::CAPACITY * (size_of::<Failure>() + Self::WHY_BYTES) + size_of::<Self>();

    /// Oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Failure> {
        self.kept.iter()
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: &Tick<'_>) {
        let (kind, why) = match tick.outcome {
            Outcome::Refused { why } => ("refused", why),
            Outcome::Denied { why, .. } => ("denied", why),
            Outcome::Failed { why, .. } => ("failed", why),
            Outcome::Nothing
            | Outcome::OnlyObserved
            | Outcome::Asked { .. }
            | Outcome::Changed { .. }
            | Outcome::Outdated { .. } => return,
        };
        let failure = Failure {
            at: now,
            last: now,
            times: 1,
            workers: tick.decision.scale_to(),
            kind,
            why: clipped(why, Self::WHY_BYTES),
        };
        match self.kept.back_mut() {
            Some(last) if last.is_like(&failure) && now.since(last.last) <= Self::IN_A_ROW => {
                last.last = now;
                last.times = last.times.saturating_add(1);
            }
            _ => keep_newest(&mut self.kept, Self::CAPACITY, failure),
        }
    }
}

// === impl Failure ===

impl Failure {
    fn is_like(&self, other: &Self) -> bool {
        (self.workers, self.kind, &self.why) == (other.workers, other.kind, &other.why)
    }
}
