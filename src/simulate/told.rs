//! A simulated run, told for a person or a program.
//!
//! Pure: values in, values out.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::simulate::drawn::drawn;
use crate::simulate::load::{NAMED, Workload};
use crate::simulate::policy;
use crate::simulate::run::{Because, Change, Run};
use crate::simulate::score::Score;
use crate::units::len_as_f64;

/// A run of one policy.
pub struct Told {
    /// Name of the policy.
    pub policy: String,
    /// How it went.
    pub run: Run,
}

/// The workloads and the policies that have a name.
#[must_use]
pub fn names() -> String {
    let mut text = String::from("workloads\n");
    for named in &NAMED {
        one_name(&mut text, named.name, named.meaning);
    }
    text.push_str("\npolicies\n");
    for (name, meaning) in policy::all() {
        one_name(&mut text, name, meaning);
    }
    text
}

fn one_name(text: &mut String, name: &str, meaning: &str) {
    line(text, format_args!("  {name:<20} {meaning}"));
}

/// For a person: what changed and why, then the scores side by side.
#[must_use]
pub fn text(workload: &Workload, seed: u64, runs: &[Told]) -> String {
    let mut text = String::new();
    let hours = len_as_f64(workload.rates.len()) / 3600.0;
    line(
        &mut text,
        format_args!(
            "{} ({hours:.1} h, seed {seed}): {}\n",
            workload.name, workload.meaning
        ),
    );
    for told in runs.iter().filter(|told| !told.run.changes.is_empty()) {
        line(
            &mut text,
            format_args!("{} at hours:minutes:seconds", told.policy),
        );
        for change in &told.run.changes {
            line(&mut text, format_args!("  {}", one_change(change)));
        }
        text.push('\n');
    }
    let named = runs.iter().map(|told| (told.policy.as_str(), &told.run));
    text.push_str(&drawn(workload, named));
    text.push('\n');
    line(
        &mut text,
        format_args!("{:<12} {}", "policy", HEADINGS.join("  ")),
    );
    for told in runs {
        line(
            &mut text,
            format_args!("{:<12} {}", told.policy, columns(told.run.score)),
        );
    }
    text.push_str(
        "\ncost: workers paid over the fluid bound, which is the fewest that could read the load if they \
         could be\ndivided and restarted for nothing. late: share of the time in which the oldest element \
         waits that long.\n",
    );
    text
}

/// For a program.
#[must_use]
pub fn json(workload: &Workload, seed: u64, runs: &[Told]) -> Value {
    json!({
        "workload": workload.name,
        "meaning": workload.meaning,
        "seconds": workload.rates.len(),
        "seed": seed,
        "runs": runs.iter().map(|told| json!({
            "policy": told.policy,
            "score": told.run.score,
            "changes": told.run.changes.iter().map(|change| json!({
                "second": change.second,
                "workers_in_use": change.from,
                "workers": change.to,
                "reason": change.because.reason(),
                "arithmetic": match &change.because {
                    Because::Decided(decision) => json!(decision.arithmetic.lines()),
                    Because::Rival(_) => Value::Null,
                },
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

const HEADINGS: [&str; 9] = [
    "cost",
    "late >60s",
    "late >120s",
    "p99 delay",
    "max delay",
    "restarts/day",
    "paused",
    "replayed",
    "flaps",
];

fn columns(score: Score) -> String {
    format!(
        "{:>4.2}  {:>8.2}%  {:>9.2}%  {:>7.0} s  {:>7.0} s  {:>12.1}  {:>4.0} s  {:>7.1}%  {:>5}",
        score.cost,
        score.late_60 * 100.0,
        score.late_120 * 100.0,
        score.delay_p99,
        score.delay_max,
        score.restarts_per_day,
        score.paused_seconds,
        score.replayed * 100.0,
        score.flaps,
    )
}

/// `01:00:40  2 -> 6  utilization; workers_wanted = 5.5 workers`.
fn one_change(change: &Change) -> String {
    let (hours, minutes, seconds) = (
        change.second / 3600,
        change.second / 60 % 60,
        change.second % 60,
    );
    format!(
        "{hours:02}:{minutes:02}:{seconds:02}  {} -> {}  {}{}",
        change.from,
        change.to,
        change.because.reason(),
        sums(&change.because)
    )
}

fn sums(because: &Because) -> String {
    let Because::Decided(decision) = because else {
        return String::new();
    };
    let lines = decision.arithmetic.lines().iter();
    let wanted =
        lines.filter(|line| ["workers_wanted", "workers_for_utilization"].contains(&line.name));
    wanted.map(|line| format!("; {line}")).collect()
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes every line");
}
