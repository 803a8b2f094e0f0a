//! The autoscaler of the Flink Kubernetes Operator: true processing rate and target utilization.
//!
//! Pure: values in, values out.
//!
//! Source: apache/flink-kubernetes-operator, flink-autoscaler, 1.10 to 1.15 (FLIP-271):
//! `ScalingMetricCollector`, `ScalingMetrics`, `ScalingMetricEvaluator`, `AutoScalerUtils`,
//! `JobVertexScaler`, `DelayedScaleDown`, and the page “Autoscaler”. In words, for a source:
//!
//! ```text
//! target rate          = records in per second + growth of the lag
//! true processing rate = records in per second / busy time; or, where that is over 15 % more, the
//!                        rate that was observed while the lag was 30 s or more
//! capacity at u        = lag / catch-up + target rate * restart / catch-up + target rate / u
//! parallelism          = ceil(parallelism * capacity at target / true processing rate)
//! ```
//!
//! It acts where the true processing rate is under the capacity at the upper bound of utilization
//! (without the restart's part) or over that at the lower; with a lag of more than five minutes the
//! bounds are 100 % and 0 %. Down by at most 60 % at once, and only after an hour of wanting it, to the
//! highest that was wanted in that hour. All values are of a window that is forgotten at each restart,
//! and full at the earliest one window after the stabilization interval. A source whose partitions are
//! known gets a number that divides them.
//!
//! Simplified, each in its favour: the lag is that of the broker, though it would see none of a Beam
//! source's; all operators are chained into one vertex; Flink's one-minute meters know nothing of the
//! time before a restart; a change needs no upgrade of the job, but only TaskManagers. The tracking of
//! restart times is replaced by a knob, memory tuning and quotas are left out.

mod window;

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::simulate::load::Workload;
use crate::simulate::rivals::flink::window::{Evaluated, Meters, Sample, observed};
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::{Workers, f64_as_count};

/// `flink_autoscaler`.
pub(super) const FLINK_AUTOSCALER: Named = Named {
    name: "flink_autoscaler",
    meaning: "the Flink Kubernetes Operator's autoscaler: busy time and lag",
    // Where one value alone is tried, it is that of the page's example; the detection, which is off
    // because it was found unreliable, can only help on an actuator that restarts the job.
    knobs: &[
        knob("utilization.target", "", 0.7, &[0.7, 0.8], 0.7),
        knob("target.utilization.boundary", "", 0.3, &[0.2, 0.3], 0.3),
        knob("metrics.window", "s", 900.0, &[120.0, 180.0, 300.0], 120.0),
        knob("stabilization.interval", "s", 300.0, &[60.0], 60.0),
        knob("scale-down.interval", "s", 3600.0, &[0.0, 600.0], 600.0),
        knob("catch-up.duration", "s", 1800.0, &[300.0, 600.0], 600.0),
        knob("restart.time", "s", 300.0, &[60.0, 300.0], 60.0),
        knob(
            "scaling.effectiveness.detection.enabled",
            "",
            0.0,
            &[1.0],
            1.0,
        ),
    ],
    make: |workload, knobs| Box::new(FlinkAutoscaler::new(workload, knobs)),
};

/// The reconcile interval of the operator, in seconds.
const RECONCILE: u64 = 60;
/// `vertex.max-parallelism`.
const MOST: u32 = 200;
/// 1 less `scale-down.max-factor`.
const LEAST_FACTOR: f64 = 0.4;
/// 1 and `scale-up.max-factor`.
const MOST_FACTOR: f64 = 100_001.0;
/// `scaling.effectiveness.threshold`.
const EFFECTIVE: f64 = 0.1;

struct FlinkAutoscaler {
    settings: Settings,
    /// Flink's meters, since the last sample.
    meters: Meters,
    /// Of the present execution, oldest first.
    history: VecDeque<Sample>,
    delayed: Option<DelayedScaleDown>,
    last: Option<Scaling>,
}

/// Times in seconds.
#[derive(Clone, Copy)]
struct Settings {
    target: f64,
    boundary: f64,
    window: u64,
    stabilization: u64,
    scale_down_interval: u64,
    catch_up: f64,
    restart: f64,
    detects_ineffective: bool,
    /// Of the vertex, where `vertex.max-parallelism` is not less.
    max_parallelism: u32,
    partitions: Option<u32>,
}

/// Fewer are wanted since then; what was wanted, each more than what came after it.
struct DelayedScaleDown {
    first: u64,
    wanted: VecDeque<(u64, Change)>,
}

#[derive(Clone, Copy)]
struct Change {
    to: u32,
    out_of_bounds: bool,
}

/// The last change, and what was expected of it.
#[derive(Clone, Copy)]
struct Scaling {
    from: u32,
    to: u32,
    rate: f64,
    expected: f64,
}

const fn knob(
    name: &'static str,
    unit: &'static str,
    default: f64,
    tried: &'static [f64],
    best: f64,
) -> Knob {
    Knob {
        name,
        unit,
        default,
        tried,
        best,
    }
}

// === impl FlinkAutoscaler ===

