//! All policies on all workloads: what is to be run, and the sums over it.
//!
//! Pure: values in, values out.
//!
//! A policy's figure is the mean over the workloads, for each seed; over the seeds there is a mean
//! and its 95 % interval (Student's t). Every workload counts the same, whether it lasts five hours
//! or three days.

pub mod sweep;
pub mod table;

use serde::Serialize;

use crate::simulate::load::{Half, NAMED, Workload, named};
use crate::simulate::policy::Policy;
use crate::simulate::run::{Run, run};
use crate::simulate::score::Score;
use crate::units::len_as_f64;

/// Quantiles of Student's t for a two-sided 95 % interval, by degrees of freedom from 1 on; beyond
/// them that of the normal distribution is near enough.
const STUDENT: [f64; 29] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045,
];

/// What is to be run.
pub struct Plan {
    /// Names of workloads, or loads that came from files.
    pub loads: Vec<Load>,
    /// Parameters of the model that are to be others, valid ones.
    pub parameters: Vec<(String, Vec<f64>)>,
    /// All on every one of them.
    pub policies: Vec<Policy>,
    /// The first seed.
    pub first_seed: u64,
    /// So many from there on.
    pub seeds: u64,
}

/// Where a workload comes from.
#[derive(Clone)]
pub enum Load {
    /// By its name, made anew for each seed.
    Named(&'static str),
    /// The same for every seed.
    File(Box<Workload>),
}

/// Scores of all policies, in their order, on one workload with one seed.
pub type Scores = Vec<Score>;

/// One figure over all seeds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Figure {
    /// Mean over the seeds.
    pub mean: f64,
    /// The mean is within plus or minus this in 95 of 100 cases; 0 with one seed.
    pub within: f64,
}

/// The figures that a policy is judged by.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Figures {
    /// Worker-seconds paid over the fluid bound.
    pub cost: Figure,
    /// Share of the time with a delay over 60 s.
    pub late_60: Figure,
    /// Share of the time with a delay over 120 s.
    pub late_120: Figure,
    /// Delay that 99 % of the time is not over, in seconds.
    pub delay_p99: Figure,
    /// The longest delay, in seconds.
    pub delay_max: Figure,
    /// Changes of workers that were asked for, per day.
    pub rescales_per_day: Figure,
    /// Stops and starts of the job, per day.
    pub restarts_per_day: Figure,
    /// Seconds in which nothing was read because of that, per day.
    pub paused_per_day: Figure,
    /// Elements read again over elements that came in.
    pub replayed: Figure,
    /// Changes of direction within 15 minutes, per day.
    pub flaps_per_day: Figure,
    /// Worker-hours that the load did not need, per day.
    pub wasted_per_day: Figure,
    /// Worker-hours that the load needed and did not have, per day.
    pub missing_per_day: Figure,
    /// All of it in one number, see [`Score::price`].
    pub price: Figure,
}

/// What came out, for all seeds of all workloads.
pub struct Results {
    /// Names of the policies.
    pub policies: Vec<String>,
    /// Names of the workloads, and whether nothing goes wrong in them but the load.
    pub workloads: Vec<(String, bool)>,
    /// By workload, seed and policy.
    scores: Vec<Vec<Scores>>,
}

// === impl Plan ===

impl Plan {
    /// The number of pieces of work: one for each workload and seed.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.loads.len() * self.seeds_len()
    }

    /// Does one of them: all policies on one workload with one seed.
    #[must_use]
    pub fn run(&self, piece: usize) -> (Scores, f64) {
        let (load, seed) = self.piece(piece);
        let workload = load.workload(seed, &self.parameters);
        let score = |policy| run(&workload, policy, seed, &|_| {}).score;
        let days = len_as_f64(workload.rates.len()) / 86_400.0;
        (
            self.policies.iter().map(score).collect(),
            days * len_as_f64(self.policies.len()),
        )
    }

    /// A workload with the first seed, and the run of every policy on it.
    #[must_use]
    pub fn first_runs(&self, place: usize) -> (Workload, Vec<(String, Run)>) {
        let workload = self.loads[place].workload(self.first_seed, &self.parameters);
        let of = |policy: &Policy| {
            let run = run(&workload, policy, self.first_seed, &|_| {});
            (policy.name.clone(), run)
        };
        let runs = self.policies.iter().map(of).collect();
        (workload, runs)
    }

    /// All pieces, in their order, become the results.
    #[must_use]
    pub fn results(&self, pieces: Vec<Scores>) -> Results {
        let mut pieces = pieces.into_iter();
        let of_one = |_| pieces.by_ref().take(self.seeds_len()).collect();
        Results {
            policies: self.policies.iter().map(|p| p.name.clone()).collect(),
            workloads: self.loads.iter().map(Load::name).collect(),
            scores: self.loads.iter().map(of_one).collect(),
        }
    }

    fn piece(&self, piece: usize) -> (&Load, u64) {
        let load = &self.loads[piece / self.seeds_len()];
        let seed = u64::try_from(piece % self.seeds_len()).unwrap_or(0);
        (load, self.first_seed + seed)
    }

    fn seeds_len(&self) -> usize {
        usize::try_from(self.seeds).unwrap_or(usize::MAX).max(1)
    }
}

