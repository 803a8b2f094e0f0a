//! The window: distinct samples of one execution, and what can be said from them.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::observe::cpu::CpuByTaskManager;
use crate::observe::lately::{Lately, Sample};
use crate::observe::{
    JobSeen, Known, Observation, SourceSeen, Unknown, WorkersSeen, checkpoints, cpu, source, vertex,
};
use crate::scrape::{Cluster, Execution, Job, JobChoice, Scrape, Setup, TaskManager};
use crate::settings::Settings;
use crate::units::{Timestamp, Unit, Workers};

/// Rates and slopes are taken over so long: six refreshes of Flink's metric store.
const WINDOW: Duration = Duration::from_secs(60);
/// Where samples come more seldom, over as long as the fewest need, but no longer than this: after
/// a gap the window begins anew.
const WINDOW_AT_MOST: Duration = Duration::from_secs(300);
/// A restarted job's backlog gauges need up to 25 s until each partition has been read once
/// (measured: twelve partitions in one split).
const WARM_UP: Duration = Duration::from_secs(30);
/// Old and new execution were seen added together for 5 to 12 s. Where the counters cannot prove
/// that this is over (no input, a subtask without a split), so much time does.
const SURELY_FRESH: Duration = Duration::from_secs(60);

/// A slope with its error takes three points.
const FEWEST_SAMPLES: usize = 3;

/// Keeps the window and observes.
#[derive(Clone, Debug)]
pub struct Observer {
    /// `TASKMANAGER_CPU`.
    cores_set: Option<f64>,
    /// `GROWTH_NOISE`.
    growth_noise: f64,
    execution: Option<(Arc<str>, Timestamp)>,
    samples: VecDeque<Sample>,
    /// The only sample is the first reading of all.
    first_reading: bool,
    fresh: bool,
    by_taskmanager: CpuByTaskManager,
}

// === impl Observer ===

