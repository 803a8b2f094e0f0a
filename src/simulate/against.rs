//! How far the simulated job is from a real one: the load and the workers of a recorded run go into
//! the plant, and what it makes of them is put beside what was recorded.
//!
//! Pure: values in, values out.

mod fit;
pub mod quantities;
pub mod recorded;
mod replay;
pub mod told;

use crate::simulate::against::quantities::{NAMES, quantities};
use crate::simulate::against::recorded::Recorded;

/// Chance decides when within its interval a checkpoint is made and how long a pause is; the middle
/// of so many runs is compared.
const SEEDS: u64 = 21;

/// A recorded run beside the simulated ones.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// Name of the run.
    pub name: String,
    /// What the model was given: name, value, and where it is from.
    pub model: Vec<(String, String)>,
    /// What both have.
    pub compared: Vec<Compared>,
}

/// One quantity, recorded and simulated.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compared {
    /// Its one name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// In the recorded run.
    pub recorded: f64,
    /// In the middle one of the simulated runs,
    pub simulated: f64,
    /// in that with the least,
    pub least: f64,
    /// and in that with the most of it.
    pub most: f64,
}

/// Compares a recorded run with the plant.
#[must_use]
pub fn compare(name: &str, recorded: &Recorded) -> Comparison {
    let (run, fitted) = fit::fitted(recorded);
    let truth = quantities(&run, &run.rows);
    let simulated: Vec<_> = (1..=SEEDS)
        .map(|seed| quantities(&replay::simulated(&run, seed), &run.rows))
        .collect();
    let one = |(number, (name, unit)): (usize, (&'static str, &'static str))| {
        let mut values: Vec<f64> = simulated.iter().filter_map(|one| one[number]).collect();
        values.sort_by(f64::total_cmp);
        Some(Compared {
            name,
            unit,
            recorded: truth[number]?,
            simulated: *values.get(values.len() / 2)?,
            least: *values.first()?,
            most: *values.last()?,
        })
    };
    let mut model = recorded.given.clone();
    model.extend(fitted);
    Comparison {
        name: name.into(),
        model,
        compared: NAMES.into_iter().enumerate().filter_map(one).collect(),
    }
}

// === impl Compared ===

impl Compared {
    /// How far the simulated one is from the recorded one, as a share of it; `None` where that is 0.
    #[must_use]
    pub fn off_by(&self) -> Option<f64> {
        (self.recorded != 0.0).then(|| (self.simulated - self.recorded) / self.recorded)
    }
}
