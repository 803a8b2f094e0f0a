//! No autoscaler: as many workers as the highest load needs, all the time.
//!
//! Pure: values in, values out.
//!
//! Source: what everybody does. Sizing for the peak with headroom is, for example, Google's advice
//! for jobs without autoscaling (“provision for peak”); 80 % is the target of Outrider's own rule.

use crate::simulate::load::Workload;
use crate::simulate::model::ROOM;
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
        tried: &[0.7, 0.75, 0.8, 0.85, 0.9],
        best: 0.8,
    }],
    make: |workload, knobs| Box::new(Static(size(workload, knobs[0]))),
};

struct Static(Workers);

/// The fewest workers that read the highest load of the workload at this utilization; partitions that
/// are not spread evenly over them count.
fn size(workload: &Workload, utilization: f64) -> Workers {
    let highest = workload.rates.iter().copied().fold(0.0, f64::max);
    let model = &workload.model;
    let enough = |workers: &u32| model.capacity_evenly(*workers) * utilization >= highest;
    Workers((1..ROOM.0).find(enough).unwrap_or(ROOM.0))
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
