//! The demo as a process.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::http::exchange;

/// Until dropped; or until its time is over, should nobody be left to drop it.
pub struct Demo {
    process: Child,
    /// It writes to us as long as it runs.
    _told: BufReader<ChildStdout>,
    /// `http://127.0.0.1:PORT/`.
    pub page: String,
}

// === impl Demo ===

impl Demo {
    pub fn start() -> Self {
        Self::by("rule")
    }

    /// With this policy.
    pub fn by(policy: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_outrider"))
            .env_clear()
            .env("OUTRIDER_LISTEN", "127.0.0.1:0")
            .args(["demo", "--for", "10m", "--format", "json"])
            .args(["--policy", policy])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo");
        let mut told = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        told.read_line(&mut line).expect("text");
        let started: Value = serde_json::from_str(&line).expect("an object");
        Self {
            process,
            _told: told,
            page: started["page"].as_str().expect("an address").into(),
        }
    }

    pub fn status(&self) -> Value {
        let address = self.page.trim_start_matches("http://").trim_matches('/');
        exchange(address, "GET", "/status", "").expect("/status")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
