//! No autoscaler: as many workers as the highest load needs, all the time.
//!
//! Pure: values in, values out.
//!
//! Source: what everybody does. Sizing for the peak with headroom is, for example, Google's advice
//! for jobs without autoscaling (“provision for peak”); 80 % is the target of Outrider's own rule.

use crate::simulate::load::Workload;
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::Workers;

/// `static`.
pub(super) const STATIC: Named = Named {
    name: "static",
    meaning: "no autoscaler: sized for the highest load",
    knobs: &[Knob {
        name: "utilization",
        unit: "",
        default: 0.8,
        tried: &[0.7, 0.8, 0.9, 0.95],
        best: 0.8,
    }],
    make: |workload, knobs| Box::new(Static(size(workload, knobs[0]))),
};

struct Static(Workers);

/// As many workers as the highest load of the workload needs at this utilization.
fn size(workload: &Workload, utilization: f64) -> Workers {
    let highest = workload.rates.iter().copied().fold(0.0, f64::max);
    let needed = workload.model.workers_for(highest / utilization);
    Workers::rounded_up(needed)
        .unwrap_or(Workers(1))
        .max(Workers(1))
}

// === impl Static ===

impl Rival for Static {
    fn wants(&mut self, _: &Reading) -> Option<Wish> {
        None
    }

    fn begins_with(&self) -> Option<Workers> {
        Some(self.0)
    }
}
