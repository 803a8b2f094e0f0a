//! The large job that the sidecar is measured on, as a Flink would answer for it; the ordinary one
//! is `support/moving.rs`.
//!
//! The large job repeats that: 100 vertices of 1000 subtasks, ten of them the recorded source with
//! 1000 partitions, ninety the recorded counter behind it, and 1000 TaskManagers. Flink adds the
//! subtasks up itself, so values and their number in an answer stay those of the recording; what
//! grows is the job, the list of TaskManagers, and a source's list of names, which has the recorded
//! names of partition 0 a thousand times.

use serde_json::{Value, json};

use crate::support::moving::{Moving, float, whole};

const SOURCES: usize = 10;
const VERTICES: usize = 100;
const SUBTASKS: usize = 1000;

/// The recording in motion, repeated.
pub struct Large {
    moving: Moving,
    job: String,
    /// Bodies of the recording, made large.
    detail: String,
    names: String,
    taskmanagers: String,
    source: String,
}

impl Large {
    pub fn since(today: u64) -> Self {
        let moving = Moving::since(today);
        let job = format!("/jobs/{}", moving.job_id());
        let recorded = moving.recorded(&job);
        let source = recorded["vertices"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let names = moving.recorded(&format!("{job}/vertices/{source}/subtasks/metrics"));
        let taskmanagers = moving.recorded("/taskmanagers");
        Self {
            detail: repeated_job(recorded).to_string(),
            names: repeated_names(&names).to_string(),
            taskmanagers: repeated_taskmanagers(&taskmanagers).to_string(),
            moving,
            job,
            source,
        }
    }

    pub fn answer(&self, now: u64, target: &str) -> Option<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let vertices = format!("{}/vertices/", self.job);
        if path == self.job {
            return Some(self.moving.moved(now, &self.detail));
        }
        if path == "/taskmanagers" {
            return Some(self.moving.moved(now, &self.taskmanagers));
        }
        if path == "/overview" {
            let mut overview = self.moving.recorded(path);
            overview["taskmanagers"] = json!(SUBTASKS);
            overview["slots-total"] = json!(SUBTASKS);
            return Some(overview.to_string());
        }
        if path == "/taskmanagers/metrics" {
            return self
                .moving
                .answer(now, target)
                .map(|body| of_a_thousand(&body));
        }
        if path.starts_with("/taskmanagers/") {
            return self
                .moving
                .answer(now, &format!("/taskmanagers/tm-1/metrics?{query}"));
        }
        if path.starts_with(&vertices) {
            if query.is_empty() {
                return Some(self.names.clone());
            }
            let recorded = format!("{vertices}{}/subtasks/metrics?{query}", self.source);
            return self.moving.answer(now, &recorded);
        }
        self.moving.answer(now, target)
    }
}

fn repeated_job(mut job: Value) -> Value {
    let (mut vertices, mut nodes) = (Vec::new(), Vec::new());
    let id = |place: usize| format!("{place:032x}");
    for place in 0..VERTICES {
        let kind = usize::from(place >= SOURCES);
        let mut vertex = job["vertices"][kind].clone();
        let mut node = job["plan"]["nodes"][kind].clone();
        vertex["id"] = json!(id(place));
        vertex["parallelism"] = json!(SUBTASKS);
        vertex["maxParallelism"] = json!(SUBTASKS);
        vertex["tasks"]["RUNNING"] = json!(SUBTASKS);
        node["id"] = json!(id(place));
        node["parallelism"] = json!(SUBTASKS);
        if place >= SOURCES {
            node["inputs"][0]["id"] = json!(id(place - SOURCES));
        }
        vertices.push(vertex);
        nodes.push(node);
    }
    job["vertices"] = json!(vertices);
    job["plan"]["nodes"] = json!(nodes);
    job["maxParallelism"] = json!(SUBTASKS);
    job
}

/// Those of split or partition 0 for each of them, the others once.
fn repeated_names(names: &Value) -> Value {
    let ids = names.as_array().expect("a list").iter();
    let ids = ids.map(|name| name["id"].as_str().expect("an id"));
    let mut repeated = Vec::new();
    for id in ids {
        let split = id.contains(".source_splits_");
        let partition = id.contains("/events-");
        if !split && !partition {
            repeated.push(json!({ "id": id }));
        } else if id.contains(".source_splits_0_") || id.ends_with("/events-0") {
            repeated.extend((0..SUBTASKS).map(|n| {
                let id = id.replace("_splits_0_", &format!("_splits_{n}_"));
                let id = id.replace("/events-0", &format!("/events-{n}"));
                json!({ "id": id })
            }));
        }
    }
    json!(repeated)
}

fn repeated_taskmanagers(recorded: &Value) -> Value {
    let one = &recorded["taskmanagers"][0];
    let all = (0..SUBTASKS).map(|n| {
        let mut one = one.clone();
        one["id"] = json!(format!("10.0.{}.{}:6122-{n:06x}", n / 256, n % 256));
        one
    });
    json!({ "taskmanagers": all.collect::<Vec<_>>() })
}

/// An aggregate over 2 TaskManagers as one over 1000 such pairs' halves.
fn of_a_thousand(body: &str) -> String {
    let mut metrics: Value = serde_json::from_str(body).expect("JSON");
    for metric in metrics.as_array_mut().expect("a list") {
        if let Some(avg) = metric["avg"].as_f64() {
            metric["sum"] = whole(avg * float(SUBTASKS as u64));
        }
    }
    metrics.to_string()
}
