//! A recorded moment of a job, set in motion, as a Flink would answer for it.
//!
//! It stands on the recorded snapshot `flink-1.20.0-beam-2.70.0/after-scaleup-2tm`. To give the
//! sidecar work, time goes on in it:
//! * its moments are moved to today;
//! * counters go on growing at their recorded mean rate (value over the age of the execution);
//! * each TaskManager uses 0.6 cores;
//! * the backlog swings by 5 % with a period of three minutes;
//! * a checkpoint completes every 10 s.

use std::f64::consts::TAU;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::replay::Recording;

const SNAPSHOT: &str = "flink-1.20.0-beam-2.70.0/after-scaleup-2tm";
const CPU_TIME: &str = "Status.JVM.CPU.Time";
const CORES_USED: f64 = 0.6;
const CHECKPOINT_MILLIS: u64 = 10_000;
const DAY_MILLIS: u64 = 86_400_000;

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
    pub fn recorded(&self, target: &str) -> Value {
        let body = self.recording.answer(self.began, target);
        serde_json::from_str(&body.expect("it was recorded")).expect("JSON")
    }

    pub fn answer(&self, now: u64, target: &str) -> Option<String> {
        let body = self.recording.answer(self.began, target)?;
        Some(self.moved(now, &body))
    }

    /// A recorded body as it reads at `now`.
    pub fn moved(&self, now: u64, body: &str) -> String {
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
pub fn whole(number: f64) -> Value {
    serde_json::from_str(&format!("{number:.0}")).expect("a number")
}

fn cpu_nanos(elapsed_millis: f64) -> f64 {
    CORES_USED * elapsed_millis * 1e6
}

/// A count below 2^53.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of some days")]
pub fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real process lives in real time"
)]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_millis()).expect("before the year 500 million")
}
