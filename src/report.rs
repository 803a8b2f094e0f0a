//! What every tick tells the world: a line in the log where something changed, and a snapshot that
//! metrics, status and page are made from.
//!
//! Nothing here changes a decision, and nothing here calculates one again: the reporters print the
//! values that the core made.

pub mod foreseen;
pub mod headline;
pub mod health;
pub mod history;
pub mod log;
pub mod metrics;
pub mod notices;
pub mod page;
pub mod shown;
pub mod span;
pub mod status;
pub mod tick;
pub mod totals;
pub mod unread;

use std::sync::Arc;

use tokio::sync::watch;

use crate::decide::Decision;
use crate::outcome::Outcome;
use crate::report::health::Health;
use crate::report::notices::{Notice, Notices};
use crate::report::status::Status;
pub use crate::report::tick::Tick;
use crate::settings::Parsed;
use crate::units::Timestamp;

/// The reporters, and what they remember from tick to tick. Owned by the loop.
pub struct Report {
    health: Health,
    notices: Notices,
    status: watch::Sender<Arc<Status>>,
}

// === impl Report ===

impl Report {
    /// A report that has seen no tick. Logs the start, and every mistake in the settings at once.
    #[must_use]
    pub fn new(parsed: &Parsed, started: Timestamp) -> Self {
        log::started(parsed);
        let parsed = Arc::new(parsed.clone());
        let health = Health::new(&parsed);
        let status = Status::new(parsed, started, &health);
        Self {
            health,
            notices: Notices::default(),
            status: watch::Sender::new(Arc::new(status)),
        }
    }

    /// Where the server finds the newest snapshot.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.subscribe()
    }

    /// Tells of a tick that ended at `now`. What the target's own watchers should hear of is given
    /// back; nothing where nothing is changed either, because such a target is not ours to touch.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a tick is told once; the caller has no more use for it"
    )]
    pub fn tick(&mut self, now: Timestamp, tick: Tick<'_>) -> Vec<Notice> {
        let changes = self.health.tick(&tick, tick.rescales.last());
        for change in &changes {
            log::health(change);
        }
        log::tick(&tick);
        if self.decided_otherwise(tick.decision) {
            log::decision(&tick);
        }
        // Written where it stands, for the history in it is not small; a copy is made only while
        // an answer is being made of what was.
        self.status.send_modify(|status| {
            Arc::make_mut(status).tick(now, &tick, self.health.troubles());
        });
        if self.status.borrow().why_not_acting().is_some() {
            return Vec::new();
        }
        self.notices.tick(now, &tick, &changes)
    }

    /// Tells what a look at the target has found.
    pub fn looked(&self, found: &Outcome) {
        log::looked(found);
    }

    /// Action, reason or recommendation is another than in the tick before.
    fn decided_otherwise(&self, decision: &Decision) -> bool {
        let status = self.status.borrow();
        let before = status.last.as_ref().map(|last| &last.decision);
        before.is_none_or(|before| {
            before.reason() != decision.reason()
                || before.scale_to() != decision.scale_to()
                || before.workers_recommended != decision.workers_recommended
        })
    }
}
