//! From a window of scrapes of one execution to what is known of the job now.
//!
//! Pure: values in, values out.
//!
//! Every quantity is known, or absent with a reason; absent is never zero. Rates are differences of
//! counters between distinct samples, never Flink's `*PerSecond` meters, which lie for a minute
//! after each restart.

mod checkpoints;
mod cpu;
mod lately;
mod observer;
pub(crate) mod slope;
mod source;
mod vertex;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

pub use crate::observe::observer::Observer;
use crate::units::{Amount, Rate, Timestamp, Unit, Utilization, Workers};

/// A quantity, or why it is not known.
pub type Known<T> = Result<T, Unknown>;

/// Why a quantity is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The request for it failed in this tick.
    NotRead,
    /// The job does not offer such a metric.
    NotOffered,
    /// Flink answered `NaN` or infinity.
    NotANumber,
    /// Beam says `-1` and nothing around it tells that the source has caught up.
    MinusOne,
    /// Too few distinct samples of this execution for a difference.
    TooFewSamples,
    /// Metrics of the execution before this one may still be mixed in.
    NotFresh,
    /// Backlog in bytes and in elements contradict each other more than tenfold.
    Implausible,
    /// There is a backlog and nothing is read: a time to drain it does not exist.
    Stalled,
    /// Neither Flink nor `TASKMANAGER_CPU` tells what the TaskManagers are allotted.
    NotAllotted,
}

/// What is known of the job at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Observation {
    /// When the newest scrape was read.
    pub at: Timestamp,
    /// Whether there is a job to observe.
    pub job: JobSeen,
    /// When the present execution began to run.
    pub running_since: Option<Timestamp>,
    /// Age of the newest distinct sample; `None` while there is none.
    pub metrics_age: Option<Duration>,
    /// The metrics are those of this execution alone.
    pub fresh: bool,
    /// The execution is so young that its backlog and CPU tell of the restart, not of the load; or
    /// there are too few samples of it yet.
    pub warming_up: bool,
    /// One for each source vertex.
    pub sources: Vec<SourceSeen>,
    /// One for each vertex, in the order of the plan.
    pub vertices: Vec<VertexSeen>,
    /// CPU over all TaskManagers.
    pub utilization: Known<Utilization>,
    /// CPU of the highest TaskManager, over the last round through all of them.
    pub utilization_highest: Known<Utilization>,
    /// CPU cores allotted to each TaskManager.
    pub taskmanager_cpu: Known<f64>,
    /// TaskManagers in use, present and possible.
    pub workers: WorkersSeen,
    /// Checkpoints.
    pub checkpoints: CheckpointsSeen,
    /// A failed job is started again; `None` while not read.
    pub restarts: Option<bool>,
    /// The cluster is in Reactive Mode; `None` while not read.
    pub reactive: Option<bool>,
    /// Flink waits so long after one rescale before the next.
    pub rescale_gate: Duration,
}

/// Whether there is a job to observe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "seen")]
pub enum JobSeen {
    /// Flink did not tell.
    Unreachable {
        /// Why not.
        why: String,
    },
    /// There is none.
    None,
    /// There are several, and none is touched.
    Several {
        /// How many.
        jobs: u32,
    },
    /// The only one.
    One {
        /// Flink's id.
        id: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// As Flink says: `RUNNING`, `RESTARTING`, `CREATED`, …
        state: Arc<str>,
    },
}

