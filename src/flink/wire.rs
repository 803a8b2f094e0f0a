//! Flink's JSON, as 1.13 to 2.3 write it, turned into `scrape`'s types.
//!
//! Pure: values in, values out.
//!
//! Old and new Flinks leave fields out, write `"NaN"` where a number stands, and `-1` where they
//! do not know; what is unknown here stays unknown. A field without which an answer says nothing
//! makes the answer malformed.

mod number;

use std::time::Duration;

use serde::{Deserialize, Deserializer};

pub use self::number::Number;
use crate::scrape::{
    Aggregate, Checkpoint, Checkpoints, Cluster, Execution, Job, Read, Restored, TaskManager,
    Unread, Vertex,
};

/// `/jobs/overview`.
#[derive(Deserialize, Debug)]
pub struct JobsOverview {
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    jobs: Vec<JobLine>,
}

/// A job of `/jobs/overview`.
#[derive(Deserialize, Debug)]
pub struct JobLine {
    /// Flink's id.
    pub jid: String,
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// `RUNNING`, `CREATED`, …
    pub state: String,
}

/// `/overview`.
#[derive(Deserialize, Debug)]
pub struct Overview {
    taskmanagers: Number,
    #[serde(rename = "slots-total")]
    slots_total: Number,
    #[serde(rename = "flink-version", default)]
    flink_version: String,
}

/// `/jobs/:id`.
#[derive(Deserialize, Debug)]
pub struct JobDetail {
    state: String,
    #[serde(rename = "maxParallelism", default)]
    max_parallelism: Number,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    timestamps: Timestamps,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    vertices: Vec<VertexDetail>,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    plan: Plan,
}

#[derive(Deserialize, Default, Debug)]
struct Timestamps {
    #[serde(rename = "RUNNING", default)]
    running: Number,
}

#[derive(Deserialize, Debug)]
struct VertexDetail {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    parallelism: Number,
    #[serde(rename = "maxParallelism", default)]
    max_parallelism: Number,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    tasks: Tasks,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    metrics: VertexMetrics,
}

#[derive(Deserialize, Default, Debug)]
struct Tasks {
    #[serde(rename = "RUNNING", default)]
    running: Number,
    #[serde(rename = "FINISHED", default)]
    finished: Number,
}

#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "kebab-case", default)]
struct VertexMetrics {
    read_bytes: Number,
    read_bytes_complete: bool,
    write_bytes: Number,
    write_bytes_complete: bool,
    read_records: Number,
    read_records_complete: bool,
    write_records: Number,
    write_records_complete: bool,
    accumulated_backpressured_time: Number,
    accumulated_busy_time: Number,
}

#[derive(Deserialize, Default, Debug)]
struct Plan {
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    nodes: Vec<Node>,
}

#[derive(Deserialize, Debug)]
struct Node {
    id: String,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    inputs: Vec<Input>,
}

#[derive(Deserialize, Debug)]
struct Input {
    id: String,
}

/// `/jobs/:id/checkpoints`.
#[derive(Deserialize, Debug)]
pub struct CheckpointStatistics {
    counts: Counts,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    latest: Latest,
}

