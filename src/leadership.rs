//! Which of several sidecars of one job acts, as the core and the reporters hear it.
//!
//! Pure: values in, values out.
//!
//! A job with several JobManagers has a sidecar in each of their pods. All of them observe and
//! decide, so that each is warm when its turn comes; one of them acts.

use serde::Serialize;

/// Our part among the sidecars of this job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Leadership {
    /// There is no other, or nothing is scaled anyway: nobody has to agree with anybody.
    Alone,
    /// We act.
    Leads {
        /// Our name among them.
        identity: String,
    },
    /// Another acts.
    Follows {
        /// Its name.
        holder: String,
    },
    /// Who acts is not known, so it is not us.
    Unknown {
        /// What went wrong, for a person; `None` while it has only just been asked.
        why: Option<String>,
    },
}

// === impl Leadership ===

impl Leadership {
    /// Whether a decision of ours is carried out.
    #[must_use]
    pub const fn may_act(&self) -> bool {
        matches!(self, Self::Alone | Self::Leads { .. })
    }

    /// Whether there are others, or may be.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        !matches!(self, Self::Alone)
    }

    /// What keeps us from knowing who acts.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        match self {
            Self::Unknown { why } => why.as_deref(),
            _ => None,
        }
    }
}
