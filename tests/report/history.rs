//! What is remembered: points, executions, changes, failures, and how little of it.

use std::time::Duration;

use expect_test::expect;
use outrider::decide::HoldReason;
use outrider::decide::rescale::Rescale;
use outrider::observe::JobSeen;
use outrider::outcome::Outcome;
use outrider::report::history::History;
use outrider::report::history::changes::Change;
use outrider::report::history::executions::Execution;
use outrider::report::history::failures::Failure;
use outrider::report::history::points::{Marks, Point};
use outrider::report::span::Span;
use outrider::report::status::Status;
use outrider::units::{Timestamp, Utilization, Workers};

use crate::evening::{END, at, evening, told};
use crate::situations::{Situation, active, after, hold, scale_to, silent};

#[test]
fn ticks_of_the_default_interval_each_have_a_point_for_six_hours() {
    let points = points(&evening());
    // 6 h / 10.25 s = 2107.3: tick 0 and 2107 more.
    assert_eq!(points.len(), 2_108);
    assert_eq!(points[0].at, after(0));
    // A tick is a second or two early or late, because Flink was quick or slow to answer.
    let early_and_late = [0, 10, 19, 29, 41].map(at);
    assert_eq!(points_of(early_and_late).len(), 5);
}

#[test]
fn what_is_older_than_six_hours_is_forgotten() {
    let six_hours = 6 * 3_600;
    let points = points_of([0, 100, six_hours + 50].map(at));
    let times: Vec<_> = points.iter().map(|point| point.at).collect();
    assert_eq!(times, [after(100), after(six_hours + 50)]);
}

#[test]
fn ticks_of_a_second_are_merged_and_what_stands_out_is_kept() {
    let mut high = at(3);
    high.observation.utilization = Ok(Utilization::from_percent(99));
    high.outcome = Outcome::Refused { why: "no".into() };
    high.observation.sources[0].backlog_time = Ok(Duration::from_secs(500));
    let mut more = at(5);
    more.workers_asked = Some(Workers(9));
    let mut dark = silent();
    dark.observation.at = after(7);
    let points = points_of([at(0), high, more, dark, at(8)]);
    let times: Vec<_> = points.iter().map(|point| point.at).collect();
    assert_eq!(times, [after(0), after(8)]);
    assert_eq!(points[0].utilization, Some(0.99));
    assert_eq!(points[0].backlog_time, Some(500.0));
    assert_eq!(points[0].workers_asked, Some(Workers(9)));
    assert_eq!(points[0].marks.names(), ["action_failed"]);
    assert_eq!(points[1].marks, Marks::default());
}

#[test]
fn what_a_tick_does_not_know_is_no_number() {
    let mut dark = silent();
    dark.observation.at = after(10);
    let [_, point] = points_of([at(0), dark])[..] else {
        panic!("two ticks");
    };
    assert_eq!(
        point,
        Point {
            at: after(10),
            workers_asked: None,
            workers_present: None,
            workers_in_use: None,
            backlog_time: None,
            delay: None,
            utilization: None,
            marks: Marks::default(),
        }
    );
}

#[test]
fn a_clock_that_was_set_back_leaves_no_point_in_the_future() {
    let times = points_of([at(0), at(500), at(100)]).into_iter();
    let times: Vec<_> = times.map(|point| point.at).collect();
    assert_eq!(times, [after(0), after(100)]);
}

#[test]
fn a_decision_that_goes_to_and_fro_is_told_once_and_counted() {
    let flipping = (0..200).map(|n| {
        let reason = match n % 2 {
            0 => HoldReason::CatchingUp,
            _ => HoldReason::Cooldown,
        };
        deciding(n * 10, reason)
    });
    let status = told(
        &active(),
        [deciding(0, HoldReason::Steady)]
            .into_iter()
            .chain(flipping),
    );
    check_changes(
        &status,
        "steady 1: 0 to 0, catching_up 100: 0 to 1980, cooldown 100: 10 to 1990",
    );
}

