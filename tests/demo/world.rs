//! The simulated job keeps time with the clock, whatever the clock does.

use std::time::Duration;

use outrider::demo::job;
use outrider::demo::world::World;
use outrider::scrape::{JobChoice, Scrape};
use outrider::settings::{Mode, Target};
use outrider::simulate::load::Workload;
use outrider::simulate::model::{Fault, FaultKind};
use outrider::simulate::policy::{self, Brain};
use outrider::units::{Timestamp, Workers};

use crate::START;

fn of_rates(rates: &[f64]) -> Workload {
    Workload {
        rates: rates.to_vec(),
        ..job::workload()
    }
}

fn last_checkpoint(scrape: &Scrape) -> Timestamp {
    match &scrape.job {
        Ok(JobChoice::One(job)) => {
            let checkpoints = job.checkpoints.as_ref().unwrap();
            checkpoints.last_completed.as_ref().unwrap().triggered
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_lives_a_second_for_each_that_passes() {
    let mut world = World::begin(job::workload(), true, START);
    assert_eq!(world.moment().second, 0);
    for (millis, second) in [(999, 0), (1000, 1), (1000, 1), (7500, 7), (27_000, 27)] {
        world.live_until(START + Duration::from_millis(millis));
        assert_eq!(world.moment().second, second, "after {millis} ms");
    }
}

#[test]
fn when_the_machine_slept_or_its_clock_was_set_the_job_slept_too_and_its_flink_has_the_new_time() {
    let mut world = World::begin(job::workload(), true, START);
    world.live_until(START + Duration::from_secs(20));
    let an_hour_later = START + Duration::from_hours(1);
    world.live_until(an_hour_later);
    assert_eq!(world.moment().second, 21);
    world.live_until(an_hour_later + Duration::from_secs(10));
    assert_eq!(world.moment().second, 31);
    assert!(last_checkpoint(world.scrape()) > an_hour_later);
    // Back to where it came from.
    world.live_until(START);
    world.live_until(START + Duration::from_secs(10));
    assert_eq!(world.moment().second, 42);
    assert!(last_checkpoint(world.scrape()) < START + Duration::from_secs(10));
}

#[test]
fn a_rival_may_look_after_the_job_within_the_same_bounds() {
    let hpa = policy::named("hpa_cpu:default", &[]).unwrap();
    let Brain::Rival(rival, knobs) = hpa.brain else {
        panic!("no rival");
    };
    let workload = job::workload();
    let rival = (rival.make)(&workload, &knobs);
    let mut world = World::begin(workload, true, START).looked_after_by(rival, Workers(4));
    let mut told = Vec::new();
    for second in 1..=60 {
        world.live_until(START + Duration::from_secs(second));
        told.extend(world.moment().wish);
    }
    // 3800/s on two workers that do 1700/s: 100 % of the CPU at a target of 70 % asks for more.
    assert_eq!(told[0].workers, Workers(3));
    assert!(
        told.iter().all(|wish| wish.workers <= Workers(4)),
        "{told:?}"
    );
    assert_eq!(world.moment().asked, told.last().unwrap().workers);
}

#[test]
fn its_flink_refreshes_its_metrics_every_three_seconds_at_most() {
    let mut world = World::begin(job::workload(), true, START);
    let mut at = |seconds| {
        world.live_until(START + Duration::from_secs(seconds));
        world.scrape().at
    };
    assert_eq!(at(0), START);
    assert_eq!(at(2), START);
    assert_eq!(at(3), START + Duration::from_secs(3));
    assert_eq!(at(5), START + Duration::from_secs(3));
}

#[test]
fn a_load_ends_or_begins_anew() {
    let now = START + Duration::from_secs(5);
    let mut ends = World::begin(of_rates(&[1000.0, 2000.0, 3000.0]), false, START);
    ends.live_until(now);
    assert!(ends.is_over());
    assert_eq!(ends.moment().second, 3);
    assert_eq!(ends.moment().input_rate, 3000.0);
    let mut repeats = World::begin(of_rates(&[1000.0, 2000.0, 3000.0]), true, START);
    repeats.live_until(now);
    assert!(!repeats.is_over());
    // 1000, 2000, 3000, 1000, 2000.
    assert_eq!(repeats.moment().input_rate, 2000.0);
}

#[test]
fn a_fault_comes_at_its_second_of_the_demo() {
    let mut workload = job::workload();
    workload.model.faults = vec![Fault {
        from: 10,
        to: 20,
        kind: FaultKind::JobDown,
    }];
    let mut world = World::begin(workload, true, START);
    world.live_until(START + Duration::from_secs(9));
    assert_eq!(world.moment().in_use, Some(Workers(2)));
    world.live_until(START + Duration::from_secs(10));
    assert_eq!(world.moment().in_use, None);
}

#[test]
fn the_summary_is_of_the_demo_alone_beside_a_fixed_size_for_the_highest_rate_that_came() {
    // 2 workers for 60 s are 2 / 60 of a worker-hour, and 1600/s at 80 % are 2000/s: what
    // 2^(1 / 0.89) = 2.18 workers read, so 3.
    let mut world = World::begin(of_rates(&[1600.0]), true, START);
    world.live_until(START + Duration::from_secs(30));
    world.live_until(START + Duration::from_secs(60));
    let summary = world.summary();
    assert_eq!(summary.seconds, 60);
    assert!((summary.scaled.worker_hours - 2.0 / 60.0).abs() < 1e-9);
    assert_eq!(summary.fixed_workers, Workers(3));
    assert!((summary.fixed.worker_hours - 3.0 / 60.0).abs() < 1e-9);
}

#[test]
fn the_users_settings_win_but_no_other_job_is_ever_scaled() {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let parsed = job::settings(
        [
            variable("OUTRIDER_WORKERS_MAX", "5"),
            variable("OUTRIDER_MODE", "observe"),
            variable("OUTRIDER_TARGET", "exec:reboot"),
            variable("OUTRIDER_FLINK_URL", "http://production:8081"),
        ],
        true,
    );
    assert_eq!(parsed.mistakes, Vec::<String>::new());
    assert_eq!(parsed.settings.workers_max, Some(Workers(5)));
    assert_eq!(parsed.settings.mode, Mode::Observe);
    assert!(matches!(parsed.settings.target, Target::Kubernetes { .. }));
    assert_eq!(parsed.settings.flink_url.host, "127.0.0.1");
    let warned = parsed.warnings.join("\n");
    assert!(
        warned.contains("OUTRIDER_TARGET") && warned.contains("OUTRIDER_FLINK_URL"),
        "{warned}"
    );
}

#[test]
fn by_itself_the_demo_has_room_and_listens_to_this_machine_only() {
    for fast in [true, false] {
        let settings = job::settings([], fast).settings;
        assert_eq!(settings.why_only_observing(), None);
        assert!(settings.listen.ip().is_loopback());
    }
}
