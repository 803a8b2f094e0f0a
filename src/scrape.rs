//! What one tick read from Flink, in Outrider's words: raw, stamped, and honest about what was not
//! read and why.
//!
//! Pure: values in, values out.
//!
//! Nothing here is interpreted: a backlog of `-1` is `-1`, a value of `NaN` is NaN. What they mean
//! is `observe`'s business; where they come from is `flink`'s.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::units::Timestamp;

/// A part of a scrape: read, or not and why.
pub type Read<T> = Result<T, Unread>;

/// Why something was not read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "why", content = "detail")]
pub enum Unread {
    /// Nobody listens, the connection broke, or the address cannot be resolved.
    Unreachable(String),
    /// No connection within 1 s, or no whole answer within 5 s.
    TimedOut,
    /// Flink answered with this HTTP status.
    Status(u16),
    /// The body was longer than what is accepted.
    TooLarge,
    /// The body is not what this endpoint answers.
    Malformed(String),
    /// Flink knows none of the metrics asked for, at the moment.
    Empty,
    /// Not asked, because an earlier answer of the same tick was missing.
    NotAsked,
}

/// Everything that one tick read.
#[derive(Clone, PartialEq, Debug)]
pub struct Scrape {
    /// When the metrics were read.
    pub at: Timestamp,
    /// TaskManagers and slots, from `/overview`.
    pub cluster: Read<Cluster>,
    /// The job that is to be scaled, from `/jobs/overview` and what hangs below it.
    pub job: Read<JobChoice>,
    /// What the tick cost.
    pub cost: Cost,
}

/// What a tick cost Flink and the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Cost {
    /// Requests sent.
    pub requests: u32,
    /// Bytes of the bodies received.
    pub bytes: u64,
    /// From the first request to the last answer, the wait for Flink's refresh included.
    pub duration: Duration,
}

/// The cluster as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// TaskManagers that are registered: present, used or not.
    pub taskmanagers: u32,
    /// Slots of all of them.
    pub slots_total: u32,
    /// For example `1.20.0`.
    pub flink_version: Arc<str>,
}

/// Reactive Mode has one job per cluster; anything else is left alone.
#[derive(Clone, PartialEq, Debug)]
pub enum JobChoice {
    /// No job that is not in a final state.
    None,
    /// So many jobs that are not in a final state.
    Several(u32),
    /// The only one.
    One(Box<Job>),
}

/// The job.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Flink's id, 32 hexadecimal digits; another one after the JobManager restarted without HA.
    pub id: Arc<str>,
    /// Its name, for people.
    pub name: Arc<str>,
    /// From `/jobs/overview`, which is live: `RUNNING`, `RESTARTING`, `CREATED`, …
    pub state: Arc<str>,
    /// From `/jobs/:id`, which is up to 3 s older than `state` and may contradict it.
    pub execution: Read<Execution>,
    /// From `/jobs/:id/checkpoints`.
    pub checkpoints: Read<Checkpoints>,
    /// Read once per execution.
    pub setup: Read<Setup>,
    /// CPU time of all TaskManagers.
    pub cpu: Read<CpuTime>,
    /// CPU time of one TaskManager, another one in each tick, so that a tick does not grow with
    /// their number; `None` where none is known yet.
    pub cpu_of_one: Option<CpuTimeOfOne>,
    /// One for each vertex without inputs, in the order of the plan.
    pub sources: Vec<Source>,
}

/// One execution of the job: from a (re)start to the next.
#[derive(Clone, PartialEq, Debug)]
pub struct Execution {
    /// When the job last became RUNNING: the mark of an execution, and the only sure sign of a
    /// rescale. `None` while it has not run.
    pub running_since: Option<Timestamp>,
    /// State as this answer has it.
    pub state: Arc<str>,
    /// The job's `maxParallelism`; `None` where the job does not set it.
    pub max_parallelism: Option<u32>,
    /// The vertices in the order of the plan, sources first.
    pub vertices: Vec<Vertex>,
}

/// A vertex: one or several chained operators. The amounts are totals of this execution over all
/// its subtasks; `None` where Flink says that the total is not complete.
#[derive(Clone, PartialEq, Debug)]
pub struct Vertex {
    /// Flink's id.
    pub id: Arc<str>,
    /// Names of the chained operators.
    pub name: Arc<str>,
    /// Subtasks; the maximum while the job waits for slots.
    pub parallelism: u32,
    /// No more subtasks than these.
    pub max_parallelism: Option<u32>,
    /// Subtasks that are RUNNING or FINISHED.
    pub tasks_there: u32,
    /// Ids of the vertices that it reads from.
    pub inputs: Vec<Arc<str>>,
    /// Records received from other vertices: 0 for a source.
    pub read_records: Option<f64>,
    /// Records sent to other vertices.
    pub write_records: Option<f64>,
    /// Bytes received from other vertices.
    pub read_bytes: Option<f64>,
    /// Bytes sent to other vertices.
    pub write_bytes: Option<f64>,
    /// Time that all subtasks together were held up by the vertex after them, in milliseconds.
    pub backpressured_millis: Option<f64>,
    /// Time that all subtasks together were busy, in milliseconds.
    pub busy_millis: Option<f64>,
}

