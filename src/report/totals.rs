//! The job in one line: its sources taken together, for what has room for one number only.
//!
//! Pure: values in, values out.
//!
//! Bytes of one source are never added to elements of another, and what is not known is left out.

use std::time::Duration;

use crate::observe::{Observation, SourceSeen};

/// The sources of a job taken together. `None` where no source knows it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Totals<'a> {
    /// Bytes not read yet, over the sources that know them.
    pub backlog_bytes: Option<f64>,
    /// Elements not read yet, over the sources that know them.
    pub backlog_elements: Option<f64>,
    /// The longest of all sources; `None` where one is stalled, and would need for ever.
    pub backlog_time: Option<Duration>,
    /// The oldest of all sources.
    pub watermark_lag: Option<Duration>,
    /// The source with the longest `backlog_time`, or one that is stalled; the first where none
    /// knows it.
    pub longest: Option<&'a SourceSeen>,
}

// === impl Totals ===

impl<'a> Totals<'a> {
    /// Of this observation.
    #[must_use]
    pub fn of(observation: &'a Observation) -> Self {
        let sources = &observation.sources;
        let longest = sources.iter().reduce(longer);
        Self {
            backlog_bytes: sum(sources
                .iter()
                .map(|s| s.backlog_bytes.map(|b| b.get()).ok())),
            backlog_elements: sum(sources
                .iter()
                .map(|s| s.backlog_elements.map(|b| b.get()).ok())),
            backlog_time: longest.and_then(|source| source.backlog_time.ok()),
            watermark_lag: sources.iter().filter_map(|s| s.watermark_lag.ok()).max(),
            longest,
        }
    }

    /// What the longest source reads, per second, in its unit.
    #[must_use]
    pub fn throughput(&self) -> Option<f64> {
        Some(self.longest?.throughput.ok()?.get())
    }

    /// Change of the longest source's backlog, per second, in its unit.
    #[must_use]
    pub fn backlog_growth(&self) -> Option<f64> {
        Some(self.longest?.backlog_growth.ok()?.rate.get())
    }
}

fn sum(amounts: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    amounts.flatten().reduce(|all, one| all + one)
}

fn longer<'a>(one: &'a SourceSeen, other: &'a SourceSeen) -> &'a SourceSeen {
    let length = |source: &SourceSeen| (source.stalled, source.backlog_time.ok());
    if length(other) > length(one) {
        other
    } else {
        one
    }
}
