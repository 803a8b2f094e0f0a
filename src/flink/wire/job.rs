//! A job: its vertices, how they hang together, and their totals.
//!
//! Pure: values in, values out.

use std::sync::Arc;

use serde::Deserialize;

use crate::flink::wire::{Number, malformed, null_is_none_of_it};
use crate::scrape::{Execution, Read, Vertex};

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
            let inputs = nodes[place]
                .inputs
                .iter()
                .map(|input| Arc::from(input.id.as_str()));
            vertices.push((place, detail.vertex(inputs.collect())?));
        }
        vertices.sort_by_key(|(place, _)| *place);
        Ok(Execution {
            running_since: self.timestamps.running.timestamp(),
            state: self.state.into(),
            max_parallelism: self.max_parallelism.positive(),
            vertices: vertices.into_iter().map(|(_, vertex)| vertex).collect(),
        })
    }
}

// === impl VertexDetail ===

impl VertexDetail {
    fn vertex(self, inputs: Vec<Arc<str>>) -> Read<Vertex> {
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
            id: self.id.into(),
            name: self.name.into(),
        })
    }
}
