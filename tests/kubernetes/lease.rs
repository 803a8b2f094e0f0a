//! Several sidecars of one job, as real processes at a real API server: one acts, and when it is
//! killed, stopped or cut off another one does, never both.
//!
//! What Flink says is a recorded job on two TaskManagers. The first sidecar wants four, the second
//! three: each always has something to write, and the audit log tells who wrote what.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::cluster::{AuditLine, Cluster};
use crate::flink::job_on_two_taskmanagers;
use crate::place::{Place, TARGET};
use crate::proxy::Proxy;
use crate::sidecar::{Sidecar, free_port};
use crate::sidecars::ticks;

/// The rights of README, with those for several JobManagers.
const RIGHTS: &str = "
- {apiGroups: [flink.apache.org], resources: [flinkdeployments], verbs: [get]}
- {apiGroups: [flink.apache.org], resources: [flinkdeployments/scale], verbs: [get, patch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
";
const LEASE_RIGHTS: &str = "
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [outrider-orders], verbs: [get, update]}
";

/// The lease of one who falls silent lasts for so long …
const LEASE: Duration = Duration::from_secs(15);
/// … and within this another acts.
const SUCCEEDED: Duration = Duration::from_secs(30);

/// A job with several JobManagers, or one.
struct Job {
    place: Place,
    flink: String,
}

/// The first sidecar has acted, the second would.
struct Pair {
    job: Job,
    first: Sidecar,
    second: Sidecar,
}

// === impl Job ===

impl Job {
    fn with_jobmanagers(jobmanagers: u32, rights: &str) -> Self {
        let place = Place::without_rights(Cluster::shared());
        place.apply(&role(&place.namespace, rights));
        place.apply(&place.deployment("replicas: 2"));
        let spec = format!(r#"{{"spec": {{"jobManager": {{"replicas": {jobmanagers}}}}}}}"#);
        place.kubectl(&["patch", TARGET, "--type=merge", "-p", &spec]);
        place.reconciled();
        let flink = job_on_two_taskmanagers();
        Self { place, flink }
    }

    /// A sidecar that wants so many workers, with a service account of its own, by which the audit
    /// log tells it from the others.
    fn sidecar(&self, account: &str, workers: u32) -> Sidecar {
        let kubeconfig = self
            .place
            .cluster
            .kubeconfig_as(&self.place.namespace, account);
        self.sidecar_at(account, workers, &kubeconfig)
    }

    fn sidecar_at(&self, account: &str, workers: u32, kubeconfig: &Path) -> Sidecar {
        let workers = workers.to_string();
        let settings = [
            ("KUBECONFIG", kubeconfig.to_str().unwrap()),
            ("OUTRIDER_FLINK_URL", &self.flink),
            ("OUTRIDER_TARGET", TARGET),
            ("OUTRIDER_NAMESPACE", &self.place.namespace),
            ("OUTRIDER_WORKERS_MIN", &workers),
            ("OUTRIDER_WORKERS_MAX", &workers),
            ("OUTRIDER_COOLDOWN_UP", "0"),
            ("OUTRIDER_COOLDOWN_UP_MIN", "0s"),
            ("OUTRIDER_RESCALE_TIMEOUT", "30s"),
        ];
        Sidecar::start(free_port(), &settings, &self.log(account))
    }

    fn log(&self, account: &str) -> PathBuf {
        let name = format!("{}-{account}.txt", self.place.namespace);
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
    }

    fn audit(&self) -> Vec<AuditLine> {
        let mut lines = self.place.cluster.audit();
        let of_an_account = format!("system:serviceaccount:{}:", self.place.namespace);
        lines.retain(|line| line.user.starts_with(&of_an_account));
        lines.sort_by(|one, other| one.time.cmp(&other.time));
        lines
    }

    /// When each write to the number of workers was done, by whom.
    fn writes(&self) -> Vec<(SystemTime, String)> {
        let lines = self.audit().into_iter().filter(is_scale);
        lines.map(|line| (line.at(), line.account())).collect()
    }

    /// Waits until this account has written the number of workers.
    fn written_by(&self, account: &str, seconds: u32) -> SystemTime {
        for _ in 0..seconds * 5 {
            if let Some((at, _)) = self.writes().into_iter().find(|(_, who)| who == account) {
                return at;
            }
            sleep(Duration::from_millis(200));
        }
        let log = std::fs::read_to_string(self.log(account)).unwrap_or_default();
        panic!("not within {seconds} s: {account} writes; its log:\n{log}");
    }

    /// Each write to the number of workers is by the one who wrote the lease last, and its lease had
    /// not run out.
    fn each_write_is_of_the_holder(&self) {
        let mut holder: Option<AuditLine> = None;
        let mut writes = 0;
        for line in self.audit().into_iter().filter(|line| line.code < 300) {
            if line.resource == "leases" && ["create", "update"].contains(&line.verb.as_str()) {
                holder = Some(line);
            } else if is_scale(&line) {
                let holder = holder.as_ref().expect("nobody writes without a lease");
                assert_eq!(line.user, holder.user, "{line:?} after {holder:?}");
                let since = line.at().duration_since(holder.at()).unwrap();
                assert!(since < LEASE, "{since:?}: {line:?} after {holder:?}");
                writes += 1;
            }
        }
        assert!(writes >= 2, "both have written");
    }
}

fn is_scale(line: &AuditLine) -> bool {
    line.subresource == "scale" && line.verb == "patch" && line.code < 300
}

fn role(namespace: &str, rights: &str) -> String {
    format!(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: outrider, namespace: {namespace}}}
rules:{rights}---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: outrider, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: outrider}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:serviceaccounts:{namespace}'}}]
"
    )
}

