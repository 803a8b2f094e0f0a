//! What is answered to a review.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outrider::inject::{Options, inject};
use outrider::webhook::review::{Reviewed, answer};
use serde_json::{Value, json};

use crate::payload;
use crate::pods::{self, Pair, pair, pairs};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The review that a real API server sent, with another pod in it.
pub fn review(pod: &Value) -> Value {
    let recorded = std::fs::read_to_string(payload("review.json")).unwrap();
    let mut review: Value = serde_json::from_str(&recorded).unwrap();
    review["request"]["object"] = pod.clone();
    review
}

fn reviewed(review: &Value, options: &Options) -> Reviewed {
    answer(review.to_string().as_bytes(), options, VERSION).unwrap()
}

/// The pod that comes of an answer, as the API server makes it of the patch.
pub fn patched(pod: &Value, answer: &Value) -> Value {
    let mut pod = pod.clone();
    let Some(patch) = answer["response"]["patch"].as_str() else {
        return pod;
    };
    assert_eq!(answer["response"]["patchType"], "JSONPatch");
    let patch: Value = serde_json::from_slice(&STANDARD.decode(patch).unwrap()).unwrap();
    for operation in patch.as_array().unwrap() {
        assert_eq!(operation["op"], "add", "{operation}");
        let path = operation["path"].as_str().unwrap();
        let (parent, key) = path.rsplit_once('/').unwrap();
        match pod.pointer_mut(parent).unwrap() {
            Value::Array(items) if key == "-" => items.push(operation["value"].clone()),
            Value::Object(entries) => {
                entries.insert(key.replace("~1", "/"), operation["value"].clone());
            }
            other => panic!("{path} in {other}"),
        }
    }
    pod
}

/// Nothing is done to a pod, and it may be created.
fn check_left_alone(pod: &Value, warnings: &[&str]) {
    let reviewed = reviewed(&review(pod), &pair("orders").options());
    let mut expected = json!({ "uid": review(pod)["request"]["uid"], "allowed": true });
    if !warnings.is_empty() {
        expected["warnings"] = json!(warnings);
    }
    assert_eq!(reviewed.answer["response"], expected);
    assert!(reviewed.injection.left_alone.is_some());
}

fn orders_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut pod = pair("orders").before;
    change(&mut pod);
    pod
}

#[test]
fn each_golden_pod_gets_its_sidecar() {
    for pair in pairs() {
        let reviewed = reviewed(&review(&pair.before), &pair.options());
        let response = &reviewed.answer["response"];
        assert_eq!(response["allowed"], true);
        assert_eq!(response["uid"], "046b61e5-4b15-4ae7-afa4-ab76877f93ed");
        assert_eq!(reviewed.answer["kind"], "AdmissionReview");
        assert_eq!(reviewed.answer["apiVersion"], "admission.k8s.io/v1");
        let patched = patched(&pair.before, &reviewed.answer);
        assert_eq!(patched, pair.after, "{}: {patched:#}", pair.name);
    }
}

/// The same container, whether it comes by a file or by a pod: the settings are those of the pod
/// and of the webhook. What `inject` refuses cannot be compared.
#[test]
fn the_container_in_a_golden_pod_is_the_one_that_inject_writes() {
    const DEPLOYMENT: &str = "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nspec:\n  jobManager:\n    replicas: 1\n";
    let mut compared = Vec::new();
    for pair in pairs() {
        let (image, set) = (pair.image(), pair.settings());
        let Ok(options) = Options::new(image, &set, false, pair.is_native()) else {
            continue;
        };
        let injected = pods::json(&inject(DEPLOYMENT, &options).text);
        let template = &injected["spec"]["jobManager"]["podTemplate"]["spec"];
        let after = &pair.after["spec"];
        assert_eq!(
            pods::sidecar(template),
            pods::sidecar(after),
            "{}",
            pair.name
        );
        compared.push(pair.name);
    }
    assert!(compared.len() >= 6, "{compared:?}");
}

#[test]
fn a_pod_that_has_it_is_left_alone_when_it_comes_again() {
    for pair in pairs() {
        check_left_alone(&pair.after, &[]);
    }
}

#[test]
fn a_pod_that_does_not_ask_or_is_no_job_managers_is_left_alone() {
    let label =
        |value: Value| orders_with(|pod| pod["metadata"]["labels"]["outrider.dev/inject"] = value);
    check_left_alone(&label("disabled".into()), &[]);
    check_left_alone(
        &label("true".into()),
        &["outrider: the label outrider.dev/inject is enabled or disabled"],
    );
    let labels = |labels: Value| orders_with(|pod| pod["metadata"]["labels"] = labels);
    check_left_alone(&labels(json!({ "component": "jobmanager" })), &[]);
    check_left_alone(&labels(Value::Null), &[]);
    check_left_alone(
        &labels(json!({ "component": "taskmanager", "outrider.dev/inject": "enabled" })),
        &[],
    );
}

#[test]
fn a_pod_without_flinks_container_is_left_alone_with_a_word() {
    let pod = orders_with(|pod| pod["spec"]["containers"][0]["name"] = "main".into());
    check_left_alone(
        &pod,
        &["outrider: no sidecar, the pod has no container flink-main-container"],
    );
}

