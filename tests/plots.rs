//! The benchmark's pictures can be read, whatever the figures are.
//!
//! Some of them are left in the tests' folder for temporary files, below `target`, to be looked at.

use std::fs;
use std::path::Path;

use outrider::simulate::load::{Workload, named};
use outrider::simulate::plots::{self, Point};
use outrider::simulate::policy;
use outrider::simulate::run::{Moment, Run, run};
use outrider::units::Workers;

fn runs(workload: &Workload, policies: &[&str]) -> Vec<(String, Run)> {
    let one = |name: &&str| {
        let policy = policy::named(name, &[]).expect("a policy");
        ((*name).to_owned(), run(workload, &policy, 1, &|_| {}))
    };
    policies.iter().map(one).collect()
}

fn workload(name: &str) -> Workload {
    named(name, 1).expect("a workload")
}

fn point(policy: &str, cost: f64, late: f64, rescales_per_day: f64) -> Point {
    Point {
        policy: policy.into(),
        cost,
        late,
        rescales_per_day,
    }
}

/// Twelve policies as they may come out: close together, and one far away.
fn points() -> Vec<Point> {
    vec![
        point("rule", 1.42, 0.004, 9.0),
        point("model", 1.38, 0.003, 8.0),
        point("static", 2.9, 0.0, 0.0),
        point("hpa_cpu", 1.61, 0.012, 31.0),
        point("hpa_cpu:default", 1.60, 0.013, 35.0),
        point("keda_lag", 1.45, 0.06, 80.0),
        point("keda_lag:default", 1.43, 0.22, 120.0),
        point("flink_operator", 1.42, 0.031, 14.0),
        point("flink_operator:default", 1.41, 0.035, 15.0),
        point("dataflow", 1.37, 0.0041, 22.0),
        point("ds2", 1.31, 0.09, 60.0),
        point("clairvoyant", 1.12, 0.0, 6.0),
    ]
}

fn look_at(name: &str, svg: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(path, svg).expect("a file below target");
}

/// Each element is closed, nothing stands outside the one picture, and no number is none.
fn is_sound(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("an end of the tag");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty());
        if tag.starts_with('/') {
            assert_eq!(open.pop(), name, "{tag}");
        } else if !tag.ends_with('/') {
            open.push(name.expect("a name"));
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        assert!(!open.is_empty() || text.trim().is_empty(), "{text:?}");
        assert!(!text.contains("&&"), "{text:?}");
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(!svg.contains(|c: char| c.is_control() && c != '\n'));
    for none in ["NaN", "inf", "-2147483648", "2147483647"] {
        assert!(!svg.contains(none), "{none} in the picture");
    }
}

#[test]
fn a_workload_is_shown_with_every_policy_in_three_panels() {
    for name in ["step", "diurnal", "sink_outage"] {
        let workload = workload(name);
        let svg = plots::workload(&workload, &runs(&workload, &["rule", "static"]));
        look_at(&format!("{name}.svg"), &svg);
        is_sound(&svg);
        for words in ["load (elements/s)", "workers in use", "delay: age of"] {
            assert_eq!(svg.matches(words).count(), 1, "{words}");
        }
        // Both limits are there, also where nothing is late.
        for mark in ["\n60 s\n", "\n120 s\n"] {
            assert_eq!(svg.matches(mark).count(), 1, "{mark}");
        }
        let goes_wrong = svg.contains("something goes wrong");
        assert_eq!(goes_wrong, !workload.model.faults.is_empty());
        // Once beside the workers, once beside the delay.
        for policy in ["\nrule\n", "\nstatic\n"] {
            assert_eq!(svg.matches(policy).count(), 2, "{policy}");
        }
    }
}

/// A run as restless as a picture can show it, with a figure of its own.
fn restless(place: u32) -> Run {
    let workload = Workload::of_file("short", vec![1000.0]);
    let mut run = runs(&workload, &["static"]).remove(0).1;
    run.moments = (0..3 * 86_400 / 30)
        .zip((place..).step_by(7919))
        .map(|(half_minute, chance)| Moment {
            second: half_minute * 30,
            in_use: Workers(1 + chance % 61),
            delay: f64::from(chance % 6007),
        })
        .collect();
    run
}

#[test]
fn a_dozen_restless_policies_over_days_are_less_than_300_kb() {
    let rates = (0..3 * 86_400).map(|second| f64::from(second % 7919));
    let workload = Workload::of_file("days", rates.collect());
    let runs: Vec<(String, Run)> = (0..12)
        .map(|place| (format!("policy_{place}"), restless(place)))
        .collect();
    let svg = plots::workload(&workload, &runs);
    is_sound(&svg);
    assert!(svg.len() < 300_000, "{} bytes", svg.len());
}

#[test]
fn a_load_that_no_policy_follows_does_not_press_the_workers_to_the_ground() {
    // It needs (464 000 / 1000)^(1 / 0.89) = 991 workers; the one policy has four.
    let workload = Workload::of_file("too_much", vec![464_000.0; 3600]);
    let mut run = restless(0);
    for moment in &mut run.moments {
        moment.in_use = Workers(4);
    }
    let svg = plots::workload(&workload, &[("four".into(), run)]);
    assert!(svg.contains("\n6\n"));
    assert!(!svg.contains("\n1000\n"));
}

#[test]
fn odd_figures_are_drawn_without_a_number_that_is_none() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e300];
    let mut run = restless(0);
    run.moments = odd
        .into_iter()
        .zip([0, 0, 30, 60, 60, u64::MAX])
        .map(|(delay, second)| Moment {
            second,
            in_use: Workers(u32::MAX),
            delay,
        })
        .collect();
    let mut one_moment = run.clone();
    one_moment.moments.truncate(1);
    let mut empty = run.clone();
    empty.moments.clear();
    let odd_runs = [
        ("<rule> & \u{0}", run),
        ("one", one_moment),
        ("empty", empty),
    ];
    let odd_runs = odd_runs.map(|(name, run)| (name.to_owned(), run));
    for rates in [vec![], vec![0.0], vec![0.0; 600], odd.to_vec()] {
        for runs in [&odd_runs[..], &odd_runs[1..2], &odd_runs[2..], &[]] {
            let workload = Workload::of_file("odd & <more>", rates.clone());
            is_sound(&plots::workload(&workload, runs));
        }
    }
    let points: Vec<Point> = odd
        .into_iter()
        .flat_map(|a| odd.map(|b| point("odd", a, b, a)))
        .collect();
    for count in 0..points.len() {
        is_sound(&plots::pareto(&points[..count]));
    }
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let workload = workload("step");
    let draw = || plots::workload(&workload, &runs(&workload, &["rule"]));
    assert_eq!(draw(), draw());
    assert_eq!(plots::pareto(&points()), plots::pareto(&points()));
}

#[test]
fn cost_is_shown_against_lateness_and_rescales_with_every_name_in_both() {
    let svg = plots::pareto(&points());
    look_at("pareto.svg", &svg);
    is_sound(&svg);
    for point in points() {
        let name = format!("\n{}\n", point.policy);
        assert_eq!(svg.matches(&name).count(), 2, "{name}");
    }
}
