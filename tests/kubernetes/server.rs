//! The server itself: that it refuses, allows and answers as the recordings say, and that it can be
//! broken and comes back. What the hermetic tests are told is checked here.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Request;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::cluster::{AuditLine, Cluster};
use crate::loopback::{Recorded, payload};

/// The rights that README gives the sidecar.
const ROLE: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: outrider}
rules:
- {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}
- {apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: outrider}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider}
subjects: [{kind: ServiceAccount, name: flink}]
"#;

/// A server that never answers is to fail a test, not to stop it.
const LIMIT: Duration = Duration::from_secs(60);

/// A namespace with FlinkDeployments in it, and a service account there.
struct Place {
    cluster: Arc<Cluster>,
    namespace: String,
    client: Client,
}

impl Place {
    fn with_rights(rights: bool) -> Self {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("server");
        let config = cluster.config_as(&namespace, "flink");
        cluster.apply(&deployment(&namespace, "withrep", "replicas: 1"));
        cluster.apply(&deployment(&namespace, "norep", ""));
        if rights {
            let role = ROLE.replace(
                "metadata: {",
                &format!("metadata: {{namespace: {namespace}, "),
            );
            cluster.apply(&role);
        }
        Self {
            cluster,
            namespace,
            client: Client::try_from(config).unwrap(),
        }
    }

    /// Asks as the recording did, in this namespace, and expects its answer.
    async fn answers(&self, recording: &str) {
        let raw = payload(&format!("kubernetes-1.36/{recording}.http"));
        let recorded = Recorded::http(&raw);
        let mut asked = raw.lines().filter_map(|line| line.strip_prefix("### "));
        let (method, path) = asked.next().unwrap().split_once(' ').unwrap();
        let body = asked.find(|line| line.starts_with('{')).unwrap_or_default();
        let path = path.replace(
            "/namespaces/flink/",
            &format!("/namespaces/{}/", self.namespace),
        );
        let (status, answer) = ask(&self.client, method, &path, body).await.unwrap();
        assert_eq!(status, recorded.status, "{recording}: {answer}");
        let recorded: Value = serde_json::from_str(&recorded.body).unwrap();
        let here = answer.replace(&self.namespace, "flink");
        assert_eq!(
            timeless(serde_json::from_str(&here).unwrap()),
            timeless(recorded),
            "{recording}"
        );
    }

    fn scale_path(&self) -> String {
        format!(
            "/apis/flink.apache.org/v1beta1/namespaces/{}/flinkdeployments/withrep/scale",
            self.namespace
        )
    }

    fn asked_by_the_account(&self) -> Vec<AuditLine> {
        let user = format!("system:serviceaccount:{}:flink", self.namespace);
        let mut lines = self.cluster.audit();
        lines.retain(|line| line.user == user);
        lines
    }
}

#[tokio::test]
async fn a_service_account_without_rights_is_refused_as_recorded() {
    let place = Place::with_rights(false);
    for recording in ["deny-get", "deny-scale-get", "deny-scale-patch"] {
        place.answers(recording).await;
    }
    let codes: Vec<u64> = place
        .asked_by_the_account()
        .iter()
        .map(|line| line.code)
        .collect();
    assert_eq!(codes, [403; 3]);
}

#[tokio::test]
async fn the_number_of_workers_is_read_and_written_as_recorded() {
    let place = Place::with_rights(true);
    for recording in [
        "scale-get-set",
        "scale-get-unset",
        "scale-get-missing",
        "scale-patch-rv-stale",
        "scale-patch-neg",
        "scale-patch-6",
    ] {
        place.answers(recording).await;
    }
    let lines = place.asked_by_the_account();
    let last = lines.last().unwrap();
    assert_eq!(
        (
            last.verb.as_str(),
            last.resource.as_str(),
            last.subresource.as_str()
        ),
        ("patch", "flinkdeployments", "scale")
    );
    assert_eq!((last.name.as_str(), last.code), ("withrep", 200));
    let replicas = "jsonpath={.spec.taskManager.replicas}";
    let arguments = [
        "-n",
        &place.namespace,
        "get",
        "flinkdeployment/withrep",
        "-o",
        replicas,
    ];
    assert_eq!(place.cluster.kubectl(&arguments), "6");
}

