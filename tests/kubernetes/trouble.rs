//! A server in trouble: told within seconds, and nothing is lost when it is back.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;

use crate::cluster::Cluster;
use crate::place::{Place, TARGET, until};

/// Tries and pauses of one decision: three of 5 s at most, and 4 s between two.
const ENOUGH: Duration = Duration::from_secs(30);

/// A tick waits for it, so it must not take long.
async fn within_limits<T>(asking: impl Future<Output = T>) -> T {
    tokio::time::timeout(ENOUGH, asking)
        .await
        .expect("an outcome in time")
}

#[tokio::test]
async fn a_server_that_hangs_is_killed_or_comes_back_holds_nobody_up() {
    let place = Place::of(Arc::new(Cluster::own("trouble")));
    let mut target = place.target(TARGET);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    place.reconciled();

    place.cluster.rig(&["pause", "apiserver"]);
    let hangs = within_limits(place.asks(&mut target, 4)).await;
    place.cluster.rig(&["resume", "apiserver"]);
    expect!["failed (None): reading flinkdeployments/scale flink/orders: no answer within 5s"]
        .assert_eq(&hangs);
    assert_eq!(place.asks(&mut target, 4).await, "asked: Some(6) -> 4");
    place.reconciled();

    place.cluster.rig(&["kill", "apiserver"]);
    let refused = within_limits(place.asks(&mut target, 5)).await;
    // Of a process that was just killed it is chance which of the two its port says.
    let ways = ["Connection refused", "Connection reset by peer"];
    assert!(ways.iter().any(|way| refused.contains(way)), "{refused}");
    place.cluster.rig(&["start", "apiserver"]);
    let goes_on = until(
        "it goes on",
        async || place.asks(&mut target, 5).await,
        |outcome| !outcome.starts_with("failed"),
    );
    assert_eq!(goes_on.await, "asked: Some(4) -> 5");
    assert_eq!(place.replicas(), "5");
}

#[tokio::test]
async fn a_server_that_dies_instead_of_an_answer_is_asked_again() {
    let place = Place::of(Arc::new(Cluster::own("dying")));
    let mut target = place.target(TARGET);
    assert_eq!(target.look().await, None);
    place.cluster.rig(&["pause", "apiserver"]);
    let asking = async { place.asks(&mut target, 6).await };
    let killing = async {
        // Long enough for the request to be on its way, and less than it waits.
        tokio::time::sleep(Duration::from_secs(1)).await;
        tokio::task::spawn_blocking({
            let cluster = place.cluster.clone();
            move || cluster.rig(&["kill", "apiserver"])
        })
        .await
        .unwrap();
    };
    let (died, ()) = tokio::join!(asking, killing);
    assert!(died.starts_with("failed (None): "), "{died}");
    assert!(died.contains("Connection re"), "{died}");
    place.cluster.rig(&["start", "apiserver"]);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
}

#[tokio::test]
async fn a_server_whose_store_hangs_gives_up_and_nothing_is_written_later() {
    let place = Place::of(Arc::new(Cluster::own("store")));
    let mut target = place.target(TARGET);
    assert_eq!(target.look().await, None);
    place.cluster.rig(&["pause", "etcd"]);
    let frozen = within_limits(place.asks(&mut target, 6)).await;
    place.cluster.rig(&["resume", "etcd"]);
    // It is chance whether the answer or the end of the connection comes first.
    let ways = [
        "answered 504: Timeout",
        "connection closed before message completed",
    ];
    assert!(ways.iter().any(|way| frozen.contains(way)), "{frozen}");
    assert_eq!(place.replicas(), "3");
    let goes_on = until(
        "it goes on",
        async || place.asks(&mut target, 6).await,
        |outcome| !outcome.starts_with("failed"),
    );
    assert_eq!(goes_on.await, "asked: Some(3) -> 6");
}

#[tokio::test]
async fn a_server_with_too_much_to_do_says_when_to_come_again() {
    let place = Place::of(Arc::new(Cluster::own("throttled")));
    place.apply(&format!(
        r#"
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {{name: nobody}}
spec: {{type: Limited, limited: {{nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: {{type: Reject}}}}}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {{name: nobody}}
spec:
  priorityLevelConfiguration: {{name: nobody}}
  matchingPrecedence: 2
  rules:
  - subjects: [{{kind: ServiceAccount, serviceAccount: {{name: flink, namespace: {}}}}}]
    resourceRules: [{{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"]}}]
"#,
        place.namespace
    ));
    // One request at a time is always served: others are on their way without a pause.
    let mut others = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let mut busy = place.target(TARGET);
        others.spawn(async move {
            loop {
                busy.look().await;
            }
        });
    }
    let mut target = place.target(TARGET);
    let throttled = until(
        "the server turns us away",
        async || place.asks(&mut target, 3).await,
        |outcome| outcome.starts_with("failed"),
    );
    // The longer it goes on, the longer the pause that it asks for: 1 s at first, 8 s were seen.
    let throttled = throttled.await;
    assert!(throttled.starts_with("failed (Some("), "{throttled}");
    assert!(
        throttled.ends_with("the API server is overloaded (429)"),
        "{throttled}"
    );
    others.shutdown().await;
    place.kubectl(&["delete", "flowschema", "nobody"]);
    let goes_on = until(
        "the server serves us again",
        async || place.asks(&mut target, 6).await,
        |outcome| !outcome.starts_with("failed"),
    );
    assert_eq!(goes_on.await, "asked: Some(3) -> 6");
}
