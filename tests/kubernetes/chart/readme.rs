//! README's section "On your cluster", word for word: its commands do what it says.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::Cluster;

/// The reader's job.
const JOB: &str = r#"
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: orders
  namespace: flink
spec:
  image: flink:1.20
  flinkVersion: v1_20
  mode: standalone
  serviceAccount: flink
  flinkConfiguration:
    scheduler-mode: reactive
    execution.checkpointing.interval: 60s
    restart-strategy.type: exponential-delay
  jobManager:
    resource:
      memory: 1024m
      cpu: 1
  taskManager:
    replicas: 1 # to begin with
    resource:
      memory: 2048m
      cpu: 1
  job:
    jarURI: local:///opt/flink/job.jar
"#;

/// What stands above a block that is for a person alone.
const NOT_RUN: &str = "<!-- not run in the tests";

/// The shell's blocks of the section, in their order.
fn blocks() -> Vec<String> {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, section) = readme.split_once("\n## On your cluster\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut parts = section.split("```sh\n");
    let mut above = parts.next().unwrap();
    let mut blocks = Vec::new();
    for part in parts {
        let (block, below) = part.split_once("```").unwrap();
        let comment = above.trim_end().lines().last().unwrap_or_default();
        if !comment.starts_with(NOT_RUN) {
            blocks.push(block.to_owned());
        }
        above = below;
    }
    blocks
}

/// Where a reader stands: a terminal in a checkout, with the programs that the section names.
struct Terminal {
    cluster: Cluster,
    directory: PathBuf,
}

impl Terminal {
    fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("bin")).unwrap();
        symlink(root.join("helm"), directory.join("helm")).unwrap();
        symlink(
            env!("CARGO_BIN_EXE_outrider"),
            directory.join("bin/outrider"),
        )
        .unwrap();
        for name in ["kubectl", "helm"] {
            let rig = root.join("tests/rig/kubernetes/rig");
            let script = format!("#!/bin/sh\nexec {} {name} \"$@\"\n", rig.display());
            let file = directory.join("bin").join(name);
            fs::write(&file, script).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let cluster = Cluster::own("readme");
        Self { cluster, directory }
    }

    fn run(&self, block: &str) {
        let path = format!("{}/bin:{}", self.directory.display(), env!("PATH"));
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .current_dir(&self.directory)
            .env("PATH", path)
            .env(
                "KUBERNETES_RIG",
                self.cluster.kubeconfig().ancestors().nth(2).unwrap(),
            )
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{block}\n{told}");
        assert!(!told.contains("warning"), "{block}\n{told}");
    }

    /// A field of the job, by its JSON path; empty where there is none.
    fn job(&self, path: &str) -> String {
        let path = format!("jsonpath={{{path}}}");
        let get = [
            "-n",
            "flink",
            "get",
            "flinkdeployment",
            "orders",
            "-o",
            &path,
        ];
        self.cluster.kubectl(&get)
    }

    fn roles(&self) -> String {
        self.cluster
            .kubectl(&["-n", "flink", "get", "roles,rolebindings", "-o", "name"])
    }
}

const CONTAINERS: &str = ".spec.jobManager.podTemplate.spec.containers[*].name";
const ANNOTATIONS: &str = ".metadata.annotations";

#[test]
fn the_commands_of_readme_do_what_it_says() {
    let terminal = Terminal::open();
    let cluster = &terminal.cluster;
    cluster.kubectl(&["create", "namespace", "flink"]);
    cluster.rig(&["monitoring"]);
    fs::write(terminal.directory.join("job.yaml"), JOB).unwrap();
    cluster.apply(JOB);

    let mut seen = 0;
    for block in blocks() {
        terminal.run(&block);
        let mut after = |words: &str, check: &dyn Fn()| {
            if block.contains(words) {
                seen += 1;
                check();
            }
        };
        after("helm install", &|| {
            assert!(terminal.roles().contains("rolebinding"))
        });
        after("podMonitor.enabled", &|| {
            let scraped = [
                "-n",
                "flink",
                "get",
                "podmonitors,prometheusrules",
                "-o",
                "name",
            ];
            assert_eq!(cluster.kubectl(&scraped).lines().count(), 2);
        });
        after("outrider inject ", &|| {
            assert_eq!(terminal.job(CONTAINERS), "flink-main-container outrider");
            assert!(
                terminal
                    .job(ANNOTATIONS)
                    .contains(r#""outrider.dev/paused":"true""#)
            );
        });
        after("outrider.dev/paused-\n", &|| {
            assert!(
                !terminal
                    .job(ANNOTATIONS)
                    .contains(r#""outrider.dev/paused""#)
            );
        });
        after("workers-max=40", &|| {
            assert!(
                terminal
                    .job(ANNOTATIONS)
                    .contains(r#""outrider.dev/workers-max":"40""#)
            );
        });
        after("injection.mode=policy", &|| {
            let policies = cluster.kubectl(&["get", "mutatingadmissionpolicies", "-o", "name"]);
            assert!(policies.contains("outrider.flink"), "{policies}");
        });
        after("leases=true", &|| {
            let role = cluster.kubectl(&["-n", "flink", "get", "role", "outrider", "-o", "yaml"]);
            assert!(role.contains("- leases"), "{role}");
        });
        after("delete rolebinding", &|| {
            assert!(!terminal.roles().contains("rolebinding"))
        });
        after("helm uninstall", &|| {
            assert_eq!(terminal.job(CONTAINERS), "");
            assert_eq!(terminal.roles(), "");
        });
    }
    assert_eq!(seen, 9, "a step is told in other words now");
}
