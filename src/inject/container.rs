//! The container, and how Prometheus finds it: the one place for every way in which it is put in.
//!
//! Pure: values in, values out.

use crate::inject::manifest::Piece;
use crate::inject::options::Options;
use crate::settings::PREFIX;

/// The sidecar's name in the pod.
pub const NAME: &str = "outrider";
/// Flink's own, which the operator knows by this name.
pub const MAIN: &str = "flink-main-container";
/// The beginning of the annotations by which a Prometheus finds a pod's port.
pub const PROMETHEUS: &str = "prometheus.io/";

/// The container.
#[must_use]
pub fn container(options: &Options) -> Piece {
    let mut entries = vec![
        ("name", Piece::word(NAME)),
        ("image", Piece::Quoted(options.image.clone())),
    ];
    if options.native_sidecar {
        entries.push(("restartPolicy", Piece::word("Always")));
    }
    entries.extend([
        ("env", environment(options)),
        ("ports", ports(options.port)),
        ("resources", resources()),
        ("livenessProbe", liveness_probe()),
        ("securityContext", security_context()),
        (
            "terminationMessagePolicy",
            Piece::word("FallbackToLogsOnError"),
        ),
    ]);
    Piece::Map(entries)
}

/// A list's item that stands for Flink's own container where the template does not name it.
#[must_use]
pub fn main_container() -> Piece {
    Piece::Map(vec![("name", Piece::word(MAIN))])
}

/// Annotations by which a Prometheus without the operator of that name finds the port.
#[must_use]
pub fn annotations(options: &Options) -> Vec<(&'static str, Piece)> {
    vec![
        ("prometheus.io/scrape", Piece::Quoted("true".into())),
        (
            "prometheus.io/port",
            Piece::Quoted(options.port.to_string()),
        ),
        ("prometheus.io/path", Piece::word("/metrics")),
    ]
}

/// The operator labels a JobManager's pod with the FlinkDeployment's name, so that the same lines
/// fit each job.
fn environment(options: &Options) -> Piece {
    let mut variables = Vec::new();
    if options.given("TARGET").is_none() {
        variables.push(of_field(
            "FLINK_DEPLOYMENT".into(),
            "metadata.labels['app']",
        ));
        let target = Piece::word("flinkdeployment/$(FLINK_DEPLOYMENT)");
        variables.push(variable(format!("{PREFIX}TARGET"), ("value", target)));
    }
    if options.given("NAMESPACE").is_none() {
        variables.push(of_field(format!("{PREFIX}NAMESPACE"), "metadata.namespace"));
    }
    for (name, value) in &options.set {
        // Kubernetes puts other variables in place of `$(NAME)`; `$$` is a dollar sign.
        let value = Piece::Quoted(value.replace('$', "$$"));
        variables.push(variable(format!("{PREFIX}{name}"), ("value", value)));
    }
    Piece::List(variables)
}

fn of_field(name: String, path: &str) -> Piece {
    let path = Piece::Map(vec![("fieldPath", Piece::word(path))]);
    let from = Piece::Map(vec![("fieldRef", path)]);
    variable(name, ("valueFrom", from))
}

fn variable(name: String, value: (&'static str, Piece)) -> Piece {
    Piece::Map(vec![("name", Piece::Word(name)), value])
}

fn ports(port: u16) -> Piece {
    Piece::List(vec![Piece::Map(vec![
        ("name", Piece::word(NAME)),
        ("containerPort", Piece::Number(port.into())),
        ("protocol", Piece::word("TCP")),
    ])])
}

/// It asks for next to nothing. Memory has a limit far above its need, since a container that is
/// killed counts against the job's deployment; CPU has none, since a throttled loop tells nothing.
fn resources() -> Piece {
    let requests = vec![("cpu", Piece::word("10m")), ("memory", Piece::word("32Mi"))];
    let limits = vec![("memory", Piece::word("64Mi"))];
    Piece::Map(vec![
        ("requests", Piece::Map(requests)),
        ("limits", Piece::Map(limits)),
    ])
}

/// It asks whether the loop turns and never whether Flink answers. Readiness and startup are not
/// probed: they would make the job wait for its sidecar.
fn liveness_probe() -> Piece {
    let get = vec![("path", Piece::word("/live")), ("port", Piece::word(NAME))];
    Piece::Map(vec![
        ("httpGet", Piece::Map(get)),
        ("initialDelaySeconds", Piece::Number(30)),
        ("periodSeconds", Piece::Number(30)),
        ("timeoutSeconds", Piece::Number(5)),
    ])
}

fn security_context() -> Piece {
    let drop = Piece::List(vec![Piece::word("ALL")]);
    let seccomp = Piece::word("RuntimeDefault");
    Piece::Map(vec![
        ("runAsNonRoot", Piece::Flag(true)),
        ("runAsUser", Piece::Number(65532)),
        ("runAsGroup", Piece::Number(65532)),
        ("allowPrivilegeEscalation", Piece::Flag(false)),
        ("readOnlyRootFilesystem", Piece::Flag(true)),
        ("capabilities", Piece::Map(vec![("drop", drop)])),
        ("seccompProfile", Piece::Map(vec![("type", seccomp)])),
    ])
}
