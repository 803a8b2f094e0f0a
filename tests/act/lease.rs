//! Several sidecars of one job: one writes. Against a server that keeps a lease as a real one does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use outrider::act::Actuator;
use outrider::leadership::Leadership;
use outrider::report::notices::{Kind, Notice};
use outrider::settings::Settings;
use outrider::units::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::decisions::scale_to;
use crate::loopback::{Call, Loopback, Recorded, Reply, payload};
use crate::shown;

/// A job with so many JobManagers, and the lease beside it.
#[derive(Clone)]
struct Server {
    address: String,
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    jobmanagers: u32,
    replicas: u64,
    lease: Option<Value>,
    version: u64,
    leases: Leases,
    writes_hang: bool,
    asked: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Leases {
    Work,
    Hang,
    Forbidden,
}

// === impl Server ===

impl Server {
    async fn with_jobmanagers(jobmanagers: u32) -> Self {
        let inside = Arc::new(Mutex::new(Inside {
            jobmanagers,
            replicas: 3,
            lease: None,
            version: 221,
            leases: Leases::Work,
            writes_hang: false,
            asked: Vec::new(),
        }));
        let server = inside.clone();
        let loopback = Loopback::start(move |call| server.lock().unwrap().answer(call)).await;
        Self {
            address: format!("http://{}", loopback.address),
            inside,
        }
    }

    fn sidecar(&self, target: &str, lease: &str) -> Actuator {
        let variables = [
            ("OUTRIDER_TARGET", target),
            ("OUTRIDER_NAMESPACE", "flink"),
            ("OUTRIDER_LEASE", lease),
        ];
        let parsed = Settings::parse(variables.map(|(name, value)| (name.into(), value.into())));
        assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
        let config = kube::Config::new(self.address.parse().unwrap());
        Actuator::kubernetes_at(config, &parsed.settings).among_others(&parsed.settings, wall)
    }

    fn replicas(&self) -> u64 {
        self.inside.lock().unwrap().replicas
    }

    fn leases(&self, leases: Leases) {
        self.inside.lock().unwrap().leases = leases;
    }

    /// `GET lease`, `PATCH scale`, …
    fn asked(&self, what: &str) -> usize {
        let inside = self.inside.lock().unwrap();
        inside.asked.iter().filter(|it| it.ends_with(what)).count()
    }
}

impl Inside {
    fn answer(&mut self, call: &Call) -> Reply {
        let what = match call.path.rsplit('/').next() {
            Some("leases" | "outrider-withrep" | "outrider-plain") => "lease",
            Some("scale") => "scale",
            _ => "object",
        };
        self.asked.push(format!("{} {what}", call.method));
        match (what, self.leases) {
            ("lease", Leases::Work) => Reply::Answers(self.lease(call)),
            ("lease", Leases::Hang) => Reply::Hangs,
            ("lease", Leases::Forbidden) => Reply::Answers(recorded("deny-lease-get")),
            ("scale", _) if self.writes_hang && call.method == "PATCH" => Reply::Hangs,
            ("scale", _) => Reply::Answers(self.scale(call)),
            _ => Reply::Answers(self.object()),
        }
    }

    fn lease(&mut self, call: &Call) -> Recorded {
        let Some(stored) = &self.lease else {
            return match call.method.as_str() {
                "POST" => self.stores(201, &call.body),
                _ => recorded("lease-get-missing"),
            };
        };
        if call.method == "GET" {
            return Recorded::json(200, stored.to_string());
        }
        if call.method == "POST" {
            return recorded("lease-create-again");
        }
        let written: Value = serde_json::from_str(&call.body).unwrap();
        if written["metadata"]["resourceVersion"] != stored["metadata"]["resourceVersion"] {
            return recorded("lease-patch-stale");
        }
        self.stores(200, &call.body)
    }

