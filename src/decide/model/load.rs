//! What comes in: the last hour of it, its level, its noise, its trend, and where it is going.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::decide::model::parts::{Part, Parts};
use crate::observe::slope;
use crate::units::{Timestamp, count_as_f64, len_as_f64};

/// The past and the future are told in steps of so many seconds: no refresh of Flink's is shorter.
pub(super) const STEP: f64 = 10.0;
const STEP_MILLIS: u64 = 10_000;
/// So much is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// The level is the mean over so long, or since it last jumped.
const LEVEL_STEPS: usize = 90;
/// A trend is a line through so much, or since the level last jumped,
const TREND_STEPS: usize = 180;
/// but through no less than this.
const TREND_STEPS_FEWEST: usize = 60;
/// A slope of so many standard errors is one. Neighbouring steps are alike, which makes the
/// textbook's error about a third of the true one.
const TREND_ERRORS: f64 = 6.0;
/// A jump is so many deviations away from the level: upward over two steps, because help takes
/// minutes; downward over two minutes, because nothing is lost by waiting.
const JUMP: f64 = 4.0;
const JUMP_UP_STEPS: usize = 2;
const JUMP_DOWN_STEPS: usize = 12;
/// No load is steadier than this share of its level.
const NOISE_LEAST: f64 = 0.03;
/// What is above or below the level has gone back to it by two thirds within so many seconds.
const REVERTS: f64 = 60.0;
/// No size is enough that could not read what came in within the last so many steps.
const LATELY_STEPS: usize = 60;
/// The noise is forgotten by half in about so many steps.
const NOISE_STEPS: f64 = 120.0;

/// What came in lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    /// The mean rate of each step, without a gap, the newest last.
    steps: VecDeque<f64>,
    newest: Option<Timestamp>,
    /// Steps since the level jumped, upward or downward.
    since_jump: usize,
    /// … and since it jumped downward.
    since_fall: usize,
    /// Square of the deviation from the level.
    variance: f64,
}

/// Where the load is going.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Forecast {
    /// Its level, per second.
    pub level: f64,
    /// What comes in at this moment.
    pub newest: f64,
    /// Change of the level, per second each second; zero where none is significant.
    pub slope: f64,
    /// Deviation from the level.
    pub noise: f64,
}

// === impl Load ===

impl Load {
    /// What came in until `at`, as the newest sample says. What was not seen before it, while the job
    /// restarted, was in between the two that were.
    pub fn take(&mut self, at: Timestamp, rate: f64) {
        let Some(newest) = self.newest else {
            self.newest = Some(at);
            self.push(rate);
            return;
        };
        let since = at.since(newest);
        if since >= REMEMBERED {
            *self = Self::default();
            self.take(at, rate);
            return;
        }
        let steps = since.as_millis() / u128::from(STEP_MILLIS);
        let before = self.steps.back().copied().unwrap_or(rate);
        for step in 1..=steps {
            self.push(if step == steps {
                rate
            } else {
                f64::midpoint(before, rate)
            });
        }
        if steps > 0 {
            let whole = u32::try_from(steps).unwrap_or(u32::MAX);
            self.newest = Some(newest + Duration::from_millis(STEP_MILLIS) * whole);
        }
    }

    fn push(&mut self, rate: f64) {
        let remembered = usize::try_from(REMEMBERED.as_secs() * 1000 / STEP_MILLIS);
        if self.steps.len() >= remembered.unwrap_or(0) {
            self.steps.pop_front();
        }
        self.steps.push_back(rate);
        self.since_jump += 1;
        self.since_fall += 1;
        self.judge();
    }

    /// Whether the level has jumped.
    fn judge(&mut self) {
        let level = self.mean(self.since_jump.min(LEVEL_STEPS));
        let noise = self.noise(level);
        let risen = self.mean(JUMP_UP_STEPS) - level > JUMP * noise;
        let fallen =
            self.since_jump > JUMP_DOWN_STEPS && level - self.mean(JUMP_DOWN_STEPS) > JUMP * noise;
        if risen {
            self.since_jump = 1;
        } else if fallen {
            let half_way = f64::midpoint(level, self.mean(JUMP_UP_STEPS));
            let lower = self.steps.iter().rev().take_while(|rate| **rate < half_way);
            self.since_fall = lower.count().max(1);
            self.since_jump = self.since_fall;
        }
        if risen || fallen {
            return;
        }
        let off = (self.mean(1) - level).abs().min(JUMP * noise);
        self.variance += (off * off - self.variance) / NOISE_STEPS;
    }

    fn noise(&self, level: f64) -> f64 {
        self.variance.sqrt().max(NOISE_LEAST * level)
    }

    /// Mean of the newest steps.
    fn mean(&self, steps: usize) -> f64 {
        let steps = steps.clamp(1, self.steps.len().max(1));
        self.steps.iter().rev().take(steps).sum::<f64>() / len_as_f64(steps)
    }

    /// The mean of the last ten minutes.
    pub fn lately(&self) -> f64 {
        self.mean(LATELY_STEPS)
    }

    /// Seconds that are known.
    pub fn known(&self) -> f64 {
        len_as_f64(self.steps.len()) * STEP
    }

