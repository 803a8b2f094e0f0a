//! The sidecar as a process.

#![allow(dead_code, reason = "no test uses all of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

/// Until dropped.
pub struct Sidecar {
    process: Child,
    port: u16,
}

impl Sidecar {
    /// Starts the sidecar with these settings and no others, its log to `log`.
    pub fn start(port: u16, settings: &[(&str, &str)], log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a place for the log");
        let process = Command::new(env!("CARGO_BIN_EXE_outrider"))
            .env_clear()
            .env("PATH", std::env!("PATH"))
            .env("OUTRIDER_LISTEN", format!("127.0.0.1:{port}"))
            .envs(settings.iter().copied())
            .stderr(log)
            .spawn()
            .expect("the sidecar");
        Self { process, port }
    }

    /// What `/status` says; `None` while it does not answer.
    pub fn status(&self) -> Option<Value> {
        status(self.port)
    }

    /// The body of a page; `None` unless it answers with 200.
    pub fn get(&self, path: &str) -> Option<String> {
        get(self.port, path)
    }

    /// It must never end by itself.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Tells it to stop, as Kubernetes does, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.process.wait().expect("a child")
    }

    /// Sends it a signal: `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill")
            .args([&format!("-{signal}"), &self.process.id().to_string()])
            .status();
        assert!(told.expect("kill").success());
    }

    /// Looks until a status shows it; a generous limit.
    pub fn until(&mut self, what: &str, shown: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..1200 {
            assert!(self.is_alive(), "the sidecar ended");
            if let Some(status) = self.status().filter(&shown) {
                return status;
            }
            sleep(Duration::from_millis(100));
        }
        panic!(
            "not within two minutes: {what}; {:#}",
            self.status().unwrap_or_default()
        );
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listened to a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// What `/status` of the sidecar at this port says; `None` while it does not answer.
pub fn status(port: u16) -> Option<Value> {
    serde_json::from_str(&get(port, "/status")?).ok()
}

fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}