#[derive(Deserialize, Debug)]
struct Counts {
    completed: Number,
    failed: Number,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
struct Latest {
    completed: Option<Completed>,
    restored: Option<RestoredDetail>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
struct Completed {
    id: Number,
    trigger_timestamp: Number,
    end_to_end_duration: Number,
    state_size: Number,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
struct RestoredDetail {
    id: Number,
    restore_timestamp: Number,
}

/// `/jobs/:id/checkpoints/config`.
#[derive(Deserialize, Debug)]
pub struct CheckpointConfig {
    #[serde(default)]
    interval: Number,
}

/// `/taskmanagers`.
#[derive(Deserialize, Debug)]
pub struct TaskManagers {
    taskmanagers: Vec<TaskManagerDetail>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct TaskManagerDetail {
    id: String,
    #[serde(default)]
    slots_number: Number,
    #[serde(default, deserialize_with = "null_is_none_of_it")]
    total_resource: Resource,
}

#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "camelCase", default)]
struct Resource {
    cpu_cores: Number,
}

/// An entry of `/jobmanager/config`, where only what was set stands.
#[derive(Deserialize, Debug)]
pub struct ConfigEntry {
    /// The option's name.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// An entry of a metric list: without `get` only the id, else the value as well.
#[derive(Deserialize, Debug)]
pub struct Metric {
    /// The id as `get` wants it.
    pub id: String,
    /// NaN where it was not asked for, or is not a number.
    #[serde(default)]
    pub value: Number,
}

/// An entry of an aggregated metric list.
#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub struct AggregatedMetric {
    /// The id as it was asked for.
    pub id: String,
    min: Number,
    max: Number,
    avg: Number,
    sum: Number,
}

// === impl JobsOverview ===

impl JobsOverview {
    /// The jobs that can still run.
    #[must_use]
    pub fn alive(self) -> Vec<JobLine> {
        let mut jobs = self.jobs;
        jobs.retain(|job| !Job::is_final(&job.state));
        jobs
    }
}

// === impl Overview ===

impl Overview {
    /// TaskManagers and slots.
    ///
    /// # Errors
    /// Malformed where either is not a count.
    pub fn cluster(self) -> Read<Cluster> {
        Ok(Cluster {
            taskmanagers: self.taskmanagers.count("taskmanagers")?,
            slots_total: self.slots_total.count("slots-total")?,
            flink_version: self.flink_version,
        })
    }
}

// === impl JobDetail ===

impl JobDetail {
    /// The execution, its vertices in the order of the plan. A job that has never run has no plan,
    /// and so none whose inputs are known.
    ///
    /// # Errors
    /// Malformed where a vertex is not in the plan: whether it is a source cannot be told.
    pub fn execution(self) -> Read<Execution> {
        let nodes = self.plan.nodes;
        let mut vertices = Vec::new();
        for detail in self.vertices.into_iter().filter(|_| !nodes.is_empty()) {
            let place = nodes.iter().position(|node| node.id == detail.id);
            let place = place.ok_or_else(|| malformed("plan of a vertex"))?;
            let inputs = nodes[place].inputs.iter().map(|input| input.id.clone());
            vertices.push((place, detail.vertex(inputs.collect())?));
        }
        vertices.sort_by_key(|(place, _)| *place);
        Ok(Execution {
            running_since: self.timestamps.running.timestamp(),
            state: self.state,
            max_parallelism: self.max_parallelism.positive(),
            vertices: vertices.into_iter().map(|(_, vertex)| vertex).collect(),
        })
    }
}

// === impl VertexDetail ===

impl VertexDetail {
    fn vertex(self, inputs: Vec<String>) -> Read<Vertex> {
        let metrics = &self.metrics;
        // Times have no flag of their own; they are summed over the same subtasks as the records.
        let complete = metrics.read_records_complete && metrics.write_records_complete;
        Ok(Vertex {
            parallelism: self.parallelism.count("parallelism")?,
            max_parallelism: self.max_parallelism.positive(),
            tasks_there: self
                .tasks
                .running
                .or_zero()
                .saturating_add(self.tasks.finished.or_zero()),
            inputs,
            read_records: metrics.read_records.amount(metrics.read_records_complete),
            write_records: metrics.write_records.amount(metrics.write_records_complete),
            read_bytes: metrics.read_bytes.amount(metrics.read_bytes_complete),
            write_bytes: metrics.write_bytes.amount(metrics.write_bytes_complete),
            backpressured_millis: metrics.accumulated_backpressured_time.amount(complete),
            busy_millis: metrics.accumulated_busy_time.amount(complete),
            id: self.id,
            name: self.name,
        })
    }
}

// === impl CheckpointStatistics ===

impl CheckpointStatistics {
    /// Counts and the youngest of each kind.
    ///
    /// # Errors
    /// Malformed where the counts are none.
    pub fn checkpoints(self) -> Read<Checkpoints> {
        Ok(Checkpoints {
            completed: self.counts.completed.long_count("counts.completed")?,
            failed: self.counts.failed.long_count("counts.failed")?,
            last_completed: self.latest.completed.and_then(Completed::checkpoint),
            last_restored: self.latest.restored.and_then(RestoredDetail::restored),
        })
    }
}

impl Completed {
    fn checkpoint(self) -> Option<Checkpoint> {
        Some(Checkpoint {
            id: self.id.long()?,
            triggered: self.trigger_timestamp.timestamp()?,
            duration: Duration::from_millis(self.end_to_end_duration.long().unwrap_or(0)),
            state_bytes: self.state_size.long().unwrap_or(0),
        })
    }
}

impl RestoredDetail {
    fn restored(self) -> Option<Restored> {
        Some(Restored {
            id: self.id.long()?,
            at: self.restore_timestamp.timestamp()?,
        })
    }
}

// === impl CheckpointConfig ===

impl CheckpointConfig {
    /// `None` where checkpointing is off: no interval, `-1`, or Java's largest number.
    #[must_use]
    pub fn interval(&self) -> Option<Duration> {
        let millis = self.interval.long().filter(|millis| *millis > 0)?;
        Some(Duration::from_millis(millis))
    }
}

// === impl TaskManagers ===

impl TaskManagers {
    /// The registered TaskManagers; those whose CPU Flink does not tell have NaN cores.
    ///
    /// # Errors
    /// Malformed where slots are not a count.
    pub fn list(self) -> Read<Vec<TaskManager>> {
        let taskmanager = |detail: TaskManagerDetail| {
            Ok(TaskManager {
                slots: detail.slots_number.count("slotsNumber")?,
                cpu_cores: detail.total_resource.cpu_cores.get(),
                id: detail.id,
            })
        };
        self.taskmanagers.into_iter().map(taskmanager).collect()
    }
}

// === impl AggregatedMetric ===

impl AggregatedMetric {
    /// The values; NaN for each that was not asked for.
    #[must_use]
    pub fn aggregate(&self) -> Aggregate {
        Aggregate {
            min: self.min.get(),
            max: self.max.get(),
            avg: self.avg.get(),
            sum: self.sum.get(),
        }
    }
}

fn malformed(what: &str) -> Unread {
    Unread::Malformed(format!("{what} is missing"))
}

fn null_is_none_of_it<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
