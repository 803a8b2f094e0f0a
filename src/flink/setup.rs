//! What Flink's configuration says of restarts and rescales.
//!
//! Pure: values in, values out.
//!
//! `/jobmanager/config` lists only what was set, so the defaults of each version stand here.

use std::time::Duration;

use crate::flink::wire::ConfigEntry;
use crate::scrape::{Setup, TaskManager};
use crate::units::seconds;

const ADAPTIVE: &str = "jobmanager.adaptive-scheduler.";

/// Default of `scaling-interval.min` and of `executing.cooldown-after-rescaling`.
const COOLDOWN: Duration = Duration::from_secs(30);

/// Default of `executing.resource-stabilization-timeout`.
const STABILIZATION: Duration = Duration::from_secs(60);

/// Puts together what was read of job and cluster. `flink_version` is as `/overview` has it.
#[must_use]
pub fn setup(
    flink_version: &str,
    config: &[ConfigEntry],
    checkpoint_interval: Option<Duration>,
    taskmanagers: Vec<TaskManager>,
) -> Setup {
    let mode = value(config, "scheduler-mode").unwrap_or_default();
    Setup {
        checkpoint_interval,
        reactive: mode.eq_ignore_ascii_case("reactive"),
        restarts: restarts(config, checkpoint_interval.is_some()),
        rescale_gate: rescale_gate(version(flink_version), config),
        taskmanagers,
    }
}

/// A job whose restart strategy is none is lost at its first failure, and Flink treats a
/// TaskManager that leaves as one. Where nothing is configured Flink restarts jobs that have
/// checkpoints, and only those.
fn restarts(config: &[ConfigEntry], checkpointing: bool) -> bool {
    // `restart-strategy` up to 1.19, still read later; `restart-strategy.type` from 1.20.
    let strategy =
        value(config, "restart-strategy.type").or_else(|| value(config, "restart-strategy"));
    match strategy {
        None => checkpointing,
        Some(strategy) => !["none", "off", "disable"]
            .iter()
            .any(|no| strategy.eq_ignore_ascii_case(no)),
    }
}

/// How long Flink waits after one rescale before the next: not at all up to 1.18, 30 s of cooldown
/// from 1.19, and in 2.x another 60 s for resources to settle, which Reactive Mode does not waive.
fn rescale_gate(version: (u32, u32), config: &[ConfigEntry]) -> Duration {
    let duration_of = |name: &str| {
        let key = format!("{ADAPTIVE}{name}");
        value(config, &key).and_then(duration)
    };
    if version < (1, 19) {
        return Duration::ZERO;
    }
    let before_2 = duration_of("scaling-interval.min");
    if version < (2, 0) {
        return before_2.unwrap_or(COOLDOWN);
    }
    let cooldown = duration_of("executing.cooldown-after-rescaling").or(before_2);
    let stabilization = duration_of("executing.resource-stabilization-timeout");
    cooldown
        .unwrap_or(COOLDOWN)
        .saturating_add(stabilization.unwrap_or(STABILIZATION))
}

fn value<'a>(config: &'a [ConfigEntry], key: &str) -> Option<&'a str> {
    let entry = config.iter().find(|entry| entry.key == key)?;
    Some(entry.value.trim())
}

/// Major and minor of `1.20.0`, `2.0-SNAPSHOT` and the like; of anything else, the version that
/// waits longest.
fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split(['.', '-']).map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (u32::MAX, 0),
    }
}

/// A duration as Flink's configuration has it: `30 s`, `PT30S`, `1 min`, or bare milliseconds.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(iso) = text.strip_prefix("pt") {
        return iso_duration(iso);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    scaled(number, unit.trim())
}

/// What stands behind `PT`: hours, minutes and seconds, each at most once.
fn iso_duration(mut text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    while let Some(end) = text.find(['h', 'm', 's']) {
        let (number, rest) = text.split_at(end);
        let (unit, rest) = rest.split_at(1);
        let unit = if unit == "m" { "min" } else { unit };
        total = total.checked_add(scaled(number, unit)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

fn scaled(number: &str, unit: &str) -> Option<Duration> {
    let unit_seconds = match unit {
        "d" | "day" | "days" => 86_400.0,
        "h" | "hour" | "hours" => 3_600.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1e-3,
        "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1e-6,
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1e-9,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Some(seconds(number * unit_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entries = &'static [(&'static str, &'static str)];

    fn config(entries: Entries) -> Vec<ConfigEntry> {
        let entry = |(key, value): &(&str, &str)| ConfigEntry {
            key: (*key).into(),
            value: (*value).into(),
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn durations_are_read_as_flink_reads_them() {
        let cases = [
            ("30 s", Some(30.0)),
            ("30s", Some(30.0)),
            ("PT30S", Some(30.0)),
            ("PT1H2M3.5S", Some(3_723.5)),
            ("30000", Some(30.0)),
            ("1 min", Some(60.0)),
            ("1 d", Some(86_400.0)),
            ("250 ms", Some(0.25)),
            ("0", Some(0.0)),
            ("soon", None),
            ("", None),
            ("-5 s", None),
            ("PT5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text), expected.map(seconds), "{text}");
        }
    }

    #[test]
    fn each_version_has_its_own_wait_after_a_rescale() {
        const OLD: &str = "jobmanager.adaptive-scheduler.scaling-interval.min";
        const COOLDOWN: &str = "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling";
        const SETTLE: &str =
            "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout";
        let cases: [(&str, Entries, f64); 9] = [
            ("1.13.6", &[], 0.0),
            ("1.18.1", &[(OLD, "45 s")], 0.0),
            ("1.19.3", &[], 30.0),
            ("1.20.0", &[(OLD, "PT45S")], 45.0),
            ("1.20-SNAPSHOT", &[(OLD, "soon")], 30.0),
            ("2.1.0", &[], 90.0),
            ("2.3.0", &[(OLD, "5000"), (SETTLE, "0")], 5.0),
            ("2.3.0", &[(COOLDOWN, "10 s"), (OLD, "5 s")], 70.0),
            ("", &[], 90.0),
        ];
        for (flink_version, entries, gate) in cases {
            let gate_of = rescale_gate(version(flink_version), &config(entries));
            assert_eq!(gate_of, seconds(gate), "{flink_version} {entries:?}");
        }
    }

    #[test]
    fn a_job_restarts_unless_it_is_told_not_to_or_has_no_checkpoints() {
        let cases: [(Entries, bool, bool); 7] = [
            (&[], true, true),
            (&[], false, false),
            (&[("restart-strategy.type", "fixed-delay")], false, true),
            (&[("restart-strategy.type", "none")], true, false),
            (&[("restart-strategy", "off")], true, false),
            (&[("restart-strategy", "Disable")], true, false),
            (&[("restart-strategy", "exponential-delay")], true, true),
        ];
        for (entries, checkpointing, expected) in cases {
            assert_eq!(restarts(&config(entries), checkpointing), expected);
        }
    }

    #[test]
    fn reactive_mode_is_written_in_any_case() {
        let reactive = |entries| setup("1.20.0", &config(entries), None, Vec::new()).reactive;
        assert!(reactive(&[("scheduler-mode", "REACTIVE")]));
        assert!(!reactive(&[("scheduler-mode", "")]));
        assert!(!reactive(&[]));
    }
}
