//! What a real API server and the state of the object forbid, and what a person can do about it.

use std::sync::Arc;

use expect_test::{Expect, expect};
use kube::config::AuthInfo;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::place::{Place, TARGET, until};

/// The deployment of 3 is to have 6, and stays at 3.
async fn check(place: &Place, outcome: Expect) {
    let mut target = place.target(TARGET);
    outcome.assert_eq(&place.asks(&mut target, 6).await);
    assert_eq!(place.replicas(), "3");
}

// --- the object's state ---

#[tokio::test]
async fn a_deployment_without_replicas_is_not_given_any() {
    let place = Place::at_rest();
    place.kubectl(&["delete", "flinkdeployment/orders"]);
    place.apply(&place.deployment(""));
    place.reconciled();
    let mut target = place.target(TARGET);
    expect!["refused: reading flinkdeployments/scale flink/orders: it has no number of replicas that could be changed; set spec.taskManager.replicas (in mode: standalone) to a first number"].assert_eq(&place.asks(&mut target, 6).await);
    assert_eq!(place.replicas(), "");
    assert_eq!(place.asked(), ["get flinkdeployments/scale 500"; 1]);
}

#[tokio::test]
async fn a_deployment_that_is_being_deleted_is_left_alone() {
    let place = Place::at_rest();
    let finalizer = r#"{"metadata":{"finalizers":["example.com/waits"]}}"#;
    place.kubectl(&[
        "patch",
        "flinkdeployment/orders",
        "--type=merge",
        "-p",
        finalizer,
    ]);
    place.reconciled();
    place.kubectl(&["delete", "flinkdeployment/orders", "--wait=false"]);
    check(
        &place,
        expect!["refused: scaling flinkdeployment flink/orders: it is being deleted"],
    )
    .await;
    let none = r#"{"metadata":{"finalizers":null}}"#;
    place.kubectl(&[
        "patch",
        "flinkdeployment/orders",
        "--type=merge",
        "-p",
        none,
    ]);
}

#[tokio::test]
async fn with_each_definition_the_operator_is_waited_for_until_it_has_taken_the_last_change() {
    let older = Arc::new(Cluster::own_with_definitions("older", "1.7.0"));
    for (cluster, tells_generation) in [(older, false), (Cluster::shared(), true)] {
        let place = Place::of(cluster);
        // The older definition has no such field, and its server drops it.
        let told = place.field(".status.observedGeneration");
        assert_eq!(!told.is_empty(), tells_generation, "{told}");
        let mut target = place.target(TARGET);
        assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
        expect!["refused: scaling flinkdeployment flink/orders: it has a change (generation 2) that the operator has not taken (it is at 1)"].assert_eq(&place.asks(&mut target, 7).await);
        place.reconciled();
        assert_eq!(place.asks(&mut target, 7).await, "asked: Some(6) -> 7");
    }
}

#[tokio::test]
async fn an_upgrade_and_a_savepoint_are_not_disturbed() {
    let place = Place::at_rest();
    place.status(|status| status["lifecycleState"] = json!("UPGRADING"));
    check(&place, expect!["refused: scaling flinkdeployment flink/orders: it is not at rest: lifecycleState is UPGRADING, not STABLE"]).await;
    place.status(|status| status["reconciliationStatus"]["state"] = json!("UPGRADING"));
    check(&place, expect!["refused: scaling flinkdeployment flink/orders: it is not at rest: reconciliationStatus.state is UPGRADING, not DEPLOYED"]).await;
    place.status(|status| {
        status["jobStatus"]["savepointInfo"] = json!({
            "triggerId": "4f3c", "triggerTimestamp": 1, "triggerType": "MANUAL",
            "formatType": "CANONICAL", "lastPeriodicSavepointTimestamp": 0,
            "savepointHistory": [],
        });
    });
    check(
        &place,
        expect!["refused: scaling flinkdeployment flink/orders: it has a savepoint in progress"],
    )
    .await;
}

// --- rights and names ---

