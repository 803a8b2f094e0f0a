//! A release from its beginning to its end.

use super::{cluster, install};
use crate::cluster::{Cluster, until};

/// Names of everything that says it is of this release, in all namespaces.
fn objects(cluster: &Cluster, release: &str) -> Vec<String> {
    let kinds = cluster.kubectl(&["api-resources", "--verbs=list", "--output=name"]);
    let kinds = kinds.split_whitespace().collect::<Vec<_>>().join(",");
    let selector = format!("app.kubernetes.io/instance={release}");
    let all = ["get", &kinds, "-A", "-l", &selector, "-o", "name"];
    let mut names: Vec<String> = cluster.kubectl(&all).lines().map(String::from).collect();
    names.sort();
    names
}

const ROLE: [&str; 2] = [
    "role.rbac.authorization.k8s.io/outrider-release",
    "rolebinding.rbac.authorization.k8s.io/outrider-release",
];

#[test]
fn what_is_installed_changes_with_its_values_and_goes_with_its_end() {
    let cluster = cluster();
    let (own, other) = (cluster.namespace("release"), cluster.namespace("release"));
    let release = "outrider-release";

    let notes = install(&cluster, release, &own, "leases=false");
    assert!(notes.contains("outrider inject --image"), "{notes}");
    assert_eq!(objects(&cluster, release), ROLE);

    let everything = format!(
        "namespaces={{{own},{other}}},leases=true,scaleLimit=5,podMonitor.enabled=true,\
         rules.enabled=true,dashboards.enabled=true"
    );
    install(&cluster, release, &own, &everything);
    let limit = format!("validatingadmissionpolicy.admissionregistration.k8s.io/{release}.{own}");
    let all = objects(&cluster, release);
    assert_eq!(
        all.len(),
        9,
        "two Roles, two bindings, and five more: {all:#?}"
    );
    assert!(all.contains(&limit), "{all:#?}");

    install(&cluster, release, &own, "leases=false");
    assert_eq!(objects(&cluster, release), ROLE);

    cluster.helm(&["uninstall", release, "--namespace", &own]);
    assert_eq!(objects(&cluster, release), Vec::<String>::new());
    let left = cluster.kubectl(&["-n", &own, "get", "secrets,configmaps", "-o", "name"]);
    assert!(!left.contains("outrider"), "{left}");
}

#[test]
fn a_release_in_another_namespace_does_not_disturb_the_first() {
    let cluster = cluster();
    for _ in 0..2 {
        let namespace = cluster.namespace("twice");
        install(&cluster, "outrider-twice", &namespace, "scaleLimit=5");
    }
}

#[test]
fn nobody_scales_above_the_limit() {
    let cluster = cluster();
    let (limited, free) = (cluster.namespace("limit"), cluster.namespace("limit"));
    for namespace in [&limited, &free] {
        cluster.apply(&crate::server::deployment(
            namespace,
            "orders",
            "replicas: 1",
        ));
    }
    install(&cluster, "outrider-limit", &limited, "scaleLimit=5");
    let scale = |namespace: &str, replicas: &str| {
        let arguments = [
            "kubectl",
            "-n",
            namespace,
            "scale",
            "flinkdeployment",
            "orders",
        ];
        cluster.attempt(&[&arguments[..], &[replicas]].concat())
    };
    // It counts a moment after it was made.
    let refused = until("six workers are refused", || {
        scale(&limited, "--replicas=6").err()
    });
    assert!(refused.contains("no more than 5 TaskManagers"), "{refused}");
    scale(&limited, "--replicas=5").unwrap();
    scale(&free, "--replicas=6").unwrap();
}
