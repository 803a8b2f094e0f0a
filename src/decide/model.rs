//! The workers that the load needs, by a model of the job: what its workers can read, what a restart
//! costs, what comes in. Its one knob is the delay that is borne (`DELAY_BUDGET`).
//!
//! Pure: values in, values out.
//!
//! *Up, when the budget would be broken*: the fluid model is rolled forward with the present size; if
//! the delay breaks the budget in the next minutes, the size is taken that costs least, in seconds
//! over the budget and in workers that will be too many (`up`). *Down, sized by replay*: the smallest
//! size with which the last hour would have stayed within the budget, if the saving pays back the
//! restart (`down`). All that it needs is learned from the job itself (`learned`); until then, and
//! wherever something is not known, `rule` decides.

mod capacity;
mod down;
mod effect;
pub mod figures;
mod fluid;
mod forecast_error;
pub mod gain;
mod learned;
mod load;
pub mod parts;
mod restart;
mod season;
mod seen;
mod told;
mod up;

pub use crate::decide::model::learned::Learned;

use crate::decide::bound;
use crate::decide::demand::{self, Change, Demand};
use crate::decide::model::capacity::Size;
use crate::decide::model::fluid::{Arrivals, Outlook, Restart};
use crate::decide::model::load::{Forecast, STEP};
use crate::decide::model::parts::{Part, Parts};
use crate::decide::model::season::Coming;
use crate::decide::model::seen::Seen;
use crate::decide::{Arithmetic, HoldReason, Situation, Trigger};
use crate::units::{Workers, count_as_f64};

/// The future is looked at for so many steps: a quarter of an hour, and what help takes to come.
const FUTURE_STEPS: u64 = 120;
/// A trend goes on for so many seconds.
const TREND_LASTS: f64 = 900.0;
/// No size beyond this is looked at, for the sake of a tick's length.
const SIZES_MOST: u32 = 1024;

/// Flink's adaptive scheduler takes no worker within so many seconds of the last restart.
const BETWEEN_RESTARTS: f64 = 30.0;

/// All that a size is chosen by.
struct Model<'a> {
    situation: &'a Situation<'a>,
    learned: &'a Learned,
    parts: Parts,
    seen: Seen,
    forecast: Forecast,
    /// What yesterday or last week says, where that foretells better.
    season: Option<Coming>,
    arrivals: Arrivals,
    /// `DELAY_BUDGET`, in seconds.
    budget: f64,
}

pub(super) fn demand(situation: &Situation<'_>, workers: Workers, sums: &mut Arithmetic) -> Demand {
    let learned = situation.learned;
    let seen = Seen::of(situation.now, situation.observation);
    let Some(seen) = seen.filter(|seen| learned.is_enough(seen)) else {
        sums.reads("model_learned", learned.share(), "");
        sums.says(told::learning(learned.share()));
        return demand::rule(situation, workers, sums);
    };
    let budget = situation.settings.delay_budget.as_secs_f64();
    if let Some(slowest) = seen.behind_alone(budget) {
        sums.reads("slowest_source", slowest, "s");
        sums.says(told::behind_alone(slowest));
        return demand::rule(situation, workers, sums);
    }
    let model = Model::new(situation, seen, budget);
    model.read(sums);
    match up::up(&model, sums) {
        Some(demand) => demand,
        None => down::down(&model, sums),
    }
}

// === impl Model ===

impl<'a> Model<'a> {
    fn new(situation: &'a Situation<'a>, seen: Seen, budget: f64) -> Self {
        let learned = situation.learned;
        let parts = learned.parts;
        let forecast = learned.load.forecast(parts);
        let season = learned.season.coming().filter(|_| parts.has(Part::Season));
        let rates = (1..=FUTURE_STEPS).map(|step| {
            let seconds = (count_as_f64(step) - 0.5) * STEP;
            if parts.has(Part::Level) {
                forecast.at(seconds, TREND_LASTS)
            } else {
                forecast.newest
            }
        });
        Self {
            situation,
            learned,
            parts,
            seen,
            forecast,
            season,
            arrivals: Arrivals::new(learned.load.past(usize::MAX), rates),
            budget,
        }
    }

