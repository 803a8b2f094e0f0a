//! What every tick tells the world: a line in the log where something changed, and a snapshot that
//! metrics, status and page are made from.
//!
//! Nothing here changes a decision, and nothing here calculates one again: the reporters print the
//! values that the core made.

pub mod headline;
pub mod health;
pub mod log;
pub mod metrics;
pub mod page;
pub mod shown;
pub mod status;
pub mod tick;
pub mod totals;
pub mod unread;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use crate::decide::Decision;
use crate::decide::rescale::Rescale;
use crate::outcome::Outcome;
use crate::report::health::Health;
use crate::report::status::{Change, Counts, LastTick, Status};
pub use crate::report::tick::Tick;
use crate::settings::Parsed;
use crate::units::Timestamp;

/// So many changes of decision are kept for the page.
const HISTORY: usize = 64;

/// The reporters, and what they remember from tick to tick. Owned by the loop.
pub struct Report {
    parsed: Arc<Parsed>,
    started: Timestamp,
    health: Health,
    counts: Counts,
    last_rescale_asked: Option<Timestamp>,
    rescales: Arc<[Rescale]>,
    history: VecDeque<Arc<Change>>,
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
        let status = Status::new(Arc::clone(&parsed), started, &health);
        Self {
            parsed,
            started,
            health,
            counts: Counts::default(),
            last_rescale_asked: None,
            rescales: Arc::default(),
            history: VecDeque::with_capacity(HISTORY),
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
        self.follow(tick.rescales);
        let last_rescale = self.rescales.last();
        for change in self.health.tick(&tick, last_rescale) {
            log::health(&change);
        }
        log::tick(&tick);
        if self.decided_otherwise(tick.decision) {
            log::decision(&tick);
            self.remember(&tick);
        }
        self.count(&tick);
        self.publish(now, &tick);
    }

    /// Action, reason or recommendation is another than in the tick before.
    fn decided_otherwise(&self, decision: &Decision) -> bool {
        self.history.back().is_none_or(|last| {
            last.reason != decision.reason()
                || last.scale_to != decision.scale_to()
                || last.workers_recommended != decision.workers_recommended
        })
    }

    fn remember(&mut self, tick: &Tick<'_>) {
        keep_newest(
            &mut self.history,
            HISTORY,
            Change {
                at: tick.decision.at,
                reason: tick.decision.reason(),
                meaning: tick.decision.meaning(),
                scale_to: tick.decision.scale_to(),
                workers_in_use: tick.observation.workers.in_use,
                workers_recommended: tick.decision.workers_recommended,
                bound: tick.decision.bound,
                arithmetic: log::arithmetic(tick.decision),
                outcome: tick.outcome.clone(),
            },
        );
    }

    /// Takes over the rescales, and counts those that began since we started.
    fn follow(&mut self, rescales: &[Rescale]) {
        for rescale in rescales {
            if self.last_rescale_asked < Some(rescale.asked) {
                self.last_rescale_asked = Some(rescale.asked);
                self.counts.rescale(rescale, self.started);
            }
        }
        if *self.rescales != *rescales {
            self.rescales = rescales.into();
        }
    }

    fn count(&mut self, tick: &Tick<'_>) {
        self.counts.ticks += 1;
        self.counts.flink_requests += u64::from(tick.cost.requests);
        self.counts.flink_response_bytes += tick.cost.bytes;
        if matches!(
            tick.outcome,
            Outcome::Refused { .. } | Outcome::Failed { .. }
        ) {
            self.counts.actions_failed += 1;
        }
    }

    fn publish(&self, now: Timestamp, tick: &Tick<'_>) {
        let last = LastTick {
            ended: now,
            cost: tick.cost,
            unread: tick.unread.clone(),
            observation: tick.observation.clone(),
            decision: tick.decision.clone(),
            outcome: tick.outcome.clone(),
            workers_asked: tick.workers_asked,
        };
        self.status.send_replace(Arc::new(Status {
            parsed: Arc::clone(&self.parsed),
            started: self.started,
            last: Some(last),
            troubles: self.health.troubles(),
            counts: self.counts,
            rescales: Arc::clone(&self.rescales),
            history: self.history.iter().cloned().collect(),
        }));
    }
}

fn keep_newest<T>(kept: &mut VecDeque<Arc<T>>, limit: usize, new: T) {
    if kept.len() == limit {
        kept.pop_front();
    }
    kept.push_back(Arc::new(new));
}
