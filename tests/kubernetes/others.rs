//! Others who write the number: a person with kubectl, a GitOps tool.

use crate::cluster::Cluster;
use crate::place::{Place, TARGET};

#[tokio::test]
async fn what_a_person_writes_with_kubectl_is_seen_named_adopted_and_not_fought() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    place.kubectl(&["scale", "flinkdeployment/orders", "--replicas=2"]);
    place.reconciled();
    assert_eq!(
        place.asks(&mut target, 7).await,
        "changed: 2 by Some(\"kubectl\")"
    );
    assert_eq!(place.replicas(), "2");
    assert_eq!(place.asks(&mut target, 4).await, "asked: Some(2) -> 4");
}

#[tokio::test]
async fn each_way_in_which_a_tool_puts_the_number_back_is_seen_with_its_name() {
    let place = Place::of(Cluster::shared());
    let mut target = place.target(TARGET);
    let git = place.deployment("replicas: 3");
    let file = std::env::temp_dir().join(format!("outrider-{}.yaml", place.namespace));
    std::fs::write(&file, git).unwrap();
    let file_name = file.display().to_string();
    // Argo CD with server-side apply, Argo CD as it is by default, Flux, a person.
    let ways: [(&[&str], &str); 4] = [
        (
            &[
                "--server-side",
                "--force-conflicts",
                "--field-manager=argocd-controller",
            ],
            "argocd-controller",
        ),
        (&["--field-manager=argocd-controller"], "argocd-controller"),
        (
            &[
                "--server-side",
                "--force-conflicts",
                "--field-manager=kustomize-controller",
            ],
            "kustomize-controller",
        ),
        (&[], "kubectl-client-side-apply"),
    ];
    for (options, name) in ways {
        place.reconciled();
        assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
        assert_eq!(target.look().await, None);
        place.kubectl(&[&["apply", "-f", &file_name], options].concat());
        assert_eq!(place.replicas(), "3", "{options:?}");
        let changed = target.look().await.map(|outcome| place.told(&outcome));
        assert_eq!(
            changed,
            Some(format!("changed: 3 by Some({name:?})")),
            "{options:?}"
        );
        assert_eq!(target.look().await, None, "told once");
    }
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_tool_that_leaves_the_number_to_us_changes_nothing() {
    let place = Place::at_rest();
    let mut target = place.target(TARGET);
    assert_eq!(place.asks(&mut target, 6).await, "asked: Some(3) -> 6");
    // Argo CD with managedFieldsManagers: [outrider] and RespectIgnoreDifferences sends this.
    let file = std::env::temp_dir().join(format!("outrider-{}.yaml", place.namespace));
    std::fs::write(&file, place.deployment("")).unwrap();
    let file_name = file.display().to_string();
    let options = ["--server-side", "--field-manager=argocd-controller"];
    place.kubectl(&[&["apply", "-f", &file_name], &options[..]].concat());
    assert_eq!(place.replicas(), "6");
    assert_eq!(target.look().await, None);
    std::fs::remove_file(file).unwrap();
}