/// The job's checkpoints.
#[derive(Clone, PartialEq, Debug)]
pub struct Checkpoints {
    /// Completed since the JobManager started.
    pub completed: u64,
    /// Failed since the JobManager started.
    pub failed: u64,
    /// The youngest that completed.
    pub last_completed: Option<Checkpoint>,
    /// The restore that the present execution started from.
    pub last_restored: Option<Restored>,
}

/// A completed checkpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct Checkpoint {
    /// Flink's number for it.
    pub id: u64,
    /// When it was triggered: what was read before this is not read again.
    pub triggered: Timestamp,
    /// From the trigger to the last acknowledgement.
    pub duration: Duration,
    /// Size of the state.
    pub state_bytes: u64,
}

/// A restore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restored {
    /// Number of the checkpoint restored.
    pub id: u64,
    /// When.
    pub at: Timestamp,
}

/// How job and cluster are set up; does not change within an execution.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// `None`: checkpointing is off.
    pub checkpoint_interval: Option<Duration>,
    /// Whether the cluster is in Reactive Mode.
    pub reactive: bool,
    /// Whether a failed job is started again. Flink's default with checkpoints is yes.
    pub restarts: bool,
    /// Flink waits so long after one rescale before the next.
    pub rescale_gate: Duration,
    /// The registered TaskManagers.
    pub taskmanagers: Vec<TaskManager>,
}

/// A registered TaskManager.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskManager {
    /// Flink's id.
    pub id: Arc<str>,
    /// Slots.
    pub slots: u32,
    /// `taskmanager.cpu.cores`: what Flink believes it was allotted.
    pub cpu_cores: f64,
}

/// CPU seconds used by all TaskManagers since each of them started.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CpuTime {
    /// Sum over the TaskManagers that report, in seconds.
    pub seconds: f64,
    /// TaskManagers that report.
    pub reporting: u32,
}

/// CPU seconds used by one TaskManager since it started.
#[derive(Clone, PartialEq, Debug)]
pub struct CpuTimeOfOne {
    /// Flink's id.
    pub taskmanager: Arc<str>,
    /// In seconds.
    pub seconds: f64,
}

/// What a source vertex says of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Flink's id.
    pub vertex: Arc<str>,
    /// The vertex's name.
    pub name: Arc<str>,
    /// Splits that Beam made of the source, as far as its metrics name them.
    pub splits: Option<u32>,
    /// Partitions that it has read from, as far as its metrics name them.
    pub partitions: Option<u32>,
    /// The metrics that could be had, over all subtasks that report them.
    pub metrics: Read<Vec<(SourceMetric, Aggregate)>>,
}

/// The metrics of a source that mean something to Outrider, whatever their full id is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum SourceMetric {
    /// `pendingBytes`: Beam's backlog in bytes, live; `-1` in several senses.
    PendingBytes,
    /// `source_splits_<n>_backlog_bytes`, summed over the splits; present from Beam 2.59 on, in
    /// records up to 2.60.
    SplitsBacklogBytes,
    /// `source_splits_<n>_backlog_elements`, summed over the splits.
    SplitsBacklogElements,
    /// `source_backlog_bytes`.
    BacklogBytes,
    /// `source_backlog_elements`.
    BacklogElements,
    /// `source_elements_read`: a counter.
    ElementsRead,
    /// `source_bytes_read`: a counter.
    BytesRead,
    /// `numRecordsIn` of the source operator: a counter, there even without Beam's own.
    RecordsIn,
    /// `watermarkLag`, in milliseconds.
    WatermarkLag,
}

/// One metric over the subtasks that report it. Any of them may be NaN.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Aggregate {
    /// The smallest subtask's.
    pub min: f64,
    /// The largest subtask's.
    pub max: f64,
    /// The mean; `sum / avg` is the number of subtasks that report.
    pub avg: f64,
    /// All together, `-1`s included.
    pub sum: f64,
}

// === impl Unread ===

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "Flink cannot be reached: {why}"),
            Self::TimedOut => write!(f, "Flink did not answer in time"),
            Self::Status(status) => write!(f, "Flink answered with HTTP status {status}"),
            Self::TooLarge => write!(f, "Flink's answer was too large"),
            Self::Malformed(why) => write!(f, "Flink's answer could not be understood: {why}"),
            Self::Empty => write!(f, "Flink has none of these metrics at the moment"),
            Self::NotAsked => write!(f, "not asked, because an earlier answer was missing"),
        }
    }
}

// === impl Job ===

impl Job {
    /// Final states are those that a job does not leave; it is not there to be scaled.
    #[must_use]
    pub fn is_final(state: &str) -> bool {
        matches!(state, "FINISHED" | "CANCELED" | "FAILED")
    }
}
