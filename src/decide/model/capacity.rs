//! What so many workers can read: `c * n^alpha`, learned from what they read and how busy they are.
//!
//! Pure: values in, values out.
//!
//! `c` follows what is seen now within minutes; `alpha` is the slope of a line through all sizes that
//! the job has had, in logarithms, and is forgotten over a day; what changes at one size is believed
//! to change at all. Sizes at which the splits are not
//! shared evenly count as what their busiest worker can do.

use std::collections::BTreeMap;

use crate::units::Workers;

/// Measured jobs have 0.80 to 0.93; while nothing better is known, in the middle.
const ALPHA_AT_FIRST: f64 = 0.87;
/// That weighs as much as two sizes a factor of e apart, each seen for this many ticks.
const ALPHA_AT_FIRST_WEIGHT: f64 = 30.0;
const ALPHA_LEAST: f64 = 0.6;
const ALPHA_MOST: f64 = 1.0;
/// A size counts for no more ticks than these, and is forgotten to a third in so many ticks.
const SIZE_TICKS_MOST: f64 = 60.0;
const FORGOTTEN_TICKS: f64 = 8640.0;
/// The newest readings count for a twelfth: two minutes.
const NEWEST: f64 = 1.0 / 12.0;
/// So many readings make a capacity.
const READINGS_FEWEST: u32 = 12;
/// No capacity is known better than this share of it.
const SPREAD_LEAST: f64 = 0.02;

/// The learned curve.
#[derive(Clone, Debug, Default)]
pub(super) struct Capacity {
    /// Logarithm of `c`, and the square of its readings' deviation.
    one: f64,
    variance: f64,
    readings: u32,
    /// Logarithm of the capacity, and how many ticks it was seen for, by size.
    sizes: BTreeMap<u32, (f64, f64)>,
    alpha: Option<f64>,
}

/// How many workers there are, and how evenly the splits are shared among them: 1 where they are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Size {
    pub workers: Workers,
    pub evenly: f64,
}

// === impl Capacity ===

impl Capacity {
    /// A job of this size could read so much per second.
    pub fn take(&mut self, size: Size, capacity: f64) {
        if !(capacity.is_finite() && capacity > 0.0) {
            return;
        }
        self.readings = self.readings.saturating_add(1);
        let each = capacity.ln() - size.evenly.ln();
        self.remember(size.workers, each);
        let one = each - self.alpha() * size.workers.as_f64().ln();
        if self.readings == 1 {
            self.one = one;
            return;
        }
        // The first readings make a mean.
        let newest = NEWEST.max(1.0 / f64::from(self.readings));
        let off = one - self.one;
        self.one += newest * off;
        self.variance += newest * (off * off - self.variance);
    }

    fn remember(&mut self, workers: Workers, each: f64) {
        for (_, ticks) in self.sizes.values_mut() {
            *ticks *= 1.0 - 1.0 / FORGOTTEN_TICKS;
        }
        self.sizes.retain(|_, (_, ticks)| *ticks > 0.1);
        let (mean, ticks) = self.sizes.entry(workers.0).or_insert((each, 0.0));
        *ticks = (*ticks + 1.0).min(SIZE_TICKS_MOST);
        let drift = (each - *mean) * NEWEST.max(1.0 / *ticks);
        *mean += drift;
        // Elements that became dearer did so at every size: what is learned is how sizes differ.
        if *ticks > 1.0 / NEWEST {
            let others = self
                .sizes
                .iter_mut()
                .filter(|(size, _)| **size != workers.0);
            others.for_each(|(_, (mean, _))| *mean += drift);
        }
        let before = self.alpha();
        let fitted = self.fit();
        // Another slope through the same point: what this size can do was not doubted.
        self.one += (before - fitted) * workers.as_f64().ln();
        self.alpha = Some(fitted);
    }

