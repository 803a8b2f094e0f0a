//! What a rule of the cluster denies, and what it would admit.

use expect_test::{Expect, expect};

use crate::decisions::scale_to;
use crate::kubernetes::Scenario::{self, Admits, Writing};
use crate::kubernetes::Trouble::Answers;
use crate::kubernetes::{ALWAYS, Server};
use crate::shown;

const TARGET: &str = "flinkdeployment/withrep";

/// A deployment of 3 is to have so many: what becomes of it, and what was asked.
async fn check(scenario: Scenario, wanted: u32, outcome: Expect, asked: Expect) {
    let server = Server::with(3, scenario).await;
    let became = server.target(TARGET).apply(&scale_to(wanted)).await;
    outcome.assert_eq(&shown(&became));
    asked.assert_eq(&server.asked().join(", "));
    assert_eq!(server.replicas(), 3, "a denial writes nothing");
}

#[tokio::test(start_paused = true)]
async fn the_nearest_number_that_is_admitted_is_found_by_rehearsals() {
    check(Admits(1, 10), 20, expect![[r#"denied: 20, admitted 10: patching flinkdeployments/scale flink/withrep: a rule of the cluster denies it (422): flinkdeployments.flink.apache.org "withrep" is forbidden: ValidatingAdmissionPolicy 'scale-rule' with binding 'scale-rule' denied request: scale rule: 1 to 4"#]], expect!["GET scale, GET object, PATCH scale, rehearsal 11, rehearsal 7, rehearsal 9, rehearsal 10"]).await;
    check(Admits(3, 3), 4, expect![[r#"denied: 4, admitted 3: patching flinkdeployments/scale flink/withrep: a rule of the cluster denies it (422): flinkdeployments.flink.apache.org "withrep" is forbidden: ValidatingAdmissionPolicy 'scale-rule' with binding 'scale-rule' denied request: scale rule: 1 to 4"#]], expect!["GET scale, GET object, PATCH scale"]).await;
}

#[tokio::test(start_paused = true)]
async fn fewer_may_be_denied_as_well_as_more() {
    check(Admits(2, 10), 1, expect![[r#"denied: 1, admitted 2: patching flinkdeployments/scale flink/withrep: a rule of the cluster denies it (422): flinkdeployments.flink.apache.org "withrep" is forbidden: ValidatingAdmissionPolicy 'scale-rule' with binding 'scale-rule' denied request: scale rule: 1 to 4"#]], expect!["GET scale, GET object, PATCH scale, rehearsal 2"]).await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_admitted_the_present_number_is_all_there_is() {
    check(
        Writing(ALWAYS, Answers("vap-scale-denied")),
        6,
        expect![[r#"denied: 6, admitted 3: patching flinkdeployments/scale flink/withrep: a rule of the cluster denies it (422): flinkdeployments.flink.apache.org "withrep" is forbidden: ValidatingAdmissionPolicy 'scale-rule' with binding 'scale-rule' denied request: scale rule: 1 to 4"#]],
        expect!["GET scale, GET object, PATCH scale, rehearsal 4"],
    )
    .await;
    check(
        Writing(ALWAYS, Answers("scale-patch-neg")),
        6,
        expect![[r#"denied: 6, admitted 3: patching flinkdeployments/scale flink/withrep: a rule of the cluster denies it (422): FlinkDeployment.flink.apache.org "withrep" is invalid: .spec.taskManager.replicas: Invalid value: -1: should be a non-negative integer"#]],
        expect!["GET scale, GET object, PATCH scale, rehearsal 4"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_or_a_webhook_denies_with_whatever_status_its_author_chose() {
    for (recorded, status) in [
        ("vap-scale-forbidden", 403),
        ("vap-scale-too-large", 413),
        ("webhook-denied", 400),
    ] {
        let server = Server::with(3, Writing(ALWAYS, Answers(recorded))).await;
        let became = shown(&server.target(TARGET).apply(&scale_to(4)).await);
        let expected = format!(
            "denied: 4, admitted 3: patching flinkdeployments/scale flink/withrep: \
             a rule of the cluster denies it ({status}): "
        );
        assert!(became.starts_with(&expected), "{became}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_does_not_run_is_no_denial_but_trouble_that_may_pass() {
    let server = Server::with(3, Writing(ALWAYS, Answers("webhook-gone"))).await;
    let became = shown(&server.target(TARGET).apply(&scale_to(4)).await);
    expect![[r#"failed (None): patching flinkdeployments/scale flink/withrep: the API server answered 500: Internal error occurred: failed calling webhook "room.example.com": failed to call webhook: Post "https://127.0.0.1:32310/?timeout=3s": dial tcp 127.0.0.1:32310: connect: connection refused"#]].assert_eq(&became);
    let tries = server
        .asked()
        .into_iter()
        .filter(|asked| asked == "PATCH scale");
    assert_eq!(tries.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_admitted_can_be_written_afterwards() {
    let server = Server::with(3, Admits(1, 4)).await;
    let mut target = server.target(TARGET);
    target.apply(&scale_to(6)).await;
    let became = target.apply(&scale_to(4)).await;
    assert_eq!(shown(&became), "asked: Some(3) -> 4");
    assert_eq!(server.replicas(), 4);
}
