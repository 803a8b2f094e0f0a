//! How far off the forecast of the input was: what was foreseen three minutes before against what
//! came.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::Timestamp;

/// About what a scale-up takes until the job reads with it.
const HORIZON: Duration = Duration::from_secs(180);
/// What came is compared with what was foreseen for a moment no farther away than one step.
const NEAR: Duration = Duration::from_secs(10);
/// The newest comparison counts for so much: half an hour.
const NEWEST: f64 = 1.0 / 180.0;
/// So many comparisons tell something: three minutes of them.
const FEWEST: u32 = 18;
/// No more are waited for than Flink's refreshes, at their most frequent, bring until they are due.
const AWAITED_MOST: usize = 180;

/// What is foreseen, and how far off that was.
#[derive(Clone, Debug, Default)]
pub(super) struct ForecastError {
    /// For when, and how much a second; the oldest first.
    awaited: VecDeque<(Timestamp, f64)>,
    compared: u32,
    /// Mean of how far off it was, and mean of what came, per second.
    off: f64,
    came: f64,
}

// === impl ForecastError ===

impl ForecastError {
    /// So much came in at this moment, and `foreseen` gives what will in so many seconds.
    pub fn take(&mut self, at: Timestamp, rate: f64, foreseen: impl Fn(f64) -> f64) {
        let mut due = None;
        while let Some(oldest) = self.awaited.pop_front_if(|(then, _)| *then <= at) {
            due = Some(oldest);
        }
        // What came while the job restarted is not known.
        if let Some((_, foreseen)) = due.filter(|(then, _)| at.since(*then) < NEAR) {
            self.compare(foreseen, rate);
        }
        if self.awaited.len() < AWAITED_MOST {
            let coming = foreseen(HORIZON.as_secs_f64());
            self.awaited.push_back((at + HORIZON, coming));
        }
    }

    fn compare(&mut self, foreseen: f64, came: f64) {
        self.compared = self.compared.saturating_add(1);
        // The first comparisons make a mean.
        let newest = NEWEST.max(1.0 / f64::from(self.compared));
        self.off += newest * ((foreseen - came).abs() - self.off);
        self.came += newest * (came - self.came);
    }

    /// The mean absolute error as a share of the mean rate, over the last half hour (in the field's
    /// words the weighted absolute percentage error); `None` while too little was compared, or where
    /// nothing came in.
    pub fn share(&self) -> Option<f64> {
        (self.compared >= FEWEST && self.came > 0.0).then(|| self.off / self.came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample each 10 s, and always the same foreseen.
    fn after(rates: &[f64], foreseen: f64) -> ForecastError {
        let mut error = ForecastError::default();
        for (rate, second) in rates.iter().zip((0_u64..).step_by(10)) {
            error.take(Timestamp::from_millis(second * 1000), *rate, |_| foreseen);
        }
        error
    }

    #[test]
    fn a_forecast_is_compared_with_what_came_three_minutes_later() {
        // 18 ticks are waited for, 18 more are compared.
        assert_eq!(after(&[100.0; 35], 80.0).share(), None);
        let share = after(&[100.0; 36], 80.0).share().expect("compared");
        assert!((share - 0.2).abs() < 1e-9, "{share}");
        // Too much and too little do not make up for each other: 20 off of 100 on average.
        let share = after(&[80.0, 120.0].repeat(30), 100.0).share();
        assert!((share.expect("compared") - 0.2).abs() < 1e-9, "{share:?}");
    }

    #[test]
    fn what_was_not_seen_to_come_is_not_compared() {
        let mut error = after(&[100.0; 36], 100.0);
        // The job restarts for five minutes; meanwhile all that was foreseen has become due.
        let later = Timestamp::from_millis(350_000 + 300_000);
        error.take(later, 900.0, |_| 100.0);
        assert_eq!(error.share(), Some(0.0));
    }

    #[test]
    fn nothing_that_comes_in_is_no_share_of_anything() {
        assert_eq!(after(&[0.0; 60], 0.0).share(), None);
    }

    #[test]
    fn no_more_is_remembered_than_becomes_due() {
        let mut error = ForecastError::default();
        for millis in 0..10_000 {
            error.take(Timestamp::from_millis(millis * 10), 1.0, |_| 1.0);
        }
        assert_eq!(error.awaited.len(), AWAITED_MOST);
    }
}