impl Observer {
    /// Of the settings `TASKMANAGER_CPU` and `GROWTH_NOISE` are heeded.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            cores_set: settings.taskmanager_cpu,
            growth_noise: settings.growth_noise,
            execution: None,
            samples: VecDeque::new(),
            first_reading: true,
            fresh: false,
            by_taskmanager: CpuByTaskManager::default(),
        }
    }

    /// Takes the newest scrape into the window and says what is known at `now`.
    pub fn observe(&mut self, now: Timestamp, scrape: &Scrape) -> Observation {
        let cluster = scrape.cluster.as_ref().ok();
        match &scrape.job {
            Err(why) => nothing(
                now,
                cluster,
                JobSeen::Unreachable {
                    why: why.to_string(),
                },
            ),
            Ok(JobChoice::None) => nothing(now, cluster, JobSeen::None),
            Ok(JobChoice::Several(jobs)) => nothing(now, cluster, JobSeen::Several { jobs: *jobs }),
            Ok(JobChoice::One(job)) => {
                self.take(scrape.at, job);
                self.describe(now, cluster, job)
            }
        }
    }

    fn take(&mut self, at: Timestamp, job: &Job) {
        let Some(execution) = running(job) else {
            return;
        };
        let Some(running_since) = execution.running_since else {
            return;
        };
        let this = (job.id.clone(), running_since);
        if self.execution.as_ref() != Some(&this) {
            self.execution = Some(this);
            self.samples.clear();
            self.fresh = false;
            self.by_taskmanager = CpuByTaskManager::default();
        }
        if self
            .samples
            .back()
            .is_some_and(|last| at.since(last.at) > WINDOW_AT_MOST)
        {
            self.by_taskmanager = CpuByTaskManager::default();
        }
        if let Some(one) = &job.cpu_of_one {
            self.by_taskmanager.take(at, one);
        }
        let sample = Sample {
            at,
            cpu: job.cpu.as_ref().ok().copied(),
            sources: job.sources.clone(),
            vertices: execution.vertices.clone(),
        };
        let last = self.samples.back();
        if last.is_some_and(|last| repeats(last, &sample)) {
            return;
        }
        if last.is_some_and(|last| restarts(last, &sample)) {
            self.samples.clear();
            self.fresh = false;
        }
        // A clock that was set back makes the age of everything before a guess.
        self.samples.retain(|earlier| earlier.at < at);
        self.forget_what_misleads(&sample);
        self.samples.push_back(sample);
        self.prove_fresh(running_since);
        self.drop_what_is_old(at);
    }

    fn drop_what_is_old(&mut self, now: Timestamp) {
        while let Some(oldest) = self.samples.front() {
            let age = now.since(oldest.at);
            let enough = self.samples.len() > FEWEST_SAMPLES;
            if age <= WINDOW || (age <= WINDOW_AT_MOST && !enough) {
                break;
            }
            self.samples.pop_front();
        }
    }

    /// The first reading of all may be up to 10 s old, because somebody else (or the process before
    /// this one) had Flink refresh its store: a difference to it would be of up to twice the time
    /// that is thought. And a rate over an outage tells of the outage, not of what the workers can
    /// do: where a source that stood still reads again, the window begins anew.
    fn forget_what_misleads(&mut self, sample: &Sample) {
        let samples: Vec<&Sample> = self.samples.iter().collect();
        let is_second = self.first_reading && !samples.is_empty();
        if is_second || source::reads_again(&samples, sample) {
            self.samples.clear();
            self.first_reading = false;
        }
    }

    /// Nothing is believed until every subtask's own counter has restarted and grown. A subtask of
    /// the old execution stands still; if both the smallest and the largest have grown from one
    /// sample to the next, and as many report as there are subtasks, none of them is an old one.
    fn prove_fresh(&mut self, running_since: Timestamp) {
        if self.fresh {
            return;
        }
        let count = self.samples.len();
        let Some(newest) = self.samples.back() else {
            return;
        };
        if newest.at.since(running_since) >= SURELY_FRESH {
            // What came before may be a mixture still.
            self.samples.drain(..count - 1);
            self.fresh = true;
        } else if count >= 2 && source::all_grew(&self.samples[count - 2], newest) {
            self.samples.drain(..count - 2);
            self.fresh = true;
        }
    }

    fn lately(&self, now: Timestamp, running_since: Option<Timestamp>) -> Lately<'_> {
        let Some(since) = running_since else {
            return Lately {
                samples: Vec::new(),
                settled_from: 0,
                fresh: false,
                warming_up: true,
                growth_noise: self.growth_noise,
            };
        };
        let warm_up = |sample: &&Sample| sample.at.since(since) < WARM_UP;
        let settled_from = self.samples.iter().take_while(warm_up).count();
        let settled = self.samples.len() - settled_from;
        Lately {
            samples: self.samples.iter().collect(),
            settled_from,
            fresh: self.fresh,
            warming_up: !self.fresh || now.since(since) < WARM_UP || settled < FEWEST_SAMPLES,
            growth_noise: self.growth_noise,
        }
    }

    fn describe(&self, now: Timestamp, cluster: Option<&Cluster>, job: &Job) -> Observation {
        let execution = running(job);
        let running_since = execution.and_then(|execution| execution.running_since);
        let lately = self.lately(now, running_since);
        let sources: Vec<SourceSeen> = job
            .sources
            .iter()
            .map(|source| source::see(source, &lately))
            .collect();
        let vertices = execution.map_or_else(Vec::new, |execution| {
            vertex::see(&execution.vertices, &lately.samples, &sources, self.fresh)
        });
        let setup = job.setup.as_ref().ok();
        let taskmanager_cpu = cpu::allotted(self.cores_set, setup);
        Observation {
            at: now,
            job: JobSeen::One {
                id: job.id.clone(),
                name: job.name.clone(),
                state: job.state.clone(),
            },
            running_since,
            metrics_age: lately.samples.last().map(|newest| now.since(newest.at)),
            fresh: lately.fresh,
            warming_up: lately.warming_up,
            sources,
            vertices,
            utilization: unless_unread(job.cpu.is_err(), || {
                cpu::utilization(&lately.samples, taskmanager_cpu, self.fresh)
            }),
            utilization_highest: self.by_taskmanager.highest(setup, taskmanager_cpu),
            taskmanager_cpu,
            workers: workers(cluster, setup, execution),
            checkpoints: checkpoints::see(now, job, running_since),
            restarts: setup.map(|setup| setup.restarts),
            reactive: setup.map(|setup| setup.reactive),
            rescale_gate: setup.map_or(Duration::ZERO, |setup| setup.rescale_gate),
        }
    }
}

