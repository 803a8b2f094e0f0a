//! The last six hours in points, one for each tick: what the picture is drawn from.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::observe::Observation;
use crate::outcome::Outcome;
use crate::report::history::keep_newest;
use crate::report::span::Span;
use crate::report::tick::Tick;
use crate::report::totals::Totals;
use crate::units::{Timestamp, Workers, f64_as_f32};

/// What one tick knew, in little memory. What it did not know is `None`, never 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// When the tick ended; the first of them where several are one point.
    pub at: Timestamp,
    /// Workers that the target was last asked for.
    pub workers_asked: Option<Workers>,
    /// Workers that are registered.
    pub workers_present: Option<Workers>,
    /// Workers that the job runs on.
    pub workers_in_use: Option<Workers>,
    /// That of the source that needs longest, in seconds.
    pub backlog_time: Option<f32>,
    /// That of the oldest unread element, as the policy `model` reckons it, in seconds.
    pub delay: Option<f32>,
    /// CPU used over CPU allotted, over all workers.
    pub utilization: Option<f32>,
    /// What happened.
    pub marks: Marks,
}

/// What happened between one tick and the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// The job began to run anew.
    pub restarted: bool,
    /// A checkpoint completed.
    pub checkpointed: bool,
    /// Another number of workers was asked for, by whomever.
    pub rescale_asked: bool,
    /// A change was refused, or failed.
    pub action_failed: bool,
}

/// The points, oldest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Points {
    kept: VecDeque<Point>,
    checkpoint: Option<Timestamp>,
    rescale: Option<Timestamp>,
}

// === impl Point ===

impl Point {
    fn of(at: Timestamp, tick: &Tick<'_>, marks: Marks) -> Self {
        let Observation {
            workers,
            utilization,
            ..
        } = tick.observation;
        let backlog_time = Totals::of(tick.observation).backlog_time;
        let forecast = tick.decision.arithmetic.forecast();
        Self {
            at,
            workers_asked: tick.workers_asked,
            workers_present: workers.present,
            workers_in_use: workers.in_use,
            backlog_time: backlog_time.map(|time| f64_as_f32(time.as_secs_f64())),
            delay: forecast.map(|forecast| f64_as_f32(forecast.now())),
            utilization: utilization.ok().map(|u| f64_as_f32(u.ratio())),
            marks,
        }
    }

    /// The newest workers that are known, the highest of what may be too high, all that happened.
    fn merge(&mut self, newer: &Self) {
        self.workers_asked = newer.workers_asked.or(self.workers_asked);
        self.workers_present = newer.workers_present.or(self.workers_present);
        self.workers_in_use = newer.workers_in_use.or(self.workers_in_use);
        self.backlog_time = highest(self.backlog_time, newer.backlog_time);
        self.delay = highest(self.delay, newer.delay);
        self.utilization = highest(self.utilization, newer.utilization);
        self.marks = self.marks.and(newer.marks);
    }
}

// === impl Marks ===

impl Marks {
    /// The name of each that is set.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let all = [
            (self.restarted, "restarted"),
            (self.checkpointed, "checkpointed"),
            (self.rescale_asked, "rescale_asked"),
            (self.action_failed, "action_failed"),
        ];
        let set = all.into_iter().filter(|(set, _)| *set);
        set.map(|(_, name)| name).collect()
    }

    const fn and(self, other: Self) -> Self {
        Self {
            restarted: self.restarted || other.restarted,
            checkpointed: self.checkpointed || other.checkpointed,
            rescale_asked: self.rescale_asked || other.rescale_asked,
            action_failed: self.action_failed || other.action_failed,
        }
    }
}

// === impl Points ===

impl Points {
    /// A tick that comes sooner after a point belongs to it. Less than the default interval, whose
    /// ticks end a second or two early or late: those stay apart.
    const WIDTH: Duration = Duration::from_secs(8);
    const CAPACITY: usize = 6 * 3600 / 8 + 1;

    /// All the memory that they ever take.
    pub const BYTES: usize = Self::CAPACITY * size_of::<Point>() + size_of::<Self>();

    /// Those within this span before `now`, oldest first, and the one before them, whose lines reach
    /// into it.
    pub fn within(&self, span: Span, now: Timestamp) -> impl Iterator<Item = &Point> + Clone {
        let outside = |point: &Point| now.since(point.at) > span.duration();
        let first = self.kept.partition_point(outside);
        self.kept.range(first.saturating_sub(1)..)
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: &Tick<'_>, restarted: bool) {
        let point = Point::of(now, tick, self.marks(tick, restarted));
        // The clock was set back: what it said before would lie in the future.
        while self.kept.back().is_some_and(|newest| newest.at > now) {
            self.kept.pop_back();
        }
        let too_old = |oldest: &Point| now.since(oldest.at) > Span::SixHours.duration();
        while self.kept.front().is_some_and(too_old) {
            self.kept.pop_front();
        }
        match self.kept.back_mut() {
            Some(newest) if now.since(newest.at) < Self::WIDTH => newest.merge(&point),
            _ => keep_newest(&mut self.kept, Self::CAPACITY, point),
        }
    }

    /// What the first tick finds did not happen in it.
    fn marks(&mut self, tick: &Tick<'_>, restarted: bool) -> Marks {
        let first = self.kept.is_empty();
        let rescale = tick.rescales.last().map(|newest| newest.asked);
        let rescale_asked = !first && rescale > self.rescale;
        self.rescale = self.rescale.max(rescale);
        let checkpoint = tick.observation.checkpoints.last_triggered;
        let checkpointed = self.checkpoint.is_some() && checkpoint > self.checkpoint;
        self.checkpoint = self.checkpoint.max(checkpoint);
        Marks {
            restarted,
            checkpointed,
            rescale_asked,
            action_failed: matches!(
                tick.outcome,
                Outcome::Refused { .. } | Outcome::Failed { .. }
            ),
        }
    }
}

fn highest(one: Option<f32>, other: Option<f32>) -> Option<f32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        _ => one.or(other),
    }
}
