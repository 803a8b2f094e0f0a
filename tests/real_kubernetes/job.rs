//! The job, its sidecar, and all that stands around them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use k8s_openapi::jiff::Timestamp;

use crate::cluster::{AuditLine, Cluster};
use crate::rig::{PORT_BASE, Rig, now};
use crate::watched::Watched;

pub const NAMESPACE: &str = "flink";
const SIDECAR_PORT: u16 = PORT_BASE + 9;
const WORKERS_MAX: u32 = 5;
/// The shortest time between two looks of the sidecar at its target.
const LOOK_EVERY_MILLIS: u64 = 300_000;
/// The number of workers, and the FlinkDeployment itself with its annotations.
const REQUESTS_OF_A_LOOK: u64 = 2;
const OUTRIDER: &str = env!("CARGO_BIN_EXE_outrider");

/// A FlinkDeployment with the sidecar in it, that runs.
pub struct Job {
    pub watched: Watched,
    pub cluster: Arc<Cluster>,
}

impl Job {
    /// Starts everything, puts the sidecar into the FlinkDeployment and applies that.
    pub fn deployed() -> Self {
        let kafka = Rig::kafka("real-kubernetes-rig");
        let cluster = Arc::new(Cluster::own("real-kubernetes"));
        cluster.rig(&["operator", NAMESPACE]);
        let opens = repository("tests/rig/beam/flink.opens");
        cluster.nodes(
            NAMESPACE,
            &[
                ("RIG_IMAGE_OUTRIDER", OUTRIDER),
                (
                    "RIG_IMAGE_FLINK_CLASSPATH",
                    kafka.run(&["classpath"]).trim(),
                ),
                ("RIG_IMAGE_FLINK_OPENS", &opens.display().to_string()),
            ],
        );
        // As the operator's own chart does. What the sidecar may, and nothing else, is ours to give.
        cluster.kubectl(&["-n", NAMESPACE, "create", "serviceaccount", "flink"]);
        let chart = repository("helm/outrider").display().to_string();
        cluster.helm(&["install", "outrider", &chart, "--namespace", NAMESPACE]);
        let around = Arc::clone(&cluster);
        let workers = move |_: &Rig| taskmanagers(&around);
        let watched = Watched::new(kafka, "real-kubernetes", SIDECAR_PORT, workers);
        let job = Self { watched, cluster };
        let injected = job.inject();
        job.kubectl(&["apply", "-f", &injected.display().to_string()]);
        job
    }

