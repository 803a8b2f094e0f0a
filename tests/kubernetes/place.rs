//! A namespace of a real API server with a FlinkDeployment in it, and a service account there that
//! scales it. The operator's part, the status, is played by the test.

use std::sync::Arc;
use std::time::Duration;

use outrider::act::Actuator;
use outrider::outcome::Outcome;
use outrider::settings::Settings;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::decisions::{scale_to, shown};
use crate::loopback::payload;

/// The object that everything here is about.
pub const TARGET: &str = "flinkdeployment/orders";
/// Its service account.
const ACCOUNT: &str = "flink";
/// Something that must happen, on a machine that does other things as well.
const LIMIT: Duration = Duration::from_secs(120);

pub struct Place {
    pub cluster: Arc<Cluster>,
    pub namespace: String,
}

impl Place {
    /// With a FlinkDeployment of 3 that is at rest, and the rights to scale it.
    pub fn at_rest() -> Self {
        Self::of(Cluster::shared())
    }

    /// The same in this cluster.
    pub fn of(cluster: Arc<Cluster>) -> Self {
        let place = Self::without_rights(cluster);
        place.grant("flink.apache.org", "flinkdeployments");
        place
    }

    /// The same, but the account may do nothing.
    pub fn without_rights(cluster: Arc<Cluster>) -> Self {
        let namespace = cluster.namespace("acting");
        let place = Self { cluster, namespace };
        place.apply(&place.deployment("replicas: 3"));
        place.reconciled();
        place
    }

    /// The right to read objects of this kind, and to read and write their number.
    pub fn grant(&self, group: &str, plural: &str) {
        let Self { namespace, .. } = self;
        self.apply(&format!(
            r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {plural}, namespace: {namespace}}}
rules:
- {{apiGroups: ["{group}"], resources: [{plural}], verbs: [get]}}
- {{apiGroups: ["{group}"], resources: [{plural}/scale], verbs: [get, patch]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {plural}, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {plural}}}
subjects: [{{kind: ServiceAccount, name: {ACCOUNT}}}]
"#
        ));
    }

    /// The FlinkDeployment as a person writes it.
    pub fn deployment(&self, replicas: &str) -> String {
        let Self { namespace, .. } = self;
        format!(
            "
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: {{name: orders, namespace: {namespace}}}
spec:
  image: flink:1.19
  flinkVersion: v1_19
  mode: standalone
  flinkConfiguration: {{scheduler-mode: reactive}}
  jobManager: {{resource: {{memory: 1024m, cpu: 1}}}}
  taskManager: {{resource: {{memory: 1024m, cpu: 1}}, {replicas}}}
  job: {{jarURI: local:///opt/flink/job.jar}}
"
        )
    }

    pub fn apply(&self, yaml: &str) {
        self.cluster.apply(yaml);
    }

    /// kubectl, as an administrator, in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster
            .kubectl(&[&["-n", &self.namespace], arguments].concat())
    }

    /// A field of the FlinkDeployment, by its JSON path.
    pub fn field(&self, path: &str) -> String {
        let path = format!("jsonpath={{{path}}}");
        self.kubectl(&["get", "flinkdeployment/orders", "-o", &path])
    }

    pub fn replicas(&self) -> String {
        self.field(".spec.taskManager.replicas")
    }

    /// The operator has taken the last change of the spec: what a real one wrote, for this
    /// generation.
    pub fn reconciled(&self) {
        self.status(|_| {});
    }

    /// The same, with something about it changed.
    pub fn status(&self, change: impl FnOnce(&mut Value)) {
        let recorded = payload("kubernetes-1.36/flinkdeployment.json");
        let recorded: Value = serde_json::from_str(&recorded).unwrap();
        let mut status = recorded["status"].clone();
        let generation: u64 = self.field(".metadata.generation").parse().unwrap();
        status["observedGeneration"] = json!(generation);
        let spec = json!({
            "spec": {},
            "resource_metadata": {
                "apiVersion": "flink.apache.org/v1beta1",
                "metadata": {"generation": generation},
            },
        });
        status["reconciliationStatus"]["lastReconciledSpec"] = json!(spec.to_string());
        change(&mut status);
        let patch = json!({"status": status}).to_string();
        let patched = ["patch", "flinkdeployment/orders", "--subresource=status"];
        self.kubectl(&[&patched[..], &["--type=merge", "-p", &patch]].concat());
    }

    pub fn config(&self) -> kube::Config {
        self.cluster.config_as(&self.namespace, ACCOUNT)
    }

    /// The way of somebody who may do everything.
    pub fn administrator(&self) -> kube::Config {
        let binding = format!("administrator-{}", self.namespace);
        let account = format!("--serviceaccount={}:administrator", self.namespace);
        let config = self.cluster.config_as(&self.namespace, "administrator");
        let role = "--clusterrole=cluster-admin";
        self.kubectl(&["create", "rolebinding", &binding, role, &account]);
        config
    }

    /// A target in this namespace, with the account's token.
    pub fn target(&self, target: &str) -> Actuator {
        self.target_with(self.config(), target)
    }

    pub fn target_with(&self, config: kube::Config, target: &str) -> Actuator {
        let variables = [
            ("OUTRIDER_TARGET", target),
            ("OUTRIDER_NAMESPACE", &self.namespace),
        ];
        let parsed = Settings::parse(variables.map(|(name, value)| (name.into(), value.into())));
        assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
        Actuator::kubernetes_at(config, &parsed.settings)
    }

    /// Asks for so many, and tells what became of it.
    pub async fn asks(&self, target: &mut Actuator, workers: u32) -> String {
        self.told(&target.apply(&scale_to(workers)).await)
    }

    /// An outcome on one line, without what differs from run to run.
    pub fn told(&self, outcome: &Outcome) -> String {
        shown(outcome).replace(&self.namespace, "flink")
    }

    /// What the account asked for, and the answers: `get flinkdeployments/scale 200`.
    pub fn asked(&self) -> Vec<String> {
        let user = format!("system:serviceaccount:{}:{ACCOUNT}", self.namespace);
        let lines = self.cluster.audit().into_iter();
        lines
            .filter(|line| line.user == user)
            .map(|line| {
                let part = match line.subresource.as_str() {
                    "" => String::new(),
                    part => format!("/{part}"),
                };
                format!("{} {}{part} {}", line.verb, line.resource, line.code)
            })
            .collect()
    }
}

/// Asks again and again until the outcome is the one that is waited for.
pub async fn until(
    what: &str,
    mut outcome: impl AsyncFnMut() -> String,
    is_it: impl Fn(&str) -> bool,
) -> String {
    let begin = Instant::now();
    loop {
        let outcome = outcome().await;
        if is_it(&outcome) {
            return outcome;
        }
        assert!(
            begin.elapsed() < LIMIT,
            "not within {LIMIT:?}: {what}; {outcome}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
