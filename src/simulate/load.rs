//! Workloads: how many elements come in each second, and what goes wrong meanwhile.
//!
//! Pure: values in, values out.

pub mod csv;

use std::f64::consts::TAU;

use crate::simulate::model::{Fault, FaultKind, Model};
use crate::simulate::random::Random;
use crate::units::{Workers, count_as_f64, f64_as_count, len_as_f64};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// A workload.
#[derive(Clone, PartialEq, Debug)]
pub struct Workload {
    /// Its one name.
    pub name: String,
    /// What it is for.
    pub meaning: String,
    /// The job that it meets.
    pub model: Model,
    /// Elements that come in, for each second.
    pub rates: Vec<f64>,
}

/// A workload of the benchmark.
pub struct Named {
    /// Its one name.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Nothing goes wrong but the load.
    pub fault_free: bool,
    /// What it is used for.
    pub half: Half,
    make: fn(&mut Random) -> (Model, Vec<f64>),
}

/// Settings are chosen on one half of the workloads and reported on the other: what was only learned
/// by heart shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Half {
    /// Settings are chosen on these.
    Tuning,
    /// … and shown on these.
    HeldBack,
}

/// The workload of `outrider simulate` where none is named.
pub const DEFAULT: &str = "spikes";

/// All of them.
pub const NAMED: [Named; 16] = [
    Named {
        name: "step",
        meaning: "three times as much for two hours: reaction, overshoot",
        fault_free: true,
        half: Half::Tuning,
        make: |_| {
            let rate = |t| {
                if (HOUR..3 * HOUR).contains(&t) {
                    6000.0
                } else {
                    2000.0
                }
            };
            (Model::usual(), every_second(5 * HOUR, rate))
        },
    },
    Named {
        name: "spikes",
        meaning: "3.7 times as much for 5, 15 and 30 minutes: worth chasing?",
        fault_free: true,
        half: Half::HeldBack,
        make: |_| {
            let spikes = [(1, 5), (2, 15), (4, 30)];
            let rate = |t| {
                let in_spike = |(hour, minutes): &(u64, u64)| {
                    (hour * HOUR..hour * HOUR + minutes * MINUTE).contains(&t)
                };
                if spikes.iter().any(in_spike) {
                    7400.0
                } else {
                    2000.0
                }
            };
            (Model::usual(), every_second(6 * HOUR, rate))
        },
    },
    Named {
        name: "ramp",
        meaning: "eight times as much within six hours, and back: number of rescales",
        fault_free: true,
        half: Half::Tuning,
        make: |_| {
            let rate = |t| {
                let share = count_as_f64(t) / count_as_f64(6 * HOUR);
                1000.0 + 7000.0 * if share < 1.0 { share } else { 2.0 - share }
            };
            (Model::usual(), every_second(12 * HOUR, rate))
        },
    },
    Named {
        name: "diurnal",
        meaning: "three days with 5 % noise: cost, forecast",
        fault_free: true,
        half: Half::HeldBack,
        make: |chance| {
            let rate = |t: u64| 4500.0 - 3500.0 * (TAU * count_as_f64(t) / count_as_f64(DAY)).cos();
            let noise = noise(chance, 3 * DAY, 0.05);
            let rates = every_second(3 * DAY, rate);
            (Model::usual(), times(rates, &noise))
        },
    },
    Named {
        name: "bursty",
        meaning: "a day's pattern with bursts that come without warning: surprise",
        fault_free: true,
        half: Half::Tuning,
        make: bursty,
    },
    Named {
        name: "noisy_flat",
        meaning: "the same load all day, 25 % up and down: the right answer is to do nothing",
        fault_free: true,
        half: Half::HeldBack,
        make: |chance| {
            let noise = noise(chance, DAY, 0.25);
            (Model::usual(), times(vec![4000.0; noise.len()], &noise))
        },
    },
    Named {
        name: "roll_out",
        meaning: "the job is down for 20 minutes: sizing of the catching up",
        fault_free: false,
        half: Half::HeldBack,
        make: |_| with(FaultKind::JobDown, HOUR, 20 * MINUTE, 6 * HOUR, 4000.0),
    },
    Named {
        name: "sink_outage",
        meaning: "the sink takes nothing for 15 minutes: hold, then catch up",
        fault_free: false,
        half: Half::Tuning,
        make: |_| {
            with(
                FaultKind::SinkTakes(0.0),
                HOUR,
                15 * MINUTE,
                6 * HOUR,
                4000.0,
            )
        },
    },
    Named {
        name: "throttled_sink",
        meaning: "the sink takes 80 % for two hours: do not scale, and go on afterwards",
        fault_free: false,
        half: Half::Tuning,
        make: |_| with(FaultKind::SinkTakes(0.8), HOUR, 2 * HOUR, 8 * HOUR, 4000.0),
    },
    Named {
        name: "hot_key",
        meaning: "a quarter of all elements has one key for two hours: do not scale",
        fault_free: false,
        half: Half::HeldBack,
        make: |_| with(FaultKind::HotKey(0.25), HOUR, 2 * HOUR, 8 * HOUR, 4000.0),
    },
    Named {
        name: "partition_bound",
        meaning: "24 partitions under a day's pattern: useful sizes",
        fault_free: true,
        half: Half::HeldBack,
        make: |_| {
            let mut model = Model::usual();
            model.partitions = Some(24);
            model.max_parallelism = 24;
            let rate = |t: u64| 6000.0 - 5000.0 * (TAU * count_as_f64(t) / count_as_f64(DAY)).cos();
            (model, every_second(DAY, rate))
        },
    },
    Named {
        name: "long_checkpoints",
        meaning: "a checkpoint every five minutes: each restart reads minutes again",
        fault_free: false,
        half: Half::Tuning,
        make: |_| {
            let mut model = Model::usual();
            model.checkpoint_interval = 300.0;
            model.checkpoint_duration = 30.0;
            let rate = |t: u64| 4500.0 - 3500.0 * (TAU * count_as_f64(t) / count_as_f64(DAY)).cos();
            (model, every_second(DAY, rate))
        },
    },
    Named {
        name: "failing_checkpoints",
        meaning: "checkpoints fail for half an hour while the load steps up",
        fault_free: false,
        half: Half::Tuning,
        make: |_| {
            let (model, _) = with(FaultKind::CheckpointsFail, HOUR, 30 * MINUTE, HOUR, 0.0);
            let rate = |t| {
                if (HOUR + 5 * MINUTE..3 * HOUR).contains(&t) {
                    5000.0
                } else {
                    2000.0
                }
            };
            (model, every_second(5 * HOUR, rate))
        },
    },
    Named {
        name: "bad_metrics",
        meaning: "metrics are missing, frozen and NaN for ten minutes each, once at rest and once in a step",
        fault_free: false,
        half: Half::HeldBack,
        make: bad_metrics,
    },
    Named {
        name: "tiny_job",
        meaning: "one to three workers, next to nothing at night: rounding",
        fault_free: true,
        half: Half::Tuning,
        make: |chance| {
            let model = Model::usual();
            let rate = |t: u64| {
                let day = 0.5 - 0.5 * (TAU * count_as_f64(t) / count_as_f64(DAY)).cos();
                1900.0 * day * day
            };
            let noise = noise(chance, 2 * DAY, 0.1);
            (model, times(every_second(2 * DAY, rate), &noise))
        },
    },
    Named {
        name: "cost_drift",
        meaning: "new code makes each element 30 % dearer from the sixth hour on: forgetting",
        fault_free: false,
        half: Half::HeldBack,
        make: |_| with(FaultKind::Dearer(1.3), 6 * HOUR, 18 * HOUR, DAY, 4000.0),
    },
];

