//! What Flink's meters say, collected each minute, and the window of it, evaluated
//! (`ScalingMetricCollector`, `ScalingMetrics`, `ScalingMetricEvaluator`, `AutoScalerUtils`).
//!
//! Pure: values in, values out.

use std::collections::VecDeque;

use crate::simulate::rivals::flink::Settings;
use crate::simulate::rivals::{Reading, Running};
use crate::units::{count_as_f64, len_as_f64};

/// `observed-true-processing-rate.lag-threshold`, in seconds.
const OBSERVED_FROM: f64 = 30.0;
/// 1 and `observed-true-processing-rate.switch-threshold`.
const OBSERVED_INSTEAD: f64 = 1.15;
/// `observed-true-processing-rate.min-observations`.
const OBSERVATIONS: usize = 2;
/// `backlog-processing.lag-threshold`, in seconds.
const BACKLOG_PROCESSING: f64 = 300.0;

#[derive(Clone, Copy, Default)]
pub(super) struct Meters {
    pub since: u64,
    last: u64,
    /// Since the job runs.
    records: f64,
    rates: f64,
    busy: f64,
    readings: f64,
}

/// What is collected each minute.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub second: u64,
    pub records: f64,
    pub lag: f64,
    /// Busy time of the busiest subtask.
    pub load: f64,
    /// NaN while there is none, infinite while nothing is read.
    pub observed: f64,
}

/// The window as it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evaluated {
    pub target_rate: f64,
    pub true_rate: f64,
    pub lag: f64,
    pub processing_backlog: bool,
}

// === impl Meters ===

impl Meters {
    pub(super) fn read(&mut self, reading: &Reading, running: &Running) {
        if running.since != self.since {
            *self = Self {
                since: running.since,
                last: running.since,
                records: 0.0,
                rates: 0.0,
                busy: 0.0,
                readings: 0.0,
            };
        }
        let skew = (reading.cpu_highest / reading.cpu).max(1.0);
        self.records += running.throughput * count_as_f64(reading.second - self.last);
        self.last = reading.second;
        self.rates += running.throughput;
        self.busy += (running.busy * skew).min(1.0);
        self.readings += 1.0;
    }

    /// What the meters say, whose means are of the last minute.
    pub(super) fn sample(&mut self, second: u64, lag: f64, observed: impl Fn() -> f64) -> Sample {
        let rate = self.rates / self.readings;
        let load = self.busy / self.readings;
        (self.rates, self.busy, self.readings) = (0.0, 0.0, 0.0);
        let observed = if rate <= 0.0 {
            f64::INFINITY
        } else if lag >= OBSERVED_FROM * rate {
            rate
        } else {
            observed()
        };
        Sample {
            second,
            records: self.records,
            lag,
            load,
            observed,
        }
    }
}

// === impl Evaluated ===

impl Evaluated {
    pub(super) fn of(history: &VecDeque<Sample>) -> Option<Self> {
        let rate = growth(history, |sample| sample.records)?;
        let lag = history.back()?.lag;
        let target_rate = (rate + growth(history, |sample| sample.lag)?).max(0.0);
        let load =
            history.iter().map(|sample| sample.load).sum::<f64>() / len_as_f64(history.len());
        let by_busy_time = if rate > 0.0 {
            rate / load
        } else {
            f64::INFINITY
        };
        let observed = observed(history);
        let instead = by_busy_time > observed * OBSERVED_INSTEAD;
        let is_none = !by_busy_time.is_finite() && !observed.is_nan();
        Some(Self {
            target_rate,
            true_rate: if is_none || instead {
                observed
            } else {
                by_busy_time
            },
            lag,
            processing_backlog: lag / rate > BACKLOG_PROCESSING,
        })
    }

    /// `AutoScalerUtils.getTargetProcessingCapacity`; NaN while the lag is.
    pub(super) fn capacity(
        &self,
        settings: &Settings,
        utilization: f64,
        with_restart: bool,
    ) -> f64 {
        let utilization = utilization.clamp(0.0, 1.0);
        if settings.catch_up == 0.0 {
            // Sizing by the lag is switched off.
            return (self.target_rate / utilization).round();
        }
        let restart = if with_restart { settings.restart } else { 0.0 };
        let catching_up = (self.lag + self.target_rate * restart) / settings.catch_up;
        (catching_up + self.target_rate / utilization).round()
    }

    pub(super) fn is_out_of_bounds(&self, settings: &Settings) -> bool {
        let (lower, upper) = if self.processing_backlog {
            (0.0, 1.0)
        } else {
            (
                settings.target - settings.boundary,
                settings.target + settings.boundary,
            )
        };
        self.true_rate < self.capacity(settings, upper, false)
            || self.true_rate > self.capacity(settings, lower, true)
    }
}

/// Change per second from the first number to the last; `None` with fewer than two.
fn growth(history: &VecDeque<Sample>, value: impl Fn(&Sample) -> f64) -> Option<f64> {
    let numbers = || history.iter().filter(|sample| !value(sample).is_nan());
    let (first, last) = (numbers().next()?, numbers().next_back()?);
    let seconds = count_as_f64(last.second - first.second);
    (seconds > 0.0).then(|| (value(last) - value(first)) / seconds)
}

/// Mean of the observed true processing rates; NaN with fewer than two, infinite where all are.
pub(super) fn observed(history: &VecDeque<Sample>) -> f64 {
    let numbers = || {
        history
            .iter()
            .map(|sample| sample.observed)
            .filter(|rate| !rate.is_nan())
    };
    let finite = || numbers().filter(|rate| rate.is_finite());
    let count = finite().count();
    if count == 0 && numbers().next().is_some() {
        f64::INFINITY
    } else if count < OBSERVATIONS {
        f64::NAN
    } else {
        finite().sum::<f64>() / len_as_f64(count)
    }
}
