//! The pure core: what it remembers from tick to tick, and the one step that everybody calls.
//!
//! Pure: values in, values out.
//!
//! The live loop, the simulator and the tests call `step` with a scrape and `acted` with what
//! became of the decision; nothing else changes a decision.

use std::collections::VecDeque;
use std::time::Duration;

use crate::decide::cluster_bound::ClusterBound;
use crate::decide::model::Learned;
use crate::decide::model::figures::Figures;
use crate::decide::model::parts::Parts;
use crate::decide::overrides::{Bounds, Overrides};
use crate::decide::rescale::{Author, Rescales};
use crate::decide::reverts::{Reverted, Reverts};
use crate::decide::{Action, Arithmetic, Decision, HoldReason, Situation, Trigger, decide};
use crate::leadership::Leadership;
use crate::observe::{Observation, Observer};
use crate::outcome::Outcome;
use crate::scrape::Scrape;
use crate::settings::{Mode, Parsed, Policy, Settings, Target};
use crate::units::{Timestamp, Workers};

/// A failed action is tried again after this, then after twice as long, and so on.
const BLOCKED_AT_FIRST: Duration = Duration::from_secs(30);
/// … up to this: a backlog grows meanwhile.
const BLOCKED_AT_MOST: Duration = Duration::from_secs(120);

/// So many ticks without a recommendation do not make those before them worthless.
const BRIDGED_TICKS: u32 = 3;

/// The model counts for so long what fewer workers would have saved.
const WASTE_REMEMBERED: Duration = Duration::from_secs(7200);

/// The state across ticks.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    settings: Settings,
    settings_valid: bool,
    overrides: Overrides,
    observer: Observer,
    rescales: Rescales,
    /// What the model knows of the job.
    learned: Learned,
    /// What was recommended within `STABILIZATION_DOWN`, without a long gap.
    recommended: VecDeque<(Timestamp, Workers)>,
    observation: Option<Observation>,
    /// When a change was decided last, and why.
    wanted: Option<(Timestamp, Trigger)>,
    failures_in_a_row: u32,
    blocked_until: Option<Timestamp>,
    reverts: Reverts,
    cluster_bound: Option<ClusterBound>,
    leadership: Leadership,
}

// === impl Autoscaler ===

impl Autoscaler {
    /// With settings as they were read: with a mistake in them nothing is ever scaled.
    #[must_use]
    pub fn new(parsed: &Parsed) -> Self {
        Self {
            settings: parsed.settings.clone(),
            settings_valid: parsed.mistakes.is_empty(),
            overrides: Overrides::default(),
            observer: Observer::new(&parsed.settings),
            rescales: Rescales::default(),
            learned: Learned::new(Parts::ALL),
            recommended: VecDeque::new(),
            observation: None,
            wanted: None,
            failures_in_a_row: 0,
            blocked_until: None,
            reverts: Reverts::default(),
            cluster_bound: None,
            leadership: Leadership::Alone,
        }
    }

    /// Hears whether it is our decisions that are carried out, and not those of another sidecar of
    /// this job. Unless told otherwise, they are.
    pub fn heard_who_leads(&mut self, leadership: Leadership) {
        self.leadership = leadership;
    }

    /// The same with a part of the model left out, for an experiment.
    #[must_use]
    pub fn with(mut self, parts: Parts) -> Self {
        self.learned = Learned::new(parts);
        self
    }

    /// Observes and decides.
    pub fn step(&mut self, now: Timestamp, scrape: &Scrape) -> Decision {
        let observation = self.observer.observe(now, scrape);
        self.rescales.follow(
            now,
            &observation,
            self.present(&observation),
            self.settings.rescale_timeout,
            self.settings.backlog_time_low,
        );
        self.cluster_bound.take_if(|known| known.until <= now);
        self.learned.learn(now, &observation, &self.rescales);
        let decision = match self.forbidden() {
            Some(reason) => forbidden(now, reason),
            None => decide(&Situation {
                now,
                observation: &observation,
                settings: &self.settings,
                overrides: &self.overrides,
                rescale: self.rescales.newest(),
                workers_pending: self.rescales.workers_pending(),
                quiet_since: self.quiet_since(&observation),
                recommended_lately: &self.recommended,
                learned: &self.learned,
                target_blocked_until: self.blocked_until,
                reverted_until: self.reverts.reverted(now).map(|reverted| reverted.until),
                cluster_bound: self.cluster_bound.as_ref(),
                leads: self.leadership.may_act(),
            }),
        };
        let before = self
            .observation
            .as_ref()
            .and_then(|before| before.running_since);
        let restarted = observation.running_since != before;
        self.remember(now, decision.workers_recommended, restarted);
        self.observation = Some(observation);
        if let Action::ScaleTo { because, .. } = decision.action {
            self.wanted = Some((now, because));
        }
        decision
    }

    /// Hears what became of the last decision, or of a look at the target.
    pub fn acted(&mut self, now: Timestamp, outcome: &Outcome) {
        match outcome {
            Outcome::Nothing | Outcome::OnlyObserved | Outcome::Outdated { .. } => {}
            Outcome::Asked { from, to } => {
                self.target_has(*to);
                self.reverts.asked(*from);
                if let Some((at, because)) = self.wanted {
                    let from = self.workers_in_use().unwrap_or(*to);
                    self.rescales
                        .begin(at, from, *to, Author::Outrider(because));
                }
            }
            Outcome::Changed { found, by } => {
                self.target_has(*found);
                self.reverts.changed(now, *found, by.as_deref());
                let from = self.workers_in_use().unwrap_or(*found);
                self.rescales.changed(now, from, *found, by.as_deref());
            }
            Outcome::Denied {
                wanted,
                admitted,
                why,
            } => self.cluster_bound = Some(ClusterBound::learnt(now, *wanted, *admitted, why)),
            Outcome::Refused { .. } => self.block(now, None),
            Outcome::Failed { retry_after, .. } => self.block(now, *retry_after),
        }
    }