/// What is known of a source vertex.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceSeen {
    /// Flink's id of the vertex.
    pub vertex: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Input that has not been read, in bytes.
    pub backlog_bytes: Known<Amount>,
    /// Input that has not been read, in elements.
    pub backlog_elements: Known<Amount>,
    /// What `throughput`, `backlog_growth` and `input_rate` are counted in: that of the better
    /// of the two backlogs.
    pub unit: Unit,
    /// What the source reads.
    pub throughput: Known<Rate>,
    /// Change of the backlog: slope of a line fitted over the window.
    pub backlog_growth: Known<Growth>,
    /// `backlog / throughput`: time to drain it if nothing more came.
    pub backlog_time: Known<Duration>,
    /// `throughput + backlog_growth`: what comes in.
    pub input_rate: Known<Rate>,
    /// What came in between the two newest samples: noisier, and newer by half a minute.
    pub input_rate_newest: Known<Rate>,
    /// There is a backlog and its counters stand still.
    pub stalled: bool,
    /// Age of the oldest event that is not through, as the source says.
    pub watermark_lag: Known<Duration>,
    /// Splits of the source: more workers than these find nothing to read.
    pub splits: Option<u32>,
    /// Partitions that it has read from.
    pub partitions: Option<u32>,
}

/// A slope and how sure it is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Growth {
    /// Fitted slope.
    pub rate: Rate,
    /// A slope within plus or minus this is nothing but noise.
    pub noise: Rate,
}

/// What is known of a vertex.
#[derive(Clone, PartialEq, Debug)]
pub struct VertexSeen {
    /// Flink's id.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Subtasks.
    pub parallelism: u32,
    /// Records received from other vertices, per second; for a source those that it reads.
    pub records_in: Known<Rate>,
    /// Records sent to other vertices, per second.
    pub records_out: Known<Rate>,
    /// Bytes received from other vertices, per second; for a source those that it reads.
    pub bytes_in: Known<Rate>,
    /// Bytes sent to other vertices, per second.
    pub bytes_out: Known<Rate>,
    /// Share of the time that the vertex after it held it up.
    pub backpressured: Known<f64>,
    /// It holds up those before it, or its source has a backlog that grows.
    pub falls_behind: bool,
}

/// TaskManagers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkersSeen {
    /// Those that the job runs on; `None` unless it and all of its tasks run.
    pub in_use: Option<Workers>,
    /// Those that are registered.
    pub present: Option<Workers>,
    /// More than these the job cannot use (`maxParallelism`).
    pub usable: Option<Workers>,
    /// Slots of each TaskManager.
    pub slots: Option<u32>,
}

/// Checkpoints.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckpointsSeen {
    /// Not known while not read.
    pub interval: Known<CheckpointInterval>,
    /// Trigger of the youngest completed one.
    pub last_triggered: Option<Timestamp>,
    /// Duration of the youngest completed one.
    pub last_duration: Option<Duration>,
    /// State in the youngest completed one.
    pub state_bytes: Option<u64>,
    /// One that was triggered after the resume has completed.
    pub completed_since_resume: bool,
    /// None has completed for several intervals.
    pub failing: bool,
    /// Failed since the JobManager started.
    pub failed: Option<u64>,
}

/// How often checkpoints are triggered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckpointInterval {
    /// Checkpointing is off.
    Off,
    /// So often.
    Every(Duration),
}

// === impl Unknown ===

impl Unknown {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRead => "not_read",
            Self::NotOffered => "not_offered",
            Self::NotANumber => "not_a_number",
            Self::MinusOne => "minus_one",
            Self::TooFewSamples => "too_few_samples",
            Self::NotFresh => "not_fresh",
            Self::Implausible => "implausible",
            Self::Stalled => "stalled",
            Self::NotAllotted => "not_allotted",
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Growth ===

impl Growth {
    /// The slope where it is more than noise, else zero.
    #[must_use]
    pub fn beyond_noise(self) -> Rate {
        if self.rate.get().abs() > self.noise.get() {
            self.rate
        } else {
            Rate::ZERO
        }
    }
}

// === impl SourceSeen ===

impl SourceSeen {
    /// The backlog in the source's own unit.
    pub fn backlog(&self) -> Known<Amount> {
        match self.unit {
            Unit::Bytes => self.backlog_bytes,
            Unit::Elements => self.backlog_elements,
        }
    }
}
