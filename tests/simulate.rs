//! Policies meet workloads, and the command that shows it can be believed.

use std::process::{Command, Output};

use outrider::simulate::load::{Half, NAMED, Workload, named};
use outrider::simulate::policy;
use outrider::simulate::run::{Run, run};
use outrider::simulate::score::Score;
use outrider::units::Workers;
use proptest::prelude::*;

/// A policy, by its name, meets a workload.
fn meets(policy: &str, workload: &Workload, seed: u64) -> Run {
    let policy = policy::named(policy, &[]).expect("a policy");
    run(workload, &policy, seed, &|_| {})
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    let run = |seed| {
        let workload = named("spikes", seed).expect("a workload");
        meets("rule", &workload, seed)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn every_workload_can_be_run_and_ends_caught_up_or_says_so() {
    for entry in &NAMED {
        let workload = named(entry.name, 1).expect("a workload");
        let run = meets("rule", &workload, 1);
        assert!(
            run.score.cost.is_finite() && run.score.cost >= 1.0,
            "{}: {:?}",
            entry.name,
            run.score
        );
        assert!((0.0..=1.0).contains(&run.score.late_60), "{}", entry.name);
        assert!(run.score.late_120 <= run.score.late_60, "{}", entry.name);
    }
}

#[test]
fn a_steady_load_with_enough_workers_is_left_alone() {
    let mut workload = named("step", 1).expect("a workload");
    workload.rates = vec![1500.0; 6 * 3600];
    let run = meets("rule", &workload, 1);
    assert_eq!(run.changes, []);
    assert_eq!(run.score.restarts_per_day, 0.0);
}

#[test]
fn a_policy_has_looked_after_the_job_for_an_hour_before_anything_counts() {
    // 1500/s on 3 workers are over 35 % of the CPU, and HPA with that target adds some. A minute is too
    // short for it: pods take 40 s, and the restart half a minute.
    let workload = Workload::of_file("flat", vec![1500.0; 60]);
    let run = meets("hpa_cpu:default:target=0.35", &workload, 1);
    assert_eq!(workload.model.workers, 3);
    assert!(run.moments[0].in_use > Workers(3), "{:?}", run.moments);
    assert_eq!((run.moments[0].second, run.moments.len()), (30, 2));
}

#[test]
fn what_goes_wrong_comes_as_much_later_as_the_load() {
    let outage = named("sink_outage", 1).expect("a workload");
    let later = outage.after(100);
    assert_eq!(later.rates.len(), outage.rates.len() + 100);
    let (before, after) = (outage.model.faults[0], later.model.faults[0]);
    assert_eq!((after.from, after.to), (before.from + 100, before.to + 100));
}

#[test]
fn a_job_that_is_never_scaled_costs_its_peak_all_the_time() {
    let workload = named("step", 1).expect("a workload");
    let run = meets("static:default", &workload, 1);
    // (6000 / 0.8 / 1000)^(1 / 0.89) = 9.62 workers.
    assert!(
        run.moments
            .iter()
            .all(|moment| moment.in_use == Workers(10))
    );
    let paid = 10.0 * 5.0 * 3600.0 / workload.fluid_bound();
    assert!(
        (run.score.cost - paid).abs() < 1e-6,
        "{} {paid}",
        run.score.cost
    );
}

#[test]
fn on_the_step_of_the_benchmark_it_is_hardly_late_and_cheaper_than_no_autoscaler() {
    let step = named("step", 1).expect("a workload");
    let score = |policy| meets(policy, &step, 1).score;
    let (optimum, fixed) = (score("optimum"), score("static"));
    // Chance may bring the pods later than planned, by less than a minute in five hours.
    assert!(optimum.late_60 < 60.0 / 18_000.0, "{}", optimum.late_60);
    assert_eq!(optimum.late_120.to_bits(), 0.0_f64.to_bits());
    // 3 workers for 3 h, 8 for 2 h over 2.18 and 7.49: 1.16 in whole workers without restarts.
    assert!((1.16..1.22).contains(&optimum.cost), "{}", optimum.cost);
    assert!(optimum.cost < fixed.cost / 1.5, "{}", fixed.cost);
}

fn outrider(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outrider"))
        .arg("simulate")
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program")
}

#[test]
fn the_command_prints_each_change_with_its_reason() {
    let output = outrider(&["--workload", "step"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("utilization; workers_"), "{text}");
    assert!(text.contains("\nstatic "), "{text}");
}

#[test]
fn what_is_not_understood_is_said_in_a_sentence() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("load.csv");
    std::fs::write(&file, "seconds,rate\n0,5\n1,many\n").expect("a place for a file");
    let file = file.to_str().expect("a path");
    let cases: [(&[&str], &str); 17] = [
        (&["--workload", "stepp"], "neither a workload nor a file"),
        (&["--workload", file], "line 3 has a rate of \"many\""),
        (&["--workload", "/no/such.csv"], "cannot read /no/such.csv"),
        (&["--workload", "/"], "cannot read /"),
        (
            &["--plots", "/proc/no"],
            "cannot write to the folder /proc/no",
        ),
        (
            &["--benchmark", "--plots", file],
            "cannot write to the folder",
        ),
        (
            &["--model", "beta=1"],
            "--model gives beta, which no model has",
        ),
        (&["--model", "alpha"], "it is not of the form NAME=VALUE"),
        (&["--model", "alpha=-1"], "\"-1\" is not a number from 0 up"),
        (&["--peak", "0"], "--peak must be above 0"),
        (&["--benchmark", "--seeds", "0"], "0 is not in 1..=1000"),
        (
            &["--sweep", "--policy", "best"],
            "nothing to sweep in \"best\"",
        ),
        (
            &["--sweep", "--format", "json"],
            "--sweep prints text or markdown",
        ),
        (
            &["--format", "markdown"],
            "goes with --benchmark, --sweep and --against",
        ),
        (
            &["--policy", "best"],
            "there is no policy \"best\"; there are rule, ",
        ),
        (
            &["--policy", "static:size=4"],
            "static has no knob \"size\"",
        ),
        (
            &["--policy", "rule:COOLDOWN_UP_MIN=60"],
            "OUTRIDER_COOLDOWN_UP_MIN",
        ),
    ];
    for (arguments, said) in cases {
        let output = outrider(arguments);
        let text = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn the_same_benchmark_gives_the_same_bytes() {
    let arguments = [
        "--benchmark",
        "--workload=step,sink_outage",
        "--policy=rule,static",
        "--seeds=2",
        "--format=markdown",
    ];
    let [first, second] = [(); 2].map(|()| outrider(&arguments));
    assert!(first.status.success());
    assert_eq!(first.stdout, second.stdout);
    let text = String::from_utf8(first.stdout).expect("text");
    assert!(text.contains("| static | "), "{text}");
    assert!(text.contains("| sink_outage | "), "{text}");
}

#[test]
fn pictures_are_drawn_of_each_workload_and_of_all_policies() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("plots/of/a/benchmark");
    let into = format!("--plots={}", folder.display());
    let policies = "--policy=rule,static";
    let output = outrider(&[
        "--benchmark",
        "--workload=step",
        "--seeds=1",
        policies,
        &into,
    ]);
    assert!(output.status.success(), "{output:?}");
    for name in ["step.svg", "pareto.svg"] {
        let svg = std::fs::read_to_string(folder.join(name)).expect("a picture");
        assert!(svg.contains("rule") && svg.contains("static"), "{name}");
    }
}

#[test]
fn another_model_is_another_job() {
    let cost = |model: &str| {
        let arguments = [
            "--workload=step",
            "--policy=static",
            "--format=json",
            "--model",
            model,
        ];
        let told: serde_json::Value =
            serde_json::from_slice(&outrider(&arguments).stdout).expect("JSON");
        told["runs"][0]["score"]["cost"].as_f64().expect("a cost")
    };
    // 6000/s at 80 % are 8 workers at 1000/s each, and 4 at 2000/s: 40 worker-hours over 2 h of 6 and
    // 3 h of 2 workers, 20 over half of that.
    assert!(
        (cost("alpha=1") - 40.0 / 18.0).abs() < 1e-3,
        "{}",
        cost("alpha=1")
    );
    let arguments = [
        "--benchmark",
        "--seeds=1",
        "--workload=step",
        "--policy=static",
    ];
    let both = [
        &arguments[..],
        &["--format=json", "--model=alpha=1", "--model=capacity=2000"],
    ];
    let told: serde_json::Value =
        serde_json::from_slice(&outrider(&both.concat()).stdout).expect("JSON");
    let cost = &told["fault_free"][0]["figures"]["cost"]["mean"];
    assert!(
        (cost.as_f64().expect("a cost") - 20.0 / 9.0).abs() < 1e-3,
        "{cost}"
    );
}

#[test]
fn a_file_is_a_workload_of_the_benchmark_too() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("flat.csv");
    std::fs::write(&file, "0,800\n7200,800\n").expect("a place for a file");
    let file = format!("--workload={}", file.display());
    let output = outrider(&["--benchmark", &file, "--policy=static", "--format=json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    // One worker where (800 / 1000)^(1 / 0.89) = 0.778 would do: 1.285 times as much.
    let cost = told["fault_free"][0]["figures"]["cost"]["mean"].as_f64();
    assert!((cost.expect("a cost") - 1.285).abs() < 1e-3, "{cost:?}");
}

#[test]
fn what_is_chosen_on_one_half_is_shown_on_the_other() {
    let fault_free = |half| {
        let of_half = NAMED.iter().filter(move |named| named.half == half);
        of_half.map(|named| named.fault_free).collect::<Vec<_>>()
    };
    for half in [Half::Tuning, Half::HeldBack] {
        let fault_free = fault_free(half);
        assert_eq!(fault_free.len(), 8);
        assert_eq!(fault_free.iter().filter(|free| **free).count(), 4);
    }
}

#[test]
fn the_price_counts_workers_minutes_late_and_rescales() {
    let workload = named("step", 1).expect("a workload");
    let score = Score {
        days: 0.5,
        worker_hours: 60.0,
        cost: 1.5,
        // 1 % of 12 hours are 7.2 minutes, a worker-hour each.
        late_60: 0.01,
        // 4 rescales, each five minutes of 60 / 12 = 5 workers.
        rescales_per_day: 8.0,
        ..meets("static", &workload, 1).score
    };
    let price = (60.0 + 7.2 + 4.0 * 5.0 * 5.0 / 60.0) / 40.0;
    assert!((score.price() - price).abs() < 1e-9, "{}", score.price());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_load_of_any_shape_is_survived(rates in prop::collection::vec(0.0_f64..1e6, 1..2000)) {
        let workload = Workload::of_file("any", rates);
        let run = meets("rule", &workload, 3);
        prop_assert!(run.changes.iter().all(|change| change.to <= Workers(64) && change.to >= Workers(1)));
    }
}
