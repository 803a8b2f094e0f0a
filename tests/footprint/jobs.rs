//! The two jobs that the sidecar is measured on, as a Flink would answer for them.
//!
//! Both stand on the recorded snapshot `flink-1.20.0-beam-2.70.0/after-scaleup-2tm`, which is one
//! moment. To give the sidecar work, time goes on in it:
//! * its moments are moved to today;
//! * counters go on growing at their recorded mean rate (value over the age of the execution);
//! * each TaskManager uses 0.6 cores;
//! * the backlog swings by 5 % with a period of three minutes;
//! * a checkpoint completes every 10 s.
//!
//! The large job repeats it: 100 vertices of 1000 subtasks, ten of them the recorded source with
//! 1000 partitions, ninety the recorded counter behind it, and 1000 TaskManagers. Flink adds the
//! subtasks up itself, so values and their number in an answer stay those of the recording; what
//! grows is the job, the list of TaskManagers, and a source's list of names, which has the recorded
//! names of partition 0 a thousand times.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use crate::support::replay::Recording;

const SNAPSHOT: &str = "flink-1.20.0-beam-2.70.0/after-scaleup-2tm";
const CPU_TIME: &str = "Status.JVM.CPU.Time";
const CORES_USED: f64 = 0.6;
const CHECKPOINT_MILLIS: u64 = 10_000;
const DAY_MILLIS: u64 = 86_400_000;

const SOURCES: usize = 10;
const VERTICES: usize = 100;
const SUBTASKS: usize = 1000;

/// The recording in motion, from the moment `today` on.
pub struct Moving {
    recording: Recording,
    /// The recorded moment, and today's for it.
    began: u64,
    today: u64,
    /// How long the execution had run when it was recorded.
    age_millis: f64,
}

impl Moving {
    pub fn since(today: u64) -> Self {
        let recording = Recording::snapshot(SNAPSHOT);
        let began = recording.began();
        let mut moving = Self {
            recording,
            began,
            today,
            age_millis: 0.0,
        };
        let job = moving.recorded(&format!("/jobs/{}", moving.job_id()));
        let since = job["timestamps"]["RUNNING"].as_u64().expect("a moment");
        moving.age_millis = float(began - since);
        moving
    }

    pub fn job_id(&self) -> String {
        let jobs = self.recorded("/jobs/overview");
        jobs["jobs"][0]["jid"].as_str().expect("an id").into()
    }

    /// The recorded body for a target.
    fn recorded(&self, target: &str) -> Value {
        let body = self.recording.answer(self.began, target);
        serde_json::from_str(&body.expect("it was recorded")).expect("JSON")
    }

    pub fn answer(&self, now: u64, target: &str) -> Option<String> {
        let body = self.recording.answer(self.began, target)?;
        Some(self.moved(now, &body))
    }

    /// A recorded body as it reads at `now`.
    fn moved(&self, now: u64, body: &str) -> String {
        let elapsed = now.saturating_sub(self.today);
        let mut body: Value = serde_json::from_str(body).expect("JSON, as recorded");
        self.walk(&mut body, float(elapsed), "");
        let checkpoints = elapsed / CHECKPOINT_MILLIS;
        for (place, step) in [
            ("/counts/completed", 1),
            ("/counts/total", 1),
            ("/latest/completed/id", 1),
            ("/latest/completed/trigger_timestamp", CHECKPOINT_MILLIS),
        ] {
            if let Some(value) = body.pointer_mut(place) {
                *value = json!(value.as_u64().expect("a count") + checkpoints * step);
            }
        }
        body.to_string()
    }

    fn walk(&self, value: &mut Value, elapsed: f64, name: &str) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.walk(one, elapsed, name)),
            Value::Object(fields) => {
                let id = fields.get("id").and_then(Value::as_str).map(String::from);
                for (key, field) in fields.iter_mut().filter(|(key, _)| *key != "id") {
                    let name = match (&id, key.as_str()) {
                        (Some(id), "min" | "max" | "avg" | "sum" | "value") => id.as_str(),
                        (_, key) => key,
                    };
                    // TaskManagers used different amounts before; from now on the same.
                    if name == CPU_TIME && key == "sum" {
                        continue;
                    }
                    self.walk(field, elapsed, name);
                }
                self.sum_of_cpu(fields, id.as_deref(), elapsed);
            }
            Value::Number(number) => {
                let moment = number
                    .as_u64()
                    .filter(|n| n.abs_diff(self.began) < DAY_MILLIS);
                if let Some(moment) = moment {
                    *value = json!(moment + self.today - self.began);
                } else if let Some(grown) = self.grown(name, value.as_f64(), elapsed) {
                    *value = whole(grown);
                }
            }
            Value::String(text) if !name.is_empty() => {
                if let Some(grown) = self.grown(name, text.parse().ok(), elapsed) {
                    *text = whole(grown).to_string();
                }
            }
            _ => {}
        }
    }

    fn sum_of_cpu(
        &self,
        fields: &mut serde_json::Map<String, Value>,
        id: Option<&str>,
        elapsed: f64,
    ) {
        let sum = fields.get("sum").and_then(Value::as_f64);
        if let (Some(CPU_TIME), Some(sum)) = (id, sum) {
            let avg = fields.get("avg").and_then(Value::as_f64);
            let count = avg.map_or(1.0, |now| sum / (now - cpu_nanos(elapsed)));
            fields.insert("sum".into(), whole(sum + count * cpu_nanos(elapsed)));
        }
    }

    /// `None` where it stays as it is.
    fn grown(&self, name: &str, value: Option<f64>, elapsed: f64) -> Option<f64> {
        const COUNTERS: [&str; 6] = [
            "read-bytes",
            "write-bytes",
            "read-records",
            "write-records",
            "accumulated-idle-time",
            "accumulated-busy-time",
        ];
        let metric = name.rsplit('.').next().unwrap_or(name);
        let in_and_out = ["numRecordsIn", "numRecordsOut", "numBytesIn", "numBytesOut"];
        let value = value?;
        if name == CPU_TIME {
            Some(value + cpu_nanos(elapsed))
        } else if COUNTERS.contains(&name)
            || metric.ends_with("_read")
            || in_and_out.contains(&metric)
        {
            Some(value * (1.0 + elapsed / self.age_millis))
        } else if metric == "pendingBytes" || metric.contains("_backlog_") {
            Some(value * (1.0 + 0.05 * (TAU * elapsed / 180_000.0).sin()))
        } else {
            None
        }
    }
}

/// As Flink writes a count.
fn whole(number: f64) -> Value {
    serde_json::from_str(&format!("{number:.0}")).expect("a number")
}

fn cpu_nanos(elapsed_millis: f64) -> f64 {
    CORES_USED * elapsed_millis * 1e6
}

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

/// A count below 2^53.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of some days")]
fn float(count: u64) -> f64 {
    count as f64
}
