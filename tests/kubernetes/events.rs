//! Events about the target, as `kubectl describe` shows them.

use std::sync::Arc;
use std::time::Duration;

use outrider::report::notices::{Kind, Notice};
use outrider::units::Timestamp;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::place::{Place, TARGET, until};
use crate::sidecars::{says, started, ticks};
use crate::support::moving::now;

impl Place {
    /// The right to tell Events.
    fn grant_events(&self) {
        let Self { namespace, .. } = self;
        self.apply(&format!(
            r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: events, namespace: {namespace}}}
rules:
- {{apiGroups: [events.k8s.io], resources: [events], verbs: [create]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: events, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: events}}
subjects: [{{kind: ServiceAccount, name: flink}}]
"#
        ));
    }

    /// The Events that `kubectl describe` shows, a line each: type, reason, age, from, message.
    fn described(&self, object: &str) -> String {
        let described = self.kubectl(&["describe", object]);
        let (_, events) = described.split_once("\nEvents:").unwrap();
        events.trim().to_owned()
    }

    /// So many Events were posted by the account, with these answers.
    fn posted(&self) -> Vec<String> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.contains(" events "));
        asked
    }

    async fn shows(&self, object: &str, what: &str) -> String {
        let described = async || self.described(object);
        until(what, described, |events| events.contains(what)).await
    }
}

fn notice(kind: Kind, note: &str) -> Notice {
    Notice {
        at: Timestamp::from_millis(now()),
        kind,
        note: note.into(),
    }
}

#[tokio::test]
async fn kubectl_describe_shows_what_is_told() {
    let place = Place::at_rest();
    place.grant_events();
    let mut target = place.target(TARGET);
    target.look().await;
    target.tell(&notice(
        Kind::ScalingUp,
        "from 3 to 6 workers, backlog_time",
    ));
    let refused = format!("wanted 8: {}", "ü".repeat(1000));
    target.tell(&notice(Kind::ScalingRefused, &refused));
    let events = place
        .shows("flinkdeployment/orders", "ScalingRefused")
        .await;
    let line = |reason: &str| {
        let line = events.lines().find(|line| line.contains(reason));
        line.unwrap().split_whitespace().collect::<Vec<_>>()
    };
    let up = line("ScalingUp");
    assert_eq!((up[0], up[3]), ("Normal", "outrider"), "{events}");
    assert!(
        events.contains("from 3 to 6 workers, backlog_time"),
        "{events}"
    );
    assert_eq!(line("ScalingRefused")[0], "Warning", "{events}");
    assert_eq!(place.posted(), ["create events 201"; 2]);
}

#[tokio::test]
async fn an_account_without_the_right_acts_all_the_same() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    target.look().await;
    target.tell(&notice(Kind::ScalingUp, "from 3 to 6 workers"));
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    let posted = async || place.posted().join(", ");
    until("it was refused", posted, |posted| {
        posted == "create events 403"
    })
    .await;
}

#[tokio::test]
async fn a_server_that_hangs_holds_nobody_up_and_gets_the_events_when_it_goes_on() {
    let cluster = Arc::new(Cluster::own("events"));
    let place = Place::of(cluster.clone());
    place.grant_events();
    let mut target = place.target(TARGET);
    target.look().await;
    cluster.rig(&["pause", "apiserver"]);
    let began = Instant::now();
    for number in 0..100 {
        target.tell(&notice(Kind::AtBound, &format!("the {number}th")));
    }
    let waited = began.elapsed();
    // The first is given up after 5 s, and the second is in the server's hands.
    tokio::time::sleep(Duration::from_secs(6)).await;
    cluster.rig(&["resume", "apiserver"]);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    let events = place.shows("flinkdeployment/orders", "the 15th").await;
    assert!(!events.contains("the 50th"), "{events}");
}

#[tokio::test]
async fn a_sidecar_tells_its_rescale_once_with_reason_and_sums_and_a_steady_tick_tells_nothing() {
    let place = Place::at_rest();
    place.grant_events();
    place.kubectl(&[
        "annotate",
        "flinkdeployment/orders",
        "outrider.dev/pause=true",
    ]);
    let settings = [("OUTRIDER_WORKERS_MIN", "4"), ("OUTRIDER_WORKERS_MAX", "8")];
    let (_flink, sidecar) = started(&place, &settings).await;
    let events = place.shows("flinkdeployment/orders", "ScalingUp").await;
    assert!(
        events.contains("from 3 to 4 workers, out_of_bounds: ")
            && events.contains("workers_recommended = 4 workers"),
        "{events}"
    );
    // What a person mistyped is told at the object, too.
    assert!(
        events.contains("outrider.dev/pause is not an annotation that is read here; did you mean outrider.dev/paused?"),
        "{events}"
    );
    let status = says(&sidecar, "a tick", |status| ticks(status) >= 1).await;
    let more = ticks(&status) + 15;
    says(&sidecar, "15 ticks more", |status| ticks(status) >= more).await;
    assert_eq!(place.posted(), ["create events 201"; 2]);
}
