//! What became of a decision: the world's answer, as the core hears it.
//!
//! Pure: values in, values out.

use std::time::Duration;

use serde::Serialize;

use crate::units::Workers;

/// What became of a decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// There was nothing to do: a hold.
    Nothing,
    /// It was not executed, because the sidecar only observes.
    OnlyObserved,
    /// The target took the new number.
    Asked {
        /// The number it had before, where it tells.
        from: Option<Workers>,
        /// The number it has now.
        to: Workers,
    },
    /// The target has another number than we last gave it: somebody else's, and adopted. Nothing
    /// was written.
    Changed {
        /// The number found.
        found: Workers,
        /// Who wrote it, where the target tells.
        by: Option<String>,
    },
    /// What the decision was made with no longer holds: somebody has changed it at the target.
    /// Nothing was written, and the next decision knows.
    Outdated {
        /// What is different, for a person.
        why: String,
    },
    /// A rule of the cluster does not admit the number wanted. Nothing was written.
    Denied {
        /// The number wanted.
        wanted: Workers,
        /// The number nearest to it that the rule admits; the present one, where no other is.
        admitted: Workers,
        /// What was attempted and how the rule was put, for a person.
        why: String,
    },
    /// The target may not be changed now, or not by us. Nothing was written.
    Refused {
        /// What was attempted and why it was refused, for a person.
        why: String,
    },
    /// The attempt failed; whether something was written is not known.
    Failed {
        /// What was attempted and what went wrong, for a person.
        why: String,
        /// The target asked for this pause before the next attempt.
        retry_after: Option<Duration>,
    },
}
