//! What the plant's Flink says of itself: the same `Scrape` as a real one's, with a real one's ways.
//!
//! Pure: values in, values out.
//!
//! Seen on real Flinks (tests/payloads): for 5 to 12 s after a restart old and new execution are
//! added together; backlog gauges need up to 25 s to become true; a source that has caught up says
//! `-1` half of the time; counters begin at 0 with every execution.

use std::sync::Arc;
use std::time::Duration;

use crate::scrape::{
    Aggregate, Checkpoint, Checkpoints, Cluster, Cost, CpuTime, CpuTimeOfOne, Execution, Job,
    JobChoice, Read, Scrape, Setup, Source, SourceMetric, TaskManager, Unread, Vertex,
};
use crate::simulate::job::{Phase, Plant};
use crate::simulate::model::FaultKind;
use crate::simulate::random::Random;
use crate::simulate::source::SourceState;
use crate::units::{Timestamp, count_as_f64, f64_as_count, seconds};

/// When the simulation begins, in seconds since the epoch.
const BEGINS: u64 = 1_700_000_000;
/// Old and new execution are mixed for so long after a restart.
const MIXED: (f64, f64) = (5.0, 12.0);
/// A split's gauge is right when each of its partitions has been read once; one takes so long.
const RIGHT_AFTER_EACH: f64 = 2.0;

/// Flink, as it answers from its metric store.
#[derive(Clone, Debug)]
pub struct Answers {
    /// When the plant began; its seconds are counted from here.
    pub begins: Timestamp,
    chance: Random,
    /// The execution that the mixture belongs to, its end, and what each old subtask had read.
    mixed: (u64, u64, f64),
    frozen: Option<Box<Scrape>>,
    /// Whose turn it is among the TaskManagers.
    turn: usize,
    words: Words,
}

/// What never changes, made once: most of a tick's time went into these.
#[derive(Clone, Debug)]
struct Words {
    job: Arc<str>,
    name: Arc<str>,
    version: Arc<str>,
    running: Arc<str>,
    restarting: Arc<str>,
    taskmanagers: Vec<Arc<str>>,
    /// Id and name of each source's vertex.
    sources: Vec<(Arc<str>, Arc<str>)>,
}

/// The moment of a second of the simulation.
#[must_use]
pub fn moment(second: u64) -> Timestamp {
    Timestamp::from_millis((BEGINS + second) * 1000)
}

// === impl Answers ===

