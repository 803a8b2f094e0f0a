//! The sidecar itself, as a process, between a job that stays as it is and a real API server.

use std::path::PathBuf;

use serde_json::Value;

use crate::place::{Place, TARGET, until};
use crate::sidecar::{Sidecar, free_port};
use crate::support::moving::{Moving, now};
use crate::support::replay::Replay;

/// A job on two workers that has all it needs, and a sidecar that may scale it.
pub async fn started(place: &Place, settings: &[(&str, &str)]) -> (Replay, Sidecar) {
    let today = now();
    let job = Moving::since(today);
    let flink = Replay::answering(today, move |now, target| job.answer(now, target)).await;
    let url = flink.url();
    let url = format!("http://{}:{}", url.host, url.port);
    let kubeconfig = place.cluster.kubeconfig_as(&place.namespace, "flink");
    let given = [
        ("KUBECONFIG", kubeconfig.to_str().unwrap()),
        ("OUTRIDER_FLINK_URL", &url),
        ("OUTRIDER_TARGET", TARGET),
        ("OUTRIDER_NAMESPACE", &place.namespace),
        ("OUTRIDER_INTERVAL", "1s"),
        ("OUTRIDER_COOLDOWN_UP", "1"),
        ("OUTRIDER_COOLDOWN_UP_MIN", "1s"),
    ];
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.txt", place.namespace));
    let sidecar = Sidecar::start(free_port(), &[&given[..], settings].concat(), &log);
    (flink, sidecar)
}

/// What the sidecar says at last.
pub async fn says(sidecar: &Sidecar, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let status = async || sidecar.status().unwrap_or_default().to_string();
    let is_it = |text: &str| is_it(&serde_json::from_str(text).unwrap());
    serde_json::from_str(&until(what, status, is_it).await).unwrap()
}

pub fn ticks(status: &Value) -> u64 {
    status["tick"]["ticks"].as_u64().unwrap_or_default()
}

pub fn reason(status: &Value) -> &str {
    status["decision"]["reason"].as_str().unwrap_or_default()
}
