//! What a real Kubernetes API server does with what the sidecar asks of it. Run by `tests/run
//! kubernetes`; no Flink and no operator take part.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]
#![expect(
    clippy::print_stdout,
    reason = "how long a hand-over took is worth knowing"
)]

#[path = "kubernetes/acting.rs"]
mod acting;
#[path = "kubernetes/admission.rs"]
mod admission;
#[path = "kubernetes/annotations.rs"]
mod annotations;
#[path = "kubernetes/chart.rs"]
mod chart;
#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/decisions.rs"]
mod decisions;
#[path = "kubernetes/events.rs"]
mod events;
#[path = "kubernetes/flink.rs"]
mod flink;
#[path = "kubernetes/lease.rs"]
mod lease;
#[path = "support/loopback.rs"]
#[expect(dead_code, reason = "only its recorded answers are used here")]
mod loopback;
#[path = "kubernetes/nodes.rs"]
mod nodes;
#[path = "kubernetes/others.rs"]
mod others;
#[path = "kubernetes/place.rs"]
mod place;
#[path = "support/pods.rs"]
mod pods;
#[path = "kubernetes/proxy.rs"]
mod proxy;
#[path = "kubernetes/refusals.rs"]
mod refusals;
#[path = "kubernetes/rules.rs"]
mod rules;
#[path = "kubernetes/server.rs"]
mod server;
#[path = "support/sidecar.rs"]
mod sidecar;
#[path = "kubernetes/sidecars.rs"]
mod sidecars;
#[path = "kubernetes/steady.rs"]
mod steady;
mod support;
#[path = "kubernetes/trouble.rs"]
mod trouble;
