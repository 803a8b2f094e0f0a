//! How a sidecar is stopped at once and without a restart: its right is taken away.

use std::collections::BTreeSet;

use super::{cluster, install};
use crate::place::Place;
use crate::sidecars::{reason, says, started, ticks};

/// What the account asked for and was given, but for what everybody may ask.
fn used(place: &Place) -> BTreeSet<String> {
    let asked = place.asked().into_iter();
    let given = asked.filter_map(|asked| Some(asked.rsplit_once(" 20")?.0.to_owned()));
    given
        .filter(|right| !right.contains("selfsubject"))
        .collect()
}

#[tokio::test]
async fn without_its_role_binding_the_sidecar_holds_and_with_it_again_it_scales() {
    let place = Place::without_rights(cluster());
    install(&place.cluster, "outrider", &place.namespace, "leases=false");
    // More than the job's two, so that it has a reason to scale.
    let settings = [("OUTRIDER_WORKERS_MIN", "4"), ("OUTRIDER_WORKERS_MAX", "8")];
    let (_flink, sidecar) = started(&place, &settings).await;
    says(&sidecar, "it runs", |status| ticks(status) > 0).await;

    place.kubectl(&["delete", "rolebinding", "outrider"]);
    let held = |status: &_| reason(status) == "target_unavailable";
    let status = says(&sidecar, "it holds", held).await.to_string();
    assert!(status.contains("is missing (403)"), "{status}");
    assert_eq!(place.replicas(), "3");

    install(&place.cluster, "outrider", &place.namespace, "leases=false");
    says(&sidecar, "it scales", |_| place.replicas() == "4").await;
    // And with that it uses each of the rights that the chart gives, and no other.
    let rights = [
        "create events",
        "get flinkdeployments",
        "get flinkdeployments/scale",
        "patch flinkdeployments/scale",
    ];
    let all = BTreeSet::from(rights.map(String::from));
    says(&sidecar, "every right is used", |_| used(&place) == all).await;
}
