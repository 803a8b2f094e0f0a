//! What came in yesterday, and on the same day last week, in the hour that is coming: used while its
//! shape foretells better than what is seen now.
//!
//! Pure: values in, values out.
//!
//! What came in is remembered for a week. A season says: as much as a period ago, times how the last
//! hour compares with the same hour then. Each time it is judged half an hour later, beside what level
//! and trend had said, and beside the mean of the last hour: a season that is only steadier than a
//! trend, and not alike, is none.

use std::collections::VecDeque;

use crate::units::{Timestamp, count_as_f64, len_as_f64};

/// Ten minutes are remembered by their mean.
const BUCKET_MILLIS: u64 = 600_000;
/// A day and a week, in buckets, and what they are called.
const PERIODS: [(usize, &str); 2] = [(144, "yesterday"), (1008, "a week ago")];
/// So many buckets are compared, an hour,
const COMPARED: usize = 6;
/// and so many are looked forward to: workers are asked for to last.
const COMING: usize = 6;
/// The longest period, and the hour before it.
const REMEMBERED: usize = PERIODS[1].0 + COMPARED;
/// It is judged by the bucket so many after the one that has just begun, whose middle is so far away.
const JUDGED: usize = 2;
pub(super) const JUDGED_SECONDS: f64 = 1500.0;
/// Errors are forgotten to a third within so many buckets: half a day.
const FORGOTTEN: f64 = 72.0;
/// So many errors, six hours of them, are enough to judge by.
const TIMES_FEWEST: u32 = 36;
/// A season is used while its error is less than this share of the others'.
const BETTER: f64 = 0.8;

/// What is remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Season {
    /// The mean rate of each bucket, without a gap, the newest last.
    buckets: VecDeque<f64>,
    /// The bucket that is being filled, its number since the epoch; what came, and how often.
    filling: u64,
    sum: f64,
    samples: u64,
    /// What is not judged yet, oldest first.
    said: VecDeque<Said>,
    judged: [Judged; 2],
}

/// What was said of a bucket.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Said {
    seasons: [Option<f64>; 2],
    /// By level and trend; by the mean of the last hour.
    without: [f64; 2],
}

/// Mean errors of the same moments, per second.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Judged {
    season: f64,
    without: [f64; 2],
    times: u32,
}

/// What a season says of the hour that is coming.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Coming {
    /// The highest rate, with the season's own error taken off: no more than that is sure.
    pub rate: f64,
    /// Which season.
    pub as_when: &'static str,
}

// === impl Season ===

impl Season {
    /// What came in until `at`; `as_now` is what level and trend say of
    /// `JUDGED_SECONDS` from then.
    pub fn take(&mut self, at: Timestamp, rate: f64, as_now: f64) {
        let bucket = at.millis() / BUCKET_MILLIS;
        if self.samples > 0 && bucket > self.filling {
            let mean = self.sum / count_as_f64(self.samples);
            let completed = usize::try_from(bucket - self.filling).unwrap_or(usize::MAX);
            self.complete(mean, completed);
            self.say(as_now);
            (self.sum, self.samples) = (0.0, 0);
        }
        self.filling = bucket;
        self.sum += rate;
        self.samples += 1;
    }

    /// Buckets of which only the first was seen: the others were as that one.
    fn complete(&mut self, mean: f64, completed: usize) {
        if completed > PERIODS[0].0 {
            *self = Self::default();
            return;
        }
        if completed > 1 {
            self.said.clear();
        }
        if self.said.len() > JUDGED
            && let Some(said) = self.said.pop_front()
        {
            for (judged, season) in self.judged.iter_mut().zip(said.seasons) {
                let error = |said: f64| (said - mean).abs();
                if let Some(season) = season {
                    judged.take(error(season), said.without.map(error));
                }
            }
        }
        self.buckets.extend(std::iter::repeat_n(mean, completed));
        let too_many = self.buckets.len().saturating_sub(REMEMBERED);
        self.buckets.drain(..too_many);
    }

    fn say(&mut self, as_now: f64) {
        let hour = self.buckets.iter().rev().take(COMPARED);
        let mean = hour.sum::<f64>() / len_as_f64(COMPARED);
        self.said.push_back(Said {
            seasons: PERIODS
                .map(|(period, _)| Some(self.compared(period)? * self.ago(period, JUDGED)?)),
            without: [as_now, mean],
        });
    }

    /// A period before the bucket that is so many after the one that is being filled.
    fn ago(&self, period: usize, after: usize) -> Option<f64> {
        let place = (self.buckets.len() + after).checked_sub(period)?;
        self.buckets.get(place).copied()
    }

    /// The last hour over the same hour a period ago.
    fn compared(&self, period: usize) -> Option<f64> {
        let then = self.buckets.len().checked_sub(period + COMPARED)?;
        let sum = |from: usize| self.buckets.iter().skip(from).take(COMPARED).sum::<f64>();
        let (then, now) = (sum(then), sum(then + period));
        (then > 0.0).then(|| now / then)
    }

