//! What is to come, minute by minute, and what a minute does to the job on so many workers.
//!
//! Pure: values in, values out.

use crate::simulate::load::Workload;
use crate::simulate::model::ROOM;
use crate::simulate::model::{FaultKind, Model};
use crate::units::{count_as_f64, f64_as_count, len_as_f64};

/// Delays, in seconds, between which the plan interpolates.
pub(super) const DELAYS: [f64; 17] = [
    0.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 120.0, 200.0, 350.0, 600.0, 1100.0, 2000.0,
    4000.0, 8000.0,
];
/// A longer delay is late, one of twice this very late; in seconds.
const BUDGET: f64 = 60.0;
/// Seconds of an epoch, where the pauses are not longer.
const EPOCH: f64 = 60.0;
/// Of the mean capacity, what the plan counts on: it wanders.
const COUNTED_ON: f64 = 0.99;
/// The share of the pauses that are not longer than those of the plan.
const PAUSES: f64 = 0.85;
/// Share of the capacity that is there with the first wave of pods: half of them (the first one
/// that joins stops the job, and those that join meanwhile wait for the next stop).
const FIRST_WAVE: f64 = 0.5;

/// A workload as the plan sees it.
pub(super) struct Future<'a> {
    model: &'a Model,
    /// Seconds of a pause when workers join …
    pause_up: f64,
    /// … and when they leave.
    pause_down: f64,
    /// Elements that have come in until the beginning of each second, and until the end.
    arrived: Vec<f64>,
    /// Elements per second that 1, 2, 3 … workers read.
    capacities: Vec<f64>,
    /// Elements per second that the busiest of 1, 2, 3 … workers could read alone.
    each: Vec<f64>,
    /// Seconds of an epoch.
    pub epoch_seconds: f64,
    /// As many of them as there are, the last perhaps longer than the load.
    pub epochs: usize,
    /// From the asking to the first restart, in seconds.
    pub lead: f64,
    /// Pods come in two waves, each of which restarts the job.
    pub two_waves: bool,
}

/// One epoch.
pub(super) struct Epoch {
    /// Its first second.
    from: f64,
    /// Its length.
    seconds: f64,
    /// Elements that come in.
    came: f64,
    /// Elements that wait at each of the [`DELAYS`] at its end.
    waiting_after: [f64; DELAYS.len()],
    /// Seconds that are read again after a restart.
    replayed: f64,
    /// The job does not run.
    down: bool,
    /// An element costs so many times as much.
    dearer: f64,
    /// Elements per second that the sink takes.
    sink: f64,
    /// Share of the elements that one worker has to read.
    hot: f64,
}

/// How an epoch finds the job.
#[derive(Clone, Copy)]
pub(super) struct Before {
    /// The delay, in seconds.
    delay: f64,
    /// Elements that wait.
    waiting: f64,
    /// Elements that wait when it has gone back to its last checkpoint.
    waiting_again: f64,
}

/// What the job does in an epoch.
#[derive(Clone, Copy)]
pub(super) enum Course {
    /// Reads.
    On,
    /// Restarts on fewer workers, at its beginning.
    Fewer,
    /// Restarts with all of the new workers, at its beginning.
    More,
    /// Restarts with the first of the new workers, at its beginning; the others are to come.
    FirstWave,
    /// Restarts with the others, at its end.
    SecondWave,
    /// Warms up after that.
    WarmUp,
}

/// How an epoch leaves the job.
#[derive(Clone, Copy)]
pub(super) struct After {
    /// Between this of the [`DELAYS`] and the next,
    pub bucket: usize,
    /// so far along.
    pub along: f64,
    /// Elements that wait.
    pub waiting: f64,
    /// Seconds with a delay over the budget …
    pub late: f64,
    /// … and over twice that.
    pub very_late: f64,
}

// === impl Future ===

impl<'a> Future<'a> {
    pub fn of(workload: &'a Workload) -> Self {
        let model = &workload.model;
        let sizes = 1..=ROOM.0.min(model.max_parallelism);
        let capacity = |n: u32| COUNTED_ON * model.capacity_evenly(n);
        let each = |n: u32| model.capacity_of(f64::from(n)) / f64::from(n);
        let (pause_up, pause_down) = (likely(model.pause_up), likely(model.pause_down));
        let epoch_seconds = (pause_up.max(pause_down) + cold(model)).max(EPOCH).ceil();
        let epochs = len_as_f64(workload.rates.len()) / epoch_seconds;
        let (there, new) = model.pod_wait;
        let two_speeds = model.new_nodes > 0.0 && new > there;
        Self {
            model,
            pause_up,
            pause_down,
            arrived: summed_up(&workload.rates),
            capacities: sizes.clone().map(capacity).collect(),
            each: sizes.map(each).collect(),
            epoch_seconds,
            epochs: index(epochs.ceil()),
            lead: if two_speeds && model.together {
                new
            } else {
                there
            },
            two_waves: two_speeds && !model.together,
        }
    }

