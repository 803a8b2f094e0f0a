//! Reads the plant for the rivals: exact, fresh, and only as blind as the faults of the workload make
//! everybody.
//!
//! Pure: values in, values out.

use crate::simulate::job::{Phase, Plant};
use crate::simulate::model::FaultKind;
use crate::simulate::rivals::{Reading, Running};
use crate::units::{Workers, count_as_f64};

/// What the counters said the last time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    second: u64,
    arrived: f64,
    read: f64,
    cpu_seconds: f64,
    cpu_of_busiest: f64,
    busy_seconds: f64,
    frozen: Option<Running>,
}

// === impl Meter ===

impl Meter {
    /// What a rival sees now.
    pub fn read(&mut self, plant: &Plant) -> Reading {
        let elapsed = count_as_f64(plant.second - self.second).max(1.0);
        let arrived = plant.tally().arrived;
        let read = plant.tally().read;
        let used = (plant.cpu_seconds - self.cpu_seconds) / elapsed;
        let allotted = plant.model.cpu_cores * f64::from(plant.present.max(1));
        let throughput = (read - self.read) / elapsed;
        let busy = (plant.busy_seconds - self.busy_seconds) / elapsed;
        let reading = Reading {
            second: plant.second,
            asked: plant.asked(),
            present: Workers(plant.present),
            lag: plant.backlog(),
            input_rate: (arrived - self.arrived) / elapsed,
            cpu: used / allotted,
            cpu_highest: (plant.cpu_of_busiest - self.cpu_of_busiest)
                / elapsed
                / plant.model.cpu_cores,
            flink: self.flink(plant, throughput, busy),
        };
        *self = Self {
            second: plant.second,
            arrived,
            read,
            cpu_seconds: plant.cpu_seconds,
            cpu_of_busiest: plant.cpu_of_busiest,
            busy_seconds: plant.busy_seconds,
            frozen: reading.flink.or(self.frozen),
        };
        reading
    }

    fn flink(&self, plant: &Plant, throughput: f64, busy: f64) -> Option<Running> {
        let Phase::Running { since } = plant.phase else {
            return None;
        };
        let fault = plant.fault(|kind| match kind {
            FaultKind::MetricsMissing | FaultKind::MetricsFrozen | FaultKind::MetricsNan => {
                Some(kind)
            }
            _ => None,
        });
        match fault {
            Some(FaultKind::MetricsMissing) => return None,
            Some(FaultKind::MetricsFrozen) => return self.frozen,
            _ => {}
        }
        Some(Running {
            since,
            in_use: plant.in_use(),
            backlog: fault.is_none().then(|| plant.backlog()),
            throughput,
            busy: busy.min(1.0),
            checkpoint_interval: plant.model.checkpoint_interval,
            checkpointed: plant.checkpoints.triggered >= since && plant.checkpoints.completed > 0,
        })
    }
}
