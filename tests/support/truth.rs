//! What was really produced and finished, as the rig has taken it down: how old the oldest record was
//! that was not finished, and for how long a restart stopped the reading.

use outrider::units::{count_as_f64, len_as_f64};
use serde_json::Value;

/// What a restart stops has stopped no earlier than so many milliseconds before the job runs again, and
/// goes on no later than so many after that.
const STOPS_BEFORE: u64 = 10_000;
const GOES_ON_WITHIN: u64 = 20_000;

/// The looks of `tests/rig/flink truth`, in order.
pub struct Truth {
    looks: Vec<Look>,
}

/// By partition: what was produced, and up to where it was finished.
struct Look {
    at: u64,
    end: Vec<u64>,
    position: Vec<u64>,
}

/// What a restart stopped.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stop {
    /// When the first of the partitions stood still, in milliseconds since the epoch.
    pub from: u64,
    /// When the last of them went on.
    pub to: u64,
    /// For how long one stood still, as the mean of all, in seconds: those on a worker that has just
    /// started go on later than the others.
    pub seconds: f64,
}

/// What was finished between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Finished {
    /// Records, those again included.
    pub records: u64,
    /// Records that are to be finished again, because the job went back to a checkpoint.
    pub again: u64,
}

// === impl Truth ===

impl Truth {
    /// Reads the lines; those at which Kafka did not answer tell nothing.
    pub fn read(lines: &str) -> Self {
        let look = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            let offsets = |name: &str| -> Option<Vec<u64>> {
                line[name].as_array()?.iter().map(Value::as_u64).collect()
            };
            Some(Look {
                at: line["t"].as_u64()?,
                end: offsets("end")?,
                position: offsets("position")?,
            })
        };
        let mut looks: Vec<Look> = lines.lines().filter_map(look).collect();
        looks.sort_by_key(|look| look.at);
        Self { looks }
    }

    /// Records that were produced and not finished, at the last look until then.
    pub fn backlog(&self, at: u64) -> u64 {
        let Some(place) = self.last_until(at) else {
            return 0;
        };
        let look = &self.looks[place];
        let waits = |(end, position): (&u64, &u64)| end.saturating_sub(*position);
        look.end.iter().zip(&look.position).map(waits).sum()
    }

    /// Age of the oldest record that was not finished, in seconds, at the last look until then.
    pub fn delay(&self, at: u64) -> f64 {
        let Some(place) = self.last_until(at) else {
            return 0.0;
        };
        let now = &self.looks[place];
        let oldest = (0..now.position.len())
            .filter(|partition| now.end[*partition] > now.position[*partition])
            .map(|partition| self.produced_at(partition, now.position[partition]))
            .min();
        oldest.map_or(0.0, |oldest| seconds(oldest, now.at))
    }

    /// When the record at this offset came in: at the first look that had more than it.
    fn produced_at(&self, partition: usize, offset: u64) -> u64 {
        let first = self
            .looks
            .partition_point(|look| look.end[partition] <= offset);
        self.looks.get(first).map_or(u64::MAX, |look| look.at)
    }

    /// What was finished within this time.
    pub fn finished(&self, from: u64, to: u64) -> Finished {
        let mut sum = Finished::default();
        for pair in self.within(from, to).windows(2) {
            for (before, after) in pair[0].position.iter().zip(&pair[1].position) {
                sum.records += after.saturating_sub(*before);
                sum.again += before.saturating_sub(*after);
            }
        }
        sum
    }

    /// What the restart stopped after which the job ran from this moment on.
    pub fn stop(&self, running_since: u64) -> Option<Stop> {
        let from = running_since.saturating_sub(STOPS_BEFORE);
        let looks = self.within(from, running_since + GOES_ON_WITHIN);
        let gaps: Option<Vec<(u64, u64)>> = (0..looks.first()?.position.len())
            .map(|partition| longest_gap(looks, partition, running_since))
            .collect();
        let gaps = gaps?;
        let all: f64 = gaps.iter().map(|(from, to)| seconds(*from, *to)).sum();
        Some(Stop {
            from: gaps.iter().map(|(from, _)| *from).min()?,
            to: gaps.iter().map(|(_, to)| *to).max()?,
            seconds: all / len_as_f64(gaps.len()),
        })
    }

    fn last_until(&self, at: u64) -> Option<usize> {
        self.looks
            .partition_point(|look| look.at <= at)
            .checked_sub(1)
    }

    fn within(&self, from: u64, to: u64) -> &[Look] {
        let from = self.last_until(from).unwrap_or(0);
        let to = self.looks.partition_point(|look| look.at <= to);
        &self.looks[from.min(to)..to]
    }
}

/// The longest time in which nothing of the partition was finished, of those that end after the
/// restart.
fn longest_gap(looks: &[Look], partition: usize, running_since: u64) -> Option<(u64, u64)> {
    let mut longest = None;
    let mut moved = looks.first()?;
    for look in looks {
        if look.position[partition] == moved.position[partition] {
            continue;
        }
        let gap = (moved.at, look.at);
        let is_longer = |(from, to): (u64, u64)| gap.1 - gap.0 > to - from;
        if look.at > running_since
            && moved.at < running_since + 1000
            && longest.is_none_or(is_longer)
        {
            longest = Some(gap);
        }
        moved = look;
    }
    longest
}

/// From one moment to the other, in seconds.
pub fn seconds(from: u64, to: u64) -> f64 {
    count_as_f64(to.saturating_sub(from)) / 1000.0
}
