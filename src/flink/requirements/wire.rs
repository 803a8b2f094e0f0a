//! Flink's JSON, as far as resource requirements have their own.
//!
//! Pure: values in, values out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scrape::Vertex;
use crate::units::Workers;

/// `/jobs/:id/resource-requirements`: by vertex, how many slots it may use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByVertex(BTreeMap<String, Requirement>);

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

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

// === impl ByVertex ===

impl ByVertex {
    /// The workers that all those slots are worth.
    #[must_use]
    pub fn workers(&self, slots: u32) -> Workers {
        let most = self.0.values().map(|one| one.parallelism.upper_bound).max();
        Workers(most.unwrap_or(0).div_ceil(slots.max(1)))
    }

    /// The same for so many workers. A lower bound that would be above is brought down with it,
    /// because a job that cannot have its lower bound does not run at all.
    #[must_use]
    pub fn within(&self, workers: Workers, slots: u32, vertices: &[Vertex]) -> Self {
        let all = workers.0.saturating_mul(slots).max(1);
        let within = |(id, one): (&String, &Requirement)| {
            let vertex = vertices.iter().find(|vertex| *vertex.id == **id);
            let max_parallelism = vertex.and_then(|vertex| vertex.max_parallelism);
            let upper_bound = all.min(max_parallelism.unwrap_or(u32::MAX));
            let lower_bound = one.parallelism.lower_bound.clamp(1, upper_bound);
            let parallelism = Parallelism {
                lower_bound,
                upper_bound,
            };
            (id.clone(), Requirement { parallelism })
        };
        Self(self.0.iter().map(within).collect())
    }
}

/// What Flink says when it does not do as asked: a sentence, or a Java stack trace.
#[must_use]
pub fn said(body: &[u8]) -> String {
    serde_json::from_slice(body).map_or_else(
        |_| String::from_utf8_lossy(body).into_owned(),
        |said: Errors| said.errors.join(" "),
    )
}

/// Without the stack trace, whose every line would bury the sentence before it.
#[must_use]
pub fn without_stack_trace(said: &str) -> String {
    let of_interest = |line: &&str| !line.trim_start().starts_with("at ");
    let lines: Vec<&str> = said.lines().filter(of_interest).collect();
    lines.join(" ")
}
