//! What is compared of a run, calculated from its rows; the same for the recorded and the simulated.
//!
//! Pure: values in, values out.

use crate::simulate::against::recorded::{Recorded, Row};
use crate::units::{count_as_f64, len_as_f64};

/// A job that is so many seconds behind is behind.
const BEHIND_SECONDS: f64 = 10.0;
/// A backlog is drained when it is this share of what it was at its highest.
const DRAINED: f64 = 0.1;
/// What a failure adds to the delay is seen within so many seconds.
const FAILURE_SEEN: u64 = 150;

/// The quantities and their units, in the order of [`quantities`].
pub const NAMES: [(&str, &str); 10] = [
    ("backlog peak", "elements"),
    ("drain time", "s"),
    ("pause", "s"),
    ("delay peak", "s"),
    ("delay, mean", "s"),
    ("behind", "s"),
    ("delay after a failure", "s"),
    ("throughput while behind", "elements/s"),
    ("utilization while behind", "%"),
    ("utilization while caught up", "%"),
];

/// The quantities of a run; `None` where it does not tell. Whether the job is behind is looked up in
/// the `recorded` rows, so that utilization is compared over the same time.
#[must_use]
pub fn quantities(run: &Recorded, recorded: &[Row]) -> [Option<f64>; 10] {
    let rows = &run.rows;
    let backlogs = backlogs(rows);
    let delays = || rows.iter().filter_map(|row| row.delay);
    let used = |behind: bool| {
        let pairs = rows.iter().zip(recorded);
        let then = pairs.filter(|(_, recorded)| is_behind(recorded) == Some(behind));
        mean(then.filter_map(|(row, _)| row.utilization)).map(|share| share * 100.0)
    };
    let behind = rows.iter().filter(|row| is_behind(row) == Some(true));
    [
        backlogs
            .iter()
            .map(|(_, backlog)| *backlog)
            .reduce(f64::max),
        drain_time(&backlogs),
        run.paused,
        delays().reduce(f64::max),
        mean(delays()),
        delays().next().map(|_| seconds_behind(rows)),
        after_a_failure(rows, &run.failures),
        mean(behind.filter_map(|row| row.throughput)),
        used(true),
        used(false),
    ]
}

/// Whether the job was more than ten seconds behind.
pub fn is_behind(row: &Row) -> Option<bool> {
    let from_backlog = row.backlog.map(|backlog| backlog / row.offered.max(1.0));
    let delay = row.delay.or(from_backlog)?;
    Some(delay > BEHIND_SECONDS)
}

/// The backlog, second by second where it was recorded. Where the delay was recorded instead: what
/// came in within the delay, which is what waits if elements are read in the order of their coming.
fn backlogs(rows: &[Row]) -> Vec<(u64, f64)> {
    let mut backlogs = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let from_delay = row.delay.map(|delay| came_in(&rows[..=at], delay));
        if let Some(backlog) = row.backlog.or(from_delay) {
            backlogs.push((row.second, backlog));
        }
    }
    backlogs
}

/// What came in within so many seconds before the last row.
fn came_in(rows: &[Row], seconds: f64) -> f64 {
    let mut left = seconds;
    let mut came = 0.0;
    for pair in rows.windows(2).rev() {
        let step = count_as_f64(pair[1].second - pair[0].second).min(left);
        came += pair[0].offered * step;
        left -= step;
        if left <= 0.0 {
            break;
        }
    }
    came
}

/// From the highest backlog until a tenth of it is left.
fn drain_time(backlogs: &[(u64, f64)]) -> Option<f64> {
    let highest = backlogs
        .iter()
        .copied()
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let after = backlogs.iter().filter(|(second, _)| *second > highest.0);
    let drained = after
        .clone()
        .find(|(_, left)| *left <= DRAINED * highest.1)?;
    Some(count_as_f64(drained.0 - highest.0))
}

fn seconds_behind(rows: &[Row]) -> f64 {
    let behind = |pair: &&[Row]| is_behind(&pair[0]) == Some(true);
    let step = |pair: &[Row]| count_as_f64(pair[1].second - pair[0].second);
    rows.windows(2).filter(behind).map(step).sum()
}

/// The median of what the delay rises to after a failure that met a job that had caught up.
fn after_a_failure(rows: &[Row], failures: &[u64]) -> Option<f64> {
    let peak = |failure: &u64| {
        let before = rows.iter().rev().find(|row| row.second <= *failure)?;
        before.delay.filter(|delay| *delay < BEHIND_SECONDS)?;
        let seen = (*failure..*failure + FAILURE_SEEN).clone();
        let after = rows.iter().filter(|row| seen.contains(&row.second));
        after.filter_map(|row| row.delay).reduce(f64::max)
    };
    let mut peaks: Vec<f64> = failures.iter().filter_map(peak).collect();
    peaks.sort_by(f64::total_cmp);
    peaks.get(peaks.len() / 2).copied()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / len_as_f64(values.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: u64, offered: f64, delay: f64) -> Row {
        Row {
            second,
            offered,
            workers: 1,
            backlog: None,
            delay: Some(delay),
            throughput: None,
            utilization: None,
        }
    }

    #[test]
    fn what_waits_is_what_came_in_within_the_delay() {
        let rows = [
            row(0, 100.0, 0.0),
            row(10, 200.0, 1.0),
            row(20, 300.0, 2.0),
            row(30, 400.0, 0.0),
            row(40, 0.0, 25.0),
        ];
        let backlogs = backlogs(&rows);
        // 10 s of 400/s, 10 s of 300/s, 5 s of 200/s.
        assert_eq!(backlogs[4], (40, 8000.0));
        // 1 s of 100/s, 2 s of 200/s.
        assert_eq!((backlogs[1].1, backlogs[2].1), (100.0, 400.0));
        assert_eq!(seconds_behind(&rows), 0.0);
        assert_eq!(seconds_behind(&[rows[4], row(47, 0.0, 0.0)]), 7.0);
    }

    #[test]
    fn a_failure_that_meets_a_job_that_is_late_already_tells_nothing() {
        let rows = [
            row(0, 1.0, 1.0),
            row(10, 1.0, 40.0),
            row(20, 1.0, 30.0),
            row(300, 1.0, 2.0),
            row(310, 1.0, 60.0),
            row(600, 1.0, 2.0),
            row(610, 1.0, 50.0),
        ];
        // Those at 5 s, 300 s and 600 s rise to 40, 60 and 50 s; that at 15 s finds 40 s.
        let after = after_a_failure(&rows, &[5, 15, 300, 600]);
        assert_eq!(after, Some(50.0));
        assert_eq!(after_a_failure(&rows, &[15]), None);
    }
}
