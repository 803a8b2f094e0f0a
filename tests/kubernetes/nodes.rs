//! The rig's own kubelet, on which the test of the whole chain stands: it does with Pods what a real
//! one does, as far as the operator's Pods and `outrider inject` ask for it.

use std::time::Duration;

use crate::cluster::Cluster;

const ASKING: &str = r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: flink}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {conf.yaml: "parallelism: 1"}
---
apiVersion: v1
kind: Pod
metadata: {name: asking, labels: {app: orders}}
spec:
  serviceAccountName: flink
  initContainers:
  - name: sidecar
    image: registry.example.com/rig/sh:1@sha256:0
    restartPolicy: Always
    args: [-c, "echo told >/mnt/out/sidecar; sleep 600"]
    volumeMounts: [{name: out, mountPath: /mnt/out}]
  containers:
  - name: main
    image: sh:1
    args:
    - -c
    - until [ -e /mnt/out/sidecar ]; do sleep 0.1; done; echo "$TARGET"; cat /opt/rig/conf/conf.yaml; $(SAID);
      cp /var/run/secrets/kubernetes.io/serviceaccount/* /mnt/out; touch /opt/rig/conf/x || echo refused; sleep 600
    env:
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: TARGET, value: "flinkdeployment/$(APP) $$(APP) $(NOBODY)"}
    - {name: SAID, value: env}
    volumeMounts: [{name: out, mountPath: /mnt/out}, {name: conf, mountPath: /opt/rig/conf}]
  volumes: [{name: out, hostPath: {path: /asking}}, {name: conf, configMap: {name: conf}}]
"#;

const ENDING: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: crashing}
spec:
  containers: [{name: main, image: sh, args: [-c, "exit 3"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: unknown}
spec:
  containers: [{name: main, image: nobody-built-this}]
---
apiVersion: v1
kind: Pod
metadata: {name: obeying}
spec:
  containers: [{name: main, image: sh, args: [-c, "trap 'echo told; exit' TERM; while :; do sleep 0.1; done"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: deaf}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: sh, args: [-c, "trap '' TERM; echo deaf; sleep 600"]}]
"#;

fn with_nodes(name: &str, pods: &str) -> Cluster {
    let cluster = Cluster::own(name);
    cluster.rig(&["nodes", "default"]);
    cluster.apply(pods);
    cluster
}

fn wait_for(cluster: &Cluster, pod: &str, what: &str) {
    cluster.kubectl(&[
        "wait",
        &format!("pod/{pod}"),
        "--for",
        what,
        "--timeout=60s",
    ]);
}

/// Looks until a container's log has so many lines with these words.
fn log_with(cluster: &Cluster, pod: &str, words: &str) -> String {
    for _ in 0..600 {
        let log = cluster.log_of_container(pod, "main");
        if log.contains(words) {
            return log;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!(
        "not within a minute: {words}; {}",
        cluster.log_of_container(pod, "main")
    );
}

#[test]
fn a_pod_gets_what_it_asks_for() {
    let cluster = with_nodes("asking", ASKING);
    wait_for(&cluster, "asking", "condition=Ready");
    let log = log_with(&cluster, "asking", "refused");
    for line in [
        "flinkdeployment/orders $(APP) $(NOBODY)",
        "parallelism: 1",
        "APP=orders",
        "KUBERNETES_SERVICE_HOST=127.0.0.1",
    ] {
        assert!(
            log.lines().any(|found| found.contains(line)),
            "{line}: {log}"
        );
    }
    assert!(!log.contains("RIG_IMAGE"), "{log}");
    let token = cluster.disk().join("asking/token");
    let token = std::fs::read_to_string(token).expect("a token");
    let whose = cluster.kubectl(&[
        "--kubeconfig=/dev/null",
        "--insecure-skip-tls-verify",
        "-s",
        &cluster.url(),
        "--token",
        &token,
        "auth",
        "whoami",
    ]);
    assert!(
        whose.contains("system:serviceaccount:default:flink"),
        "{whose}"
    );
    assert!(whose.contains("asking"), "bound to its pod: {whose}");
    assert!(
        !std::path::Path::new("/opt/rig").exists(),
        "outside of the container"
    );
}

#[test]
fn containers_that_end_are_started_again_and_those_that_are_to_end_do() {
    let cluster = with_nodes("ending", ENDING);
    let waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}";
    wait_for(&cluster, "crashing", &format!("{waiting}=CrashLoopBackOff"));
    wait_for(
        &cluster,
        "unknown",
        &format!("{waiting}=CreateContainerConfigError"),
    );
    let last = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}";
    assert_eq!(cluster.kubectl(&["get", "pod/crashing", "-o", last]), "3");
    wait_for(&cluster, "obeying", "condition=Ready");
    log_with(&cluster, "deaf", "deaf");
    let before = cluster.rig(&["status"]);
    assert!(before.contains("pods/deaf/main"), "{before}");
    cluster.kubectl(&["delete", "pod", "obeying", "deaf", "--timeout=60s"]);
    assert!(cluster.log_of_container("obeying", "main").contains("told"));
    let after = cluster.rig(&["status"]);
    assert!(
        !after.contains("obeying") && !after.contains("deaf"),
        "{after}"
    );
}
