//! The numbers of the autoscaler's own tests, and its timing.
//!
//! Pure: values in, values out.

use super::*;
use crate::simulate::load;
use crate::simulate::rivals::{ASKED_EVERY, Running};
use crate::units::count_as_f64;

/// As documented, but this target utilization.
fn with_target(target: f64) -> FlinkAutoscaler {
    let mut knobs: Vec<f64> = FLINK_AUTOSCALER.knobs.iter().map(|k| k.default).collect();
    knobs[0] = target;
    let workload = load::named("step", 1).expect("a workload");
    FlinkAutoscaler::new(&workload, &knobs)
}

/// As in `JobVertexScalerTest.evaluated`: no lag.
fn evaluated(target_rate: f64, true_rate: f64) -> Evaluated {
    Evaluated {
        target_rate,
        true_rate,
        lag: 0.0,
        processing_backlog: false,
    }
}

/// A job that runs since second 0.
fn reading(workers: u32, input_rate: f64, throughput: f64, busy: f64) -> Reading {
    Reading {
        second: 0,
        asked: Workers(workers),
        present: Workers(workers),
        lag: 0.0,
        input_rate,
        cpu: busy,
        cpu_highest: busy,
        flink: Some(Running {
            since: 0,
            in_use: Workers(workers),
            backlog: Some(0.0),
            throughput,
            busy,
            checkpoint_interval: 10.0,
            checkpointed: true,
        }),
    }
}

/// The first wish, and when it was made. The lag grows from when the job runs.
fn wished(
    autoscaler: &mut FlinkAutoscaler,
    until: u64,
    mut reading: Reading,
) -> Option<(u64, u32)> {
    let running = reading.flink.expect("it runs");
    let first = running.since + ASKED_EVERY;
    (first..=until).step_by(5).find_map(|second| {
        let lag = (reading.input_rate - running.throughput) * count_as_f64(second - running.since);
        reading.second = second;
        reading.flink = Some(Running {
            backlog: Some(lag),
            ..running
        });
        let wish = autoscaler.wants(&reading)?;
        Some((second, wish.workers.0))
    })
}

fn sample(second: u64, records: f64, lag: f64, load: f64) -> Sample {
    Sample {
        second,
        records,
        lag,
        load,
        observed: f64::NAN,
    }
}

#[test]
fn the_parallelism_is_that_of_the_autoscalers_own_tests() {
    // JobVertexScalerTest.testParallelismScaling: parallelism, target rate, true processing rate,
    // target utilization; catch-up off. 10 * 10 / 100 is held at 40 %.
    let cases = [
        (10, 50.0, 100.0, 1.0, 5),
        (10, 80.0, 100.0, 0.8, 10),
        (10, 60.0, 100.0, 0.8, 8),
        (2, 100.0, 40.0, 0.5, 10),
        (2, 100.0, 100.0, 0.6, 4),
        (10, 10.0, 100.0, 1.0, 4),
    ];
    for (current, target_rate, true_rate, target, expected) in cases {
        let mut autoscaler = with_target(target);
        autoscaler.settings.catch_up = 0.0;
        autoscaler.settings.boundary = 0.0;
        autoscaler.settings.scale_down_interval = 0;
        let to = autoscaler
            .change(0, current, evaluated(target_rate, true_rate))
            .map_or(current, |scaling| scaling.to);
        assert_eq!(to, expected, "{current} {target_rate} {true_rate} {target}");
    }
}

#[test]
fn the_bounds_are_those_of_the_autoscalers_own_tests() {
    // ScalingMetricEvaluatorTest.testUtilizationBoundaryComputation: 70 to 90 %, restart 1 s, catch-up
    // 2 s; it has the catch-up rate, 350, where this has the lag of 700.
    let cases = [
        (0.0, 0.0, false, 778.0, 1000.0),
        (2.0, 700.0, false, 1128.0, 1700.0),
        (2.0, 0.0, false, 778.0, 1350.0),
        (2.0, 700.0, true, 1050.0, f64::INFINITY),
        (2.0, 0.0, true, 700.0, f64::INFINITY),
    ];
    for (catch_up, lag, processing_backlog, up, down) in cases {
        let mut settings = with_target(0.8).settings;
        settings.boundary = 0.1;
        settings.restart = 1.0;
        settings.catch_up = catch_up;
        let out_of_bounds = |true_rate| {
            Evaluated {
                lag,
                processing_backlog,
                ..evaluated(700.0, true_rate)
            }
            .is_out_of_bounds(&settings)
        };
        assert!(out_of_bounds(up - 1.0) && !out_of_bounds(up), "{up}");
        assert!(!out_of_bounds(down), "{down}");
        assert!(out_of_bounds(down + 1.0) == down.is_finite(), "{down}");
    }
}

