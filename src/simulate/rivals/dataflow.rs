//! Google Dataflow's rule for streaming pipelines: CPU and backlog together.
//!
//! Pure: values in, values out.
//!
//! Source: Google Cloud's documentation of Dataflow, “Horizontal Autoscaling”, streaming, in the
//! wording that names numbers. In words:
//!
//! - Up where a pipeline remains backlogged and its workers use more than 20 % of their CPUs on
//!   average “for a couple minutes”, to as many as clear the backlog in about 150 seconds “given the
//!   current throughput per worker”.
//! - Down where the backlog is lower than 10 seconds and the workers use less than 75 % of their CPUs
//!   on average for a couple of minutes, to as many as use 75 %.
//! - Neither where there is a backlog but less than 20 % of the CPUs are used, or no backlog but 75 %
//!   or more.
//!
//! The 75 % can be chosen since 2024 (`worker_utilization_hint`, “Tune Horizontal Autoscaling”). That
//! hint may also scale up without a backlog; from which utilization on is not said, so it is left out.
//!
//! Simplified, each in its favour: what comes in while the backlog is cleared is known exactly, though
//! the documentation does not say that it counts. Dataflow does not restart a pipeline; here, nothing
//! of a restart is taken for load: only readings of the present execution count, nothing is decided
//! while workers are on their way, and a cooldown may follow each restart. It knows the job's
//! `maxParallelism`. Pipelines without Streaming Engine are held to certain numbers of workers by
//! their disks; this one is not.

use std::collections::VecDeque;

use crate::simulate::load::Workload;
use crate::simulate::rivals::{ASKED_EVERY, Knob, Named, Reading, Rival, Running, Wish};
use crate::units::{Workers, f64_as_count, len_as_f64};

/// `dataflow`.
pub(super) const DATAFLOW: Named = Named {
    name: "dataflow",
    meaning: "Google Dataflow's rule for streaming: backlog and CPU",
    knobs: &[
        Knob {
            name: "worker_utilization_hint",
            unit: "",
            default: 0.75,
            tried: &[0.55, 0.65, 0.75, 0.85],
            best: 0.65,
        },
        Knob {
            name: "couple_of_minutes",
            unit: "s",
            default: 120.0,
            tried: &[60.0, 120.0],
            best: 120.0,
        },
        Knob {
            name: "clear_time",
            unit: "s",
            default: 150.0,
            tried: &[150.0, 300.0],
            best: 150.0,
        },
        Knob {
            name: "cooldown",
            unit: "s",
            default: 0.0,
            tried: &[0.0, 300.0, 600.0, 1200.0],
            best: 600.0,
        },
    ],
    make: |workload, knobs| Box::new(Dataflow::new(workload, knobs)),
};

/// With less CPU than this, workers wait for something else, and more of them would, too.
const CPU_LOW: f64 = 0.2;
/// A backlog of fewer seconds is none.
const BACKLOG_SECONDS: f64 = 10.0;
/// The present throughput is that of so many readings: half a minute.
const PRESENT: usize = 6;

struct Dataflow {
    hint: f64,
    couple_of_minutes: u64,
    clear_time: f64,
    cooldown: u64,
    /// More than these the job cannot use.
    most: Workers,
    /// Of the present execution, over a couple of minutes, oldest first.
    seen: VecDeque<Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    second: u64,
    since: u64,
    backlog: f64,
    throughput: f64,
    input_rate: f64,
    cpu: f64,
}

// === impl Dataflow ===

impl Dataflow {
    fn new(workload: &Workload, knobs: &[f64]) -> Self {
        let seconds = |knob: f64| f64_as_count(knob).unwrap_or(0);
        Self {
            hint: knobs[0],
            couple_of_minutes: seconds(knobs[1]),
            clear_time: knobs[2],
            cooldown: seconds(knobs[3]),
            most: Workers(workload.model.max_parallelism),
            seen: VecDeque::new(),
        }
    }

