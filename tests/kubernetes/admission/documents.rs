//! What `inject` writes, as an API server with the definition of FlinkDeployments takes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::file;
use crate::cluster::Cluster;

/// The golden files of `inject`: what it writes.
fn written() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/inject");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".out.yaml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 8, "{paths:?}");
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// Everything that the server would say no to, before anything is changed.
fn taken(cluster: &Cluster, name: &str, text: &str) -> Result<String, String> {
    let path = file(name, text);
    let arguments = [
        "kubectl",
        "apply",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        &path,
    ];
    cluster.attempt(&arguments)
}

#[test]
fn what_inject_writes_is_accepted() {
    let cluster = Cluster::shared();
    cluster.kubectl(&["create", "namespace", "shop"]);
    for (name, text) in written() {
        check_taken(&name, &text, taken(&cluster, &name, &text));
    }
}

/// Operator 1.7.0 has never heard of restartPolicy in init containers: `inject` says so, and
/// everything else it writes is taken.
#[test]
fn an_older_definition_takes_everything_but_the_native_sidecar() {
    let cluster = Cluster::own_with_definitions("admission-1.7.0", "1.7.0");
    cluster.kubectl(&["create", "namespace", "shop"]);
    for (name, text) in written() {
        // Nor of Flink 1.20.
        let taken = taken(&cluster, &name, &text.replace("v1_20", "v1_19"));
        if text.contains("restartPolicy: Always") {
            let why = taken.unwrap_err();
            assert!(
                why.contains("unknown field") && why.contains("restartPolicy"),
                "{name}: {why}"
            );
            assert!(told(&name).contains("operator 1.7.0 does not"), "{name}");
        } else {
            check_taken(&name, &text, taken);
        }
    }
}

/// The words of Flink's configuration may stand below one another only in definitions that are newer
/// than both of these: whoever writes them so has such a one.
fn check_taken(name: &str, text: &str, taken: Result<String, String>) {
    let is_nested =
        text.contains("flinkConfiguration:\n    scheduler-mode: reactive\n    kubernetes:\n");
    match taken {
        Err(why) if is_nested => {
            assert!(why.contains("spec.flinkConfiguration.kubernetes"), "{why}")
        }
        Err(why) => panic!("{name}: {why}"),
        Ok(_) => assert!(!is_nested, "{name}"),
    }
}

/// What the command of a golden file tells.
fn told(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/inject");
    let input = folder.join(name.replace(".out.yaml", ".in.yaml"));
    let text = std::fs::read_to_string(&input).unwrap();
    let command = text
        .lines()
        .next()
        .unwrap()
        .strip_prefix("# outrider ")
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_outrider"))
        .args(shlex::split(command).unwrap())
        .arg(input)
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}
