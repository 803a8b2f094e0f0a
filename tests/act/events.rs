//! Events about the target: posted aside, never waited for.

use std::time::Duration;

use outrider::act::Actuator;
use outrider::report::notices::{Kind, Notice};
use outrider::units::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::decisions::scale_to;
use crate::kubernetes::Scenario::{Telling, Works};
use crate::kubernetes::Trouble::{Answers, Closes, Hangs};
use crate::kubernetes::{ALWAYS, Server};
use crate::shown;

const TARGET: &str = "flinkdeployment/withrep";

fn notice(note: &str) -> Notice {
    Notice {
        at: Timestamp::from_millis(1_769_860_800_250),
        kind: Kind::ScalingUp,
        note: note.into(),
    }
}

fn posts(server: &Server) -> usize {
    let asked = server.asked();
    asked.iter().filter(|asked| *asked == "POST event").count()
}

/// Until so many were posted; the clock of these tests runs by itself.
async fn posted(server: &Server, events: usize) {
    let begin = Instant::now();
    while posts(server) < events {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{:?}",
            server.asked()
        );
        sleep(Duration::from_millis(10)).await;
    }
}

async fn looked(server: &Server, target: &str) -> Actuator {
    let mut target = server.target(target);
    target.look().await;
    target
}

#[tokio::test(start_paused = true)]
async fn an_event_names_the_very_object_and_everything_that_the_server_wants() {
    let server = Server::with(3, Works).await;
    looked(&server, TARGET).await.tell(&notice("from 3 to 6"));
    posted(&server, 1).await;
    let call = server.loopback.calls().pop().unwrap();
    assert_eq!(call.path, "/apis/events.k8s.io/v1/namespaces/flink/events");
    assert_eq!(
        call.query,
        "fieldManager=outrider&fieldValidation=Strict&timeout=3s"
    );
    let event: Value = serde_json::from_str(&call.body).unwrap();
    let expected = json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": { "generateName": "withrep-outrider-", "namespace": "flink" },
        "eventTime": "2026-01-31T12:00:00.250000Z",
        "type": "Normal",
        "reason": "ScalingUp",
        "action": "Scaling",
        "note": "from 3 to 6",
        "regarding": {
            "apiVersion": "flink.apache.org/v1beta1",
            "kind": "FlinkDeployment",
            "namespace": "flink",
            "name": "withrep",
            "uid": "c6bf0f08-cd59-4491-89f1-3a6b5236ef88",
        },
        "reportingController": "outrider",
        "reportingInstance": "outrider",
    });
    assert_eq!(event, expected);
}

#[tokio::test(start_paused = true)]
async fn a_note_that_is_too_long_is_cut_between_letters() {
    let server = Server::with(3, Works).await;
    let long = format!("a{}", "ü".repeat(1000));
    looked(&server, TARGET).await.tell(&notice(&long));
    posted(&server, 1).await;
    let call = server.loopback.calls().pop().unwrap();
    let event: Value = serde_json::from_str(&call.body).unwrap();
    let note = event["note"].as_str().unwrap();
    assert_eq!(note.len(), 1023);
    assert!(long.starts_with(note));
}

#[tokio::test(start_paused = true)]
async fn what_was_never_read_or_is_of_a_kind_unknown_gets_no_event() {
    let server = Server::with(3, Works).await;
    server.target(TARGET).tell(&notice("too early"));
    looked(&server, "example.org/v1/things/withrep")
        .await
        .tell(&notice("of what kind?"));
    looked(&server, "deployment/plain")
        .await
        .tell(&notice("of this"));
    posted(&server, 1).await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(posts(&server), 1);
    let call = server.loopback.calls().pop().unwrap();
    let event: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(event["regarding"]["apiVersion"], "apps/v1");
    assert_eq!(event["regarding"]["kind"], "Deployment");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_events_is_scaled_on_all_the_same() {
    for trouble in [Answers("deny-event"), Answers("frozen"), Closes, Hangs] {
        let server = Server::with(3, Telling(ALWAYS, trouble)).await;
        let mut target = looked(&server, TARGET).await;
        target.tell(&notice("first"));
        posted(&server, 1).await;
        let began = Instant::now();
        let became = target.apply(&scale_to(6)).await;
        assert_eq!(shown(&became), "asked: Some(3) -> 6", "{trouble:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{trouble:?}");
        // Each is tried once, and the next one comes after it.
        target.tell(&notice("second"));
        posted(&server, 2).await;
        assert_eq!(posts(&server), 2, "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_lets_few_events_wait_and_nobody_wait_for_them() {
    let server = Server::with(3, Telling(ALWAYS, Hangs)).await;
    let mut target = looked(&server, TARGET).await;
    let began = Instant::now();
    for _ in 0..1000 {
        target.tell(&notice("again"));
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    // One in flight; each is given up after 5 s; 16 wait.
    sleep(Duration::from_secs(4)).await;
    assert_eq!(posts(&server), 1);
    sleep(Duration::from_secs(600)).await;
    assert!((16..=17).contains(&posts(&server)), "{}", posts(&server));
}
