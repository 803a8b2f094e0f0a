//! Decisions to act on, and what becomes of them.

use outrider::decide::{Action, Arithmetic, Decision, HoldReason, Trigger};
use outrider::outcome::Outcome;
use outrider::units::{Timestamp, Workers};

/// Asks for so many workers.
pub fn scale_to(workers: u32) -> Decision {
    let workers = Workers(workers);
    decision(Action::ScaleTo {
        workers,
        because: Trigger::BacklogTime,
    })
}

/// Asks for nothing.
pub fn hold() -> Decision {
    decision(Action::Hold {
        reason: HoldReason::Steady,
        until: None,
    })
}

fn decision(action: Action) -> Decision {
    Decision {
        at: Timestamp::from_millis(0),
        action,
        workers_recommended: None,
        bound: None,
        arithmetic: Arithmetic::default(),
    }
}

/// An outcome on one line.
pub fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing => "nothing".into(),
        Outcome::OnlyObserved => "only observed".into(),
        Outcome::Asked { from, to } => format!("asked: {:?} -> {to}", from.map(|from| from.0)),
        Outcome::Changed { found, by } => format!("changed: {found} by {by:?}"),
        Outcome::Outdated { why } => format!("outdated: {why}"),
        Outcome::Denied {
            wanted,
            admitted,
            why,
        } => format!("denied: {wanted}, admitted {admitted}: {why}"),
        Outcome::Refused { why } => format!("refused: {why}"),
        Outcome::Failed { why, retry_after } => format!("failed ({retry_after:?}): {why}"),
    }
}
