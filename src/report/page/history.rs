//! The tables of what was, the newest first.
//!
//! Pure: values in, values out.

use crate::decide::rescale::Rescale;
use crate::outcome::Outcome;
use crate::report::history::History;
use crate::report::history::changes::Change;
use crate::report::history::executions::{Beginning, Execution};
use crate::report::page::html::Html;
use crate::report::shown::{self, ago, moment, optional, short, words};
use crate::report::status::{Phases, Status};
use crate::units::Timestamp;

/// All of them.
pub(super) fn history(html: &mut Html, status: &Status, now: Timestamp) {
    changes(html, &status.history, now);
    rescales(html, &status.history, now);
    executions(html, status, now);
    failures(html, &status.history, now);
}

fn changes(html: &mut Html, history: &History, now: Timestamp) {
    html.table(
        "Changes of decision",
        [
            "since (UTC)",
            "decision",
            "for",
            "workers in use",
            "recommended",
            "arithmetic",
        ],
        history.changes.all().rev().map(|change| {
            [
                moment(now, change.at),
                decision(change),
                shown::duration(change.last.since(change.at)),
                optional(change.workers_in_use, |workers| workers.to_string()),
                optional(change.workers_recommended, |workers| workers.to_string()),
                match &change.sentence {
                    Some(sentence) => format!("{sentence} {}", change.arithmetic),
                    None => change.arithmetic.clone(),
                },
            ]
        }),
    );
}

fn decision(change: &Change) -> String {
    let what = match change.scale_to {
        Some(to) => format!("scale to {to}{}", became(&change.outcome)),
        None => "hold".into(),
    };
    let often = match change.times {
        1 => String::new(),
        times => format!(" ({times} times, to and fro)"),
    };
    format!("{what}: {}{often}", words(change.reason))
}

fn rescales(html: &mut Html, history: &History, now: Timestamp) {
    html.table(
        "Rescales",
        [
            "asked (UTC)",
            "workers",
            "because of",
            "workers there after",
            "restarted after",
            "checkpoint after",
            "caught up after",
            "end",
        ],
        history.rescales.iter().rev().map(|rescale| {
            let phases = Phases::of(rescale);
            let end = rescale.end.map_or("goes on", |end| end.name());
            let accepted = rescale.accepted().map(|got| format!(", with {got}"));
            [
                moment(now, rescale.asked),
                format!("{} → {}", rescale.from, rescale.to),
                because(rescale),
                optional(phases.workers_there, shown::duration),
                optional(phases.restarted, shown::duration),
                optional(phases.checkpointed, shown::duration),
                optional(phases.caught_up, shown::duration),
                format!("{end}{}", accepted.unwrap_or_default()),
            ]
        }),
    );
}

/// The reason, and who it was where that was somebody else and the target tells.
fn because(rescale: &Rescale) -> String {
    let reason = words(rescale.by.name());
    match &rescale.manager {
        Some(manager) => format!("{reason}: {}", short(manager)),
        None => reason,
    }
}

/// Each ends with the beginning of the next; the newest goes on while it is seen to.
fn executions(html: &mut Html, status: &Status, now: Timestamp) {
    let newest_first = status.history.executions.all().rev();
    let seen_at = status.last.as_ref().map(|last| last.observation.at);
    let mut next: Option<&Execution> = None;
    let rows = newest_first.map(|execution| {
        let end = match next {
            Some(next) => ended_by(next.began),
            None if execution.seen_running == seen_at => "goes on".into(),
            None => match execution.seen_running {
                Some(seen) => format!("seen to run {} for the last time", ago(now, seen)),
                None => "not seen to run yet".into(),
            },
        };
        let paused = next.and_then(|next| next.paused_at_most);
        next = Some(execution);
        [
            moment(now, execution.running_since),
            optional(execution.workers_in_use, |workers| workers.to_string()),
            optional(execution.seen_running, |seen| {
                shown::duration(seen.since(execution.running_since))
            }),
            end,
            optional(paused, |paused| {
                format!("at most {}", shown::duration(paused))
            }),
        ]
    });
    html.table(
        "Executions of the job",
        [
            "running since (UTC)",
            "workers",
            "ran for",
            "ended by",
            "then paused",
        ],
        rows,
    );
}

fn ended_by(beginning: Beginning) -> String {
    match beginning {
        Beginning::Rescale { from, to } => format!("rescale {from} → {to}"),
        other => words(other.name()),
    }
}

fn failures(html: &mut Html, history: &History, now: Timestamp) {
    html.table(
        "Failures of actions",
        [
            "since (UTC)",
            "until (UTC)",
            "attempted",
            "how often",
            "why",
        ],
        history.failures.all().rev().map(|failure| {
            [
                moment(now, failure.at),
                moment(now, failure.last),
                optional(failure.workers, |to| format!("scale to {to}")),
                failure.times.to_string(),
                format!("{}: {}", failure.kind, failure.why),
            ]
        }),
    );
}

fn became(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing | Outcome::Asked { .. } => String::new(),
        Outcome::OnlyObserved => " (only observed)".into(),
        Outcome::Changed { found, by } => {
            let who = by.as_deref().unwrap_or("somebody else");
            format!(" ({who} asked for {found})")
        }
        Outcome::Outdated { why } => format!(" (decided anew: {why})"),
        Outcome::Denied { admitted, why, .. } => {
            format!(" (the cluster admits {admitted}: {why})")
        }
        Outcome::Refused { why } => format!(" (refused: {why})"),
        Outcome::Failed { why, .. } => format!(" (failed: {why})"),
    }
}