impl FlinkAutoscaler {
    fn new(workload: &Workload, knobs: &[f64]) -> Self {
        let seconds = |knob: f64| f64_as_count(knob).unwrap_or(0);
        Self {
            settings: Settings {
                target: knobs[0],
                boundary: knobs[1],
                window: seconds(knobs[2]),
                stabilization: seconds(knobs[3]),
                scale_down_interval: seconds(knobs[4]),
                catch_up: knobs[5],
                restart: knobs[6],
                detects_ineffective: knobs[7] > 0.0,
                max_parallelism: workload.model.max_parallelism.min(MOST),
                partitions: workload.model.partitions,
            },
            meters: Meters::default(),
            history: VecDeque::new(),
            delayed: None,
            last: None,
        }
    }

    /// Whether the window is full, with this sample in it.
    fn collect(&mut self, now: u64, lag: f64) -> bool {
        let since = self.meters.since;
        let sample = self.meters.sample(now, lag, || observed(&self.history));
        self.history.push_back(sample);
        let stable = since + self.settings.stabilization;
        let first = self.history.iter().find(|sample| sample.second >= stable);
        let full = first.is_some_and(|first| now >= first.second + self.settings.window);
        if full {
            let window = self.settings.window;
            self.history.retain(|sample| now - sample.second <= window);
        }
        full
    }

    /// What is done about the window, if anything.
    fn change(&mut self, now: u64, current: u32, evaluated: Evaluated) -> Option<Scaling> {
        let capacity = evaluated.capacity(&self.settings, self.settings.target, true);
        let factor = capacity / evaluated.true_rate;
        if factor.is_nan() {
            return None;
        }
        let factor = factor.clamp(LEAST_FACTOR, MOST_FACTOR);
        let change = Change {
            to: self.settings.parallelism(current, factor),
            out_of_bounds: evaluated.is_out_of_bounds(&self.settings),
        };
        let change = match change.to.cmp(&current) {
            Ordering::Less => self.delay(now, change)?,
            Ordering::Equal => {
                self.delayed = None;
                return None;
            }
            Ordering::Greater => {
                self.delayed = None;
                (!self.was_ineffective(current, evaluated.true_rate)).then_some(change)?
            }
        };
        change.out_of_bounds.then_some(Scaling {
            from: current,
            to: change.to,
            rate: evaluated.true_rate,
            expected: evaluated.true_rate * factor,
        })
    }

    /// The last change was upward and brought less than a tenth of what was expected.
    fn was_ineffective(&self, current: u32, rate: f64) -> bool {
        self.settings.detects_ineffective
            && self.last.is_some_and(|last| {
                let gained = (rate - last.rate) / (last.expected - last.rate);
                last.to == current && last.to > last.from && gained < EFFECTIVE
            })
    }

    fn delay(&mut self, now: u64, change: Change) -> Option<Change> {
        let interval = self.settings.scale_down_interval;
        if interval == 0 {
            return Some(change);
        }
        let delayed = self.delayed.get_or_insert_with(|| DelayedScaleDown {
            first: now,
            wanted: VecDeque::new(),
        });
        while delayed
            .wanted
            .back()
            .is_some_and(|(_, past)| past.to <= change.to)
        {
            delayed.wanted.pop_back();
        }
        delayed.wanted.push_back((now, change));
        if now < delayed.first + interval {
            return None;
        }
        delayed
            .wanted
            .retain(|(second, _)| now - second <= interval);
        delayed.wanted.front().map(|(_, highest)| *highest)
    }
}

impl Rival for FlinkAutoscaler {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let running = reading.flink.as_ref()?;
        if running.since != self.meters.since {
            self.history.clear();
        }
        self.meters.read(reading, running);
        let upgrading = running.in_use != reading.asked;
        if upgrading || !reading.second.is_multiple_of(RECONCILE) {
            return None;
        }
        if !self.collect(reading.second, running.backlog.unwrap_or(f64::NAN)) {
            return None;
        }
        let evaluated = Evaluated::of(&self.history)?;
        let scaling = self.change(reading.second, running.in_use.0, evaluated)?;
        self.delayed = None;
        self.last = Some(scaling);
        Some(Wish {
            workers: Workers(scaling.to),
            because: if scaling.to > scaling.from {
                "high utilization"
            } else {
                "low utilization"
            },
        })
    }
}

// === impl Settings ===

impl Settings {
    /// The parallelism for this factor, in bounds and even.
    fn parallelism(&self, current: u32, factor: f64) -> u32 {
        let wanted = Workers::rounded_up(factor * f64::from(current)).map_or(1, |wanted| wanted.0);
        let wanted = wanted.clamp(1, self.max_parallelism);
        match self.partitions {
            Some(partitions) if wanted != current => {
                aligned(current, wanted, partitions, self.max_parallelism)
            }
            _ => wanted,
        }
    }
}

/// `JobVertexScaler.scale` for a source in the mode `EVENLY_SPREAD`: the next number upward that
/// divides the partitions, else the fewest with which nobody has more of them; never against the
/// direction.
fn aligned(current: u32, wanted: u32, partitions: u32, max_parallelism: u32) -> u32 {
    let up = wanted > current;
    let most = partitions.min(max_parallelism);
    let most = if up { most } else { most.min(current) };
    if let Some(divisor) = (wanted..=most).find(|n| partitions.is_multiple_of(*n)) {
        return divisor;
    }
    let more_each = |n: &u32| partitions / n > partitions / wanted;
    let down = (1..=wanted).rev().find(more_each).unwrap_or(0);
    let fewest = if down > 0 && partitions.is_multiple_of(down) {
        down
    } else {
        down + 1
    };
    if (fewest > current) == up && fewest != current {
        fewest
    } else {
        current
    }
}

#[cfg(test)]
mod tests;
