//! Pods, by the ways that the chart installs: its webhook and its MutatingAdmissionPolicy, as the real
//! Helm renders them (`tests/run chart`). Everything fails where the server cannot ask them
//! (failurePolicy: Fail), since Ignore would hide it.

#[path = "chart/policy.rs"]
mod policy;
#[path = "chart/process.rs"]
mod process;
#[path = "chart/webhook.rs"]
mod webhook;

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::file;
use crate::cluster::Cluster;
use crate::pods::Pair;

/// A namespace with the accounts that the golden pods run as.
fn namespace(cluster: &Cluster) -> String {
    let namespace = cluster.namespace("admission");
    for account in ["default", "flink"] {
        cluster.kubectl(&["-n", &namespace, "create", "serviceaccount", account]);
    }
    namespace
}

/// What the chart makes of one template, with the injection of a golden pod, as JSON documents.
fn rendered(
    cluster: &Cluster,
    template: &str,
    namespace: &str,
    mode: &str,
    pair: &Pair,
) -> Vec<Value> {
    let (repository, tag) = pair.image().rsplit_once(':').unwrap();
    let settings = pair
        .given("--set")
        .into_iter()
        .map(|set| set.split_once('=').unwrap());
    let settings: serde_json::Map<String, Value> = settings
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let values = json!({
        "image": { "repository": repository, "tag": tag },
        "injection": {
            "mode": mode,
            "settings": settings,
            "nativeSidecar": pair.is_native(),
            "prometheus": if pair.has_annotations() { "annotations" } else { "port" },
            "failurePolicy": "Fail",
            "webhook": { "secretName": "tls", "caBundle": process::certificate() },
        },
    });
    let values = file(&format!("{namespace}.values.json"), &values.to_string());
    let arguments = [
        "template",
        "outrider",
        "helm/outrider",
        "--namespace",
        namespace,
    ];
    let more = ["--show-only", template, "--values", &values];
    let api = [
        "--api-versions",
        "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy",
    ];
    let text = cluster.helm(&[&arguments[..], &more, &api].concat());
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    assert!(!documents.is_empty(), "{text}");
    documents
}

/// Creates a pod in a namespace, if only in words: what the server answers.
fn created(cluster: &Cluster, namespace: &str, pod: &Value) -> Result<Value, String> {
    let mut pod = pod.clone();
    pod["metadata"]["namespace"] = namespace.into();
    let path = file(&format!("{namespace}.pod.json"), &pod.to_string());
    let answer = cluster.attempt(&[
        "kubectl",
        "create",
        "--dry-run=server",
        "-o",
        "json",
        "-f",
        &path,
    ])?;
    let mut pod: Value = serde_json::from_str(&answer).unwrap();
    for of_each in ["name", "uid", "creationTimestamp"] {
        pod["metadata"].as_object_mut().unwrap().remove(of_each);
    }
    Ok(with_one_token(&pod))
}

/// The volume of the token has another name each time.
fn with_one_token(pod: &Value) -> Value {
    let volumes = pod["spec"]["volumes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names = volumes.iter().filter_map(|volume| volume["name"].as_str());
    let text = names
        .filter(|name| name.starts_with("kube-api-access-"))
        .fold(pod.to_string(), |text, name| text.replace(name, "token"));
    serde_json::from_str(&text).unwrap()
}

/// The golden pod comes out, and the server adds the same to it as to one that had the sidecar from
/// the beginning. It takes a moment until a server asks whom it was just told to ask.
fn check_becomes(cluster: &Cluster, namespace: &str, pair: &Pair) {
    let expected = created(cluster, namespace, &pair.after).unwrap();
    let mut answer = created(cluster, namespace, &pair.before);
    for _ in 0..100 {
        if answer.as_ref() == Ok(&expected) {
            return;
        }
        sleep(Duration::from_millis(200));
        answer = created(cluster, namespace, &pair.before);
    }
    assert_eq!(answer, Ok(expected), "{}", pair.name);
}

/// Pods that do not ask for it come out as they went in, while others do not.
fn check_others_stay(cluster: &Cluster, namespace: &str, pair: &Pair) {
    let labels = [
        json!({ "app": "orders", "component": "jobmanager" }),
        json!({ "app": "orders", "component": "jobmanager", "outrider.dev/inject": "disabled" }),
        json!({ "app": "orders", "component": "taskmanager", "outrider.dev/inject": "enabled" }),
    ];
    for labels in labels {
        let mut pod = pair.before.clone();
        pod["metadata"]["labels"] = labels;
        let created = created(cluster, namespace, &pod).unwrap();
        let (spec, before) = (&created["spec"], &pod["spec"]);
        let count = |spec: &Value| spec["containers"].as_array().unwrap().len();
        assert_eq!(count(spec), count(before), "{created:#}");
        assert_eq!(
            created["metadata"]["annotations"],
            pod["metadata"]["annotations"]
        );
    }
}
