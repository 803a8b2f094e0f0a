//! What a person has written at the target.

use outrider::decide::overrides::{Direction, Overrides, Pause};
use outrider::units::Workers;

use crate::situations::after;

/// Paused both ways for another five minutes, by somebody who also mistyped a bound.
pub fn paused() -> Overrides {
    Overrides {
        pauses: vec![Pause {
            direction: Direction::Both,
            until: Some(after(400)),
            by: "outrider.dev/paused=2026-01-31T12:06:40Z".into(),
            ended_by:
                "kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-"
                    .into(),
        }],
        workers_max: Some(Workers(6)),
        mistakes: vec!["outrider.dev/workers-min=two is not a whole number".into()],
        ..Overrides::default()
    }
}
