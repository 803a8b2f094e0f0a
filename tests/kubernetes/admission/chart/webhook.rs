//! The API server asks the webhook.

use serde_json::Value;

use super::process::Process;
use super::{check_becomes, check_others_stay, created, namespace, rendered};
use crate::admission::file;
use crate::cluster::{Cluster, until};
use crate::pods::{Pair, pair, pairs};

/// Runs the webhook as the chart would have it run for a golden pod, and has the server ask it. The
/// pod's network is not there, so it is asked by a URL instead of through the chart's service.
fn asked(cluster: &Cluster, namespace: &str, pair: &Pair) -> Process {
    let documents = rendered(
        cluster,
        "templates/webhook.yaml",
        namespace,
        "webhook",
        pair,
    );
    let of_kind = |kind: &str| {
        let found = documents.iter().find(|document| document["kind"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}")).clone()
    };
    let container = &of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().unwrap().iter();
    // As the kubelet reads them.
    let arguments = arguments.map(|argument| argument.as_str().unwrap().replace("$$", "$"));
    let process = Process::start(namespace, &arguments.collect::<Vec<String>>());
    let mut configuration = of_kind("MutatingWebhookConfiguration");
    let client = configuration["webhooks"][0]["clientConfig"]
        .as_object_mut()
        .unwrap();
    assert!(client.remove("service").is_some());
    client.insert("url".into(), process.url().into());
    cluster.apply(&configuration.to_string());
    process
}

fn forget(cluster: &Cluster, namespace: &str) {
    let name = format!("outrider.{namespace}");
    cluster.kubectl(&["delete", "mutatingwebhookconfiguration", &name]);
}

#[test]
fn each_golden_pod_comes_out_of_the_charts_webhook() {
    let cluster = Cluster::shared();
    for pair in pairs() {
        let namespace = namespace(&cluster);
        let process = asked(&cluster, &namespace, &pair);
        check_becomes(&cluster, &namespace, &pair);
        check_others_stay(&cluster, &namespace, &pair);
        assert!(process.log().contains("injected"), "{}", process.log());
        forget(&cluster, &namespace);
    }
}

/// The sidecar is given the token's volume by the server, which is a change, after which the
/// webhook is asked again (reinvocationPolicy: IfNeeded).
#[test]
fn asked_a_second_time_it_leaves_its_own_container_alone() {
    let cluster = Cluster::shared();
    let namespace = namespace(&cluster);
    let orders = pair("orders");
    let process = asked(&cluster, &namespace, &orders);
    until("a pod is injected and comes again", || {
        created(&cluster, &namespace, &orders.before).ok()?;
        let log = process.log();
        let again = log.contains("it has a container of this name already");
        (log.contains("INFO injected") && again).then_some(())
    });
    check_becomes(&cluster, &namespace, &orders);
    forget(&cluster, &namespace);
}

/// What `failurePolicy` means: whether a job starts without its sidecar, or not at all.
#[test]
fn while_nobody_answers_pods_are_created_without_it_or_not_at_all() {
    let cluster = Cluster::shared();
    let namespace = namespace(&cluster);
    let orders = pair("orders");
    let process = asked(&cluster, &namespace, &orders);
    check_becomes(&cluster, &namespace, &orders);
    drop(process);
    let refused = created(&cluster, &namespace, &orders.before).unwrap_err();
    assert!(refused.contains("failed calling webhook"), "{refused}");
    let name = format!("outrider.{namespace}");
    let patch = r#"[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]"#;
    let patch = [
        "patch",
        "mutatingwebhookconfiguration",
        &name,
        "--type=json",
        "--patch",
        patch,
    ];
    cluster.kubectl(&patch);
    let pod = until("a pod is created all the same", || {
        created(&cluster, &namespace, &orders.before).ok()
    });
    assert_eq!(pod["spec"]["containers"].as_array().map(Vec::len), Some(1));
    forget(&cluster, &namespace);
}

/// kubectl shows the warnings of an answer to whoever creates the pod.
#[test]
fn what_is_doubtful_is_told_to_whoever_creates_the_pod() {
    let cluster = Cluster::shared();
    let namespace = namespace(&cluster);
    let doubtful = pair("doubtful");
    let _process = asked(&cluster, &namespace, &doubtful);
    check_becomes(&cluster, &namespace, &doubtful);
    let mut pod: Value = doubtful.before.clone();
    pod["metadata"]["namespace"] = namespace.as_str().into();
    let path = file(&format!("{namespace}.doubtful.json"), &pod.to_string());
    let script = [
        "create",
        "--dry-run=server",
        "--warnings-as-errors",
        "-f",
        &path,
    ];
    let told = cluster
        .attempt(&[&["kubectl"], &script[..]].concat())
        .unwrap_err();
    assert!(
        told.contains("OUTRIDER_WORKERS_MAX=\"many\" is not a whole number"),
        "{told}"
    );
    assert!(
        told.contains("did you mean OUTRIDER_WORKERS_MIN?"),
        "{told}"
    );
    forget(&cluster, &namespace);
}
