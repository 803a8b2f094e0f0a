//! The sidecar as a process, and what /proc says of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use outrider::settings::FlinkUrl;

/// Of /proc/PID/stat; the same on every Linux that Rust runs on.
const CLOCK_TICKS_PER_SECOND: f64 = 100.0;

/// The sidecar, until dropped.
pub struct Sidecar {
    process: Child,
    port: u16,
}

/// What /proc says at a moment.
#[derive(Clone, Copy, Default, Debug)]
pub struct Usage {
    /// Of which `anonymous_kib` is its own, the rest pages of the binary, which the system may drop.
    pub resident_kib: u64,
    pub anonymous_kib: u64,
    pub threads: u64,
    pub cpu_seconds: f64,
}

impl Sidecar {
    pub fn start(name: &str, flink: &FlinkUrl) -> Self {
        let port = free_port();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/footprint");
        fs::create_dir_all(&folder).expect("a place for the log");
        let log = fs::File::create(folder.join(format!("{name}.txt"))).expect("a log");
        let process = Command::new(binary())
            .env_clear()
            .env("OUTRIDER_FLINK_URL", flink.to_string())
            .env("OUTRIDER_LISTEN", format!("127.0.0.1:{port}"))
            .env("OUTRIDER_MODE", "observe")
            .env("OUTRIDER_WORKERS_MAX", "2000")
            .env("OUTRIDER_INTERVAL", "1s")
            .stderr(log)
            .spawn()
            .expect("the sidecar");
        Self { process, port }
    }

    pub fn usage(&self) -> Usage {
        let proc = PathBuf::from(format!("/proc/{}", self.process.id()));
        let read = |file| fs::read_to_string(proc.join(file)).expect("the sidecar lives");
        let status = read("status");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|n| n.parse().ok()).expect("a number")
        };
        // utime and stime are the 14th and 15th; the second, in parentheses, may hold spaces.
        let stat = read("stat");
        let after_name = stat.rsplit(')').next().expect("a name in parentheses");
        let fields = after_name.split_whitespace().skip(11).take(2);
        let ticks: f64 = fields.map(|n| n.parse::<f64>().expect("a number")).sum();
        Usage {
            resident_kib: field("VmRSS:"),
            anonymous_kib: field("RssAnon:"),
            threads: field("Threads:"),
            cpu_seconds: ticks / CLOCK_TICKS_PER_SECOND,
        }
    }

    /// The body of an answer of its own server.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let limit = Some(Duration::from_secs(5));
        stream.set_read_timeout(limit).expect("a limit");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        body.to_owned()
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The release binary; or another one, to compare it with.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is set by its environment"
)]
pub fn binary() -> PathBuf {
    let other = std::env::var_os("OUTRIDER_FOOTPRINT_BINARY");
    other.map_or_else(|| env!("CARGO_BIN_EXE_outrider").into(), PathBuf::from)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("a bound address").port()
}