    /// Hears what stands at the target beside the settings. It counts from the next step on.
    pub fn override_with(&mut self, overrides: &Overrides) {
        if self.overrides != *overrides {
            self.overrides = overrides.clone();
        }
    }

    /// Forgets every sample, and observes as if the sidecar had just started.
    pub fn forget_samples(&mut self) {
        self.observer = Observer::new(&self.settings);
        self.recommended.clear();
    }

    /// What the last step observed.
    #[must_use]
    pub const fn observation(&self) -> Option<&Observation> {
        self.observation.as_ref()
    }

    /// What stands at the target beside the settings, as the last step knew it.
    #[must_use]
    pub const fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// What is wrong with that, each a sentence.
    #[must_use]
    pub fn override_mistakes(&self) -> Vec<String> {
        self.overrides.mistakes(&self.settings)
    }

    /// The bounds in force.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Bounds::of(&self.settings, &self.overrides)
    }

    /// What the model has learned; `None` where another policy decides.
    #[must_use]
    pub fn figures(&self) -> Option<Figures> {
        (self.settings.policy == Policy::Model).then(|| self.learned.figures())
    }

    /// The rescales that are remembered, and the number of workers asked for last.
    #[must_use]
    pub const fn rescales(&self) -> &Rescales {
        &self.rescales
    }

    /// Somebody puts the number back each time, and nothing is changed because of it.
    #[must_use]
    pub fn reverted(&self, now: Timestamp) -> Option<Reverted> {
        self.reverts.reverted(now)
    }

    /// What a rule of the cluster is known to admit.
    #[must_use]
    pub const fn cluster_bound(&self) -> Option<&ClusterBound> {
        self.cluster_bound.as_ref()
    }

    /// The workers are not those asked for, or were not until now: a look at the target may tell
    /// what becomes of them.
    #[must_use]
    pub fn is_unsettled(&self, now: Timestamp) -> bool {
        let newest = self.rescales.newest();
        self.rescales.workers_pending()
            || newest.is_some_and(|newest| newest.is_coming_through())
            || newest.is_some_and(|newest| !newest.is_ours() && newest.asked == now)
    }

    /// Which sidecar acts, as it was last heard.
    #[must_use]
    pub const fn leadership(&self) -> &Leadership {
        &self.leadership
    }

    fn forbidden(&self) -> Option<HoldReason> {
        if !self.settings_valid {
            Some(HoldReason::SettingsInvalid)
        } else if self.settings.mode == Mode::Off {
            Some(HoldReason::ModeOff)
        } else {
            None
        }
    }

    /// `timestamps.RUNNING` tells of the last restart even when this process is younger than it.
    fn quiet_since(&self, observation: &Observation) -> Option<Timestamp> {
        let without_a_restart = self
            .rescales
            .newest()
            .and_then(|newest| newest.without_a_restart());
        observation.running_since.max(without_a_restart)
    }

    /// A tick that knows too little is bridged, for the next may know again; more of them, or
    /// another execution, begin anew.
    fn remember(&mut self, now: Timestamp, recommended: Option<Workers>, restarted: bool) {
        let gap = self.settings.interval * BRIDGED_TICKS;
        let too_old = |(at, _): &(Timestamp, Workers)| now.since(*at) > gap;
        if restarted || self.recommended.back().is_some_and(too_old) {
            self.recommended.clear();
        }
        let Some(recommended) = recommended else {
            return;
        };
        self.recommended.push_back((now, recommended));
        let window = match self.settings.policy {
            Policy::Rule => self.settings.stabilization_down,
            Policy::Model => WASTE_REMEMBERED.max(self.settings.stabilization_down),
        };
        // The one before the window's beginning stays: it says that the window is covered.
        while self
            .recommended
            .get(1)
            .is_some_and(|(at, _)| now.since(*at) >= window)
        {
            self.recommended.pop_front();
        }
    }

    /// With the target `flink` TaskManagers that the job has left may stay registered, idle, and
    /// are nobody's change: those in use are all that count.
    fn present(&self, observation: &Observation) -> Option<Workers> {
        match self.settings.target {
            Target::Flink => observation.workers.in_use,
            _ => observation.workers.present,
        }
    }

    fn workers_in_use(&self) -> Option<Workers> {
        self.observation.as_ref()?.workers.in_use
    }

    /// The target answers, and what it has is admitted, whatever was denied before.
    fn target_has(&mut self, workers: Workers) {
        self.failures_in_a_row = 0;
        self.blocked_until = None;
        self.cluster_bound.take_if(|known| !known.admits(workers));
    }

    fn block(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        let doubled = BLOCKED_AT_FIRST * 2_u32.pow(self.failures_in_a_row.min(5));
        let pause = doubled
            .min(BLOCKED_AT_MOST)
            .max(retry_after.unwrap_or_default());
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.blocked_until = Some(now + pause);
    }
}

fn forbidden(at: Timestamp, reason: HoldReason) -> Decision {
    Decision {
        at,
        action: Action::Hold {
            reason,
            until: None,
        },
        workers_recommended: None,
        bound: None,
        arithmetic: Arithmetic::default(),
    }
}
