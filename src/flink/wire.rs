//! Flink's JSON, as 1.13 to 2.3 write it, turned into `scrape`'s types.
//!
//! Pure: values in, values out.
//!
//! Old and new Flinks leave fields out, write `"NaN"` where a number stands, and `-1` where they
//! do not know; what is unknown here stays unknown. A field without which an answer says nothing
//! makes the answer malformed.

mod job;
mod number;

use std::time::Duration;

use serde::{Deserialize, Deserializer};

pub use self::job::JobDetail;
pub use self::number::Number;
use crate::scrape::{
    Aggregate, Checkpoint, Checkpoints, Cluster, Job, Read, Restored, TaskManager, Unread,
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
            flink_version: self.flink_version.into(),
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
                id: detail.id.into(),
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
