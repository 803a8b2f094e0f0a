//! The admission webhook: what it answers, to whom, and that it never refuses a pod.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]

#[path = "webhook/certificates.rs"]
mod certificates;
#[path = "webhook/chart.rs"]
mod chart;
#[path = "webhook/command.rs"]
mod command;
#[path = "support/pods.rs"]
mod pods;
#[path = "webhook/review.rs"]
mod review;
#[path = "webhook/server.rs"]
mod server;

use std::path::{Path, PathBuf};

/// A file of `tests/payloads/webhook`.
fn payload(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/webhook");
    folder.join(name)
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("webhook")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