/// The workload of this name, with this seed's noise.
#[must_use]
pub fn named(name: &str, seed: u64) -> Option<Workload> {
    let named = NAMED.iter().find(|named| named.name == name)?;
    let (mut model, rates) = (named.make)(&mut Random::seeded(seed).stream(6));
    model.workers = at_first(&model, &rates).0;
    Some(Workload {
        name: named.name.into(),
        meaning: named.meaning.into(),
        model,
        rates,
    })
}

/// As many workers as the first rate needs with a fifth to spare.
fn at_first(model: &Model, rates: &[f64]) -> Workers {
    let first = rates.first().copied().unwrap_or(0.0);
    let needed = Workers::rounded_up(model.workers_for(first / 0.8));
    needed.unwrap_or(Workers(1)).max(Workers(1))
}

// === impl Workload ===

impl Workload {
    /// The usual job under a load from a file, with as many workers as it needs at first, and a fifth to spare.
    #[must_use]
    pub fn of_file(name: &str, rates: Vec<f64>) -> Self {
        let mut model = Model::usual();
        model.workers = at_first(&model, &rates).0;
        Self {
            name: name.into(),
            meaning: "a load from a file".into(),
            model,
            rates,
        }
    }

    /// The same shape with this as its highest rate.
    #[must_use]
    pub fn scaled_to(mut self, peak: f64) -> Self {
        let highest = self.rates.iter().copied().fold(0.0, f64::max);
        if highest > 0.0 {
            for rate in &mut self.rates {
                *rate *= peak / highest;
            }
        }
        self.model.workers = at_first(&self.model, &self.rates).0;
        self
    }

    /// The same on a model with these parameters, each a name with its numbers.
    ///
    /// # Errors
    /// In words that follow the name of who gives the parameter.
    pub fn on(mut self, parameters: &[(String, Vec<f64>)]) -> Result<Self, String> {
        for (name, numbers) in parameters {
            self.model.set(name, numbers)?;
        }
        self.model.workers = at_first(&self.model, &self.rates).0;
        Ok(self)
    }

