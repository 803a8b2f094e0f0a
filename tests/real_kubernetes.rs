//! The whole chain in Kubernetes: a real Beam job that a real operator deployed, with the sidecar in
//! its JobManager's pod, is kept the right size while things go wrong around it. Run by `tests/run
//! real-kubernetes`.
//!
//! Only the node is not real: the rig's kubelet makes Pods processes (tests/rig/kubernetes). The
//! sidecar acts with its own service account and no right beyond those that README names.

#![expect(clippy::print_stdout, reason = "a test of minutes tells what it sees")]

#[path = "support/cluster.rs"]
mod cluster;
#[path = "real_kubernetes/job.rs"]
mod job;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/sidecar.rs"]
mod sidecar;
#[path = "support/timeline.rs"]
mod timeline;
#[path = "support/watched.rs"]
mod watched;

use crate::job::Job;
use crate::watched::check;

/// One TaskManager does about 1000 records/s.
const LOW: u32 = 600;
const HIGH: u32 = 2500;
/// An operator that is away for so long is no reason to give up.
const OPERATOR_AWAY_SECONDS: u64 = 120;

#[test]
fn a_job_that_the_operator_deployed_is_kept_the_right_size_whatever_goes_wrong() {
    let mut job = Job::deployed();
    job.watched.offer(LOW);
    job.watched
        .until("the job is judged on one worker", 240, |row| {
            row.in_use() == Some(1) && row.status["workers"]["recommended"].is_u64()
        });

    job.trouble("the API server is killed");
    job.cluster.rig(&["kill", "apiserver"]);
    job.watched.offer(HIGH);
    job.watched
        .until("more workers were wanted in vain", 240, |row| {
            row.status["decision"]["reason"] == "target_unavailable"
        });
    job.trouble("the API server is started again");
    job.cluster.rig(&["start", "apiserver"]);
    job.until_replicas("more workers are asked for", 120, |replicas| replicas >= 3);
    job.trouble("the job is upgraded in the middle of it");
    job.upgrade();
    job.watched.until("the upgraded job uses them", 240, |row| {
        row.in_use() >= Some(3)
    });
    job.trouble("the sidecar is killed");
    let killed = job.kill_the_sidecar();
    job.watched.until("the backlog is gone", 600, |row| {
        row.true_backlog_bytes.is_some_and(|bytes| bytes < 2e6) && row.in_use() >= Some(3)
    });
    check(
        "while nothing is to be changed it asks for next to nothing",
        || {
            job.asked_little(killed);
        },
    );

    job.trouble("the operator is killed");
    job.cluster.rig(&["kill", "operator"]);
    let killed = rig::now();
    job.watched.offer(LOW);
    job.until_replicas("fewer workers are asked for", 400, |replicas| replicas <= 2);
    job.watched.until_so(
        "the operator was away for two minutes",
        OPERATOR_AWAY_SECONDS + 1,
        |_| rig::now() >= killed + OPERATOR_AWAY_SECONDS * 1000,
    );
    job.trouble("the operator is started again");
    job.cluster.rig(&["start", "operator"]);
    job.watched.until("workers were removed", 240, |row| {
        row.in_use().is_some_and(|workers| workers <= 2)
    });
    job.watched.watch(20);

    let timeline = job.watched.written();
    println!("{}", job.watched.timeline.for_a_person());
    check("nothing fights", || job.nothing_fights());
    check("it keeps within the rights of its Role", || {
        job.asked_within_its_rights()
    });
    check("kubectl tells what it did", || job.told_by_events());
    check("every record is counted at least once", || {
        job.watched.nothing_is_lost()
    });
    println!(
        "timeline: {}; what changed in it:\n\n{}",
        timeline.display(),
        job.watched.timeline.for_readme()
    );
}
