//! From an observation to a decision: may we judge, what does the load need, is the change worth a
//! restart, what bounds it.
//!
//! Pure: values in, values out.
//!
//! In this order, each step adding its lines to the arithmetic: `guard` (is enough known?),
//! `demand` (the policy), `bound` (what can be had), `guard` again and `stabilize` (may the job be
//! restarted now?). What is held is still recommended, so that a reader sees what would be done.

mod bound;
pub mod cluster_bound;
mod demand;
pub mod forecast;
mod guard;
pub mod model;
pub mod overrides;
mod reason;
pub mod rescale;
pub mod reverts;
mod stabilize;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::decide::cluster_bound::ClusterBound;
use crate::decide::demand::{Change, Demand};
use crate::decide::forecast::{Course, DelayForecast};
use crate::decide::model::Learned;
use crate::decide::overrides::{Bounds, Overrides};
pub use crate::decide::reason::{Bound, HoldReason, Trigger};
use crate::decide::rescale::Rescale;
use crate::observe::Observation;
use crate::settings::{Policy, Settings};
use crate::units::{Timestamp, Workers};

/// All that a decision is made from.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Now.
    pub now: Timestamp,
    /// What is known of the job.
    pub observation: &'a Observation,
    /// What the user wants.
    pub settings: &'a Settings,
    /// What stands at the target beside that.
    pub overrides: &'a Overrides,
    /// The last rescale, gone through or not.
    pub rescale: Option<&'a Rescale>,
    /// Fewer workers are there than were asked for, or some are not used yet.
    pub workers_pending: bool,
    /// The cooldown counts from here: the last restart, or the end of a rescale that came to nothing.
    pub quiet_since: Option<Timestamp>,
    /// What was recommended lately, without a long gap, oldest first.
    pub recommended_lately: &'a VecDeque<(Timestamp, Workers)>,
    /// What the model knows of this job.
    pub learned: &'a Learned,
    /// The last attempt failed; no other before this.
    pub target_blocked_until: Option<Timestamp>,
    /// Somebody puts the number back each time; no other change before this.
    pub reverted_until: Option<Timestamp>,
    /// What the cluster is known to admit.
    pub cluster_bound: Option<&'a ClusterBound>,
    /// It is our decisions that are carried out, not those of another sidecar of this job.
    pub leads: bool,
}

/// What is to be done now, and how that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// When it was made.
    pub at: Timestamp,
    /// What is to be done.
    pub action: Action,
    /// What the policy would want if nothing held it; `None` where nothing could be judged.
    pub workers_recommended: Option<Workers>,
    /// The bound that changed the recommendation.
    pub bound: Option<Bound>,
    /// Every step from the observation to the action, in order.
    pub arithmetic: Arithmetic,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Ask for so many workers.
    ScaleTo {
        /// So many.
        workers: Workers,
        /// Because of this.
        because: Trigger,
    },
    /// Leave everything as it is.
    Hold {
        /// Because of this.
        reason: HoldReason,
        /// When the reason ends by itself, where that is known.
        until: Option<Timestamp>,
    },
}

/// The steps of a decision, made once and printed by every reporter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Arithmetic {
    lines: Vec<Line>,
    sentence: Option<String>,
    forecast: Option<DelayForecast>,
}

/// A named step: `workers_extra = 4 * 180 s / 60 s = 12 workers`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    /// Name of the result.
    pub name: &'static str,
    /// Formula with the numbers put in; empty for a plain reading.
    pub formula: String,
    /// The result.
    pub value: f64,
    /// Its unit; empty for a ratio.
    pub unit: &'static str,
}

/// Decides. The same situation gives the same decision.
#[must_use]
pub fn decide(situation: &Situation<'_>) -> Decision {
    let mut sums = Arithmetic::default();
    let (action, workers_recommended, bound) = conclude(situation, &mut sums);
    Decision {
        at: situation.now,
        action,
        workers_recommended,
        bound,
        arithmetic: sums,
    }
}

fn conclude(
    situation: &Situation<'_>,
    sums: &mut Arithmetic,
) -> (Action, Option<Workers>, Option<Bound>) {
    if let Some(reason) = guard::cannot_judge(situation) {
        return (hold(reason, None), None, None);
    }
    let Some(workers) = situation.observation.workers.in_use else {
        return (hold(HoldReason::JobNotRunning, None), None, None);
    };
    let demand = match situation.settings.policy {
        Policy::Rule => demand::rule(situation, workers, sums),
        Policy::Model => model::demand(situation, workers, sums),
    };
    let (recommended, bound) = match demand {
        Demand::Hold(_) => (workers, None),
        Demand::Change(Change {
            wanted, because, ..
        }) => {
            let (bounded, bound) = bound::bound(situation, wanted, sums);
            (in_its_direction(because, workers, bounded), bound)
        }
    };
    let inside = situation.bounds().nearest(recommended);
    let recommended = admitted(situation, inside);
    let bound = if recommended == inside {
        bound
    } else {
        let formula = format!("{inside} becomes");
        let cluster = Bound::Cluster;
        sums.calculates(cluster.name(), formula, recommended.as_f64(), "workers");
        Some(cluster)
    };
    let known = match demand {
        Demand::Hold(reason) if reason.is_ignorance() && recommended == workers => None,
        _ => Some(recommended),
    };
    if let Some(recommended) = known {
        sums.reads("workers_recommended", recommended.as_f64(), "workers");
    }
    let action = match (guard::cannot_restart(situation), demand) {
        (Some((reason, until)), _) => hold(reason, until),
        (None, Demand::Hold(reason)) if recommended == workers => hold(reason, None),
        (None, _) if recommended == workers => hold(HoldReason::AtBound, None),
        (None, Demand::Change(change)) => changed(situation, workers, recommended, change, sums),
        (None, Demand::Hold(_)) => {
            let back = Change::at_once(recommended, Trigger::OutOfBounds);
            changed(situation, workers, recommended, back, sums)
        }
    };
    (action, known, bound)
}

