//! The real servers (tests/rig/flink), driven from a test.

#![allow(dead_code, reason = "no test uses all of it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Where the rig listens, away from one that a person has started by hand.
pub const PORT_BASE: u16 = 28480;

/// Kafka, JobManager, TaskManagers and producer, until dropped.
pub struct Rig {
    directory: PathBuf,
    truth: Arc<Mutex<Vec<Truth>>>,
    watch: Option<Child>,
}

/// What was really produced and finished at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    pub at: u64,
    /// `None` while Kafka does not answer.
    pub backlog_bytes: Option<f64>,
}

#[expect(clippy::disallowed_methods, reason = "real servers live in real time")]
impl Rig {
    /// Starts all of it, the job without a worker yet.
    pub fn up(name: &str) -> Self {
        Self::begin(name, "up")
    }

    /// Starts Kafka alone: the job runs elsewhere, its REST API at [`Rig::flink_url`].
    pub fn kafka(name: &str) -> Self {
        Self::begin(name, "up-kafka")
    }

    fn begin(name: &str, up: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target")
            .join(name);
        let mut rig = Self {
            directory,
            truth: Arc::default(),
            watch: None,
        };
        rig.run(&["down"]);
        rig.run(&[up]);
        rig.watch_truth();
        rig
    }

    /// Where a job that runs elsewhere writes what it has really finished.
    pub fn truth_directory(&self) -> PathBuf {
        self.directory.join("run")
    }

    /// Flink's REST API.
    pub fn flink_url() -> String {
        format!("http://127.0.0.1:{}", PORT_BASE + 1)
    }

    /// The command that brings the TaskManagers to a number, for the target `exec:`.
    pub fn scale_command(&self) -> String {
        format!(
            "env RIG_DIR={} {} scale",
            self.directory.display(),
            script().display()
        )
    }

    /// Runs a command of the rig and gives what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the rig's script");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "tests/rig/flink {arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// TaskManager processes that live.
    pub fn workers(&self) -> u32 {
        let printed = self.run(&["workers"]);
        printed.trim().parse().expect("a number of workers")
    }

    /// Until nothing is left to read; the producer has been paused.
    pub fn wait_until_drained(&self, limit: Duration) {
        let began = Instant::now();
        while began.elapsed() < limit {
            let lately = self.truth(now() - 2_000, now());
            if lately
                .last()
                .is_some_and(|truth| truth.backlog_bytes == Some(0.0))
            {
                return;
            }
            thread::sleep(Duration::from_millis(500));
        }
        panic!("the backlog was not gone within {limit:?}");
    }

    /// What was true from `from` to `to`.
    pub fn truth(&self, from: u64, to: u64) -> Vec<Truth> {
        let truth = self.truth.lock().expect("the watch does not panic");
        truth
            .iter()
            .filter(|truth| (from..=to).contains(&truth.at))
            .copied()
            .collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(script());
        command
            .args(arguments)
            .env("RIG_DIR", &self.directory)
            .env("RIG_PORT", PORT_BASE.to_string());
        command
    }

    fn watch_truth(&mut self) {
        let mut watch = self
            .command(&["truth", "500"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the rig's script");
        let lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
        self.watch = Some(watch);
        let truth = Arc::clone(&self.truth);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str::<Value>(&line) {
                    truth.lock().expect("nobody panics holding it").push(Truth {
                        at: line["t"].as_u64().expect("a time"),
                        backlog_bytes: line["backlog_bytes"].as_f64(),
                    });
                }
            }
        });
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            let _ = watch.kill();
            let _ = watch.wait();
        }
        let _ = self.command(&["down"]).status();
    }
}

/// Milliseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "real servers live in real time")]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_millis()).expect("before the year 500 million")
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/flink")
}
