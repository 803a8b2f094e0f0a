//! What the sidecar costs: memory, CPU, requests. Run by `tests/run footprint`, because it is about
//! the release binary and takes some minutes.
//!
//! Two sidecars run beside each other, on an ordinary job and on a very large one
//! (`footprint/jobs.rs` says what they are made of), and tick about every 1.3 s instead of every
//! 10 s: a window of samples then holds eight times what it holds otherwise, so memory is measured
//! at its worst. `/metrics` is scraped at every third tick, as Prometheus does at its usual 30 s,
//! with `/status`, and `/` and `/live` now and then.
//!
//! The limits are gross, for a machine that does other things as well: twice the aim for memory,
//! five times for CPU. What it asks of Flink does not depend on the machine, and has no such slack.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark tells what it has measured"
)]

#[path = "footprint/jobs.rs"]
mod jobs;
#[path = "footprint/process.rs"]
mod process;
mod support;

use std::time::Duration;

use serde_json::Value;

use crate::jobs::Large;
use crate::process::{Sidecar, Usage, binary};
use crate::support::moving::{Moving, now};
use crate::support::replay::Replay;

const TICKS: u64 = 100;
/// Until names are listed and buffers have grown.
const WARM_UP: u64 = 15;
/// From tick to tick outside of this test.
const TICK_SECONDS: f64 = 10.0;

/// What is aimed at.
const ORDINARY_MIB: f64 = 4.0;
const LARGE_MIB: f64 = 10.0;
const CORE_PERCENT: f64 = 0.1;
const REQUESTS: f64 = 8.0;
const BYTES: f64 = 20_000.0;

/// A sidecar, its Flink, and what was seen of it.
struct Measured {
    name: &'static str,
    flink: Replay,
    sidecar: Sidecar,
    ticks: u64,
    first: Usage,
    last: Usage,
    highest: Usage,
    /// Requests and bytes of every third tick.
    costs: Vec<(f64, f64)>,
}

#[tokio::test]
async fn the_sidecar_is_small() {
    let today = now();
    let (ordinary, large) = (Moving::since(today), Large::since(today));
    let ordinary = Replay::answering(today, move |now, target| ordinary.answer(now, target));
    let large = Replay::answering(today, move |now, target| large.answer(now, target));
    let mut all = [
        Measured::start("ordinary", ordinary.await),
        Measured::start("large", large.await),
    ];
    while all.iter().any(|one| one.ticks < WARM_UP + TICKS) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        all.iter_mut().for_each(Measured::look);
    }
    let [ordinary, large] = &all;
    report(ordinary, large);

    assert!(ordinary.resident_mib() <= 2.0 * ORDINARY_MIB);
    assert!(large.resident_mib() <= 2.0 * LARGE_MIB);
    assert!(ordinary.core_percent() <= 5.0 * CORE_PERCENT);
    assert!(ordinary.requests() <= REQUESTS && ordinary.bytes() <= BYTES);
    assert_eq!((ordinary.highest.threads, large.highest.threads), (1, 1));
}

impl Measured {
    fn start(name: &'static str, flink: Replay) -> Self {
        Self {
            name,
            sidecar: Sidecar::start(name, &flink.url()),
            flink,
            ticks: 0,
            first: Usage::default(),
            last: Usage::default(),
            highest: Usage::default(),
            costs: Vec::new(),
        }
    }

    /// A tick begins with waking Flink's metrics, and waits a second for them: that is when the
    /// sidecar is at rest, and the tick before is told.
    fn look(&mut self) {
        let requests = self.flink.take_requests();
        let begun = requests
            .iter()
            .filter(|target| target.ends_with("&agg=sum"));
        for _ in begun {
            self.ticks += 1;
            if self.ticks == WARM_UP {
                self.first = self.sidecar.usage();
            } else if self.ticks > WARM_UP && self.ticks <= WARM_UP + TICKS {
                self.tick();
            }
        }
    }

