//! The newest snapshot of all that there is to tell: metrics, `/status` and the page are made from
//! it at the moment when somebody asks.
//!
//! Pure: values in, values out.

pub mod json;
pub mod points;

use std::sync::Arc;
use std::time::Duration;

use crate::decide::Decision;
use crate::decide::model::figures::Figures;
use crate::decide::overrides::{Bounds, Overrides};
use crate::decide::rescale::Rescale;
use crate::leadership::Leadership;
use crate::observe::Observation;
use crate::outcome::Outcome;
use crate::report::health::{Health, Trouble};
use crate::report::history::History;
use crate::report::tick::Tick;
use crate::scrape::Cost;
use crate::settings::Parsed;
use crate::units::{Timestamp, Workers};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All that there is to tell.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// The settings in force, with their mistakes.
    pub parsed: Arc<Parsed>,
    /// When the sidecar started.
    pub started: Timestamp,
    /// The last tick; `None` before the first.
    pub last: Option<LastTick>,
    /// What is wrong now, and why.
    pub troubles: Vec<(Trouble, String)>,
    /// What was counted since the start.
    pub counts: Counts,
    /// What was.
    pub history: History,
}

/// The last tick.
#[derive(Clone, PartialEq, Debug)]
pub struct LastTick {
    /// When it ended.
    pub ended: Timestamp,
    /// What it cost.
    pub cost: Cost,
    /// What was not read and why.
    pub unread: Option<String>,
    /// What is known of the job.
    pub observation: Observation,
    /// What was decided.
    pub decision: Decision,
    /// What became of it.
    pub outcome: Outcome,
    /// Workers that the target was last asked for.
    pub workers_asked: Option<Workers>,
    /// What stands at the target beside the settings.
    pub overrides: Overrides,
    /// The bounds in force.
    pub bounds: Bounds,
    /// What the model has learned; `None` where another policy decides.
    pub model: Option<Figures>,
    /// Which of several sidecars acts.
    pub leadership: Leadership,
}

/// What was counted since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Ticks that ended.
    pub ticks: u64,
    /// Requests sent to Flink.
    pub flink_requests: u64,
    /// Changes that the target refused, or that failed.
    pub actions_failed: u64,
    /// Rescales to more workers, whoever asked.
    pub rescales_up: u64,
    /// Rescales to fewer workers, whoever asked.
    pub rescales_down: u64,
    /// The newest that is among them, or that was seen before.
    last_rescale_asked: Option<Timestamp>,
}

/// How long each phase of a rescale took; `None` where it is not over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phases {
    /// From asking until the workers were registered.
    pub workers_there: Option<Duration>,
    /// From there (from asking, where that was not seen) until the job ran on them.
    pub restarted: Option<Duration>,
    /// From the restart until a checkpoint that was triggered after it had completed.
    pub checkpointed: Option<Duration>,
    /// From the restart until the backlog that it made was gone.
    pub caught_up: Option<Duration>,
    /// From asking until it ended, in whatever way.
    pub all: Option<Duration>,
}

// === impl Status ===

impl Status {
    /// Before the first tick.
    #[must_use]
    pub fn new(parsed: Arc<Parsed>, started: Timestamp, health: &Health) -> Self {
        Self {
            parsed,
            started,
            last: None,
            troubles: health.troubles(),
            counts: Counts::default(),
            history: History::default(),
        }
    }

    /// Takes in a tick that ended at `now`.
    pub(super) fn tick(
        &mut self,
        now: Timestamp,
        tick: &Tick<'_>,
        troubles: Vec<(Trouble, String)>,
    ) {
        self.counts.tick(tick, self.started);
        self.history.tick(now, tick);
        self.troubles = troubles;
        self.last = Some(LastTick {
            ended: now,
            cost: tick.cost,
            unread: tick.unread.clone(),
            observation: tick.observation.clone(),
            decision: tick.decision.clone(),
            outcome: tick.outcome.clone(),
            workers_asked: tick.workers_asked,
            overrides: tick.overrides.clone(),
            bounds: tick.bounds,
            model: tick.model,
            leadership: tick.leadership.clone(),
        });
    }

    /// Why nothing is scaled, whatever is decided; `None` where decisions are executed.
    #[must_use]
    pub fn why_not_acting(&self) -> Option<&'static str> {
        self.parsed.why_not_acting()
    }

    /// The bounds in force; before the first tick those of the settings.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        match &self.last {
            Some(last) => last.bounds,
            None => Bounds::of(&self.parsed.settings, &Overrides::default()),
        }
    }

    /// The loop turns: its last tick, or the start, is less than a generous time ago. Whether Flink
    /// answers is not asked, because a restart of the sidecar would mend nothing there.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now.since(self.last_turn()) < self.patience()
    }

    /// The end of the last tick, or the start.
    #[must_use]
    pub fn last_turn(&self) -> Timestamp {
        self.last.as_ref().map_or(self.started, |last| last.ended)
    }

    /// Six ticks, and not less than two minutes: a tick may wait for slow answers and for a target
    /// that is tried again.
    fn patience(&self) -> Duration {
        let six_ticks = self.parsed.settings.interval.saturating_mul(6);
        six_ticks.max(Duration::from_secs(120))
    }

    /// Whether this is wrong now.
    #[must_use]
    pub fn has(&self, trouble: Trouble) -> bool {
        self.troubles.iter().any(|(t, _)| *t == trouble)
    }
}

// === impl Counts ===

impl Counts {
    fn tick(&mut self, tick: &Tick<'_>, started: Timestamp) {
        self.ticks += 1;
        self.flink_requests += u64::from(tick.cost.requests);
        if matches!(
            tick.outcome,
            Outcome::Refused { .. } | Outcome::Denied { .. } | Outcome::Failed { .. }
        ) {
            self.actions_failed += 1;
        }
        for rescale in tick.rescales {
            self.rescale(rescale, started);
        }
    }

    /// Counts a rescale that was not seen before; one from before our start was counted then.
    fn rescale(&mut self, rescale: &Rescale, started: Timestamp) {
        if self.last_rescale_asked >= Some(rescale.asked) {
            return;
        }
        self.last_rescale_asked = Some(rescale.asked);
        if rescale.asked < started {
            return;
        }
        if rescale.to > rescale.from {
            self.rescales_up += 1;
        } else if rescale.to < rescale.from {
            self.rescales_down += 1;
        }
    }
}

// === impl Phases ===

impl Phases {
    /// Of this rescale.
    #[must_use]
    pub fn of(rescale: &Rescale) -> Self {
        let took = |from: Option<Timestamp>, to: Option<Timestamp>| Some(to?.since(from?));
        let asked = Some(rescale.asked);
        Self {
            workers_there: took(asked, rescale.workers_there),
            restarted: took(rescale.workers_there.or(asked), rescale.restarted),
            checkpointed: took(rescale.restarted, rescale.checkpointed),
            caught_up: took(rescale.restarted, rescale.caught_up),
            all: took(asked, rescale.ended),
        }
    }
}
