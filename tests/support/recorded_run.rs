//! A run on the rig, as `tests/rig/compare` has taken it down in a folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use outrider::units::{count_as_f64, len_as_f64};
use serde_json::Value;

use crate::ran::{Ran, Rescale, Second, Took};
use crate::truth::{Stop, Truth, seconds};

/// What a restart costs is looked at for so many milliseconds.
const LOOKED_AT: u64 = 180_000;
/// Bytes of a record.
const RECORD_BYTES: u64 = 500;
/// What is known of the rig from elsewhere, for `outrider simulate --against`.
const KNOWN_OF_THE_RIG: &str = "\
# element_bytes = 500
# capacity = 960
# alpha = 1
# warm_up_from = 1
# checkpoint_duration = 0
# pause_up = 1 2.4
# pause_down = 1 2.4
# cpu_idle = 0.25
# partitions = 12
# max_parallelism = 12
";
const HEADER: &str = "second,offered_rate,true_backlog_bytes,latency_ms,read_rate,utilization,\
workers_in_use,workers_present,workers_paid";

/// The folder, read.
pub struct RecordedRun {
    folder: PathBuf,
    began: u64,
    truth: Truth,
    /// What the sidecar said of each tick.
    ticks: Vec<Value>,
    /// `(when, TaskManagers that lived, asked for)`.
    workers: Vec<[u64; 3]>,
    /// `(from when on, records/s)`.
    offered: Vec<[u64; 2]>,
    /// `(from which second on, records/s)`, as it was to be; the last one ends it.
    planned: Vec<[u64; 2]>,
    /// Executions of the job: since when, on how many workers.
    executions: BTreeMap<u64, u64>,
}

// === impl RecordedRun ===

impl RecordedRun {
    pub fn read(folder: &Path) -> Self {
        let file = |name: &str| {
            fs::read_to_string(folder.join(name))
                .unwrap_or_else(|error| panic!("{}: {error}", folder.join(name).display()))
        };
        let status = |line: &str| serde_json::from_str::<Value>(line).ok();
        let ticks: Vec<Value> = file("status.jsonl").lines().filter_map(status).collect();
        let mut executions = BTreeMap::new();
        for execution in ticks
            .iter()
            .filter_map(|tick| tick["executions"].as_array())
        {
            for execution in execution {
                let since = execution["running_since"].as_u64();
                let workers = execution["workers_in_use"].as_u64();
                executions.extend(since.zip(workers));
            }
        }
        Self {
            folder: folder.into(),
            began: file("began").trim().parse().expect("a moment"),
            truth: Truth::read(&file("truth.jsonl")),
            ticks,
            workers: rows(&file("workers.csv")),
            offered: rows(&file("offered.csv")),
            planned: rows(&file("load.csv")),
            executions,
        }
    }

    /// The load, a rate for each second, as it was planned.
    pub fn load(&self) -> Vec<f64> {
        let seconds = (self.end() - self.began) / 1000;
        let rate = |second: u64| count_as_f64(last_of(&self.planned, second)[1]);
        (0..seconds).map(rate).collect()
    }

