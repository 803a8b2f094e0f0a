//! Ticks, told one after the other.

use std::sync::Arc;

use outrider::report::Report;
use outrider::report::status::Status;
use outrider::settings::Parsed;

use crate::situations::{START, Situation, after};

/// What stands in the snapshot when these ticks were told.
pub fn told(parsed: &Parsed, situations: &[&Situation]) -> Arc<Status> {
    let mut report = Report::new(parsed, START);
    for situation in situations {
        report.tick(after(100), situation.tick());
    }
    report.status().borrow().clone()
}
