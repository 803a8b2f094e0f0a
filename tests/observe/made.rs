//! A scrape of a job that runs well on two TaskManagers, to change one thing of.

use std::time::Duration;

use outrider::observe::{Observation, Observer, SourceSeen};
use outrider::scrape::{
    Aggregate, Checkpoint, Checkpoints, Cluster, Cost, CpuTime, CpuTimeOfOne, Execution, Job,
    JobChoice, Scrape, Setup, Source, SourceMetric, TaskManager, Vertex,
};
use outrider::settings::Settings;
pub use outrider::units::count_as_f64 as count;
use outrider::units::{Timestamp, count_as_f64, len_as_f64};

/// The job runs since an hour before this.
pub const START: u64 = 1_800_000_000_000;
/// Elements read per second, by both subtasks together.
pub const READS: f64 = 1000.0;
/// Bytes of an element.
pub const ELEMENT: f64 = 500.0;
/// Bytes left to read.
pub const BACKLOG: f64 = 5e6;

/// `second` seconds after the start.
pub fn moment(second: u64) -> Timestamp {
    Timestamp::from_millis(START + second * 1000)
}

/// The job as it is then.
pub fn scrape(second: u64) -> Scrape {
    let since_start = count_as_f64(second);
    Scrape {
        at: moment(second),
        cluster: Ok(cluster(2)),
        job: Ok(JobChoice::One(Box::new(Job {
            id: "0123456789abcdef0123456789abcdef".into(),
            name: "made".into(),
            state: "RUNNING".into(),
            execution: Ok(Execution {
                running_since: Some(Timestamp::from_millis(START - 3_600_000)),
                state: "RUNNING".into(),
                max_parallelism: Some(12),
                vertices: vec![
                    vertex("source", &[], since_start),
                    vertex("sink", &["source"], since_start),
                ],
            }),
            checkpoints: Ok(Checkpoints {
                completed: 100,
                failed: 0,
                last_completed: Some(Checkpoint {
                    id: 100,
                    triggered: moment(second),
                    duration: Duration::from_millis(50),
                    state_bytes: 60_000,
                }),
                last_restored: None,
            }),
            setup: Ok(Setup {
                checkpoint_interval: Some(Duration::from_secs(10)),
                reactive: true,
                restarts: true,
                rescale_gate: Duration::from_secs(30),
                taskmanagers: vec![taskmanager("tm-1"), taskmanager("tm-2")],
            }),
            // 0.6 of the one core of each.
            cpu: Ok(CpuTime {
                seconds: 500.0 + 1.2 * since_start,
                reporting: 2,
            }),
            cpu_of_one: None,
            sources: vec![source("source", READS * since_start)],
        }))),
        cost: Cost::default(),
    }
}

/// So many TaskManagers of one slot.
pub fn cluster(taskmanagers: u32) -> Cluster {
    Cluster {
        taskmanagers,
        slots_total: taskmanagers,
        flink_version: "1.20.0".into(),
    }
}

/// One slot, one core.
pub fn taskmanager(id: &str) -> TaskManager {
    TaskManager {
        id: id.into(),
        slots: 1,
        cpu_cores: 1.0,
    }
}

/// A reading of one TaskManager's CPU.
pub fn cpu_of(taskmanager: &str, seconds: f64) -> Option<CpuTimeOfOne> {
    Some(CpuTimeOfOne {
        taskmanager: taskmanager.into(),
        seconds,
    })
}

fn vertex(id: &str, inputs: &[&str], seconds: f64) -> Vertex {
    let passes = |rate: f64| Some(1e6 + rate * seconds);
    let is_source = inputs.is_empty();
    Vertex {
        id: id.into(),
        name: id.into(),
        parallelism: 2,
        max_parallelism: Some(12),
        tasks_there: 2,
        inputs: inputs.iter().map(|id| (*id).into()).collect(),
        read_records: if is_source { Some(0.0) } else { passes(READS) },
        write_records: if is_source { passes(READS) } else { Some(0.0) },
        read_bytes: if is_source {
            Some(0.0)
        } else {
            passes(READS * ELEMENT)
        },
        write_bytes: if is_source {
            passes(READS * ELEMENT)
        } else {
            Some(0.0)
        },
        backpressured_millis: Some(0.0),
        busy_millis: None,
    }
}

