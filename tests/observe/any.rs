//! Whatever Flink answers, nothing panics, and what is known is finite.

use std::time::Duration;

use outrider::decide::Action;
use outrider::observe::{Growth, Known, Observation, Observer};
use outrider::scrape::{Aggregate, CpuTime, JobChoice, Scrape, SourceMetric, Unread, Vertex};
use outrider::settings::Settings;
use outrider::units::{Amount, Rate, Timestamp, Utilization};
use proptest::prelude::*;

use crate::made::{START, cluster, cpu_of, execution_of, job_of, scrape, set, source};
use crate::watch::autoscaler;

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0_f64..1e9,
        1 => Just(-1.0),
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::MAX), Just(f64::MIN_POSITIVE)],
        1 => -1e12_f64..1e18,
    ]
}

fn any_aggregate() -> impl Strategy<Value = Aggregate> {
    let numbers = (any_number(), any_number(), any_number(), any_number());
    numbers.prop_map(|(min, max, avg, sum)| Aggregate { min, max, avg, sum })
}

fn any_metric() -> impl Strategy<Value = SourceMetric> {
    prop::sample::select(vec![
        SourceMetric::PendingBytes,
        SourceMetric::SplitsBacklogBytes,
        SourceMetric::SplitsBacklogElements,
        SourceMetric::BacklogBytes,
        SourceMetric::BacklogElements,
        SourceMetric::ElementsRead,
        SourceMetric::BytesRead,
        SourceMetric::RecordsIn,
        SourceMetric::WatermarkLag,
    ])
}

