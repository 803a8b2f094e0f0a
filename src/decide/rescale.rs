//! One rescale at a time, followed from the asking until the job has settled.
//!
//! Pure: values in, values out.

use crate::decide::Trigger;
use crate::units::{Timestamp, Workers};

/// A change of the number of workers, with the moment at which each phase was seen to end.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescale {
    /// Workers in use before.
    pub from: Workers,
    /// Workers asked for.
    pub to: Workers,
    /// Who asked, and why.
    pub by: Author,
    /// When the target took the number, or when the change of somebody else was seen.
    pub asked: Timestamp,
    /// As many TaskManagers are registered as were asked for.
    pub workers_there: Option<Timestamp>,
    /// Flink runs the job on them: `timestamps.RUNNING` of the new execution.
    pub restarted: Option<Timestamp>,
    /// A checkpoint that was triggered after the restart has completed.
    pub checkpointed: Option<Timestamp>,
    /// The backlog that the restart made is gone.
    pub caught_up: Option<Timestamp>,
    /// How it ended; `None` while it goes on.
    pub end: Option<End>,
}

/// Who changed the number of workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Author {
    /// We, for this reason.
    Outrider(Trigger),
    /// Somebody else, or a TaskManager that was lost.
    SomebodyElse,
}

/// How a rescale ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The job runs on the workers asked for, has a checkpoint and has caught up.
    Settled,
    /// Not all workers came, or the job did not restart, within the time allowed: what is there is
    /// accepted.
    Accepted(Workers),
    /// Another change began before this one was through.
    Overtaken,
}

// === impl Author ===

impl Author {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outrider(trigger) => trigger.name(),
            Self::SomebodyElse => "external_change",
        }
    }
}

// === impl End ===

impl End {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Accepted(_) => "accepted",
            Self::Overtaken => "overtaken",
        }
    }
}
