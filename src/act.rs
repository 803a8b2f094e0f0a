//! Does what was decided: asks whatever runs the workers for another number of them.
//!
//! A closed list of targets behind one call. A hold touches nothing: in a steady tick no target is
//! called. What became of a decision is an [`Outcome`], failure included; nothing here ends the
//! loop, and nothing is asked for that the decision does not say.

pub mod exec;

use crate::act::exec::Exec;
use crate::decide::{Action, Decision};
use crate::outcome::Outcome;
use crate::settings::{Settings, Target};
use crate::units::Workers;

/// What runs the workers, and what we know of it.
pub enum Actuator {
    /// Nothing that could be asked: the sidecar recommends.
    None,
    /// A program of the user's.
    Exec(Exec),
}

// === impl Actuator ===

impl Actuator {
    /// The target of the settings. Makes no call and cannot fail: what is missing (a token, a
    /// program) is told by the first [`apply`](Self::apply) that needs it, because a sidecar that
    /// ends takes its job's deployment with it.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        match &settings.target {
            Target::Exec(words) => Self::Exec(Exec::new(words.clone())),
            _ => Self::None,
        }
    }

    /// Does what was decided, and says what became of it. A hold makes no call.
    pub async fn apply(&mut self, decision: &Decision) -> Outcome {
        match decision.action {
            Action::Hold { .. } => Outcome::Nothing,
            Action::ScaleTo { workers, .. } => self.scale_to(workers).await,
        }
    }

    /// Reads the target's number, to be called rarely: somebody else may have changed it. `None`
    /// where nothing changed, or the target cannot be read.
    pub async fn look(&mut self) -> Option<Outcome> {
        match self {
            Self::None | Self::Exec(_) => None,
        }
    }

    async fn scale_to(&mut self, workers: Workers) -> Outcome {
        if workers.0 == 0 {
            return Outcome::Refused {
                why: "asking for 0 workers: a job without workers reads nothing and tells nothing"
                    .into(),
            };
        }
        match self {
            Self::None => Outcome::OnlyObserved,
            Self::Exec(exec) => exec.scale_to(workers).await,
        }
    }
}
