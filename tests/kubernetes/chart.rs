//! The chart under the real Helm and in the real API server: `tests/run chart`.

#[path = "chart/readme.rs"]
mod readme;
#[path = "chart/release.rs"]
mod release;
#[path = "chart/renderings.rs"]
mod renderings;
#[path = "chart/revoked.rs"]
mod revoked;
#[path = "chart/rights.rs"]
mod rights;
#[path = "chart/values.rs"]
mod values;

use std::sync::{Arc, OnceLock};

use crate::cluster::Cluster;

const CHART: &str = "helm/outrider";

/// The shared server, which knows the objects of a Prometheus Operator, too.
fn cluster() -> Arc<Cluster> {
    static MONITORING: OnceLock<()> = OnceLock::new();
    let cluster = Cluster::shared();
    MONITORING.get_or_init(|| {
        cluster.rig(&["monitoring"]);
    });
    cluster
}

/// Installs the chart under this name, or changes what is there.
fn install(cluster: &Cluster, release: &str, namespace: &str, set: &str) -> String {
    let namespace = ["--namespace", namespace, "--set", set];
    let arguments = [&["upgrade", "--install", release, CHART][..], &namespace];
    cluster.helm(&arguments.concat())
}
