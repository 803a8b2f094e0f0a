//! The sidecar itself, as a process, between a job that stays as it is and a real API server.

use std::path::PathBuf;

use serde_json::Value;

use crate::place::{Place, TARGET, until};
use crate::sidecar::{Sidecar, free_port};
use crate::support::moving::{Moving, now};
use crate::support::replay::Replay;

/// A job on two workers that has all it needs, and a sidecar that may scale it.
async fn started(place: &Place, settings: &[(&str, &str)]) -> (Replay, Sidecar) {
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
async fn says(sidecar: &Sidecar, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let status = async || sidecar.status().unwrap_or_default().to_string();
    let is_it = |text: &str| is_it(&serde_json::from_str(text).unwrap());
    serde_json::from_str(&until(what, status, is_it).await).unwrap()
}

fn ticks(status: &Value) -> u64 {
    status["tick"]["ticks"].as_u64().unwrap_or_default()
}

fn reason(status: &Value) -> &str {
    status["decision"]["reason"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_steady_tick_asks_the_api_server_nothing() {
    let place = Place::at_rest();
    let settings = [("OUTRIDER_WORKERS_MIN", "2"), ("OUTRIDER_WORKERS_MAX", "2")];
    let (_flink, sidecar) = started(&place, &settings).await;
    let status = says(&sidecar, "twenty ticks", |status| ticks(status) >= 20).await;
    assert_eq!(status["outcome"]["outcome"], "nothing", "{status:#}");
    assert_eq!(status["acting"], true);
    let first_look = ["get flinkdeployments/scale 200", "get flinkdeployments 200"];
    assert_eq!(place.asked(), first_look, "once, before the first tick");
}

#[tokio::test]
async fn a_tool_that_puts_the_number_back_twice_is_named_and_not_fought() {
    let place = Place::at_rest();
    place.apply(&place.deployment("replicas: 2"));
    place.reconciled();
    let settings = [("OUTRIDER_WORKERS_MIN", "4"), ("OUTRIDER_WORKERS_MAX", "8")];
    let (_flink, sidecar) = started(&place, &settings).await;
    let file = std::env::temp_dir().join(format!("outrider-{}.yaml", place.namespace));
    std::fs::write(&file, place.deployment("replicas: 2")).unwrap();
    for _ in 0..2 {
        let four = |replicas: &str| replicas == "4";
        until("it is scaled to 4", async || place.replicas(), four).await;
        let tool = [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=argocd-controller",
            "-f",
            file.to_str().unwrap(),
        ];
        place.kubectl(&tool);
        place.reconciled();
    }
    let status = says(&sidecar, "it holds", |status| reason(status) == "reverted").await;
    let trouble = &status["troubles"][0];
    assert_eq!(trouble["name"], "reverted", "{status:#}");
    let why = trouble["why"].as_str().unwrap();
    assert!(
        why.starts_with("argocd-controller has put it back to 2 workers 2 times in a row"),
        "{why}"
    );
    let metrics = sidecar.get("/metrics").unwrap();
    assert!(metrics.contains("outrider_condition{type=\"reverted\"} 1\n"));
    assert!(
        sidecar
            .get("/")
            .unwrap()
            .contains("external change: argocd-controller")
    );
    // From now on nothing is written.
    let more = ticks(&status) + 10;
    says(&sidecar, "ten ticks more", |status| ticks(status) >= more).await;
    assert_eq!(place.replicas(), "2");
    let patches = place.asked().into_iter();
    let patches = patches.filter(|asked| asked == "patch flinkdeployments/scale 200");
    assert_eq!(patches.count(), 2);
    std::fs::remove_file(file).unwrap();
}
