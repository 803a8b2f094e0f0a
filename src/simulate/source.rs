//! One source of the simulated job: what has come in, what was read, what a checkpoint keeps.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;

use crate::units::count_as_f64;

/// One source. Positions are elements since the beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceState {
    pub arrived: f64,
    pub read: f64,
    /// What this execution has read, replay included.
    pub read_in_execution: f64,
    /// The position in the last completed checkpoint.
    saved: f64,
    /// The position in the checkpoint that is being made.
    saving: f64,
    /// `(second, arrived until then)`, back to the saved position.
    arrivals: VecDeque<(u64, f64)>,
}

// === impl SourceState ===

impl SourceState {
    /// A second's elements come in.
    pub fn arrive(&mut self, second: u64, elements: f64) {
        self.arrived += elements;
        self.arrivals.push_back((second, self.arrived));
    }

    /// The workers read so many.
    pub fn read_on(&mut self, elements: f64) {
        self.read += elements;
        self.read_in_execution += elements;
    }

    /// To the last completed checkpoint; gives the elements that are to be read again.
    pub fn go_back(&mut self) -> f64 {
        let again = self.read - self.saved;
        self.read = self.saved;
        again
    }

    /// A checkpoint is triggered.
    pub const fn begin_saving(&mut self) {
        self.saving = self.read;
    }

    /// Elements that have come in and are not read.
    pub fn backlog(&self) -> f64 {
        (self.arrived - self.read).max(0.0)
    }

    /// Age of the oldest element that is not read.
    pub fn delay(&self, now: u64) -> f64 {
        if self.backlog() < 1.0 {
            return 0.0;
        }
        let oldest = self
            .arrivals
            .partition_point(|(_, arrived)| *arrived <= self.read);
        self.arrivals
            .get(oldest)
            .map_or(0.0, |(second, _)| count_as_f64(now - second))
    }

    /// The checkpoint that was triggered last has completed.
    pub fn save(&mut self) {
        self.saved = self.saving;
        while self
            .arrivals
            .front()
            .is_some_and(|(_, arrived)| *arrived <= self.saved)
        {
            self.arrivals.pop_front();
        }
    }
}
