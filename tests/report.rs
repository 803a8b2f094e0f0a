//! What the reporters say: the log, the metrics, the status and the page.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use expect_test::{Expect, expect};
use outrider::autoscaler::Autoscaler;
use outrider::decide::HoldReason;
use outrider::decide::rescale::{Author, End};
use outrider::outcome::Outcome;
use outrider::report::metrics::exposition;
use outrider::report::status::json::json;
use outrider::report::unread::unread;
use outrider::report::{Report, Tick};
use outrider::scrape::{Cost, Scrape, Unread};
use outrider::units::Workers;
use serde_json::Value;

#[path = "report/evening.rs"]
mod evening;
#[path = "report/history.rs"]
mod history;
#[path = "report/leadership.rs"]
mod leadership;
#[path = "report/metrics.rs"]
mod metrics;
#[path = "report/model.rs"]
mod model;
#[path = "report/notices.rs"]
mod notices;
#[path = "report/others.rs"]
mod others;
#[path = "report/page.rs"]
mod page;
#[path = "report/paused.rs"]
mod paused;
#[path = "report/picture.rs"]
mod picture;
#[path = "report/points.rs"]
mod points;
#[path = "report/situations.rs"]
mod situations;
#[path = "support/story.rs"]
#[expect(
    dead_code,
    reason = "not everything that can happen is of interest here"
)]
mod story;
#[path = "report/told.rs"]
mod told;
#[path = "report/written.rs"]
mod written;

use situations::{START, Situation, active, after, busy, hold, scale_to, silent};
use told::told;

