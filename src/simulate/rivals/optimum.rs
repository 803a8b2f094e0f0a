//! The clairvoyant planner: what could be had by somebody who knows the load and the faults to come.
//!
//! Pure: values in, values out.
//!
//! Nobody can run it, it is a yardstick: what is between a policy and this one is the price of not
//! knowing, what is between this one and [`fluid_bound`](crate::simulate::load::Workload::fluid_bound) that of whole workers, of pods and
//! of restarts. Before the run it makes a plan with the whole load before it, by a dynamic programme
//! (Bellman's: from the last minute back to the first, the cheapest way on from each size and
//! delay), and in the run it carries that out without another look.
//!
//! What is minimised, in worker-seconds: the workers that are paid for, pods that still start too;
//! `rescale_cost` for each change; [`plan::LATE`] for each second with a delay over a minute, and
//! [`plan::VERY_LATE`] besides for each over two.
//!
//! What it is not: the proven optimum of the plant. It plans in whole minutes, with delays in steps,
//! for a job without chance that is a little worse than the mean: pauses that few are longer than,
//! pods in two waves of which each restarts the job, a hundredth of the capacity held back. So it
//! can be beaten by luck, and where this caution is not needed; only the fluid bound is proven. Lost
//! workers are not foreseen, nor is a restart put right behind a checkpoint: half an interval is read
//! again, which makes one dear where the interval is minutes.

mod future;
mod plan;

use crate::simulate::rivals::optimum::future::Future;
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::Workers;

/// `optimum`.
pub(super) const OPTIMUM: Named = Named {
    name: "optimum",
    meaning: "knows the load and the faults to come: a yardstick, not a rival",
    knobs: &[Knob {
        name: "rescale_cost",
        unit: "worker-seconds",
        default: 1800.0,
        tried: &[0.0, 600.0, 1800.0, 7200.0],
        best: 1800.0,
    }],
    make: |workload, knobs| Box::new(Optimum(plan::plan(&Future::of(workload), knobs[0]))),
};

/// From each second on so many workers; the first from the beginning.
struct Optimum(Vec<(u64, Workers)>);

// === impl Optimum ===

impl Rival for Optimum {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let begun = self.0.partition_point(|(from, _)| *from <= reading.second);
        Some(Wish {
            workers: self.0[..begun].last()?.1,
            because: "planned",
        })
    }

    fn begins_with(&self) -> Option<Workers> {
        Some(self.0.first()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::load::{Workload, named};
    use crate::simulate::model::Model;
    use crate::units::len_as_f64;

    const HOUR: usize = 3600;

    /// One worker reads 1000/s, of which the plan counts on 990. A rescale takes pods of 40 s and a
    /// pause of 20 s up and 30 s down, and reads 5 + 2 s again.
    fn under(rates: Vec<f64>) -> Workload {
        let mut model = Model::usual();
        model.alpha = 1.0;
        model.pod_wait = (40.0, 40.0);
        model.pause_up = (20.0, 20.0);
        model.pause_down = (30.0, 30.0);
        model.warm_up = 0.0;
        model.max_parallelism = 12;
        Workload {
            name: "a test".into(),
            meaning: "a test".into(),
            model,
            rates,
        }
    }

    /// So much at first, then so much for a while, then as at first.
    fn spike(low: f64, high: f64, seconds: usize) -> Workload {
        under([vec![low; HOUR], vec![high; seconds], vec![low; HOUR]].concat())
    }

    fn planned(workload: &Workload, rescale_cost: f64) -> Vec<(u64, u32)> {
        let plan = plan::plan(&Future::of(workload), rescale_cost);
        plan.into_iter()
            .map(|(from, workers)| (from, workers.0))
            .collect()
    }

    #[test]
    fn a_steady_load_has_the_workers_that_hold_it_and_keeps_them() {
        // 2970 = 3 * 990.
        let steady = under(vec![2970.0; 3 * HOUR]);
        assert_eq!(planned(&steady, 0.0), [(0, 3)]);
        assert_eq!(planned(&steady, 1800.0), [(0, 3)]);
    }

    #[test]
    fn a_step_meets_its_workers() {
        // One worker more minute at 4900/s would leave 60 * (4900 - 990) = 234 600 elements, 48 s;
        // 27 s more after the restart are too late. So the pods join as the step begins, and are
        // asked for 40 s before. A restart a minute before costs five workers for a minute.
        let step = under([vec![900.0; HOUR], vec![4900.0; 2 * HOUR]].concat());
        assert_eq!(planned(&step, 1800.0), [(0, 1), (3560, 5)]);
    }

    #[test]
    fn pods_that_come_in_two_waves_are_asked_for_a_minute_earlier() {
        // The second wave joins 80 s after the first. With the first of them, which reads three
        // quarters, in the step's first 40 s, 40 * (4900 - 3712) elements are left, 10 s; with the
        // second restart that is 37 s. If the first wave came with the step, its 27 s and 20 s more
        // were on top.
        let mut step = under([vec![900.0; HOUR], vec![4900.0; 2 * HOUR]].concat());
        step.model.pod_wait = (40.0, 120.0);
        assert_eq!(planned(&step, 1800.0), [(0, 1), (3500, 5)]);
    }

    #[test]
    fn workers_stay_where_pods_would_start_for_longer_than_they_are_gone() {
        // Three minutes without need of four workers. They restart the job in the first and in the
        // last, so each saves 120 s; the next pods are paid while they start.
        let (low, high) = (vec![100.0; HOUR], vec![4900.0; 600]);
        let gap = vec![100.0; 180];
        let rates = [low.clone(), high.clone(), gap, high, low].concat();
        let leave = |wait: f64| {
            let mut twice = under(rates.clone());
            twice.model.pod_wait = (wait, wait);
            let mut changes = planned(&twice, 0.0).into_iter();
            changes.any(|(from, workers)| (4200..4380).contains(&from) && workers == 1)
        };
        assert!(leave(40.0));
        assert!(!leave(130.0));
    }

    #[test]
    fn a_spike_is_ridden_out_if_what_it_leaves_is_read_within_the_budget() {
        // 120 * (1450 - 990) = 55 200 elements are left, and the last of them is read 56 s later.
        assert_eq!(planned(&spike(500.0, 1450.0, 120), 1800.0), [(0, 1)]);
        // After four minutes it would be 112 s, so that a second worker comes in time, and goes.
        let met = planned(&spike(500.0, 1450.0, 240), 1800.0);
        let sizes: Vec<u32> = met.iter().map(|(_, workers)| *workers).collect();
        assert_eq!(sizes, [1, 2, 1], "{met:?}");
        assert!((3400..3700).contains(&met[1].0), "{met:?}");
    }

    #[test]
    fn dearer_rescales_are_fewer() {
        let slope = (0..2 * HOUR).map(|second| 1000.0 + len_as_f64(second));
        let hill = under(slope.clone().chain(slope.rev()).collect());
        let changes = [0.0, 1800.0, 7200.0].map(|cost| planned(&hill, cost).len() - 1);
        assert!(
            changes.is_sorted_by(|more, fewer| more > fewer),
            "{changes:?}"
        );
    }

    #[test]
    fn a_job_that_is_down_has_its_workers_before_it_is_up_again() {
        let roll_out = named("roll_out", 1).expect("a workload");
        let plan = planned(&roll_out, 1800.0);
        let up = plan.iter().find(|(from, _)| *from > 3600);
        // Down from 1:00 to 1:20, and 4 800 000 elements wait then.
        assert!(
            up.is_some_and(|(from, workers)| *from < 4800 && *workers > 10),
            "{plan:?}"
        );
    }
}
