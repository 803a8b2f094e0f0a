//! What is wrong at the moment, so that its beginning and its end are each told once.
//!
//! Pure: values in, values out.

use std::collections::BTreeMap;

use crate::decide::cluster_bound::{ClusterBound, Limit};
use crate::decide::rescale::Rescale;
use crate::decide::reverts::Reverted;
use crate::decide::{Action, Decision, HoldReason};
use crate::observe::{JobSeen, Observation};
use crate::outcome::Outcome;
use crate::report::shown;
use crate::report::tick::Tick;
use crate::settings::Parsed;

/// Something that a person should look at. A closed list; each has one name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// The settings contain mistakes; nothing is scaled.
    SettingsInvalid,
    /// Flink does not answer.
    FlinkUnreachable,
    /// No checkpoint has completed for several intervals.
    CheckpointsFailing,
    /// A source has a backlog and reads nothing.
    Stalled,
    /// The target refused the last change, or the attempt failed.
    TargetUnavailable,
    /// Somebody puts the number of workers back each time that we change it.
    Reverted,
    /// A rule of the cluster denied the number that was wanted.
    ClusterBound,
    /// Which of several sidecars acts is not known; nothing is scaled.
    LeaseUnavailable,
    /// The last rescale ended with other workers than were asked for.
    WorkersMissing,
    /// A person has paused changes, at the target itself.
    Paused,
    /// What stands at the target beside the settings was not understood.
    AnnotationsInvalid,
}

/// The beginning of a trouble, or its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthChange {
    /// Which.
    pub trouble: Trouble,
    /// What is wrong, for a person; `None` where it is over.
    pub why: Option<String>,
}

/// What is wrong at the moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    troubles: BTreeMap<Trouble, String>,
}

// === impl Trouble ===

impl Trouble {
    const ALL: [Self; 11] = [
        Self::SettingsInvalid,
        Self::FlinkUnreachable,
        Self::CheckpointsFailing,
        Self::Stalled,
        Self::TargetUnavailable,
        Self::Reverted,
        Self::ClusterBound,
        Self::LeaseUnavailable,
        Self::WorkersMissing,
        Self::Paused,
        Self::AnnotationsInvalid,
    ];

    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SettingsInvalid => "settings_invalid",
            Self::FlinkUnreachable => "flink_unreachable",
            Self::CheckpointsFailing => "checkpoints_failing",
            Self::Stalled => "stalled",
            Self::TargetUnavailable => "target_unavailable",
            Self::Reverted => "reverted",
            Self::ClusterBound => "cluster_bound",
            Self::LeaseUnavailable => "lease_unavailable",
            Self::WorkersMissing => "workers_missing",
            Self::Paused => "paused",
            Self::AnnotationsInvalid => "annotations_invalid",
        }
    }

    /// What to say when it begins.
    #[must_use]
    pub const fn begins(self) -> &'static str {
        match self {
            Self::SettingsInvalid => "settings contain mistakes, nothing is scaled",
            Self::FlinkUnreachable => "Flink does not answer",
            Self::CheckpointsFailing => "checkpoints fail",
            Self::Stalled => "a source has a backlog and reads nothing",
            Self::TargetUnavailable => "the number of workers could not be changed",
            Self::Reverted => "each change of the number of workers is put back",
            Self::ClusterBound => "a rule of the cluster bounds the workers",
            Self::LeaseUnavailable => {
                "which JobManager's sidecar acts is not known, nothing is scaled"
            }
            Self::WorkersMissing => "other workers came than were asked for",
            Self::Paused => "scaling is paused",
            Self::AnnotationsInvalid => "annotations of the target contain mistakes",
        }
    }

    /// What to say when it is over.
    #[must_use]
    pub const fn ends(self) -> &'static str {
        match self {
            Self::SettingsInvalid => "settings are valid",
            Self::FlinkUnreachable => "Flink answers again",
            Self::CheckpointsFailing => "checkpoints complete again",
            Self::Stalled => "every source reads again",
            Self::TargetUnavailable => "the number of workers can be changed again",
            Self::Reverted => "the number of workers is changed again",
            Self::ClusterBound => "no rule of the cluster is known to bound the workers",
            Self::LeaseUnavailable => "which JobManager's sidecar acts is known again",
            Self::WorkersMissing => "workers are those asked for again",
            Self::Paused => "scaling is no longer paused",
            Self::AnnotationsInvalid => "annotations of the target are understood",
        }
    }

    /// Another text of it is news: a person has just written something else.
    const fn is_told_anew(self) -> bool {
        matches!(self, Self::Paused | Self::AnnotationsInvalid)
    }
}

// === impl Health ===

impl Health {
    /// Before the first tick only the settings can be wrong.
    #[must_use]
    pub fn new(parsed: &Parsed) -> Self {
        let mut troubles = BTreeMap::new();
        if !parsed.mistakes.is_empty() {
            troubles.insert(Trouble::SettingsInvalid, parsed.mistakes.join("; "));
        }
        Self { troubles }
    }

