//! DS2: as many workers as the input needs at their true rate.
//!
//! Pure: values in, values out.
//!
//! Source: V. Kalavri et al., “Three steps is all you need: fast, accurate, automatic scaling
//! decisions for distributed streaming dataflows”, OSDI 2018, and its code, strymon-system/ds2
//! `controller/src/policy/scaling.rs`, `controller/src/bin/manager.rs`, `config/ds2.toml`. In words:
//! - The true rate of an operator is what it processed over the time in which it was useful, that
//!   is, neither waiting for input nor for output. Here: throughput over busy time.
//! - `workers = ceil(input / (true rate / workers) * (1 + scaling_factor))`, where the input is that
//!   of the outside world.
//! - This is evaluated every `policy_interval`, except in the first `warm_up_time` intervals after a
//!   reconfiguration, and acted upon once there were `activation_time` evaluations.
//! - A change is one if there are to be more workers, or at least two fewer (`consider_change`).
//!
//! How it is used here: the job is one operator. Of the last `activation_time` evaluations the
//! median counts; the code takes the newest one and has a note that it should look at them all.
//! Every restart begins the warm-up anew, not just those it asked for, and it waits for the workers
//! it asked for. `target_rate_ratio` is left off, as it is by default: one operator has no
//! overhead that its own rate would not show.
//!
//! Its `ds2.toml` has an interval of 10 s and a `scaling_factor` of 0. That is for engines that
//! rescale at once: it has no term for a backlog, so that with 0 what gathers in a restart is never
//! worked off. The defaults here are a minute and 20 %.

use std::collections::VecDeque;

use crate::simulate::rivals::window::Window;
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::{Workers, f64_as_count};

/// `ds2`.
pub(super) const DS2: Named = Named {
    name: "ds2",
    meaning: "DS2 (OSDI'18): input over the true rate of a worker",
    knobs: &[
        Knob {
            name: "policy_interval",
            unit: "s",
            default: 60.0,
            tried: &[10.0, 60.0, 300.0],
            best: 60.0,
        },
        Knob {
            name: "warm_up_time",
            unit: "intervals",
            default: 2.0,
            tried: &[2.0, 5.0, 10.0],
            best: 10.0,
        },
        Knob {
            name: "activation_time",
            unit: "intervals",
            default: 1.0,
            tried: &[1.0, 5.0],
            best: 1.0,
        },
        Knob {
            name: "scaling_factor",
            unit: "",
            default: 0.2,
            tried: &[0.2, 0.5, 1.0],
            best: 0.5,
        },
    ],
    make: |_, knobs| Box::new(Ds2::new(knobs)),
};

struct Ds2 {
    warm_up_time: u64,
    activation_time: usize,
    scaling_factor: f64,
    interval: Interval,
    /// Whole intervals since the last reconfiguration.
    intervals: u64,
    /// The last evaluations, `activation_time` at most.
    evaluations: VecDeque<Workers>,
    /// Since when the job runs.
    since: Option<u64>,
}

/// What is measured in one interval.
struct Interval {
    input: Window,
    throughput: Window,
    busy: Window,
}

// === impl Ds2 ===

impl Ds2 {
    fn new(knobs: &[f64]) -> Self {
        let whole = |knob: f64| f64_as_count(knob).unwrap_or(0);
        Self {
            warm_up_time: whole(knobs[1]),
            activation_time: usize::try_from(whole(knobs[2])).unwrap_or(1).max(1),
            scaling_factor: knobs[3],
            interval: Interval::of(whole(knobs[0])),
            intervals: 0,
            evaluations: VecDeque::new(),
            since: None,
        }
    }

    fn begin_anew(&mut self, since: Option<u64>) {
        self.since = since;
        self.intervals = 0;
        self.evaluations.clear();
        self.interval.clear();
    }

    /// The median of the last evaluations, once there are enough.
    fn decide(&mut self, evaluated: Workers) -> Option<Workers> {
        if self.evaluations.len() == self.activation_time {
            self.evaluations.pop_front();
        }
        self.evaluations.push_back(evaluated);
        if self.evaluations.len() < self.activation_time {
            return None;
        }
        let mut sorted: Vec<Workers> = self.evaluations.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

impl Rival for Ds2 {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let running = reading.flink.filter(|job| job.in_use == reading.asked);
        let since = running.map(|job| job.since);
        if since != self.since {
            self.begin_anew(since);
        }
        let running = running?;
        self.interval
            .push(reading, running.throughput, running.busy);
        if !self.interval.is_over() {
            return None;
        }
        let needed = self.interval.workers_needed(running.in_use);
        self.interval.clear();
        self.intervals += 1;
        if self.intervals <= self.warm_up_time {
            return None;
        }
        let evaluated = Workers::rounded_up(needed? * (1.0 + self.scaling_factor))?;
        let workers = self.decide(evaluated)?;
        is_change(running.in_use, workers).then_some(Wish {
            workers,
            because: if workers > running.in_use {
                "input above rate"
            } else {
                "input below rate"
            },
        })
    }
}

// === impl Interval ===

impl Interval {
    const fn of(seconds: u64) -> Self {
        Self {
            input: Window::of(seconds),
            throughput: Window::of(seconds),
            busy: Window::of(seconds),
        }
    }

