//! The one sentence at the top: how many workers, what is being done, and why.
//!
//! Pure: values in, values out.

use crate::decide::rescale::Rescale;
use crate::decide::{Action, Decision, HoldReason};
use crate::outcome::Outcome;
use crate::report::shown;
use crate::report::status::{LastTick, Status};
use crate::units::{Timestamp, Workers};

/// For example `4 workers, holding: cooldown for another 42 s; would go to 6`.
#[must_use]
pub fn headline(status: &Status, now: Timestamp) -> String {
    let sentence = match &status.last {
        None => "started, no tick has ended yet".into(),
        Some(last) => of_tick(status, last, now),
    };
    if status.is_live(now) {
        return sentence;
    }
    let silence = shown::duration(now.since(status.last_turn()));
    format!("no tick for {silence}, so this is old: {sentence}")
}

fn of_tick(status: &Status, last: &LastTick, now: Timestamp) -> String {
    if let Some(rescale) = under_way(status, last) {
        return rescaling(rescale, &last.decision, now);
    }
    let in_use = last.observation.workers.in_use;
    let workers = match (in_use, last.workers_asked) {
        (Some(in_use), _) => shown::workers(in_use),
        (None, Some(asked)) => format!("{} asked for", shown::workers(asked)),
        (None, None) => "unknown workers".into(),
    };
    let doing = match last.decision.action {
        Action::ScaleTo { workers, .. } => scaling(status, &last.outcome, workers),
        Action::Hold { reason, until } => holding(reason, until, now),
    };
    let why = match last.decision.action {
        Action::ScaleTo { because, .. } => format!(": {}", because.meaning()),
        Action::Hold { .. } => wish(&last.decision, in_use),
    };
    format!("{workers}, {doing}{why}")
}

/// The rescale that is waited for.
fn under_way<'a>(status: &'a Status, last: &LastTick) -> Option<&'a Rescale> {
    let holds_for_it = matches!(
        last.decision.action,
        Action::Hold {
            reason: HoldReason::RescaleInProgress,
            ..
        }
    );
    status.history.rescales.last().filter(|_| holds_for_it)
}

/// Which workers are in use says nothing meanwhile: the old ones, or none while the job restarts.
fn rescaling(rescale: &Rescale, decision: &Decision, now: Timestamp) -> String {
    format!(
        "rescaling from {} to {}, for {}{}",
        rescale.from,
        shown::workers(rescale.to),
        shown::duration(now.since(rescale.asked)),
        wish(decision, Some(rescale.to)),
    )
}

fn scaling(status: &Status, outcome: &Outcome, to: Workers) -> String {
    match outcome {
        Outcome::Asked { .. } | Outcome::Nothing => format!("scaling to {to}"),
        Outcome::OnlyObserved => {
            let why = status.why_not_acting().unwrap_or("only observing");
            format!("would scale to {to} but only observes ({why})")
        }
        Outcome::Changed { found, by } => {
            let who = by.as_deref().unwrap_or("somebody else");
            format!("wanted {to}, but {who} asked for {found}")
        }
        Outcome::Denied { admitted, why, .. } => {
            format!("wanted {to}, of which the cluster admits {admitted} ({why})")
        }
        Outcome::Outdated { why } => format!("wanted {to}, and decides anew ({why})"),
        Outcome::Refused { why } => format!("wanted {to}, which was refused ({why})"),
        Outcome::Failed { why, .. } => format!("wanted {to}, which failed ({why})"),
    }
}

fn holding(reason: HoldReason, until: Option<Timestamp>, now: Timestamp) -> String {
    let words = shown::words(reason.name());
    match until {
        Some(until) if until > now => {
            let left = shown::duration(until.since(now));
            format!("holding: {words} for another {left}")
        }
        _ => format!("holding: {words}"),
    }
}

fn wish(decision: &Decision, in_use: Option<Workers>) -> String {
    match decision.workers_recommended {
        Some(wanted) if Some(wanted) != in_use => format!("; would go to {wanted}"),
        _ => String::new(),
    }
}
