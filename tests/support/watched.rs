//! A run that is watched: load is offered, and each tick of the sidecar is taken down with the truth
//! beside it.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::rig::{Rig, now};
use crate::sidecar;
use crate::timeline::{Row, Timeline};

/// The rig, the sidecar's answers, and all that was seen of them.
pub struct Watched {
    pub rig: Rig,
    pub timeline: Timeline,
    /// Where the sidecar answers.
    port: u16,
    /// How many TaskManagers there really are.
    workers: Box<dyn Fn(&Rig) -> u32>,
    offered: u32,
    directory: PathBuf,
}

impl Watched {
    /// What is seen is written to `target/NAME`.
    pub fn new(rig: Rig, name: &str, port: u16, workers: impl Fn(&Rig) -> u32 + 'static) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target")
            .join(name);
        std::fs::create_dir_all(&directory).expect("a place for the timeline");
        Self {
            rig,
            timeline: Timeline {
                began: now(),
                rows: Vec::new(),
            },
            port,
            workers: Box::new(workers),
            offered: 0,
            directory,
        }
    }

    /// A file of this name beside the timeline.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub fn offer(&mut self, rate: u32) {
        self.tell(&format!("offered: {rate} records/s"));
        self.rig.run(&["produce", &rate.to_string()]);
        self.offered = rate;
    }

    /// A line for the person who looks on.
    pub fn tell(&self, what: &str) {
        println!("{:>4} s  {what}", self.timeline.seconds(now()));
    }

    /// Looks every second until a tick shows it; a generous limit, and the timeline if it is hit.
    pub fn until(&mut self, what: &str, seconds: u64, shown: impl Fn(&Row) -> bool) {
        self.until_so(what, seconds, |watched| {
            watched.timeline.rows.last().is_some_and(&shown)
        });
    }

    /// The same, of anything.
    pub fn until_so(&mut self, what: &str, seconds: u64, mut is_so: impl FnMut(&Self) -> bool) {
        let limit = now() + seconds * 1000;
        while now() < limit {
            self.look();
            if is_so(self) {
                self.tell(what);
                return;
            }
            sleep(Duration::from_secs(1));
        }
        println!("{}", self.timeline.for_a_person());
        self.written();
        panic!("not within {seconds} s: {what}");
    }

    pub fn watch(&mut self, seconds: u64) {
        let end = now() + seconds * 1000;
        while now() < end {
            self.look();
            sleep(Duration::from_secs(1));
        }
    }

    /// Takes down the sidecar's newest tick, if it is one that was not taken down yet.
    fn look(&mut self) {
        let Some(status) = sidecar::status(self.port) else {
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
            true_workers: (self.workers)(&self.rig),
            status,
        });
    }

    /// Writes the timeline as CSV.
    pub fn written(&self) -> PathBuf {
        let path = self.file("timeline.csv");
        std::fs::write(&path, self.timeline.csv()).expect("a place for the timeline");
        path
    }

    /// Everything that was produced has been finished at least once.
    pub fn nothing_is_lost(&self) {
        self.rig.run(&["produce", "0"]);
        self.rig.wait_until_drained(Duration::from_secs(120));
        let coverage = self.rig.run(&["truth-coverage"]);
        println!(
            "{}",
            coverage.split(",\"partitions\"").next().unwrap_or_default()
        );
    }
}

/// Says whether something holds, in so many words.
pub fn check(what: &str, holds: impl FnOnce()) {
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(holds));
    if let Err(why) = checked {
        println!("NOT SO: {what}");
        std::panic::resume_unwind(why);
    }
    println!("so it is: {what}");
}
