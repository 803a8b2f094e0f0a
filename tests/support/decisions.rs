//! Decisions to act on.

use outrider::decide::{Action, Arithmetic, Decision, HoldReason, Trigger};
use outrider::units::{Timestamp, Workers};

/// Asks for so many workers.
pub fn scale_to(workers: u32) -> Decision {
    let workers = Workers(workers);
    decision(Action::ScaleTo {
        workers,
        because: Trigger::BacklogTime,
    })
}

/// Asks for nothing.
pub fn hold() -> Decision {
    decision(Action::Hold {
        reason: HoldReason::Steady,
        until: None,
    })
}

fn decision(action: Action) -> Decision {
    Decision {
        at: Timestamp::from_millis(0),
        action,
        workers_recommended: None,
        bound: None,
        arithmetic: Arithmetic::default(),
    }
}