#[test]
fn a_source_has_every_number_by_its_one_name_and_says_why_one_is_missing() {
    check_status(
        "/observation/sources/0",
        &expect![[r#"
        {
          "backlog_bytes": 180000000.0,
          "backlog_elements": null,
          "backlog_growth": 250000.0,
          "backlog_growth_noise": 20000.0,
          "backlog_time_seconds": 180.0,
          "input_rate": 1250000.0,
          "name": "Source: orders",
          "partitions": 12,
          "splits": 12,
          "stalled": false,
          "throughput": 1000000.0,
          "unit": "bytes",
          "unknown": {
            "backlog_elements": "not_offered"
          },
          "vertex": "cbc357ccb763df2852fee8c4fc7d55f2",
          "watermark_lag_seconds": 190.0
        }
        "#]],
    );
}

#[test]
fn a_decision_has_its_arithmetic_step_by_step() {
    check_status(
        "/decision",
        &expect![[r#"
            {
              "action": "hold",
              "arithmetic": [
                {
                  "formula": "",
                  "name": "backlog_time",
                  "unit": "s",
                  "value": 180.0
                },
                {
                  "formula": "4 * 180.0 s / 360.0 s",
                  "name": "workers_extra",
                  "unit": "workers",
                  "value": 2.0
                }
              ],
              "at": 1769860900000,
              "bound": "workers_max",
              "meaning": "too soon after the last restart",
              "reason": "cooldown",
              "sentence": null,
              "until": 1769860942000,
              "workers": null,
              "workers_recommended": 6
            }
        "#]],
    );
}

#[test]
fn a_rescale_has_each_phase_with_its_duration() {
    check_status(
        "/rescales/0",
        &expect![[r#"
            {
              "accepted": null,
              "asked": 1769860800000,
              "by": "backlog_time",
              "caught_up": 1769860875000,
              "checkpointed": 1769860850000,
              "duration_seconds": {
                "all": 75.0,
                "caught_up": 55.0,
                "checkpointed": 30.0,
                "restarted": 8.0,
                "workers_there": 12.0
              },
              "end": "settled",
              "ended": 1769860875000,
              "from": 2,
              "manager": null,
              "restarted": 1769860820000,
              "to": 4,
              "workers_there": 1769860812000
            }
        "#]],
    );
}

#[test]
fn a_number_that_is_not_finite_is_null() {
    let mut odd = busy("orders");
    odd.observation.taskmanager_cpu = Ok(f64::NAN);
    odd.observation.vertices[0].backpressured = Ok(f64::INFINITY);
    odd.decision.arithmetic.reads("odd", f64::NAN, "s");
    let status = told(&active(), &[&odd]);
    let text = json(&status, after(100)).to_string();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["observation"]["taskmanager_cpu"], Value::Null);
    assert_eq!(read["decision"]["arithmetic"][2]["value"], Value::Null);
    assert!(!exposition(&status, after(100)).contains("NaN"));
}

#[test]
fn a_rescale_is_brought_up_to_date_and_counted_once() {
    let mut going = busy("orders");
    going.rescales[0].end = None;
    going.rescales[0].caught_up = None;
    let mut before_us = busy("orders");
    before_us.rescales[0].asked = START;
    let mut report = Report::new(&active(), START);
    for situation in [&going, &before_us, &going, &busy("orders")] {
        report.tick(after(100), situation.tick());
    }
    let status = report.status().borrow().clone();
    assert_eq!(
        (status.counts.rescales_up, status.counts.rescales_down),
        (1, 0)
    );
    assert_eq!(status.history.rescales.len(), 1);
    assert_eq!(status.history.rescales[0].end, Some(End::Settled));
}

#[test]
fn a_rescale_from_before_the_start_is_shown_and_not_counted() {
    let mut report = Report::new(&active(), after(10));
    report.tick(after(100), busy("orders").tick());
    let status = report.status().borrow().clone();
    assert_eq!(
        (status.history.rescales.len(), status.counts.rescales_up),
        (1, 0)
    );
}

#[test]
fn silence_of_flink_does_not_end_another_trouble() {
    let mut stalled = busy("orders");
    stalled.observation.sources[0].stalled = true;
    stalled.observation.checkpoints.failing = true;
    let names = |situations: &[&Situation]| {
        let status = told(&active(), situations);
        let names: Vec<_> = status.troubles.iter().map(|(t, _)| t.name()).collect();
        names.join(" ")
    };
    assert_eq!(names(&[&stalled]), "checkpoints_failing stalled");
    assert_eq!(
        names(&[&stalled, &silent()]),
        "flink_unreachable checkpoints_failing stalled"
    );
    assert_eq!(names(&[&stalled, &silent(), &busy("orders")]), "");
}

#[test]
fn a_refusal_is_over_when_the_decision_no_longer_holds_for_it() {
    let mut refused = busy("orders");
    refused.decision = scale_to(8);
    refused.outcome = Outcome::Refused { why: "no".into() };
    let mut waiting = busy("orders");
    waiting.decision = hold(HoldReason::TargetUnavailable, None);
    let mut steady = busy("orders");
    steady.decision = hold(HoldReason::Steady, None);
    let troubles = |situations: &[&Situation]| told(&active(), situations).troubles.len();
    assert_eq!(troubles(&[&refused, &waiting]), 1);
    assert_eq!(troubles(&[&refused, &waiting, &steady]), 0);
}

#[test]
fn a_step_of_the_autoscaler_is_a_tick() {
    let parsed = active();
    let mut autoscaler = Autoscaler::new(&parsed);
    let scrape = Scrape {
        at: START,
        cluster: Err(Unread::NotAsked),
        job: Err(Unread::TimedOut),
        cost: Cost::default(),
    };
    let decision = autoscaler.step(START, &scrape);
    let mut report = Report::new(&parsed, START);
    let tick = Tick::of(&scrape, &autoscaler, &decision, &Outcome::Nothing);
    report.tick(after(1), tick);
    let status = report.status().borrow().clone();
    assert_eq!(status.troubles[0].0.name(), "flink_unreachable");
    let unread = status.last.as_ref().unwrap().unread.as_deref();
    assert_eq!(unread, Some("job: Flink did not answer in time"));
}

#[test]
fn what_was_not_read_is_told_with_the_reason_and_not_twice() {
    let scrape = Scrape {
        at: START,
        cluster: Err(Unread::TimedOut),
        job: Err(Unread::NotAsked),
        cost: Cost::default(),
    };
    let expected = "cluster: Flink did not answer in time";
    assert_eq!(unread(&scrape).as_deref(), Some(expected));
}

#[test]
fn a_worker_that_was_lost_and_given_up_is_told_and_what_somebody_else_adds_is_not() {
    let mut lost = busy("orders");
    lost.rescales[0].by = Author::SomebodyElse;
    (lost.rescales[0].from, lost.rescales[0].to) = (Workers(4), Workers(3));
    lost.rescales[0].end = Some(End::Accepted(Workers(3)));
    let mut added = busy("orders");
    added.rescales[0].by = Author::SomebodyElse;
    (added.rescales[0].from, added.rescales[0].to) = (Workers(3), Workers(4));
    added.rescales[0].end = Some(End::Accepted(Workers(4)));
    let troubles = |situation| told(&active(), &[situation]).troubles.clone();
    let why = |situation| troubles(situation).pop().map(|(_, why)| why);
    assert_eq!(why(&lost).as_deref(), Some("asked for 4, got 3"));
    assert_eq!(why(&added), None);
}

fn check_status(pointer: &str, expected: &Expect) {
    let status = told(&active(), &[&busy("orders")]);
    let json = json(&status, after(100));
    let part = json.pointer(pointer).unwrap();
    expected.assert_eq(&format!("{part:#}\n"));
}