    /// What a job of so many workers can read per second.
    fn capacity(&self, workers: Workers) -> f64 {
        self.learned.capacity.of(Size {
            workers,
            evenly: bound::evenly(self.situation.observation, workers),
        })
    }

    /// The same with what is not sure of it taken off.
    fn capacity_at_least(&self, workers: Workers) -> f64 {
        self.capacity(workers) * (1.0 - self.learned.capacity.spread())
    }

    fn stay(&self) -> Outlook {
        let capacity = self.capacity(self.seen.workers);
        self.arrivals
            .roll(self.seen.backlog, capacity, &[], self.budget)
    }

    /// Asked for now, these workers come, and the job restarts with them.
    fn change(&self, to: Workers) -> Outlook {
        let capacity = self.capacity(self.seen.workers);
        let restarts = self.restarts(to);
        self.arrivals
            .roll(self.seen.backlog, capacity, &restarts, self.budget)
    }

    /// One restart; or two, with half of the workers and with all, where they come one by one.
    fn restarts(&self, to: Workers) -> Vec<Restart> {
        let measured = &self.learned.restarts;
        let from = self.seen.workers;
        let reads = self
            .capacity(from)
            .min(self.seen.throughput.max(self.forecast.newest));
        let stop = |after: f64, pause: f64, workers: Workers| Restart {
            after,
            pause: pause + learned::WARM_UP_LOSS,
            replayed: reads * self.seen.replay_after(after),
            capacity: self.capacity_at_least(workers),
        };
        if to <= from {
            return vec![stop(0.0, measured.pause_down.mean, to)];
        }
        let pause = measured.pause_up.mean + measured.pause_up.spread();
        let last = stop(measured.wait.mean + measured.wait.spread(), pause, to);
        if !self.comes_in_two(to) {
            return vec![last];
        }
        let half = Workers(u32::midpoint(from.0, to.0));
        let first = stop(measured.first.mean, pause, half);
        let after = last.after.max(first.after + first.pause + BETWEEN_RESTARTS);
        vec![first, Restart { after, ..last }]
    }

    /// Two or more workers that come one by one restart the job again.
    fn comes_in_two(&self, to: Workers) -> bool {
        to.0 >= self.seen.workers.0.saturating_add(2)
            && self.parts.has(Part::Stragglers)
            && self.learned.restarts.come_one_by_one()
    }

    /// The sizes that can be had and are of use, ascending.
    fn sizes(&self) -> Vec<Workers> {
        let most = bound::most_workers(self.situation).min(Workers(SIZES_MOST));
        let least = self.situation.bounds().workers_min;
        let of_use = |workers: &Workers| bound::is_useful(self.situation.observation, *workers);
        (least.0..=most.0).map(Workers).filter(of_use).collect()
    }

    /// Something else than workers is missing.
    fn not_the_workers(&self, sums: &mut Arithmetic) -> Option<Demand> {
        if !self.parts.has(Part::Effect) {
            return None;
        }
        if let Some(reason) = demand::not_the_workers(self.situation) {
            return Some(Demand::Hold(reason));
        }
        if let Some(blocked) = self.learned.effect.blocked() {
            sums.reads("gained_of_expected", blocked.gained, "");
            sums.says(self.says_ineffective(blocked));
            let back = Change::at_once(blocked.back_to, Trigger::Ineffective);
            return Some(if blocked.back_to < self.seen.workers {
                Demand::Change(back)
            } else {
                Demand::Hold(HoldReason::Ineffective)
            });
        }
        let each = self.learned.each(self.situation.observation, &self.seen);
        if let Some(times) = self
            .learned
            .effect
            .held_up(self.situation.now, &self.seen, each)
        {
            sums.reads(
                "throughput_before",
                self.seen.throughput * times,
                self.seen.unit.per_second(),
            );
            return Some(Demand::Hold(HoldReason::SinkBound));
        }
        None
    }
}
