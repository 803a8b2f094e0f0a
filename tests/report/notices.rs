//! What is told to those who look at the target itself, and how often.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use outrider::decide::{Action, Bound, HoldReason};
use outrider::outcome::Outcome;
use outrider::report::notices::{Kind, Notice};
use outrider::report::{Report, Tick};
use outrider::settings::Parsed;
use outrider::units::{Rate, Workers};

use crate::situations::{START, Situation, active, after, busy, hold, scale_to, settings};
use crate::written::paused;

/// What is told when this happens, each at its second, and at which second it is told.
fn told(parsed: &Parsed, happens: &[(u64, &Situation)]) -> Vec<(u64, Notice)> {
    let mut report = Report::new(parsed, START);
    let tick = |(seconds, situation): &(u64, &Situation)| {
        let mut decision = situation.decision.clone();
        decision.at = after(*seconds);
        let tick = Tick {
            decision: &decision,
            ..situation.tick()
        };
        let notices = report.tick(after(*seconds), tick).into_iter();
        notices.map(|notice| (*seconds, notice)).collect::<Vec<_>>()
    };
    happens.iter().flat_map(tick).collect()
}

fn check(happens: &[(u64, &Situation)], expected: &Expect) {
    let line = |(at, notice): &(u64, Notice)| {
        let level = if notice.kind.is_warning() {
            "Warning"
        } else {
            "Normal"
        };
        let happened = notice.at.since(START).as_secs();
        let (kind, note) = (notice.kind.name(), &notice.note);
        format!("{at} s: of {happened} s, {level} {kind}: {note}\n")
    };
    let lines: String = told(&active(), happens).iter().map(line).collect();
    expected.assert_eq(&lines);
}

fn acted(outcome: Outcome) -> Situation {
    let mut situation = busy("orders");
    (situation.decision, situation.outcome) = (scale_to(8), outcome);
    situation
}

fn asked() -> Situation {
    acted(Outcome::Asked {
        from: Some(Workers(4)),
        to: Workers(8),
    })
}

fn refused() -> Situation {
    let why = "scaling flinkdeployment flink/orders: it is being deleted".into();
    acted(Outcome::Refused { why })
}

fn steady() -> Situation {
    let mut steady = busy("orders");
    steady.decision = hold(HoldReason::Steady, None);
    steady
}

fn at_bound() -> Situation {
    let mut at_bound = busy("orders");
    at_bound.decision.action = Action::Hold {
        reason: HoldReason::AtBound,
        until: None,
    };
    at_bound
}

