//! An AdmissionReview (admission.k8s.io/v1): what Kubernetes asks, and what it is answered.
//!
//! Pure: values in, values out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::inject::Options;
use crate::inject::pod::{Injection, inject_pod};

/// The one version of reviews there is since Kubernetes 1.22.
const VERSION: &str = "admission.k8s.io/v1";

/// Kubernetes cuts all warnings of an answer together at 4096 bytes; a value that is echoed may be
/// much longer.
const WARNING_CHARS: usize = 250;

/// A review with its answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Reviewed {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name, or what its name is to begin with.
    pub pod: String,
    /// What becomes of it.
    pub injection: Injection,
    /// The AdmissionReview to be sent back.
    pub answer: Value,
}

/// Answers a review; `version` is written into a pod that gets the sidecar.
///
/// # Errors
///
/// Says in a sentence why this is no review that could be answered.
pub fn answer(body: &[u8], options: &Options, version: &str) -> Result<Reviewed, String> {
    let review: Value = serde_json::from_slice(body).map_err(|error| {
        format!("the body is not JSON: {error}; it should be an AdmissionReview")
    })?;
    if review["kind"] != "AdmissionReview" || review["apiVersion"] != VERSION {
        return Err(format!(
            "the body is no AdmissionReview of {VERSION}: name v1 in admissionReviewVersions"
        ));
    }
    let request = &review["request"];
    let uid = request["uid"].as_str().unwrap_or_default();
    if uid.is_empty() {
        return Err(
            "the AdmissionReview has no request with a uid, so it cannot be answered".into(),
        );
    }
    let injection = considered(request, options, version);
    let pod = &request["object"]["metadata"];
    let name = [&pod["name"], &pod["generateName"]];
    let name = name.into_iter().find_map(Value::as_str);
    Ok(Reviewed {
        namespace: text(&request["namespace"]),
        pod: name.unwrap_or_default().to_owned(),
        answer: answered(uid, &injection),
        injection,
    })
}

/// Another rule than ours may send what is no pod, or one that was created long ago.
fn considered(request: &Value, options: &Options, version: &str) -> Injection {
    let kind = &request["kind"];
    let is_pod = kind["group"] == "" && kind["version"] == "v1" && kind["kind"] == "Pod";
    let is_new = request["operation"] == "CREATE" && request["subResource"].as_str().is_none();
    if is_pod && is_new {
        return inject_pod(&request["object"], options, version);
    }
    Injection {
        patch: Vec::new(),
        left_alone: Some("only pods that are being created get a sidecar"),
        warnings: vec![
            "outrider: only the creation of pods is to be sent here: mend the rules of the \
             MutatingWebhookConfiguration"
                .into(),
        ],
    }
}

fn answered(uid: &str, injection: &Injection) -> Value {
    let mut response = json!({ "uid": uid, "allowed": true });
    if !injection.patch.is_empty() {
        let patch = Value::from(injection.patch.as_slice()).to_string();
        response["patchType"] = "JSONPatch".into();
        response["patch"] = STANDARD.encode(patch).into();
    }
    if !injection.warnings.is_empty() {
        let short = injection.warnings.iter().map(|warning| shortened(warning));
        response["warnings"] = short.collect();
    }
    json!({ "apiVersion": VERSION, "kind": "AdmissionReview", "response": response })
}

fn shortened(warning: &str) -> String {
    match warning.char_indices().nth(WARNING_CHARS) {
        Some((end, _)) => format!("{}…", &warning[..end]),
        None => warning.to_owned(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