    fn stores(&mut self, status: u16, body: &str) -> Recorded {
        let mut lease: Value = serde_json::from_str(body).unwrap();
        self.version += 1;
        lease["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.lease = Some(lease.clone());
        Recorded::json(status, lease.to_string())
    }

    fn scale(&mut self, call: &Call) -> Recorded {
        if call.method == "PATCH" {
            let patch: Value = serde_json::from_str(&call.body).unwrap();
            self.replicas = patch["spec"]["replicas"].as_u64().unwrap();
        }
        let mut scale = recorded("scale-get-set");
        let mut body: Value = serde_json::from_str(&scale.body).unwrap();
        body["spec"]["replicas"] = self.replicas.into();
        scale.body = body.to_string();
        scale
    }

    fn object(&self) -> Recorded {
        let object = payload("kubernetes-1.36/flinkdeployment.json");
        let mut object: Value = serde_json::from_str(&object).unwrap();
        object["spec"]["jobManager"]["replicas"] = self.jobmanagers.into();
        Recorded::json(200, object.to_string())
    }
}

fn recorded(name: &str) -> Recorded {
    Recorded::http(&payload(&format!("kubernetes-1.36/{name}.http")))
}

/// A clock on the wall: later each time.
fn wall() -> Timestamp {
    static MILLIS: AtomicU64 = AtomicU64::new(1_700_000_000_000);
    Timestamp::from_millis(MILLIS.fetch_add(1, Ordering::Relaxed))
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

const TARGET: &str = "flinkdeployment/withrep";

#[tokio::test(start_paused = true)]
async fn of_two_sidecars_one_writes_and_the_other_knows_who() {
    let server = Server::with_jobmanagers(2).await;
    let mut first = server.sidecar(TARGET, "auto");
    let mut second = server.sidecar(TARGET, "auto");
    assert_eq!(first.leadership(), Leadership::Unknown { why: None });
    first.look().await;
    first.won().await;
    second.look().await;
    seconds(6).await;
    let Leadership::Leads { identity } = first.leadership() else {
        panic!("{:?}", first.leadership());
    };
    let holder = identity.clone();
    assert_eq!(second.leadership(), Leadership::Follows { holder });

    let refused = shown(&second.apply(&scale_to(7)).await);
    assert!(
        refused.contains("the lease flink/outrider-withrep is not ours"),
        "{refused}"
    );
    assert_eq!(server.asked("PATCH scale"), 0);
    first.apply(&scale_to(6)).await;
    assert_eq!(server.replicas(), 6);

    let left = Instant::now();
    first.leave().await;
    second.won().await;
    // At its next look, not when the lease would have run out.
    assert!(left.elapsed() <= Duration::from_secs(6));
    second.look().await;
    second.apply(&scale_to(7)).await;
    assert_eq!(server.replicas(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_lease_goes_with_its_flinkdeployment() {
    let server = Server::with_jobmanagers(2).await;
    let mut sidecar = server.sidecar(TARGET, "auto");
    sidecar.look().await;
    sidecar.won().await;
    let lease = server.inside.lock().unwrap().lease.clone().unwrap();
    let owner = &lease["metadata"]["ownerReferences"][0];
    assert_eq!(owner["kind"], "FlinkDeployment");
    assert_eq!(owner["name"], "withrep");
    assert!(owner["uid"].is_string(), "{owner}");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_writes_no_more_while_another_write_might_still_be_under_way() {
    let server = Server::with_jobmanagers(2).await;
    let mut sidecar = server.sidecar(TARGET, "auto");
    sidecar.look().await;
    sidecar.won().await;
    server.leases(Leases::Hang);
    // It lasts 15 s; a write may take 5 s.
    seconds(9).await;
    sidecar.apply(&scale_to(6)).await;
    assert_eq!(server.replicas(), 6);
    seconds(2).await;
    let refused = shown(&sidecar.apply(&scale_to(7)).await);
    assert!(refused.starts_with("refused: "), "{refused}");
    assert_eq!(server.replicas(), 6);
    let trouble = sidecar.leadership();
    assert!(
        trouble.trouble().unwrap().contains("no answer within 5s"),
        "{trouble:?}"
    );
    server.leases(Leases::Work);
    sidecar.won().await;
    sidecar.apply(&scale_to(7)).await;
    assert_eq!(server.replicas(), 7);
}

#[tokio::test(start_paused = true)]
async fn who_goes_while_its_write_may_be_on_its_way_does_not_give_the_lease_back() {
    for hangs in [true, false] {
        let server = Server::with_jobmanagers(2).await;
        let mut sidecar = server.sidecar(TARGET, "auto");
        sidecar.look().await;
        sidecar.won().await;
        server.inside.lock().unwrap().writes_hang = hangs;
        let limit = Duration::from_secs(1);
        let written = timeout(limit, sidecar.apply(&scale_to(6))).await;
        assert_eq!(written.is_err(), hangs);
        sidecar.leave().await;
        let lease = server.inside.lock().unwrap().lease.clone().unwrap();
        let is_free = lease["spec"]["holderIdentity"] == "";
        assert_eq!(is_free, !hangs);
    }
}

#[tokio::test(start_paused = true)]
async fn one_jobmanager_alone_needs_no_lease() {
    let server = Server::with_jobmanagers(1).await;
    let mut sidecar = server.sidecar(TARGET, "auto");
    sidecar.look().await;
    assert_eq!(sidecar.leadership(), Leadership::Alone);
    sidecar.apply(&scale_to(6)).await;
    seconds(60).await;
    assert_eq!((server.replicas(), server.asked("lease")), (6, 0));
}

#[tokio::test(start_paused = true)]
async fn before_the_number_of_jobmanagers_is_known_nothing_is_written() {
    let server = Server::with_jobmanagers(2).await;
    let mut sidecar = server.sidecar(TARGET, "auto");
    let refused = shown(&sidecar.apply(&scale_to(6)).await);
    assert!(refused.starts_with("refused: "), "{refused}");
    assert_eq!(server.replicas(), 3);
    // It has learned of them on the way.
    sidecar.won().await;
    sidecar.apply(&scale_to(6)).await;
    assert_eq!(server.replicas(), 6);
}

#[tokio::test(start_paused = true)]
async fn the_setting_says_where_a_lease_is_used() {
    for (target, lease, used) in [
        (TARGET, "off", false),
        (TARGET, "on", true),
        ("deployment/plain", "auto", false),
        ("deployment/plain", "on", true),
    ] {
        let server = Server::with_jobmanagers(1).await;
        let mut sidecar = server.sidecar(target, lease);
        sidecar.look().await;
        seconds(1).await;
        let leads = matches!(sidecar.leadership(), Leadership::Leads { .. });
        assert_eq!((leads, server.asked("lease") > 0), (used, used), "{target}");
        sidecar.apply(&scale_to(6)).await;
        assert_eq!(server.replicas(), 6, "{target} {lease}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_is_named_with_all_that_a_lease_needs() {
    let server = Server::with_jobmanagers(2).await;
    server.leases(Leases::Forbidden);
    let mut sidecar = server.sidecar(TARGET, "auto");
    sidecar.look().await;
    seconds(59).await;
    let told = sidecar.leadership();
    let why = told.trouble().unwrap();
    assert!(
        why.contains(
            "{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}"
        ),
        "{why}"
    );
    // Once every 30 s.
    assert_eq!(server.asked("lease"), 2);
    sidecar.apply(&scale_to(6)).await;
    assert_eq!(server.replicas(), 3);
}

#[tokio::test(start_paused = true)]
async fn with_a_lease_there_is_a_request_each_five_seconds() {
    let server = Server::with_jobmanagers(2).await;
    let (mut first, mut second) = (
        server.sidecar(TARGET, "auto"),
        server.sidecar(TARGET, "auto"),
    );
    first.look().await;
    first.won().await;
    second.look().await;
    seconds(10).await;
    let before = server.asked("lease");
    seconds(600).await;
    // 120 renewals, 120 looks, and one more of each that may fall in.
    let asked = server.asked("lease") - before;
    assert!((238..=242).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn who_follows_tells_no_events() {
    let notice = Notice {
        at: Timestamp::from_millis(1_700_000_000_000),
        kind: Kind::ScalingUp,
        note: "from 3 to 6".into(),
    };
    let server = Server::with_jobmanagers(2).await;
    let (mut first, mut second) = (
        server.sidecar(TARGET, "auto"),
        server.sidecar(TARGET, "auto"),
    );
    first.look().await;
    first.won().await;
    second.look().await;
    seconds(6).await;
    second.tell(&notice);
    seconds(1).await;
    assert_eq!(server.asked("POST object"), 0);
    first.tell(&notice);
    seconds(1).await;
    assert_eq!(server.asked("POST object"), 1);
}