    /// The settings of the sidecar.
    pub fn settings(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.folder.join("settings")).expect("the settings");
        let one = |line: &str| line.split_once('=').map(|(n, v)| (n.into(), v.into()));
        text.lines().filter_map(one).collect()
    }

    /// Seconds until a TaskManager that is asked for begins.
    pub fn starts_after(&self) -> f64 {
        let text = fs::read_to_string(self.folder.join("starts_after")).expect("the wait");
        text.trim().parse().expect("a number of seconds")
    }

    fn end(&self) -> u64 {
        self.began + 1000 * self.planned.last().expect("a load")[0]
    }

    /// What it comes to.
    pub fn ran(&self) -> Ran {
        let mut ran = Ran::default();
        for at in (self.began..self.end()).step_by(1000) {
            let [_, lived, asked] = last_of(&self.workers, at + 1000);
            ran.seconds.push(Second {
                delay: self.truth.delay(at + 1000),
                paid: count_as_f64(lived.max(asked)),
            });
        }
        let stops = self.stops(self.began, self.end());
        ran.restarts = len_as_f64(stops.len());
        ran.paused = stops.iter().map(|stop| stop.seconds).sum();
        ran.again = count_as_f64(self.truth.finished(self.began, self.end()).again);
        let asked: Vec<&Value> = self.ticks.iter().filter(scales).collect();
        for (place, tick) in asked.iter().enumerate() {
            let next = asked.get(place + 1).map_or(u64::MAX, |next| decided(next));
            let rescale = self.rescale(&ran, tick, next);
            ran.rescales.push(rescale);
        }
        ran
    }

    fn rescale(&self, ran: &Ran, tick: &Value, next: u64) -> Rescale {
        let asked = decided(tick);
        let until = next.min(asked + LOOKED_AT).min(self.end());
        let from = tick["workers"]["in_use"].as_u64().unwrap_or(0);
        let to = tick["decision"]["workers"].as_u64().unwrap_or(0);
        let stops = self.stops(asked, until);
        let place = |at: u64| usize::try_from(at.saturating_sub(self.began) / 1000).unwrap_or(0);
        let last = stops.last();
        let measured = Took {
            wait: last.map(|stop| seconds(asked, stop.from)),
            pause: Some(stops.iter().map(|stop| stop.seconds).sum()),
            again: Some(stops.iter().map(|stop| self.again(*stop)).sum()),
            delay: last.map(|stop| ran.highest_delay(place(asked), place(stop.to), place(until))),
            stops: Some(len_as_f64(stops.len())),
        };
        Rescale {
            second: seconds(self.began, asked),
            from,
            to,
            because: tick["decision"]["reason"].as_str().unwrap_or("?").into(),
            foreseen: Took::foreseen(&tick["decision"]["arithmetic"], to > from),
            measured,
        }
    }

    /// Seconds of reading, at the pace of the ten before it, that the stop made the job do again.
    fn again(&self, stop: Stop) -> f64 {
        let before = self.truth.finished(stop.from - 10_000, stop.from).records;
        let again = self.truth.finished(stop.from, stop.to).again;
        count_as_f64(again) / (count_as_f64(before) / 10.0).max(1.0)
    }

    /// The restarts after which the job ran again within this time; its start is none.
    fn stops(&self, from: u64, to: u64) -> Vec<Stop> {
        let executions = self.executions.iter().skip(1);
        let executions = executions.filter(|(since, _)| (from..to).contains(*since));
        executions
            .filter_map(|(since, _)| self.truth.stop(*since))
            .collect()
    }

    /// Second by second, in the format of a recorded run.
    pub fn csv(&self, remarks: &str) -> String {
        let mut text = format!("{remarks}{KNOWN_OF_THE_RIG}{HEADER}\n");
        for at in (self.began + 1000..=self.end()).step_by(1000) {
            let [_, lived, asked] = last_of(&self.workers, at);
            let [_, offered] = last_of(&self.offered, at - 1000);
            let in_use = self.executions.range(..=at).next_back().map(|(_, n)| *n);
            let utilization = self.tick_within(at - 1000, at);
            let utilization =
                utilization.and_then(|tick| tick["observation"]["utilization"].as_f64());
            writeln!(
                text,
                "{},{offered},{},{:.0},{},{},{},{lived},{}",
                (at - self.began) / 1000,
                self.truth.backlog(at) * RECORD_BYTES,
                self.truth.delay(at) * 1000.0,
                self.truth.finished(at - 1000, at).records,
                utilization.map_or(String::new(), |share| format!("{share:.3}")),
                in_use.map_or(String::new(), |workers| workers.to_string()),
                lived.max(asked),
            )
            .expect("a string takes every line");
        }
        text
    }

    fn tick_within(&self, from: u64, to: u64) -> Option<&Value> {
        let within = |tick: &&Value| (from..to).contains(&decided(tick));
        self.ticks.iter().find(within)
    }

    /// The decisions, each when it is another than the one before, with what is true then.
    pub fn decisions(&self) -> String {
        let mut text = String::new();
        let mut before = String::new();
        for tick in &self.ticks {
            let decision = &tick["decision"];
            let at = decided(tick);
            let word = match decision["workers"].as_u64() {
                Some(workers) => format!("scale to {workers}"),
                None => "hold".into(),
            };
            let now = format!("{word}: {}", decision["reason"].as_str().unwrap_or("?"));
            if now == before {
                continue;
            }
            let in_use = self
                .executions
                .range(..=at)
                .next_back()
                .map_or(0, |(_, n)| *n);
            writeln!(
                text,
                "{:>4.0} s, {} records/s, {in_use} workers, {:.0} s late: {now}{}",
                seconds(self.began, at),
                last_of(&self.offered, at)[1],
                self.truth.delay(at),
                decision["sentence"]
                    .as_str()
                    .map_or(String::new(), |says| format!(". {says}")),
            )
            .expect("a string takes every line");
            before = now;
        }
        text
    }
}

fn scales(tick: &&Value) -> bool {
    tick["decision"]["action"] == "scale_to"
}

fn decided(tick: &Value) -> u64 {
    tick["decision"]["at"].as_u64().unwrap_or(0)
}

/// Lines of whole numbers.
fn rows<const N: usize>(text: &str) -> Vec<[u64; N]> {
    let row = |line: &str| {
        let numbers: Option<Vec<u64>> = line.split(',').map(|field| field.parse().ok()).collect();
        numbers?.try_into().ok()
    };
    text.lines().filter_map(row).collect()
}

/// The last row that begins no later; the first where none does.
fn last_of<const N: usize>(rows: &[[u64; N]], at: u64) -> [u64; N] {
    let until = rows.partition_point(|row| row[0] <= at);
    rows[until.saturating_sub(1)]
}
