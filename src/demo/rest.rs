//! What a Flink 1.20 answers over REST when it is as a [`Scrape`] says: the inverse of `flink/wire`.
//!
//! Pure: values in, values out.
//!
//! The paths that the sidecar asks for, with the fields that it reads and the few others that a
//! person with `curl` looks for. A test reads them with the sidecar's own client and gets the same
//! scrape back.

mod metrics;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::demo::rest::metrics::{number, of_one_taskmanager, of_source, of_taskmanagers};
use crate::scrape::{Checkpoints, Cluster, Execution, Job, JobChoice, Scrape, Setup, Vertex};

/// States of a task; the answers count the tasks in each.
const TASK_STATES: [&str; 10] = [
    "CREATED",
    "SCHEDULED",
    "DEPLOYING",
    "INITIALIZING",
    "RUNNING",
    "FINISHED",
    "CANCELING",
    "CANCELED",
    "FAILED",
    "RECONCILING",
];

/// The body of the answer to a GET; `None` where Flink has nothing at this path. `cpu_of` gives the
/// CPU seconds of a TaskManager: a scrape has those of one only, and which one is the asker's choice.
#[must_use]
pub fn answer(
    scrape: &Scrape,
    cpu_of: &dyn Fn(&str) -> Option<f64>,
    path: &str,
    query: &str,
) -> Option<Value> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let job = match &scrape.job {
        Ok(JobChoice::One(job)) => Some(&**job),
        _ => None,
    };
    match segments[..] {
        ["overview"] => Some(overview(scrape.cluster.as_ref().ok()?, job)),
        ["jobs", "overview"] => Some(json!({ "jobs": Vec::from_iter(job.map(line)) })),
        ["jobmanager", "config"] => Some(configuration(job?.setup.as_ref().ok()?)),
        ["taskmanagers"] => Some(taskmanagers(job?.setup.as_ref().ok()?)),
        ["taskmanagers", "metrics"] => Some(of_taskmanagers(job?.cpu.as_ref().ok(), query)),
        ["taskmanagers", id, "metrics"] => of_one_taskmanager(job?, id, cpu_of(id), query),
        ["jobs", id, ref of_job @ ..] => {
            of_the_job(job.filter(|job| *job.id == *id)?, of_job, query)
        }
        _ => None,
    }
}

/// The body of the answer where there is nothing.
#[must_use]
pub fn not_found(path: &str) -> Value {
    json!({ "errors": [format!("Not found: {path}")] })
}

fn of_the_job(job: &Job, path: &[&str], query: &str) -> Option<Value> {
    match path {
        [] => Some(detail(job, job.execution.as_ref().ok()?)),
        ["checkpoints"] => Some(checkpoints(job.checkpoints.as_ref().ok()?)),
        ["checkpoints", "config"] => Some(checkpointing(job.setup.as_ref().ok()?)),
        ["vertices", id, "subtasks", "metrics"] => {
            let source = job.sources.iter().find(|source| *source.vertex == **id)?;
            Some(of_source(source, query))
        }
        _ => None,
    }
}

fn overview(cluster: &Cluster, job: Option<&Job>) -> Value {
    let running = job.is_some_and(|job| &*job.state == "RUNNING");
    json!({
        "taskmanagers": cluster.taskmanagers,
        "slots-total": cluster.slots_total,
        "jobs-running": u32::from(running),
        "jobs-finished": 0,
        "jobs-cancelled": 0,
        "jobs-failed": 0,
        "flink-version": cluster.flink_version,
    })
}

fn line(job: &Job) -> Value {
    json!({ "jid": job.id, "name": job.name, "state": job.state, "end-time": -1 })
}

fn detail(job: &Job, execution: &Execution) -> Value {
    let running = execution.running_since.map_or(0, |since| since.millis());
    json!({
        "jid": job.id,
        "name": job.name,
        "state": execution.state,
        "job-type": "STREAMING",
        "end-time": -1,
        "maxParallelism": count_or_minus_one(execution.max_parallelism),
        "timestamps": { "RUNNING": running },
        "vertices": execution.vertices.iter().map(vertex).collect::<Vec<_>>(),
        "plan": {
            "jid": job.id,
            "name": job.name,
            "type": "STREAMING",
            "nodes": execution.vertices.iter().map(node).collect::<Vec<_>>(),
        },
    })
}

