//! What the core makes of what a real Flink answered in trouble, round by round, with the truth
//! beside it.

mod support;

use std::fmt::Write as _;
use std::path::Path;

use expect_test::{Expect, expect};
use outrider::autoscaler::Autoscaler;
use outrider::flink::Flink;
use outrider::scrape::JobChoice;
use outrider::settings::Settings;
use serde_json::Value;
use support::replay::{Recording, Replay};

const RIG: &str = "flink-1.20.0-beam-2.70.0-rig";
/// The same job, for what the polls leave out.
const SNAPSHOT: &str = "flink-1.20.0-beam-2.70.0/growing-1tm";

#[tokio::test(start_paused = true)]
async fn a_backlog_is_not_known_while_two_executions_are_added_together() {
    check(
        "step-up-1-to-3",
        &expect![[r#"
            00:00  RUNNING, 1 workers, backlog 11.9 MB (true: 11.6 MB), warming_up
            00:10  RUNNING, 1 workers, backlog 19.4 MB (true: 19.1 MB), warming_up
            00:20  RUNNING, 2 workers, backlog not_fresh (true: 27.6 MB), warming_up
            00:30  RUNNING, 2 workers, backlog not_fresh (true: 32.7 MB), warming_up
            00:51  RUNNING, 3 workers, backlog not_fresh (true: 42.7 MB), external_change
            01:01  RUNNING, 3 workers, backlog not_fresh (true: 45.4 MB), warming_up
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_hangs_is_a_stalled_source_not_an_idle_one() {
    check(
        "kafka-paused",
        &expect![[r#"
            00:00  RUNNING, 2 workers, backlog 10.9 MB (true: 12.2 MB), warming_up
            00:10  RUNNING, 2 workers, backlog 4.9 MB (true: 6.4 MB), warming_up
            00:20  RUNNING, 2 workers, backlog 0.2 MB (true: not known), warming_up
            00:30  RUNNING, 2 workers, backlog 0.2 MB (true: not known), stabilizing
            00:41  RUNNING, 2 workers, backlog 0.2 MB (true: not known), stalled
            00:51  RUNNING, 2 workers, backlog 0.2 MB (true: not known), stalled
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_taskmanager_leaves_a_job_that_is_observed_anew() {
    check(
        "taskmanager-killed",
        &expect![[r#"
            00:00  RUNNING, 3 workers, backlog minus_one (true: 0.3 MB), warming_up
            00:10  RUNNING, 2 workers, backlog not_fresh (true: 6.6 MB), warming_up
            00:20  RUNNING, 2 workers, backlog not_fresh (true: 6.9 MB), warming_up
            00:30  RUNNING, 2 workers, backlog 5.9 MB (true: 6.8 MB), warming_up
            00:41  RUNNING, 2 workers, backlog 6.2 MB (true: 6.4 MB), warming_up
            01:11  RUNNING, 2 workers, backlog 7.3 MB (true: 8.1 MB), warming_up
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_new_jobmanager_without_ha_has_another_job_from_the_beginning() {
    check(
        "jobmanager-restarted",
        &expect![[r#"
            00:00  RUNNING, 2 workers, backlog minus_one (true: 0.1 MB), warming_up
            00:20  CREATED, ? workers, backlog none (true: 1.3 MB), job_not_running
            00:30  RUNNING, 1 workers, backlog not_fresh (true: 514.4 MB), warming_up
            00:41  RUNNING, 1 workers, backlog not_fresh (true: 513.4 MB), warming_up
            01:01  RUNNING, 2 workers, backlog not_fresh (true: 511.9 MB), warming_up
            01:11  RUNNING, 2 workers, backlog 504.2 MB (true: 506.0 MB), warming_up
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_keeps_up_says_minus_one_and_is_known_to_have_caught_up() {
    check(
        "caught-up-minus-one",
        &expect![[r#"
            00:00  RUNNING, 3 workers, backlog minus_one (true: 0.1 MB), warming_up
            00:10  RUNNING, 3 workers, backlog minus_one (true: 0.1 MB), warming_up
            00:20  RUNNING, 3 workers, backlog 0.0 MB (true: 0.1 MB), warming_up
            00:30  RUNNING, 3 workers, backlog 0.0 MB (true: 0.1 MB), stabilizing
            00:40  RUNNING, 3 workers, backlog 0.0 MB (true: 0.1 MB), stabilizing
            00:51  RUNNING, 3 workers, backlog 0.0 MB (true: 0.1 MB), stabilizing
        "#]],
    )
    .await;
}

/// A line for each recorded round.
async fn check(situation: &str, expected: &Expect) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/payloads")
        .join(RIG)
        .join(situation);
    let rounds: Vec<u64> = lines(&folder.join("poll.jsonl"))
        .iter()
        .filter(|line| line["url"] == "/jobs/overview")
        .map(|line| line["t"].as_u64().expect("a moment"))
        .collect();
    let truth = lines(&folder.join("truth.jsonl"));
    let poll = format!("{RIG}/{situation}/poll.jsonl");
    let replay = Replay::of(Recording::poll_over(&poll, SNAPSHOT)).await;
    let mut flink = Flink::new(&replay.url());
    let mut autoscaler = Autoscaler::new(&Settings::parse(std::iter::empty()));
    let mut told = String::new();
    for round in &rounds {
        // The last answer of a round came within half a second, and a scrape waits for a second.
        replay.set_time(round - 500);
        let scrape = flink.scrape(&replay.clock()).await;
        let decision = autoscaler.step(scrape.at, &scrape);
        let seen = autoscaler.observation().expect("just observed");
        let known = seen.sources.first().map_or_else(
            || "none".into(),
            |source| {
                source
                    .backlog_bytes
                    .map_or_else(|why| why.to_string(), |bytes| megabytes(bytes.get()))
            },
        );
        let state = match &scrape.job {
            Ok(JobChoice::One(job)) => &job.state,
            _ => "no job",
        };
        writeln!(
            told,
            "{:02}:{:02}  {state}, {} workers, backlog {known} (true: {}), {}",
            (round - rounds[0]) / 60_000,
            (round - rounds[0]) / 1000 % 60,
            seen.workers
                .in_use
                .map_or("?".into(), |workers| workers.to_string()),
            true_backlog(&truth, *round),
            decision.reason()
        )
        .expect("a string takes every line");
    }
    expected.assert_eq(&told);
}

/// At the last look before.
fn true_backlog(truth: &[Value], at: u64) -> String {
    let before = |look: &&Value| look["t"].as_u64().is_some_and(|t| t <= at);
    let bytes = truth
        .iter()
        .rfind(before)
        .and_then(|look| look["backlog_bytes"].as_f64());
    bytes.map_or("not known".into(), megabytes)
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a recording");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}