impl AuditLine {
    fn at(&self) -> SystemTime {
        humantime::parse_rfc3339(&self.time).expect("a time")
    }

    fn account(&self) -> String {
        self.user.rsplit(':').next().unwrap_or_default().to_owned()
    }
}

// === impl Pair ===

impl Pair {
    fn acting() -> Self {
        Self::of(
            Job::with_jobmanagers(2, &[RIGHTS, LEASE_RIGHTS].concat()),
            |job| job.sidecar("first", 4),
        )
    }

    fn of(job: Job, first: impl FnOnce(&Job) -> Sidecar) -> Self {
        let mut first = first(&job);
        first.until("the first leads", leads);
        job.written_by("first", 180);
        job.place.reconciled();
        let mut second = job.sidecar("second", 3);
        second.until("the second would scale, and does not lead", |status| {
            status["decision"]["reason"] == "not_leader"
                && status["workers"]["recommended"] == 3
                && status["leadership"]["state"] == "follows"
        });
        let (one, other) = (first.status().unwrap(), second.status().unwrap());
        assert_eq!(one["leadership"]["identity"], other["leadership"]["holder"]);
        Self { job, first, second }
    }

    /// The second acts in time after `silent`, when the first fell silent.
    fn is_succeeded(&mut self, silent: SystemTime) {
        let acted = self.job.written_by("second", 60);
        let took = acted.duration_since(silent).unwrap();
        println!("{}: another acted after {took:?}", self.job.place.namespace);
        assert!(took <= SUCCEEDED, "{took:?}");
        self.second.until("the second leads", leads);
        self.job.each_write_is_of_the_holder();
    }

    /// The first, back again, follows, and writes nothing although it wants to.
    fn first_is_back_and_follows(&mut self) {
        let before = self.job.writes();
        self.first.until("the first knows who leads", |status| {
            status["leadership"]["state"] == "follows"
                && status["decision"]["reason"] == "not_leader"
        });
        let then = ticks(&self.first.status().unwrap());
        self.first
            .until("three more ticks", |status| ticks(status) >= then + 3);
        let later = self.job.writes();
        let by_first = |writes: &[(SystemTime, String)]| {
            writes.iter().filter(|(_, who)| who == "first").count()
        };
        assert_eq!(by_first(&later), by_first(&before));
        self.job.each_write_is_of_the_holder();
    }
}

