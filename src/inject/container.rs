//! The container, and how Prometheus finds it: the lines that are put in.
//!
//! Pure: values in, values out.

use crate::inject::options::Options;
use crate::settings::PREFIX;

/// The sidecar's name in the pod.
pub const NAME: &str = "outrider";
/// Flink's own, which the operator knows by this name.
pub const MAIN: &str = "flink-main-container";

/// It asks for next to nothing. Memory has a limit far above its need, since a container that is
/// killed counts against the job's deployment; CPU has none, since a throttled loop tells nothing.
/// The probe asks whether the loop turns and never whether Flink answers. Readiness and startup are
/// not probed: they would make the job wait for its sidecar.
const REMAINDER: &str = r"  resources:
    requests:
      cpu: 10m
      memory: 32Mi
    limits:
      memory: 64Mi
  livenessProbe:
    httpGet:
      path: /live
      port: outrider
    initialDelaySeconds: 30
    periodSeconds: 30
    timeoutSeconds: 5
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop:
        - ALL
    seccompProfile:
      type: RuntimeDefault
  terminationMessagePolicy: FallbackToLogsOnError";

/// The container as an item of a list.
#[must_use]
pub fn container(options: &Options) -> Vec<String> {
    let mut lines = vec![
        format!("- name: {NAME}"),
        format!("  image: {}", quoted(&options.image)),
    ];
    if options.native_sidecar {
        lines.push("  restartPolicy: Always".into());
    }
    lines.push("  env:".into());
    lines.extend(target(options));
    for (name, value) in &options.set {
        lines.extend(variable(name, value));
    }
    lines.extend([
        "  ports:".into(),
        format!("    - name: {NAME}"),
        format!("      containerPort: {}", options.port),
        "      protocol: TCP".into(),
    ]);
    lines.extend(REMAINDER.lines().map(String::from));
    lines
}

/// A list's item that stands for Flink's own container where the template does not name it.
#[must_use]
pub fn main_container() -> String {
    format!("- name: {MAIN}")
}

/// Annotations by which a Prometheus without the operator of that name finds the port.
#[must_use]
pub fn annotations(options: &Options) -> Vec<String> {
    vec![
        "prometheus.io/scrape: \"true\"".into(),
        format!("prometheus.io/port: \"{}\"", options.port),
        "prometheus.io/path: /metrics".into(),
    ]
}

/// The operator labels a JobManager's pod with the FlinkDeployment's name, so that the same lines
/// fit each job.
fn target(options: &Options) -> Vec<String> {
    let given = |name: &str| options.set.iter().any(|(given, _)| given == name);
    let mut lines = Vec::new();
    if !given("TARGET") {
        lines.extend(field("FLINK_DEPLOYMENT", "metadata.labels['app']"));
        lines.extend([
            format!("    - name: {PREFIX}TARGET"),
            "      value: flinkdeployment/$(FLINK_DEPLOYMENT)".into(),
        ]);
    }
    if !given("NAMESPACE") {
        lines.extend(field(&format!("{PREFIX}NAMESPACE"), "metadata.namespace"));
    }
    lines
}

fn field(name: &str, path: &str) -> Vec<String> {
    vec![
        format!("    - name: {name}"),
        "      valueFrom:".into(),
        "        fieldRef:".into(),
        format!("          fieldPath: {path}"),
    ]
}

/// Kubernetes puts other variables in place of `$(NAME)`; `$$` is a dollar sign.
fn variable(name: &str, value: &str) -> Vec<String> {
    vec![
        format!("    - name: {PREFIX}{name}"),
        format!("      value: {}", quoted(&value.replace('$', "$$"))),
    ]
}

/// A JSON string is a YAML string, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
