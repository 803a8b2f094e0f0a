//! The simulated job does what a real one does, and the command that shows it can be believed.

use std::process::{Command, Output};

use outrider::simulate::answers::Answers;
use outrider::simulate::job::Plant;
use outrider::simulate::load::{Half, NAMED, Workload, named};
use outrider::simulate::model::{Fault, FaultKind, Model};
use outrider::simulate::policy;
use outrider::simulate::run::{Run, run};
use outrider::simulate::score::Score;
use outrider::units::Workers;
use proptest::prelude::*;

/// Without chance: every number can be checked on paper.
fn plain() -> Model {
    let mut model = Model::usual();
    model.alpha = 1.0;
    model.capacity_noise = 0.0;
    model.pod_wait = (40.0, 40.0);
    model.together = true;
    model.pause_up = (20.0, 20.0);
    model.pause_down = (30.0, 30.0);
    model.warm_up = 0.0;
    model.warm_up_from = 1.0;
    model
}

fn goes_on(plant: &mut Plant, seconds: u64, rate: f64) {
    for _ in 0..seconds {
        plant.advance(rate);
    }
}

/// A policy, by its name, meets a workload.
fn meets(policy: &str, workload: &Workload, seed: u64) -> Run {
    let policy = policy::named(policy, &[]).expect("a policy");
    run(workload, &policy, seed, &|_| {})
}

#[test]
fn a_job_with_enough_workers_reads_what_comes_in() {
    let mut plant = Plant::new(plain(), 1);
    goes_on(&mut plant, 600, 1900.0);
    assert!(plant.backlog() < 1.0, "{}", plant.backlog());
    assert!(plant.delay() < 1.0);
}

#[test]
fn a_job_that_lacks_a_worker_falls_behind_by_what_that_one_would_read() {
    // 2 workers read 2000/s of 3000/s: 60 000 are left after a minute, the oldest of them is that
    // which came in when two thirds of the time had passed: 20 s ago.
    let mut plant = Plant::new(plain(), 1);
    goes_on(&mut plant, 60, 3000.0);
    assert!(
        (plant.backlog() - 60_000.0).abs() < 1.0,
        "{}",
        plant.backlog()
    );
    assert!((plant.delay() - 20.0).abs() <= 1.0, "{}", plant.delay());
}

#[test]
fn a_rescale_takes_the_pod_and_the_pause_and_reads_again_what_came_after_the_checkpoint() {
    let mut plant = Plant::new(plain(), 1);
    goes_on(&mut plant, 600, 1000.0);
    plant.scale(Workers(3));
    // A pod is a tenth quicker or slower than 40 s.
    goes_on(&mut plant, 35, 1000.0);
    assert_eq!(plant.in_use(), Workers(2));
    goes_on(&mut plant, 30, 1000.0);
    assert_eq!(plant.in_use(), Workers(3));
    let tally = plant.tally();
    assert_eq!(tally.restarts, 1);
    assert!(
        (19.0..=20.0).contains(&tally.paused_seconds),
        "{}",
        tally.paused_seconds
    );
    // A checkpoint each 10 s takes 2 s: between 2 and 12 s are read again.
    assert!(
        (2_000.0..=12_000.0).contains(&tally.replayed),
        "{}",
        tally.replayed
    );
    // 4 paid workers for the 65 s at the most.
    assert!(tally.worker_seconds <= 600.0 * 2.0 + 65.0 * 3.0);
}

#[test]
fn a_worker_that_joins_later_has_to_wait_for_the_next_restart() {
    // Three are asked for and come one by one between 36 s and 44 s. The first stops the job for 10 s,
    // within which the others come: they wait until Flink allows the next restart, 30 s after the
    // job went on, so until 36 + 10 + 30 s at least and 44 + 10 + 30 s at the most.
    let mut model = plain();
    model.together = false;
    model.pause_up = (10.0, 10.0);
    let mut plant = Plant::new(model, 1);
    plant.scale(Workers(5));
    goes_on(&mut plant, 75, 1000.0);
    assert_eq!((plant.in_use(), plant.tally().restarts), (Workers(3), 1));
    goes_on(&mut plant, 20, 1000.0);
    assert_eq!((plant.in_use(), plant.tally().restarts), (Workers(5), 2));
    assert_eq!(plant.tally().paused_seconds, 20.0);
}

