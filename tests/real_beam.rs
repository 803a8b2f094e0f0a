//! A real Beam job on a real Flink in Reactive Mode, reading from a real Kafka: the sidecar keeps it
//! the right size, both ways, by itself. Run by `tests/run real-beam`.
//!
//! Checked against the truth, not against the sidecar's own words: Kafka's end offsets and the
//! positions that the job has really finished give the backlog, the processes give the workers.

#![expect(clippy::print_stdout, reason = "a test of minutes tells what it sees")]

#[path = "support/rig.rs"]
mod rig;
#[path = "support/sidecar.rs"]
mod sidecar;
#[path = "support/timeline.rs"]
mod timeline;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::rig::{PORT_BASE, Rig, now};
use crate::sidecar::Sidecar;
use crate::timeline::{Row, Timeline};

const WORKERS_MAX: u32 = 5;
const COOLDOWN_UP_SECONDS: u64 = 60;
const COOLDOWN_DOWN_SECONDS: u64 = 90;
/// One slot does about 1000 records/s.
const LOW: u32 = 600;
const HIGH: u32 = 2500;
/// What was read and is not finished, up to a second's 1.5 MB, is in the truth and not in the gauge:
/// below three times as much a comparison tells of that.
const COMPARABLE_BYTES: f64 = 4.5e6;
/// Beam's gauge is right when each partition of a split has been read once.
const WARM_UP_MILLIS: u64 = 30_000;

/// The rig, the sidecar, and all that was seen of them.
struct Chain {
    rig: Rig,
    sidecar: Sidecar,
    offered: u32,
    timeline: Timeline,
    directory: PathBuf,
}

#[test]
fn a_real_job_is_scaled_up_and_down_again() {
    let mut chain = Chain::start();
    chain.offer(LOW);
    chain.until("the job is judged on one worker", 180, |row| {
        row.in_use() == Some(1) && row.status["workers"]["recommended"].is_u64()
    });
    chain.watch(30);
    chain.offer(HIGH);
    chain.until("workers were added and used", 240, |row| {
        row.in_use() >= Some(3)
    });
    chain.until("the backlog is gone", 400, |row| {
        row.true_backlog_bytes.is_some_and(|bytes| bytes < 2e6) && row.in_use() >= Some(3)
    });
    chain.watch(30);
    chain.offer(LOW);
    chain.until("workers were removed again", 400, |row| {
        row.in_use() <= Some(2) && row.in_use().is_some()
    });
    chain.watch(20);

    let timeline = chain.written();
    println!("{}", chain.timeline.for_a_person());
    chain.check("it acts and stays", |chain| {
        assert!(chain.sidecar.is_alive());
        assert!(
            chain.rescales().len() <= 4,
            "{} rescales",
            chain.rescales().len()
        );
    });
    chain.check(
        "what is asked for is what the formula gives",
        Chain::formula_holds,
    );
    chain.check("backlog_bytes is true", Chain::backlog_is_true);
    chain.check(
        "no rescale within the cooldown or before a checkpoint",
        Chain::cooldown_holds,
    );
    chain.check("it ends when it is told to", |chain| {
        assert!(chain.sidecar.stop().success());
    });
    chain.check("every record is counted at least once", |chain| {
        chain.rig.run(&["produce", "0"]);
        chain.rig.wait_until_drained(Duration::from_secs(120));
        let coverage = chain.rig.run(&["truth-coverage"]);
        println!(
            "{}",
            coverage.split(",\"partitions\"").next().unwrap_or_default()
        );
    });
    println!(
        "timeline: {}; what changed in it:\n\n{}",
        timeline.display(),
        chain.timeline.for_readme()
    );
}

impl Chain {
    fn start() -> Self {
        let rig = Rig::up("real-beam-rig");
        rig.run(&["scale", "1"]);
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/real-beam");
        std::fs::create_dir_all(&directory).expect("a place for the timeline");
        let log = directory.join("sidecar.txt");
        let target = format!("exec:{}", rig.scale_command());
        let mut sidecar = Sidecar::start(
            PORT_BASE + 9,
            &[
                ("OUTRIDER_FLINK_URL", &Rig::flink_url()),
                ("OUTRIDER_TARGET", &target),
                ("OUTRIDER_WORKERS_MAX", &WORKERS_MAX.to_string()),
                (
                    "OUTRIDER_COOLDOWN_UP_MIN",
                    &format!("{COOLDOWN_UP_SECONDS}s"),
                ),
                (
                    "OUTRIDER_COOLDOWN_DOWN_MIN",
                    &format!("{COOLDOWN_DOWN_SECONDS}s"),
                ),
                ("OUTRIDER_LOG", "debug"),
            ],
            &log,
        );
        sidecar.until("it answers", |status| status["version"].is_string());
        Self {
            rig,
            sidecar,
            offered: 0,
            timeline: Timeline {
                began: now(),
                rows: Vec::new(),
            },
            directory,
        }
    }

    fn offer(&mut self, rate: u32) {
        println!(
            "{:>4} s  offered: {rate} records/s",
            self.timeline.seconds(now())
        );
        self.rig.run(&["produce", &rate.to_string()]);
        self.offered = rate;
    }

    /// Looks every second until a tick shows it; a generous limit, and the timeline if it is hit.
    fn until(&mut self, what: &str, seconds: u64, shown: impl Fn(&Row) -> bool) {
        let limit = now() + seconds * 1000;
        while now() < limit {
            self.look();
            if self.timeline.rows.last().is_some_and(&shown) {
                println!("{:>4} s  {what}", self.timeline.seconds(now()));
                return;
            }
            sleep(Duration::from_secs(1));
        }
        println!("{}", self.timeline.for_a_person());
        self.written();
        panic!("not within {seconds} s: {what}");
    }