#[test]
fn the_same_decision_much_later_is_another_change() {
    use HoldReason::{CatchingUp, Steady};
    // Steady until 10; catching up until 130 is 120 s later, until 131 it is more.
    let until = |last| {
        let steps = [(0, Steady), (10, Steady), (20, CatchingUp), (last, Steady)];
        told(&active(), steps.map(|(at, reason)| deciding(at, reason)))
    };
    check_changes(&until(130), "catching_up 1: 20 to 20, steady 2: 0 to 130");
    check_changes(
        &until(131),
        "steady 1: 0 to 10, catching_up 1: 20 to 20, steady 1: 131 to 131",
    );
}

#[test]
fn the_same_decision_on_other_workers_is_another_change() {
    use HoldReason::{RescaleInProgress, WarmingUp};
    let on = |seconds, reason, workers| {
        let mut step = deciding(seconds, reason);
        step.observation.workers.in_use = Some(Workers(workers));
        step
    };
    let status = told(
        &active(),
        [
            on(0, WarmingUp, 2),
            on(10, RescaleInProgress, 2),
            on(20, WarmingUp, 5),
        ],
    );
    check_changes(
        &status,
        "warming_up 1: 0 to 0, rescale_in_progress 1: 10 to 10, warming_up 1: 20 to 20",
    );
}

#[test]
fn a_change_of_the_workers_is_told_at_its_own_time() {
    let scaling = |seconds| {
        let mut scaling = at(seconds);
        scaling.decision = scale_to(6);
        scaling.decision.at = after(seconds);
        scaling.outcome = Outcome::Asked {
            from: None,
            to: Workers(6),
        };
        scaling
    };
    let holding = |seconds| deciding(seconds, HoldReason::Steady);
    let status = told(
        &active(),
        [scaling(0), holding(10), scaling(20), holding(30)],
    );
    check_changes(
        &status,
        "backlog_time 1: 0 to 0, backlog_time 1: 20 to 20, steady 2: 10 to 30",
    );
}

#[test]
fn a_decision_that_is_refused_and_then_taken_are_two_changes() {
    let asking = |seconds, outcome: &Outcome| {
        let mut asking = at(seconds);
        asking.decision = scale_to(6);
        asking.decision.at = after(seconds);
        asking.outcome = outcome.clone();
        asking
    };
    let refused = Outcome::Refused { why: "no".into() };
    let taken = Outcome::Asked {
        from: None,
        to: Workers(6),
    };
    let story = [
        asking(0, &refused),
        asking(30, &refused),
        asking(60, &taken),
    ];
    check_changes(
        &told(&active(), story),
        "backlog_time 1: 0 to 30, backlog_time 1: 60 to 60",
    );
}