#[tokio::test]
async fn a_missing_right_is_granted_by_applying_what_the_refusal_says() {
    let place = Place::without_rights(Cluster::shared());
    let mut target = place.target(TARGET);
    let refused = place.asks(&mut target, 6).await;
    expect![[r#"refused: reading flinkdeployments/scale flink/orders: the right to get flinkdeployments/scale is missing (403): flinkdeployments.flink.apache.org "orders" is forbidden: User "system:serviceaccount:flink:flink" cannot get resource "flinkdeployments/scale" in API group "flink.apache.org" in the namespace "flink"; somebody who may grant rights can apply this (kubectl apply -f -): {apiVersion: v1, kind: List, items: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: outrider-scale, namespace: flink}, rules: [{apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}, {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}]}, {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: outrider-scale, namespace: flink}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider-scale}, subjects: [{kind: ServiceAccount, name: flink, namespace: flink}]}]}"#]].assert_eq(&refused);
    let (_, list) = refused.split_once("(kubectl apply -f -): ").unwrap();
    place.apply(&list.replace(
        "namespace: flink",
        &format!("namespace: {}", place.namespace),
    ));
    // RBAC reads roles from its own cache, a moment later.
    let asked = until(
        "the right is granted",
        async || place.asks(&mut target, 6).await,
        |outcome| !outcome.starts_with("refused"),
    );
    assert_eq!(asked.await, "asked: Some(3) -> 6");
    place.kubectl(&["delete", "rolebinding", "outrider-scale"]);
    place.reconciled();
    let taken = until(
        "the right is taken away",
        async || place.asks(&mut target, 6).await,
        |outcome| outcome.starts_with("refused: reading flinkdeployments/scale"),
    );
    taken.await;
}

#[tokio::test]
async fn an_object_or_a_kind_that_is_not_there_is_named() {
    let place = Place::at_rest();
    let mut target = place.target("flinkdeployment/nope");
    expect![[r#"refused: reading flinkdeployments/scale flink/nope: flinkdeployments.flink.apache.org "nope" not found (404); mend OUTRIDER_TARGET or OUTRIDER_NAMESPACE, unless it is of a kind that cannot be scaled"#]].assert_eq(&place.asks(&mut target, 6).await);
    // Who may do everything is told in plain text that there is no such kind.
    let binding = format!("everything-{}", place.namespace);
    let account = format!("--serviceaccount={}:flink", place.namespace);
    let role = "--clusterrole=cluster-admin";
    place.kubectl(&["create", "clusterrolebinding", &binding, role, &account]);
    for unknown in [
        "example.com/v1/widgets/orders",
        "flink.apache.org/v9/flinkdeployments/orders",
    ] {
        let mut target = place.target(unknown);
        let told = until(
            "the right is granted",
            async || place.asks(&mut target, 6).await,
            |outcome| !outcome.contains("(403)"),
        );
        let told = told.await;
        assert!(
            told.contains("(404); install the definition, or mend OUTRIDER_TARGET"),
            "{told}"
        );
    }
    place.kubectl(&["delete", "clusterrolebinding", &binding]);
}

// --- tokens ---

#[tokio::test]
async fn a_token_that_was_rotated_is_read_anew_and_the_change_goes_on() {
    let place = Place::at_rest();
    let token = |place: &Place| {
        let token = place.kubectl(&["create", "token", "flink"]);
        token.trim().to_owned()
    };
    let mut config = place.config();
    let file = std::env::temp_dir().join(format!("outrider-{}.token", place.namespace));
    std::fs::write(&file, token(&place)).unwrap();
    config.auth_info = AuthInfo {
        token_file: Some(file.display().to_string()),
        ..AuthInfo::default()
    };
    let mut target = place.target_with(config, TARGET);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    place.reconciled();
    // An account that is made anew is another one: its old tokens are worth nothing.
    place.kubectl(&["delete", "serviceaccount", "flink"]);
    place.kubectl(&["create", "serviceaccount", "flink"]);
    let refused = until(
        "the old token is not accepted",
        async || {
            let outcome = target.look().await;
            assert_eq!(outcome, None);
            place.asks(&mut target, 6).await
        },
        |outcome| outcome.contains("(401)"),
    );
    expect!["failed (None): reading flinkdeployments/scale flink/orders: the API server does not accept our token (401); is the service account's token mounted, and of this cluster"].assert_eq(&refused.await);
    std::fs::write(&file, token(&place)).unwrap();
    assert_eq!(place.asks(&mut target, 4).await, "asked: Some(6) -> 4");
    std::fs::remove_file(file).unwrap();
}

// --- at the same time ---

#[tokio::test]
async fn a_change_in_between_leads_to_a_new_decision_and_not_to_a_blind_repeat() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    let client = kube::Client::try_from(place.administrator()).unwrap();
    let path = format!(
        "/apis/flink.apache.org/v1beta1/namespaces/{}/flinkdeployments/orders",
        place.namespace
    );
    // Somebody who annotates the object without a pause.
    let busy = tokio::spawn(async move {
        for number in 0_u32.. {
            let patch = json!({"metadata": {"annotations": {"number": number.to_string()}}});
            let request = hyper::Request::patch(&path)
                .header("content-type", "application/merge-patch+json")
                .body(patch.to_string().into_bytes())
                .unwrap();
            client.request::<Value>(request).await.unwrap();
        }
    });
    let mut wanted = 3;
    let overtaken = until(
        "a write is overtaken",
        async || {
            wanted = if wanted == 3 { 6 } else { 3 };
            place.reconciled();
            place.asks(&mut target, wanted).await
        },
        |outcome| outcome.contains("(409)"),
    );
    expect!["failed (None): patching flinkdeployments/scale flink/orders: it changed while we decided (409); it is decided anew"].assert_eq(&overtaken.await);
    busy.abort();
    let mut patches = place
        .asked()
        .into_iter()
        .filter(|asked| asked.starts_with("patch"));
    assert_eq!(
        patches.next_back().unwrap(),
        "patch flinkdeployments/scale 409"
    );
    assert_eq!(target.look().await, None, "nothing was written");
}
