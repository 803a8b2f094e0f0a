//! The sidecar itself: what it asks of a real API server, and what it does not.

use crate::place::{Place, until};
use crate::sidecars::{reason, says, started, ticks};

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
