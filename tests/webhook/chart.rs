//! What the chart says again, because a MutatingAdmissionPolicy cannot ask us.

use std::path::Path;

use outrider::inject::{Options, inject};
use outrider::settings::TABLE;

use crate::pods;

fn chart(file: &str) -> String {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/outrider");
    std::fs::read_to_string(chart.join(file)).unwrap()
}

#[test]
fn the_charts_container_is_the_one_that_inject_writes() {
    let options = Options::new("outrider", &[], false, false).unwrap();
    let deployment = "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nspec:\n  jobManager:\n    replicas: 1\n";
    let injected = pods::json(&inject(deployment, &options).text);
    let template = &injected["spec"]["jobManager"]["podTemplate"]["spec"];
    let mut container = pods::sidecar(template).clone();
    for of_the_policy in ["name", "image", "env", "ports"] {
        let removed = container.as_object_mut().unwrap().remove(of_the_policy);
        assert!(removed.is_some(), "{of_the_policy}");
    }
    assert_eq!(pods::json(&chart("files/container.yaml")), container);
}

#[test]
fn the_policy_knows_every_setting_in_the_order_of_the_table() {
    let policy = chart("templates/admission-policy.yaml");
    let names = TABLE.iter().map(|setting| format!("\"{}\"", setting.name));
    let names: Vec<String> = names.collect();
    let words: Vec<&str> = policy.split_whitespace().collect();
    let list = format!("[{}]", names.join(", "));
    assert!(words.join(" ").contains(&list), "the policy lacks {list}");
}