    /// As many sizes as are planned with: 1, 2, 3 …
    pub fn sizes(&self) -> usize {
        self.capacities.len()
    }

    /// Worker-seconds that it takes at the least to read what waits at each delay in the end.
    pub fn left_over(&self) -> [f64; DELAYS.len()] {
        let end = len_as_f64(self.epochs) * self.epoch_seconds;
        DELAYS.map(|delay| self.between(end - delay, end) / self.capacities[0])
    }

    /// The epoch of this number, from 0 on.
    pub fn epoch(&self, number: usize) -> Epoch {
        let from = len_as_f64(number) * self.epoch_seconds;
        let to = from + self.epoch_seconds;
        let came = self.between(from, to);
        let second = f64_as_count(from).unwrap_or(0);
        let fault = |which: fn(FaultKind) -> Option<f64>| self.fault(second, which);
        let down = fault(|kind| (kind == FaultKind::JobDown).then_some(0.0));
        let dearer = fault(|kind| match kind {
            FaultKind::Dearer(factor) => Some(factor),
            _ => None,
        });
        let sink = fault(|kind| match kind {
            FaultKind::SinkTakes(share) => Some(share),
            _ => None,
        });
        let hot = fault(|kind| match kind {
            FaultKind::HotKey(share) => Some(share),
            _ => None,
        });
        Epoch {
            from,
            seconds: self.epoch_seconds,
            came,
            waiting_after: DELAYS.map(|delay| self.between(to - delay, to)),
            replayed: self.replayed(second),
            down: down.is_some(),
            dearer: dearer.unwrap_or(1.0),
            sink: sink.map_or(f64::INFINITY, |share| share * came / self.epoch_seconds),
            hot: hot.unwrap_or(0.0),
        }
    }

    /// What goes wrong in this second, and how much.
    fn fault(&self, second: u64, which: fn(FaultKind) -> Option<f64>) -> Option<f64> {
        let mut active = self.model.faults.iter();
        active.find_map(|fault| {
            let now = (fault.from..fault.to).contains(&second);
            now.then(|| which(fault.kind)).flatten()
        })
    }

    /// Seconds that a restart in this second reads again: a checkpoint and half the time to the next,
    /// and all the time in which they have failed.
    fn replayed(&self, second: u64) -> f64 {
        let failing = self.model.faults.iter().find(|fault| {
            fault.kind == FaultKind::CheckpointsFail && (fault.from..fault.to).contains(&second)
        });
        let failed = failing.map_or(0, |fault| second - fault.from);
        self.model.checkpoint_interval / 2.0 + self.model.checkpoint_duration + count_as_f64(failed)
    }

    /// The delay in seconds at the end of this epoch if so many elements wait then.
    pub fn delay(&self, epoch: &Epoch, waiting: f64) -> f64 {
        if waiting <= 0.0 {
            return 0.0;
        }
        let end = epoch.from + epoch.seconds;
        let read = self.until(end) - waiting;
        let after = self.arrived.partition_point(|arrived| *arrived <= read);
        let Some(before) = after.checked_sub(1) else {
            return end - read / self.first_rate().max(f64::MIN_POSITIVE);
        };
        let Some(arrived) = self.arrived.get(after) else {
            return 0.0;
        };
        let part = (read - self.arrived[before]) / (arrived - self.arrived[before]);
        end - len_as_f64(before) - part
    }

    /// The job with this delay at the beginning of the epoch.
    pub fn before(&self, epoch: &Epoch, delay: f64) -> Before {
        let oldest = epoch.from - delay;
        Before {
            delay,
            waiting: self.between(oldest, epoch.from),
            waiting_again: self.between(oldest - epoch.replayed, epoch.from),
        }
    }