#[tokio::test]
async fn a_token_that_is_none_is_refused_as_recorded() {
    let place = Place::with_rights(false);
    let mut config = place.cluster.config_as(&place.namespace, "flink");
    config.auth_info.token = Some("none".to_owned().into());
    let client = Client::try_from(config).unwrap();
    let (status, answer) = ask(&client, "GET", &place.scale_path(), "").await.unwrap();
    let recorded = Recorded::http(&payload("kubernetes-1.36/badtoken.http"));
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        (status, json(&answer)),
        (recorded.status, json(&recorded.body))
    );
}

#[tokio::test]
async fn a_server_that_was_killed_comes_back_with_what_it_had() {
    let cluster = Cluster::own("killed");
    cluster.apply(&deployment("default", "withrep", "replicas: 1"));
    let kubeconfig = cluster.kubeconfig_as("default", "flink");
    let client = Client::try_from(cluster.config_as("default", "flink")).unwrap();
    cluster.rig(&["kill", "apiserver"]);
    assert!(ask(&client, "GET", "/readyz", "").await.is_err());
    cluster.rig(&["start", "apiserver"]);
    let (status, _) = ask(&client, "GET", "/readyz", "").await.unwrap();
    assert_eq!(status, 200);
    assert!(
        cluster
            .kubectl(&["get", "flinkdeployments"])
            .contains("withrep")
    );
    let kubeconfig = format!("--kubeconfig={}", kubeconfig.display());
    let whose = cluster.kubectl(&[&kubeconfig, "auth", "whoami"]);
    assert!(
        whose.contains("system:serviceaccount:default:flink"),
        "{whose}"
    );
}

#[tokio::test]
async fn while_its_store_hangs_it_gives_up_when_it_was_told_to() {
    let cluster = Cluster::own("frozen");
    let client = Client::try_from(cluster.config_as("default", "flink")).unwrap();
    // What everybody may read, so that nothing but the store is in the way.
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/none?timeout=3s";
    cluster.kubectl(&[
        "create",
        "clusterrolebinding",
        "all",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:flink",
    ]);
    assert_eq!(ask(&client, "GET", path, "").await.unwrap().0, 404);
    cluster.rig(&["pause", "etcd"]);
    let hangs = tokio::time::timeout(LIMIT, ask(&client, "GET", path, "")).await;
    cluster.rig(&["resume", "etcd"]);
    // It is chance whether the answer or the end of the connection comes first.
    if let Ok((status, answer)) = hangs.expect("it was told to give up after 3 s") {
        let recorded = Recorded::http(&payload("kubernetes-1.36/frozen.http"));
        assert_eq!(
            (status, answer.trim()),
            (recorded.status, recorded.body.trim())
        );
    }
    assert_eq!(ask(&client, "GET", path, "").await.unwrap().0, 404);
}

/// A FlinkDeployment that nobody reconciles.
pub fn deployment(namespace: &str, name: &str, replicas: &str) -> String {
    format!(
        "
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  image: flink:1.20
  flinkVersion: v1_20
  mode: standalone
  flinkConfiguration: {{scheduler-mode: reactive}}
  jobManager: {{resource: {{memory: 1024m, cpu: 1}}}}
  taskManager: {{resource: {{memory: 1024m, cpu: 1}}, {replicas}}}
  job: {{jarURI: local:///opt/flink/job.jar}}
"
    )
}

/// Status and body; an error where there was no answer.
pub async fn ask(
    client: &Client,
    method: &str,
    path: &str,
    body: &str,
) -> kube::Result<(u16, String)> {
    let content_type = match method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let request = Request::builder().method(method).uri(path);
    let request = request
        .header("content-type", content_type)
        .body(Body::from(body.as_bytes().to_vec()));
    let answer = client.send(request.unwrap()).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec()).unwrap()))
}

/// Without what differs from object to object and from time to time.
fn timeless(mut answer: Value) -> Value {
    for name in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
    ] {
        if let Some(value) = answer["metadata"].get_mut(name) {
            *value = json!("…");
        }
    }
    answer
}
