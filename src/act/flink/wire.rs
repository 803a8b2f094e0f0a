//! Flink's JSON, as far as resource requirements need it.
//!
//! Pure: values in, values out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::act::stop::brief;
use crate::units::Workers;

/// `/jobs/overview`.
#[derive(Deserialize)]
pub struct JobList {
    jobs: Vec<ListedJob>,
}

#[derive(Deserialize)]
struct ListedJob {
    jid: String,
    state: String,
}

/// `/overview`.
#[derive(Deserialize)]
pub struct Overview {
    taskmanagers: u32,
    #[serde(rename = "slots-total")]
    slots_total: u32,
}

/// `/jobs/:id`.
#[derive(Deserialize)]
pub struct Job {
    vertices: Vec<Vertex>,
}

#[derive(Deserialize)]
struct Vertex {
    id: String,
    /// -1, or nothing, where none is set.
    #[serde(rename = "maxParallelism")]
    max_parallelism: Option<i64>,
}

/// `/jobs/:id/resource-requirements`: by vertex, how many slots it may use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Requirements(BTreeMap<String, Requirement>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Requirement {
    parallelism: Parallelism,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parallelism {
    lower_bound: u32,
    upper_bound: u32,
}

/// What Flink says when it does not do as asked: a sentence, or a Java stack trace.
pub struct Trouble(String);

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

/// States that a job does not leave.
const FINAL: [&str; 4] = ["FINISHED", "CANCELED", "FAILED", "SUSPENDED"];

// === impl JobList ===

impl JobList {
    /// The only job that is not over.
    ///
    /// # Errors
    /// That there is none, or several.
    pub fn the_one(&self) -> Result<&str, String> {
        let mut live = self
            .jobs
            .iter()
            .filter(|job| !FINAL.contains(&job.state.as_str()));
        match (live.next(), live.count()) {
            (Some(job), 0) => Ok(&job.jid),
            (Some(_), others) => Err(format!(
                "finding the job: Flink runs {} of them, and which to scale is not for us to guess",
                others + 1
            )),
            (None, _) => Err("finding the job: Flink runs none".into()),
        }
    }
}

// === impl Overview ===

impl Overview {
    /// The slots of one worker. Where workers differ, as many as all of them have: asking for one
    /// slot too few beats asking for a worker that nobody decided on.
    pub fn slots_per_worker(&self) -> Option<u32> {
        let slots = self.slots_total.checked_div(self.taskmanagers)?;
        (slots > 0).then_some(slots)
    }
}

// === impl Job ===

impl Job {
    fn max_parallelism(&self, vertex: &str) -> u32 {
        self.vertices
            .iter()
            .find(|candidate| candidate.id == vertex)
            .and_then(|found| u32::try_from(found.max_parallelism?).ok())
            .filter(|max| *max > 0)
            .unwrap_or(u32::MAX)
    }
}

// === impl Requirements ===

impl Requirements {
    /// The workers that all those slots are worth.
    pub fn workers(&self, slots: u32) -> Workers {
        let most = self.0.values().map(|one| one.parallelism.upper_bound).max();
        Workers(most.unwrap_or(0).div_ceil(slots.max(1)))
    }

    /// The same for so many workers. A lower bound that would be above is brought down with it,
    /// because a job that cannot have its lower bound does not run at all.
    pub fn within(&self, workers: Workers, slots: u32, job: &Job) -> Self {
        let all = workers.0.saturating_mul(slots).max(1);
        let within = |(vertex, one): (&String, &Requirement)| {
            let upper_bound = all.min(job.max_parallelism(vertex));
            let lower_bound = one.parallelism.lower_bound.clamp(1, upper_bound);
            let parallelism = Parallelism {
                lower_bound,
                upper_bound,
            };
            (vertex.clone(), Requirement { parallelism })
        };
        Self(self.0.iter().map(within).collect())
    }
}

// === impl Trouble ===

impl Trouble {
    /// From the body of an answer.
    pub fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).map_or_else(
            |_| String::from_utf8_lossy(body).into_owned(),
            |trouble: Errors| trouble.errors.join(" "),
        ))
    }

    /// Whether these words occur.
    pub fn says(&self, words: &str) -> bool {
        self.0.contains(words)
    }
}

/// Without the stack trace, whose every line would bury the sentence before it.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_interest = |line: &&str| !line.trim_start().starts_with("at ");
        let lines: Vec<&str> = self.0.lines().filter(of_interest).collect();
        f.write_str(&brief(&lines.join(" ")))
    }
}
