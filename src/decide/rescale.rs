//! One rescale at a time, followed from the asking until the job has settled.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::Trigger;
use crate::observe::Observation;
use crate::units::{Timestamp, Workers};

/// So many are remembered.
const REMEMBERED: usize = 32;
/// A TaskManager that died is listed until its heartbeat times out (Flink's default is 50 s), next
/// to the one that replaces it: one more than asked for is believed after that, or once Flink
/// uses it.
const SURELY_REGISTERED: Duration = Duration::from_secs(60);

/// The rescales, the newest last, and the number of workers that was asked for last.
#[derive(Clone, Debug, Default)]
pub struct Rescales {
    all: Vec<Rescale>,
    workers_asked: Option<Workers>,
    pending_since: Option<Timestamp>,
    pending: bool,
}

/// A change of the number of workers, with the moment at which each phase was seen to end.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescale {
    /// Workers in use before.
    pub from: Workers,
    /// Workers asked for.
    pub to: Workers,
    /// Who asked, and why.
    pub by: Author,
    /// The name under which somebody else wrote it, where the target tells: at most 128 bytes.
    pub manager: Option<String>,
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
    /// When it ended.
    pub ended: Option<Timestamp>,
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

// === impl Rescales ===

impl Rescales {
    /// All that are remembered, the newest last.
    #[must_use]
    pub fn all(&self) -> &[Rescale] {
        &self.all
    }

    /// The newest, gone through or not.
    #[must_use]
    pub fn newest(&self) -> Option<&Rescale> {
        self.all.last()
    }

    /// The number of workers that was asked for last, by us or by somebody else.
    #[must_use]
    pub const fn workers_asked(&self) -> Option<Workers> {
        self.workers_asked
    }

    /// Workers are missing, or there and not used yet, and it is too early to accept that.
    #[must_use]
    pub const fn workers_pending(&self) -> bool {
        self.pending
    }

    /// A change begins.
    pub fn begin(&mut self, asked: Timestamp, from: Workers, to: Workers, by: Author) {
        if let Some(open) = self.all.last_mut().filter(|newest| newest.end.is_none()) {
            open.finish(asked, End::Overtaken);
        }
        if self.all.len() == REMEMBERED {
            self.all.remove(0);
        }
        self.all.push(Rescale {
            from,
            to,
            by,
            manager: None,
            asked,
            workers_there: None,
            restarted: None,
            checkpointed: None,
            caught_up: None,
            end: None,
            ended: None,
        });
        self.workers_asked = Some(to);
        self.pending_since = None;
        self.pending = false;
    }

    /// Somebody else's number was found at the target. Their change may have shown in the workers
    /// before; the target tells who it was.
    pub fn changed(
        &mut self,
        now: Timestamp,
        from: Workers,
        found: Workers,
        manager: Option<&str>,
    ) {
        if self.workers_asked != Some(found) {
            self.begin(now, from, found, Author::SomebodyElse);
        }
        if let Some(newest) = self.all.last_mut()
            && newest.by == Author::SomebodyElse
            && newest.to == found
        {
            newest.manager = manager.map(Into::into).or(newest.manager.take());
        }
    }

    /// Takes in what was observed: phases that ended, workers that are missing, changes that
    /// somebody else made. `present` are the workers that count as there, `timeout` is
    /// `RESCALE_TIMEOUT`, `caught_up_at` `BACKLOG_TIME_LOW`.
    pub fn follow(
        &mut self,
        now: Timestamp,
        observation: &Observation,
        present: Option<Workers>,
        timeout: Duration,
        caught_up_at: Duration,
    ) {
        if let Some(open) = self.all.last_mut().filter(|newest| newest.end.is_none()) {
            open.advance(now, observation, present, timeout, caught_up_at);
            if let Some(End::Accepted(workers)) = open.end {
                self.workers_asked = Some(workers);
            }
            if open.is_coming_through() {
                return;
            }
        }
        let (Some(present), Some(in_use)) = (present, observation.workers.in_use) else {
            return;
        };
        let asked = *self.workers_asked.get_or_insert(present);
        let usable = observation.workers.usable.unwrap_or(in_use);
        if present == asked && in_use >= asked.min(usable) {
            self.pending_since = None;
            self.pending = false;
            return;
        }
        let pending_for = now.since(*self.pending_since.get_or_insert(now));
        let patience = if present > asked {
            SURELY_REGISTERED
        } else {
            timeout
        };
        if present > asked && (in_use == present || pending_for >= patience) {
            self.begin(now, in_use.min(asked), present, Author::SomebodyElse);
        } else if present < asked && pending_for >= patience {
            self.begin(now, asked, present, Author::SomebodyElse);
            if let Some(newest) = self.all.last_mut() {
                newest.finish(now, End::Accepted(present));
            }
        } else {
            self.pending = pending_for < patience;
        }
    }
}

// === impl Rescale ===

impl Rescale {
    /// The workers that were accepted in place of those asked for.
    #[must_use]
    pub const fn accepted(&self) -> Option<Workers> {
        match self.end {
            Some(End::Accepted(workers)) => Some(workers),
            _ => None,
        }
    }

    /// Asked for, and the job does not run on the workers yet.
    #[must_use]
    pub const fn is_coming_through(&self) -> bool {
        self.end.is_none() && self.restarted.is_none()
    }

    /// Asked for by us.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self.by, Author::Outrider(_))
    }

    /// The cooldown counts from here where nothing restarted: a change that came to nothing is not
    /// asked for again at once, nor one that somebody else put back before it began.
    #[must_use]
    pub const fn without_a_restart(&self) -> Option<Timestamp> {
        match (self.end, self.by) {
            (Some(End::Accepted(_)), _) => self.ended,
            (_, Author::SomebodyElse) => Some(self.asked),
            _ => None,
        }
    }

    fn advance(
        &mut self,
        now: Timestamp,
        observation: &Observation,
        present: Option<Workers>,
        timeout: Duration,
        caught_up_at: Duration,
    ) {
        let workers = observation.workers;
        if present == Some(self.to) {
            self.workers_there.get_or_insert(now);
        }
        let usable = workers.usable.unwrap_or(self.to);
        if let Some(since) = observation.running_since
            && since > self.asked
            && workers.in_use == Some(self.to.min(usable))
        {
            self.restarted.get_or_insert(since);
        }
        // What somebody else changed was seen only after Flink had restarted the job.
        if !self.is_ours() && workers.in_use == Some(self.to) {
            self.restarted = self.restarted.or(observation.running_since);
        }
        if self.restarted.is_some() && observation.checkpoints.completed_since_resume {
            self.checkpointed.get_or_insert(now);
        }
        let caught_up = !observation.warming_up
            && observation
                .sources
                .iter()
                .all(|source| source.backlog_time.is_ok_and(|time| time <= caught_up_at));
        if self.checkpointed.is_some() && caught_up {
            self.caught_up = Some(now);
            self.finish(now, End::Settled);
        } else if now.since(self.restarted.unwrap_or(self.asked)) > timeout {
            self.finish(
                now,
                match self.restarted {
                    Some(_) => End::Settled,
                    None => End::Accepted(present.or(workers.in_use).unwrap_or(self.from)),
                },
            );
        }
    }

    fn finish(&mut self, now: Timestamp, end: End) {
        self.end = Some(end);
        self.ended = Some(now);
    }
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
