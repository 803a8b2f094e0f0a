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
#[path = "support/watched.rs"]
mod watched;

use std::time::Duration;

use serde_json::Value;

use crate::rig::{PORT_BASE, Rig};
use crate::sidecar::Sidecar;
use crate::timeline::Row;
use crate::watched::{Watched, check};

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

/// A capacity that was learned within minutes is right to this share of it.
const LEARNED_WITHIN: f64 = 0.3;

/// The sidecar, and all that was seen of it; and one that looks on with the policy `model`.
struct Chain {
    watched: Watched,
    sidecar: Sidecar,
    model: Sidecar,
}

#[test]
fn a_real_job_is_scaled_up_and_down_again() {
    let mut chain = Chain::start();
    let watched = &mut chain.watched;
    watched.offer(LOW);
    watched.until("the job is judged on one worker", 180, |row| {
        row.in_use() == Some(1) && row.status["workers"]["recommended"].is_u64()
    });
    watched.watch(30);
    watched.offer(HIGH);
    watched.until("workers were added and used", 240, |row| {
        row.in_use() >= Some(3)
    });
    watched.until("the backlog is gone", 400, |row| {
        row.true_backlog_bytes.is_some_and(|bytes| bytes < 2e6) && row.in_use() >= Some(3)
    });
    watched.watch(30);
    let learned = chain.model.until("the model decides", |status| {
        step(status, "capacity").is_some()
    });
    let watched = &mut chain.watched;
    watched.offer(LOW);
    watched.until("workers were removed again", 400, |row| {
        row.in_use() <= Some(2) && row.in_use().is_some()
    });
    watched.watch(20);

    let timeline = watched.written();
    println!("{}", watched.timeline.for_a_person());
    check("it acts and stays", || {
        assert!(chain.sidecar.is_alive());
        let rescales = chain.rescales().len();
        assert!(rescales <= 4, "{rescales} rescales");
    });
    check("what is asked for is what the formula gives", || {
        chain.formula_holds();
    });
    check("the model has learned what the workers can read", || {
        chain.capacity_is_true(&learned);
    });
    check("backlog_bytes is true", || chain.backlog_is_true());
    check(
        "no rescale within the cooldown or before a checkpoint",
        || {
            chain.cooldown_holds();
        },
    );
    check("it ends when it is told to", || {
        assert!(chain.sidecar.stop().success());
    });
    check("every record is counted at least once", || {
        chain.watched.nothing_is_lost();
    });
    println!(
        "timeline: {}; what changed in it:\n\n{}",
        timeline.display(),
        chain.watched.timeline.for_readme()
    );
}

impl Chain {
    fn start() -> Self {
        let rig = Rig::up("real-beam-rig");
        rig.run(&["scale", "1"]);
        let target = format!("exec:{}", rig.scale_command());
        let port = PORT_BASE + 9;
        let watched = Watched::new(rig, "real-beam", port, Rig::workers);
        let (url, workers_max) = (Rig::flink_url(), WORKERS_MAX.to_string());
        let model = Sidecar::start(
            PORT_BASE + 8,
            &[
                ("OUTRIDER_FLINK_URL", &url),
                ("OUTRIDER_WORKERS_MAX", &workers_max),
                ("OUTRIDER_POLICY", "model"),
                ("OUTRIDER_MODE", "observe"),
            ],
            &watched.file("model.txt"),
        );
        let mut sidecar = Sidecar::start(
            port,
            &[
                ("OUTRIDER_FLINK_URL", &url),
                ("OUTRIDER_POLICY", "rule"),
                ("OUTRIDER_TARGET", &target),
                ("OUTRIDER_WORKERS_MAX", &workers_max),
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
            &watched.file("sidecar.txt"),
        );
        sidecar.until("it answers", |status| status["version"].is_string());
        Self {
            watched,
            sidecar,
            model,
        }
    }

    /// The rows that scaled.
    fn rescales(&self) -> Vec<&Row> {
        let scaled = |row: &&Row| row.status["decision"]["action"] == "scale_to";
        self.watched.timeline.rows.iter().filter(scaled).collect()
    }

    /// Calculated again from the values that the sidecar reports.
    fn formula_holds(&self) {
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

    /// The most that as many workers were seen to read is what they can, for they were behind.
    fn capacity_is_true(&self, learned: &Value) {
        let workers = step(learned, "workers_in_use").expect("workers");
        let capacity = step(learned, "capacity").expect("a capacity");
        let as_many = |row: &&Row| row.in_use().map(f64::from) == Some(workers);
        let rows = self.watched.timeline.rows.iter().filter(as_many);
        let read = rows.filter_map(|row| row.source("throughput"));
        let most = read.fold(0.0, f64::max);
        println!(
            "capacity of {workers} workers: learned {capacity:.0} B/s, seen {most:.0} B/s; {}",
            learned["decision"]["sentence"]
        );
        assert!((capacity / most - 1.0).abs() < LEARNED_WITHIN);
    }

    fn backlog_is_true(&self) {
        let mut compared = 0;
        let mut worst = 0.0_f64;
        for row in &self.watched.timeline.rows {
            let running_since = row.status["observation"]["running_since"].as_u64();
            let warmed_up = running_since.is_some_and(|since| row.at - since >= WARM_UP_MILLIS);
            let Some(reported) = row.source("backlog_bytes") else {
                continue;
            };
            // The gauges are of Flink's last refresh, a few seconds ago.
            let truth = self.watched.rig.truth(row.at - 5000, row.at);
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

    fn cooldown_holds(&self) {
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
}

/// A step of the decision's arithmetic.
fn step(status: &Value, name: &str) -> Option<f64> {
    let steps = status["decision"]["arithmetic"].as_array()?;
    let step = steps.iter().find(|step| step["name"] == name)?;
    step["value"].as_f64()
}

/// Of the 12 splits, at most 5 workers: 1, 2, 3 and 4 share them evenly.
fn useful(wanted: f64) -> u64 {
    let evenly = [1_u32, 2, 3]
        .into_iter()
        .find(|size| f64::from(*size) >= wanted);
    u64::from(evenly.unwrap_or(4))
}
