//! A small job to tell stories with: elements come in, workers read them, every change restarts it.
//! It answers with the same `Scrape` as Flink, in virtual time.

use std::fmt::Write as _;
use std::time::Duration;

use outrider::autoscaler::Autoscaler;
use outrider::decide::overrides::Overrides;
use outrider::decide::{Action, Decision};
use outrider::outcome::Outcome;
use outrider::report::{Report, Tick};
use outrider::scrape::{
    Aggregate, Checkpoint, Checkpoints, Cluster, Cost, CpuTime, Execution, Job, JobChoice, Scrape,
    Setup, Source, SourceMetric, TaskManager, Unread, Vertex,
};
use outrider::settings::{Parsed, Settings};
use outrider::units::{Timestamp, Workers};

/// What one worker reads per second when it has enough to read.
pub const CAPACITY: f64 = 1000.0;
/// Bytes of an element.
pub const ELEMENT_BYTES: f64 = 500.0;
const TICK: u64 = 10;
const POD_SECONDS: u64 = 40;
const PAUSE_SECONDS: u64 = 10;
const PUT_BACK_SECONDS: u64 = 20;
const CHECKPOINT_SECONDS: u64 = 10;

/// The job, its workers, and the autoscaler that looks after it.
pub struct Story {
    pub autoscaler: Autoscaler,
    /// Every tick is told to it, where there is one.
    pub report: Option<Report>,
    second: u64,
    /// Elements per second that come in.
    pub input: f64,
    /// Share of its capacity that a worker has, because something else holds it up.
    pub sink: f64,
    pub workers: u32,
    /// The cluster has room for so many.
    pub room: u32,
    /// Every attempt to change the workers fails.
    pub target_fails: bool,
    /// What stands at the target beside the settings: read before each change, and by a look.
    pub written: Overrides,
    /// A rule of the cluster admits no more.
    pub admitted: u32,
    /// Somebody writes this number again 20 s after each change of ours.
    pub put_back: Option<u32>,
    pub reactive: bool,
    pub checkpoints_on: bool,
    /// What the scrape lacks.
    pub lacking: Lacking,
    backlog: f64,
    read_total: f64,
    read_since_checkpoint: f64,
    read_in_execution: f64,
    cpu_seconds: f64,
    running_since: u64,
    checkpointed: u64,
    paused_until: u64,
    coming: Option<(u64, u32)>,
    /// The target's number, and the one that we know of.
    number: u32,
    known: u32,
    put_back_at: Option<u64>,
    pub rescales: u32,
    settings: Parsed,
    /// What Flink's store held at the last tick.
    last_scrape: Option<Scrape>,
    /// The next tick reads that again.
    store_is_old: bool,
    timeline: String,
    last_line: String,
}

/// What a scrape lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lacking {
    Nothing,
    Flink,
    Metrics,
}

impl Story {
    /// A job on `workers` that has run for a while.
    pub fn begins(workers: u32, input: f64, variables: &[(&str, &str)]) -> Self {
        let defaults = [
            ("OUTRIDER_POLICY", "rule"),
            ("OUTRIDER_WORKERS_MAX", "10"),
            ("OUTRIDER_TARGET", "exec:scale"),
        ];
        let variables = defaults.iter().chain(variables);
        let parsed = Settings::parse(variables.map(|(k, v)| ((*k).into(), (*v).into())));
        assert_eq!(parsed.mistakes, [] as [&str; 0]);
        Self {
            autoscaler: Autoscaler::new(&parsed),
            report: None,
            second: 1_000_000,
            input,
            sink: 1.0,
            workers,
            room: u32::MAX,
            target_fails: false,
            written: Overrides::default(),
            admitted: u32::MAX,
            put_back: None,
            reactive: true,
            checkpoints_on: true,
            lacking: Lacking::Nothing,
            backlog: 0.0,
            read_total: 0.0,
            read_since_checkpoint: 0.0,
            read_in_execution: 0.0,
            cpu_seconds: 0.0,
            running_since: 1_000_000 - 3_600,
            checkpointed: 1_000_000 - 1,
            paused_until: 0,
            coming: None,
            number: workers,
            known: workers,
            put_back_at: None,
            rescales: 0,
            settings: parsed,
            last_scrape: None,
            store_is_old: false,
            timeline: String::new(),
            last_line: String::new(),
        }
    }

    /// Lets `minutes` pass, tick by tick.
    pub fn goes_on(&mut self, minutes: u64) -> &mut Self {
        self.ticks(minutes * 60 / TICK)
    }

