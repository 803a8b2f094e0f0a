//! What every tick tells the world: a line in the log where something changed, and a snapshot that
//! metrics, status and page are made from.
//!
//! Nothing here changes a decision, and nothing here calculates one again: the reporters print the
//! values that the core made.

pub mod headline;
pub mod health;
pub mod history;
pub mod log;
pub mod metrics;
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
use crate::report::health::Health;
use crate::report::status::Status;
pub use crate::report::tick::Tick;
use crate::settings::Parsed;
use crate::units::Timestamp;

/// The reporters, and what they remember from tick to tick. Owned by the loop.
pub struct Report {
    health: Health,
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
            status: watch::Sender::new(Arc::new(status)),
        }
    }

    /// Where the server finds the newest snapshot.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.subscribe()
    }

    /// Tells of a tick that ended at `now`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a tick is told once; the caller has no more use for it"
    )]
    pub fn tick(&mut self, now: Timestamp, tick: Tick<'_>) {
        for change in self.health.tick(&tick, tick.rescales.last()) {
            log::health(&change);
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
