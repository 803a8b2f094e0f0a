//! The few units that everything is counted in, and the only place where a number changes its type.
//!
//! Pure: values in, values out.
//!
//! A value of these types is always finite: what Flink answers as `NaN` or `Infinity` is turned away
//! at the constructor, so that no formula further down has to ask.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

/// A moment: milliseconds since the Unix epoch, as Flink and Kafka give them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

/// A number of TaskManagers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(transparent)]
pub struct Workers(pub u32);

/// CPU seconds used per second over CPU allotted: 1.0 is all that was allotted, more is possible
/// where the container may burst.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize)]
#[serde(transparent)]
pub struct Utilization(f64);

/// What a source's backlog, throughput and growth are counted in. One source uses one of them for
/// all three: bytes of one are never compared with records of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Uncompressed key and value bytes, as Beam counts them.
    Bytes,
    /// Records; Beam's word for them is elements.
    Elements,
}

/// An amount of one [`Unit`], never negative.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize)]
#[serde(transparent)]
pub struct Amount(f64);

/// Change of an [`Amount`] per second; negative where it shrinks.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize)]
#[serde(transparent)]
pub struct Rate(f64);

// === impl Timestamp ===

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this; zero if `earlier` is in fact later (clocks disagree).
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(later)))
    }
}

/// As RFC 3339 in UTC, to the second: `2026-01-31T23:59:59Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The last second of the year 9999; later ones have no such form.
        const LAST: u64 = 253_402_300_799;
        let since_epoch = Duration::from_secs((self.0 / 1000).min(LAST));
        humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch).fmt(f)
    }
}

// === impl Workers ===

impl Workers {
    /// The smallest whole number of workers that does the work of `needed`: the one place where
    /// workers are rounded, and always upward. A millionth is forgiven, because `0.6 * 4.0 / 0.8`
    /// is a little over 3. `None` for NaN; infinity is as many as can be counted.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to u32 first"
    )]
    pub fn rounded_up(needed: f64) -> Option<Self> {
        if needed.is_nan() {
            return None;
        }
        let whole = (needed - 1e-6).ceil();
        Some(Self(whole.clamp(0.0, f64::from(u32::MAX)) as u32))
    }

    /// As a factor in a formula.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }
}

impl fmt::Display for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Utilization ===

impl Utilization {
    /// From a ratio (0.7 is 70 %); `None` unless finite and not negative.
    #[must_use]
    pub fn from_ratio(ratio: f64) -> Option<Self> {
        (ratio.is_finite() && ratio >= 0.0).then_some(Self(ratio))
    }

    /// From a whole percentage, for constants and defaults.
    #[must_use]
    pub const fn from_percent(percent: u8) -> Self {
        Self(percent as f64 / 100.0)
    }

    /// 0.7 for 70 %.
    #[must_use]
    pub const fn ratio(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Utilization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}%", self.0 * 100.0)
    }
}

// === impl Unit ===

impl Unit {
    /// As it stands behind a number.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Elements => "elements",
        }
    }

    /// As it stands behind a rate.
    #[must_use]
    pub const fn per_second(self) -> &'static str {
        match self {
            Self::Bytes => "bytes/s",
            Self::Elements => "elements/s",
        }
    }
}

// === impl Amount ===

impl Amount {
    /// `None` unless finite and not negative.
    #[must_use]
    pub fn new(amount: f64) -> Option<Self> {
        (amount.is_finite() && amount >= 0.0).then_some(Self(amount))
    }

    /// The bare number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

// === impl Rate ===

impl Rate {
    /// Standing still.
    pub const ZERO: Self = Self(0.0);

    /// `None` unless finite.
    #[must_use]
    pub fn per_second(rate: f64) -> Option<Self> {
        rate.is_finite().then_some(Self(rate))
    }

    /// The bare number, per second.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

// === casts ===

/// Milliseconds of a duration, at most `u64::MAX`.
#[must_use]
pub fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A count as a factor in a formula; exact up to 2^53.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of this program stay far below 2^53"
)]
pub const fn count_as_f64(count: u64) -> f64 {
    count as f64
}

/// A length as a factor in a formula; exact up to 2^53.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "lengths of this program stay far below 2^53"
)]
pub const fn len_as_f64(length: usize) -> f64 {
    length as f64
}

/// A count that came as a JSON number with a fraction; `None` unless it is one.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
pub fn f64_as_count(number: f64) -> Option<u64> {
    (number.is_finite() && (0.0..9e15).contains(&number)).then_some(number.round() as u64)
}

/// A number of which 7 digits are enough, in half the memory; one beyond the range is infinite.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is drawn needs no more digits"
)]
pub const fn f64_as_f32(number: f64) -> f32 {
    number as f32
}

/// `Duration::from_secs_f64` that saturates instead of panicking; NaN and negatives are zero.
#[must_use]
pub fn seconds(seconds: f64) -> Duration {
    if seconds.is_nan() || seconds <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_rounded_up_and_nan_is_nobody() {
        let cases = [
            (0.0, Some(0)),
            (0.6 * 4.0 / 0.8, Some(3)),
            (3.01, Some(4)),
            (-5.0, Some(0)),
            (f64::INFINITY, Some(u32::MAX)),
            (f64::NAN, None),
        ];
        for (needed, workers) in cases {
            assert_eq!(
                Workers::rounded_up(needed),
                workers.map(Workers),
                "{needed}"
            );
        }
    }

    #[test]
    fn a_value_that_is_not_finite_is_no_value() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(Amount::new(bad), None);
            assert_eq!(Utilization::from_ratio(bad), None);
        }
        assert_eq!(Rate::per_second(f64::NAN), None);
        assert_eq!(f64_as_count(f64::NAN), None);
        assert_eq!(seconds(f64::INFINITY), Duration::MAX);
        assert_eq!(seconds(f64::NAN), Duration::ZERO);
    }

    #[test]
    fn time_never_runs_backwards() {
        let (early, late) = (Timestamp::from_millis(1_000), Timestamp::from_millis(3_500));
        assert_eq!(late.since(early), Duration::from_millis(2_500));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(
            early + Duration::from_secs(2),
            Timestamp::from_millis(3_000)
        );
    }
}