    /// Lets so many ticks pass.
    pub fn ticks(&mut self, ticks: u64) -> &mut Self {
        for _ in 0..ticks {
            for _ in 0..TICK {
                self.second();
            }
            self.tick();
        }
        self
    }

    /// Something happens, and it stands in the timeline.
    pub fn then(&mut self, what: &str, happens: impl FnOnce(&mut Self)) -> &mut Self {
        happens(self);
        writeln!(self.timeline, "-- {what}").expect("a string takes every line");
        self.last_line.clear();
        self
    }

    /// What happened: one line for each change of decision or of workers.
    pub fn timeline(&self) -> &str {
        &self.timeline
    }

    /// Somebody writes another number into the target.
    pub fn somebody_writes(&mut self, number: u32) {
        self.number = number;
        self.workers_come(number);
        // Those that had not come yet never do.
        self.coming.take_if(|(_, coming)| *coming == self.workers);
    }

    /// The job stops and starts again from its last checkpoint.
    pub fn restart(&mut self) {
        self.paused_until = self.second + PAUSE_SECONDS;
        self.running_since = self.paused_until;
        self.backlog += self.read_since_checkpoint;
        self.read_since_checkpoint = 0.0;
        self.read_in_execution = 0.0;
    }

    /// The sidecar is killed and starts again within the 10 s that Flink keeps its metrics.
    pub fn sidecar_starts_again(&mut self) {
        self.autoscaler = Autoscaler::new(&self.settings);
        self.store_is_old = true;
    }

    fn second(&mut self) {
        self.second += 1;
        self.cpu_seconds += 0.1 * f64::from(self.workers);
        if let Some((at, workers)) = self.coming
            && at <= self.second
        {
            self.coming = None;
            self.workers = workers;
            self.restart();
        }
        if self.put_back_at.take_if(|at| *at <= self.second).is_some()
            && let Some(number) = self.put_back
        {
            self.somebody_writes(number);
        }
        if self.second < self.paused_until {
            self.backlog += self.input;
            return;
        }
        let capacity = CAPACITY * f64::from(self.workers) * self.sink;
        let read = capacity.min(self.backlog + self.input);
        self.backlog += self.input - read;
        self.read_total += read;
        self.read_in_execution += read;
        self.read_since_checkpoint += read;
        self.cpu_seconds += 0.9 * read / CAPACITY;
        if self.checkpoints_on && self.second.is_multiple_of(CHECKPOINT_SECONDS) {
            self.checkpointed = self.second;
            self.read_since_checkpoint = 0.0;
        }
    }

    fn tick(&mut self) {
        let now = moment(self.second);
        let mut scrape = self.scrape();
        if let Some(last) = self.last_scrape.take().filter(|_| self.store_is_old) {
            scrape.job = last.job;
            self.store_is_old = false;
        }
        self.last_scrape = Some(scrape.clone());
        let decision = self.autoscaler.step(now, &scrape);
        self.tell(&decision);
        let outcome = match decision.action {
            Action::Hold { .. } => Outcome::Nothing,
            Action::ScaleTo { workers, .. } => self.scale(workers),
        };
        self.autoscaler.acted(now, &outcome);
        if let Some(report) = &mut self.report {
            let tick = Tick::of(&scrape, &self.autoscaler, &decision, &outcome);
            report.tick(now, tick);
        }
        // The loop looks at the target while it waits for workers.
        if self.autoscaler.is_unsettled(now)
            && let Some(changed) = self.foreign_number()
        {
            self.autoscaler.acted(now, &changed);
        }
    }

    /// A number that is not ours, once.
    fn foreign_number(&mut self) -> Option<Outcome> {
        let known = std::mem::replace(&mut self.known, self.number);
        (known != self.number).then(|| Outcome::Changed {
            found: Workers(self.number),
            by: Some("argocd-controller".into()),
        })
    }

    /// The slow look at the target.
    pub fn looks(&mut self) {
        self.autoscaler.override_with(&self.written);
    }

    fn scale(&mut self, to: Workers) -> Outcome {
        if self.written != *self.autoscaler.overrides() {
            self.looks();
            let why = "its annotations have changed".into();
            return Outcome::Outdated { why };
        }
        if self.target_fails {
            return Outcome::Failed {
                why: "no answer".into(),
                retry_after: None,
            };
        }
        if let Some(changed) = self.foreign_number() {
            return changed;
        }
        if to.0 > self.admitted {
            return Outcome::Denied {
                wanted: to,
                admitted: Workers(self.admitted),
                why: "room for so many".into(),
            };
        }
        let from = std::mem::replace(&mut self.number, to.0);
        self.known = to.0;
        self.workers_come(to.0);
        self.rescales += 1;
        self.put_back_at = self.put_back.map(|_| self.second + PUT_BACK_SECONDS);
        Outcome::Asked {
            from: Some(Workers(from)),
            to,
        }
    }