    fn tick(&mut self) {
        self.last = self.sidecar.usage();
        let highest = &mut self.highest;
        highest.resident_kib = highest.resident_kib.max(self.last.resident_kib);
        highest.anonymous_kib = highest.anonymous_kib.max(self.last.anonymous_kib);
        highest.threads = highest.threads.max(self.last.threads);
        if self.ticks.is_multiple_of(3) {
            self.scrape();
        }
        if self.ticks.is_multiple_of(20) {
            for path in ["/", "/status", "/live"] {
                assert!(!self.sidecar.get(path).is_empty());
            }
        }
    }

    fn scrape(&mut self) {
        let metrics = self.sidecar.get("/metrics");
        let status: Value = serde_json::from_str(&self.sidecar.get("/status")).expect("JSON");
        let of_last_tick = |name: &str| {
            let value = status["tick"][name].as_f64();
            value.unwrap_or_else(|| panic!("no {name} in {status}"))
        };
        self.costs.push((
            of_last_tick("flink_requests"),
            of_last_tick("flink_response_bytes"),
        ));
        // A hold for want of knowledge would be cheap.
        let reason = metrics.lines().find(|line| line.contains("decision_info{"));
        println!(
            "{:>8} {:>4}  {} KiB  {}",
            self.name,
            self.ticks,
            self.last.resident_kib,
            reason.unwrap_or_default()
        );
    }

    fn resident_mib(&self) -> f64 {
        mib(self.highest.resident_kib)
    }

    fn millis_per_tick(&self) -> f64 {
        (self.last.cpu_seconds - self.first.cpu_seconds) * 1000.0 / as_f64(TICKS)
    }

    fn core_percent(&self) -> f64 {
        self.millis_per_tick() / 1000.0 / TICK_SECONDS * 100.0
    }

    /// Of the tick in the middle: names are listed again every three minutes, which is rarer
    /// than here.
    fn requests(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.0).collect())
    }

    fn bytes(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.1).collect())
    }
}

fn report(ordinary: &Measured, large: &Measured) {
    let size = std::fs::metadata(binary()).expect("the binary").len();
    let row = |what: &str, of: &dyn Fn(&Measured) -> String, aims: [&str; 2]| {
        let (ordinary, large) = (of(ordinary), of(large));
        println!(
            "{what:<34}{ordinary:>12}{:>12}{large:>12}{:>12}",
            aims[0], aims[1]
        );
    };
    println!(
        "{:<34}{:>12}{:>12}{:>12}{:>12}",
        "", "ordinary", "aim", "large", "aim"
    );
    row(
        "resident, highest, MiB",
        &|m| format!("{:.2}", m.resident_mib()),
        ["<= 4", "<= 10"],
    );
    row(
        "  of it its own (anonymous)",
        &|m| format!("{:.2}", mib(m.highest.anonymous_kib)),
        ["", ""],
    );
    row(
        "CPU of a tick, ms",
        &|m| format!("{:.2}", m.millis_per_tick()),
        ["<= 10", ""],
    );
    row(
        "  of a core at a tick each 10 s, %",
        &|m| format!("{:.4}", m.core_percent()),
        ["<= 0.1", ""],
    );
    row("threads", &|m| m.highest.threads.to_string(), ["1", "1"]);
    row(
        "requests of a tick, median",
        &|m| format!("{:.2}", m.requests()),
        ["<= 8", ""],
    );
    row(
        "bytes of a tick, median",
        &|m| format!("{:.0}", m.bytes()),
        ["<= 20000", ""],
    );
    println!(
        "ticks measured: {TICKS} each; binary: {:.2} MiB",
        as_f64(size) / 1048576.0
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn mib(kib: u64) -> f64 {
    as_f64(kib) / 1024.0
}

/// A count below 2^53.
#[expect(clippy::cast_precision_loss, reason = "kilobytes of memory, and ticks")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
