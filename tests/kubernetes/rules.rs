//! A rule of the cluster on the number itself: the limit is learnt, and nothing beyond is written.

use expect_test::expect;

use crate::place::{Place, TARGET, until};

/// A cap that a platform team sets, for one namespace.
fn policy(place: &Place, expression: &str, message: &str) -> String {
    let name = format!("workers-{}", place.namespace);
    format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - apiGroups: [flink.apache.org]
      apiVersions: ["*"]
      operations: [UPDATE]
      resources: [flinkdeployments/scale]
  validations: [{{expression: "{expression}", message: "{message}"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: {name}
  validationActions: [Deny]
  matchResources:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {}}}}}
"#,
        place.namespace
    )
}

#[tokio::test]
async fn a_cap_of_the_cluster_is_found_named_and_kept_to() {
    let place = Place::at_rest();
    let expression = "object.spec.replicas >= 2 && object.spec.replicas <= 10";
    place.apply(&policy(&place, expression, "2 to 10 for this team"));
    let mut target = place.target(TARGET);
    let mut wanted = 60;
    let denied = until(
        "the policy is in force",
        async || {
            wanted += 1;
            place.reconciled();
            place.asks(&mut target, wanted).await
        },
        |outcome| outcome.starts_with("denied"),
    );
    let denied = denied.await.replace(&wanted.to_string(), "60");
    let before = place.replicas();
    expect![[r#"denied: 60, admitted 10: patching flinkdeployments/scale flink/orders: a rule of the cluster denies it (422): flinkdeployments.flink.apache.org "orders" is forbidden: ValidatingAdmissionPolicy 'workers-flink' with binding 'workers-flink' denied request: 2 to 10 for this team"#]].assert_eq(&denied);
    place.reconciled();
    assert_eq!(
        place.asks(&mut target, 10).await,
        format!("asked: Some({before}) -> 10")
    );
    assert_eq!(place.replicas(), "10");
    place.reconciled();
    let denied = place.asks(&mut target, 1).await;
    assert!(denied.starts_with("denied: 1, admitted 2: "), "{denied}");
    assert_eq!(place.replicas(), "10");
    let name = format!("workers-{}", place.namespace);
    place.kubectl(&["delete", "validatingadmissionpolicybinding", &name]);
    place.kubectl(&["delete", "validatingadmissionpolicy", &name]);
}
