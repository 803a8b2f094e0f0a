//! The API server evaluates the chart's MutatingAdmissionPolicy.

use serde_json::{Value, json};

use super::{check_becomes, check_others_stay, created, namespace, rendered};
use crate::cluster::{Cluster, until};
use crate::pods::{Pair, pair, pairs, sidecar};

/// Has the server evaluate the chart's policy in a namespace.
fn applied(cluster: &Cluster, namespace: &str, pair: &Pair) {
    let template = "templates/admission-policy.yaml";
    for document in rendered(cluster, template, namespace, "policy", pair) {
        cluster.apply(&document.to_string());
    }
}

fn forget(cluster: &Cluster, namespace: &str) {
    let name = format!("outrider.{namespace}");
    for kind in ["mutatingadmissionpolicybinding", "mutatingadmissionpolicy"] {
        cluster.kubectl(&["delete", kind, &name]);
    }
}

#[test]
fn each_golden_pod_comes_out_of_the_charts_policy() {
    let cluster = Cluster::shared();
    for pair in pairs() {
        let namespace = namespace(&cluster);
        applied(&cluster, &namespace, &pair);
        check_becomes(&cluster, &namespace, &pair);
        check_others_stay(&cluster, &namespace, &pair);
        forget(&cluster, &namespace);
    }
}

/// An expression that fails would refuse these (failurePolicy: Fail).
#[test]
fn a_pod_that_lacks_what_the_policy_reads_is_created() {
    let cluster = Cluster::shared();
    let namespace = namespace(&cluster);
    let mut without_settings = pair("orders");
    without_settings.before["metadata"]["annotations"] = json!({});
    let annotated = pair("out-of-reach");
    for pair in [&annotated, &without_settings] {
        applied(&cluster, &namespace, pair);
    }
    until("the policy is in force", || {
        let pod = created(&cluster, &namespace, &without_settings.before).ok()?;
        (pod["spec"]["containers"].as_array()?.len() == 2).then_some(())
    });
    let pod = |change: &dyn Fn(&mut Value)| {
        let mut pod = without_settings.before.clone();
        change(&mut pod);
        until("the pod is created", || {
            created(&cluster, &namespace, &pod).ok()
        })
    };
    sidecar(&pod(&|_| ())["spec"]);
    sidecar(&pod(&|pod| pod["metadata"]["annotations"] = Value::Null)["spec"]);
    let without_main = pod(&|pod| pod["spec"]["containers"][0]["name"] = "main".into());
    assert_eq!(
        without_main["spec"]["containers"].as_array().map(Vec::len),
        Some(1)
    );
    for listen in [
        "",
        ":",
        "0.0.0.0:",
        "0.0.0.0:99999999999999999999",
        "[::]:0",
        "9250",
        "\u{1F680}:1",
    ] {
        let pod = pod(&|pod| {
            pod["metadata"]["annotations"] = json!({ "outrider.dev/set-LISTEN": listen });
        });
        assert_eq!(
            sidecar(&pod["spec"])["ports"][0]["containerPort"],
            9250,
            "{listen}"
        );
    }
    forget(&cluster, &namespace);
}

/// Somebody who changes the pod afterwards has the policy looked at again (reinvocationPolicy:
/// IfNeeded): it finds its own container.
#[test]
fn beside_another_that_changes_the_pod_there_is_one_sidecar() {
    let cluster = Cluster::shared();
    let namespace = namespace(&cluster);
    let orders = pair("orders");
    applied(&cluster, &namespace, &orders);
    let mut other = rendered(
        &cluster,
        "templates/admission-policy.yaml",
        &namespace,
        "policy",
        &orders,
    );
    let name = format!("z.{namespace}");
    for document in &mut other {
        document["metadata"]["name"] = name.as_str().into();
    }
    other[1]["spec"]["policyName"] = name.as_str().into();
    other[0]["spec"]["variables"] = json!([]);
    other[0]["spec"]["matchConditions"] = json!([{
        "name": "once", "expression": "!object.spec.containers.exists(c, c.name == 'late')"
    }]);
    other[0]["spec"]["mutations"][0]["jsonPatch"]["expression"] = "[JSONPatch{op: \"add\", path: \"/spec/containers/-\", value: Object.spec.containers{name: \"late\", image: \"late\"}}]".into();
    for document in other {
        cluster.apply(&document.to_string());
    }
    let mut names = until("both have changed the pod", || {
        let pod = created(&cluster, &namespace, &orders.before).ok()?;
        let containers = pod["spec"]["containers"].as_array()?.iter();
        let names: Vec<String> = containers
            .filter_map(|c| Some(c["name"].as_str()?.to_owned()))
            .collect();
        (names.len() > 2).then_some(names)
    });
    // Who comes first is for the server to choose.
    names.sort();
    assert_eq!(names, ["flink-main-container", "late", "outrider"]);
    for kind in ["mutatingadmissionpolicybinding", "mutatingadmissionpolicy"] {
        cluster.kubectl(&["delete", kind, &name]);
    }
    forget(&cluster, &namespace);
}
