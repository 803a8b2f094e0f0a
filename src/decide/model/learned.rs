//! What is learned from tick to tick; nothing of it is configured.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::decide::bound;
use crate::decide::model::TREND_LASTS;
use crate::decide::model::capacity::{Capacity, Size};
use crate::decide::model::effect::Effect;
use crate::decide::model::forecast_error::ForecastError;
use crate::decide::model::gain::Gains;
use crate::decide::model::load::Load;
use crate::decide::model::parts::{Part, Parts};
use crate::decide::model::restart::Restarts;
use crate::decide::model::season::{self, Season};
use crate::decide::model::seen::Seen;
use crate::decide::rescale::Rescales;
use crate::observe::Observation;
use crate::units::{Timestamp, Unit};

/// The warm-up after a restart costs as much as a pause of so many seconds.
pub(super) const WARM_UP_LOSS: f64 = 9.0;
/// A worker uses so much of its CPU without reading anything. Where it is more, the capacity looks
/// smaller than it is, which errs on the safe side.
const IDLE: f64 = 0.05;
/// Below this the CPU of an idle worker is too large a part of it to be taken off.
const UTILIZATION_LEAST: f64 = 0.3;
/// Behind and busier than this, the workers read what they can.
const SATURATED: f64 = 0.85;
/// The newest utilization counts for a twelfth.
const NEWEST: f64 = 1.0 / 12.0;
/// The windows of throughput and utilization are of the new level so many seconds after a jump.
const LEVEL_AGE: f64 = 80.0;

/// Another unit that stays for so long is the job's from then on.
const OTHER_UNIT: Duration = Duration::from_secs(600);
/// So many rescales within an hour are enough: from then on workers are only added.
const RESCALES_ENOUGH: usize = 4;
/// In which rescales are counted.
const HOUR: Duration = Duration::from_secs(3600);

/// What the model knows of this job.
#[derive(Clone, Debug)]
pub struct Learned {
    pub(super) parts: Parts,
    pub(super) load: Load,
    pub(super) season: Season,
    pub(super) capacity: Capacity,
    pub(super) restarts: Restarts,
    pub(super) effect: Effect,
    pub(super) forecast_error: ForecastError,
    pub(super) gains: Gains,
    /// Utilization of workers that read all they can: 1, or less where they wait for something that
    /// more workers do not wait for longer.
    utilization_full: f64,
    /// When our rescales of the last hour were asked for, oldest first.
    asked: VecDeque<Timestamp>,
    unit: Option<Unit>,
    other_unit_since: Option<Timestamp>,
    sampled: Option<Timestamp>,
}

// === impl Learned ===

