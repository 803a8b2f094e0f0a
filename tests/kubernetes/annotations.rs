//! What people write on a FlinkDeployment with kubectl, and that it is kept.

use serde_json::Value;

use crate::place::{Place, TARGET};
use crate::sidecars::{reason, says, started, ticks};

impl Place {
    fn annotate(&self, annotations: &[&str]) {
        let annotate = ["annotate", "--overwrite", "flinkdeployment/orders"];
        self.kubectl(&[&annotate[..], annotations].concat());
    }
}

/// What became of the decisions in its history.
fn outcomes(status: &Value) -> Vec<&str> {
    let changes = status["changes"].as_array().unwrap().iter();
    let outcomes = changes.filter_map(|change| change["outcome"]["outcome"].as_str());
    outcomes.collect()
}

#[tokio::test]
async fn a_pause_written_with_kubectl_is_kept_until_it_is_taken_back_and_nothing_is_redeployed() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    assert_eq!(target.look().await, None);
    let generation = place.field(".metadata.generation");
    place.annotate(&["outrider.dev/paused=true"]);
    let outdated = "outdated: scaling flinkdeployment flink/orders: its annotations have changed";
    assert_eq!(place.asks(&mut target, 6).await, outdated);
    assert_eq!(place.replicas(), "3");
    let pause = target.overrides().unwrap().pauses[0].clone();
    // The command that the page shows ends it, to the letter.
    let words: Vec<&str> = pause.ended_by.split(' ').collect();
    let (kubectl, words) = words.split_first().unwrap();
    assert_eq!(*kubectl, "kubectl");
    place.cluster.kubectl(words);
    assert_eq!(
        place.field(".metadata.annotations.outrider\\.dev/paused"),
        ""
    );
    assert_eq!(place.asks(&mut target, 6).await, outdated);
    assert_eq!(target.overrides().unwrap().pauses, []);
    // The operator acts on a change of the generation, and annotations are none.
    assert_eq!(place.field(".metadata.generation"), generation);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    assert_eq!(place.replicas(), "6");
}

#[tokio::test]
async fn a_sidecar_that_finds_a_pause_when_it_starts_scales_nothing_and_says_how_to_end_it() {
    let place = Place::at_rest();
    place.annotate(&[
        "outrider.dev/paused-scale-up=true",
        "outrider.dev/workers-min=two",
    ]);
    let settings = [("OUTRIDER_WORKERS_MIN", "4"), ("OUTRIDER_WORKERS_MAX", "8")];
    let (_flink, sidecar) = started(&place, &settings).await;
    let status = says(&sidecar, "it holds", |status| reason(status) == "paused").await;
    let names = status["troubles"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .filter_map(|trouble| trouble["name"].as_str())
        .collect();
    assert_eq!(names, ["paused", "annotations_invalid"], "{status:#}");
    let metrics = sidecar.get("/metrics").unwrap();
    assert!(metrics.contains("outrider_condition{type=\"paused\"} 1\n"));
    let command = format!(
        "kubectl annotate --namespace {} flinkdeployment orders outrider.dev/paused-scale-up-",
        place.namespace
    );
    assert!(sidecar.get("/").unwrap().contains(&command));
    // It knew before it had decided anything.
    assert!(!outcomes(&status).contains(&"outdated"), "{status:#}");
    let more = ticks(&status) + 10;
    says(&sidecar, "ten ticks more", |status| ticks(status) >= more).await;
    assert_eq!(place.replicas(), "3");
    let asked = ["get flinkdeployments/scale 200", "get flinkdeployments 200"];
    let asked_of_it = place.asked().into_iter();
    let asked_of_it = asked_of_it.filter(|asked| asked.contains("flinkdeployments"));
    assert_eq!(asked_of_it.collect::<Vec<_>>(), asked);
}

#[tokio::test]
async fn a_pause_written_while_the_sidecar_runs_is_found_before_it_acts() {
    let place = Place::at_rest();
    let settings = [("OUTRIDER_WORKERS_MIN", "4"), ("OUTRIDER_WORKERS_MAX", "8")];
    let (_flink, sidecar) = started(&place, &settings).await;
    // It has looked at the target before its first tick ended; the job's numbers settle yet.
    says(&sidecar, "a tick", |status| ticks(status) >= 1).await;
    place.annotate(&["outrider.dev/paused=2999-12-31T23:59:59+01:00"]);
    let status = says(&sidecar, "it holds", |status| reason(status) == "paused").await;
    assert!(outcomes(&status).contains(&"outdated"), "{status:#}");
    assert!(!outcomes(&status).contains(&"asked"), "{status:#}");
    assert_eq!(place.replicas(), "3");
    assert!(!place.asked().iter().any(|asked| asked.starts_with("patch")));
}

#[tokio::test]
async fn bounds_written_with_kubectl_are_decided_with_in_place_of_the_settings() {
    let place = Place::at_rest();
    place.annotate(&["outrider.dev/workers-min=5", "outrider.dev/workers-max=6"]);
    let settings = [("OUTRIDER_WORKERS_MIN", "1"), ("OUTRIDER_WORKERS_MAX", "2")];
    let (_flink, sidecar) = started(&place, &settings).await;
    let asked = |status: &Value| status["workers"]["asked"] == 5;
    let status = says(&sidecar, "it is scaled to 5", asked).await;
    assert_eq!(status["workers"]["min"], 5);
    assert_eq!(status["workers"]["max"], 6);
    assert_eq!(place.replicas(), "5");
    let metrics = sidecar.get("/metrics").unwrap();
    assert!(metrics.contains("outrider_workers_min 5\n"), "{metrics}");
}
