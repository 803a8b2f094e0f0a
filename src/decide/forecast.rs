//! The delay that a policy foresees: what doing nothing leads to, and what another size does.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::units::{Timestamp, Workers, len_as_f64};

/// A delay at each of these moments, from the decision on: a quarter of an hour.
pub const POINTS: usize = 31;

/// What is foreseen, from the moment of the decision on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DelayForecast {
    /// If nothing is done.
    pub stay: Course,
    /// With these workers, if they were asked for at once; `None` where no other size was looked at.
    pub change: Option<(Workers, Course)>,
}

/// The age of the oldest unread element, in seconds, at moments that are [`Course::EVERY`] apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Course {
    /// The delay now and at each moment after it.
    pub delays: [f64; POINTS],
    /// The longest of all that was looked at, between those moments and after them, too.
    pub worst: f64,
}

/// A forecast, and when it was made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Foreseen {
    /// The moment that it counts from.
    pub at: Timestamp,
    /// What was foreseen then.
    pub forecast: DelayForecast,
}

// === impl DelayForecast ===

impl DelayForecast {
    /// The delay at the moment of the decision, in seconds.
    #[must_use]
    pub const fn now(&self) -> f64 {
        self.stay.delays[0]
    }
}

// === impl Course ===

impl Course {
    /// From one moment to the next.
    pub const EVERY: Duration = Duration::from_secs(30);

    /// Nothing is ever late.
    pub(in crate::decide) const ON_TIME: Self = Self {
        delays: [0.0; POINTS],
        worst: 0.0,
    };

    /// Sets the delay at the moment of this number, where that is looked at.
    pub(in crate::decide) fn set(&mut self, moment: usize, delay: f64) {
        if let Some(point) = self.delays.get_mut(moment) {
            *point = delay;
        }
    }

    /// Seconds from the decision on, and the delay then, in seconds.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let every = Self::EVERY.as_secs_f64();
        let delays = self.delays.iter().enumerate();
        delays.map(move |(moment, delay)| (len_as_f64(moment) * every, *delay))
    }
}
