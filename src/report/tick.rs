//! One tick, as the loop hands it to the reporters.
//!
//! Pure: values in, values out.

use crate::autoscaler::Autoscaler;
use crate::decide::Decision;
use crate::decide::cluster_bound::ClusterBound;
use crate::decide::model::figures::Figures;
use crate::decide::overrides::{Bounds, Overrides};
use crate::decide::rescale::Rescale;
use crate::decide::reverts::Reverted;
use crate::leadership::Leadership;
use crate::observe::Observation;
use crate::outcome::Outcome;
use crate::report::unread::unread;
use crate::scrape::{Cost, Scrape};
use crate::units::Workers;

/// What one tick was.
pub struct Tick<'a> {
    /// What it cost.
    pub cost: Cost,
    /// What was not read and why, for a person; `None` where all was.
    pub unread: Option<String>,
    /// What is known of the job.
    pub observation: &'a Observation,
    /// What was decided.
    pub decision: &'a Decision,
    /// What became of it.
    pub outcome: &'a Outcome,
    /// Workers that the target was last asked for, by whomever; `None` while not known.
    pub workers_asked: Option<Workers>,
    /// What stands at the target beside the settings.
    pub overrides: &'a Overrides,
    /// What is wrong with that, each a sentence.
    pub override_mistakes: Vec<String>,
    /// The bounds in force.
    pub bounds: Bounds,
    /// Those that are remembered, oldest first.
    pub rescales: &'a [Rescale],
    /// The number that somebody puts back each time, while nothing is changed because of it.
    pub reverted: Option<Reverted>,
    /// What a rule of the cluster is known to admit.
    pub cluster_bound: Option<&'a ClusterBound>,
    /// What the model has learned; `None` where another policy decides.
    pub model: Option<Figures>,
    /// Which of several sidecars acts.
    pub leadership: &'a Leadership,
}

// === impl Tick ===

impl<'a> Tick<'a> {
    /// The tick in which this scrape led to this decision and this outcome.
    ///
    /// # Panics
    /// If the autoscaler has made no step: then there was no tick.
    #[must_use]
    pub fn of(
        scrape: &Scrape,
        autoscaler: &'a Autoscaler,
        decision: &'a Decision,
        outcome: &'a Outcome,
    ) -> Self {
        let rescales = autoscaler.rescales();
        Self {
            cost: scrape.cost,
            unread: unread(scrape),
            observation: autoscaler
                .observation()
                .expect("a step, which made the decision, observes first"),
            decision,
            outcome,
            workers_asked: rescales.workers_asked(),
            overrides: autoscaler.overrides(),
            override_mistakes: autoscaler.override_mistakes(),
            bounds: autoscaler.bounds(),
            rescales: rescales.all(),
            reverted: autoscaler.reverted(decision.at),
            cluster_bound: autoscaler.cluster_bound(),
            model: autoscaler.figures(),
            leadership: autoscaler.leadership(),
        }
    }
}