#[test]
fn each_execution_tells_what_ended_the_one_before_and_for_how_long_it_paused() {
    let status = evening();
    let executions = status.history.executions.all().map(|execution| {
        format!(
            "{} on {}: {}, paused {:?}",
            execution.running_since,
            execution.workers_in_use.unwrap(),
            execution.began.name(),
            execution.paused_at_most
        )
    });
    // The first pause begins at 12:50:40; the last tick before it was at 12:50:34, and the job runs
    // again since 12:51:00: 26 s at most.
    expect![[r#"
        2026-01-31T12:00:00Z on 2: first_seen, paused None
        2026-01-31T12:51:00Z on 6: rescale, paused Some(26s)
        2026-01-31T13:23:40Z on 6: restart, paused Some(29s)
        2026-01-31T14:30:40Z on 2: rescale, paused Some(31s)
        2026-01-31T15:51:00Z on 6: rescale, paused Some(23s)
        2026-01-31T16:23:40Z on 6: restart, paused Some(25s)
        2026-01-31T17:30:40Z on 2: rescale, paused Some(27s)"#]]
    .assert_eq(&executions.collect::<Vec<_>>().join("\n"));
}

#[test]
fn another_job_in_the_same_cluster_is_another_execution() {
    let mut other = at(10);
    other.observation.running_since = Some(after(9));
    if let JobSeen::One { id, .. } = &mut other.observation.job {
        *id = "another".into();
    }
    let status = told(&active(), [at(0), other]);
    let began: Vec<_> = status
        .history
        .executions
        .all()
        .map(|e| e.began.name())
        .collect();
    assert_eq!(began, ["first_seen", "another_job"]);
}

#[test]
fn a_failure_that_comes_again_and_again_is_told_once_and_counted() {
    let refused = |seconds, why: &str| {
        let mut refused = at(seconds);
        refused.decision = scale_to(6);
        refused.outcome = Outcome::Refused { why: why.into() };
        refused
    };
    let story = [
        refused(0, "no"),
        refused(30, "no"),
        at(60),
        refused(90, "no"),
        refused(120, "never"),
        refused(420, "never"),
        refused(721, "never"),
    ];
    let status = told(&active(), story);
    let failures = status.history.failures.all().map(|failure| {
        let Failure {
            at,
            last,
            times,
            why,
            ..
        } = failure;
        format!("{times} × {why}: {} to {}", seconds(*at), seconds(*last))
    });
    let failures: Vec<_> = failures.collect();
    assert_eq!(
        failures,
        [
            "3 × no: 0 to 90",
            "2 × never: 120 to 420",
            "1 × never: 721 to 721"
        ]
    );
}

#[test]
fn all_that_is_remembered_takes_less_memory_than_it_says() {
    let long = "ü".repeat(5_000);
    let status = told(
        &active(),
        (0..6 * 3_600).map(|seconds| {
            let mut now = at(seconds);
            now.observation.running_since = Some(after(seconds));
            now.decision = scale_to(u32::try_from(5 + seconds % 50).unwrap());
            now.decision.at = after(seconds);
            now.decision.arithmetic.reads("a", 1.0, "s");
            now.decision
                .arithmetic
                .calculates("b", long.clone(), 1.0, "s");
            now.outcome = Outcome::Refused {
                why: format!("{seconds}{long}"),
            };
            now
        }),
    );
    let history = &status.history;
    let points = points(&status).len() * size_of::<Point>();
    let executions = history.executions.all().count() * size_of::<Execution>();
    let changes = history.changes.all().map(|change| {
        let Outcome::Refused { why } = &change.outcome else {
            panic!("refused at every tick");
        };
        size_of::<Change>() + change.arithmetic.capacity() + why.capacity()
    });
    let failures = history.failures.all();
    let failures = failures.map(|failure| size_of::<Failure>() + failure.why.capacity());
    let rescales = 32 * size_of::<Rescale>();
    let all = points + executions + rescales + changes.sum::<usize>() + failures.sum::<usize>();
    assert!(
        all <= History::BYTES && all > History::BYTES * 9 / 10,
        "{all} of {} bytes",
        History::BYTES
    );
    // What `history.rs` says.
    assert_eq!(History::BYTES.div_ceil(1024), 541);
}

fn deciding(seconds: u64, reason: HoldReason) -> Situation {
    let mut now = at(seconds);
    now.decision = hold(reason, None);
    now.decision.at = after(seconds);
    now
}

fn points(status: &Status) -> Vec<Point> {
    let points = &status.history.points;
    points.within(Span::SixHours, END).copied().collect()
}

fn points_of(situations: impl IntoIterator<Item = Situation>) -> Vec<Point> {
    points(&told(&active(), situations))
}

fn seconds(at: Timestamp) -> u64 {
    at.since(after(0)).as_secs()
}

fn check_changes(status: &Status, expected: &str) {
    let changes = status.history.changes.all().map(|change| {
        let (at, last) = (seconds(change.at), seconds(change.last));
        format!("{} {}: {at} to {last}", change.reason, change.times)
    });
    assert_eq!(changes.collect::<Vec<_>>().join(", "), expected);
}
