//! What the workers of the plant can read in a second.
//!
//! Pure: values in, values out.

use crate::simulate::job::Plant;
use crate::simulate::model::FaultKind;
use crate::units::count_as_f64;

// === impl Plant ===

impl Plant {
    /// What the workers themselves could read this second.
    pub(super) fn own_capacity(&mut self, since: u64) -> f64 {
        // Wanders back and forth within about ten seconds.
        let noise = self.model.capacity_noise;
        self.capacity_wander =
            0.9 * self.capacity_wander + 0.436 * noise * self.chance.capacity.normal();
        let age = count_as_f64(self.second - since);
        let warm = (age / self.model.warm_up.max(1.0)).min(1.0);
        let warmth = self.model.warm_up_from + (1.0 - self.model.warm_up_from) * warm;
        let dearer = self.fault(|kind| match kind {
            FaultKind::Dearer(factor) => Some(factor),
            _ => None,
        });
        self.model.capacity_evenly(self.in_use) * warmth * (1.0 + self.capacity_wander)
            / dearer.unwrap_or(1.0)
    }

    /// What a sink or one hot worker lets through.
    pub(super) fn limit_from_outside(&self, rate: f64) -> f64 {
        let sink = self.fault(|kind| match kind {
            FaultKind::SinkTakes(share) => Some(share * rate),
            _ => None,
        });
        let each = self.model.capacity_of(f64::from(self.in_use)) / f64::from(self.in_use.max(1));
        let hot = self.hot_share().map(|share| each / share);
        sink.unwrap_or(f64::INFINITY)
            .min(hot.unwrap_or(f64::INFINITY))
    }

    pub(super) fn hot_share(&self) -> Option<f64> {
        self.fault(|kind| match kind {
            FaultKind::HotKey(share) => Some(share),
            _ => None,
        })
    }
}
