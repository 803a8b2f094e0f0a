//! What the service account of the jobs may do with the Role of the chart, and that it may do
//! nothing else: every verb on every resource that the server knows is asked for.

use std::collections::BTreeSet;

use kube::Client;
use serde_json::{Value, json};

use super::{cluster, install};
use crate::cluster::Cluster;
use crate::server::ask;

const VERBS: [&str; 9] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "bind",
];

/// Subresources, which the server does not list among its resources.
const BELOW: [&str; 9] = [
    "flinkdeployments.flink.apache.org/scale",
    "flinkdeployments.flink.apache.org/status",
    "deployments.apps/scale",
    "statefulsets.apps/scale",
    "pods/exec",
    "pods/log",
    "pods/ephemeralcontainers",
    "serviceaccounts/token",
    "namespaces/finalize",
];

/// What the sidecar needs, and nothing else.
const ALWAYS: [&str; 4] = [
    "create events.events.k8s.io",
    "get flinkdeployments.flink.apache.org",
    "get flinkdeployments.flink.apache.org/scale",
    "patch flinkdeployments.flink.apache.org/scale",
];

/// What it needs besides where a job has several JobManagers.
const LEASES: [&str; 3] = [
    "create leases.coordination.k8s.io",
    "get leases.coordination.k8s.io",
    "update leases.coordination.k8s.io",
];

/// Everything that the account may do in a namespace; "" stands for the whole cluster.
async fn rights(cluster: &Cluster, account: &Client, namespace: &str) -> BTreeSet<String> {
    let listed = cluster.kubectl(&["api-resources", "--output=name"]);
    let resources: Vec<&str> = listed.lines().chain(BELOW).collect();
    assert!(resources.len() > 50, "{resources:?}");
    let mut rights = BTreeSet::new();
    for resource in resources {
        for verb in VERBS {
            if may(account, verb, resource, namespace).await {
                rights.insert(format!("{verb} {resource}"));
            }
        }
    }
    rights
}

/// Asks the server as the account itself, which needs no right for that.
async fn may(account: &Client, verb: &str, resource: &str, namespace: &str) -> bool {
    let (name, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (plural, group) = name.split_once('.').unwrap_or((name, ""));
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "namespace": namespace, "verb": verb, "group": group,
            "resource": plural, "subresource": subresource,
        }},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let (status, answer) = ask(account, "POST", path, &review.to_string())
        .await
        .unwrap();
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["status"]["allowed"] == true
}

fn strings(some: &[&str]) -> BTreeSet<String> {
    some.iter().map(|right| (*right).to_owned()).collect()
}

#[tokio::test]
async fn the_account_may_do_what_the_sidecar_needs_and_nothing_else() {
    let cluster = cluster();
    let (own, foreign) = (cluster.namespace("rights"), cluster.namespace("rights"));
    let account = Client::try_from(cluster.config_as(&own, "flink")).unwrap();
    // What every account may, without any chart: ask what it may.
    let everybody = rights(&cluster, &account, &own).await;

    install(&cluster, "outrider-rights", &own, "leases=false");
    let with = |more: &[&str]| &everybody | &strings(more);
    assert_eq!(rights(&cluster, &account, &own).await, with(&ALWAYS));
    assert_eq!(rights(&cluster, &account, &foreign).await, everybody);
    assert_eq!(rights(&cluster, &account, "").await, everybody);

    install(&cluster, "outrider-rights", &own, "leases=true");
    let expected = with(&[&ALWAYS[..], &LEASES].concat());
    assert_eq!(rights(&cluster, &account, &own).await, expected);
}

#[tokio::test]
async fn only_the_accounts_that_are_named_get_rights_and_only_where_they_are() {
    let cluster = cluster();
    let (release, shop) = (cluster.namespace("accounts"), cluster.namespace("accounts"));
    let set = format!("namespaces={{{shop}}},serviceAccounts={{flink,orders}}");
    install(&cluster, "outrider-accounts", &release, &set);
    let resource = "flinkdeployments.flink.apache.org/scale";
    for (home, name, is_named) in [
        (&shop, "flink", true),
        (&shop, "orders", true),
        (&shop, "default", false),
        (&release, "flink", false),
    ] {
        let account = Client::try_from(cluster.config_as(home, name)).unwrap();
        for namespace in [&shop, &release] {
            let expected = is_named && namespace == &shop;
            let found = may(&account, "patch", resource, namespace).await;
            assert_eq!(found, expected, "{home}/{name} in {namespace}");
        }
    }
}
