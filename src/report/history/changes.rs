//! The changes of decision, with repetitions told once: a decision that is another at each tick, to
//! and fro, would push everything else out.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

use crate::decide::Bound;
use crate::outcome::Outcome;
use crate::report::history::{clipped, keep_newest};
use crate::report::shown;
use crate::report::tick::Tick;
use crate::units::{Timestamp, Workers};

/// A decision that is another than the one before: another reason, another number to scale to, or
/// another outcome of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// When it was decided first.
    pub at: Timestamp,
    /// When it was decided last.
    pub last: Timestamp,
    /// How often it was taken up: more than once where it went to and fro.
    pub times: u32,
    /// Name of the reason.
    pub reason: &'static str,
    /// The reason as a sentence.
    pub meaning: &'static str,
    /// The workers to scale to; `None` for a hold.
    pub scale_to: Option<Workers>,
    /// Workers in use at first.
    pub workers_in_use: Option<Workers>,
    /// What the policy wanted at first.
    pub workers_recommended: Option<Workers>,
    /// What limited that.
    pub bound: Option<Bound>,
    /// What came of the arithmetic, in a sentence, at first; `None` from a policy that has none.
    pub sentence: Option<String>,
    /// The arithmetic's lines in one, at first.
    pub arithmetic: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// The last changes; that of the decision in force is the last of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changes {
    kept: VecDeque<Change>,
}

// === impl Changes ===

impl Changes {
    const CAPACITY: usize = 64;
    const TEXT_BYTES: usize = 2000;
    /// A decision that was in force so lately, and is so again, goes to and fro.
    const LATELY: Duration = Duration::from_secs(120);
    /// So many different ones may take turns.
    const TURNS: usize = 4;

    /// All the memory that they ever take: the arithmetic, with its sentence, and the outcome are texts.
    pub const BYTES: usize =
        Self::CAPACITY * (size_of::<Change>() + 2 * Self::TEXT_BYTES) + size_of::<Self>();

    /// Oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.kept.iter()
    }

    pub(super) fn tick(&mut self, tick: &Tick<'_>) {
        let now = tick.decision.at;
        if let Some(newest) = self.kept.back_mut().filter(|newest| newest.is_of(tick)) {
            newest.last = now;
            return;
        }
        // On other workers it is another story.
        let workers = tick.observation.workers.in_use;
        let lately = |change: &Change| {
            change.is_of(tick)
                && change.is_repeatable()
                && change.workers_in_use == workers
                && now.since(change.last) <= Self::LATELY
        };
        let turns = self.kept.len().saturating_sub(Self::TURNS)..;
        let repeated = self.kept.range(turns.clone()).position(lately);
        let change = match repeated.and_then(|at| self.kept.remove(turns.start + at)) {
            Some(before) => Change {
                last: now,
                times: before.times.saturating_add(1),
                ..before
            },
            None => Change::of(tick),
        };
        keep_newest(&mut self.kept, Self::CAPACITY, change);
    }
}

// === impl Change ===

impl Change {
    fn of(tick: &Tick<'_>) -> Self {
        let sentence = tick.decision.arithmetic.sentence();
        let sentence = sentence.map(|sentence| clipped(sentence, Changes::TEXT_BYTES));
        let left = Changes::TEXT_BYTES - sentence.as_ref().map_or(0, String::len);
        Self {
            at: tick.decision.at,
            last: tick.decision.at,
            times: 1,
            reason: tick.decision.reason(),
            meaning: tick.decision.meaning(),
            scale_to: tick.decision.scale_to(),
            workers_in_use: tick.observation.workers.in_use,
            workers_recommended: tick.decision.workers_recommended,
            bound: tick.decision.bound,
            arithmetic: clipped(&shown::steps(tick.decision), left),
            sentence,
            outcome: kept(tick.outcome.clone()),
        }
    }

    fn is_of(&self, tick: &Tick<'_>) -> bool {
        self.reason == tick.decision.reason()
            && self.scale_to == tick.decision.scale_to()
            && discriminant(&self.outcome) == discriminant(tick.outcome)
    }

    /// What changed the workers happened at its time, and is not told together with another.
    const fn is_repeatable(&self) -> bool {
        !matches!(
            self.outcome,
            Outcome::Asked { .. } | Outcome::Changed { .. }
        )
    }
}

fn kept(mut outcome: Outcome) -> Outcome {
    match &mut outcome {
        Outcome::Refused { why }
        | Outcome::Outdated { why }
        | Outcome::Denied { why, .. }
        | Outcome::Failed { why, .. } => {
            *why = clipped(why, Changes::TEXT_BYTES);
        }
        Outcome::Changed { by: Some(by), .. } => *by = clipped(by, Changes::TEXT_BYTES),
        _ => {}
    }
    outcome
}