    /// The FlinkDeployment with the sidecar, as a user would make it.
    fn inject(&self) -> PathBuf {
        let plain = std::fs::read_to_string(repository("tests/rig/kubernetes/job.yaml"));
        let truth = self.watched.rig.truth_directory();
        let filled = plain
            .expect("a file of ours")
            .replace("REST_PORT", &(PORT_BASE + 1).to_string())
            .replace("RPC_PORT", &(PORT_BASE + 2).to_string())
            .replace("BLOB_PORT", &(PORT_BASE + 5).to_string())
            .replace("BOOTSTRAP_SERVER", &format!("127.0.0.1:{}", PORT_BASE + 3))
            .replace("TRUTH_DIRECTORY", &truth.display().to_string());
        let file = self.watched.file("job.yaml");
        std::fs::write(&file, filled).expect("a place for it");
        let mut inject = Command::new(OUTRIDER);
        inject.args(["inject", "--image", "outrider:rig"]);
        for setting in [
            format!("WORKERS_MAX={WORKERS_MAX}"),
            format!("FLINK_URL={}", Rig::flink_url()),
            format!("LISTEN=0.0.0.0:{SIDECAR_PORT}"),
            "COOLDOWN_UP_MIN=60s".into(),
            "COOLDOWN_DOWN_MIN=60s".into(),
            "LOG=debug".into(),
        ] {
            inject.args(["--set", &setting]);
        }
        let output = inject.arg(&file).output().expect("the sidecar's binary");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let injected = self.watched.file("injected.yaml");
        std::fs::write(&injected, output.stdout).expect("a place for it");
        injected
    }

    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster
            .kubectl(&[&["-n", NAMESPACE], arguments].concat())
    }

    pub fn trouble(&self, what: &str) {
        self.watched.tell(&format!("!! {what}"));
    }

    /// Until the FlinkDeployment says that so many workers are to be there.
    pub fn until_replicas(&mut self, what: &str, seconds: u64, shown: impl Fn(u32) -> bool) {
        let cluster = Arc::clone(&self.cluster);
        self.watched
            .until_so(what, seconds, |_| shown(replicas(&cluster)));
    }

    /// What somebody changes who knows nothing of the sidecar.
    pub fn upgrade(&self) {
        let change = r#"{"spec":{"flinkConfiguration":{"web.refresh-interval":"5000"}}}"#;
        self.kubectl(&["patch", "flinkdeployment/rig", "--type=merge", "-p", change]);
    }

    /// Says when.
    pub fn kill_the_sidecar(&self) -> u64 {
        let sidecars = self.cluster.containers();
        let (name, id) = sidecars
            .iter()
            .find(|(name, _)| name.ends_with("/outrider"))
            .expect("a sidecar runs");
        let killed = Command::new("kill")
            .args(["-KILL", &id.to_string()])
            .status();
        assert!(killed.expect("kill").success(), "{name}");
        now()
    }

    /// What the sidecar has asked of the API server, oldest first.
    pub fn asked(&self) -> Vec<AuditLine> {
        let mut lines = self.cluster.audit();
        lines.retain(|line| line.user == format!("system:serviceaccount:{NAMESPACE}:flink"));
        lines
    }

    /// With no other right than those of the Role, and none of it refused.
    pub fn asked_within_its_rights(&self) {
        for line in self.asked() {
            let what = [&line.verb, &line.resource, &line.subresource].map(String::as_str);
            let is_allowed = matches!(
                what,
                ["get", "flinkdeployments", "" | "scale"]
                    | ["patch", "flinkdeployments", "scale"]
                    | ["create", "events", ""]
            );
            assert!(is_allowed && line.code < 300, "{line:?}");
        }
    }

    /// From a start of the sidecar on, while nothing is to be changed: it looks once at the start,
    /// then after five minutes or more. What it tells as an Event is not counted.
    pub fn asked_little(&self, since: u64) {
        let ticks = self.watched.timeline.rows.iter();
        let ticks = ticks.filter(|row| row.at >= since).count();
        let since_text = rfc3339(since);
        let mut asked = self.asked();
        asked.retain(|line| line.time > since_text && line.resource != "events");
        let looks = 1 + (now() - since) / LOOK_EVERY_MILLIS;
        println!("{ticks} ticks, {} requests to the API server", asked.len());
        assert!(ticks >= 3, "only {ticks} ticks");
        let allowed = usize::try_from(looks * REQUESTS_OF_A_LOOK).expect("a few");
        assert!(asked.len() <= allowed, "{asked:#?}");
    }

    /// All agree in the end, nobody changed what the sidecar wrote, and it wrote seldom.
    pub fn nothing_fights(&self) {
        let last = self.watched.timeline.rows.last().expect("ticks");
        let replicas = replicas(&self.cluster);
        assert_eq!(last.in_use(), Some(replicas), "asked for and in use");
        assert_eq!(taskmanagers(&self.cluster), replicas, "there and asked for");
        let patches = self
            .asked()
            .iter()
            .filter(|line| line.verb == "patch" && line.resource != "events")
            .count();
        assert!((2..=4).contains(&patches), "{patches} patches");
        for row in &self.watched.timeline.rows {
            assert_ne!(row.status["decision"]["reason"], "external_change");
        }
        let restarts = r#"jsonpath={range .items[*].status.containerStatuses[*]}{.name}={.restartCount} {end}"#;
        let restarts = self.kubectl(&["get", "pods", "-o", restarts]);
        println!("restarts of containers: {restarts}");
        assert!(restarts.contains("outrider=1"), "it was killed once");
        assert!(
            !restarts.contains("flink-main-container=1"),
            "nobody touched the job"
        );
    }

    /// `kubectl describe` tells what the sidecar did.
    pub fn told_by_events(&self) {
        let columns = "custom-columns=REASON:.reason,BY:.reportingController,NOTE:.note";
        let events = self.kubectl(&["get", "events.events.k8s.io", "-o", columns]);
        for reason in ["ScalingUp", "ScalingDown"] {
            let told = events.lines().find(|line| line.starts_with(reason));
            println!(
                "{}",
                told.unwrap_or_else(|| panic!("no {reason}: {events}"))
            );
        }
    }
}

/// What the FlinkDeployment asks for.
fn replicas(cluster: &Cluster) -> u32 {
    let replicas = "jsonpath={.spec.taskManager.replicas}";
    let printed = cluster.kubectl(&[
        "-n",
        NAMESPACE,
        "get",
        "flinkdeployment/rig",
        "-o",
        replicas,
    ]);
    printed.parse().expect("a number")
}

/// As the audit log writes it.
fn rfc3339(millis: u64) -> String {
    let at = Timestamp::from_millisecond(i64::try_from(millis).expect("a year like ours"));
    format!("{:.6}", at.expect("a year like ours"))
}

/// TaskManager processes that live.
fn taskmanagers(cluster: &Cluster) -> u32 {
    let containers = cluster.containers();
    let taskmanagers = containers
        .iter()
        .filter(|(name, _)| name.contains("-taskmanager-"));
    u32::try_from(taskmanagers.count()).expect("a few")
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