    /// Seconds since the level jumped.
    pub fn since_jump(&self) -> f64 {
        len_as_f64(self.since_jump) * STEP
    }

    /// Seconds since the level fell.
    pub fn since_fall(&self) -> f64 {
        len_as_f64(self.since_fall) * STEP
    }

    /// The rates of so many of the newest steps.
    pub fn past(&self, steps: usize) -> impl Iterator<Item = f64> {
        let skipped = self.steps.len().saturating_sub(steps);
        self.steps.iter().skip(skipped).copied()
    }

    /// It is still jumping up: how far is not clear yet.
    pub fn is_jumping_up(&self) -> bool {
        let mut newest = self.steps.iter().rev();
        let (Some(newest), Some(before)) = (newest.next(), newest.next()) else {
            return false;
        };
        self.since_jump <= 3 && *newest > before * 1.1
    }

    pub fn forecast(&self, parts: Parts) -> Forecast {
        let since = self.since_jump.min(LEVEL_STEPS);
        let mean = self.mean(since);
        let slope = if parts.has(Part::Trend) {
            self.slope().unwrap_or(0.0)
        } else {
            0.0
        };
        // The mean is that of the middle of its steps.
        let level = mean + slope * len_as_f64(since) * STEP / 2.0;
        let noise = self.noise(level);
        Forecast {
            level: level.max(0.0),
            newest: self.mean(JUMP_UP_STEPS.min(self.since_jump)),
            slope,
            noise,
        }
    }

    fn slope(&self) -> Option<f64> {
        let steps = self.since_jump.min(TREND_STEPS).min(self.steps.len());
        if steps < TREND_STEPS_FEWEST {
            return None;
        }
        let points: Vec<(f64, f64)> = self
            .past(steps)
            .zip(0_u64..)
            .map(|(rate, step)| (count_as_f64(step) * STEP, rate))
            .collect();
        let (slope, error) = slope::fit(&points)?;
        (slope.abs() > TREND_ERRORS * error).then_some(slope)
    }
}

// === impl Forecast ===

impl Forecast {
    /// What will come in so many seconds from now: what is above the level goes back to it.
    pub fn at(&self, seconds: f64, trend_lasts: f64) -> f64 {
        let level = self.level + self.slope * seconds.min(trend_lasts);
        let above = (self.newest - self.level) * (-seconds / REVERTS).exp();
        (level + above).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(rates: impl IntoIterator<Item = f64>) -> Load {
        let mut load = Load::default();
        for (rate, step) in rates.into_iter().zip(1..) {
            load.take(Timestamp::from_millis(step * STEP_MILLIS), rate);
        }
        load
    }

    fn steady(rate: f64, steps: usize) -> Vec<f64> {
        vec![rate; steps]
    }

    #[test]
    fn a_jump_is_a_new_level_at_once() {
        let load = loaded([steady(100.0, 60), steady(300.0, 2)].concat());
        assert_eq!(load.forecast(Parts::ALL).level, 300.0);
        assert!(!load.is_jumping_up());
        // Half a step into the jump, how far it goes is not clear.
        assert!(loaded([steady(100.0, 60), vec![200.0]].concat()).is_jumping_up());
    }

    #[test]
    fn noise_is_no_jump_and_goes_back_to_the_level() {
        let noisy = [80.0, 120.0, 100.0, 110.0, 90.0].repeat(60);
        let load = loaded([noisy, steady(130.0, 1)].concat());
        let forecast = load.forecast(Parts::ALL);
        assert!((forecast.level - 100.0).abs() < 2.0, "{forecast:?}");
        assert!(forecast.at(0.0, 0.0) > 105.0);
        assert!((forecast.at(600.0, 0.0) - 100.0).abs() < 2.0);
    }

    #[test]
    fn a_fall_is_counted_from_where_it_began() {
        let load = loaded([steady(300.0, 60), steady(100.0, 40)].concat());
        assert_eq!(load.since_fall(), 400.0);
        assert_eq!(load.forecast(Parts::ALL).level, 100.0);
    }

    #[test]
    fn a_trend_counts_only_where_it_is_one() {
        // 0.1/s more each step of 10 s, from 100/s on: 0.01/s each second.
        let rising = (0_u64..180).map(|step| 100.0 + 0.1 * count_as_f64(step));
        let slope = loaded(rising).forecast(Parts::ALL).slope;
        assert!((slope - 0.01).abs() < 1e-3, "{slope}");
        let noisy = [80.0, 120.0, 100.0, 110.0, 90.0].repeat(36);
        assert_eq!(loaded(noisy).forecast(Parts::ALL).slope, 0.0);
    }

    #[test]
    fn what_was_not_seen_was_in_between() {
        let mut load = loaded(steady(100.0, 10));
        load.take(Timestamp::from_millis(15 * STEP_MILLIS), 200.0);
        let newest: Vec<f64> = load.past(6).collect();
        assert_eq!(newest, [100.0, 150.0, 150.0, 150.0, 150.0, 200.0]);
    }

    #[test]
    fn an_hour_is_remembered_and_no_more() {
        let load = loaded(steady(100.0, 1000));
        assert_eq!(load.known(), 3600.0);
    }
}
