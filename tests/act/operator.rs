//! When a FlinkDeployment may be scaled: what its operator says about it.

use expect_test::{Expect, expect};
use outrider::outcome::Outcome;
use serde_json::{Value, json};

use crate::decisions::scale_to;
use crate::kubernetes::Scenario::Works;
use crate::kubernetes::Server;
use crate::shown;

/// A deployment of 3 is to have 6, with something about it changed first.
async fn check_object(change: impl FnOnce(&mut Value), outcome: Expect) {
    let server = Server::with(3, Works).await.with_object(change);
    let became = server
        .target("flinkdeployment/withrep")
        .apply(&scale_to(6))
        .await;
    outcome.assert_eq(&shown(&became));
    let written = matches!(became, Outcome::Asked { .. });
    assert_eq!(server.replicas(), if written { 6 } else { 3 });
}

#[tokio::test(start_paused = true)]
async fn a_deployment_at_rest_is_scaled() {
    let asked = || expect!["asked: Some(3) -> 6"];
    check_object(|_| {}, asked()).await;
    check_object(
        |o| o["status"]["lifecycleState"] = json!("DEPLOYED"),
        asked(),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_deleted_is_left_alone() {
    let deleted =
        |o: &mut Value| o["metadata"]["deletionTimestamp"] = json!("2026-11-20T09:15:21Z");
    check_object(
        deleted,
        expect!["refused: scaling flinkdeployment flink/withrep: it is being deleted"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_not_at_rest_is_left_alone() {
    check_object(
        |o| o["status"]["lifecycleState"] = json!("UPGRADING"),
        expect!["refused: scaling flinkdeployment flink/withrep: it is not at rest: lifecycleState is UPGRADING, not STABLE"],
    )
    .await;
    check_object(
        |o| o["status"]["reconciliationStatus"]["state"] = json!("UPGRADING"),
        expect!["refused: scaling flinkdeployment flink/withrep: it is not at rest: reconciliationStatus.state is UPGRADING, not DEPLOYED"],
    )
    .await;
    check_object(|o| o["status"] = Value::Null, expect!["refused: scaling flinkdeployment flink/withrep: it has no status: the operator has not seen it yet, or does not run"]).await;
    check_object(
        |o| o["status"]["jobStatus"]["savepointInfo"]["triggerId"] = json!("4f3c"),
        expect!["refused: scaling flinkdeployment flink/withrep: it has a savepoint in progress"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_with_a_change_that_the_operator_has_not_taken_is_left_alone() {
    check_object(|o| o["metadata"]["generation"] = json!(7), expect!["refused: scaling flinkdeployment flink/withrep: it has a change (generation 7) that the operator has not taken (it is at 6)"]).await;
    let refused = |o: &mut Value| {
        o["metadata"]["generation"] = json!(7);
        o["status"]["error"] =
            json!("{\"message\":\"TaskManager replicas must be larger than 0\"}");
    };
    check_object(refused, expect![[r#"refused: scaling flinkdeployment flink/withrep: it has a change (generation 7) that the operator has not taken (it is at 6): {"message":"TaskManager replicas must be larger than 0"}"#]]).await;
}

#[tokio::test(start_paused = true)]
async fn an_older_operator_tells_its_generation_in_the_last_reconciled_spec() {
    let older = |generation: u32| {
        move |o: &mut Value| {
            let status = o["status"].as_object_mut().unwrap();
            status.remove("observedGeneration").unwrap();
            o["metadata"]["generation"] = json!(generation);
        }
    };
    check_object(older(6), expect!["asked: Some(3) -> 6"]).await;
    check_object(older(7), expect!["refused: scaling flinkdeployment flink/withrep: it has a change (generation 7) that the operator has not taken (it is at 6)"]).await;
    let untold = |o: &mut Value| {
        older(7)(o);
        let status = o["status"]["reconciliationStatus"].as_object_mut();
        status.unwrap().remove("lastReconciledSpec").unwrap();
    };
    check_object(untold, expect!["asked: Some(3) -> 6"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_native_deployment_is_left_alone_because_it_would_be_redeployed() {
    check_object(|o| o["spec"]["mode"] = json!("native"), expect!["refused: scaling flinkdeployment flink/withrep: it is in native mode, where a change of replicas redeploys the whole job; deploy it with mode: standalone and scheduler-mode: reactive, or set OUTRIDER_TARGET=flink for the adaptive scheduler"]).await;
    let unset = |o: &mut Value| {
        o["spec"].as_object_mut().unwrap().remove("mode").unwrap();
    };
    check_object(unset, expect!["refused: scaling flinkdeployment flink/withrep: it is in native mode, where a change of replicas redeploys the whole job; deploy it with mode: standalone and scheduler-mode: reactive, or set OUTRIDER_TARGET=flink for the adaptive scheduler"]).await;
}