// === impl Load ===

impl Load {
    /// All that have a name, or those of one half.
    #[must_use]
    pub fn all(half: Option<Half>) -> Vec<Self> {
        let of_half = NAMED
            .iter()
            .filter(|named| half.is_none_or(|half| named.half == half));
        of_half.map(|named| Self::Named(named.name)).collect()
    }

    fn workload(&self, seed: u64, parameters: &[(String, Vec<f64>)]) -> Workload {
        let workload = match self {
            Self::Named(name) => named(name, seed).expect("a name from the list"),
            Self::File(workload) => (**workload).clone(),
        };
        if parameters.is_empty() {
            return workload;
        }
        workload.on(parameters).expect("parameters that were tried")
    }

    fn name(&self) -> (String, bool) {
        match self {
            Self::Named(name) => {
                let fault_free = NAMED.iter().any(|it| it.name == *name && it.fault_free);
                ((*name).to_owned(), fault_free)
            }
            Self::File(workload) => (workload.name.clone(), true),
        }
    }
}

// === impl Figure ===

impl Figure {
    /// From a value for each seed.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let count = len_as_f64(values.len());
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        if values.len() < 2 {
            return Self { mean, within: 0.0 };
        }
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        let t = STUDENT.get(values.len() - 2).copied().unwrap_or(1.96);
        Self {
            mean,
            within: t * error,
        }
    }
}

// === impl Results ===

impl Results {
    /// The figures of a policy over these workloads, by their places; `None` over none.
    #[must_use]
    pub fn figures(&self, policy: usize, workloads: &[usize]) -> Option<Figures> {
        let seeds = self.scores.get(*workloads.first()?)?.len();
        let over = |value: &dyn Fn(&Score) -> f64| {
            let of_seed = |seed: usize| {
                let values = workloads
                    .iter()
                    .map(|w| value(&self.scores[*w][seed][policy]));
                values.sum::<f64>() / len_as_f64(workloads.len())
            };
            Figure::of(&(0..seeds).map(of_seed).collect::<Vec<f64>>())
        };
        let per_day = |value: &dyn Fn(&Score) -> f64| over(&|score| value(score) / score.days);
        Some(Figures {
            cost: over(&|score| score.cost),
            late_60: over(&|score| score.late_60),
            late_120: over(&|score| score.late_120),
            delay_p99: over(&|score| score.delay_p99),
            delay_max: over(&|score| score.delay_max),
            rescales_per_day: over(&|score| score.rescales_per_day),
            restarts_per_day: over(&|score| score.restarts_per_day),
            paused_per_day: per_day(&|score| score.paused_seconds),
            replayed: over(&|score| score.replayed),
            flaps_per_day: per_day(&|score| f64::from(score.flaps)),
            wasted_per_day: per_day(&|score| score.wasted_hours),
            missing_per_day: per_day(&|score| score.missing_hours),
            price: over(&Score::price),
        })
    }

    /// The places of the workloads in which nothing goes wrong but the load, or of the others.
    #[must_use]
    pub fn places(&self, fault_free: bool) -> Vec<usize> {
        let workloads = self.workloads.iter().enumerate();
        workloads
            .filter(|(_, (_, free))| *free == fault_free)
            .map(|(place, _)| place)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_three_seeds_is_students() {
        // Mean 2, deviation 1, error 1 / sqrt(3) = 0.577, times 4.303.
        let figure = Figure::of(&[1.0, 2.0, 3.0]);
        assert!((figure.mean - 2.0).abs() < 1e-12);
        assert!((figure.within - 2.484).abs() < 1e-3, "{}", figure.within);
        assert_eq!(Figure::of(&[5.0]).within, 0.0);
    }
}