    /// Whether a couple of minutes of this execution are known.
    fn sees(&mut self, reading: &Reading, running: &Running) -> bool {
        let Some(backlog) = running.backlog else {
            self.seen.clear();
            return false;
        };
        let now = reading.second;
        self.seen.push_back(Seen {
            second: now,
            since: running.since,
            backlog,
            throughput: running.throughput,
            input_rate: reading.input_rate,
            cpu: reading.cpu,
        });
        self.seen.retain(|seen| {
            seen.since == running.since && now - seen.second < self.couple_of_minutes
        });
        self.seen
            .front()
            .is_some_and(|first| now - first.second + ASKED_EVERY >= self.couple_of_minutes)
    }

    fn mean(&self, value: impl Fn(&Seen) -> f64) -> f64 {
        self.seen.iter().map(value).sum::<f64>() / len_as_f64(self.seen.len())
    }

    /// The workers that clear the backlog in time and keep up with what comes in meanwhile.
    fn to_clear(&self, workers: Workers) -> Option<Workers> {
        let present = self.seen.iter().rev().take(PRESENT);
        let readings = len_as_f64(present.len());
        let throughput = present.map(|seen| seen.throughput).sum::<f64>() / readings;
        let each = throughput / workers.as_f64();
        let backlog = self.seen.back()?.backlog;
        let rate = backlog / self.clear_time + self.mean(|seen| seen.input_rate);
        // Where nothing is read there is no throughput of a worker to calculate with.
        let needed = (each > 0.0).then_some(rate / each)?;
        Workers::rounded_up(needed).map(|needed| needed.min(self.most))
    }

    /// The workers that use as much of their CPUs as they should.
    fn to_use(&self, workers: Workers) -> Option<Workers> {
        let needed = workers.as_f64() * self.mean(|seen| seen.cpu) / self.hint;
        Workers::rounded_up(needed).map(|needed| needed.max(Workers(1)))
    }

    fn judge(&self, workers: Workers) -> Option<Wish> {
        let cpu = self.mean(|seen| seen.cpu);
        if cpu > CPU_LOW && self.seen.iter().all(Seen::is_backlogged) {
            let to_clear = self.to_clear(workers)?;
            return (to_clear > workers).then_some(Wish {
                workers: to_clear,
                because: "backlog",
            });
        }
        if !self.seen.iter().any(Seen::is_backlogged) {
            let to_use = self.to_use(workers)?;
            return (to_use < workers).then_some(Wish {
                workers: to_use,
                because: "low cpu",
            });
        }
        None
    }
}

impl Rival for Dataflow {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let running = reading.flink.as_ref()?;
        let known = self.sees(reading, running);
        let on_their_way = running.in_use != reading.asked;
        let cooling = reading.second < running.since + self.cooldown;
        if !known || on_their_way || cooling {
            return None;
        }
        self.judge(running.in_use)
    }
}

// === impl Seen ===

