//! Ticks, told one after the other.

use std::sync::Arc;

use outrider::decide::overrides::Bounds;
use outrider::report::status::Status;
use outrider::report::{Report, Tick};
use outrider::settings::Parsed;

use crate::situations::{START, Situation, after};

/// What stands in the snapshot when these ticks were told.
pub fn told(parsed: &Parsed, situations: &[&Situation]) -> Arc<Status> {
    let mut report = Report::new(parsed, START);
    for situation in situations {
        let tick = Tick {
            bounds: Bounds::of(&parsed.settings, &situation.overrides),
            ..situation.tick()
        };
        report.tick(after(100), tick);
    }
    report.status().borrow().clone()
}