fn vertex(vertex: &Vertex) -> Value {
    let mut tasks: Map<String, Value> = TASK_STATES
        .iter()
        .map(|state| ((*state).into(), json!(0)))
        .collect();
    tasks.insert("RUNNING".into(), json!(vertex.tasks_there));
    json!({
        "id": vertex.id,
        "name": vertex.name,
        "maxParallelism": count_or_minus_one(vertex.max_parallelism),
        "parallelism": vertex.parallelism,
        "tasks": tasks,
        "metrics": {
            "read-bytes": number(vertex.read_bytes.unwrap_or(0.0)),
            "read-bytes-complete": vertex.read_bytes.is_some(),
            "write-bytes": number(vertex.write_bytes.unwrap_or(0.0)),
            "write-bytes-complete": vertex.write_bytes.is_some(),
            "read-records": number(vertex.read_records.unwrap_or(0.0)),
            "read-records-complete": vertex.read_records.is_some(),
            "write-records": number(vertex.write_records.unwrap_or(0.0)),
            "write-records-complete": vertex.write_records.is_some(),
            "accumulated-backpressured-time": number(vertex.backpressured_millis.unwrap_or(f64::NAN)),
            "accumulated-busy-time": number(vertex.busy_millis.unwrap_or(f64::NAN)),
        },
    })
}

/// Of the plan. Flink leaves `inputs` out where there are none.
fn node(vertex: &Vertex) -> Value {
    let mut node = json!({
        "id": vertex.id,
        "parallelism": vertex.parallelism,
        "description": vertex.name,
    });
    if !vertex.inputs.is_empty() {
        let input = |id: &Arc<str>| json!({ "id": id, "ship_strategy": "HASH" });
        node["inputs"] = vertex.inputs.iter().map(input).collect();
    }
    node
}

fn checkpoints(checkpoints: &Checkpoints) -> Value {
    let completed = checkpoints.last_completed.as_ref().map(|last| {
        json!({
            "id": last.id,
            "status": "COMPLETED",
            "trigger_timestamp": last.triggered.millis(),
            "end_to_end_duration": last.duration.as_millis(),
            "state_size": last.state_bytes,
        })
    });
    let restored = checkpoints
        .last_restored
        .map(|last| json!({ "id": last.id, "restore_timestamp": last.at.millis() }));
    json!({
        "counts": {
            "completed": checkpoints.completed,
            "failed": checkpoints.failed,
            "total": checkpoints.completed + checkpoints.failed,
        },
        "latest": { "completed": completed, "restored": restored },
    })
}

/// Where checkpointing is off, the interval is Java's largest number.
fn checkpointing(setup: &Setup) -> Value {
    let interval = setup
        .checkpoint_interval
        .map_or_else(|| json!(i64::MAX), |interval| json!(interval.as_millis()));
    json!({ "mode": "exactly_once", "interval": interval })
}

/// What is set, as `/jobmanager/config` has it.
fn configuration(setup: &Setup) -> Value {
    let gate = format!("{} ms", setup.rescale_gate.as_millis());
    let strategy = if setup.restarts {
        "fixed-delay"
    } else {
        "none"
    };
    let mut entries = vec![
        (
            "jobmanager.adaptive-scheduler.scaling-interval.min",
            gate.as_str(),
        ),
        ("restart-strategy.type", strategy),
    ];
    if setup.reactive {
        entries.push(("scheduler-mode", "reactive"));
    }
    let entry = |(key, value)| json!({ "key": key, "value": value });
    entries.into_iter().map(entry).collect()
}

fn taskmanagers(setup: &Setup) -> Value {
    let taskmanagers: Vec<Value> = setup
        .taskmanagers
        .iter()
        .map(|taskmanager| {
            json!({
                "id": taskmanager.id,
                "slotsNumber": taskmanager.slots,
                "freeSlots": 0,
                "totalResource": { "cpuCores": number(taskmanager.cpu_cores) },
            })
        })
        .collect();
    json!({ "taskmanagers": taskmanagers })
}

fn count_or_minus_one(count: Option<u32>) -> Value {
    count.map_or_else(|| json!(-1), |count| json!(count))
}
