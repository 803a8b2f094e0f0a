//! Which job is read, what is asked of it, and how often.

use std::time::Duration;

use outrider::flink::Flink;
use outrider::scrape::{CpuTimeOfOne, JobChoice, SourceMetric};
use tokio::time::advance;

use crate::support::replay::{Fault, Recording, Replay};
use crate::{AFTER_SCALEUP, GROWING, SCALEUP, one, sum};

fn listings(requests: &[String]) -> usize {
    let names = |target: &&String| target.ends_with("/subtasks/metrics");
    requests.iter().filter(names).count()
}

#[tokio::test(start_paused = true)]
async fn of_several_jobs_none_is_read_and_those_that_ended_do_not_count() {
    let job = |jid: &str, state| format!(r#"{{"jid":"{jid}","name":"rig","state":"{state}"}}"#);
    let running = job("4e9268921c373982b79dbb0c3796cecb", "RUNNING");
    let other = job("00000000000000000000000000000001", "RESTARTING");
    let ended = job("00000000000000000000000000000002", "FAILED");
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    let jobs = [
        (vec![&running, &other, &ended], Ok(JobChoice::Several(2))),
        (vec![&ended], Ok(JobChoice::None)),
    ];
    for (jobs, expected) in jobs {
        let jobs: Vec<&str> = jobs.into_iter().map(String::as_str).collect();
        let body = format!(r#"{{"jobs":[{}]}}"#, jobs.join(","));
        replay.fail("/jobs/overview", Fault::Answer(200, body));
        assert_eq!(flink.scrape(&replay.clock()).await.job, expected);
    }
    let body = format!(r#"{{"jobs":[{ended},{running}]}}"#);
    replay.fail("/jobs/overview", Fault::Answer(200, body));
    assert_eq!(
        one(&flink.scrape(&replay.clock()).await).state.as_ref(),
        "RUNNING"
    );
}

#[tokio::test(start_paused = true)]
async fn a_steady_tick_takes_eight_requests_and_less_than_twenty_kilobytes() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut steady = 0;
    for tick in 0..60 {
        let cost = flink.scrape(&replay.clock()).await.cost;
        let requests = replay.take_requests();
        assert_eq!(cost.requests as usize, requests.len());
        assert!(requests.iter().all(|target| target.len() <= 3_500));
        if tick > 0 && listings(&requests) == 0 {
            steady += 1;
            assert_eq!(cost.requests, 8, "{requests:?}");
            assert!(cost.bytes <= 20_000, "{} bytes", cost.bytes);
            assert!(cost.duration < Duration::from_millis(1_100));
        }
        advance(Duration::from_secs(9)).await;
    }
    // Ten minutes: listed at once, then ever more rarely, and every three minutes at the end.
    assert_eq!(steady, 60 - 8);
    assert_eq!(replay.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn names_are_listed_again_as_long_as_the_source_has_not_read() {
    let quiet = "flink-1.20.0-beam-2.70.0/before-any-input";
    let replay = Replay::of(Recording::snapshot(quiet)).await;
    let mut flink = Flink::new(&replay.url());
    for _ in 0..30 {
        flink.scrape(&replay.clock()).await;
        advance(Duration::from_secs(9)).await;
    }
    replay.take_requests();
    for _ in 0..6 {
        flink.scrape(&replay.clock()).await;
        advance(Duration::from_secs(9)).await;
    }
    // A minute: every half of it.
    assert_eq!(listings(&replay.take_requests()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_execution_is_set_up_and_its_names_are_listed_again() {
    let replay = Replay::of(Recording::poll(SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut seen = Vec::new();
    for round in [1_795_164_040_000, 1_795_164_050_000, 1_795_164_060_000] {
        replay.set_time(round);
        let scrape = flink.scrape(&replay.clock()).await;
        let requests = replay.take_requests();
        let config = requests.iter().any(|target| target == "/jobmanager/config");
        let since = one(&scrape).execution.as_ref().unwrap().running_since;
        let taskmanagers = one(&scrape).setup.as_ref().unwrap().taskmanagers.len();
        seen.push((
            since.unwrap().millis(),
            taskmanagers,
            config,
            listings(&requests) > 0,
            sum(&scrape, SourceMetric::PendingBytes).unwrap(),
        ));
    }
    // In the second round the store has the old and the new execution added together.
    let expected = [
        (1_795_163_787_233, 1, true, true, 20_077_500.0),
        (1_795_164_045_684, 2, true, true, 33_370_500.0),
        (1_795_164_045_684, 2, false, true, 28_130_000.0),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_has_the_names_listed_again_and_asked_for_once_more() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    flink.scrape(&replay.clock()).await;
    // The same vertex, but its splits have not registered anything yet.
    replay.load(Recording::snapshot(
        "flink-1.20.0-beam-2.70.0/before-any-input",
    ));
    let (job, now) = ("4e9268921c373982b79dbb0c3796cecb", replay.clock()());
    let detail = Recording::snapshot(AFTER_SCALEUP).answer(now.millis(), &format!("/jobs/{job}"));
    replay.fail(&format!("/jobs/{job}"), Fault::Answer(200, detail.unwrap()));
    // Only the job's own answer is the old one: its metrics are those of the quiet source.
    replay.pass(&format!("/jobs/{job}/"));
    replay.take_requests();
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::PendingBytes), Some(0.0));
    assert_eq!(sum(&scrape, SourceMetric::ElementsRead), None);
    let requests = replay.take_requests();
    let asked = |target: &&String| target.contains("/subtasks/metrics?");
    assert_eq!(listings(&requests), 1);
    assert_eq!(requests.iter().filter(asked).count(), 2, "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn taskmanagers_take_turns() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut turns = Vec::new();
    for _ in 0..3 {
        let scrape = flink.scrape(&replay.clock()).await;
        turns.push(one(&scrape).cpu_of_one.clone().unwrap());
    }
    let of = |taskmanager: &str, seconds| CpuTimeOfOne {
        taskmanager: taskmanager.into(),
        seconds,
    };
    let expected = [of("tm-2", 97.59), of("tm-1", 237.8), of("tm-2", 97.59)];
    assert_eq!(turns, expected);
}
