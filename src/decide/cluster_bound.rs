//! The bound that a rule of the cluster sets, learnt from what it denied.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::units::{Timestamp, Workers};

/// A rule may be changed, and nobody tells: after this the number it denied is tried again. A denial
/// costs the job nothing.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// What the cluster admits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterBound {
    /// The limit.
    pub limit: Limit,
    /// How the rule was put, for a person.
    pub why: String,
    /// When it is forgotten.
    pub until: Timestamp,
}

/// A limit in one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// More were denied.
    AtMost(Workers),
    /// Fewer were denied.
    AtLeast(Workers),
}

// === impl ClusterBound ===

impl ClusterBound {
    /// From a denial: the number wanted, and the nearest that is admitted.
    #[must_use]
    pub fn learnt(now: Timestamp, wanted: Workers, admitted: Workers, why: &str) -> Self {
        Self {
            limit: if wanted > admitted {
                Limit::AtMost(admitted)
            } else {
                Limit::AtLeast(admitted)
            },
            why: why.into(),
            until: now + TRIED_AGAIN_AFTER,
        }
    }

    /// It says nothing against this number, as far as is known.
    #[must_use]
    pub fn admits(&self, workers: Workers) -> bool {
        match self.limit {
            Limit::AtMost(most) => workers <= most,
            Limit::AtLeast(least) => workers >= least,
        }
    }

    /// The nearest number that is admitted.
    #[must_use]
    pub fn nearest(&self, workers: Workers) -> Workers {
        match self.limit {
            Limit::AtMost(most) => workers.min(most),
            Limit::AtLeast(least) => workers.max(least),
        }
    }
}
