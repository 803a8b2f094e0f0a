//! A recorded run's load and workers into the plant, and what would have been recorded of it.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;

use crate::simulate::against::recorded::{Recorded, Row};
use crate::simulate::job::{Phase, Plant};
use crate::simulate::model::{Fault, FaultKind, Model};
use crate::units::{count_as_f64, len_as_f64};

/// What was true of the plant in one second.
#[derive(Clone, Copy)]
struct Second {
    /// Of the elements that were read; `None` while none were.
    delay: Option<f64>,
    read: f64,
    utilization: f64,
}

/// What the recorder would have written, had the plant been the job. The load and the
/// workers are those of the recording, everything else is the plant's.
#[must_use]
pub fn simulated(run: &Recorded, seed: u64) -> Recorded {
    let mut like = run.clone();
    like.rows.clear();
    let Some(first) = run.rows.first() else {
        return like;
    };
    let mut plant = Plant::new(model(run, first), seed);
    let mut seen = VecDeque::new();
    let mut last_came = 0;
    // What waited at the beginning comes in at once.
    let mut waiting = first.backlog.unwrap_or(0.0);
    for (number, now) in run.rows.iter().enumerate() {
        like.rows.push(row(run, &plant, &seen, now));
        let next = run.rows.get(number + 1).unwrap_or(now);
        for second in now.second..next.second {
            if run.checkpoints.contains(&second) {
                plant.checkpoint_now();
            }
            // Of several workers one registers after the other.
            let there = run.workers_at(second + run.workers_late);
            let next = plant.present + u32::from(second >= last_came + run.workers_apart);
            if there.min(next) > plant.present {
                last_came = second;
            }
            plant.have(there.min(next));
            let offered = now.offered + std::mem::take(&mut waiting);
            seen.push_back(advanced(&mut plant, offered));
            while count_as_f64(run.measured_over) < len_as_f64(seen.len()) {
                seen.pop_front();
            }
        }
    }
    like.paused = run.paused.map(|_| plant.tally().paused_seconds);
    like
}

// === impl Recorded ===

impl Recorded {
    /// Workers that were recorded last by then.
    fn workers_at(&self, second: u64) -> u32 {
        let after = self.rows.partition_point(|row| row.second <= second);
        self.rows
            .get(after.saturating_sub(1))
            .map_or(0, |row| row.workers)
    }
}

/// The job of the run, with the workers of its first row, and the failures.
fn model(run: &Recorded, first: &Row) -> Model {
    // The plant counts its seconds from 1, and from the first row on.
    let fault = |second: &u64| {
        let from = (second + 1).saturating_sub(first.second);
        Fault {
            from,
            to: from + 1,
            kind: FaultKind::WorkerFails,
        }
    };
    Model {
        workers: first.workers,
        faults: run.failures.iter().map(fault).collect(),
        ..run.model.clone()
    }
}

fn advanced(plant: &mut Plant, offered: f64) -> Second {
    let (read, cpu_seconds) = (plant.tally().read, plant.cpu_seconds);
    plant.advance(offered);
    let allotted = plant.model.cpu_cores * f64::from(plant.present.max(1));
    Second {
        delay: matches!(plant.phase, Phase::Running { .. }).then(|| plant.delay()),
        read: plant.tally().read - read,
        utilization: (plant.cpu_seconds - cpu_seconds) / allotted,
    }
}

/// As the recorder sees it: means over what it measures over, and nothing that it did not record.
fn row(run: &Recorded, plant: &Plant, seen: &VecDeque<Second>, recorded: &Row) -> Row {
    let mean = |of: &dyn Fn(&Second) -> Option<f64>| {
        let values: Vec<f64> = seen.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / len_as_f64(values.len()))
    };
    Row {
        second: recorded.second,
        offered: recorded.offered,
        workers: plant.in_use,
        backlog: recorded.backlog.map(|recorded| {
            if plant.second() == 0 {
                recorded
            } else {
                plant.backlog()
            }
        }),
        delay: recorded
            .delay
            .and_then(|_| mean(&|second| Some(second.delay? + run.latency))),
        throughput: recorded
            .throughput
            .and_then(|_| mean(&|second| Some(second.read))),
        utilization: recorded
            .utilization
            .and_then(|_| mean(&|second| Some(second.utilization))),
    }
}
