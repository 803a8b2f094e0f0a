//! Up, when the delay would break the budget, to the size that costs least.
//!
//! Pure: values in, values out.

use crate::decide::demand::{Change, Demand};
use crate::decide::model::Model;
use crate::decide::model::fluid::Outlook;
use crate::decide::model::parts::Part;
use crate::decide::{Arithmetic, HoldReason, Trigger};
use crate::units::Workers;

/// A restart costs as much as all workers for so many seconds.
pub(super) const RESTART_COST: f64 = 300.0;
/// A second over the budget costs as much as one worker for so many seconds,
const LATE_COST: f64 = 60.0;
/// and no less than all workers for so many.
const LATE_COST_EACH: f64 = 3.0;
/// Workers that are too many after the catching up are kept for about so many seconds.
const KEPT: f64 = 800.0;
/// No more than so many times the workers that are enough, however late the job is.
const OVERSHOOT: f64 = 5.0;

/// More workers, or why not yet; `None` where the delay stays within the budget by itself.
pub(super) fn up(model: &Model<'_>, sums: &mut Arithmetic) -> Option<Demand> {
    let stay = model.stay();
    sums.reads("delay_if_nothing_is_done", stay.worst, "s");
    sums.foresees(stay.course);
    sums.reads("late_from", stay.late_from?, "s");
    sums.reads("late_if_nothing_is_done", stay.late, "s");
    if let Some(demand) = model.not_the_workers(sums) {
        return Some(demand);
    }
    let sizes = model.sizes();
    let workers = model.seen.workers;
    if sizes.last().is_none_or(|largest| *largest <= workers) {
        sums.says(model.says_all(stay));
        if stay.back_at.is_some() {
            return Some(Demand::Hold(HoldReason::CatchingUp));
        }
        // The bound will be named.
        let more = Workers(workers.0.saturating_add(1));
        return Some(Demand::Change(Change::at_once(more, Trigger::DelayBudget)));
    }
    let Some((wanted, now)) = cheapest(model, &sizes) else {
        return Some(Demand::Hold(HoldReason::CatchingUp));
    };
    sums.foresees_with(wanted, now.course);
    sums.reads("late_if_scaled", now.late, "s");
    sums.reads("delay_if_scaled", now.worst, "s");
    let restart = RESTART_COST * wanted.as_f64() / late_cost(wanted);
    let hold = if stay.late < now.late + restart {
        Some(HoldReason::CatchingUp)
    } else if model.parts.has(Part::Jump) && model.learned.load.is_jumping_up() {
        Some(HoldReason::Stabilizing)
    } else {
        None
    };
    if let Some(reason) = hold {
        sums.says(model.says_not_yet(reason, stay, wanted, now));
        return Some(Demand::Hold(reason));
    }
    sums.says(model.says_up(stay, wanted, now));
    Some(Demand::Change(Change::at_once(
        wanted,
        Trigger::DelayBudget,
    )))
}

/// The larger size that costs least: in seconds over the budget, and in workers that are too many
/// after the catching up. None that would not hold afterwards, unless there is no larger one; `None`
/// where there are more than enough already.
fn cheapest(model: &Model<'_>, sizes: &[Workers]) -> Option<(Workers, Outlook)> {
    let enough_at = sizes.partition_point(|size| !model.holds(*size));
    let enough = *sizes.get(enough_at).or(sizes.last())?;
    let larger = sizes.partition_point(|size| *size <= model.seen.workers);
    let from = larger.max(enough_at.min(sizes.len() - 1));
    let mut cheapest: Option<(f64, Workers, Outlook)> = None;
    for size in sizes[from..].iter().copied() {
        let too_many = size.as_f64() - enough.as_f64();
        if too_many > (OVERSHOOT - 1.0) * enough.as_f64() {
            break;
        }
        let outlook = model.change(size);
        let cost = late_cost(enough) * outlook.late + KEPT * too_many;
        if cheapest.is_none_or(|(least, ..)| cost < least) {
            cheapest = Some((cost, size, outlook));
        }
        if outlook.late <= 0.0 {
            break;
        }
    }
    cheapest.map(|(_, size, outlook)| (size, outlook))
}

/// What a second over the budget costs a job of so many workers, in worker-seconds.
pub(super) fn late_cost(workers: Workers) -> f64 {
    LATE_COST.max(LATE_COST_EACH * workers.as_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_over_the_budget_costs_a_large_job_more() {
        // A worker's minute; from 20 workers on three seconds of all.
        assert_eq!(late_cost(Workers(5)), 60.0);
        assert_eq!(late_cost(Workers(50)), 150.0);
    }
}
