//! What was seen of a run, tick by tick, as CSV, for a person, and for README.

use std::fmt::Write as _;

use serde_json::Value;

const CSV_HEADER: &str = "second,offered_rate,true_backlog_bytes,backlog_bytes,\
backlog_time_seconds,throughput,backlog_growth,utilization,workers_in_use,workers_present,\
workers_asked,true_workers,action,reason,workers_recommended";
/// What is known of the rig from elsewhere (tests/rig/README.md), so that `outrider simulate --against`
/// can be asked how far the simulated job is from this run.
const KNOWN_OF_THE_RIG: &str = "\
# element_bytes = 500
# capacity = 1000
# alpha = 1
# warm_up_from = 1
# checkpoint_duration = 0
# pause_up = 1 2.4
# pause_down = 1 2.4
# cpu_idle = 0.25
# measured_over = 60
# workers_late = 5
";
const FOR_A_PERSON: &str =
    "   s offered  true MB  said MB backlog s  cpu  use there asked real  decision\n";
const FOR_README: &str = "\
| second | offered, records/s | true backlog, MB | `backlog_bytes`, MB | `utilization` | workers | decision |
| ---: | ---: | ---: | ---: | ---: | ---: | --- |
";

/// The ticks of the sidecar, oldest first.
pub struct Timeline {
    pub began: u64,
    pub rows: Vec<Row>,
}

/// One tick of the sidecar, with the truth beside it.
pub struct Row {
    pub at: u64,
    pub status: Value,
    pub offered: u32,
    pub true_backlog_bytes: Option<f64>,
    pub true_workers: u32,
}

impl Timeline {
    pub fn seconds(&self, at: u64) -> u64 {
        at.saturating_sub(self.began) / 1000
    }

    pub fn csv(&self) -> String {
        let mut text = format!("{KNOWN_OF_THE_RIG}{CSV_HEADER}\n");
        for row in &self.rows {
            let second = self.seconds(row.at).to_string();
            writeln!(text, "{second},{}", row.csv()).expect("a string takes every line");
        }
        text
    }

    /// Every tick.
    pub fn for_a_person(&self) -> String {
        let mut text = FOR_A_PERSON.to_owned();
        for row in &self.rows {
            let workers = |name: &str| shown(row.number(&format!("/workers/{name}")), 0);
            writeln!(
                text,
                "{:>4} {:>7} {:>8} {:>8} {:>9} {:>4} {:>4} {:>5} {:>5} {:>4}  {}",
                self.seconds(row.at),
                row.offered,
                megabytes(row.true_backlog_bytes),
                megabytes(row.source("backlog_bytes")),
                shown(row.source("backlog_time_seconds"), 0),
                shown(row.utilization_percent(), 0),
                workers("in_use"),
                workers("present"),
                workers("asked"),
                row.true_workers,
                row.decision(),
            )
            .expect("a string takes every line");
        }
        text
    }

    /// The ticks in which the load, the workers or the decision changed.
    pub fn for_readme(&self) -> String {
        let mut text = FOR_README.to_owned();
        let mut before = None;
        for row in &self.rows {
            let told = Some((row.offered, row.in_use(), row.decision()));
            if std::mem::replace(&mut before, told.clone()) == told {
                continue;
            }
            writeln!(
                text,
                "| {} | {} | {} | {} | {} % | {} | {} |",
                self.seconds(row.at),
                row.offered,
                megabytes(row.true_backlog_bytes),
                megabytes(row.source("backlog_bytes")),
                shown(row.utilization_percent(), 0),
                shown(row.in_use().map(f64::from), 0),
                row.decision(),
            )
            .expect("a string takes every line");
        }
        text
    }
}

impl Row {
    pub fn number(&self, path: &str) -> Option<f64> {
        self.status.pointer(path)?.as_f64()
    }

    pub fn in_use(&self) -> Option<u32> {
        u32::try_from(self.status["workers"]["in_use"].as_u64()?).ok()
    }

    /// A number of the only source.
    pub fn source(&self, name: &str) -> Option<f64> {
        self.number(&format!("/observation/sources/0/{name}"))
    }

    fn utilization_percent(&self) -> Option<f64> {
        Some(self.number("/observation/utilization")? * 100.0)
    }

    /// `hold: cooldown`, `scale to 3: utilization`.
    fn decision(&self) -> String {
        let decision = &self.status["decision"];
        let reason = decision["reason"].as_str().unwrap_or("?");
        match decision["workers"].as_u64() {
            Some(workers) => format!("scale to {workers}: {reason}"),
            None => format!("hold: {reason}"),
        }
    }

    fn csv(&self) -> String {
        let text = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
        let word = |name: &str| {
            self.status["decision"][name]
                .as_str()
                .unwrap_or("")
                .to_owned()
        };
        [
            self.offered.to_string(),
            text(self.true_backlog_bytes),
            text(self.source("backlog_bytes")),
            text(self.source("backlog_time_seconds")),
            text(self.source("throughput")),
            text(self.source("backlog_growth")),
            text(self.number("/observation/utilization")),
            text(self.number("/workers/in_use")),
            text(self.number("/workers/present")),
            text(self.number("/workers/asked")),
            self.true_workers.to_string(),
            word("action"),
            word("reason"),
            text(self.number("/workers/recommended")),
        ]
        .join(",")
    }
}

fn megabytes(bytes: Option<f64>) -> String {
    shown(bytes.map(|bytes| bytes / 1e6), 1)
}

fn shown(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "?".into(), |number| format!("{number:.digits$}"))
}
