//! Chance, seeded: the same seed gives the same run, on every machine.
//!
//! Pure: values in, values out.

use std::f64::consts::TAU;

use crate::units::count_as_f64;

/// SplitMix64 (Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014):
/// small, fast, and good enough for noise.
#[derive(Clone, Debug)]
pub struct Random(u64);

// === impl Random ===

impl Random {
    /// Two seeds that differ in one bit give streams that have nothing in common.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for one purpose, so that more chance in one place changes no other.
    #[must_use]
    pub fn stream(&self, purpose: u64) -> Self {
        let mut parent = Self(self.0 ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(parent.next())
    }

    /// Uniform from 0 up to, not including, 1.
    pub fn uniform(&mut self) -> f64 {
        count_as_f64(self.next() >> 11) / count_as_f64(1 << 53)
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_chance() {
        let draw = |seed| {
            let mut random = Random::seeded(seed);
            [random.next(), random.next()]
        };
        // The first two of SplitMix64 seeded with 1234567, as published with the algorithm.
        assert_eq!(
            draw(1_234_567),
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_normal_has_mean_nought_and_deviation_one() {
        let mut random = Random::seeded(7);
        let draws: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
