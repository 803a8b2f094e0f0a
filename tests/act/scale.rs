//! Targets in Kubernetes, against a server that answers what a real one answered.

use std::time::Duration;

use expect_test::{Expect, expect};
use outrider::outcome::Outcome;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::decisions::{hold, scale_to};
use crate::kubernetes::Scenario::{Looking, Quiet, Reading, Works, Writing};
use crate::kubernetes::Trouble::{Answers, Closes, ClosesAfterwards, Hangs};
use crate::kubernetes::{ALWAYS, Scenario, Server, actuator};
use crate::loopback::Loopback;
use crate::shown;

const TARGET: &str = "flinkdeployment/withrep";

/// A deployment of 3 is to have 6: what becomes of it, and what was asked.
async fn check(scenario: Scenario, outcome: Expect, asked: &str) {
    let server = Server::with(3, scenario).await;
    let became = server.target(TARGET).apply(&scale_to(6)).await;
    outcome.assert_eq(&shown(&became));
    assert_eq!(server.asked().join(", "), asked, "{scenario:?}");
}

// --- what is asked ---

#[tokio::test(start_paused = true)]
async fn a_hold_asks_nothing() {
    let server = Server::with(3, Quiet).await;
    let mut target = server.target(TARGET);
    for _ in 0..100 {
        assert_eq!(target.apply(&hold()).await, Outcome::Nothing);
    }
    assert_eq!(server.loopback.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_reads_the_number_and_the_object_and_then_writes() {
    let outcome = expect!["asked: Some(3) -> 6"];
    check(Works, outcome, "GET scale, GET object, PATCH scale").await;
}

#[tokio::test(start_paused = true)]
async fn a_write_names_the_version_that_was_read_and_is_strict_and_limited() {
    let server = Server::with(3, Works).await;
    server.target(TARGET).apply(&scale_to(6)).await;
    let calls = server.loopback.calls();
    let write = calls.last().unwrap();
    let object = "/apis/flink.apache.org/v1beta1/namespaces/flink/flinkdeployments/withrep";
    assert_eq!(write.path, format!("{object}/scale"));
    assert_eq!(
        write.query,
        "fieldManager=outrider&fieldValidation=Strict&timeout=3s"
    );
    let patch: Value = serde_json::from_str(&write.body).unwrap();
    let wanted = json!({"metadata": {"resourceVersion": "221"}, "spec": {"replicas": 6}});
    assert_eq!(patch, wanted);
    assert_eq!(calls[0].query, "timeout=3s");
    assert_eq!(calls[1].path, object);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_there_already_is_not_written() {
    let server = Server::with(6, Works).await;
    let became = server.target(TARGET).apply(&scale_to(6)).await;
    assert_eq!(shown(&became), "asked: Some(6) -> 6");
    assert_eq!(server.asked(), ["GET scale"]);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_scaled_by_the_right_to_scale_alone() {
    let server = Server::with(4, Looking(ALWAYS, Answers("deny-get"))).await;
    let became = server.target("deployment/plain").apply(&scale_to(6)).await;
    assert_eq!(shown(&became), "asked: Some(4) -> 6");
    assert_eq!(server.asked(), ["GET scale", "PATCH scale"]);
    let path = &server.loopback.calls()[0].path;
    assert_eq!(
        path,
        "/apis/apps/v1/namespaces/flink/deployments/plain/scale"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_with_no_replicas_has_0() {
    let server = Server::with(0, Reading(1, Answers("dep-scale-0"))).await;
    let mut target = server.target("deployment/plain");
    assert_eq!(target.look().await, None);
    server.somebody_writes(2);
    let became = target.look().await.unwrap();
    assert_eq!(shown(&became), "changed: 2 by None");
}

// --- somebody else ---

fn owned_by(manager: &str) -> impl FnOnce(&mut Value) {
    let entry = json!({
        "manager": manager, "operation": "Update", "subresource": "scale",
        "apiVersion": "flink.apache.org/v1beta1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:taskManager": {"f:replicas": {}}}},
    });
    move |object| {
        let fields = object["metadata"]["managedFields"].as_array_mut();
        fields.unwrap().push(entry);
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_somebody_else_wrote_is_adopted_and_not_overwritten() {
    let server = Server::with(3, Works)
        .await
        .with_object(owned_by("kubectl"));
    let mut target = server.target(TARGET);
    target.apply(&scale_to(6)).await;
    server.somebody_writes(2);
    let became = target.apply(&scale_to(7)).await;
    assert_eq!(shown(&became), "changed: 2 by Some(\"kubectl\")");
    assert_eq!(server.replicas(), 2);
    // Adopted: the next decision starts from it.
    let became = target.apply(&scale_to(4)).await;
    assert_eq!(shown(&became), "asked: Some(2) -> 4");
}

#[tokio::test(start_paused = true)]
async fn looking_tells_once_of_a_number_that_somebody_else_wrote() {
    let server = Server::with(3, Works).await.with_object(owned_by("argocd"));
    let mut target = server.target(TARGET);
    assert_eq!(target.look().await, None);
    target.apply(&scale_to(6)).await;
    assert_eq!(target.look().await, None);
    server.somebody_writes(3);
    let became = target.look().await.unwrap();
    assert_eq!(shown(&became), "changed: 3 by Some(\"argocd\")");
    assert_eq!(target.look().await, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_be_told_from_us_is_not_named() {
    let server = Server::with(3, Works)
        .await
        .with_object(owned_by("outrider"));
    let mut target = server.target(TARGET);
    assert_eq!(target.look().await, None);
    server.somebody_writes(5);
    let became = target.look().await.unwrap();
    assert_eq!(shown(&became), "changed: 5 by None");
}

#[tokio::test(start_paused = true)]
async fn looking_at_a_server_in_trouble_tells_nothing() {
    for trouble in [Answers("deny-scale-get"), Answers("frozen"), Hangs, Closes] {
        let server = Server::with(3, Reading(ALWAYS, trouble)).await;
        assert_eq!(server.target(TARGET).look().await, None);
        assert_eq!(server.asked(), ["GET scale"]);
    }
}

// --- what the server answers ---

#[tokio::test(start_paused = true)]
async fn a_deployment_without_replicas_is_refused_and_not_given_any() {
    check(
        Reading(ALWAYS, Answers("scale-get-unset")),
        expect![[r"refused: reading flinkdeployments/scale flink/withrep: it has no number of replicas that could be changed; set spec.taskManager.replicas (in mode: standalone) to a first number"]],
        "GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_there_is_refused() {
    check(
        Reading(ALWAYS, Answers("scale-get-missing")),
        expect![[r#"refused: reading flinkdeployments/scale flink/withrep: flinkdeployments.flink.apache.org "nope" not found (404); mend OUTRIDER_TARGET or OUTRIDER_NAMESPACE, unless it is of a kind that cannot be scaled"#]],
        "GET scale",
    )
    .await;
    check(
        Reading(ALWAYS, Answers("nocrd-admin")),
        expect!["refused: reading flinkdeployments/scale flink/withrep: the API server knows no flinkdeployments.flink.apache.org/v1beta1 (404); install the definition, or mend OUTRIDER_TARGET"],
        "GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_is_named_with_the_rule_that_grants_it() {
    check(
        Reading(ALWAYS, Answers("deny-scale-get")),
        expect![[r#"refused: reading flinkdeployments/scale flink/withrep: the right to get flinkdeployments/scale is missing (403): flinkdeployments.flink.apache.org "withrep" is forbidden: User "system:serviceaccount:flink:flink" cannot get resource "flinkdeployments/scale" in API group "flink.apache.org" in the namespace "flink"; somebody who may grant rights can apply this (kubectl apply -f -): {apiVersion: v1, kind: List, items: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: outrider-scale, namespace: flink}, rules: [{apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}, {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}]}, {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: outrider-scale, namespace: flink}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider-scale}, subjects: [{kind: ServiceAccount, name: flink, namespace: flink}]}]}"#]],
        "GET scale",
    )
    .await;
    check(
        Looking(ALWAYS, Answers("deny-get")),
        expect![[r#"refused: reading flinkdeployments flink/withrep: the right to get flinkdeployments is missing (403): flinkdeployments.flink.apache.org "withrep" is forbidden: User "system:serviceaccount:flink:flink" cannot get resource "flinkdeployments" in API group "flink.apache.org" in the namespace "flink"; somebody who may grant rights can apply this (kubectl apply -f -): {apiVersion: v1, kind: List, items: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: outrider-scale, namespace: flink}, rules: [{apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}, {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}]}, {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: outrider-scale, namespace: flink}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider-scale}, subjects: [{kind: ServiceAccount, name: flink, namespace: flink}]}]}"#]],
        "GET scale, GET object",
    )
    .await;
    check(
        Writing(ALWAYS, Answers("deny-scale-patch")),
        expect![[r#"refused: patching flinkdeployments/scale flink/withrep: the right to patch flinkdeployments/scale is missing (403): flinkdeployments.flink.apache.org "withrep" is forbidden: User "system:serviceaccount:flink:flink" cannot patch resource "flinkdeployments/scale" in API group "flink.apache.org" in the namespace "flink"; somebody who may grant rights can apply this (kubectl apply -f -): {apiVersion: v1, kind: List, items: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: outrider-scale, namespace: flink}, rules: [{apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}, {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}]}, {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: outrider-scale, namespace: flink}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider-scale}, subjects: [{kind: ServiceAccount, name: flink, namespace: flink}]}]}"#]],
        "GET scale, GET object, PATCH scale",
    )
    .await;
    check(
        Reading(ALWAYS, Answers("anonymous")),
        expect![[r#"refused: reading flinkdeployments/scale flink/withrep: no token was sent (403): flinkdeployments.flink.apache.org "withrep" is forbidden: User "system:anonymous" cannot get resource "flinkdeployments/scale" in API group "flink.apache.org" in the namespace "flink"; mount the service account's token (automountServiceAccountToken: true)"#]],
        "GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_no_longer_of_the_present_is_left_to_the_next_decision() {
    check(
        Writing(ALWAYS, Answers("scale-patch-rv-stale")),
        expect!["failed (None): patching flinkdeployments/scale flink/withrep: it changed while we decided (409); it is decided anew"],
        "GET scale, GET object, PATCH scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_accepted_is_read_anew_once() {
    check(
        Reading(ALWAYS, Answers("badtoken")),
        expect!["failed (None): reading flinkdeployments/scale flink/withrep: the API server does not accept our token (401); is the service account's token mounted, and of this cluster"],
        "GET scale, GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_replaced_is_taken_up_at_once() {
    let file = std::env::temp_dir().join(format!("outrider-token-{}", std::process::id()));
    std::fs::write(&file, "old").unwrap();
    let server = Server::with(3, Reading(1, Answers("badtoken"))).await;
    let url = format!("http://{}", server.loopback.address);
    let mut config = kube::Config::new(url.parse().unwrap());
    config.auth_info.token_file = Some(file.display().to_string());
    let mut target = actuator(config, TARGET);
    // kube keeps a token for a minute; only a new client reads it sooner.
    let became = {
        let decision = scale_to(6);
        let (outcome, ()) = tokio::join!(target.apply(&decision), async {
            while server.loopback.calls().is_empty() {
                tokio::task::yield_now().await;
            }
            std::fs::write(&file, "new").unwrap();
        });
        outcome
    };
    assert_eq!(shown(&became), "asked: Some(3) -> 6");
    let sent = server.loopback.calls().into_iter();
    let sent: Vec<String> = sent.map(|call| call.authorization).collect();
    assert_eq!(
        sent,
        ["Bearer old", "Bearer new", "Bearer new", "Bearer new"]
    );
    std::fs::remove_file(file).unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_token_file_the_sidecar_lives_on() {
    let mut config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    config.auth_info.token_file = Some("/no/such/token".into());
    let became = actuator(config, TARGET).apply(&scale_to(6)).await;
    expect![[r#"failed (None): reading flinkdeployments/scale flink/withrep: no client could be made: auth error: failed to read token file '"/no/such/token"': No such file or directory (os error 2)"#]].assert_eq(&shown(&became));
}

// --- trouble that may pass ---

#[tokio::test(start_paused = true)]
async fn an_overloaded_server_is_asked_again_after_the_pause_that_it_wants() {
    let begin = Instant::now();
    check(
        Reading(1, Answers("throttled")),
        expect!["asked: Some(3) -> 6"],
        "GET scale, GET scale, GET object, PATCH scale",
    )
    .await;
    assert!(begin.elapsed() >= Duration::from_secs(1));
    check(
        Reading(ALWAYS, Answers("throttled")),
        expect!["failed (Some(1s)): reading flinkdeployments/scale flink/withrep: the API server is overloaded (429)"],
        "GET scale, GET scale, GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_is_asked_three_times() {
    check(
        Reading(2, Answers("frozen")),
        expect!["asked: Some(3) -> 6"],
        "GET scale, GET scale, GET scale, GET object, PATCH scale",
    )
    .await;
    check(
        Reading(ALWAYS, Answers("frozen")),
        expect!["failed (None): reading flinkdeployments/scale flink/withrep: the API server answered 504: Timeout: request did not complete within the allotted timeout"],
        "GET scale, GET scale, GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_is_asked_three_times() {
    check(
        Reading(ALWAYS, Closes),
        expect!["failed (None): reading flinkdeployments/scale flink/withrep: client error (SendRequest): connection closed before message completed"],
        "GET scale, GET scale, GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_three_tries_are_made() {
    let begin = Instant::now();
    let url = format!("http://{}", Loopback::nobody().await);
    let config = kube::Config::new(url.parse().unwrap());
    let became = actuator(config, TARGET).apply(&scale_to(6)).await;
    let became = shown(&became).replace(&url, "URL");
    expect!["failed (None): reading flinkdeployments/scale flink/withrep: client error (Connect): tcp connect error: Connection refused (os error 111)"].assert_eq(&became);
    let waited = begin.elapsed();
    assert!((1..10).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_holds_nobody_up() {
    let begin = Instant::now();
    check(
        Reading(ALWAYS, Hangs),
        expect!["failed (None): reading flinkdeployments/scale flink/withrep: no answer within 5s"],
        "GET scale",
    )
    .await;
    let waited = begin.elapsed();
    assert_eq!(waited.as_secs(), 5, "{waited:?}");
}

// --- writes without an answer ---

#[tokio::test(start_paused = true)]
async fn a_write_that_broke_off_is_repeated_only_after_reading_what_became_of_it() {
    check(
        Writing(1, Closes),
        expect!["asked: Some(3) -> 6"],
        "GET scale, GET object, PATCH scale, GET scale, GET object, PATCH scale",
    )
    .await;
    check(
        Writing(1, ClosesAfterwards),
        expect!["asked: Some(3) -> 6"],
        "GET scale, GET object, PATCH scale, GET scale",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_not_answered_is_still_ours_when_it_comes_through_later() {
    let server = Server::with(3, Writing(1, Hangs)).await;
    let mut target = server.target(TARGET);
    let became = target.apply(&scale_to(6)).await;
    expect!["failed (None): patching flinkdeployments/scale flink/withrep: no answer within 5s"]
        .assert_eq(&shown(&became));
    server.somebody_writes(6);
    let became = target.look().await.unwrap();
    assert_eq!(shown(&became), "asked: Some(3) -> 6");
}
