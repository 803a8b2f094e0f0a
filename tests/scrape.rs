//! A scrape of each recorded Flink says what that Flink said, and a broken one breaks nothing.

#[path = "scrape/faults.rs"]
mod faults;
#[path = "scrape/recorded.rs"]
mod recorded;
mod support;
#[path = "scrape/ticks.rs"]
mod ticks;
#[path = "scrape/told.rs"]
mod told;

use outrider::scrape::{Job, JobChoice, Scrape, SourceMetric};

const GROWING: &str = "flink-1.20.0-beam-2.70.0/growing-1tm";
const AFTER_SCALEUP: &str = "flink-1.20.0-beam-2.70.0/after-scaleup-2tm";
const SCALEUP: &str = "flink-1.20.0-beam-2.70.0/growing-1tm/poll-scaleup.jsonl";

fn one(scrape: &Scrape) -> &Job {
    match &scrape.job {
        Ok(JobChoice::One(job)) => job,
        other => panic!("not one job: {other:?}"),
    }
}

fn sum(scrape: &Scrape, wanted: SourceMetric) -> Option<f64> {
    let metrics = one(scrape).sources[0].metrics.as_ref();
    let metric = metrics
        .expect("metrics")
        .iter()
        .find(|(metric, _)| *metric == wanted);
    metric.map(|(_, aggregate)| aggregate.sum)
}
