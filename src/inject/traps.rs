//! What makes a sidecar useless or a job ill although the YAML is right: each with its mend.
//!
//! Pure: values in, values out.

use crate::inject::Finding;
use crate::inject::container::{MAIN, NAME};
use crate::inject::options::Options;
use crate::inject::ports;
use crate::inject::spec::{configuration, name};
use crate::inject::yaml::Node;

/// Where the operator looks for it: not in a pod template, where it would come too late.
const MERGE_BY_NAME: &str = "kubernetes.operator.pod-template.merge-arrays-by-name";

/// Everything worth a word about a FlinkDeployment's spec, its key first.
#[must_use]
pub fn warnings(entry: &(Node, Node), options: &Options) -> Vec<Finding> {
    let (key, spec) = entry;
    let mut found = Vec::new();
    found.extend(carried_by_all(spec));
    if options.given("WORKERS_MAX").is_none() {
        found.push(Finding::warning(
            key.line,
            "without OUTRIDER_WORKERS_MAX the sidecar only observes: --set WORKERS_MAX=20".into(),
        ));
    }
    if options.given("TARGET").is_none() {
        found.extend(not_in_place(key, spec));
        found.extend(no_replicas(key, spec));
    }
    found.extend(several_job_managers(spec));
    found.extend(no_job_of_its_own(key, spec));
    found.extend(ports::taken(spec, options));
    if options.native_sidecar {
        found.push(Finding::warning(
            key.line,
            "a native sidecar needs Kubernetes 1.29 or newer and a FlinkDeployment definition that \
             knows restartPolicy of init containers (operator 1.7.0 does not, 1.10.0 does); \
             an image that cannot be pulled keeps the job from starting"
                .into(),
        ));
    }
    found
}

/// The operator merges the lists of two pod templates by position: whoever stands third here
/// becomes whoever stands third there.
///
/// # Errors
///
/// Says so where the list as it will be does not fit the one that all pods have in common.
pub fn merged_by_position(spec: &Node, list: &str, names: &[&str]) -> Result<(), Finding> {
    let Some(common) = spec.at(&["podTemplate", "spec", list]) else {
        return Ok(());
    };
    if configuration(spec, MERGE_BY_NAME).and_then(Node::text) == Some("true") {
        return Ok(());
    }
    let pairs = common.items().iter().map(name).zip(names);
    for (position, (theirs, ours)) in pairs.enumerate() {
        if theirs != *ours {
            return Err(Finding::error(
                common.line,
                format!(
                    "the operator merges {list} of spec.podTemplate into those of \
                     spec.jobManager.podTemplate by position: number {} would be {theirs} and {ours} \
                     at once; set `{MERGE_BY_NAME}: \"true\"` in spec.flinkConfiguration",
                    position + 1
                ),
            ));
        }
    }
    Ok(())
}

/// A sidecar in a template that TaskManagers have, too.
fn carried_by_all(spec: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in [
        &["podTemplate", "spec"][..],
        &["taskManager", "podTemplate", "spec"],
    ] {
        for list in ["containers", "initContainers"] {
            let containers = spec.at(path).and_then(|spec| spec.get(list));
            let containers = containers.map(Node::items).unwrap_or_default();
            for container in containers
                .iter()
                .filter(|container| name(container) == NAME)
            {
                found.push(Finding::warning(
                    container.line,
                    format!(
                        "every TaskManager carries the container {NAME} of spec.{}: \
                         take it out, it belongs to the JobManager alone",
                        path.join(".")
                    ),
                ));
            }
        }
    }
    found
}

/// What makes the operator answer another number of TaskManagers with a new deployment.
fn not_in_place(key: &Node, spec: &Node) -> Option<Finding> {
    let mode = spec.entry("mode");
    if mode.and_then(|(_, mode)| mode.text()) != Some("standalone") {
        return Some(Finding::warning(
            mode.map_or(key.line, |(key, _)| key.line),
            "in native mode (the default) other replicas are a redeployment of the whole job, so \
             nothing is scaled: set `mode: standalone` and `scheduler-mode: reactive`, \
             or `jobmanager.scheduler: adaptive` and --set TARGET=flink"
                .into(),
        ));
    }
    let scheduler = configuration(spec, "scheduler-mode");
    let words = scheduler.and_then(Node::text).unwrap_or_default();
    if words.eq_ignore_ascii_case("reactive") {
        return None;
    }
    let there = scheduler.or(spec.get("flinkConfiguration"));
    Some(Finding::warning(
        there.map_or(key.line, |node| node.line),
        "without Reactive Mode other replicas are a redeployment of the whole job, so nothing is \
         scaled: set `scheduler-mode: reactive` in spec.flinkConfiguration"
            .into(),
    ))
}

/// Each of them is a pod, so each of them gets a sidecar.
fn several_job_managers(spec: &Node) -> Option<Finding> {
    let replicas = spec.at(&["jobManager", "replicas"])?;
    let several = replicas.text()?.parse::<u32>().ok()? > 1;
    several.then(|| {
        Finding::warning(
            replicas.line,
            "each of several JobManagers gets a sidecar, and a Lease says which of them acts: its \
             service account needs rights on leases of coordination.k8s.io (create, get, update)"
                .into(),
        )
    })
}

fn no_job_of_its_own(key: &Node, spec: &Node) -> Option<Finding> {
    spec.entry("job").is_none().then(|| {
        Finding::warning(
            key.line,
            "without spec.job this is a session cluster: it is scaled only while exactly one job \
             runs in it; give each job a FlinkDeployment of its own"
                .into(),
        )
    })
}

fn no_replicas(key: &Node, spec: &Node) -> Option<Finding> {
    let task_manager = spec.entry("taskManager");
    let replicas = task_manager.and_then(|(_, task_manager)| task_manager.get("replicas"));
    if replicas.and_then(Node::text).is_some() {
        return None;
    }
    Some(Finding::warning(
        task_manager.map_or(key.line, |(key, _)| key.line),
        "spec.taskManager.replicas is not set, and Kubernetes cannot scale what is not there: \
         set it to the number to begin with, for example `replicas: 1`"
            .into(),
    ))
}

/// Why a list without Flink's own container is not touched.
#[must_use]
pub fn no_main(list: &Node) -> Finding {
    Finding::error(
        list.line,
        format!(
            "the JobManager's pod template has containers, but none is {MAIN}: \
             add `- name: {MAIN}` as the first of them"
        ),
    )
}
