//! The plant on paper: every number here can be calculated by hand.

use outrider::simulate::answers::Answers;
use outrider::simulate::job::Plant;
use outrider::simulate::model::{Fault, FaultKind, Model};
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
    // Three are asked for and come one by one between 36 s and 44 s. The first stops the job for 20 s,
    // and one that comes within the 2 s in which the old execution stops is taken with it. What comes
    // later waits until Flink allows the next restart, 30 s after the job went on, so until
    // 36 + 20 + 30 s at least and 44 + 20 + 30 s at the most.
    let mut model = plain();
    model.together = false;
    model.pause_up = (20.0, 20.0);
    let mut plant = Plant::new(model, 1);
    plant.scale(Workers(5));
    goes_on(&mut plant, 85, 1000.0);
    assert_eq!((plant.in_use(), plant.tally().restarts), (Workers(4), 1));
    goes_on(&mut plant, 30, 1000.0);
    assert_eq!((plant.in_use(), plant.tally().restarts), (Workers(5), 2));
    assert_eq!(plant.tally().paused_seconds, 40.0);
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
}
