//! The checkpoints of the plant.
//!
//! Pure: values in, values out.

use crate::simulate::job::{Phase, Plant};
use crate::simulate::model::FaultKind;
use crate::units::f64_as_count;

/// The job's checkpoints.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::simulate) struct CheckpointState {
    pub completed: u64,
    pub failed: u64,
    /// Trigger of the last completed one.
    pub triggered: u64,
    pub(super) underway: Option<u64>,
    pub(super) next: u64,
}

// === impl Plant ===

impl Plant {
    /// The next checkpoint is triggered now, where somebody else's record says so.
    pub(in crate::simulate) const fn checkpoint_now(&mut self) {
        self.checkpoints.next = self.second;
    }

    fn interval(&self) -> u64 {
        f64_as_count(self.model.checkpoint_interval)
            .unwrap_or(u64::MAX)
            .max(1)
    }

    /// The checkpoints' part of a second.
    pub(super) fn checkpoint(&mut self) {
        if !matches!(self.phase, Phase::Running { .. }) {
            return;
        }
        let duration = f64_as_count(self.model.checkpoint_duration).unwrap_or(0);
        if let Some(triggered) = self.checkpoints.underway
            && self.second >= triggered + duration
        {
            self.checkpoints.underway = None;
            self.complete(triggered);
        }
        if self.checkpoints.underway.is_none() && self.second >= self.checkpoints.next {
            self.checkpoints.underway = Some(self.second);
            self.checkpoints.next = self.second + self.interval();
            for source in &mut self.sources {
                source.begin_saving();
            }
        }
    }

    fn complete(&mut self, triggered: u64) {
        if self
            .fault(|kind| (kind == FaultKind::CheckpointsFail).then_some(()))
            .is_some()
        {
            self.checkpoints.failed += 1;
            return;
        }
        self.checkpoints.completed += 1;
        self.checkpoints.triggered = triggered;
        for source in &mut self.sources {
            source.save();
        }
    }
}