/// A source that has read so many elements since the start, and a million before.
pub fn source(vertex: &str, elements: f64) -> Source {
    let read = 1e6 + elements;
    Source {
        vertex: vertex.into(),
        name: vertex.into(),
        splits: Some(12),
        partitions: Some(12),
        metrics: Ok(vec![
            (SourceMetric::PendingBytes, shared(BACKLOG)),
            (SourceMetric::ElementsRead, shared(read)),
            (SourceMetric::BytesRead, shared(read * ELEMENT)),
            (SourceMetric::RecordsIn, shared(read - 1.0)),
            (SourceMetric::WatermarkLag, shared(300.0)),
        ]),
    }
}

/// Two subtasks with half of it each.
pub fn shared(total: f64) -> Aggregate {
    of(&[total / 2.0, total / 2.0])
}

/// What Flink makes of the values of subtasks.
pub fn of(subtasks: &[f64]) -> Aggregate {
    let sum: f64 = subtasks.iter().sum();
    Aggregate {
        min: subtasks.iter().copied().fold(f64::INFINITY, f64::min),
        max: subtasks.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        avg: sum / len_as_f64(subtasks.len()),
        sum,
    }
}

pub fn job_of(scrape: &mut Scrape) -> &mut Job {
    match &mut scrape.job {
        Ok(JobChoice::One(job)) => job,
        other => panic!("not one job: {other:?}"),
    }
}

pub fn execution_of(scrape: &mut Scrape) -> &mut Execution {
    job_of(scrape).execution.as_mut().unwrap()
}

/// Replaces a metric of a source, or takes it away.
pub fn set(source: &mut Source, metric: SourceMetric, value: impl Into<Option<Aggregate>>) {
    let metrics = source.metrics.as_mut().unwrap();
    metrics.retain(|(known, _)| *known != metric);
    metrics.extend(value.into().map(|value| (metric, value)));
}

/// What is observed after each of the scrapes.
pub fn observed(scrapes: impl IntoIterator<Item = Scrape>) -> Vec<Observation> {
    let mut observer = Observer::new(&Settings::parse([]).settings);
    scrapes
        .into_iter()
        .map(|scrape| observer.observe(scrape.at, &scrape))
        .collect()
}

/// Ticks every 10 s, each changed as it is told, and what is observed after the last.
pub fn after(ticks: u64, change: impl Fn(u64, &mut Scrape)) -> Observation {
    let scrapes = (0..ticks).map(|tick| {
        let mut scrape = scrape(10 * tick);
        change(tick, &mut scrape);
        scrape
    });
    observed(scrapes).pop().unwrap()
}

/// As `after`, for the only source.
pub fn source_after(ticks: u64, change: impl Fn(u64, &mut Source)) -> SourceSeen {
    let change = |tick, scrape: &mut Scrape| change(tick, &mut job_of(scrape).sources[0]);
    after(ticks, change).sources.remove(0)
}

/// The same job so many seconds later, saved as before, had every subtask that reads at all read so much more.
pub fn later(scrape: &Scrape, seconds: u64, elements: f64) -> Scrape {
    let mut scrape = scrape.clone();
    scrape.at = scrape.at + Duration::from_secs(seconds);
    let job = job_of(&mut scrape);
    if let Ok(cpu) = &mut job.cpu {
        cpu.seconds += 0.3 * count_as_f64(seconds) * f64::from(cpu.reporting);
    }
    job.cpu_of_one = None;
    if let Ok(Checkpoints {
        last_completed: Some(last),
        ..
    }) = &mut job.checkpoints
    {
        last.triggered = last.triggered + Duration::from_secs(seconds);
    }
    for (metric, value) in job
        .sources
        .iter_mut()
        .flat_map(|it| it.metrics.iter_mut().flatten())
    {
        let each = match metric {
            SourceMetric::BytesRead => elements * ELEMENT,
            SourceMetric::ElementsRead | SourceMetric::RecordsIn => elements,
            _ => continue,
        };
        let reporting = (value.sum / value.avg).round();
        let reading = if value.min > 0.0 {
            reporting
        } else {
            reporting - 1.0
        };
        value.min += if value.min > 0.0 { each } else { 0.0 };
        value.max += each;
        value.sum += each * reading;
        value.avg = value.sum / reporting;
    }
    scrape
}