    /// Takes in a tick; what began and what ended with it.
    pub(super) fn tick(
        &mut self,
        tick: &Tick<'_>,
        last_rescale: Option<&Rescale>,
    ) -> Vec<HealthChange> {
        let now: BTreeMap<Trouble, String> = Trouble::ALL
            .into_iter()
            .filter_map(|trouble| Some((trouble, self.why(trouble, tick, last_rescale)?)))
            .collect();
        let before = std::mem::replace(&mut self.troubles, now);
        Trouble::ALL
            .into_iter()
            .filter(|trouble| {
                let (before, now) = (before.get(trouble), self.troubles.get(trouble));
                before.is_some() != now.is_some() || trouble.is_told_anew() && before != now
            })
            .map(|trouble| HealthChange {
                trouble,
                why: self.troubles.get(&trouble).cloned(),
            })
            .collect()
    }

    /// What is wrong now, and why.
    #[must_use]
    pub fn troubles(&self) -> Vec<(Trouble, String)> {
        let entries = self.troubles.iter();
        entries.map(|(t, why)| (*t, why.clone())).collect()
    }

    fn why(&self, trouble: Trouble, tick: &Tick<'_>, last: Option<&Rescale>) -> Option<String> {
        let before = self.troubles.get(&trouble);
        let unreachable = unreachable(tick.observation);
        match trouble {
            // They are read once; they do not mend themselves.
            Trouble::SettingsInvalid => before.cloned(),
            Trouble::FlinkUnreachable => unreachable,
            // Flink's silence is no news of what it said before.
            Trouble::CheckpointsFailing | Trouble::Stalled if unreachable.is_some() => {
                before.cloned()
            }
            Trouble::CheckpointsFailing => checkpoints_failing(tick.observation),
            Trouble::Stalled => stalled(tick.observation),
            Trouble::TargetUnavailable => target(before, tick.outcome, tick.decision),
            Trouble::Reverted => tick.reverted.as_ref().map(reverted),
            Trouble::ClusterBound => tick.cluster_bound.map(bounded),
            Trouble::LeaseUnavailable => tick.leadership.trouble().map(str::to_owned),
            Trouble::WorkersMissing => missing(last?),
            Trouble::Paused => paused(tick),
            Trouble::AnnotationsInvalid => told(&tick.override_mistakes),
        }
    }
}

fn paused(tick: &Tick<'_>) -> Option<String> {
    let in_force = tick.overrides.in_force(tick.decision.at);
    told(&in_force.map(ToString::to_string).collect::<Vec<_>>())
}

fn told(sentences: &[String]) -> Option<String> {
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

fn unreachable(observation: &Observation) -> Option<String> {
    match &observation.job {
        JobSeen::Unreachable { why } => Some(why.clone()),
        _ => None,
    }
}

fn checkpoints_failing(observation: &Observation) -> Option<String> {
    let checkpoints = &observation.checkpoints;
    checkpoints.failing.then(|| match checkpoints.failed {
        Some(failed) => {
            format!("none has completed for several intervals; {failed} failed in all")
        }
        None => "none has completed for several intervals".into(),
    })
}

fn stalled(observation: &Observation) -> Option<String> {
    let mut stalled = observation.sources.iter().filter(|source| source.stalled);
    let first = stalled.next()?;
    Some(match stalled.count() {
        0 => first.name.to_string(),
        more => format!("{} and {more} more", first.name),
    })
}

/// A refusal stands until the target takes a number, or until the decision no longer holds for it.
fn target(before: Option<&String>, outcome: &Outcome, decision: &Decision) -> Option<String> {
    match outcome {
        Outcome::Refused { why } | Outcome::Failed { why, .. } => return Some(why.clone()),
        Outcome::Asked { .. } | Outcome::Changed { .. } | Outcome::Denied { .. } => return None,
        Outcome::Nothing | Outcome::OnlyObserved | Outcome::Outdated { .. } => {}
    }
    match decision.action {
        // Whether it would be refused now is another's matter.
        Action::Hold {
            reason: HoldReason::NotLeader,
            ..
        } => None,
        // Reasons are ordered as they are asked: a later one means that this one did not hold.
        Action::Hold { reason, .. } if reason <= HoldReason::TargetUnavailable => before.cloned(),
        _ => None,
    }
}

/// Who puts the number back, and what helps.
pub(super) fn reverted(reverted: &Reverted) -> String {
    let Reverted {
        to,
        times,
        by,
        until,
    } = reverted;
    let who = by.as_deref().unwrap_or("somebody");
    let tool = by.as_deref().unwrap_or("the tool");
    format!(
        "{who} has put it back to {} {times} times in a row; let {tool} ignore \
         spec.taskManager.replicas (of another object: spec.replicas). Argo CD: ignoreDifferences \
         with managedFieldsManagers: [outrider], and the sync option \
         RespectIgnoreDifferences=true; any tool: take the field out of what it applies. \
         Tried again at {until}, or when somebody sets another number",
        shown::workers(*to)
    )
}

fn bounded(known: &ClusterBound) -> String {
    let limit = match known.limit {
        Limit::AtMost(most) => format!("at most {most}"),
        Limit::AtLeast(least) => format!("at least {least}"),
    };
    format!("{limit} until {}: {}", known.until, known.why)
}

/// A worker that was lost and given up is a change by somebody else to what is left: what was asked
/// for is what there was before.
fn missing(rescale: &Rescale) -> Option<String> {
    let got = rescale.accepted()?;
    let asked = if rescale.is_ours() || got != rescale.to {
        rescale.to
    } else {
        rescale.to.max(rescale.from)
    };
    (got != asked).then(|| format!("asked for {asked}, got {got}"))
}
