//! A real Kubernetes API server (tests/rig/kubernetes), driven from a test.

#![allow(dead_code, reason = "no test uses all of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::Duration;

use kube::Config;
use kube::config::AuthInfo;
use serde_json::Value;

/// The newest of the operator's definitions that the rig has.
const NEWEST: &str = "1.10.0";

/// etcd and an API server with the FlinkDeployment definition and no object yet. It goes down when
/// it is dropped, and in any case when the process of the tests ends.
pub struct Cluster {
    directory: PathBuf,
    namespaces: AtomicU32,
}

/// An answer of the API server, as its audit log has it.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// `system:serviceaccount:NAMESPACE:NAME`, `administrator`, `system:anonymous`, …
    pub user: String,
    /// `get`, `patch`, `create`, …
    pub verb: String,
    pub resource: String,
    /// Empty where there is none.
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// Of HTTP.
    pub code: u64,
    pub user_agent: String,
    /// When it was answered, as RFC 3339 with microseconds, in UTC: orders as text does.
    pub time: String,
}

impl Cluster {
    /// One for all tests of a binary: each takes a [`Cluster::namespace`] of its own.
    pub fn shared() -> Arc<Self> {
        // A static is never dropped: this one goes down when the process ends.
        static SHARED: OnceLock<Arc<Cluster>> = OnceLock::new();
        let up = || Arc::new(Self::own(env!("CARGO_CRATE_NAME")));
        Arc::clone(SHARED.get_or_init(up))
    }

    /// One to break.
    pub fn own(name: &str) -> Self {
        Self::own_with_definitions(name, NEWEST)
    }

    /// One whose definitions are those of this version of the operator.
    pub fn own_with_definitions(name: &str, version: &str) -> Self {
        let cluster = Self {
            directory: Self::directory(name),
            namespaces: AtomicU32::new(0),
        };
        cluster.rig(&["down"]);
        let mut up = cluster.command(&["up"]);
        succeeded(&["up"], &up.env("CRDS", version).output().expect("bash"));
        cluster
    }

    fn directory(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/kubernetes-rigs")
            .join(name)
    }

    /// Runs a command of the rig, as `pause apiserver`, and gives what it printed.
    pub fn rig(&self, arguments: &[&str]) -> String {
        succeeded(arguments, &self.command(arguments).output().expect("bash"))
    }

    /// The same, but it may fail: what it complained of.
    pub fn attempt(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(arguments).output().expect("bash");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Pods of a namespace become processes; the images are told what they are made of.
    pub fn nodes(&self, namespace: &str, images: &[(&str, &str)]) {
        let arguments = ["nodes", namespace];
        let mut nodes = self.command(&arguments);
        nodes.envs(images.iter().copied());
        succeeded(&arguments, &nodes.output().expect("bash"));
    }

    /// The processes of containers that live: `pods/POD/CONTAINER` and the process's id.
    pub fn containers(&self) -> Vec<(String, u32)> {
        let status = self.rig(&["status"]);
        let lines = status.lines().filter(|line| line.starts_with("pods/"));
        let container = |line: &str| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        };
        lines.filter_map(container).collect()
    }

