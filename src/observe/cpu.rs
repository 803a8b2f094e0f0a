//! CPU seconds used per second over CPU allotted.
//!
//! Pure: values in, values out.
//!
//! `Status.JVM.CPU.Load` means something else on every JDK and container; `CPU.Time` is a counter
//! of seconds, and its difference is honest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::observe::lately::Sample;
use crate::observe::{Known, Unknown};
use crate::scrape::{CpuTime, CpuTimeOfOne, Setup};
use crate::units::{Timestamp, Utilization, len_as_f64};

/// Utilization is taken over so long: three refreshes, so that a rise of the load is seen within
/// half a minute; or from the sample before, where they come more seldom.
const LONGEST: Duration = Duration::from_secs(32);
/// Each TaskManager is asked at its own moment within a refresh of a second or so: over a shorter
/// time that error is a tenth of the result.
const SHORTEST: Duration = Duration::from_secs(8);

/// The last readings of each TaskManager; one is asked in each tick.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuByTaskManager(BTreeMap<Arc<str>, Readings>);

#[derive(Clone, Debug)]
struct Readings {
    last: (Timestamp, f64),
    cores_used: Option<f64>,
}

/// CPU cores allotted to each TaskManager: the setting, or what Flink believes.
pub(super) fn allotted(cores_set: Option<f64>, setup: Option<&Setup>) -> Known<f64> {
    if let Some(cores) = cores_set {
        return Ok(cores);
    }
    let taskmanagers = &setup.ok_or(Unknown::NotRead)?.taskmanagers;
    let cores: f64 = taskmanagers.iter().map(|tm| tm.cpu_cores).sum();
    let each = cores / len_as_f64(taskmanagers.len());
    if each.is_finite() && each > 0.0 {
        Ok(each)
    } else {
        Err(Unknown::NotAllotted)
    }
}

/// Over all TaskManagers: the sum of their differences, which is the difference of the sums as long
/// as the same TaskManagers report. One that joins or leaves starts the measurement again.
pub(super) fn utilization(
    samples: &[&Sample],
    taskmanager_cpu: Known<f64>,
    fresh: bool,
) -> Known<Utilization> {
    let cores = taskmanager_cpu?;
    if !fresh {
        return Err(Unknown::NotFresh);
    }
    let newest = samples.last().ok_or(Unknown::TooFewSamples)?;
    let cpu = newest.cpu.ok_or(Unknown::NotRead)?;
    let at_least = samples.len().saturating_sub(2);
    let (since, before) = samples
        .iter()
        .enumerate()
        .rev()
        .take_while(|(place, sample)| *place >= at_least || newest.at.since(sample.at) <= LONGEST)
        .map_while(|(_, sample)| same_taskmanagers(sample, cpu))
        .last()
        .ok_or(Unknown::TooFewSamples)?;
    let duration = newest.at.since(since);
    if duration < SHORTEST {
        return Err(Unknown::TooFewSamples);
    }
    let used = (cpu.seconds - before.seconds) / duration.as_secs_f64();
    Utilization::from_ratio(used / (cores * f64::from(cpu.reporting))).ok_or(Unknown::NotANumber)
}

fn same_taskmanagers(sample: &Sample, as_in: CpuTime) -> Option<(Timestamp, CpuTime)> {
    let cpu = sample.cpu?;
    (cpu.reporting == as_in.reporting && cpu.seconds <= as_in.seconds).then_some((sample.at, cpu))
}

// === impl CpuByTaskManager ===

impl CpuByTaskManager {
    pub fn take(&mut self, at: Timestamp, one: &CpuTimeOfOne) {
        let mut readings = Readings {
            last: (at, one.seconds),
            cores_used: None,
        };
        if let Some(known) = self.0.get(&one.taskmanager) {
            let (since, before) = known.last;
            let duration = at.since(since);
            let later = at >= since && one.seconds >= before;
            // What Flink's store held before is no second reading.
            if later && (duration < SHORTEST || one.seconds <= before) {
                return;
            }
            let used = (one.seconds - before) / duration.as_secs_f64();
            readings.cores_used = later.then_some(used);
        }
        self.0.insert(one.taskmanager.clone(), readings);
    }

    /// The highest, once every registered TaskManager has been measured.
    pub fn highest(
        &self,
        setup: Option<&Setup>,
        taskmanager_cpu: Known<f64>,
    ) -> Known<Utilization> {
        let cores = taskmanager_cpu?;
        let taskmanagers = &setup.ok_or(Unknown::NotRead)?.taskmanagers;
        let mut highest = 0.0_f64;
        for taskmanager in taskmanagers {
            let used = self.0.get(&taskmanager.id).and_then(|it| it.cores_used);
            highest = highest.max(used.ok_or(Unknown::TooFewSamples)?);
        }
        Utilization::from_ratio(highest / cores).ok_or(Unknown::NotANumber)
    }
}