#[test]
fn what_is_doubtful_in_a_pod_is_told_and_refuses_nothing() {
    let warnings = |pair: &Pair| {
        let reviewed = reviewed(&review(&pair.before), &pair.options());
        assert_eq!(reviewed.answer["response"]["allowed"], true);
        reviewed.answer["response"]["warnings"].clone()
    };
    assert_eq!(
        warnings(&pair("doubtful")),
        json!([
            "outrider: OUTRIDER_LISTEN=\"[::]:65536\" is left out, the probe reaches 0.0.0.0:PORT and [::]:PORT",
            "outrider: OUTRIDER_workers_min is not a setting; did you mean OUTRIDER_WORKERS_MIN?, it is left out",
            "outrider: OUTRIDER_WORKERS_MAX=\"many\" is not a whole number; the sidecar scales nothing with that",
        ])
    );
    assert_eq!(
        warnings(&pair("returns")),
        json!([
            "outrider: OUTRIDER_WORKER_MIN is not a setting; did you mean OUTRIDER_WORKERS_MIN?, it is left out",
            "outrider: the pod has prometheus.io/ annotations of its own, they stay",
        ])
    );
    let taken = json!([{ "containerPort": 9250 }]);
    let mut pair = pair("orders");
    pair.before["spec"]["containers"][0]["ports"] = taken;
    assert_eq!(
        warnings(&pair),
        json!([
            "outrider: port 9250 is that of the container flink-main-container: give the sidecar another one with outrider.dev/set-LISTEN=0.0.0.0:PORT"
        ])
    );
}

/// All warnings together may have 4096 bytes, and a value of an annotation 256 KiB.
#[test]
fn a_warning_is_short_whatever_it_is_about() {
    let pod = orders_with(|pod| {
        pod["metadata"]["annotations"]["outrider.dev/set-WORKERS_MAX"] = "ä".repeat(90_000).into();
    });
    let reviewed = reviewed(&review(&pod), &pair("orders").options());
    let warning = reviewed.answer["response"]["warnings"][0].as_str().unwrap();
    assert_eq!(warning.chars().count(), 251);
    assert!(warning.ends_with('…'), "{warning}");
}

#[test]
fn only_the_creation_of_pods_is_looked_at() {
    let mut other = review(&pair("orders").before);
    other["request"]["operation"] = "UPDATE".into();
    let mut deployment = review(&pair("orders").before);
    deployment["request"]["kind"] =
        json!({ "group": "apps", "version": "v1", "kind": "Deployment" });
    let mut binding = review(&pair("orders").before);
    binding["request"]["subResource"] = "binding".into();
    for review in [other, deployment, binding] {
        let answer = reviewed(&review, &pair("orders").options()).answer;
        assert_eq!(answer["response"]["allowed"], true);
        assert!(answer["response"]["patch"].is_null());
        let told = answer["response"]["warnings"][0].as_str().unwrap();
        assert!(told.contains("mend the rules"), "{told}");
    }
}

#[test]
fn what_is_no_review_is_refused_with_a_sentence() {
    let whole = review(&pair("orders").before).to_string();
    let beta = whole.replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1");
    let without_uid = whole.replace("\"uid\":\"046b61e5-", "\"id\":\"046b61e5-");
    let deep = "[".repeat(100_000);
    for (body, why) in [
        ("", "the body is not JSON: EOF"),
        (&whole[..whole.len() / 2], "the body is not JSON: EOF"),
        (deep.as_str(), "the body is not JSON: recursion limit"),
        ("\u{0}\u{1}", "the body is not JSON"),
        (
            "null",
            "the body is no AdmissionReview of admission.k8s.io/v1",
        ),
        ("[1]", "the body is no AdmissionReview"),
        (beta.as_str(), "name v1 in admissionReviewVersions"),
        (without_uid.as_str(), "has no request with a uid"),
    ] {
        let told = answer(body.as_bytes(), &pair("orders").options(), VERSION).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}

/// What an object may lack, or have where something else belongs, ends nothing.
#[test]
fn a_pod_of_any_shape_may_be_created() {
    for pod in [
        Value::Null,
        json!({}),
        json!([]),
        json!("pod"),
        json!({ "spec": 1 }),
    ] {
        check_left_alone(&pod, &[]);
    }
    let odd = [
        ("/metadata/annotations", json!([])),
        ("/metadata/annotations", Value::Null),
        (
            "/metadata/annotations/outrider.dev~1set-WORKERS_MAX",
            json!(20),
        ),
        ("/spec/containers/0/ports", json!("8081")),
        ("/spec/initContainers", Value::Null),
    ];
    for (path, value) in odd {
        let pod = orders_with(|pod| match pod.pointer_mut(path) {
            Some(there) => *there = value.clone(),
            None => pod["spec"]["initContainers"] = value.clone(),
        });
        let reviewed = reviewed(&review(&pod), &pair("orders").options());
        assert_eq!(reviewed.answer["response"]["allowed"], true);
        let patched = patched(&pod, &reviewed.answer);
        pods::sidecar(&patched["spec"]);
    }
}
