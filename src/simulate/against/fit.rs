//! What is learned from a recorded run itself: what a worker can read, if nobody said it.
//!
//! Pure: values in, values out.

use crate::simulate::against::quantities::is_behind;
use crate::simulate::against::recorded::{Recorded, Row};

/// After a change of workers the values of before are gone when this has passed on top of what they
/// are measured over: pause and warm-up.
const SETTLES: u64 = 60;

/// The run with its `capacity` set to the median of what a worker read while the job was behind, in
/// the first half of the run; and the name and value of what was set. The second half is foretold.
pub fn fitted(run: &Recorded) -> (Recorded, Option<(String, String)>) {
    let mut run = run.clone();
    if run.given.iter().any(|(name, _)| name == "capacity") {
        return (run, None);
    }
    let half = run.rows.len() / 2;
    let mut capacities: Vec<f64> = (1..half)
        .filter(|at| is_saturated(&run, *at))
        .filter_map(|at| {
            let row = &run.rows[at];
            Some(row.throughput? / f64::from(row.workers).powf(run.model.alpha))
        })
        .collect();
    capacities.sort_by(f64::total_cmp);
    let Some(capacity) = capacities.get(capacities.len() / 2).copied() else {
        return (run, None);
    };
    run.model.capacity = capacity;
    let value = format!("{capacity:.0} (fitted to the first half)");
    (run, Some(("capacity".into(), value)))
}

fn is_saturated(run: &Recorded, at: usize) -> bool {
    let row = &run.rows[at];
    let since = row.second.saturating_sub(run.measured_over + SETTLES);
    let same = |other: &&Row| other.workers == row.workers;
    let lately = run.rows[..at].iter().rev();
    let settled = lately
        .take_while(|other| other.second >= since)
        .all(|other| same(&other));
    let failed = run
        .failures
        .iter()
        .any(|second| (since..=row.second).contains(second));
    settled && !failed && is_behind(row) == Some(true)
}
