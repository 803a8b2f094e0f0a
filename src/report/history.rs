//! What was, for the page and for `/status`: as much as helps somebody who was paged, and never
//! more than [`History::BYTES`], 541 KiB with texts of the greatest length that is kept. The points
//! of six hours are 169 KiB of it.
//!
//! Pure: values in, values out.
//!
//! It is forgotten when the process ends: Prometheus is the memory of the fleet.

pub mod changes;
pub mod executions;
pub mod failures;
pub mod points;

use std::collections::VecDeque;

use crate::decide::forecast::Foreseen;
use crate::decide::rescale::Rescale;
use crate::outcome::Outcome;
use crate::report::history::changes::Changes;
use crate::report::history::executions::Executions;
use crate::report::history::failures::Failures;
use crate::report::history::points::Points;
use crate::report::tick::Tick;
use crate::units::Timestamp;

/// What was.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    /// The last six hours, tick by tick.
    pub points: Points,
    /// The last executions of the job.
    pub executions: Executions,
    /// The last rescales, oldest first.
    pub rescales: Vec<Rescale>,
    /// The last changes of decision.
    pub changes: Changes,
    /// The last failures of actions.
    pub failures: Failures,
    /// What was foreseen when workers were asked for last.
    pub promised: Option<Foreseen>,
}

// === impl History ===

impl History {
    const RESCALES: usize = 32;
    /// Kubernetes takes no longer name of a manager.
    const MANAGER_BYTES: usize = 128;

    /// More memory than this all of it never takes, texts included.
    pub const BYTES: usize = Points::BYTES
        + Executions::BYTES
        + Self::RESCALES * (size_of::<Rescale>() + Self::MANAGER_BYTES)
        + Changes::BYTES
        + Failures::BYTES
        + size_of::<Option<Foreseen>>();

    /// Takes in a tick that ended at `now`.
    pub(super) fn tick(&mut self, now: Timestamp, tick: &Tick<'_>) {
        let restarted = self.executions.tick(tick);
        self.points.tick(now, tick, restarted);
        let forgotten = tick.rescales.len().saturating_sub(Self::RESCALES);
        if *self.rescales != tick.rescales[forgotten..] {
            self.rescales = tick.rescales[forgotten..].to_vec();
        }
        self.changes.tick(tick);
        self.failures.tick(now, tick);
        if matches!(tick.outcome, Outcome::Asked { .. }) {
            let forecast = tick.decision.arithmetic.forecast();
            self.promised = forecast.map(|forecast| Foreseen {
                at: tick.decision.at,
                forecast: *forecast,
            });
        }
    }
}

const _: () = assert!(History::BYTES <= 1024 * 1024, "1 MiB is what is promised");

/// Adds the newest, in place of the oldest where that would be one too many. Room is made for the
/// limit and not for more, in a copy too: a `VecDeque` left alone would double.
fn keep_newest<T>(kept: &mut VecDeque<T>, limit: usize, new: T) {
    if kept.len() == limit {
        kept.pop_front();
    }
    kept.reserve_exact(limit - kept.len());
    kept.push_back(new);
}

/// At most so many bytes of a text that somebody else made.
fn clipped(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_the_room_that_is_theirs() {
        let mut kept = VecDeque::new();
        for n in 0..70 {
            // A copy has no room left, and would double.
            kept = kept.clone();
            keep_newest(&mut kept, 64, n);
            assert!(kept.capacity() <= 64, "{} for 64", kept.capacity());
        }
        assert_eq!(
            (kept.len(), kept.front(), kept.back()),
            (64, Some(&6), Some(&69))
        );
    }

    #[test]
    fn a_text_is_clipped_between_letters() {
        assert_eq!(clipped("orders", 6), "orders");
        assert_eq!(clipped("üü", 3), "ü");
    }
}