    fn push(&mut self, reading: &Reading, throughput: f64, busy: f64) {
        self.input.push(reading.second, reading.input_rate);
        self.throughput.push(reading.second, throughput);
        self.busy.push(reading.second, busy);
    }

    fn is_over(&self) -> bool {
        self.input.covered()
    }

    fn clear(&mut self) {
        self.input.clear();
        self.throughput.clear();
        self.busy.clear();
    }

    /// The (fractional) workers that just do the input at their true rate; `None` where none was
    /// measured, because nothing was done.
    fn workers_needed(&self, workers: Workers) -> Option<f64> {
        let true_rate = self.throughput.mean()? / self.busy.mean()?;
        let needed = self.input.mean()? / (true_rate / workers.as_f64());
        needed.is_finite().then_some(needed)
    }
}

/// More workers, or at least two fewer.
const fn is_change(from: Workers, to: Workers) -> bool {
    to.0 > from.0 || to.0 + 1 < from.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::rivals::Running;

    /// A job on so many workers that keeps up with its input, running since this second.
    fn reading(second: u64, since: u64, workers: u32, input: f64, busy: f64) -> Reading {
        Reading {
            second,
            asked: Workers(workers),
            present: Workers(workers),
            lag: 0.0,
            input_rate: input,
            cpu: busy,
            cpu_highest: busy,
            flink: Some(Running {
                since,
                in_use: Workers(workers),
                backlog: Some(0.0),
                throughput: input,
                busy,
                checkpoint_interval: 10.0,
                checkpointed: true,
            }),
        }
    }

    fn interval(input: f64, throughput: f64, busy: f64) -> Interval {
        let mut interval = Interval::of(5);
        interval.push(&reading(5, 0, 1, input, busy), throughput, busy);
        interval
    }

    #[test]
    fn the_numbers_of_its_own_tests_come_out() {
        // scaling_policy_test.rs, one source: a target of 100 at a true rate of 50, of 200 at 40,
        // of 200 at 10. A true rate of 50 is 25 read in half of the time.
        for (input, throughput, busy, needed) in [
            (100.0, 25.0, 0.5, 2.0),
            (200.0, 40.0, 1.0, 5.0),
            (200.0, 10.0, 1.0, 20.0),
        ] {
            let measured = interval(input, throughput, busy).workers_needed(Workers(1));
            assert_eq!(measured, Some(needed));
        }
        // With four workers each has a quarter of the rate.
        let measured = interval(200.0, 40.0, 1.0).workers_needed(Workers(4));
        assert_eq!(measured, Some(20.0));
        assert_eq!(interval(200.0, 0.0, 0.0).workers_needed(Workers(4)), None);
    }

    #[test]
    fn one_worker_fewer_is_no_change() {
        let change = |to| is_change(Workers(4), Workers(to));
        assert_eq!([5, 4, 3, 2].map(change), [true, false, false, true]);
    }

    #[test]
    fn it_warms_up_and_adds_its_factor() {
        let first_wish = |busy| {
            let mut ds2 = Ds2::new(&[60.0, 2.0, 1.0, 0.2]);
            (5..=600).step_by(5).find_map(|second| {
                let wish = ds2.wants(&reading(second, 0, 4, 4000.0, busy))?;
                Some((second, wish.workers.0))
            })
        };
        // Two minutes do not count; the third says 4 * 1.0 * 1.2 = 4.8,
        assert_eq!(first_wish(1.0), Some((180, 5)));
        // or 4 * 0.6 * 1.2 = 2.88, which is one fewer, or 4 * 0.4 * 1.2 = 1.92.
        assert_eq!(first_wish(0.6), None);
        assert_eq!(first_wish(0.4), Some((180, 2)));
    }

    #[test]
    fn it_waits_for_its_workers_and_warms_up_again() {
        let mut ds2 = Ds2::new(&[60.0, 2.0, 1.0, 0.2]);
        let mut asks = |second, since, asked| {
            let reading = Reading {
                asked: Workers(asked),
                ..reading(second, since, 4, 4000.0, 1.0)
            };
            ds2.wants(&reading).is_some()
        };
        assert!(!(5..=400).step_by(5).any(|second| asks(second, 0, 5)));
        // They came at 400 s, and the job was restarted by something else at 500 s.
        assert!(!(405..=500).step_by(5).any(|second| asks(second, 400, 4)));
        let wish = (505..=900).step_by(5).find(|second| asks(*second, 500, 4));
        assert_eq!(wish, Some(680));
    }

    #[test]
    fn of_some_evaluations_the_median_counts() {
        let mut ds2 = Ds2::new(&[60.0, 2.0, 3.0, 0.2]);
        let decided = [9, 5, 1, 6, 7].map(|evaluated| ds2.decide(Workers(evaluated)));
        // Of 9, 5, 1; of 5, 1, 6; of 1, 6, 7.
        let expected = [None, None, Some(5), Some(5), Some(6)];
        assert_eq!(decided, expected.map(|workers| workers.map(Workers)));
    }
}