    /// Runs kubectl as an administrator and gives what it printed.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.rig(&[&["kubectl"], arguments].concat())
    }

    /// Runs Helm as an administrator and gives what it printed.
    pub fn helm(&self, arguments: &[&str]) -> String {
        self.rig(&[&["helm"], arguments].concat())
    }

    /// Creates or changes what the YAML says, as an administrator.
    pub fn apply(&self, yaml: &str) {
        self.fed(&["kubectl", "apply", "-f", "-"], yaml);
    }

    /// The same without doing it: the server checks everything that it would check.
    pub fn would_apply(&self, yaml: &str) {
        self.fed(&["kubectl", "apply", "--dry-run=server", "-f", "-"], yaml);
    }

    fn fed(&self, arguments: &[&str], input: &str) {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("it reads all");
        drop(stdin);
        succeeded(arguments, &child.wait_with_output().expect("a child"));
    }

    /// A namespace that nobody else uses.
    pub fn namespace(&self, prefix: &str) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("{prefix}-{number}");
        self.kubectl(&["create", "namespace", &namespace]);
        namespace
    }

    /// The way to the server with the token of a service account, which is made if it is not there.
    pub fn config_as(&self, namespace: &str, service_account: &str) -> Config {
        let mut config = Config::new(self.url().parse().expect("a URL"));
        let run = self.directory.join("run");
        let certificate = std::fs::read(run.join("certificates/issuer.der"));
        config.root_cert = Some(vec![certificate.expect("the rig is up")]);
        config.auth_info = AuthInfo {
            token: Some(self.token(namespace, service_account).into()),
            ..AuthInfo::default()
        };
        config
    }

    /// A kubeconfig with the token of a service account, for a process.
    pub fn kubeconfig_as(&self, namespace: &str, service_account: &str) -> PathBuf {
        let run = self.directory.join("run");
        let file = run.join(format!("{namespace}.{service_account}.kubeconfig"));
        let token = self.token(namespace, service_account);
        let kubeconfig = std::fs::read_to_string(self.kubeconfig()).expect("the rig is up");
        let (others, _) = kubeconfig.split_once("users:").expect("it ends with users");
        let text = format!("{others}users: [{{name: administrator, user: {{token: {token}}}}}]\n");
        std::fs::write(&file, text).expect("a place for it");
        file
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("run/kubeconfig")
    }

    /// What a container of a Pod has printed, over all its restarts; that of a Pod that is gone, too.
    pub fn log_of_container(&self, pod: &str, container: &str) -> String {
        let log = self
            .directory
            .join(format!("run/pods/{pod}/{container}.log"));
        std::fs::read_to_string(log).unwrap_or_default()
    }

    /// The disk of the node: a hostPath of a Pod is below it.
    pub fn disk(&self) -> PathBuf {
        self.directory.join("run/disk")
    }

    /// Where the API server listens.
    pub fn url(&self) -> String {
        let kubeconfig = std::fs::read_to_string(self.kubeconfig()).expect("the rig is up");
        let server = kubeconfig.split('"').find(|word| word.contains("://"));
        server.expect("a server").to_owned()
    }

    /// All that was answered until now, oldest first.
    pub fn audit(&self) -> Vec<AuditLine> {
        let log = std::fs::read_to_string(self.directory.join("run/audit.log"));
        let log = log.expect("the rig is up");
        // The last line may not be written to its end yet.
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.map(|line| AuditLine::from(&line)).collect()
    }

    fn token(&self, namespace: &str, service_account: &str) -> String {
        self.apply(&format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {service_account}, namespace: {namespace}}}}}"
        ));
        let token = self.kubectl(&["-n", namespace, "create", "token", service_account]);
        token.trim().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command =
            Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/kubernetes/rig"));
        command
            .args(arguments)
            .env("KUBERNETES_RIG", &self.directory)
            .env("RIG_WHILE", std::process::id().to_string());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command(&["down"]).status();
    }
}

impl From<&Value> for AuditLine {
    fn from(line: &Value) -> Self {
        let text = |path: &str| {
            let value = line.pointer(path).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Self {
            user: text("/user/username"),
            verb: text("/verb"),
            resource: text("/objectRef/resource"),
            subresource: text("/objectRef/subresource"),
            namespace: text("/objectRef/namespace"),
            name: text("/objectRef/name"),
            code: line["responseStatus"]["code"].as_u64().unwrap_or_default(),
            user_agent: text("/userAgent"),
            time: text("/stageTimestamp"),
        }
    }
}

fn succeeded(arguments: &[&str], output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "tests/rig/kubernetes/rig {arguments:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// What is there at last; a generous limit.
pub fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("not within a minute: {what}");
}