#[test]
fn a_rescale_is_told_with_its_reason_and_its_sums() {
    check(
        &[(0, &asked())],
        &expect![[r#"
            0 s: of 0 s, Normal ScalingUp: from 4 to 8 workers, backlog_time: a source would need too long to read its backlog; backlog_time = 180 s; workers_extra = 4 * 180.0 s / 180.0 s = 4 workers
        "#]],
    );
    let mut fewer = asked();
    fewer.outcome = Outcome::Asked {
        from: Some(Workers(4)),
        to: Workers(2),
    };
    assert_eq!(told(&active(), &[(0, &fewer)])[0].1.kind, Kind::ScalingDown);
}

#[test]
fn a_number_that_was_there_already_is_no_rescale() {
    let there = acted(Outcome::Asked {
        from: Some(Workers(8)),
        to: Workers(8),
    });
    check(&[(0, &there)], &expect![""]);
}

#[test]
fn a_refusal_and_a_failure_are_told_with_what_was_wanted() {
    let failed = acted(Outcome::Failed {
        why: "no answer within 5s".into(),
        retry_after: None,
    });
    check(
        &[(0, &refused()), (30, &failed)],
        &expect![[r#"
            0 s: of 0 s, Warning ScalingRefused: wanted 8: scaling flinkdeployment flink/orders: it is being deleted
            30 s: of 30 s, Warning ScalingFailed: wanted 8: no answer within 5s
        "#]],
    );
}

#[test]
fn what_is_decided_anew_or_changed_by_somebody_else_is_no_news_of_ours() {
    let outdated = acted(Outcome::Outdated { why: "new".into() });
    let found = Workers(3);
    let changed = acted(Outcome::Changed { found, by: None });
    check(
        &[(0, &outdated), (10, &changed), (20, &steady())],
        &expect![""],
    );
}

#[test]
fn a_bound_is_told_once_when_it_begins_to_hold_while_the_backlog_grows() {
    let at_bound = at_bound();
    let all_the_time: Vec<(u64, &Situation)> = (0..200).map(|n| (n * 10, &at_bound)).collect();
    check(
        &all_the_time,
        &expect![[r#"
            0 s: of 0 s, Warning AtBound: workers_max allows 4 workers while the backlog of Source: orders grows by 250 kB/s; backlog_time = 180 s; workers_extra = 4 * 180.0 s / 360.0 s = 2 workers
        "#]],
    );
}

#[test]
fn a_bound_is_not_told_while_the_backlog_shrinks_or_where_it_is_the_lower_one() {
    let mut shrinking = at_bound();
    let source = &mut shrinking.observation.sources[0];
    let growth = source.backlog_growth.as_mut().unwrap();
    growth.rate = Rate::per_second(-250e3).unwrap();
    let mut lower = at_bound();
    lower.decision.bound = Some(Bound::WorkersMin);
    check(&[(0, &shrinking), (10, &lower)], &expect![""]);
}

#[test]
fn a_pause_is_told_when_it_begins_when_it_changes_and_when_it_ends() {
    let mut pausing = steady();
    pausing.overrides = paused();
    let mut longer = steady();
    longer.overrides = paused();
    longer.overrides.pauses[0].until = None;
    check(
        &[
            (0, &pausing),
            (10, &pausing),
            (700, &longer),
            (710, &longer),
            (720, &steady()),
        ],
        &expect![[r#"
            0 s: of 0 s, Normal Paused: scaling up and down until 2026-01-31T12:06:40Z by outrider.dev/paused=2026-01-31T12:06:40Z; to end it: kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-
            0 s: of 0 s, Warning AnnotationsInvalid: outrider.dev/workers-min=two is not a whole number
            700 s: of 700 s, Normal Paused: scaling up and down until it is taken back by outrider.dev/paused=2026-01-31T12:06:40Z; to end it: kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-
            720 s: of 720 s, Normal Resumed: no pause stands any more
        "#]],
    );
}

#[test]
fn of_each_kind_one_in_ten_minutes_is_told_and_the_rest_is_counted() {
    let (refused, steady) = (refused(), steady());
    let mut happens: Vec<(u64, &Situation)> = (0..20).map(|n| (n * 60, &refused)).collect();
    happens.push((1195, &steady));
    // 0 s; then at 600 s with the nine in between; the last of those after that when their ten
    // minutes are over, at 1200 s; and nothing more.
    happens.extend((120..240).map(|n| (n * 10, &steady)));
    check(
        &happens,
        &expect![[r#"
            0 s: of 0 s, Warning ScalingRefused: wanted 8: scaling flinkdeployment flink/orders: it is being deleted
            600 s: of 600 s, Warning ScalingRefused: (9 more since 2026-01-31T12:00:00Z) wanted 8: scaling flinkdeployment flink/orders: it is being deleted
            1200 s: of 1140 s, Warning ScalingRefused: (8 more since 2026-01-31T12:10:00Z) wanted 8: scaling flinkdeployment flink/orders: it is being deleted
        "#]],
    );
}

#[test]
fn another_kind_does_not_wait_for_one_that_was_told() {
    let notices = told(&active(), &[(0, &refused()), (10, &asked())]);
    let kinds: Vec<Kind> = notices.iter().map(|(_, notice)| notice.kind).collect();
    assert_eq!(kinds, [Kind::ScalingRefused, Kind::ScalingUp]);
}

#[test]
fn whatever_happens_no_kind_is_told_twice_in_ten_minutes() {
    let situations = [asked(), refused(), at_bound(), steady(), steady()];
    let turn = |n: u64| &situations[usize::try_from(n * n % 7 % 5).unwrap()];
    let happens: Vec<(u64, &Situation)> = (0..2000).map(|n| (n * 10, turn(n))).collect();
    let mut last = BTreeMap::<Kind, u64>::new();
    let notices = told(&active(), &happens);
    assert!(notices.len() > 60, "{}", notices.len());
    for (at, notice) in notices {
        let before = last.insert(notice.kind, at);
        assert!(before.is_none_or(|before| at >= before + 600), "{notice:?}");
    }
}

#[test]
fn who_only_observes_touches_nothing_and_tells_nothing() {
    let observing = settings(&[("TARGET", "flinkdeployment/orders"), ("MODE", "observe")]);
    let mut pausing = at_bound();
    pausing.overrides = paused();
    assert_eq!(told(&observing, &[(0, &pausing)]), []);
}
