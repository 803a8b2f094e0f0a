//! How numbers are written for people: three digits tell enough, and the unit stands behind.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::Decision;
use crate::observe::Known;
use crate::units::{Rate, Timestamp, Unit, Workers};

/// `4 workers`, `1 worker`.
#[must_use]
pub fn workers(workers: Workers) -> String {
    match workers.0 {
        1 => "1 worker".into(),
        n => format!("{n} workers"),
    }
}

/// `0.4 s`, `42 s`, `12 min 5 s`, `3 h 12 min`, `4 d 2 h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let (millis, seconds) = (duration.as_millis(), duration.as_secs());
    match seconds {
        0..=9 if !millis.is_multiple_of(1000) => format!("{:.1} s", duration.as_secs_f64()),
        0..=119 => format!("{seconds} s"),
        120..=7_199 => pair(seconds / 60, "min", seconds % 60, "s"),
        7_200..=172_799 => pair(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// How long ago something was: `42 s ago`.
#[must_use]
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    format!("{} ago", duration(now.since(then)))
}

/// `512 bytes`, `1.21 GB`, `3.40 k elements`: thousands, not 1024s.
#[must_use]
pub fn amount(amount: f64, unit: Unit) -> String {
    let (short, prefix) = scaled(amount);
    match (unit, prefix) {
        (_, "") => format!("{short} {}", unit.name()),
        (Unit::Bytes, prefix) => format!("{short} {prefix}B"),
        (Unit::Elements, prefix) => format!("{short} {prefix} elements"),
    }
}

/// An amount per second.
#[must_use]
pub fn rate(rate: Rate, unit: Unit) -> String {
    format!("{}/s", amount(rate.get(), unit))
}

/// `83 %`.
#[must_use]
pub fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

/// The value, or why it is not known: `unknown: not_read`.
#[must_use]
pub fn known<T>(known: Known<T>, show: impl Fn(T) -> String) -> String {
    match known {
        Ok(value) => show(value),
        Err(why) => format!("unknown: {why}"),
    }
}

/// The value, or a dash.
#[must_use]
pub fn optional<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".into(), show)
}

/// A name of the program as words: `job_not_running` as `job not running`.
#[must_use]
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A name that somebody else made, at most 80 characters of it: Beam names a vertex after everything
/// that was fused into it.
#[must_use]
pub fn short(name: &str) -> String {
    const LONGEST: usize = 80;
    match name.char_indices().nth(LONGEST) {
        None => name.into(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// The arithmetic's lines in one, behind the sentence where there is one.
#[must_use]
pub fn arithmetic(decision: &Decision) -> String {
    match decision.arithmetic.sentence() {
        Some(sentence) => format!("{sentence} {}", steps(decision)),
        None => steps(decision),
    }
}

/// The arithmetic's lines in one.
#[must_use]
pub fn steps(decision: &Decision) -> String {
    let lines = decision.arithmetic.lines().iter();
    lines
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A moment in UTC, as short as it can be understood at `now`: `23:59:59`, with month and day where
/// that was not today: `01-31 23:59:59`.
#[must_use]
pub fn moment(now: Timestamp, at: Timestamp) -> String {
    let (now, at) = (now.to_string(), at.to_string());
    let date = |text: &str| text.split('T').next().map(str::to_owned);
    let text = at.trim_end_matches('Z').replace('T', " ");
    let (_, short) = if date(&now) == date(&at) {
        text.split_once(' ')
    } else {
        text.split_once('-')
    }
    .unwrap_or(("", &text));
    short.into()
}

/// The time of day in UTC: `23:59`.
#[must_use]
pub fn time_of_day(at: Timestamp) -> String {
    let minutes = at.millis() / 60_000 % (24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn pair(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

fn scaled(amount: f64) -> (String, &'static str) {
    const PREFIXES: [(f64, &str); 5] =
        [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let found = PREFIXES.into_iter().find(|(size, _)| amount.abs() >= *size);
    let (size, prefix) = found.unwrap_or((1.0, ""));
    let number = amount / size;
    let short = match number.abs() {
        small if small < 10.0 && number.fract() != 0.0 => format!("{number:.2}"),
        middle if middle < 100.0 && number.fract() != 0.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    };
    (short, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_their_unit() {
        let bytes = |b| amount(b, Unit::Bytes);
        assert_eq!(bytes(0.0), "0 bytes");
        assert_eq!(bytes(-512.0), "-512 bytes");
        assert_eq!(bytes(1_234_567.0), "1.23 MB");
        assert_eq!(bytes(45_600_000_000.0), "45.6 GB");
        assert_eq!(amount(12_000.0, Unit::Elements), "12 k elements");
        assert_eq!(percent(0.834), "83 %");
    }

    #[test]
    fn a_moment_has_its_day_where_it_was_not_today() {
        // 2026-01-31T23:59:59Z, and two seconds later.
        let at = Timestamp::from_millis(1_769_903_999_000);
        let now = at + Duration::from_secs(2);
        assert_eq!(moment(at, at), "23:59:59");
        assert_eq!(moment(now, at), "01-31 23:59:59");
        assert_eq!(time_of_day(at), "23:59");
        assert_eq!(time_of_day(now), "00:00");
    }

    #[test]
    fn a_name_is_cut_between_letters() {
        assert_eq!(short("orders"), "orders");
        assert_eq!(short(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(short(&"ü".repeat(81)), "ü".repeat(80) + "…");
    }

    #[test]
    fn durations_have_one_or_two_units() {
        let cases = [
            (400, "0.4 s"),
            (42_000, "42 s"),
            (42_900, "42 s"),
            (725_000, "12 min 5 s"),
            (11_520_000, "3 h 12 min"),
            (354_000_000, "4 d 2 h"),
        ];
        for (millis, expected) in cases {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }
}
