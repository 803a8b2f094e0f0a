//! The executions of the job: each restart begins a new one.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::observe::JobSeen;
use crate::report::history::{clipped, keep_newest};
use crate::report::tick::Tick;
use crate::units::{Timestamp, Workers};

/// From one restart of the job to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    /// `timestamps.RUNNING`, as Flink says.
    pub running_since: Timestamp,
    /// When it was last seen to run with all of its tasks; `None` while it never was.
    pub seen_running: Option<Timestamp>,
    /// The workers that it ran on then.
    pub workers_in_use: Option<Workers>,
    /// What ended the one before.
    pub began: Beginning,
    /// From when the one before was last seen to run until this one did: the restart paused the job
    /// for at most as long, and for less than that by up to a tick.
    pub paused_at_most: Option<Duration>,
}

/// What an execution began with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// It ran already, or it is the first that was seen.
    FirstSeen,
    /// A change of the number of workers, whoever asked for it.
    Rescale {
        /// Workers before.
        from: Workers,
        /// Workers asked for.
        to: Workers,
    },
    /// A restart that nobody asked for here: a failure, most often.
    Restart,
    /// The cluster runs another job now.
    AnotherJob,
}

/// The last executions, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Executions {
    kept: VecDeque<Execution>,
    job: String,
}

// === impl Beginning ===

impl Beginning {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::Rescale { .. } => "rescale",
            Self::Restart => "restart",
            Self::AnotherJob => "another_job",
        }
    }
}

// === impl Executions ===

impl Executions {
    const CAPACITY: usize = 64;
    /// Flink's own ids have 32.
    const JOB_BYTES: usize = 64;

    /// All the memory that they ever take.
    pub const BYTES: usize =
        Self::CAPACITY * size_of::<Execution>() + size_of::<Self>() + Self::JOB_BYTES;

    /// Oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Execution> {
        self.kept.iter()
    }

    /// True where this tick saw a new execution follow on another.
    pub(super) fn tick(&mut self, tick: &Tick<'_>) -> bool {
        let seen = tick.observation;
        let (JobSeen::One { id, .. }, Some(running_since)) = (&seen.job, seen.running_since) else {
            return false;
        };
        let newest = self.kept.back().map(|newest| newest.running_since);
        if newest != Some(running_since) {
            self.begin(running_since, &clipped(id, Self::JOB_BYTES));
        }
        let Some(newest_execution) = self.kept.back_mut() else {
            return false;
        };
        if seen.workers.in_use.is_some() {
            newest_execution.seen_running = Some(seen.at);
            newest_execution.workers_in_use = seen.workers.in_use;
        }
        // Told a tick or more later: a rescale counts as through when all tasks run.
        if let Some(rescale) = tick.rescales.last()
            && rescale.restarted == Some(running_since)
        {
            newest_execution.began = Beginning::Rescale {
                from: rescale.from,
                to: rescale.to,
            };
        }
        newest.is_some_and(|newest| newest != running_since)
    }

    fn begin(&mut self, running_since: Timestamp, job: &str) {
        let began = match self.kept.back() {
            None => Beginning::FirstSeen,
            Some(_) if self.job != job => Beginning::AnotherJob,
            Some(_) => Beginning::Restart,
        };
        let last_seen = self
            .kept
            .iter()
            .rev()
            .find_map(|before| before.seen_running);
        let begun = Execution {
            running_since,
            seen_running: None,
            workers_in_use: None,
            began,
            paused_at_most: last_seen.map(|last_seen| running_since.since(last_seen)),
        };
        self.job = job.into();
        keep_newest(&mut self.kept, Self::CAPACITY, begun);
    }
}
