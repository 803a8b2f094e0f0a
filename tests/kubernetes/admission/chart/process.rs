//! The webhook as a process.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};

use crate::cluster::until;

/// Until dropped.
pub struct Process {
    process: Child,
    log: PathBuf,
}

fn payload(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/webhook");
    folder.join(name)
}

/// Its certificate, PEM, which nobody else has signed.
pub fn certificate() -> String {
    std::fs::read_to_string(payload("first.crt")).unwrap()
}

impl Process {
    /// Starts it on a port of its own, with the arguments that a container would have, apart from
    /// where it listens and where its certificate is.
    pub fn start(name: &str, arguments: &[String]) -> Self {
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("webhook-{name}.txt"));
        let of_the_pod = ["--listen=", "--tls-cert=", "--tls-key="];
        let others = arguments
            .iter()
            .filter(|argument| !of_the_pod.iter().any(|option| argument.starts_with(option)));
        let process = Command::new(env!("CARGO_BIN_EXE_outrider"))
            .env_clear()
            .env("OUTRIDER_LOG", "debug")
            .args(others)
            .args(["--listen", "127.0.0.1:0", "--tls-cert"])
            .arg(payload("first.crt"))
            .arg("--tls-key")
            .arg(payload("first.key"))
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { process, log }
    }

    /// Where the API server asks it.
    pub fn url(&self) -> String {
        let address = until("the webhook listens", || {
            let log = self.log();
            let (_, rest) = log.split_once("listen=")?;
            Some(rest.split(' ').next()?.to_owned())
        });
        format!("https://{address}/inject")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
