//! Settings that are right each for itself, and not together.
//!
//! Pure: values in, values out.

use crate::settings::{Lease, PREFIX, Settings, Target, values};

// === impl Settings ===

impl Settings {
    /// Each a sentence.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(max) = self.workers_max
            && self.workers_min > max
        {
            found.push(format!(
                "{PREFIX}WORKERS_MIN={} is more than {PREFIX}WORKERS_MAX={max}",
                self.workers_min
            ));
        }
        if self.lease == Lease::On && matches!(self.target, Target::Exec(_) | Target::Flink) {
            found.push(format!(
                "{PREFIX}LEASE=on needs a target in Kubernetes, {PREFIX}TARGET={} is none",
                self.target
            ));
        }
        if self.backlog_time_low >= self.backlog_time_high {
            found.push(format!(
                "{PREFIX}BACKLOG_TIME_LOW={} is not below {PREFIX}BACKLOG_TIME_HIGH={}",
                values::shown(self.backlog_time_low),
                values::shown(self.backlog_time_high)
            ));
        }
        if self.utilization_low >= self.utilization_high {
            found.push(format!(
                "{PREFIX}UTILIZATION_LOW={} is not below {PREFIX}UTILIZATION_HIGH={}",
                values::shown_percentage(self.utilization_low),
                values::shown_percentage(self.utilization_high)
            ));
        }
        if self.growth_noise > 1.0 {
            found.push(format!(
                "{PREFIX}GROWTH_NOISE={} is above 100%: no growth would count",
                values::shown_share(self.growth_noise)
            ));
        }
        if self.utilization_target > self.utilization_high {
            found.push(format!(
                "{PREFIX}UTILIZATION_TARGET={} is above {PREFIX}UTILIZATION_HIGH={}: \
                 each change would call for the next",
                values::shown_percentage(self.utilization_target),
                values::shown_percentage(self.utilization_high)
            ));
        }
        found
    }
}
