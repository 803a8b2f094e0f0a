//! What a rescale takes: the wait for workers and the pause, measured each time.
//!
//! Pure: values in, values out.

use crate::decide::rescale::{Rescale, Rescales};
use crate::observe::Observation;
use crate::units::Timestamp;

/// What is believed before anything was measured, in seconds: mean and deviation. Phoebe's jobs in
/// Reactive Mode paused for 27 to 40 s; a pod on a node that is there takes about 40 s.
const WAIT_AT_FIRST: (f64, f64) = (60.0, 20.0);
const PAUSE_AT_FIRST: (f64, f64) = (30.0, 8.0);
/// From the asking until the first of them stops the job.
const FIRST_AT_FIRST: (f64, f64) = (45.0, 15.0);
/// Restarts of a scale-up by two or more: Reactive Mode takes each worker as it comes.
const STOPS_AT_FIRST: (f64, f64) = (2.0, 0.5);
/// Workers that come one by one restart the job more often than this.
const ONE_BY_ONE: f64 = 1.5;
/// Of the mean of what was measured lately the newest is a fifth.
const NEWEST: f64 = 0.2;

/// A mean and a deviation, in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Measured {
    pub mean: f64,
    variance: f64,
    pub times: u32,
}

/// What was measured of the rescales until now.
#[derive(Clone, Debug)]
pub(super) struct Restarts {
    /// From the asking until the workers asked for are there.
    pub wait: Measured,
    /// From the asking until the job stops for the first of them.
    pub first: Measured,
    /// How often it stops until all are in use, where there are two or more.
    pub stops: Measured,
    /// In which nothing is read, when workers join,
    pub pause_up: Measured,
    /// and when they leave.
    pub pause_down: Measured,
    /// The job was last seen running at the first, and first seen not running at the second.
    stopped: Option<(Timestamp, Timestamp)>,
    running: Option<Timestamp>,
    /// The rescale that was taken in last, by its asking.
    taken: Option<Timestamp>,
    /// The scale-up by two or more that is followed, by its asking, and how often it has stopped the
    /// job.
    followed: Option<(Timestamp, u32)>,
}

// === impl Measured ===

impl Measured {
    fn at_first((mean, deviation): (f64, f64)) -> Self {
        Self {
            mean,
            variance: deviation * deviation,
            times: 0,
        }
    }

    /// The first measurement takes the place of what was believed, where one is like the next; how
    /// far they lie apart is believed in proportion until there are more.
    fn begin_with(&mut self, seconds: f64) {
        if self.times > 0 || self.mean <= 0.0 {
            self.take(seconds);
            return;
        }
        let ratio = seconds / self.mean;
        self.variance *= ratio * ratio;
        self.mean = seconds;
        self.times = 1;
    }

    fn take(&mut self, seconds: f64) {
        self.times = self.times.saturating_add(1);
        // What was believed counts as one measurement.
        let newest = NEWEST.max(1.0 / f64::from(self.times.saturating_add(1)));
        let off = seconds - self.mean;
        self.mean += newest * off;
        self.variance += newest * (off * off - self.variance);
    }

    /// Standard deviation, in seconds.
    pub fn spread(&self) -> f64 {
        self.variance.sqrt()
    }
}

// === impl Restarts ===

impl Default for Restarts {
    fn default() -> Self {
        Self {
            wait: Measured::at_first(WAIT_AT_FIRST),
            first: Measured::at_first(FIRST_AT_FIRST),
            stops: Measured::at_first(STOPS_AT_FIRST),
            pause_up: Measured::at_first(PAUSE_AT_FIRST),
            pause_down: Measured::at_first(PAUSE_AT_FIRST),
            stopped: None,
            running: None,
            taken: None,
            followed: None,
        }
    }
}

impl Restarts {
    /// Looks at the job, and at the rescale that goes on.
    pub fn follow(&mut self, now: Timestamp, observation: &Observation, rescales: &Rescales) {
        let Some(since) = observation.running_since else {
            if let Some(last) = self.running.take() {
                self.stopped = Some((last, now));
            }
            return;
        };
        let restarted = self.stopped.take().or_else(|| {
            // A pause between two ticks: the job was not seen to stop.
            self.running
                .filter(|last| since > *last)
                .map(|last| (last, since))
        });
        self.running = Some(now);
        let newest = rescales.newest().filter(|rescale| rescale.is_ours());
        if let (Some((last_seen, missed)), Some(rescale)) = (restarted, newest)
            && since >= rescale.asked
            && rescale.restarted.is_none_or(|it| it == since)
        {
            // It stopped at some moment between the two.
            let stopped = last_seen.max(rescale.asked);
            let seconds =
                since.since(stopped).as_secs_f64() - missed.since(stopped).as_secs_f64() / 2.0;
            self.pause_of(rescale).begin_with(seconds.max(0.0));
            self.stopped_at(stopped, rescale);
        }
        if let Some(rescale) = newest
            && rescale.to > rescale.from
            && self.taken != Some(rescale.asked)
            && let Some(there) = rescale.workers_there
        {
            self.taken = Some(rescale.asked);
            self.wait.take(there.since(rescale.asked).as_secs_f64());
        }
    }

    /// Workers that are asked for together come one by one more often than not.
    pub fn come_one_by_one(&self) -> bool {
        self.stops.mean > ONE_BY_ONE
    }

    fn stopped_at(&mut self, stopped: Timestamp, rescale: &Rescale) {
        if rescale.to.0 < rescale.from.0.saturating_add(2) {
            return;
        }
        let before = self.followed.filter(|(asked, _)| *asked == rescale.asked);
        if before.is_none() {
            self.first.take(stopped.since(rescale.asked).as_secs_f64());
        }
        let stops = before.map_or(1, |(_, stops)| stops.saturating_add(1));
        self.followed = Some((rescale.asked, stops));
        if rescale.restarted.is_some() {
            self.stops.take(f64::from(stops));
        }
    }

    fn pause_of(&mut self, rescale: &Rescale) -> &mut Measured {
        if rescale.to > rescale.from {
            &mut self.pause_up
        } else {
            &mut self.pause_down
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 0.01, "{value} is not {expected}");
    }

    #[test]
    fn the_first_pause_takes_the_place_of_what_was_believed() {
        let mut pause = Measured::at_first((30.0, 8.0));
        pause.begin_with(3.0);
        near(pause.mean, 3.0);
        near(pause.spread(), 0.8);
        // The second counts for a third: 3 + (6 - 3) / 3.
        pause.begin_with(6.0);
        near(pause.mean, 4.0);
    }

    #[test]
    fn a_wait_that_may_be_one_of_two_kinds_is_held_by_what_was_believed() {
        let mut wait = Measured::at_first((60.0, 20.0));
        wait.take(120.0);
        near(wait.mean, 90.0);
    }
}