/// One thing that is otherwise than in a job that runs well.
#[derive(Clone, Debug)]
enum Change {
    Metric(SourceMetric, Option<Aggregate>),
    OtherSource(SourceMetric, Aggregate),
    SourceUnread,
    NoSources,
    Cpu(f64, u32),
    CpuUnread,
    CpuOfOne(bool, f64),
    Cores(f64),
    Totals(Option<f64>),
    Vertices(u32, u32, Option<u32>),
    NoVertices,
    Restarted(u64),
    NeverRan,
    State(bool, &'static str),
    OtherJob,
    TaskManagers(u32),
    ClusterUnread,
    ExecutionUnread,
    CheckpointsUnread,
    SetupUnread,
    Interval(Option<Duration>),
    NoJob(u32),
}

fn any_change() -> impl Strategy<Value = Change> {
    let states = vec!["RUNNING", "RESTARTING", "CREATED", "FAILING", ""];
    let unread = prop::sample::select(vec![
        Change::SourceUnread,
        Change::NoSources,
        Change::CpuUnread,
        Change::NoVertices,
        Change::NeverRan,
        Change::OtherJob,
        Change::ClusterUnread,
        Change::ExecutionUnread,
        Change::CheckpointsUnread,
        Change::SetupUnread,
    ]);
    prop_oneof![
        6 => (any_metric(), prop::option::of(any_aggregate()))
            .prop_map(|(metric, value)| Change::Metric(metric, value)),
        1 => (any_metric(), any_aggregate())
            .prop_map(|(metric, value)| Change::OtherSource(metric, value)),
        2 => (any_number(), 0_u32..4).prop_map(|(s, n)| Change::Cpu(s, n)),
        2 => (any::<bool>(), any_number()).prop_map(|(which, s)| Change::CpuOfOne(which, s)),
        1 => any_number().prop_map(Change::Cores),
        2 => prop::option::of(any_number()).prop_map(Change::Totals),
        1 => (any::<u32>(), any::<u32>(), prop::option::of(any::<u32>()))
            .prop_map(|(p, t, m)| Change::Vertices(p, t, m)),
        2 => any::<u64>().prop_map(Change::Restarted),
        1 => (any::<bool>(), prop::sample::select(states)).prop_map(|(a, s)| Change::State(a, s)),
        1 => any::<u32>().prop_map(Change::TaskManagers),
        1 => prop::option::of(any::<u64>())
            .prop_map(|ms| Change::Interval(ms.map(Duration::from_millis))),
        1 => (0_u32..3).prop_map(Change::NoJob),
        3 => unread,
    ]
}

fn changed(mut scrape: Scrape, change: Change) -> Scrape {
    if !matches!(scrape.job, Ok(JobChoice::One(_))) {
        return scrape;
    }
    match change {
        Change::NoJob(0) => scrape.job = Ok(JobChoice::None),
        Change::NoJob(1) => scrape.job = Ok(JobChoice::Several(2)),
        Change::NoJob(_) => scrape.job = Err(Unread::TimedOut),
        Change::TaskManagers(count) => scrape.cluster = Ok(cluster(count)),
        Change::ClusterUnread => scrape.cluster = Err(Unread::TimedOut),
        Change::ExecutionUnread => job_of(&mut scrape).execution = Err(Unread::Empty),
        other => change_job(&mut scrape, other),
    }
    scrape
}

fn change_job(scrape: &mut Scrape, change: Change) {
    let job = job_of(scrape);
    match change {
        Change::Metric(metric, value) => {
            if let Some(source) = job.sources.first_mut().filter(|it| it.metrics.is_ok()) {
                set(source, metric, value);
            }
        }
        Change::OtherSource(metric, value) => {
            let mut other = source("sink", 0.0);
            set(&mut other, metric, value);
            job.sources.push(other);
        }
        Change::SourceUnread => job.sources[..].iter_mut().for_each(|source| {
            source.metrics = Err(Unread::Empty);
        }),
        Change::NoSources => job.sources.clear(),
        Change::Cpu(seconds, reporting) => job.cpu = Ok(CpuTime { seconds, reporting }),
        Change::CpuUnread => job.cpu = Err(Unread::Empty),
        Change::CpuOfOne(first, seconds) => {
            job.cpu_of_one = cpu_of(if first { "tm-1" } else { "tm-2" }, seconds);
        }
        Change::CheckpointsUnread => job.checkpoints = Err(Unread::TooLarge),
        Change::SetupUnread => job.setup = Err(Unread::Status(500)),
        Change::OtherJob => job.id = "other".into(),
        Change::State(true, state) => job.state = state.into(),
        Change::Cores(cores) => {
            if let Ok(setup) = &mut job.setup {
                setup.taskmanagers[0].cpu_cores = cores;
            }
        }
        Change::Interval(interval) => {
            if let Ok(setup) = &mut job.setup {
                setup.checkpoint_interval = interval;
            }
        }
        other if job.execution.is_ok() => change_execution(scrape, &other),
        _ => {}
    }
}

fn change_execution(scrape: &mut Scrape, change: &Change) {
    let execution = execution_of(scrape);
    let vertices = &mut execution.vertices;
    match change {
        Change::Totals(total) => {
            for vertex in vertices {
                vertex.read_records = *total;
                vertex.backpressured_millis = *total;
            }
        }
        Change::Vertices(parallelism, there, max) => {
            let change = |vertex: &mut Vertex| {
                vertex.parallelism = *parallelism;
                vertex.tasks_there = *there;
                vertex.max_parallelism = *max;
            };
            vertices.iter_mut().for_each(change);
        }
        Change::NoVertices => vertices.clear(),
        Change::Restarted(at) => execution.running_since = Some(Timestamp::from_millis(*at)),
        Change::NeverRan => execution.running_since = None,
        Change::State(_, state) => execution.state = (*state).into(),
        _ => {}
    }
}

fn any_scrape() -> impl Strategy<Value = Scrape> {
    let second = prop_oneof![8 => 0_u64..200, 1 => 0_u64..100_000];
    let changes = prop::collection::vec(any_change(), 0..4);
    let restarted = prop::option::weighted(0.2, 0_u64..200);
    (second, changes, restarted).prop_map(|(second, changes, restarted)| {
        let mut scrape = scrape(second);
        if let Some(at) = restarted {
            execution_of(&mut scrape).running_since =
                Some(Timestamp::from_millis(START + 1000 * at));
        }
        changes.into_iter().fold(scrape, changed)
    })
}

/// Mostly a tick after the other, but at times anywhere.
fn any_history() -> impl Strategy<Value = Vec<Scrape>> {
    let scrapes = prop::collection::vec((any_scrape(), prop::bool::weighted(0.2)), 1..30);
    scrapes.prop_map(|scrapes| {
        let mut at = START;
        scrapes
            .into_iter()
            .map(|(mut scrape, jumps)| {
                if !jumps {
                    at += 10_000;
                    scrape.at = Timestamp::from_millis(at);
                }
                scrape
            })
            .collect()
    })
}

/// Every number that is known, by its name.
fn known_numbers(seen: &Observation) -> Vec<(&'static str, f64)> {
    fn number<T>(
        name: &'static str,
        known: Known<T>,
        get: fn(T) -> f64,
    ) -> Option<(&'static str, f64)> {
        known.ok().map(|known| (name, get(known)))
    }
    let mut all = Vec::new();
    for it in &seen.sources {
        all.extend(number("backlog_bytes", it.backlog_bytes, Amount::get));
        all.extend(number("backlog_elements", it.backlog_elements, Amount::get));
        all.extend(number("throughput", it.throughput, Rate::get));
        all.extend(number("growth", it.backlog_growth, |it: Growth| {
            it.rate.get()
        }));
        all.extend(number("noise", it.backlog_growth, |it: Growth| {
            it.noise.get()
        }));
        all.extend(number("input_rate", it.input_rate, Rate::get));
    }
    for it in &seen.vertices {
        all.extend(number("records_in", it.records_in, Rate::get));
        all.extend(number("records_out", it.records_out, Rate::get));
        all.extend(number("bytes_in", it.bytes_in, Rate::get));
        all.extend(number("backpressured", it.backpressured, |share| share));
    }
    all.extend(number("utilization", seen.utilization, Utilization::ratio));
    all.extend(number(
        "highest",
        seen.utilization_highest,
        Utilization::ratio,
    ));
    all.extend(number("taskmanager_cpu", seen.taskmanager_cpu, |cores| {
        cores
    }));
    all
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_known_is_finite(history in any_history()) {
        let mut observer = Observer::new(&Settings::parse([]).settings);
        for scrape in &history {
            let seen = observer.observe(scrape.at, scrape);
            for (name, number) in known_numbers(&seen) {
                prop_assert!(number.is_finite(), "{} is {}", name, number);
            }
        }
    }

    #[test]
    fn whatever_is_scraped_the_autoscaler_decides(history in any_history()) {
        let mut autoscaler = autoscaler();
        for scrape in &history {
            let decision = autoscaler.step(scrape.at, scrape);
            if let Action::ScaleTo { workers, .. } = decision.action {
                prop_assert!((1..=10).contains(&workers.0));
            }
        }
    }

    #[test]
    fn no_history_ending_in_a_part_that_is_missing_takes_a_worker_away(
        history in any_history(),
        missing in prop::sample::select(vec![
            Change::SourceUnread,
            Change::CpuUnread,
            Change::ExecutionUnread,
            Change::SetupUnread,
            Change::CheckpointsUnread,
            Change::ClusterUnread,
            Change::NoSources,
        ]),
    ) {
        let mut autoscaler = autoscaler();
        for (second, scrape) in (0..).zip(&history) {
            let mut scrape = scrape.clone();
            scrape.at = Timestamp::from_millis(START + 10_000 * second);
            let scrape = changed(scrape, missing.clone());
            let decision = autoscaler.step(scrape.at, &scrape);
            let in_use = autoscaler.observation().and_then(|seen| seen.workers.in_use);
            if let (Action::ScaleTo { workers, .. }, Some(in_use)) = (decision.action, in_use) {
                // Those out of bounds are brought back, whatever is known of the load.
                prop_assert!(workers >= in_use || in_use.0 > 10);
            }
        }
    }
}
