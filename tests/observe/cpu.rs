//! CPU: over all TaskManagers, and of the highest.

use outrider::observe::{Known, Observation, Observer, Unknown};
use outrider::scrape::{CpuTime, Unread};
use outrider::settings::Settings;
use outrider::units::Utilization;

use crate::made::{after, count, cpu_of, job_of, scrape};

fn percent(known: Known<Utilization>) -> Known<String> {
    known.map(|utilization| utilization.to_string())
}

fn all(seen: &Observation) -> Known<String> {
    percent(seen.utilization)
}

#[test]
fn cpu_is_seconds_used_over_cores_allotted() {
    // 1.2 s per second of two cores.
    assert_eq!(all(&after(6, |_, _| {})), Ok("60%".into()));
}

#[test]
fn taskmanager_cpu_counts_for_more_than_what_flink_believes() {
    let mut observer =
        Observer::new(&Settings::parse([("OUTRIDER_TASKMANAGER_CPU".into(), "2".into())]).settings);
    let seen = (0..6).map(|tick| {
        let mut scrape = scrape(10 * tick);
        job_of(&mut scrape).setup = Err(Unread::TimedOut);
        observer.observe(scrape.at, &scrape)
    });
    let seen = seen.last().unwrap();
    assert_eq!(seen.taskmanager_cpu, Ok(2.0));
    assert_eq!(all(&seen), Ok("30%".into()));
}

#[test]
fn without_cores_there_is_no_utilization() {
    let seen = after(6, |_, scrape| {
        let setup = job_of(scrape).setup.as_mut().unwrap();
        setup
            .taskmanagers
            .iter_mut()
            .for_each(|tm| tm.cpu_cores = 0.0);
    });
    assert_eq!(seen.utilization, Err(Unknown::NotAllotted));
    let seen = after(6, |_, scrape| job_of(scrape).setup = Err(Unread::TimedOut));
    assert_eq!(seen.utilization, Err(Unknown::NotRead));
    assert_eq!(seen.taskmanager_cpu, Err(Unknown::NotRead));
}

/// One joins with 30 s of CPU on its clock, or leaves with 250 s.
#[test]
fn a_taskmanager_that_joins_or_leaves_makes_no_jump() {
    for (reporting, jump) in [(3, 30.0), (1, -250.0)] {
        let seen = |ticks| {
            all(&after(ticks, |tick, scrape| {
                if tick >= 3 {
                    job_of(scrape).cpu = Ok(CpuTime {
                        seconds: 500.0 + 12.0 * count(tick) + jump,
                        reporting,
                    });
                }
            }))
        };
        assert_eq!(seen(3), Ok("60%".into()));
        assert_eq!(seen(4), Err(Unknown::TooFewSamples));
        // The same 1.2 s per second, of three cores or of one.
        let shared = if reporting == 3 { "40%" } else { "120%" };
        assert_eq!(seen(5), Ok(shared.into()));
    }
}

#[test]
fn a_taskmanager_that_is_replaced_makes_no_jump() {
    let seen = |ticks| {
        all(&after(ticks, |tick, scrape| {
            if tick >= 3 {
                job_of(scrape).cpu.as_mut().unwrap().seconds -= 250.0;
            }
        }))
    };
    assert_eq!(seen(4), Err(Unknown::TooFewSamples));
    assert_eq!(seen(5), Ok("60%".into()));
}

#[test]
fn cpu_that_is_not_read_is_not_0() {
    let seen = after(6, |tick, scrape| {
        if tick == 5 {
            job_of(scrape).cpu = Err(Unread::Empty);
        }
    });
    assert_eq!(seen.utilization, Err(Unknown::NotRead));
    // Nor is it what it was, where the rest is.
    let seen = after(6, |tick, scrape| {
        if tick == 5 {
            let at = scrape.at;
            *scrape = crate::made::scrape(40);
            scrape.at = at;
            job_of(scrape).cpu = Err(Unread::Empty);
        }
    });
    assert_eq!(seen.utilization, Err(Unknown::NotRead));
    let seen = after(6, |_, scrape| {
        job_of(scrape).cpu = Ok(CpuTime {
            seconds: f64::NAN,
            reporting: 2,
        });
    });
    assert!(seen.utilization.is_err());
}

/// They take turns; the first uses 0.3 of its core, the second 0.9.
fn turns(tick: u64) -> Option<outrider::scrape::CpuTimeOfOne> {
    let seconds = 10.0 * count(tick);
    if tick.is_multiple_of(2) {
        cpu_of("tm-1", 100.0 + 0.3 * seconds)
    } else {
        cpu_of("tm-2", 100.0 + 0.9 * seconds)
    }
}

#[test]
fn the_highest_is_known_after_two_rounds_through_all() {
    let seen = |ticks| {
        let seen = after(ticks, |tick, scrape| {
            job_of(scrape).cpu_of_one = turns(tick)
        });
        percent(seen.utilization_highest)
    };
    assert_eq!(seen(3), Err(Unknown::TooFewSamples));
    assert_eq!(seen(4), Ok("90%".into()));
    assert_eq!(seen(9), Ok("90%".into()));
}

#[test]
fn a_repeated_reading_of_one_is_no_pause_and_no_leap() {
    // One TaskManager; Flink's store was not refreshed at the fourth tick.
    for (ticks, expected) in [(4, "50%"), (5, "50%"), (6, "50%")] {
        let seen = after(ticks, |tick, scrape| {
            let job = job_of(scrape);
            job.setup.as_mut().unwrap().taskmanagers.truncate(1);
            let tick = if tick == 3 { 2 } else { tick };
            job.cpu_of_one = cpu_of("tm-1", 5.0 * count(tick));
        });
        assert_eq!(percent(seen.utilization_highest), Ok(expected.into()));
    }
}

#[test]
fn a_short_interval_measures_the_highest_too() {
    let mut observer = Observer::new(&Settings::parse([]).settings);
    let seen = (0..10).map(|tick| {
        let mut scrape = scrape(3 * tick);
        let job = job_of(&mut scrape);
        job.setup.as_mut().unwrap().taskmanagers.truncate(1);
        job.cpu_of_one = cpu_of("tm-1", 1.5 * count(tick));
        observer.observe(scrape.at, &scrape)
    });
    let seen = seen.last().unwrap();
    assert_eq!(percent(seen.utilization_highest), Ok("50%".into()));
}

#[test]
fn a_taskmanager_that_started_again_under_its_name_is_measured_anew() {
    let seen = |ticks| {
        let seen = after(ticks, |tick, scrape| {
            let job = job_of(scrape);
            job.setup.as_mut().unwrap().taskmanagers.truncate(1);
            let seconds = 500.0 + 5.0 * count(tick);
            job.cpu_of_one = cpu_of("tm-1", if tick < 3 { seconds } else { seconds - 500.0 });
        });
        percent(seen.utilization_highest)
    };
    assert_eq!(seen(3), Ok("50%".into()));
    assert_eq!(seen(4), Err(Unknown::TooFewSamples));
    assert_eq!(seen(5), Ok("50%".into()));
}

#[test]
fn an_interval_of_half_a_minute_or_a_minute_knows_the_utilization() {
    for every in [30, 60] {
        let mut observer = Observer::new(&Settings::parse([]).settings);
        let seen = (0..4).map(|tick| {
            let scrape = scrape(every * tick + tick % 2);
            observer.observe(scrape.at, &scrape)
        });
        let seen = seen.last().unwrap();
        assert!(!seen.warming_up, "{every} s");
        assert_eq!(all(&seen), Ok("60%".into()), "{every} s");
    }
}
