//! What happened in a tick that is worth telling where people look at the target.
//!
//! Pure: values in, values out.

use std::cmp::Ordering;

use crate::decide::{Action, Bound, Decision, HoldReason};
use crate::observe::{Observation, SourceSeen};
use crate::outcome::Outcome;
use crate::report::health::{HealthChange, Trouble, reverted};
use crate::report::notices::Kind;
use crate::report::shown;
use crate::report::tick::Tick;
use crate::units::Workers;

/// What became of a decision to change something.
pub(super) fn acted(tick: &Tick<'_>) -> Option<(Kind, String)> {
    let Action::ScaleTo { workers, .. } = tick.decision.action else {
        return None;
    };
    match tick.outcome {
        Outcome::Asked { from, to } => {
            let from = from.or(tick.observation.workers.in_use)?;
            let kind = match to.cmp(&from) {
                Ordering::Greater => Kind::ScalingUp,
                Ordering::Less => Kind::ScalingDown,
                Ordering::Equal => return None,
            };
            Some((kind, scaling(tick.decision, from, *to)))
        }
        Outcome::Refused { why } | Outcome::Denied { why, .. } => {
            Some((Kind::ScalingRefused, format!("wanted {workers}: {why}")))
        }
        Outcome::Failed { why, .. } => {
            Some((Kind::ScalingFailed, format!("wanted {workers}: {why}")))
        }
        Outcome::Nothing
        | Outcome::OnlyObserved
        | Outcome::Changed { .. }
        | Outcome::Outdated { .. } => None,
    }
}

fn scaling(decision: &Decision, from: Workers, to: Workers) -> String {
    format!(
        "from {from} to {}, {}: {}; {}",
        shown::workers(to),
        decision.reason(),
        decision.meaning(),
        shown::arithmetic(decision)
    )
}

/// What a person has written at the target.
pub(super) fn written(change: &HealthChange) -> Option<(Kind, String)> {
    match (change.trouble, &change.why) {
        (Trouble::Paused, Some(why)) => Some((Kind::Paused, format!("scaling {why}"))),
        (Trouble::Paused, None) => Some((Kind::Resumed, "no pause stands any more".into())),
        (Trouble::AnnotationsInvalid, Some(why)) => Some((Kind::AnnotationsInvalid, why.clone())),
        _ => None,
    }
}

/// In words, where a bound allows no more workers while a backlog grows.
pub(super) fn bound_holds(tick: &Tick<'_>) -> Option<String> {
    let decision = tick.decision;
    let at_bound = matches!(
        decision.action,
        Action::Hold {
            reason: HoldReason::AtBound,
            ..
        }
    );
    let bound = decision
        .bound
        .filter(|bound| at_bound && is_upper(*bound))?;
    let source = growing(tick.observation)?;
    let growth = source.backlog_growth.ok()?;
    Some(format!(
        "{} allows {} while the backlog of {} grows by {}; {}",
        bound.name(),
        shown::workers(tick.observation.workers.in_use?),
        shown::short(&source.name),
        shown::rate(growth.rate, source.unit),
        shown::arithmetic(decision),
    ))
}

/// In words, where somebody puts the number back each time.
pub(super) fn is_reverted(tick: &Tick<'_>) -> Option<String> {
    tick.reverted.as_ref().map(reverted)
}

const fn is_upper(bound: Bound) -> bool {
    !matches!(
        bound,
        Bound::WorkersMin | Bound::WorkersMinAnnotation | Bound::UsefulSize
    )
}

/// The first source whose backlog grows by more than its noise.
fn growing(observation: &Observation) -> Option<&SourceSeen> {
    let grows = |source: &&SourceSeen| {
        let growth = source.backlog_growth.ok();
        growth.is_some_and(|growth| growth.rate > growth.noise)
    };
    observation.sources.iter().find(grows)
}
