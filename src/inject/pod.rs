//! Puts the sidecar into a pod that is being created: the same container as in a FlinkDeployment.
//!
//! Pure: values in, values out.
//!
//! A pod asks for it with a label and may have settings of its own in annotations. Whatever they
//! say, the pod can be created: a sidecar that is not there harms no job.

use serde_json::{Value, json};

use crate::inject::container::{self, MAIN, NAME, PROMETHEUS};
use crate::inject::manifest::Piece;
use crate::inject::options::Options;

/// The label by which a pod asks for the sidecar.
pub const LABEL: &str = "outrider.dev/inject";
/// What it says then; `disabled`, or no label, leaves the pod alone.
pub const ENABLED: &str = "enabled";
/// The annotation of a pod that got it, with the version of who put it in.
pub const INJECTED: &str = "outrider.dev/injected";
/// What an annotation begins with that is a setting: the setting's name follows.
pub const SETTING: &str = "outrider.dev/set-";

/// What becomes of a pod.
#[derive(Clone, PartialEq, Debug)]
pub struct Injection {
    /// Operations of a JSON patch (RFC 6902); none where the pod stays as it is.
    pub patch: Vec<Value>,
    /// Why it stays as it is.
    pub left_alone: Option<&'static str>,
    /// What whoever creates the pod should hear, each a sentence.
    pub warnings: Vec<String>,
}

// === impl Injection ===

impl Injection {
    fn none(why: &'static str) -> Self {
        Self {
            patch: Vec::new(),
            left_alone: Some(why),
            warnings: Vec::new(),
        }
    }
}

/// What becomes of a pod that is being created, with these options unless it has its own.
/// `version` is written into the pod.
#[must_use]
pub fn inject_pod(pod: &Value, options: &Options, version: &str) -> Injection {
    let labels = &pod["metadata"]["labels"];
    if labels["component"] != "jobmanager" {
        return Injection::none("it is no JobManager's");
    }
    match labels[LABEL].as_str() {
        Some(ENABLED) => {}
        None | Some("disabled") => return Injection::none("it does not ask for a sidecar"),
        Some(_) => {
            let mut injection = Injection::none("its label is not understood");
            let warning = format!("outrider: the label {LABEL} is {ENABLED} or disabled");
            injection.warnings.push(warning);
            return injection;
        }
    }
    if containers(pod).any(|container| container["name"] == NAME) {
        return Injection::none("it has a container of this name already");
    }
    if !items(&pod["spec"]["containers"]).any(|container| container["name"] == MAIN) {
        let mut injection = Injection::none("it has no container of Flink's");
        let warning = format!("outrider: no sidecar, the pod has no container {MAIN}");
        injection.warnings.push(warning);
        return injection;
    }
    injected(pod, options, version)
}

fn injected(pod: &Value, options: &Options, version: &str) -> Injection {
    let annotations = &pod["metadata"]["annotations"];
    let own = annotations.as_object().into_iter().flatten();
    let own = own.filter_map(|(key, value)| Some((key.strip_prefix(SETTING)?, value.as_str()?)));
    let (options, mut warnings) = options.with_those_of_a_pod(own);
    warnings.extend(taken_port(pod, options.port));
    let mut added = vec![(INJECTED, Piece::Quoted(version.to_owned()))];
    if options.annotations {
        let keys = annotations.as_object().into_iter().flatten();
        let mut keys = keys.map(|(key, _)| key);
        if keys.any(|key| key.starts_with(PROMETHEUS)) {
            warnings.push(format!(
                "the pod has {PROMETHEUS} annotations of its own, they stay"
            ));
        } else {
            added.extend(container::annotations(&options));
        }
    }
    let mut patch = vec![container_added(pod, &options)];
    patch.extend(annotations_added(annotations, &added));
    Injection {
        patch,
        left_alone: None,
        warnings: warnings.iter().map(|w| format!("outrider: {w}")).collect(),
    }
}

/// At the end of its list: behind Flink's own container, or behind everything that runs before.
fn container_added(pod: &Value, options: &Options) -> Value {
    let list = if options.native_sidecar {
        "initContainers"
    } else {
        "containers"
    };
    let container = container::container(options).json();
    if pod["spec"][list].is_array() {
        return add(format!("/spec/{list}/-"), container);
    }
    add(format!("/spec/{list}"), json!([container]))
}

fn annotations_added(present: &Value, added: &[(&'static str, Piece)]) -> Vec<Value> {
    if !present.is_object() {
        let all = Piece::Map(added.to_vec()).json();
        return vec![add("/metadata/annotations".into(), all)];
    }
    let each = added.iter().map(|(key, value)| {
        // A slash in a key stands for itself as `~1` (RFC 6901); none of ours has a tilde.
        let key = key.replace('/', "~1");
        add(format!("/metadata/annotations/{key}"), value.json())
    });
    each.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "json! only borrows it")]
fn add(path: String, value: Value) -> Value {
    json!({ "op": "add", "path": path, "value": value })
}

/// The containers of a pod share their ports.
fn taken_port(pod: &Value, port: u16) -> Option<String> {
    // An init container that ends gives its port back before any other begins.
    let stays = |container: &&Value| !container["restartPolicy"].is_null();
    let init = items(&pod["spec"]["initContainers"]).filter(stays);
    let mut staying = items(&pod["spec"]["containers"]).chain(init);
    let taken = staying.find(|container| {
        let mut ports = items(&container["ports"]);
        ports.any(|taken| taken["containerPort"] == port)
    })?;
    Some(format!(
        "port {port} is that of the container {}: give the sidecar another one with {SETTING}LISTEN=0.0.0.0:PORT",
        taken["name"].as_str().unwrap_or("?")
    ))
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["containers", "initContainers"];
    lists.into_iter().flat_map(|list| items(&pod["spec"][list]))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