impl Answers {
    /// A Flink that has not been asked yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            begins: moment(0),
            chance: Random::seeded(seed).stream(5),
            mixed: (0, 0, 0.0),
            frozen: None,
            turn: 0,
            words: Words::new(),
        }
    }

    /// What a tick reads now.
    pub fn scrape(&mut self, plant: &Plant) -> Scrape {
        let at = self.moment(plant.second());
        self.words.know(plant);
        if let Some(frozen) = self.frozen_while(plant) {
            return Scrape { at, ..frozen };
        }
        let scrape = Scrape {
            at,
            cluster: Ok(Cluster {
                taskmanagers: plant.present,
                slots_total: plant.present,
                flink_version: self.words.version.clone(),
            }),
            job: Ok(JobChoice::One(Box::new(self.job(plant)))),
            cost: Cost::default(),
        };
        self.frozen = Some(Box::new(scrape.clone()));
        scrape
    }

    fn moment(&self, second: u64) -> Timestamp {
        self.begins + Duration::from_secs(second)
    }

    fn frozen_while(&self, plant: &Plant) -> Option<Scrape> {
        plant.fault(|kind| (kind == FaultKind::MetricsFrozen).then_some(()))?;
        self.frozen.as_deref().cloned()
    }

    fn job(&mut self, plant: &Plant) -> Job {
        let (state, since) = match plant.phase {
            Phase::Running { since } => (self.words.running.clone(), Some(self.moment(since))),
            Phase::Paused { .. } => (self.words.restarting.clone(), None),
        };
        let missing = plant.fault(|kind| (kind == FaultKind::MetricsMissing).then_some(()));
        let (cpu, cpu_of_one) = if missing.is_some() {
            (Err(Unread::Empty), None)
        } else {
            self.cpu(plant)
        };
        let sources = 0..plant.sources.len();
        Job {
            id: self.words.job.clone(),
            name: self.words.name.clone(),
            state: state.clone(),
            execution: Ok(Execution {
                running_since: since,
                state,
                max_parallelism: Some(plant.model.max_parallelism),
                vertices: sources.clone().map(|n| self.vertex(plant, n)).collect(),
            }),
            checkpoints: Ok(self.checkpoints(plant)),
            setup: Ok(setup(plant, &self.words)),
            cpu,
            cpu_of_one,
            sources: sources
                .map(|n| Source {
                    vertex: self.words.sources[n].0.clone(),
                    name: self.words.sources[n].1.clone(),
                    splits: plant.model.partitions,
                    partitions: plant.model.partitions,
                    metrics: if missing.is_some() {
                        Err(Unread::Empty)
                    } else {
                        Ok(self.metrics(plant, n))
                    },
                })
                .collect(),
        }
    }

    fn vertex(&self, plant: &Plant, number: usize) -> Vertex {
        let source = &plant.sources[number];
        let (id, name) = &self.words.sources[number];
        Vertex {
            id: id.clone(),
            name: name.clone(),
            parallelism: plant.in_use,
            max_parallelism: Some(plant.model.max_parallelism),
            tasks_there: plant.in_use,
            inputs: Vec::new(),
            read_records: Some(0.0),
            write_records: Some(source.read_in_execution),
            read_bytes: Some(0.0),
            write_bytes: Some(source.read_in_execution * plant.model.element_bytes),
            backpressured_millis: Some(0.0),
            busy_millis: None,
        }
    }

    fn metrics(&mut self, plant: &Plant, source: usize) -> Vec<(SourceMetric, Aggregate)> {
        let state = &plant.sources[source];
        let bytes = plant.model.element_bytes;
        let nan = plant.fault(|kind| (kind == FaultKind::MetricsNan).then_some(f64::NAN));
        let read = self.read(plant, state.read_in_execution);
        let mut pending = self.pending(plant, state) * nan.unwrap_or(1.0);
        let caught_up = state.backlog() * bytes < 2000.0 && self.chance.chance(0.5);
        let subtasks = f64::from(plant.in_use.max(1));
        let mut lowest = pending / subtasks;
        if caught_up {
            (pending, lowest) = (-subtasks, -1.0);
        }
        let spread = |total: f64, lowest: f64| Aggregate {
            min: lowest,
            max: total / subtasks,
            avg: total / subtasks,
            sum: total,
        };
        vec![
            (SourceMetric::PendingBytes, spread(pending, lowest)),
            (SourceMetric::ElementsRead, read),
            (SourceMetric::BytesRead, scaled(read, bytes)),
        ]
    }

    /// The counter, with the old execution's subtask in it while the two are mixed.
    fn read(&mut self, plant: &Plant, read: f64) -> Aggregate {
        let subtasks = f64::from(plant.in_use.max(1));
        let each = read / subtasks;
        let own = Aggregate {
            min: each,
            max: each,
            avg: each,
            sum: read,
        };
        let Phase::Running { since } = plant.phase else {
            return own;
        };
        if self.mixed.0 != since {
            let lasts = self.chance.between(MIXED);
            self.mixed = (
                since,
                since + f64_as_count(lasts).unwrap_or(0),
                self.mixed.2,
            );
        }
        if plant.second >= self.mixed.1 || since == 0 {
            self.mixed.2 = each;
            return own;
        }
        let old = self.mixed.2;
        let sum = read - each + old;
        Aggregate {
            min: each.min(old),
            max: each.max(old),
            avg: sum / subtasks,
            sum,
        }
    }

    /// Of all TaskManagers, and of one, another one in each tick.
    fn cpu(&mut self, plant: &Plant) -> (Read<CpuTime>, Option<CpuTimeOfOne>) {
        let all = CpuTime {
            seconds: plant.cpu_seconds,
            reporting: plant.present,
        };
        let registered = self.words.registered(plant);
        let place = self.turn.checked_rem(registered.len());
        let one = place.map(|place| CpuTimeOfOne {
            taskmanager: registered[place].clone(),
            seconds: cpu_of(plant, place),
        });
        self.turn = self.turn.wrapping_add(1);
        (Ok(all), one)
    }

    /// CPU seconds of this TaskManager; `None` where it is not registered or there are no metrics.
    #[must_use]
    pub fn cpu_of_taskmanager(&self, plant: &Plant, id: &str) -> Option<f64> {
        let missing = plant.fault(|kind| (kind == FaultKind::MetricsMissing).then_some(()));
        let mut registered = self.words.registered(plant).iter();
        let place = registered.position(|registered| **registered == *id);
        place
            .filter(|_| missing.is_none())
            .map(|place| cpu_of(plant, place))
    }

    fn checkpoints(&self, plant: &Plant) -> Checkpoints {
        let state = plant.checkpoints;
        Checkpoints {
            completed: state.completed,
            failed: state.failed,
            last_completed: (state.completed > 0).then(|| Checkpoint {
                id: state.completed,
                triggered: self.moment(state.triggered),
                duration: seconds(plant.model.checkpoint_duration),
                state_bytes: 1_000_000,
            }),
            last_restored: None,
        }
    }

    /// Bytes that Beam believes to be waiting: too few until each partition has been read once.
    fn pending(&self, plant: &Plant, source: &SourceState) -> f64 {
        let waiting = source.backlog() * plant.model.element_bytes;
        let Phase::Running { since } = plant.phase else {
            return waiting;
        };
        let partitions = plant.model.partitions.unwrap_or(12);
        let each = partitions.div_ceil(plant.in_use.max(1));
        let right_after = RIGHT_AFTER_EACH * f64::from(each);
        let age = count_as_f64(plant.second - since);
        if since == 0 {
            waiting
        } else {
            waiting * (age / right_after).min(1.0)
        }
    }
}