fn leads(status: &Value) -> bool {
    status["leadership"]["state"] == "leads"
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real process lives in real time"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[test]
fn who_is_killed_is_succeeded() {
    let mut pair = Pair::acting();
    let silent = now();
    pair.first.signal("KILL");
    pair.is_succeeded(silent);
}

#[test]
fn who_was_stopped_is_succeeded_and_does_not_write_when_it_goes_on() {
    let mut pair = Pair::acting();
    let silent = now();
    pair.first.signal("STOP");
    pair.is_succeeded(silent);
    pair.first.signal("CONT");
    pair.first_is_back_and_follows();
}

#[test]
fn who_is_cut_off_is_succeeded_and_does_not_write_when_it_is_back() {
    let job = Job::with_jobmanagers(2, &[RIGHTS, LEASE_RIGHTS].concat());
    let proxy = Proxy::to(&job.place.cluster.url());
    let kubeconfig = job
        .place
        .cluster
        .kubeconfig_as(&job.place.namespace, "first");
    let text = std::fs::read_to_string(&kubeconfig).unwrap();
    std::fs::write(
        &kubeconfig,
        text.replace(&job.place.cluster.url(), &proxy.url),
    )
    .unwrap();
    let mut pair = Pair::of(job, |job| job.sidecar_at("first", 4, &kubeconfig));
    let silent = now();
    proxy.cut();
    pair.is_succeeded(silent);
    let status = pair.first.until("it says that it does not know", |status| {
        status["leadership"]["state"] == "unknown"
    });
    let troubles = status["troubles"].to_string();
    assert!(troubles.contains("lease_unavailable"), "{troubles}");
    proxy.mend();
    pair.first_is_back_and_follows();
}

#[test]
fn who_is_told_to_stop_hands_over_at_once() {
    let mut pair = Pair::acting();
    let told = now();
    assert!(pair.first.stop().success());
    pair.is_succeeded(told);
    let lease = |account: &str| {
        let lines = pair.job.audit().into_iter();
        let writes = lines.filter(|line| line.resource == "leases" && line.verb == "update");
        let mut of_it = writes.filter(|line| line.account() == account && line.code < 300);
        (
            of_it.next().map(|line| line.at()),
            of_it.next_back().map(|line| line.at()),
        )
    };
    // It was taken before it would have run out.
    let (released, taken) = (lease("first").1.unwrap(), lease("second").0.unwrap());
    assert!(taken.duration_since(released).unwrap() < LEASE);
    let log = std::fs::read_to_string(pair.job.log("first")).unwrap();
    assert!(log.contains("the lease is given back"), "{log}");
}

#[test]
fn without_rights_on_leases_it_holds_and_says_which_it_needs() {
    let job = Job::with_jobmanagers(2, RIGHTS);
    let mut sidecar = job.sidecar("first", 4);
    let status = sidecar.until("it would scale, and does not lead", |status| {
        status["decision"]["reason"] == "not_leader" && status["workers"]["recommended"] == 4
    });
    let troubles = status["troubles"].to_string();
    assert!(
        troubles.contains(
            "{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}"
        ),
        "{troubles}"
    );
    let metrics = sidecar.get("/metrics").unwrap();
    assert!(
        metrics.contains("outrider_condition{type=\"leader\"} 0"),
        "{metrics}"
    );
    assert!(job.writes().is_empty());
    let log = std::fs::read_to_string(job.log("first")).unwrap();
    assert_eq!(log.matches("lease_unavailable").count(), 1, "{log}");
}

#[test]
fn one_jobmanager_alone_acts_without_a_lease() {
    let job = Job::with_jobmanagers(1, RIGHTS);
    let mut sidecar = job.sidecar("first", 4);
    job.written_by("first", 180);
    sidecar.until("it is alone", |status| {
        status["leadership"]["state"] == "alone"
    });
    let of = |resource: &str| {
        let lines = job.audit().into_iter();
        lines.filter(|line| line.resource == resource).count()
    };
    assert_eq!(of("leases"), 0);
    // Two readings at the start, three requests for the one write, and none in any other tick.
    assert_eq!(of("flinkdeployments"), 5, "{:#?}", job.audit());
}
