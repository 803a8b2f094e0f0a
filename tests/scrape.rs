//! A scrape of each recorded Flink gives what it said.

mod support;

use outrider::flink::Flink;
use outrider::scrape::JobChoice;
use support::replay::{Recording, Replay};

#[tokio::test(start_paused = true)]
async fn a_growing_job_is_read() {
    let replay = Replay::of(Recording::snapshot("flink-1.20.0-beam-2.70.0/growing-1tm")).await;
    let scrape = Flink::new(&replay.url()).scrape(&replay.clock()).await;
    let Ok(JobChoice::One(job)) = scrape.job else {
        panic!("{scrape:?}");
    };
    assert_eq!(job.sources[0].splits, Some(12));
}