    fn workers_come(&mut self, number: u32) {
        let wait = if number > self.workers {
            POD_SECONDS
        } else {
            1
        };
        self.coming = Some((self.second + wait, number.min(self.room)));
    }

    fn tell(&mut self, decision: &Decision) {
        let what = match decision.action {
            Action::ScaleTo { workers, .. } => format!("scale to {workers}: {}", decision.reason()),
            Action::Hold { .. } => format!("hold: {}", decision.reason()),
        };
        let line = format!("{} workers, {what}", self.workers);
        if line != self.last_line {
            let minutes = (self.second - 1_000_000) / 60;
            let seconds = (self.second - 1_000_000) % 60;
            let backlog = self.backlog / 1000.0;
            writeln!(
                self.timeline,
                "{minutes:02}:{seconds:02}  backlog {backlog:>4.0}k  {line}"
            )
            .expect("a string takes every line");
            self.last_line = line;
        }
    }

    fn scrape(&self) -> Scrape {
        Scrape {
            at: moment(self.second),
            cluster: Ok(Cluster {
                taskmanagers: self.workers,
                slots_total: self.workers,
                flink_version: "1.20.0".into(),
            }),
            job: match self.lacking {
                Lacking::Flink => Err(Unread::TimedOut),
                _ => Ok(JobChoice::One(Box::new(self.job()))),
            },
            cost: Cost::default(),
        }
    }

    fn job(&self) -> Job {
        let running = self.second >= self.paused_until;
        let state = if running { "RUNNING" } else { "RESTARTING" };
        let has_metrics = self.lacking == Lacking::Nothing;
        Job {
            id: "0123456789abcdef0123456789abcdef".into(),
            name: "story".into(),
            state: state.into(),
            execution: Ok(Execution {
                running_since: Some(moment(self.running_since)),
                state: state.into(),
                max_parallelism: Some(128),
                vertices: vec![self.vertex()],
            }),
            checkpoints: Ok(Checkpoints {
                completed: 100,
                failed: 0,
                last_completed: Some(Checkpoint {
                    id: 100,
                    triggered: moment(self.checkpointed),
                    duration: Duration::from_millis(50),
                    state_bytes: 60_000,
                }),
                last_restored: None,
            }),
            setup: Ok(Setup {
                checkpoint_interval: self
                    .checkpoints_on
                    .then_some(Duration::from_secs(CHECKPOINT_SECONDS)),
                reactive: self.reactive,
                restarts: true,
                rescale_gate: Duration::from_secs(30),
                taskmanagers: (0..self.workers).map(taskmanager).collect(),
            }),
            cpu: if has_metrics {
                Ok(CpuTime {
                    seconds: self.cpu_seconds,
                    reporting: self.workers,
                })
            } else {
                Err(Unread::Empty)
            },
            cpu_of_one: None,
            sources: vec![Source {
                vertex: "source".into(),
                name: "Source: Read".into(),
                splits: None,
                partitions: None,
                metrics: if has_metrics {
                    Ok(self.metrics())
                } else {
                    Err(Unread::Empty)
                },
            }],
        }
    }

    fn vertex(&self) -> Vertex {
        Vertex {
            id: "source".into(),
            name: "Source: Read".into(),
            parallelism: self.workers,
            max_parallelism: Some(128),
            tasks_there: self.workers,
            inputs: Vec::new(),
            read_records: Some(0.0),
            write_records: Some(self.read_in_execution),
            read_bytes: Some(0.0),
            write_bytes: Some(self.read_in_execution * ELEMENT_BYTES),
            backpressured_millis: Some(0.0),
            busy_millis: None,
        }
    }

    fn metrics(&self) -> Vec<(SourceMetric, Aggregate)> {
        let spread = |total: f64| {
            let each = total / f64::from(self.workers);
            Aggregate {
                min: each,
                max: each,
                avg: each,
                sum: total,
            }
        };
        vec![
            (
                SourceMetric::PendingBytes,
                spread(self.backlog * ELEMENT_BYTES),
            ),
            (SourceMetric::ElementsRead, spread(self.read_in_execution)),
            (
                SourceMetric::BytesRead,
                spread(self.read_in_execution * ELEMENT_BYTES),
            ),
        ]
    }
}

fn moment(second: u64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn taskmanager(number: u32) -> TaskManager {
    TaskManager {
        id: format!("tm-{number}").into(),
        slots: 1,
        cpu_cores: 1.0,
    }
}