#[test]
fn a_source_is_evaluated_as_in_the_autoscalers_own_tests() {
    // ScalingMetricEvaluatorTest.testLagBasedSourceScaling: lag 950 to 1000, records 0 to 100 in a
    // second, load 80 and 60 %: 150 per second come in, and 100 / 0.7 could be read.
    let history = VecDeque::from([sample(1, 0.0, 950.0, 0.8), sample(2, 100.0, 1000.0, 0.6)]);
    let evaluated = Evaluated::of(&history).expect("two samples");
    assert_eq!(evaluated.target_rate.to_bits(), 150.0_f64.to_bits());
    assert!((evaluated.true_rate - 100.0 / 0.7).abs() < 1e-9);
    assert!(!evaluated.processing_backlog);
    // 30 001 at 100 per second are more than five minutes.
    let history = VecDeque::from([sample(1, 0.0, 0.0, 0.8), sample(2, 100.0, 30_001.0, 0.6)]);
    assert!(Evaluated::of(&history).is_some_and(|evaluated| evaluated.processing_backlog));
}

#[test]
fn what_was_observed_while_behind_replaces_a_busy_time_that_says_over_15_percent_more() {
    // 100 a second at 80 % busy could be 125: that is 14 % over 110 and 19 % over 105.
    for (seen, expected) in [(110.0, 125.0), (105.0, 105.0)] {
        let mut history = VecDeque::from([sample(1, 0.0, 0.0, 0.8), sample(2, 100.0, 0.0, 0.8)]);
        for sample in &mut history {
            sample.observed = seen;
        }
        let evaluated = Evaluated::of(&history).expect("two samples");
        assert!((evaluated.true_rate - expected).abs() < 1e-9, "{seen}");
        // One observation is none.
        history[0].observed = f64::NAN;
        let evaluated = Evaluated::of(&history).expect("two samples");
        assert!((evaluated.true_rate - 125.0).abs() < 1e-9, "{seen}");
    }
}

#[test]
fn an_ineffective_scale_up_blocks_the_next_as_in_the_autoscalers_own_tests() {
    // JobVertexScalerTest.testIneffectiveScalingDetection: 10 to 20 was to bring 90 to 180.
    let mut autoscaler = with_target(1.0);
    autoscaler.settings.detects_ineffective = true;
    autoscaler.last = Some(Scaling {
        from: 10,
        to: 20,
        rate: 90.0,
        expected: 180.0,
    });
    for (current, rate, blocked) in [
        (20, 94.0, true),
        (20, 98.0, true),
        (20, 100.0, false),
        (10, 94.0, false),
    ] {
        assert_eq!(autoscaler.was_ineffective(current, rate), blocked, "{rate}");
    }
    autoscaler.settings.detects_ineffective = false;
    assert!(!autoscaler.was_ineffective(20, 94.0));
}

#[test]
fn a_number_is_taken_that_divides_the_partitions_and_never_against_the_direction() {
    // JobVertexScalerTest.testParallelismComputation: 6 * 0.8 of 720, 16 * 1.5 of 128.
    assert_eq!(aligned(6, 5, 720, 200), 5);
    assert_eq!(aligned(16, 24, 128, 200), 32);
    // Of 24: 5, 7 and 13 do not divide it. Down from 8, 7 would be 8 again.
    let of_24 = [(4, 5, 6), (6, 7, 8), (12, 13, 24), (12, 7, 8), (8, 7, 8)];
    for (current, wanted, expected) in of_24 {
        assert_eq!(aligned(current, wanted, 24, 128), expected, "{wanted}");
    }
    // Where none up to 20 divides them: 13 have as many of 25 each as 14, at most. Of 24, 12 have as
    // many as 14, and that is no way up.
    assert_eq!(aligned(10, 14, 25, 20), 13);
    assert_eq!(aligned(12, 14, 24, 20), 12);
}

