//! What the chart becomes, for all that can be chosen: Helm finds nothing wrong with it, and the
//! API server would take it.

use std::fs;

use expect_test::expect_file;
use serde_json::Value;

use super::{CHART, cluster};

/// What this server knows and not every one does.
const KNOWN: &str =
    "monitoring.coreos.com/v1,admissionregistration.k8s.io/v1/MutatingAdmissionPolicy";

const INJECTION: [&str; 3] = [
    "injection.mode=off",
    "injection.mode=policy,injection.settings.WORKERS_MAX=20",
    "injection.mode=webhook,injection.nativeSidecar=true,injection.failurePolicy=Fail,\
     injection.webhook.secretName=outrider-tls",
];

/// Everything else: nothing of it, and all of it.
const OTHERS: [&str; 2] = [
    "leases=false",
    "leases=true,scaleLimit=40,serviceAccounts={flink,orders},podMonitor.enabled=true,\
     podMonitor.labels.release=prometheus,rules.enabled=true,\
     rules.runbookUrl=https://wiki.example.com/outrider,dashboards.enabled=true",
];

fn combinations(namespaces: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for injection in INJECTION {
        for others in OTHERS {
            for namespaces in namespaces {
                all.push(format!(
                    "image.repository=registry.example.com/outrider,{injection},{others},{namespaces}"
                ));
            }
        }
    }
    all
}

/// What Helm makes of a combination.
fn helm(command: &[&str], set: &str) -> String {
    let cluster = cluster();
    let authority = cluster
        .kubeconfig()
        .with_file_name("certificates/apiserver.crt");
    let authority = format!("injection.webhook.caBundle={}", authority.display());
    cluster.helm(&[command, &["--set", set, "--set-file", &authority]].concat())
}

#[test]
fn without_any_value_it_is_the_rendering_that_was_looked_at() {
    let arguments = ["template", "outrider", CHART, "--namespace", "flink"];
    expect_file!["../../payloads/chart/default.yaml"].assert_eq(&cluster().helm(&arguments));
}

#[test]
fn helm_finds_nothing_wrong_with_any_combination() {
    for set in combinations(&["namespaces=null", "namespaces={flink,shop}"]) {
        helm(&["lint", "--strict", "--quiet", CHART], &set);
    }
}

#[test]
fn the_api_server_would_take_every_combination() {
    let cluster = cluster();
    let (own, other) = (cluster.namespace("rendered"), cluster.namespace("rendered"));
    let two = format!("namespaces={{{own},{other}}}");
    for set in combinations(&["namespaces=null", &two]) {
        let command = ["template", "outrider", CHART, "--namespace", &own];
        let command = [&command[..], &["--api-versions", KNOWN]].concat();
        cluster.would_apply(&helm(&command, &set));
    }
}

/// The objects of a kind in a rendering with these values.
fn objects(kind: &str, set: &str) -> Vec<Value> {
    let known = format!("{KNOWN},cert-manager.io/v1");
    let arguments = ["template", "outrider", CHART, "--api-versions", &known];
    let rendering = cluster().helm(&[&arguments[..], &["--set", set]].concat());
    let documents = rendering.split("\n---\n").map(|text| -> Value {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    });
    documents.filter(|object| object["kind"] == kind).collect()
}

/// Names and texts of the chart's files.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(format!("{CHART}/{folder}")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder}");
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn the_rules_are_those_of_their_files_with_links_to_where_the_runbooks_are() {
    let wiki = "https://wiki.example.com/outrider.md";
    let mut groups = Vec::new();
    for (_, text) in files("rules") {
        let text = text.replace("https://runbooks.example.com/outrider", wiki);
        let file: Value = serde_saphyr::from_str(&text).unwrap();
        groups.extend(file["groups"].as_array().unwrap().clone());
    }
    let with = objects(
        "PrometheusRule",
        &format!("rules.enabled=true,rules.runbookUrl={wiki}"),
    );
    assert_eq!(with[0]["spec"]["groups"], Value::from(groups));
    assert!(
        with[0]
            .to_string()
            .contains(&format!("{wiki}#outriderdown"))
    );

    let without = objects("PrometheusRule", "rules.enabled=true")[0].to_string();
    assert!(
        !without.contains("runbook") && without.contains("OutriderDown"),
        "{without}"
    );
}

#[test]
fn the_dashboards_are_those_of_their_files_to_the_byte() {
    let maps = objects("ConfigMap", "dashboards.enabled=true");
    assert_eq!(maps[0]["metadata"]["labels"]["grafana_dashboard"], "1");
    let data = maps[0]["data"].as_object().unwrap();
    let files = files("dashboards");
    assert_eq!(data.len(), files.len());
    for (name, text) in files {
        assert_eq!(data[&format!("outrider-{name}")], text.as_str(), "{name}");
    }
}

#[test]
fn the_webhook_gets_its_certificate_from_cert_manager_where_no_secret_is_named() {
    let set = "injection.mode=webhook,image.repository=registry.example.com/outrider";
    let certificates = objects("Certificate", set);
    let secret = &certificates[0]["spec"]["secretName"];
    let deployment = &objects("Deployment", set)[0];
    let volume = "/spec/template/spec/volumes/0/secret/secretName";
    assert_eq!(deployment.pointer(volume), Some(secret));
    let service = objects("Service", set)[0]["metadata"]["name"].clone();
    let host = format!("{}.default.svc", service.as_str().unwrap());
    assert_eq!(certificates[0]["spec"]["dnsNames"][0], host);
    let webhook = &objects("MutatingWebhookConfiguration", set)[0];
    let from = &webhook["metadata"]["annotations"]["cert-manager.io/inject-ca-from"];
    let name = certificates[0]["metadata"]["name"].as_str().unwrap();
    assert_eq!(*from, format!("default/{name}"));
    assert_eq!(
        webhook["webhooks"][0]["clientConfig"]["service"]["name"],
        service
    );
}
