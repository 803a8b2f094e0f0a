//! What goes wrong.

use std::time::Duration;

use outrider::flink::Flink;
use outrider::scrape::{Scrape, SourceMetric, Unread};
use tokio::time::{Instant, advance};

use crate::support::replay::{Fault, Recording, Replay};
use crate::{GROWING, one, sum};

/// A tick in which every request whose target contains `part` fails, and how long it took.
async fn failing(part: &str, fault: Fault) -> (Scrape, Vec<String>, Duration) {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.fail(part, fault);
    let began = Instant::now();
    let scrape = flink.scrape(&replay.clock()).await;
    (scrape, replay.take_requests(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_does_not_answer_is_asked_once() {
    let (scrape, requests, took) = failing("/", Fault::Hang).await;
    assert_eq!(scrape.job, Err(Unread::TimedOut));
    assert_eq!(scrape.cluster, Err(Unread::TimedOut));
    assert_eq!(requests.len(), 1);
    assert!(took < Duration::from_millis(5_200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_is_not_there_is_unreachable() {
    let mut replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.stop().await;
    let scrape = flink.scrape(&replay.clock()).await;
    let Err(Unread::Unreachable(why)) = scrape.job else {
        panic!("{:?}", scrape.job);
    };
    assert!(why.contains("refused"), "{why}");
    assert_eq!(scrape.cost.requests, 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_closed_or_breaks_off_is_unreachable() {
    for fault in [Fault::Close, Fault::HalfBody] {
        let (scrape, requests, _) = failing("/", fault.clone()).await;
        let unreachable = matches!(scrape.job, Err(Unread::Unreachable(_)));
        assert!(unreachable, "{fault:?}: {:?}", scrape.job);
        assert_eq!(requests.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_part_that_is_not_answered_leaves_the_others() {
    let (scrape, _, took) = failing("/subtasks/metrics", Fault::Hang).await;
    let job = one(&scrape);
    assert_eq!(job.sources[0].metrics, Err(Unread::TimedOut));
    assert!(job.cpu.is_ok() && job.checkpoints.is_ok() && job.execution.is_ok());
    assert!(took < Duration::from_millis(6_300), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn after_two_requests_without_an_answer_the_rest_is_not_asked() {
    let (scrape, _, took) = failing("/jobs/4e", Fault::Hang).await;
    let job = one(&scrape);
    assert_eq!(job.execution, Err(Unread::TimedOut));
    assert_eq!(job.setup, Err(Unread::TimedOut));
    assert_eq!(job.cpu, Err(Unread::NotAsked));
    assert_eq!(job.checkpoints, Err(Unread::NotAsked));
    assert!(took < Duration::from_millis(11_500), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_cut_off() {
    let (scrape, _, _) = failing("/checkpoints?", Fault::Endless).await;
    assert!(one(&scrape).checkpoints.is_ok());
    let (scrape, _, _) = failing("/checkpoints", Fault::Endless).await;
    let job = one(&scrape);
    assert_eq!(job.checkpoints, Err(Unread::TooLarge));
    assert_eq!(job.setup, Err(Unread::TooLarge));
    assert!(job.cpu.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_flink_is_its_status() {
    let leaderless = Fault::Answer(503, r#"{"errors":["leader election"]}"#.into());
    let (scrape, _, _) = failing("/", leaderless).await;
    assert_eq!(scrape.job, Err(Unread::Status(503)));
    assert_eq!(scrape.cluster, Err(Unread::Status(503)));
    let (scrape, _, _) = failing("/subtasks/metrics?", Fault::Answer(404, "{}".into())).await;
    assert_eq!(one(&scrape).sources[0].metrics, Err(Unread::Status(404)));
}

#[tokio::test(start_paused = true)]
async fn without_checkpointing_there_is_no_interval() {
    let none = Fault::Answer(
        404,
        r#"{"errors":["Checkpointing has not been enabled."]}"#.into(),
    );
    let (scrape, _, _) = failing("/checkpoints", none).await;
    let setup = one(&scrape).setup.as_ref().unwrap();
    assert_eq!(setup.checkpoint_interval, None);
    let off = r#"{"mode":"at_least_once","interval":9223372036854775807}"#;
    let (scrape, _, _) = failing("/checkpoints/config", Fault::Answer(200, off.into())).await;
    let setup = one(&scrape).setup.as_ref().unwrap();
    assert_eq!(setup.checkpoint_interval, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_flinks_json_is_malformed() {
    let (scrape, _, _) = failing("/overview", Fault::Answer(200, "<html>".into())).await;
    assert!(matches!(scrape.job, Err(Unread::Malformed(_))));
    assert!(matches!(scrape.cluster, Err(Unread::Malformed(_))));
}

#[tokio::test(start_paused = true)]
async fn metrics_that_flink_does_not_have_are_empty_not_zero() {
    let (scrape, _, _) = failing("/metrics", Fault::Answer(200, "[]".into())).await;
    let job = one(&scrape);
    assert_eq!(job.sources[0].metrics, Err(Unread::Empty));
    assert_eq!(job.cpu, Err(Unread::Empty));
    assert_eq!(job.cpu_of_one, None);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_flink_closed_between_ticks_is_opened_again() {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    flink.scrape(&replay.clock()).await;
    replay.drop_connections();
    advance(Duration::from_secs(9)).await;
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::ElementsRead), Some(100_197.0));
    assert_eq!(replay.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_comes_back_is_read_again() {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.fail("/", Fault::Hang);
    assert!(flink.scrape(&replay.clock()).await.job.is_err());
    replay.mend();
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::PendingBytes), Some(17_250_000.0));
}