#[test]
fn the_first_decision_is_made_a_window_after_the_stabilization_and_again_after_a_restart() {
    // 2000 come in, 1800 are read at full load. At 1200 s the lag is 240 000: 133 s, so no backlog
    // processing. 240 000 / 1800 + 2000 * 300 / 1800 + 2000 / 0.7 = 3324; 2 * 3324 / 1800 = 3.7.
    let mut autoscaler = with_target(0.7);
    let mut behind = reading(2, 2000.0, 1800.0, 1.0);
    assert_eq!(wished(&mut autoscaler, 9000, behind), Some((1200, 4)));
    // Restarted at 2010 s: stable at 2310, the first sample at 2340.
    behind.flink.as_mut().expect("it runs").since = 2010;
    assert_eq!(wished(&mut autoscaler, 9000, behind), Some((3240, 4)));
    behind.flink.as_mut().expect("it runs").since = 5010;
    assert_eq!(wished(&mut autoscaler, 5040, behind), None);
    assert_eq!(autoscaler.history.len(), 1, "the first of this execution");
}

#[test]
fn fewer_are_wanted_for_an_hour_before_they_are_taken() {
    // 1000 a second at 20 %: 5000. 1000 * 300 / 1800 + 1000 / 0.7 = 1595: under 40 % of 5000.
    let idle = reading(10, 1000.0, 1000.0, 0.2);
    assert_eq!(wished(&mut with_target(0.7), 9000, idle), Some((4800, 4)));
    let mut at_once = with_target(0.7);
    at_once.settings.scale_down_interval = 0;
    assert_eq!(wished(&mut at_once, 9000, idle), Some((1200, 4)));
    // 45 % is within 40 and 100 %.
    let fair = reading(10, 1000.0, 1000.0, 0.45);
    assert_eq!(wished(&mut with_target(0.7), 9000, fair), None);
}

#[test]
fn the_most_that_was_wanted_within_the_hour_is_taken() {
    let mut autoscaler = with_target(0.7);
    let mut wanted = |second, to| {
        let change = Change {
            to,
            out_of_bounds: true,
        };
        autoscaler.delay(second, change).map(|change| change.to)
    };
    assert_eq!(wanted(0, 8), None);
    assert_eq!(wanted(60, 4), None);
    assert_eq!(wanted(120, 6), None);
    assert_eq!(wanted(180, 5), None);
    assert_eq!(wanted(3600, 3), Some(8));
    assert_eq!(wanted(3660, 3), Some(6));
    assert_eq!(wanted(3781, 3), Some(3));
}

#[test]
fn nothing_is_decided_during_an_upgrade_or_without_the_lag() {
    let mut upgrading = reading(2, 2000.0, 1800.0, 1.0);
    upgrading.asked = Workers(4);
    assert_eq!(wished(&mut with_target(0.7), 9000, upgrading), None);
    let history = VecDeque::from([
        sample(1, 0.0, 0.0, 1.0),
        sample(2, 100.0, 100.0, 1.0),
        sample(3, 200.0, f64::NAN, 1.0),
    ]);
    let blind = Evaluated::of(&history).expect("three samples");
    assert!(with_target(0.7).change(0, 2, blind).is_none());
}

#[test]
fn the_busiest_subtask_counts() {
    // `metrics.busy-time.aggregator` is MAX: 40 % on average, half as much again on one.
    let mut skewed = reading(4, 1000.0, 1000.0, 0.4);
    skewed.cpu_highest = 0.6;
    let mut autoscaler = with_target(0.7);
    skewed.second = 60;
    assert!(autoscaler.wants(&skewed).is_none());
    let load = autoscaler.history.back().expect("a sample").load;
    assert!((load - 0.6).abs() < 1e-9);
}

#[test]
fn a_rate_is_observed_while_the_lag_is_half_a_minute_or_more() {
    for (lag, expected) in [(30_000.0, 1000.0), (29_999.0, f64::NAN)] {
        let mut behind = reading(4, 1000.0, 1000.0, 0.8);
        behind.second = 60;
        behind.flink.as_mut().expect("it runs").backlog = Some(lag);
        let mut autoscaler = with_target(0.7);
        assert!(autoscaler.wants(&behind).is_none());
        let observed = autoscaler.history.back().expect("a sample").observed;
        assert_eq!(observed.total_cmp(&expected), Ordering::Equal, "{lag}");
    }
}