    /// The same after so many seconds at the first rate.
    #[must_use]
    pub fn after(&self, seconds: u64) -> Self {
        let mut later = self.clone();
        let first = self.rates.first().copied().unwrap_or(0.0);
        let seconds_len = usize::try_from(seconds).unwrap_or(0);
        later.rates = vec![first; seconds_len];
        later.rates.extend(&self.rates);
        for fault in &mut later.model.faults {
            fault.from += seconds;
            fault.to += seconds;
        }
        later
    }

    /// The fewest worker-seconds that could read all of it: fractions of workers, no restarts, no
    /// headroom. Nobody can do with less.
    #[must_use]
    pub fn fluid_bound(&self) -> f64 {
        let seconds = 0..self.rates.len();
        seconds
            .map(|second| self.needed(second))
            .sum::<f64>()
            .max(1.0)
    }

    /// The (fractional) workers that can just read what comes in in this second, the first being 0.
    #[must_use]
    pub fn needed(&self, second: usize) -> f64 {
        let now = u64::try_from(second).unwrap_or(u64::MAX);
        let dearer = self.model.faults.iter().find_map(|fault| match fault.kind {
            FaultKind::Dearer(factor) if (fault.from..fault.to).contains(&now) => Some(factor),
            _ => None,
        });
        self.model
            .workers_for(self.rates[second] * dearer.unwrap_or(1.0))
    }
}

fn every_second(seconds: u64, rate: impl Fn(u64) -> f64) -> Vec<f64> {
    (0..seconds).map(rate).collect()
}

/// A steady load under which something goes wrong for a while.
fn with(kind: FaultKind, from: u64, lasts: u64, seconds: u64, rate: f64) -> (Model, Vec<f64>) {
    let mut model = Model::usual();
    model.faults = vec![Fault {
        from,
        to: from + lasts,
        kind,
    }];
    (model, every_second(seconds, |_| rate))
}

/// Factors around 1 with this deviation, lognormal, that stay for about a minute.
fn noise(chance: &mut Random, seconds: u64, deviation: f64) -> Vec<f64> {
    let sigma = (1.0 + deviation * deviation).ln().sqrt();
    let keep = (-1.0_f64 / 60.0).exp();
    let fresh = (1.0 - keep * keep).sqrt();
    let mut level = chance.normal();
    let mut next = || {
        level = keep * level + fresh * chance.normal();
        (sigma * level - sigma * sigma / 2.0).exp()
    };
    (0..seconds).map(|_| next()).collect()
}

fn times(rates: Vec<f64>, factors: &[f64]) -> Vec<f64> {
    rates
        .into_iter()
        .zip(factors)
        .map(|(rate, factor)| rate * factor)
        .collect()
}

fn bursty(chance: &mut Random) -> (Model, Vec<f64>) {
    let rates = every_second(2 * DAY, |t| {
        2500.0 - 1500.0 * (TAU * count_as_f64(t) / count_as_f64(DAY)).cos()
    });
    // About one burst an hour, twice to five times the load, rising within a minute, falling away
    // within ten to forty; of two at the same time the higher one counts.
    let mut factors = vec![1.0_f64; rates.len()];
    let mut begins = 0.0;
    loop {
        begins -= count_as_f64(HOUR) * (1.0 - chance.uniform()).ln();
        let Some(first) = f64_as_count(begins).and_then(|t| usize::try_from(t).ok()) else {
            break;
        };
        if first >= rates.len() {
            break;
        }
        let height = chance.between((1.0, 4.0));
        let fades = chance.between((600.0, 2400.0));
        for (age, factor) in factors[first..].iter_mut().enumerate().take(7200) {
            let age = len_as_f64(age);
            let burst = 1.0 + height * (age / 60.0).min(1.0) * (-age / fades).exp();
            *factor = factor.max(burst);
        }
    }
    (Model::usual(), times(rates, &factors))
}

fn bad_metrics(_: &mut Random) -> (Model, Vec<f64>) {
    let mut model = Model::usual();
    let kinds = [
        FaultKind::MetricsMissing,
        FaultKind::MetricsFrozen,
        FaultKind::MetricsNan,
    ];
    model.faults = kinds
        .into_iter()
        .zip(1..)
        .flat_map(|(kind, hour)| {
            [hour * HOUR, (hour + 4) * HOUR].map(|from| Fault {
                from,
                to: from + 10 * MINUTE,
                kind,
            })
        })
        .collect();
    let rate = |t: u64| {
        // A step of an hour begins two minutes before each of the second three.
        let in_step =
            (5..8).any(|hour| (hour * HOUR - 2 * MINUTE..hour * HOUR + 30 * MINUTE).contains(&t));
        if in_step { 6000.0 } else { 2500.0 }
    };
    (model, every_second(9 * HOUR, rate))
}
