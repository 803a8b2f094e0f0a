//! The log, and what counts as trouble. A program of its own, so that nothing else logs in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use expect_test::{Expect, expect};
use outrider::decide::HoldReason;
use outrider::decide::rescale::End;
use outrider::outcome::Outcome;
use outrider::settings::Parsed;
use outrider::units::Workers;

#[path = "report/situations.rs"]
#[expect(dead_code, reason = "not every situation is of interest here")]
mod situations;
#[path = "report/told.rs"]
mod told;
#[path = "report/written.rs"]
mod written;

use crate::situations::{Situation, active, busy, hold, scale_to, settings, silent};
use crate::told::told;
use crate::written::paused;

#[test]
fn each_change_of_decision_is_one_line_and_the_rest_is_silent() {
    let mut steady = busy("orders");
    steady.decision = hold(HoldReason::Steady, None);
    let mut scaling = busy("orders");
    scaling.decision = scale_to(8);
    scaling.outcome = Outcome::Asked {
        from: Some(Workers(4)),
        to: Workers(8),
    };
    check_log(
        &active(),
        &[&steady, &steady, &scaling, &busy("orders"), &busy("orders")],
        &expect![[r#"
             INFO outrider started version="0.1.0" mode="active" target=flinkdeployment/orders workers_min=1 workers_max=8
             INFO holding reason="steady" workers_in_use=4 workers_present=4 workers_asked=4 backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
             INFO scaling reason="backlog_time" workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=8 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92 arithmetic="backlog_time = 180 s; workers_extra = 4 * 180.0 s / 180.0 s = 4 workers"
             INFO holding reason="cooldown" until=2026-01-31T12:02:22Z workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=6 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
        "#]],
    );
}

#[test]
fn a_policy_that_has_a_sentence_says_it_with_each_change() {
    let mut scaling = busy("orders");
    scaling.decision = scale_to(8);
    let sums = &mut scaling.decision.arithmetic;
    sums.says("4 to 8 workers: four are too few.".into());
    let mut steady = busy("orders");
    steady.decision = hold(HoldReason::Steady, None);
    let sums = &mut steady.decision.arithmetic;
    sums.says("8 workers stay.".into());
    check_log(
        &active(),
        &[&scaling, &steady],
        &expect![[r#"
        INFO outrider started version="0.1.0" mode="active" target=flinkdeployment/orders workers_min=1 workers_max=8
        INFO scaling reason="backlog_time" workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=8 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92 sentence="4 to 8 workers: four are too few." arithmetic="backlog_time = 180 s; workers_extra = 4 * 180.0 s / 180.0 s = 4 workers"
        INFO holding reason="steady" workers_in_use=4 workers_present=4 workers_asked=4 backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92 sentence="8 workers stay."
    "#]],
    );
}

#[test]
fn a_trouble_is_told_when_it_begins_and_when_it_is_over() {
    let mut refused = busy("orders");
    refused.decision = scale_to(8);
    refused.outcome = Outcome::Refused {
        why: "flinkdeployment/orders is being upgraded".into(),
    };
    let mut fewer = busy("orders");
    fewer.rescales[0].end = Some(End::Accepted(Workers(3)));
    let healthy = busy("orders");
    check_log(
        &active(),
        &[&healthy, &silent(), &silent(), &healthy, &refused, &fewer],
        &expect![[r#"
            INFO outrider started version="0.1.0" mode="active" target=flinkdeployment/orders workers_min=1 workers_max=8
            INFO holding reason="cooldown" until=2026-01-31T12:02:22Z workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=6 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
            WARN Flink does not answer health="flink_unreachable" why="connection refused"
            INFO holding reason="flink_unreachable"
            WARN Flink answers again health="flink_unreachable"
            INFO holding reason="cooldown" until=2026-01-31T12:02:22Z workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=6 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
            WARN the number of workers could not be changed health="target_unavailable" why="flinkdeployment/orders is being upgraded"
            INFO could not scale reason="backlog_time" workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=8 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92 arithmetic="backlog_time = 180 s; workers_extra = 4 * 180.0 s / 180.0 s = 4 workers"
            WARN the number of workers can be changed again health="target_unavailable"
            WARN other workers came than were asked for health="workers_missing" why="asked for 4, got 3"
            INFO holding reason="cooldown" until=2026-01-31T12:02:22Z workers_in_use=4 workers_present=4 workers_asked=4 workers_recommended=6 bound="workers_max" backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
        "#]],
    );
}

#[test]
fn a_pause_is_told_when_it_is_written_when_it_changes_and_when_it_is_taken_back() {
    let steady = || {
        let mut steady = busy("orders");
        steady.decision = hold(HoldReason::Steady, None);
        steady
    };
    let mut pausing = steady();
    pausing.overrides = paused();
    let mut longer = steady();
    longer.overrides = paused();
    longer.overrides.pauses[0].until = None;
    check_log(
        &active(),
        &[&steady(), &pausing, &pausing, &longer, &steady()],
        &expect![[r#"
            INFO outrider started version="0.1.0" mode="active" target=flinkdeployment/orders workers_min=1 workers_max=8
            INFO holding reason="steady" workers_in_use=4 workers_present=4 workers_asked=4 backlog_bytes=180000000.0 backlog_time=180.0 backlog_growth=250000.0 throughput=1000000.0 unit="bytes" source="Source: orders" utilization=0.92
            WARN scaling is paused health="paused" why="up and down until 2026-01-31T12:06:40Z by outrider.dev/paused=2026-01-31T12:06:40Z; to end it: kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-"
            WARN annotations of the target contain mistakes health="annotations_invalid" why="outrider.dev/workers-min=two is not a whole number"
            WARN scaling is paused health="paused" why="up and down until it is taken back by outrider.dev/paused=2026-01-31T12:06:40Z; to end it: kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-"
            WARN scaling is no longer paused health="paused"
            WARN annotations of the target are understood health="annotations_invalid"
        "#]],
    );
}

#[test]
fn every_mistake_in_the_settings_is_told_at_the_start() {
    let parsed = settings(&[
        ("WORKERS_MAX", "many"),
        ("CATCH_UP", "60"),
        ("WORKER_MIN", "1"),
    ]);
    check_log(
        &parsed,
        &[],
        &expect![[r#"
         INFO outrider started version="0.1.0" mode="active" target=none workers_min=1 only_observing="OUTRIDER_TARGET is not set"
         WARN settings contain a mistake, nothing is scaled mistake="OUTRIDER_CATCH_UP=\"60\" has no unit; did you mean 60s?"
         WARN settings contain a mistake, nothing is scaled mistake="OUTRIDER_WORKERS_MAX=\"many\" is not a whole number"
         WARN settings are doubtful warning="OUTRIDER_WORKER_MIN is not a setting; did you mean OUTRIDER_WORKERS_MIN?"
    "#]],
    );
}

/// Whether a line of the code is listened to is remembered for all threads together: one test at a
/// time listens.
static LISTENING: Mutex<()> = Mutex::new(());

fn check_log(parsed: &Parsed, situations: &[&Situation], expected: &Expect) {
    let _alone = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    let written = Written::default();
    let to = written.clone();
    let log = tracing_subscriber::fmt()
        .with_writer(move || to.clone())
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .finish();
    tracing::subscriber::with_default(log, || {
        told(parsed, situations);
    });
    let bytes = written.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    // The level is set in five columns.
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    expected.assert_eq(&format!("{}\n", lines.join("\n")));
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