#[test]
fn the_first_checkpoint_of_an_execution_comes_at_a_random_moment() {
    // A checkpoint each 10 s that takes 2 s: what is read again is between 2 s and 12 s old, 7 s on
    // average, whatever the moment of the failure.
    let replayed = |seed| {
        let mut model = plain();
        model.faults = vec![Fault {
            from: 100,
            to: 101,
            kind: FaultKind::WorkerFails,
        }];
        let mut plant = Plant::new(model, seed);
        goes_on(&mut plant, 101, 100.0);
        plant.tally().replayed / 100.0
    };
    let ages: Vec<f64> = (0..200).map(replayed).collect();
    assert!(
        ages.iter().all(|age| (2.0..=13.0).contains(age)),
        "{ages:?}"
    );
    let mean = ages.iter().sum::<f64>() / 200.0;
    assert!((6.0..8.5).contains(&mean), "{mean}");
    assert!(ages.iter().any(|age| *age < 4.0) && ages.iter().any(|age| *age > 10.0));
}

#[test]
fn where_flink_does_not_wait_the_next_restart_follows_at_once() {
    let mut model = plain();
    model.together = false;
    model.pause_up = (2.0, 2.0);
    model.rescale_cooldown = 0.0;
    let mut plant = Plant::new(model, 1);
    plant.scale(Workers(5));
    goes_on(&mut plant, 50, 1000.0);
    assert_eq!(plant.in_use(), Workers(5));
    assert!(plant.tally().restarts >= 2);
}

#[test]
fn a_worker_that_fails_stops_the_job_as_long_as_one_that_is_lost() {
    // What was read since the last checkpoint is read again: 500/s for up to 12 s.
    let mut model = plain();
    model.pause_lost = (7.0, 7.0);
    model.faults = vec![Fault {
        from: 100,
        to: 101,
        kind: FaultKind::WorkerFails,
    }];
    let mut plant = Plant::new(model, 1);
    goes_on(&mut plant, 106, 500.0);
    assert_eq!(plant.tally().paused_seconds, 7.0);
    let replayed = plant.tally().replayed;
    assert!((500.0..=6000.0).contains(&replayed), "{replayed}");
    assert_eq!(plant.backlog(), 7.0 * 500.0 + replayed);
    goes_on(&mut plant, 10, 500.0);
    assert_eq!((plant.in_use(), plant.tally().restarts), (Workers(2), 1));
    assert_eq!(plant.tally().paused_seconds, 7.0);
}

#[test]
fn a_sink_that_takes_less_is_not_helped_by_workers() {
    let mut model = plain();
    model.workers = 8;
    model.faults = vec![Fault {
        from: 0,
        to: 600,
        kind: FaultKind::SinkTakes(0.8),
    }];
    let mut plant = Plant::new(model, 1);
    goes_on(&mut plant, 599, 1000.0);
    assert!(
        (plant.backlog() - 599.0 * 200.0).abs() < 201.0,
        "{}",
        plant.backlog()
    );
}

#[test]
fn partitions_that_are_not_spread_evenly_slow_the_job_to_the_worker_with_the_most() {
    // Of 12 partitions 5 workers have 3, 3, 2, 2, 2: the first does 1000/s, all of them 4000/s.
    let mut model = plain();
    model.workers = 5;
    model.partitions = Some(12);
    let mut plant = Plant::new(model, 1);
    goes_on(&mut plant, 100, 5000.0);
    assert!(
        (plant.backlog() - 100_000.0).abs() < 1.0,
        "{}",
        plant.backlog()
    );
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
    let cases: [(&[&str], &str); 14] = [
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
    fn nothing_is_lost_and_nothing_is_read_that_did_not_come(
        rates in prop::collection::vec(0.0_f64..10_000.0, 1..40),
        sizes in prop::collection::vec(1_u32..20, 1..40),
        seed in any::<u64>(),
    ) {
        let mut plant = Plant::new(Model::usual(), seed);
        let mut answers = Answers::new(seed);
        for (rate, size) in rates.iter().zip(sizes.iter().cycle()) {
            plant.scale(Workers(*size));
            goes_on(&mut plant, 60, *rate);
            let tally = plant.tally();
            prop_assert!(plant.backlog() >= 0.0 && plant.backlog() <= tally.arrived + 1.0);
            prop_assert!(plant.delay() >= 0.0);
            prop_assert!(tally.worker_seconds.is_finite());
            let _ = answers.scrape(&plant);
        }
    }

    #[test]
    fn a_load_of_any_shape_is_survived(rates in prop::collection::vec(0.0_f64..1e6, 1..2000)) {
        let workload = Workload::of_file("any", rates);
        let run = meets("rule", &workload, 3);
        prop_assert!(run.changes.iter().all(|change| change.to <= Workers(64) && change.to >= Workers(1)));
    }
}
