//! KEDA's scaler for Apache Kafka: so much lag, so many workers.
//!
//! Pure: values in, values out.
//!
//! Source: keda.sh, “Apache Kafka” scaler and “ScaledObject specification” (2.x), and
//! kedacore/keda `pkg/scalers/kafka_scaler.go`, `apache_kafka_scaler.go`. In words:
//! - KEDA hands the total lag of the consumer group to a `HorizontalPodAutoscaler` as an external
//!   metric with the target `AverageValue: lagThreshold`, and that one asks for it at each of its
//!   syncs. `pollingInterval` (30 s) and `cooldownPeriod` are about the way from 0 to 1 worker and
//!   back, and a streaming job has at least one.
//! - The lag is cut to `lagThreshold` for each partition, so that there are no more workers than
//!   partitions (`allowIdleConsumers: false`).
//! - The autoscaler's `replica_calculator.go`, `GetExternalPerPodMetricReplicas`: nothing while
//!   `lag / (lagThreshold * workers)` is within 10 % of 1, else `ceil(lag / lagThreshold)`.
//! - Its stabilization and its steps are those of `hpa`.
//!
//! Simplified, in its favour: the lag is what is not read. Kafka knows the offsets that were
//! committed, and Flink commits them when a checkpoint completes, so that in a cluster the lag has
//! what was read since on top of it.
//!
//! The documented default of `lagThreshold` is 10, which would ask for all workers there can be as
//! soon as anything waits. A user chooses so many seconds of one worker's work; one of these does
//! 1000 elements per second, so that the default here is 20 s of it.

use crate::simulate::rivals::hpa::{Behavior, STABILIZATION_DOWN, SYNC_PERIOD, is_tolerable};
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::Workers;

/// `keda_lag`.
pub(super) const KEDA_LAG: Named = Named {
    name: "keda_lag",
    meaning: "KEDA's Kafka scaler: a worker for so much lag",
    knobs: &[
        Knob {
            name: "lagThreshold",
            unit: "elements",
            default: 20_000.0,
            tried: &[5_000.0, 20_000.0, 60_000.0, 120_000.0],
            best: 120_000.0,
        },
        Knob {
            tried: &[300.0, 900.0, 3600.0, 7200.0],
            best: 7200.0,
            ..STABILIZATION_DOWN
        },
    ],
    make: |workload, knobs| {
        Box::new(KedaLag {
            lag_threshold: knobs[0],
            partitions: workload.model.partitions,
            behavior: Behavior::new(knobs[1], 0.0),
        })
    },
};

struct KedaLag {
    /// In elements.
    lag_threshold: f64,
    partitions: Option<u32>,
    behavior: Behavior,
}

// === impl KedaLag ===

impl Rival for KedaLag {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        if !reading.second.is_multiple_of(SYNC_PERIOD) {
            return None;
        }
        let current = reading.asked;
        let cut = |partitions| reading.lag.min(f64::from(partitions) * self.lag_threshold);
        let lag = self.partitions.map_or(reading.lag, cut);
        let desired = desired(current, lag, self.lag_threshold)?;
        let workers = self.behavior.tame(reading.second, current, desired);
        let because = if workers > current {
            "lag above threshold"
        } else {
            "lag below threshold"
        };
        (workers != current).then_some(Wish { workers, because })
    }
}

/// A worker for each threshold's worth of lag, and one at least (`minReplicaCount: 1`).
fn desired(current: Workers, lag: f64, threshold: f64) -> Option<Workers> {
    if is_tolerable(lag / (threshold * current.as_f64())) {
        return Some(current);
    }
    let workers = Workers::rounded_up(lag / threshold)?;
    Some(workers.max(Workers(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::load;

    const fn reading(second: u64, asked: u32, lag: f64) -> Reading {
        Reading {
            second,
            asked: Workers(asked),
            present: Workers(asked),
            lag,
            input_rate: 0.0,
            cpu: 0.0,
            cpu_highest: 0.0,
            flink: None,
        }
    }

    fn made_for(workload: &str) -> Box<dyn Rival> {
        let workload = load::named(workload, 1).expect("a workload of ours");
        (KEDA_LAG.make)(&workload, &[20_000.0, 300.0])
    }

    #[test]
    fn the_numbers_of_the_autoscaler_come_out() {
        let cases = [
            // replica_calculator_test.go, TestReplicaCalcScaleUpPerPodCMExternal.
            (3, 8600.0, 2150.0, 4),
            // … ScaleDownPerPodCMExternal.
            (5, 8600.0, 2867.0, 3),
            // 8600 / (2150 * 4) = 1, and 1.09 is no reason to act.
            (4, 8600.0, 2150.0, 4),
            (4, 9370.0, 2150.0, 4),
            // Without lag there is still a worker.
            (4, 0.0, 2150.0, 1),
        ];
        for (current, lag, threshold, wanted) in cases {
            let desired = desired(Workers(current), lag, threshold);
            assert_eq!(desired, Some(Workers(wanted)), "{lag} on {current}");
        }
    }

    #[test]
    fn there_are_no_more_workers_than_partitions() {
        // 24 partitions, and lag for 30 workers.
        let mut rule = made_for("partition_bound");
        let wish = rule.wants(&reading(15, 20, 600_000.0));
        assert_eq!(wish.map(|wish| wish.workers), Some(Workers(24)));
        let mut rule = made_for("step");
        // Between two syncs it does not look.
        assert_eq!(rule.wants(&reading(10, 20, 600_000.0)), None);
        let wish = rule.wants(&reading(15, 20, 600_000.0));
        assert_eq!(wish.map(|wish| wish.workers), Some(Workers(30)));
    }

    #[test]
    fn workers_leave_when_there_was_little_lag_for_the_whole_window() {
        let mut rule = made_for("step");
        let mut lag = |second| {
            // A burst at 60 s keeps the four workers until 300 s later.
            let lag = if second == 60 { 80_000.0 } else { 0.0 };
            rule.wants(&reading(second, 4, lag)).is_some()
        };
        let left = (5..=600).step_by(5).find(|second| lag(*second));
        assert_eq!(left, Some(360));
    }
}
