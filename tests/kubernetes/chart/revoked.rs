//! How a sidecar is stopped at once and without a restart: its right is taken away.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{cluster, install};
use crate::cluster::{Cluster, until};
use crate::server::deployment;
use crate::sidecar::{Sidecar, free_port};

/// A Flink whose job has too much to do, for good: that of the demo, which only observes.
struct BusyFlink {
    process: Child,
    url: String,
    /// It ends when nobody listens to what it tells.
    _told: Lines<BufReader<ChildStdout>>,
}

impl BusyFlink {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_outrider"))
            .arg("demo")
            .env_clear()
            .env("OUTRIDER_MODE", "observe")
            .env("OUTRIDER_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo");
        let mut told = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let line = told.find_map(|line| {
            let line = line.expect("text");
            Some(line.split_once("Flink  ")?.1.to_owned())
        });
        let url = line.expect("it tells where its Flink is");
        Self {
            process,
            url: url.trim().trim_end_matches("/jobs/overview").to_owned(),
            _told: told,
        }
    }
}

impl Drop for BusyFlink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A FlinkDeployment with the workers that the busy job has, and at rest as the operator says it.
fn at_rest(cluster: &Cluster, namespace: &str) {
    cluster.apply(&deployment(namespace, "orders", "replicas: 2"));
    let status =
        r#"{"status":{"lifecycleState":"STABLE","reconciliationStatus":{"state":"DEPLOYED"}}}"#;
    let patch = [
        "-n",
        namespace,
        "patch",
        "flinkdeployment/orders",
        "--subresource=status",
    ];
    cluster.kubectl(&[&patch[..], &["--type=merge", "-p", status]].concat());
}

fn replicas(cluster: &Cluster, namespace: &str) -> String {
    let path = "jsonpath={.spec.taskManager.replicas}";
    cluster.kubectl(&["-n", namespace, "get", "flinkdeployment/orders", "-o", path])
}

/// What the account asked for and was given, and not everybody is: `patch flinkdeployments/scale`.
fn used(cluster: &Cluster, namespace: &str) -> BTreeSet<String> {
    let user = format!("system:serviceaccount:{namespace}:flink");
    let lines = cluster.audit().into_iter();
    lines
        .filter(|line| line.user == user && line.code < 300)
        .filter(|line| !line.resource.starts_with("selfsubject"))
        .map(|line| match line.subresource.as_str() {
            "" => format!("{} {}", line.verb, line.resource),
            below => format!("{} {}/{below}", line.verb, line.resource),
        })
        .collect()
}

#[test]
fn without_its_role_binding_the_sidecar_holds_and_with_it_again_it_scales() {
    let cluster = cluster();
    let namespace = cluster.namespace("revoked");
    let flink = BusyFlink::start();
    install(&cluster, "outrider", &namespace, "leases=false");
    at_rest(&cluster, &namespace);
    let account = cluster.kubeconfig_as(&namespace, "flink");
    let settings = [
        ("KUBECONFIG", account.to_str().unwrap()),
        ("OUTRIDER_FLINK_URL", flink.url.as_str()),
        ("OUTRIDER_TARGET", "flinkdeployment/orders"),
        ("OUTRIDER_NAMESPACE", namespace.as_str()),
        ("OUTRIDER_WORKERS_MAX", "8"),
    ];
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("revoked.txt");
    let mut sidecar = Sidecar::start(free_port(), &settings, &log);

    cluster.kubectl(&["-n", &namespace, "delete", "rolebinding", "outrider"]);
    let held = sidecar.until("it holds", |status| {
        status["decision"]["reason"] == "target_unavailable"
    });
    let log_of = || std::fs::read_to_string(&log).unwrap();
    assert!(
        log_of().contains("the right is missing (403)"),
        "{held:#}\n{}",
        log_of()
    );
    assert_eq!(replicas(&cluster, &namespace), "2");

    install(&cluster, "outrider", &namespace, "leases=false");
    until("it scales", || {
        let replicas = replicas(&cluster, &namespace);
        (replicas != "2").then_some(replicas)
    });
    // And with that it has used each of the rights that the chart gives.
    let given = [
        "create events",
        "get flinkdeployments",
        "get flinkdeployments/scale",
        "patch flinkdeployments/scale",
    ];
    until("every right is used", || {
        let used = used(&cluster, &namespace);
        given
            .iter()
            .all(|right| used.contains(*right))
            .then_some(())
    });
    assert_eq!(used(&cluster, &namespace).len(), given.len());
    assert!(sidecar.stop().success());
}
