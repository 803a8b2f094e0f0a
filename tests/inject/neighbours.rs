//! What is told about the sidecar's surroundings: other JobManagers, other jobs, other ports.

use expect_test::expect;
use outrider::inject::Options;

use crate::{DEPLOYMENT, IMAGE, JOB, check, options, with};

#[test]
fn several_job_managers_are_told_of_the_rights_that_they_need() {
    let several = with("  jobManager:\n", "  jobManager:\n    replicas: 2\n");
    check(
        &several,
        &options(),
        expect![[r#"
        12: warning: each of several JobManagers gets a sidecar, and a Lease says which of them acts: its service account needs rights on leases of coordination.k8s.io (create, get, update)
    "#]],
    );
    check(
        &several.replace("replicas: 2", "replicas: 1"),
        &options(),
        expect![[""]],
    );
}

#[test]
fn a_session_cluster_is_told_that_one_job_is_scaled() {
    check(
        &with(JOB, ""),
        &options(),
        expect![[r#"
        5: warning: without spec.job this is a session cluster: it is scaled only while exactly one job runs in it; give each job a FlinkDeployment of its own
    "#]],
    );
}

#[test]
fn a_port_that_is_in_use_is_told() {
    let main = "          - name: flink-main-container\n";
    let reporter = format!(
        "{main}            ports:\n              - name: metrics\n                containerPort: 9250\n"
    );
    check(
        &with(main, &reporter),
        &options(),
        expect![[r#"
        18: warning: port 9250 is that of the container flink-main-container, and one pod has it only once: give the sidecar another one, for example --set LISTEN=0.0.0.0:9350
    "#]],
    );
    let common = "  mode: standalone\n  podTemplate:\n    spec:\n      initContainers:\n        - name: fetch\n          ports: [{containerPort: 9250}]\n          restartPolicy: Always\n";
    // One that ends gives it back before any other begins.
    let ends = common.replace("          restartPolicy: Always\n", "");
    check(
        &with("  mode: standalone\n", &ends),
        &options(),
        expect![[""]],
    );
    check(
        &with("  mode: standalone\n", common),
        &options(),
        expect![[r#"
            11: warning: port 9250 is that of the container fetch, and one pod has it only once: give the sidecar another one, for example --set LISTEN=0.0.0.0:9350
        "#]],
    );
    let other = Options::new(
        IMAGE,
        &["WORKERS_MAX=20".into(), "LISTEN=0.0.0.0:9350".into()],
        false,
        false,
    );
    check(&with(main, &reporter), &other.unwrap(), expect![[""]]);
}

#[test]
fn a_port_that_flink_may_take_is_told_however_it_is_written() {
    let configured = |line: &str| {
        with(
            "    scheduler-mode: reactive\n",
            &format!("    scheduler-mode: reactive\n{line}"),
        )
    };
    check(
        &configured("    metrics.reporter.prom.port: 9250-9260\n"),
        &options(),
        expect![[r#"
            9: warning: port 9250 is among those of Flink's metrics.reporter.prom.port, and one pod has it only once: give the sidecar another one, for example --set LISTEN=0.0.0.0:9350
        "#]],
    );
    check(
        &configured(
            "    metrics:\n      reporter:\n        prom:\n          port: 9100, 9240-9250\n",
        ),
        &options(),
        expect![[r#"
            12: warning: port 9250 is among those of Flink's metrics.reporter.prom.port, and one pod has it only once: give the sidecar another one, for example --set LISTEN=0.0.0.0:9350
        "#]],
    );
    for free in ["9249", "9251-9260", "9249,9251", "0", "many"] {
        let free = configured(&format!("    metrics.reporter.prom.port: {free}\n"));
        check(&free, &options(), expect![[""]]);
    }
}

/// What was put in before is not a neighbour.
#[test]
fn the_sidecars_own_port_is_no_others() {
    let injected = outrider::inject::inject(DEPLOYMENT, &options()).text;
    check(&injected, &options(), expect![[""]]);
}
