//! A number as Flink writes it.
//!
//! Pure: values in, values out.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scrape::{Read, Unread};
use crate::units::{Timestamp, count_as_f64, f64_as_count};

/// A JSON number, or a string where one should stand: `"NaN"`, `"Infinity"`, `"42013"`; what is
/// missing, `null` or another text is NaN. Above 2^53 the last digits are lost; a timestamp, a
/// size or a count is far below.
#[derive(Clone, Copy, Debug)]
pub struct Number(f64);

// === impl Number ===

impl Number {
    /// As it came, NaN and infinities included.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// A count that must be there.
    ///
    /// # Errors
    /// Malformed, with `what` in the text, where it is none.
    pub fn count(self, what: &str) -> Read<u32> {
        self.short().ok_or_else(|| not_a_count(what))
    }

    /// A count that must be there and may be large.
    ///
    /// # Errors
    /// Malformed, with `what` in the text, where it is none.
    pub fn long_count(self, what: &str) -> Read<u64> {
        self.long().ok_or_else(|| not_a_count(what))
    }

    /// A count; `None` where it is `-1`, NaN, or more than anything that is counted here.
    #[must_use]
    pub fn long(self) -> Option<u64> {
        f64_as_count(self.0)
    }

    /// A count that says nothing when it is 0 or `-1`.
    #[must_use]
    pub fn positive(self) -> Option<u32> {
        self.short().filter(|count| *count > 0)
    }

    /// A count that is 0 where it is not written.
    #[must_use]
    pub fn or_zero(self) -> u32 {
        self.short().unwrap_or(0)
    }

    /// Milliseconds since the epoch; 0 is Flink's "never".
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        self.long()
            .filter(|millis| *millis > 0)
            .map(Timestamp::from_millis)
    }

    /// A total, where Flink says that it is `complete` and it is a number.
    #[must_use]
    pub fn amount(self, complete: bool) -> Option<f64> {
        (complete && self.0.is_finite()).then_some(self.0)
    }

    fn short(self) -> Option<u32> {
        self.long().and_then(|count| u32::try_from(count).ok())
    }
}

impl Default for Number {
    fn default() -> Self {
        Self(f64::NAN)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a text where one should stand")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(count_as_f64(number)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        let size = count_as_f64(number.unsigned_abs());
        Ok(Number(if number < 0 { -size } else { size }))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        Ok(Number(text.parse().unwrap_or(f64::NAN)))
    }

    fn visit_unit<E: Error>(self) -> Result<Number, E> {
        Ok(Number::default())
    }
}

fn not_a_count(what: &str) -> Unread {
    Unread::Malformed(format!("{what} is not a count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_come_as_a_text() {
        let cases = [
            ("1.3014E11", 1.3014e11),
            ("-1", -1.0),
            ("\"42013\"", 42013.0),
            ("\"Infinity\"", f64::INFINITY),
            ("\"-Infinity\"", f64::NEG_INFINITY),
            ("9223372036854775807", 9_223_372_036_854_775_807.0),
        ];
        for (json, number) in cases {
            let read: Number = serde_json::from_str(json).unwrap();
            assert_eq!(read.get(), number, "{json}");
        }
        for json in [
            "\"NaN\"",
            "null",
            "\"false\"",
            "\"DistributionResult{sum=1}\"",
        ] {
            let read: Number = serde_json::from_str(json).unwrap();
            assert!(read.get().is_nan(), "{json}");
        }
    }

    #[test]
    fn what_is_not_a_count_is_none() {
        for number in [-1.0, f64::NAN, f64::INFINITY, 9.3e18] {
            assert_eq!(Number(number).long(), None);
            assert_eq!(Number(number).positive(), None);
            assert_eq!(Number(number).timestamp(), None);
        }
        assert_eq!(Number(0.0).timestamp(), None);
        assert_eq!(Number(12.0).positive(), Some(12));
        assert_eq!(Number(5.0).amount(false), None);
        assert_eq!(Number(f64::NAN).amount(true), None);
    }
}
