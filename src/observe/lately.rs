//! The window of one execution, as what is known is taken from it.
//!
//! Pure: values in, values out.

use crate::scrape::{CpuTime, Source, Vertex};
use crate::units::Timestamp;

/// The samples of the window.
pub(super) struct Lately<'a> {
    /// Of this execution, the newest last.
    pub samples: Vec<&'a Sample>,
    /// The samples before this one are of the warm-up.
    pub settled_from: usize,
    pub fresh: bool,
    pub warming_up: bool,
    /// `GROWTH_NOISE`.
    pub growth_noise: f64,
}

/// What one refresh of Flink's metric store said.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub at: Timestamp,
    pub cpu: Option<CpuTime>,
    pub sources: Vec<Source>,
    pub vertices: Vec<Vertex>,
}

// === impl Lately ===

impl<'a> Lately<'a> {
    /// The samples that tell of the load, not of the restart.
    pub fn settled(&self) -> &[&'a Sample] {
        &self.samples[self.settled_from..]
    }
}