/// The first TaskManager is the busiest one.
const fn cpu_of(plant: &Plant, place: usize) -> f64 {
    if place == 0 {
        plant.cpu_of_busiest
    } else {
        plant.cpu_of_others
    }
}

// === impl Words ===

impl Words {
    fn new() -> Self {
        Self {
            job: "00000000000000000000000000000000".into(),
            name: "simulated".into(),
            version: "1.20.0".into(),
            running: "RUNNING".into(),
            restarting: "RESTARTING".into(),
            taskmanagers: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn know(&mut self, plant: &Plant) {
        for n in self.sources.len()..plant.sources.len() {
            let (id, name) = (format!("{n:032x}"), format!("Source: {n}"));
            self.sources.push((id.into(), name.into()));
        }
        let present = usize::try_from(plant.present).unwrap_or(0);
        for n in self.taskmanagers.len()..present {
            self.taskmanagers.push(format!("tm-{n}").into());
        }
    }

    /// Those that are registered.
    fn registered(&self, plant: &Plant) -> &[Arc<str>] {
        &self.taskmanagers[..usize::try_from(plant.present).unwrap_or(0)]
    }
}

fn scaled(aggregate: Aggregate, factor: f64) -> Aggregate {
    Aggregate {
        min: aggregate.min * factor,
        max: aggregate.max * factor,
        avg: aggregate.avg * factor,
        sum: aggregate.sum * factor,
    }
}

fn setup(plant: &Plant, words: &Words) -> Setup {
    Setup {
        checkpoint_interval: Some(seconds(plant.model.checkpoint_interval)),
        reactive: true,
        restarts: true,
        rescale_gate: Duration::from_secs(
            f64_as_count(plant.model.rescale_cooldown + plant.model.stabilization).unwrap_or(0),
        ),
        taskmanagers: words
            .registered(plant)
            .iter()
            .map(|id| TaskManager {
                id: id.clone(),
                slots: 1,
                cpu_cores: plant.model.cpu_cores,
            })
            .collect(),
    }
}