/// The execution, if the job runs by both of Flink's answers: they are not of the same instant.
fn running(job: &Job) -> Option<&Execution> {
    let execution = job.execution.as_ref().ok()?;
    (&*job.state == "RUNNING" && &*execution.state == "RUNNING").then_some(execution)
}

/// Flink's store still holds what it held: `CPU.Time` moves at every refresh, even when the job
/// stands still.
fn repeats(last: &Sample, sample: &Sample) -> bool {
    match (last.cpu, sample.cpu) {
        (Some(last), Some(cpu)) => last == cpu,
        _ => last.sources == sample.sources && last.vertices == sample.vertices,
    }
}

/// A counter that fell has started again, whatever `timestamps.RUNNING` says.
fn restarts(last: &Sample, sample: &Sample) -> bool {
    sample.sources.iter().any(|source| {
        let before = last.sources.iter().find(|it| it.vertex == source.vertex);
        before
            .and_then(|before| source::read_between(before, source, Unit::Elements))
            .is_some_and(|(before, now)| now.sum < before.sum)
    })
}

fn unless_unread<T>(unread: bool, known: impl FnOnce() -> Known<T>) -> Known<T> {
    if unread {
        Err(Unknown::NotRead)
    } else {
        known()
    }
}

/// All slots of a TaskManager belong to the one job, and every vertex has a subtask in each slot
/// up to its own maximum: the largest parallelism tells how many slots are used.
fn workers(
    cluster: Option<&Cluster>,
    setup: Option<&Setup>,
    execution: Option<&Execution>,
) -> WorkersSeen {
    let registered = registered(cluster, setup);
    let slots = registered
        .filter(|(taskmanagers, slots)| *taskmanagers > 0 && *slots > 0)
        .map(|(taskmanagers, slots)| slots.div_ceil(taskmanagers));
    let vertices = execution.map_or(&[][..], |execution| &execution.vertices);
    let all_there = vertices
        .iter()
        .all(|vertex| vertex.tasks_there >= vertex.parallelism);
    let for_subtasks = |subtasks: Option<u32>| Some(Workers(subtasks?.div_ceil(slots?)));
    WorkersSeen {
        in_use: if all_there {
            for_subtasks(vertices.iter().map(|vertex| vertex.parallelism).max())
        } else {
            None
        },
        present: registered.map(|(taskmanagers, _)| Workers(taskmanagers)),
        usable: for_subtasks(
            vertices
                .iter()
                .map(|vertex| vertex.max_parallelism)
                .collect::<Option<Vec<u32>>>()
                .and_then(|all| all.into_iter().max()),
        ),
        slots,
    }
}

/// TaskManagers and all of their slots. `/overview` was seen to say 0 for a while where
/// `/taskmanagers` had one, and where the job ran on it.
fn registered(cluster: Option<&Cluster>, setup: Option<&Setup>) -> Option<(u32, u32)> {
    let cluster = cluster?;
    let listed: &[TaskManager] = setup.map_or(&[], |setup| &setup.taskmanagers);
    if cluster.taskmanagers > 0 || listed.is_empty() {
        return Some((cluster.taskmanagers, cluster.slots_total));
    }
    let slots = listed.iter().map(|one| one.slots);
    let slots = slots.fold(0, u32::saturating_add);
    Some((u32::try_from(listed.len()).unwrap_or(u32::MAX), slots))
}

fn nothing(now: Timestamp, cluster: Option<&Cluster>, job: JobSeen) -> Observation {
    Observation {
        at: now,
        job,
        running_since: None,
        metrics_age: None,
        fresh: false,
        warming_up: true,
        sources: Vec::new(),
        vertices: Vec::new(),
        utilization: Err(Unknown::NotRead),
        utilization_highest: Err(Unknown::NotRead),
        taskmanager_cpu: Err(Unknown::NotRead),
        workers: workers(cluster, None, None),
        checkpoints: checkpoints::unread(),
        restarts: None,
        reactive: None,
        rescale_gate: Duration::ZERO,
    }
}