impl Learned {
    /// Nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            load: Load::default(),
            season: Season::default(),
            capacity: Capacity::default(),
            restarts: Restarts::default(),
            effect: Effect::default(),
            forecast_error: ForecastError::default(),
            gains: Gains::default(),
            utilization_full: 1.0,
            asked: VecDeque::new(),
            unit: None,
            other_unit_since: None,
            sampled: None,
        }
    }

    /// Learns from what is observed now.
    pub fn learn(&mut self, now: Timestamp, observation: &Observation, rescales: &Rescales) {
        self.count(now, rescales);
        if self.parts.has(Part::Measured) {
            self.restarts.follow(now, observation, rescales);
        }
        let Some(seen) = Seen::of(now, observation) else {
            return;
        };
        if !self.is_of_this_unit(now, &seen) {
            return;
        }
        if self.sampled.is_some_and(|sampled| sampled >= seen.sampled) {
            return;
        }
        self.sampled = Some(seen.sampled);
        self.load.take(seen.sampled, seen.input);
        let forecast = self.load.forecast(self.parts);
        self.forecast_error
            .take(seen.sampled, seen.input, |seconds| {
                forecast.at(seconds, TREND_LASTS)
            });
        let as_now = forecast.at(season::JUDGED_SECONDS, TREND_LASTS);
        self.season.take(seen.sampled, seen.input, as_now);
        let size = |workers| Size {
            workers,
            evenly: bound::evenly(observation, workers),
        };
        let capacity = &self.capacity;
        self.gains.follow(rescales, |from, to| {
            capacity.of(size(to)) / capacity.of(size(from))
        });
        if self.capacity.is_known() && seen.throughput > self.capacity.of(size(seen.workers)) {
            // Whoever reads so much can.
            self.capacity.take(size(seen.workers), seen.throughput);
        }
        if !seen.settled {
            return;
        }
        self.learn_capacity(now, observation, &seen);
        let each = self.each(observation, &seen);
        let capacity = &self.capacity;
        let expected = |from| capacity.of(size(seen.workers)) / capacity.of(size(from));
        self.effect.follow(now, &seen, rescales, each, expected);
    }

    /// A backlog that is not known in bytes for a moment is told in elements meanwhile. That is let
    /// pass; only where it stays, all is learned anew.
    fn is_of_this_unit(&mut self, now: Timestamp, seen: &Seen) -> bool {
        let unit = *self.unit.get_or_insert(seen.unit);
        if unit == seen.unit {
            self.other_unit_since = None;
            return true;
        }
        let since = *self.other_unit_since.get_or_insert(now);
        if now.since(since) >= OTHER_UNIT {
            *self = Self::new(self.parts);
        }
        false
    }

    fn count(&mut self, now: Timestamp, rescales: &Rescales) {
        let newest = rescales.newest().filter(|it| it.is_ours());
        if let Some(newest) = newest
            && self.asked.back() != Some(&newest.asked)
        {
            self.asked.push_back(newest.asked);
        }
        self.asked.retain(|asked| now.since(*asked) < HOUR);
    }

    /// So many rescales within an hour are enough: until one of them is older, no worker is taken away.
    pub(in crate::decide) fn calm_at(&self) -> Option<Timestamp> {
        let over = self.asked.len().checked_sub(RESCALES_ENOUGH)?;
        Some(*self.asked.get(over)? + HOUR)
    }

    /// Behind, the workers read what they can, and have so much of the CPU while they do; else they
    /// could read more in proportion.
    fn learn_capacity(&mut self, now: Timestamp, observation: &Observation, seen: &Seen) {
        let Some(utilization) = seen.utilization else {
            return;
        };
        let size = Size {
            workers: seen.workers,
            evenly: bound::evenly(observation, seen.workers),
        };
        let utilization = utilization.min(1.0);
        if seen.behind {
            let each = self.each(observation, seen);
            let read_all_they_can =
                self.effect.behind_for_long(now) && self.effect.held_up(now, seen, each).is_none();
            if utilization >= SATURATED || read_all_they_can {
                self.utilization_full += (utilization - self.utilization_full) * NEWEST;
                self.take_capacity(size, seen.throughput);
            }
        } else if utilization >= UTILIZATION_LEAST && self.load.since_jump() >= LEVEL_AGE {
            let full = (self.utilization_full - IDLE) / (utilization - IDLE);
            self.take_capacity(size, seen.throughput * full.max(1.0));
        }
        if !self.parts.has(Part::Alpha) {
            self.capacity.add_up(seen.workers);
        }
    }

    fn take_capacity(&mut self, size: Size, capacity: f64) {
        self.capacity.take(size, capacity);
        self.gains.take(size.workers, capacity);
    }

    /// What is read, per worker of a job of one.
    pub(super) fn each(&self, observation: &Observation, seen: &Seen) -> f64 {
        let evenly = bound::evenly(observation, seen.workers);
        seen.throughput / (seen.workers.as_f64().powf(self.capacity.alpha()) * evenly)
    }

    /// Enough to decide by what is seen.
    pub(super) fn is_enough(&self, seen: &Seen) -> bool {
        self.unit == Some(seen.unit) && self.capacity.is_known() && self.load.known() > 0.0
    }

    /// How much of that is there.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.capacity.known().min(1.0)
    }
}
