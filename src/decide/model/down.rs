//! Down, sized by replay: would fewer workers have done, too?
//!
//! Pure: values in, values out.

use crate::decide::demand::{self, Change, Demand};
use crate::decide::model::load::STEP;
use crate::decide::model::parts::Part;
use crate::decide::model::up::{RESTART_COST, late_cost};
use crate::decide::model::{Model, TREND_LASTS};
use crate::decide::{Arithmetic, HoldReason, Trigger};
use crate::units::{Workers, f64_as_count};

/// The past is replayed over no less than this, in seconds,
const PAST_LEAST: f64 = 600.0;
/// and no more.
const PAST_MOST: f64 = 3600.0;
/// In the past the delay would have taken no more than this share of the budget.
const SHARE: f64 = 0.6;
/// The load takes no more than this share of what the workers can surely do.
const FULL: f64 = 0.95;

pub(super) fn down(model: &Model<'_>, sums: &mut Arithmetic) -> Demand {
    if let Some(reason) = demand::cannot_be_idle(model.situation) {
        return Demand::Hold(reason);
    }
    if model.past() < PAST_LEAST {
        sums.says(model.says_too_early(PAST_LEAST));
        return Demand::Hold(HoldReason::Stabilizing);
    }
    let sizes = model.sizes();
    let smaller = &sizes[..sizes.partition_point(|size| *size < model.seen.workers)];
    let place = smaller.partition_point(|size| !model.holds(*size));
    let Some(wanted) = smaller.get(place).copied() else {
        if let Some(next) = smaller.last() {
            sums.reads("delay_in_the_past", model.replayed(*next), "s");
            sums.says(model.says_steady(*next));
        } else {
            sums.says(model.says_fewest());
        }
        return Demand::Hold(HoldReason::Steady);
    };
    let restart = model.change(wanted);
    sums.reads("delay_in_the_past", model.replayed(wanted), "s");
    sums.reads("late_by_the_restart", restart.late, "s");
    let cost = RESTART_COST * wanted.as_f64() + late_cost(wanted) * restart.late;
    sums.foresees_with(wanted, restart.course);
    let tighter = place.checked_sub(1).map(|before| smaller[before]);
    sums.says(model.says_down(wanted, tighter, restart));
    Demand::Change(Change {
        wanted,
        because: Trigger::Idle,
        cost: if model.parts.has(Part::PayBack) {
            cost
        } else {
            0.0
        },
    })
}

// === impl Model ===

impl Model<'_> {
    /// Seconds of the past that tell of the load as it is: a peak that is over does not.
    pub(super) fn past(&self) -> f64 {
        let load = &self.learned.load;
        let known = load.known().min(PAST_MOST);
        if self.parts.has(Part::Fall) {
            known.min(load.since_fall())
        } else {
            known
        }
    }

    /// The longest delay that the past would have had with this size.
    pub(super) fn replayed(&self, size: Workers) -> f64 {
        let past = self.past().max(PAST_LEAST);
        let steps = f64_as_count(past / STEP).and_then(|steps| usize::try_from(steps).ok());
        let capacity = self.capacity_at_least(size);
        self.arrivals.replay(steps.unwrap_or(0), capacity)
    }

    /// The past would have stayed within the budget, and what is coming will.
    pub(super) fn holds(&self, size: Workers) -> bool {
        self.has_room(size) && self.replayed(size) <= SHARE * self.budget
    }

    /// The highest level that is coming.
    fn coming(&self) -> f64 {
        let forecast = self.forecast;
        match self.season {
            Some(season) => season.rate.max(forecast.level),
            None => forecast.level + forecast.slope.max(0.0) * TREND_LASTS,
        }
    }

    /// It can surely read what came in within the last minutes, and what is coming.
    pub(super) fn has_room(&self, size: Workers) -> bool {
        let needed = self.coming().max(self.learned.load.lately());
        needed <= FULL * self.capacity_at_least(size)
    }
}
