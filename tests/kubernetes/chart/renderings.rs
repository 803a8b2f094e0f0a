//! What the chart becomes, for all that can be chosen: Helm finds nothing wrong with it, and the
//! API server would take it.

use expect_test::expect_file;

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
