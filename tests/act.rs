//! Acting: what each target is asked, and what becomes of each answer it can give.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]

#[path = "act/annotations.rs"]
mod annotations;
#[path = "support/decisions.rs"]
mod decisions;
#[path = "act/events.rs"]
mod events;
#[path = "act/exec.rs"]
mod exec;
#[path = "act/flink.rs"]
mod flink;
#[path = "support/kubernetes.rs"]
mod kubernetes;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "act/operator.rs"]
mod operator;
#[path = "act/scale.rs"]
mod scale;

use outrider::outcome::Outcome;

/// An outcome on one line.
fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing => "nothing".into(),
        Outcome::OnlyObserved => "only observed".into(),
        Outcome::Asked { from, to } => format!("asked: {:?} -> {to}", from.map(|from| from.0)),
        Outcome::Changed { found, by } => format!("changed: {found} by {by:?}"),
        Outcome::Outdated { why } => format!("outdated: {why}"),
        Outcome::Refused { why } => format!("refused: {why}"),
        Outcome::Failed { why, retry_after } => format!("failed ({retry_after:?}): {why}"),
    }
}
