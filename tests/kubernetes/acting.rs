//! A change of the number of workers: what is written, under which name, and what it costs.

use outrider::outcome::Outcome;

use crate::decisions::hold;
use crate::place::{Place, TARGET};

#[tokio::test]
async fn a_change_is_what_the_operator_reads_and_bears_one_name() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    assert_eq!(place.replicas(), "6");
    let asked = [
        "get flinkdeployments/scale 200",
        "get flinkdeployments 200",
        "patch flinkdeployments/scale 200",
    ];
    assert_eq!(place.asked(), asked);
    let ours = place.field(".metadata.managedFields[?(@.manager==\"outrider\")]");
    for part in [
        r#""subresource":"scale""#,
        r#""f:taskManager":{"f:replicas":{}}"#,
    ] {
        assert!(ours.contains(part), "{part} in {ours}");
    }
    // The operator takes it, and the next change bears the same name.
    place.reconciled();
    assert_eq!(place.asks(&mut target, 4).await, "asked: Some(6) -> 4");
    let managers = place.field(".metadata.managedFields[?(@.subresource==\"scale\")].manager");
    assert_eq!(managers, "outrider");
}

#[tokio::test]
async fn a_hold_costs_no_request_and_a_look_reads_the_number_and_the_annotations() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    place.asks(&mut target, 6).await;
    let before = place.asked().len();
    for _ in 0..100 {
        assert_eq!(target.apply(&hold()).await, Outcome::Nothing);
    }
    assert_eq!(place.asked().len(), before);
    assert_eq!(target.look().await, None);
    let look = ["get flinkdeployments/scale 200", "get flinkdeployments 200"];
    assert_eq!(place.asked()[before..], look);
}

#[tokio::test]
async fn a_deployment_a_statefulset_and_any_kind_with_a_number_are_scaled() {
    let place = Place::at_rest();
    let plain = [
        ("deployments", "Deployment", "deployment/plain"),
        ("statefulsets", "StatefulSet", "statefulset/plain"),
        ("replicasets", "ReplicaSet", "apps/v1/replicasets/plain"),
    ];
    for (plural, kind, target) in plain {
        place.grant("apps", plural);
        place.apply(&format!(
            "
apiVersion: apps/v1
kind: {kind}
metadata: {{name: plain, namespace: {}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: plain}}}}
  template:
    metadata: {{labels: {{app: plain}}}}
    spec: {{containers: [{{name: taskmanager, image: flink}}]}}
",
            place.namespace
        ));
        let mut target = place.target(target);
        assert_eq!(place.asks(&mut target, 5).await, "asked: Some(2) -> 5");
        let replicas = ["get", plural, "plain", "-o", "jsonpath={.spec.replicas}"];
        assert_eq!(place.kubectl(&replicas), "5");
    }
}

#[tokio::test]
async fn a_flinkdeployment_by_its_long_name_is_asked_for_its_state_as_well() {
    let place = Place::at_rest();
    let mut target = place.target("flink.apache.org/v1beta1/flinkdeployments/orders");
    place.status(|status| status["lifecycleState"] = "UPGRADING".into());
    assert_eq!(
        place.asks(&mut target, 6).await,
        "refused: scaling flinkdeployment flink/orders: \
         it is not at rest: lifecycleState is UPGRADING, not STABLE"
    );
    assert_eq!(place.replicas(), "3");
}