    fn watch(&mut self, seconds: u64) {
        let end = now() + seconds * 1000;
        while now() < end {
            self.look();
            sleep(Duration::from_secs(1));
        }
    }

    /// Takes down the sidecar's newest tick, if it is one that was not taken down yet.
    fn look(&mut self) {
        let Some(status) = self.sidecar.status() else {
            return;
        };
        let Some(at) = status["observation"]["at"].as_u64() else {
            return;
        };
        if self.timeline.rows.last().is_some_and(|row| row.at == at) {
            return;
        }
        let truth = self.rig.truth(at.saturating_sub(1500), at + 500);
        self.timeline.rows.push(Row {
            at,
            offered: self.offered,
            true_backlog_bytes: truth.last().and_then(|truth| truth.backlog_bytes),
            true_workers: self.rig.workers(),
            status,
        });
    }

    fn check(&mut self, what: &str, holds: impl Fn(&mut Self) + std::panic::UnwindSafe) {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| holds(self)));
        if let Err(why) = checked {
            println!("NOT SO: {what}");
            std::panic::resume_unwind(why);
        }
        println!("so it is: {what}");
    }

    /// The rows that scaled.
    fn rescales(&self) -> Vec<&Row> {
        let scaled = |row: &&Row| row.status["decision"]["action"] == "scale_to";
        self.timeline.rows.iter().filter(scaled).collect()
    }

    /// Calculated again from the values that the sidecar reports.
    fn formula_holds(&mut self) {
        let rescales = self.rescales();
        assert!(rescales.len() >= 2, "up and down");
        for row in rescales {
            let decision = &row.status["decision"];
            let source = &row.status["observation"]["sources"][0];
            let workers = f64::from(row.in_use().expect("in use"));
            let utilization = row.number("/observation/utilization").expect("utilization");
            let throughput = source["throughput"].as_f64().expect("throughput");
            let growth = source["backlog_growth"].as_f64().expect("growth");
            let noise = source["backlog_growth_noise"].as_f64().expect("noise");
            let time = source["backlog_time_seconds"]
                .as_f64()
                .expect("backlog time");
            let growth = if growth > noise { growth } else { 0.0 };
            let for_cpu = workers * utilization / 0.85;
            let wanted = if decision["reason"] == "idle" {
                assert!(
                    utilization < 0.7 && time < 10.0 && growth == 0.0,
                    "{decision}"
                );
                for_cpu
            } else {
                assert!(utilization > 0.9 || time > 120.0, "{decision}");
                let for_backlog =
                    workers * (growth + throughput) / throughput + workers * time / 60.0;
                if utilization > 0.9 {
                    for_backlog.max(for_cpu)
                } else {
                    for_backlog
                }
            };
            let asked = decision["workers"].as_u64().expect("a number");
            let expected = useful(wanted.ceil());
            println!(
                "{} asks for {asked}: formula {wanted:.2}, bounded {expected}",
                decision["reason"]
            );
            // A scale-down takes the highest of the last half minute.
            if decision["reason"] == "idle" {
                assert!(asked >= expected && asked < u64::from(row.in_use().expect("in use")));
            } else {
                assert_eq!(asked, expected, "{decision}");
            }
        }
    }

    fn backlog_is_true(&mut self) {
        let mut compared = 0;
        let mut worst = 0.0_f64;
        for row in &self.timeline.rows {
            let running_since = row.status["observation"]["running_since"].as_u64();
            let warmed_up = running_since.is_some_and(|since| row.at - since >= WARM_UP_MILLIS);
            let Some(reported) = row.source("backlog_bytes") else {
                continue;
            };
            // The gauges are of Flink's last refresh, a few seconds ago.
            let truth = self.rig.truth(row.at - 5000, row.at);
            let bytes: Vec<f64> = truth
                .iter()
                .filter_map(|truth| truth.backlog_bytes)
                .collect();
            let least = bytes.iter().copied().fold(f64::INFINITY, f64::min);
            let most = bytes.iter().copied().fold(0.0, f64::max);
            if !warmed_up || least < COMPARABLE_BYTES || bytes.is_empty() {
                continue;
            }
            compared += 1;
            let off = (least - reported).max(reported - most).max(0.0) / least;
            worst = worst.max(off);
            assert!(off <= 0.2, "{reported} reported, {least} to {most} true");
        }
        println!(
            "{compared} ticks compared, at most {:.1} % off",
            worst * 100.0
        );
        assert!(compared >= 3, "only {compared} ticks could be compared");
    }

    fn cooldown_holds(&mut self) {
        for row in self.rescales() {
            let running_since = &row.status["observation"]["running_since"];
            let since = row.at - running_since.as_u64().expect("it runs");
            let since = Duration::from_millis(since).as_secs();
            let down = row.status["decision"]["reason"] == "idle";
            let cooldown = if down {
                COOLDOWN_DOWN_SECONDS
            } else {
                COOLDOWN_UP_SECONDS
            };
            assert!(since >= cooldown, "{since} s after the last restart");
            assert_eq!(
                row.status["observation"]["checkpoints"]["completed_since_resume"],
                true
            );
        }
    }

    /// Writes the timeline as CSV.
    fn written(&self) -> PathBuf {
        let path = self.directory.join("timeline.csv");
        std::fs::write(&path, self.timeline.csv()).expect("a place for the timeline");
        path
    }
}

/// Of the 12 splits, at most 5 workers: 1, 2, 3 and 4 share them evenly.
fn useful(wanted: f64) -> u64 {
    let evenly = [1_u32, 2, 3]
        .into_iter()
        .find(|size| f64::from(*size) >= wanted);
    u64::from(evenly.unwrap_or(4))
}
