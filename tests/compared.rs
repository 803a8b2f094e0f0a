//! What `tests/rig/compare` makes of what it has taken down, on paper; and that its page says what the
//! recorded runs say.

#[path = "support/ran.rs"]
mod ran;
#[path = "support/truth.rs"]
mod truth;

use std::fs;

use crate::ran::{Ran, Second, TOTALS};
use crate::truth::Truth;

const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads");

/// Two partitions, 10 records/s each, a look each quarter of a second from 1000 ms on; `position`
/// gives how many are finished at a look.
fn truth(looks: u64, position: impl Fn(u64, u64) -> u64) -> Truth {
    let look = |n: u64| {
        let (at, end) = (1000 + n * 250, n * 10 / 4);
        let position = position(n, end);
        format!(r#"{{"t":{at},"end":[{end},{end}],"position":[{position},{position}]}}"#)
    };
    let lines: Vec<String> = (0..looks).map(look).collect();
    Truth::read(&lines.join("\n"))
}

#[test]
fn the_oldest_record_that_is_not_finished_gives_the_delay() {
    // Twenty are finished. The next one had come in at look 9, which is 31 quarters of a second ago
    // at look 40, when 100 have come in.
    let truth = truth(60, |_, end| end.min(20));
    assert_eq!(truth.delay(1000 + 40 * 250), 7.75);
    assert_eq!(truth.backlog(1000 + 40 * 250), 2 * 80);
    assert_eq!(truth.delay(1000), 0.0);
}

#[test]
fn a_restart_is_as_long_as_its_partitions_stand_still_and_reads_again_what_they_go_back_by() {
    // From look 20 on nothing moves; it runs again at look 26, and at look 28 each partition has gone
    // back by 20 records.
    let truth = truth(80, |n, end| match n {
        0..20 => end,
        20..28 => 47,
        _ => end - 43,
    });
    let stop = truth.stop(1000 + 26 * 250).expect("a stop");
    assert_eq!((stop.from, stop.to), (1000 + 19 * 250, 1000 + 28 * 250));
    assert_eq!(stop.seconds, 9.0 * 0.25);
    let finished = truth.finished(1000, 1000 + 40 * 250);
    // From 47 back to 70 - 43 = 27.
    assert_eq!(finished.again, 2 * 20);
    // 47 before, then from 27 to 57.
    assert_eq!(finished.records, 2 * (47 + 30));
}

#[test]
fn the_page_says_what_the_recorded_runs_say() {
    let page = fs::read_to_string(format!("{PAYLOADS}/compare.md")).expect("the page");
    for (policy, column) in [("rule", 2), ("model", 4)] {
        let totals = recorded(policy).totals();
        for (name, total) in TOTALS.iter().zip(totals).take(6) {
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| {name} |")));
            let row = row.unwrap_or_else(|| panic!("the page has no row {name}"));
            let said = row.split('|').nth(column).expect("a column").trim();
            let said: f64 = said.parse().expect("a number");
            assert!(
                (said - total).abs() <= 0.5,
                "{policy}, {name}: {said} is {total}"
            );
        }
    }
}

fn recorded(policy: &str) -> Ran {
    let text = fs::read_to_string(format!("{PAYLOADS}/compare/{policy}.csv")).expect("a run");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = |name: &str| {
        header
            .iter()
            .position(|column| *column == name)
            .expect("a column")
    };
    let (latency, paid) = (place("latency_ms"), place("workers_paid"));
    let second = |line: &str| {
        let number = |place: usize| -> f64 {
            line.split(',')
                .nth(place)
                .expect("a field")
                .parse()
                .expect("a number")
        };
        Second {
            delay: number(latency) / 1000.0,
            paid: number(paid),
        }
    };
    Ran {
        seconds: lines.map(second).collect(),
        ..Ran::default()
    }
}