impl Seen {
    fn is_backlogged(&self) -> bool {
        self.backlog >= 1.0 && self.backlog >= BACKLOG_SECONDS * self.throughput
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::load;

    /// With the documented numbers and this cooldown, in a job that runs since second 0.
    fn documented(cooldown: f64) -> Dataflow {
        let workload = load::named("step", 1).expect("a workload");
        Dataflow::new(&workload, &[0.75, 120.0, 150.0, cooldown])
    }

    fn reading(workers: u32, cpu: f64, backlog: f64) -> Reading {
        Reading {
            second: 0,
            asked: Workers(workers),
            present: Workers(workers),
            lag: backlog,
            input_rate: 5000.0,
            cpu,
            cpu_highest: cpu,
            flink: Some(Running {
                since: 0,
                in_use: Workers(workers),
                backlog: Some(backlog),
                throughput: 4000.0,
                busy: cpu,
                checkpoint_interval: 10.0,
                checkpointed: true,
            }),
        }
    }

    /// The first wish, and when it was made, where this is read from one second to another.
    fn wished(
        dataflow: &mut Dataflow,
        seconds: std::ops::RangeInclusive<u64>,
        reading: Reading,
    ) -> Option<(u64, u32)> {
        seconds
            .filter(|second| second.is_multiple_of(ASKED_EVERY))
            .find_map(|second| {
                let wish = dataflow.wants(&Reading { second, ..reading })?;
                Some((second, wish.workers.0))
            })
    }

    #[test]
    fn a_backlog_is_cleared_within_150_seconds_after_a_couple_of_minutes() {
        // 4 workers read 1000 a second each. 150 000 in 150 s are 1000 a second, and 5000 come in.
        let mut dataflow = documented(0.0);
        assert_eq!(
            wished(&mut dataflow, 5..=600, reading(4, 1.0, 150_000.0)),
            Some((120, 6))
        );
    }

    #[test]
    fn the_cpu_lands_at_75_percent_where_there_is_no_backlog() {
        // The documentation's job with 100 workers, for which 75 are right: 100 * 0.5625 / 75 = 0.75.
        let mut dataflow = documented(0.0);
        assert_eq!(
            wished(&mut dataflow, 5..=600, reading(100, 0.5625, 39_999.0)),
            Some((120, 75))
        );
        // 10 s of it are a backlog: (40 000 / 150 s + 3700) / 40 = 99.2 workers, so 100 are kept.
        let mut dataflow = documented(0.0);
        let mut behind = reading(100, 0.5625, 40_000.0);
        behind.input_rate = 3700.0;
        assert_eq!(wished(&mut dataflow, 5..=600, behind), None);
    }

    #[test]
    fn nothing_is_scaled_with_a_backlog_but_no_cpu_or_with_cpu_but_no_backlog() {
        // The documentation's “no scaling”.
        for (cpu, backlog) in [(0.19, 150_000.0), (0.75, 0.0), (1.0, 39_999.0)] {
            let mut dataflow = documented(0.0);
            assert_eq!(
                wished(&mut dataflow, 5..=600, reading(4, cpu, backlog)),
                None,
                "{cpu} {backlog}"
            );
        }
    }

    #[test]
    fn a_backlog_must_remain_for_the_whole_time() {
        let mut dataflow = documented(0.0);
        let behind = reading(4, 1.0, 150_000.0);
        assert_eq!(wished(&mut dataflow, 5..=110, behind), None);
        assert_eq!(wished(&mut dataflow, 115..=115, reading(4, 1.0, 0.0)), None);
        assert_eq!(wished(&mut dataflow, 120..=600, behind), Some((235, 6)));
    }

    #[test]
    fn minutes_and_cooldown_count_from_the_restart() {
        let mut restarted = reading(4, 1.0, 150_000.0);
        restarted.flink.as_mut().expect("it runs").since = 300;
        for (cooldown, second) in [(0.0, 420), (180.0, 480)] {
            let mut dataflow = documented(cooldown);
            // (1000 + 3000) / 1000 = 4 workers clear this in time.
            let mut before = reading(4, 1.0, 150_000.0);
            before.input_rate = 3000.0;
            assert_eq!(wished(&mut dataflow, 5..=300, before), None);
            assert_eq!(
                wished(&mut dataflow, 305..=900, restarted),
                Some((second, 6))
            );
        }
    }

    #[test]
    fn nothing_is_decided_while_workers_are_on_their_way_or_metrics_are_missing() {
        let mut coming = reading(4, 1.0, 150_000.0);
        coming.asked = Workers(6);
        let mut blind = reading(4, 1.0, 150_000.0);
        blind.flink.as_mut().expect("it runs").backlog = None;
        let mut paused = blind;
        paused.flink = None;
        for held in [coming, blind, paused] {
            assert_eq!(wished(&mut documented(0.0), 5..=900, held), None);
        }
    }
}