    /// What is coming, by the season that has foretold best, where one has foretold better than what
    /// is seen now.
    pub fn coming(&self) -> Option<Coming> {
        let (place, judged) = self
            .judged
            .iter()
            .enumerate()
            .filter(|(_, judged)| judged.share() < BETTER)
            .min_by(|(_, a), (_, b)| a.share().total_cmp(&b.share()))?;
        let (period, as_when) = PERIODS[place];
        let rates = (1..=COMING).filter_map(|after| self.ago(period, after));
        Some(Coming {
            rate: self.compared(period)? * rates.fold(0.0, f64::max) - judged.season,
            as_when,
        })
    }
}

// === impl Judged ===

impl Judged {
    fn take(&mut self, season: f64, without: [f64; 2]) {
        self.times = self.times.saturating_add(1);
        let newest = (1.0 / FORGOTTEN).max(1.0 / f64::from(self.times));
        self.season += newest * (season - self.season);
        for (mean, error) in self.without.iter_mut().zip(without) {
            *mean += newest * (error - *mean);
        }
    }

    /// Its error as a share of the others'; 1 until that is known.
    fn share(self) -> f64 {
        let without = self.without[0].min(self.without[1]);
        if self.times < TIMES_FEWEST || without <= 0.0 {
            return 1.0;
        }
        self.season / without
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::model::TREND_LASTS;
    use crate::decide::model::load::Load;
    use crate::decide::model::parts::Parts;

    const DAY: u64 = 144;

    /// A season that has seen so many buckets, two samples of each; rates by bucket.
    fn seen(buckets: u64, rate: impl Fn(u64) -> f64) -> Season {
        let (mut season, mut load) = (Season::default(), Load::default());
        for half in 0..2 * buckets {
            let at = Timestamp::from_millis(half * BUCKET_MILLIS / 2);
            let rate = rate(half / 2);
            load.take(at, rate);
            let as_now = load.forecast(Parts::ALL).at(JUDGED_SECONDS, TREND_LASTS);
            season.take(at, rate, as_now);
        }
        season
    }

    /// Four hours of each day are three times as busy as the others, which begin at `from`.
    fn busy_from(from: u64, bucket: u64) -> f64 {
        if (from..from + 24).contains(&(bucket % DAY)) {
            3000.0
        } else {
            1000.0
        }
    }

    #[test]
    fn a_rise_of_yesterday_is_seen_coming_within_the_hour() {
        // The third day, 50 minutes before its rise, and 70.
        let before = |buckets: u64| seen(2 * DAY + 100 - buckets, |bucket| busy_from(100, bucket));
        let coming = before(5).coming().expect("a season");
        assert_eq!(coming.as_when, "yesterday");
        assert!((coming.rate - 3000.0).abs() < 150.0, "{coming:?}");
        let coming = before(7).coming().expect("a season");
        assert!((coming.rate - 1000.0).abs() < 150.0, "{coming:?}");
    }

    #[test]
    fn a_busier_day_is_expected_to_be_busier_throughout() {
        let rate = |bucket| busy_from(100, bucket) * if bucket < 2 * DAY { 1.0 } else { 1.5 };
        let coming = seen(2 * DAY + 95, rate).coming().expect("a season");
        assert!((coming.rate - 4500.0).abs() < 150.0, "{coming:?}");
    }

    #[test]
    fn a_day_and_six_hours_have_to_be_seen_first() {
        let of = |buckets| seen(buckets, |bucket| busy_from(bucket % 2 * 60, bucket)).coming();
        assert_eq!(of(DAY + 36), None);
        let alike = |buckets| seen(buckets, |bucket| 1000.0 * count_as_f64(1 + bucket % 12 / 6));
        assert_eq!(alike(DAY + 41).coming(), None);
        assert!(alike(DAY + 48).coming().is_some());
    }

    #[test]
    fn days_that_are_not_alike_are_no_season() {
        // Each day the busy hours are somewhere else.
        let rate = |bucket: u64| busy_from(bucket / DAY * 61 % 120, bucket);
        for buckets in (2 * DAY..6 * DAY).step_by(48) {
            assert_eq!(seen(buckets, rate).coming(), None, "{buckets}");
        }
    }

    #[test]
    fn a_load_that_is_best_foretold_by_its_last_hour_has_no_season() {
        // Jumps up and down within the hour: a trend goes wrong, and yesterday's shape says no more
        // than the mean.
        let rate = |bucket: u64| {
            if bucket * bucket % 7 < 3 {
                1000.0
            } else {
                1400.0
            }
        };
        assert_eq!(seen(3 * DAY, rate).coming(), None);
    }

    #[test]
    fn a_weekend_is_foretold_by_the_last_one() {
        let rate = |bucket: u64| {
            let weekend = bucket / DAY % 7 >= 5;
            busy_from(if weekend { 40 } else { 100 }, bucket)
        };
        let sunday_morning = (7 + 6) * DAY + 36;
        let coming = seen(sunday_morning, rate).coming().expect("a season");
        assert!((coming.rate - 3000.0).abs() < 300.0, "{coming:?}");
    }

    #[test]
    fn a_week_is_remembered_and_a_day_unseen_forgets_it() {
        let mut season = seen(10 * DAY, |bucket| busy_from(100, bucket));
        assert_eq!(season.buckets.len(), REMEMBERED);
        let later = Timestamp::from_millis((12 * DAY) * BUCKET_MILLIS);
        season.take(later, 1000.0, 1000.0);
        assert_eq!((season.buckets.len(), season.coming()), (0, None));
    }
}