    /// Least squares through the sizes, held by what is believed at first.
    fn fit(&self) -> f64 {
        let weight: f64 = self.sizes.values().map(|(_, ticks)| ticks).sum();
        let sizes = || {
            self.sizes
                .iter()
                .map(|(n, (mean, ticks))| (f64::from(*n).ln(), *mean, *ticks))
        };
        let x = sizes().map(|(x, _, w)| w * x).sum::<f64>() / weight;
        let y = sizes().map(|(_, y, w)| w * y).sum::<f64>() / weight;
        let apart: f64 = sizes().map(|(n, _, w)| w * (n - x) * (n - x)).sum();
        let with: f64 = sizes().map(|(n, c, w)| w * (n - x) * (c - y)).sum();
        let alpha =
            (with + ALPHA_AT_FIRST_WEIGHT * ALPHA_AT_FIRST) / (apart + ALPHA_AT_FIRST_WEIGHT);
        alpha.clamp(ALPHA_LEAST, ALPHA_MOST)
    }

    /// The exponent.
    pub fn alpha(&self) -> f64 {
        self.alpha.unwrap_or(ALPHA_AT_FIRST)
    }

    /// How much of what is enough was seen.
    pub fn known(&self) -> f64 {
        f64::from(self.readings) / f64::from(READINGS_FEWEST)
    }

    /// Enough was seen.
    pub const fn is_known(&self) -> bool {
        self.readings >= READINGS_FEWEST
    }

    /// What a job of this size can read per second.
    pub fn of(&self, size: Size) -> f64 {
        (self.one + self.alpha() * size.workers.as_f64().ln()).exp() * size.evenly
    }

    /// Deviation of a reading, as a share.
    pub fn spread(&self) -> f64 {
        self.variance.sqrt().max(SPREAD_LEAST)
    }

    /// Every size gives the same per worker.
    pub fn add_up(&mut self, workers: Workers) {
        let before = self.alpha();
        self.one += (before - 1.0) * workers.as_f64().ln();
        self.alpha = Some(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(workers: u32) -> Size {
        Size {
            workers: Workers(workers),
            evenly: 1.0,
        }
    }

    /// A job that reads `1000 * n^alpha`, seen at these sizes for ten minutes each.
    fn seen(alpha: f64, sizes: &[u32]) -> Capacity {
        let mut capacity = Capacity::default();
        for workers in sizes {
            for _ in 0..60 {
                capacity.take(size(*workers), 1000.0 * f64::from(*workers).powf(alpha));
            }
        }
        capacity
    }

    #[test]
    fn the_exponent_is_learned_from_the_sizes_that_the_job_has_had() {
        for alpha in [0.7, 0.8, 0.95] {
            let learned = seen(alpha, &[2, 8, 16]).alpha();
            assert!((learned - alpha).abs() < 0.04, "{learned} for {alpha}");
        }
        // One size says nothing of it.
        assert_eq!(seen(0.7, &[4]).alpha(), ALPHA_AT_FIRST);
    }

    #[test]
    fn it_stays_between_what_was_ever_measured() {
        assert!(seen(0.1, &[2, 8, 32]).alpha() >= ALPHA_LEAST);
        assert!(seen(1.8, &[2, 8, 32]).alpha() <= ALPHA_MOST);
    }

    #[test]
    fn elements_that_became_dearer_are_known_within_minutes() {
        let mut capacity = seen(0.87, &[4]);
        for _ in 0..24 {
            capacity.take(size(4), 1000.0 * 4_f64.powf(0.87) / 1.5);
        }
        let off = capacity.of(size(4)) / (1000.0 * 4_f64.powf(0.87) / 1.5);
        assert!((off - 1.0).abs() < 0.06, "{off}");
    }

    #[test]
    fn what_is_no_capacity_teaches_nothing() {
        let mut capacity = seen(0.87, &[4]);
        let before = capacity.of(size(4));
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            capacity.take(size(4), bad);
        }
        assert_eq!(capacity.of(size(4)), before);
    }

    #[test]
    fn splits_that_are_shared_unevenly_slow_the_busiest_worker_down() {
        // 24 splits over 7 workers: one has 4, which is what 6 evenly loaded ones would have.
        let capacity = seen(1.0, &[4, 8]);
        let uneven = Size {
            workers: Workers(7),
            evenly: 24.0 / 28.0,
        };
        let ratio = capacity.of(uneven) / capacity.of(size(6));
        assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
    }
}