/// Changes the workers, unless the direction has to wait.
fn changed(
    situation: &Situation<'_>,
    from: Workers,
    recommended: Workers,
    change: Change,
    sums: &mut Arithmetic,
) -> Action {
    if let Some(until) = guard::paused(situation, from, recommended, sums) {
        return hold(HoldReason::Paused, until);
    }
    let to = match stabilize::stabilized(situation, from, recommended, change.cost, sums) {
        Ok(to) => to,
        Err(reason) => return hold(reason, None),
    };
    let to = admitted(situation, situation.bounds().nearest(to));
    if to < from
        && let Some(reason) = guard::cannot_restart_after_failure(situation)
    {
        return hold(reason, None);
    }
    match stabilize::cooldown_until(situation, from, to, sums) {
        Some(until) => hold(HoldReason::Cooldown, Some(until)),
        None => Action::ScaleTo {
            workers: to,
            because: change.because,
        },
    }
}

/// A load that wants more never gets fewer because of a bound, and the other way round, except
/// where the present workers are out of bounds themselves.
fn in_its_direction(because: Trigger, workers: Workers, bounded: Workers) -> Workers {
    match because {
        Trigger::BacklogTime | Trigger::Utilization | Trigger::DelayBudget => bounded.max(workers),
        Trigger::Idle | Trigger::Ineffective => bounded.min(workers),
        Trigger::OutOfBounds => bounded,
    }
}

/// Of the user's bounds, too, as much as the cluster admits. Its limit lies between the present
/// workers and what was denied, so it is never farther out than where the job is.
fn admitted(situation: &Situation<'_>, workers: Workers) -> Workers {
    let known = situation.cluster_bound;
    known.map_or(workers, |known| known.nearest(workers))
}

const fn hold(reason: HoldReason, until: Option<Timestamp>) -> Action {
    Action::Hold { reason, until }
}

// === impl Situation ===

impl Situation<'_> {
    fn bounds(&self) -> Bounds {
        Bounds::of(self.settings, self.overrides)
    }
}

// === impl Decision ===

impl Decision {
    /// The reason's one name: that of the trigger or of the hold.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.action {
            Action::ScaleTo { because, .. } => because.name(),
            Action::Hold { reason, .. } => reason.name(),
        }
    }

    /// `scale_to` or `hold`.
    #[must_use]
    pub const fn action_name(&self) -> &'static str {
        match self.action {
            Action::ScaleTo { .. } => "scale_to",
            Action::Hold { .. } => "hold",
        }
    }

    /// The workers to scale to; `None` for a hold.
    #[must_use]
    pub const fn scale_to(&self) -> Option<Workers> {
        match self.action {
            Action::ScaleTo { workers, .. } => Some(workers),
            Action::Hold { .. } => None,
        }
    }

    /// The reason as a sentence for the person who was paged.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self.action {
            Action::ScaleTo { because, .. } => because.meaning(),
            Action::Hold { reason, .. } => reason.meaning(),
        }
    }

    /// When the hold ends by itself, where that is known.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self.action {
            Action::Hold { until, .. } => until,
            Action::ScaleTo { .. } => None,
        }
    }
}

// === impl Arithmetic ===

impl Arithmetic {
    /// Adds a reading: a value that was observed or set, not calculated here.
    pub fn reads(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.calculates(name, String::new(), value, unit);
    }

    /// Adds a step with its formula, numbers put in.
    pub fn calculates(
        &mut self,
        name: &'static str,
        formula: String,
        value: f64,
        unit: &'static str,
    ) {
        self.lines.push(Line {
            name,
            formula,
            value,
            unit,
        });
    }

    /// Says what came of it all.
    pub fn says(&mut self, sentence: String) {
        self.sentence = Some(sentence);
    }

    /// Keeps the delay that is foreseen if nothing is done.
    pub fn foresees(&mut self, stay: Course) {
        self.forecast = Some(DelayForecast { stay, change: None });
    }

    /// … and beside it the delay that is foreseen with so many workers.
    pub fn foresees_with(&mut self, workers: Workers, course: Course) {
        if let Some(forecast) = &mut self.forecast {
            forecast.change = Some((workers, course));
        }
    }

    /// The steps, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What came of it all, in a sentence for a person; `None` from a policy that has none.
    #[must_use]
    pub fn sentence(&self) -> Option<&str> {
        self.sentence.as_deref()
    }

    /// The delay that is foreseen; `None` from a policy, or in a situation, that foresees none.
    #[must_use]
    pub const fn forecast(&self) -> Option<&DelayForecast> {
        self.forecast.as_ref()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = (self.value * 1000.0).round() / 1000.0;
        let space = if self.unit.is_empty() { "" } else { " " };
        if self.formula.is_empty() {
            write!(f, "{} = {value}{space}{}", self.name, self.unit)
        } else {
            write!(
                f,
                "{} = {} = {value}{space}{}",
                self.name, self.formula, self.unit
            )
        }
    }
}

/// Seconds as they stand in a formula: `182.5 s`.
#[must_use]
pub fn in_seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
