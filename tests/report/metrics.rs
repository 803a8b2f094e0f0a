//! The metrics.

use expect_test::{Expect, expect};
use outrider::decide::model::figures::Figures;
use outrider::leadership::Leadership;
use outrider::observe::Unknown;
use outrider::report::metrics::exposition;
use outrider::report::status::Status;
use outrider::units::{Amount, Rate};

use crate::situations::{active, after, busy, figures, settings, silent};
use crate::told::told;

#[test]
fn metrics_of_a_job_that_is_known() {
    check_metrics(
        &told(&active(), &[&busy("orders")]),
        &expect![[r#"
        outrider_actions_failed_total 0
        outrider_backlog_bytes 180000000
        outrider_backlog_growth_bytes_per_second 250000
        outrider_backlog_time_seconds 180
        outrider_build_info{version="0.1.0"} 1
        outrider_checkpoint_age_seconds 20
        outrider_condition{type="acting"} 1
        outrider_condition{type="flink_reachable"} 1
        outrider_condition{type="paused"} 0
        outrider_condition{type="reverted"} 0
        outrider_condition{type="settings_valid"} 1
        outrider_condition{type="target_available"} 1
        outrider_decision_info{action="hold",reason="cooldown"} 1
        outrider_flink_requests_total 7
        outrider_metrics_age_seconds 3
        outrider_rescale_duration_seconds 75
        outrider_rescales_total{direction="down"} 0
        outrider_rescales_total{direction="up"} 1
        outrider_throughput_bytes_per_second 1000000
        outrider_utilization_highest_ratio 0.97
        outrider_utilization_ratio 0.92
        outrider_watermark_lag_seconds 190
        outrider_workers_asked 4
        outrider_workers_in_use 4
        outrider_workers_max 8
        outrider_workers_min 1
        outrider_workers_present 4
        outrider_workers_recommended 6
    "#]],
    );
}

#[test]
fn metrics_that_are_not_known_are_absent() {
    check_metrics(
        &told(&settings(&[]), &[&silent()]),
        &expect![[r#"
        outrider_actions_failed_total 0
        outrider_build_info{version="0.1.0"} 1
        outrider_condition{type="acting"} 0
        outrider_condition{type="flink_reachable"} 0
        outrider_condition{type="paused"} 0
        outrider_condition{type="reverted"} 0
        outrider_condition{type="settings_valid"} 1
        outrider_condition{type="target_available"} 1
        outrider_decision_info{action="hold",reason="flink_unreachable"} 1
        outrider_flink_requests_total 7
        outrider_rescales_total{direction="down"} 0
        outrider_rescales_total{direction="up"} 0
        outrider_workers_min 1
    "#]],
    );
}

#[test]
fn a_stalled_source_is_the_longest_whatever_the_others_say() {
    let mut two = busy("orders");
    let mut stalled = two.observation.sources[0].clone();
    stalled.stalled = true;
    stalled.backlog_time = Err(Unknown::Stalled);
    stalled.throughput = Ok(Rate::ZERO);
    two.observation.sources.push(stalled);
    let text = exposition(&told(&active(), &[&two]), after(100));
    assert!(
        text.contains("outrider_backlog_bytes 360000000\n"),
        "{text}"
    );
    assert!(
        text.contains("outrider_throughput_bytes_per_second 0\n"),
        "{text}"
    );
    // There is no time in which it would be drained.
    assert!(!text.contains("outrider_backlog_time_seconds"), "{text}");
}

#[test]
fn a_sidecar_has_no_more_than_thirty_series_and_six_of_the_model() {
    let mut everything = busy("orders");
    let source = &mut everything.observation.sources[0];
    source.backlog_elements = Ok(Amount::new(9e3).unwrap());
    everything.leadership = Leadership::Unknown { why: None };
    let text = exposition(&told(&active(), &[&everything]), after(100));
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series <= 30, "{series} series:\n{text}");
    // The policy `model` has six of its own.
    everything.model = Some(figures());
    let text = exposition(&told(&active(), &[&everything]), after(100));
    let with_model = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(with_model, series + 6, "{text}");
}

#[test]
fn what_the_model_has_learned_is_told_and_what_it_has_not_is_absent() {
    let mut learned = busy("orders");
    learned.model = Some(figures());
    let mut new = busy("orders");
    new.model = Some(Figures {
        forecast_error: None,
        rescale_gain: None,
        ..figures()
    });
    let model = |situation| {
        let text = exposition(&told(&active(), &[situation]), after(100));
        let names = ["alpha", "restart_pause", "forecast_error", "rescale_gain"];
        let of_the_model = |line: &&str| {
            let name = line.strip_prefix("outrider_").unwrap_or_default();
            names.iter().any(|of_it| name.starts_with(of_it))
        };
        text.lines()
            .filter(of_the_model)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    expect![[r#"
        outrider_alpha 0.85
        outrider_forecast_error_ratio 0.12
        outrider_rescale_gain_predicted_ratio 1.8
        outrider_rescale_gain_ratio 1.6
        outrider_restart_pause_seconds{direction="down"} 30
        outrider_restart_pause_seconds{direction="up"} 22.5
    "#]]
    .assert_eq(&model(&learned));
    expect![[r#"
        outrider_alpha 0.85
        outrider_restart_pause_seconds{direction="down"} 30
        outrider_restart_pause_seconds{direction="up"} 22.5
    "#]]
    .assert_eq(&model(&new));
    assert_eq!(model(&busy("orders")), "");
}

fn check_metrics(status: &Status, expected: &Expect) {
    let text = exposition(status, after(100));
    let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    expected.assert_eq(&format!("{}\n", series.join("\n")));
}