    /// An epoch with workers that read so many elements per second.
    pub fn pass(&self, epoch: &Epoch, course: Course, speed: f64, before: Before) -> After {
        if epoch.down {
            return epoch.after(before.waiting + epoch.came, before.delay, before.delay);
        }
        let cold = cold(self.model);
        let on = |seconds: f64| {
            let left = before.waiting + epoch.came - speed * seconds;
            epoch.after(left, before.delay, before.delay)
        };
        let restart = |pause: f64, speed: f64| {
            let left = before.waiting_again + epoch.came - speed * (epoch.seconds - pause - cold);
            epoch.after(left, before.delay, before.delay + epoch.replayed + pause)
        };
        match course {
            Course::On => on(epoch.seconds),
            Course::WarmUp => on(epoch.seconds - cold),
            Course::Fewer => restart(self.pause_down, speed),
            Course::More => restart(self.pause_up, speed),
            Course::FirstWave => restart(self.pause_up, FIRST_WAVE * speed),
            Course::SecondWave => {
                let rate = epoch.came / epoch.seconds;
                let running = epoch.seconds - self.pause_up;
                let left = before.waiting + (rate - FIRST_WAVE * speed) * running;
                let meanwhile = rate * (epoch.replayed + self.pause_up);
                epoch.after(left.max(0.0) + meanwhile, before.delay, before.delay)
            }
        }
    }

    /// Elements per second that `size + 1` workers read.
    pub fn speed(&self, epoch: &Epoch, size: usize) -> f64 {
        let own = self.capacities[size] / epoch.dearer;
        // Without a hot key this is infinite.
        own.min(epoch.sink).min(self.each[size] / epoch.hot)
    }

    /// Elements that come in between these seconds; before the beginning as many as in the first.
    fn between(&self, from: f64, to: f64) -> f64 {
        self.until(to) - self.until(from)
    }

    fn until(&self, second: f64) -> f64 {
        if second <= 0.0 {
            return second * self.first_rate();
        }
        let whole = index(second.floor()).min(self.arrived.len() - 1);
        let next = (whole + 1).min(self.arrived.len() - 1);
        let part = second - second.floor();
        self.arrived[whole] + part * (self.arrived[next] - self.arrived[whole])
    }

    fn first_rate(&self) -> f64 {
        self.arrived.get(1).copied().unwrap_or(0.0)
    }
}

/// Elements that have come in until the beginning of the first second, the second …
fn summed_up(rates: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = rates.iter().map(|rate| {
        sum += rate;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Seconds' worth of reading that is lost while the job warms up.
fn cold(model: &Model) -> f64 {
    model.warm_up * (1.0 - model.warm_up_from) / 2.0
}

/// A pause that few are longer than.
fn likely((shortest, longest): (f64, f64)) -> f64 {
    shortest + PAUSES * (longest - shortest)
}

fn index(whole: f64) -> usize {
    let count = f64_as_count(whole).and_then(|count| usize::try_from(count).ok());
    count.unwrap_or(0)
}

// === impl Epoch ===

impl Epoch {
    /// So much is left in the end; the delay was this at the beginning, and rose to its highest.
    fn after(&self, left: f64, began: f64, highest: f64) -> After {
        let (bucket, along) = self.place(left);
        let delay = DELAYS[bucket] + along * (DELAYS[bucket + 1] - DELAYS[bucket]);
        if highest.max(delay) <= BUDGET {
            return After {
                bucket,
                along,
                waiting: left.max(0.0),
                late: 0.0,
                very_late: 0.0,
            };
        }
        let rise = (highest - began).min(self.seconds);
        let over = |limit: f64| {
            rise * share_over(limit, began, highest)
                + (self.seconds - rise) * share_over(limit, highest, delay)
        };
        After {
            bucket,
            along,
            waiting: left.max(0.0),
            late: over(BUDGET),
            very_late: over(2.0 * BUDGET),
        }
    }

    /// Where so much lies between the [`DELAYS`] at the end of the epoch.
    fn place(&self, left: f64) -> (usize, f64) {
        let table = &self.waiting_after;
        let bucket = table[1..DELAYS.len() - 1].partition_point(|waiting| *waiting <= left);
        let width = (table[bucket + 1] - table[bucket]).max(f64::MIN_POSITIVE);
        (bucket, ((left - table[bucket]) / width).clamp(0.0, 1.0))
    }
}

/// The share of a straight way from one delay to another that is over the limit.
fn share_over(limit: f64, one: f64, other: f64) -> f64 {
    let (low, high) = (one.min(other), one.max(other));
    if high <= limit {
        0.0
    } else if low >= limit {
        1.0
    } else {
        (high - limit) / (high - low)
    }
}
