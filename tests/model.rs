//! The policy `model` on simulated jobs that are not as it believes.

#[expect(dead_code, reason = "the tests of `decide` change more of it")]
#[path = "support/situation.rs"]
mod situation;

use expect_test::expect;
use outrider::decide::Action;
use outrider::decide::model::parts::Part;
use outrider::decide::rescale::Rescales;
use outrider::simulate::load::Workload;
use outrider::simulate::model::{Fault, FaultKind, Model};
use outrider::simulate::policy::{self, Policy};
use outrider::simulate::random::Random;
use outrider::simulate::run::{Because, Change, Run, run};
use outrider::units::{Timestamp, Workers, f64_as_count};

use crate::situation::{NOW, job_on, percent, source};

const HOUR: u64 = 3600;

fn model() -> Policy {
    policy::named(policy::MODEL, &[]).expect("a policy")
}

/// So much a second for so many hours each.
fn load(levels: &[(f64, u64)]) -> Vec<f64> {
    let level =
        |(rate, hours): &(f64, u64)| vec![*rate; usize::try_from(hours * HOUR).expect("hours")];
    levels.iter().flat_map(level).collect()
}

fn job(rates: Vec<f64>, changed: impl FnOnce(&mut Model)) -> Workload {
    let mut workload = Workload::of_file("a test", rates);
    changed(&mut workload.model);
    workload
}

fn from(second: u64, kind: FaultKind) -> Fault {
    Fault {
        from: second,
        to: u64::MAX / 2,
        kind,
    }
}

fn sentence(change: &Change) -> Option<String> {
    match &change.because {
        Because::Decided(decision) => decision.arithmetic.sentence().map(str::to_owned),
        Because::Rival(_) => None,
    }
}

fn sizes(run: &Run) -> Vec<(u32, u32, &'static str)> {
    let size = |change: &Change| (change.from.0, change.to.0, change.because.reason());
    run.changes.iter().map(size).collect()
}

#[test]
fn a_scale_up_that_brings_nothing_is_taken_back_and_not_tried_again_for_an_hour() {
    // Twice the load, of which the sink takes 55 %: more than before, so that it is not known yet.
    let workload = job(load(&[(4000.0, 2), (8000.0, 1)]), |model| {
        model.faults = vec![from(2 * HOUR, FaultKind::SinkTakes(0.55))];
    });
    let run = run(&workload, &model(), 1, &|_| {});
    let sizes = sizes(&run);
    let [(before, more, "delay_budget"), (again, back, "ineffective")] = sizes[..] else {
        panic!("{sizes:?}");
    };
    assert_eq!((more, before), (again, back));
}

#[test]
fn a_sink_that_takes_less_than_it_did_is_not_helped_by_workers_and_not_waited_for_afterwards() {
    let workload = job(load(&[(4000.0, 6)]), |model| {
        model.faults = vec![Fault {
            from: HOUR,
            to: 3 * HOUR,
            kind: FaultKind::SinkTakes(0.8),
        }];
    });
    let run = run(&workload, &model(), 1, &|_| {});
    let first = run.changes.first().expect("it catches up afterwards");
    assert!(
        (3 * HOUR..3 * HOUR + 180).contains(&first.second),
        "{:?}",
        sizes(&run)
    );
}

#[test]
fn however_late_the_job_is_no_more_than_five_times_the_workers_are_asked_for() {
    // Down for three hours. 7 workers are enough for 4000/s: 1000 * 7^0.89 = 5650.
    let workload = job(load(&[(4000.0, 5)]), |model| {
        model.faults = vec![Fault {
            from: HOUR,
            to: 4 * HOUR,
            kind: FaultKind::JobDown,
        }];
    });
    let run = run(&workload, &model(), 1, &|_| {});
    let most = run.changes.iter().map(|change| change.to.0).max();
    assert!(
        (15..=35).contains(&most.expect("more")),
        "{:?}",
        sizes(&run)
    );
}

/// Loads with jumps and noise, as many as there are seeds.
fn restless(seed: u64) -> Vec<f64> {
    let mut chance = Random::seeded(seed).stream(99);
    let mut rates = Vec::new();
    let mut off = 0.0;
    while rates.len() < 8 * 3600 {
        let level = chance.between((800.0, 9000.0));
        let noise = chance.between((0.0, 0.3));
        let lasts = f64_as_count(chance.between((300.0, 5000.0)));
        for _ in 0..lasts.unwrap_or(0) {
            off = 0.98 * off + 0.2 * chance.normal();
            rates.push((level * (1.0 + noise * off)).max(0.0));
        }
    }
    rates
}

/// The worst rolling hour, and the scale-downs to fewer workers than the last ten minutes needed.
fn check_calm(name: &str, workload: &Workload, run: &Run) {
    let times: Vec<u64> = run.changes.iter().map(|change| change.second).collect();
    for (place, first) in times.iter().enumerate() {
        let within = times[place..].iter().filter(|at| **at < first + HOUR);
        assert!(within.count() <= 6, "{name}: {times:?}");
    }
    for change in run.changes.iter().filter(|change| change.to < change.from) {
        let until = usize::try_from(change.second).expect("a place");
        let lately = &workload.rates[until.saturating_sub(600)..until];
        let mean = lately.iter().sum::<f64>() / 600.0;
        // That elements have become dearer is known after twenty minutes.
        let learned = |fault: &Fault, factor: f64| {
            change.second > fault.from + if factor > 1.0 { 1200 } else { 0 }
        };
        let dearer = workload
            .model
            .faults
            .iter()
            .find_map(|fault| match fault.kind {
                FaultKind::Dearer(factor) if learned(fault, factor) => Some(factor),
                _ => None,
            });
        let capacity = workload.model.capacity_evenly(change.to.0) / dearer.unwrap_or(1.0);
        // The capacity is known to a twentieth.
        assert!(
            capacity >= 0.95 * mean,
            "{name}: {} at {} for {mean} a second: {:?}",
            change.to,
            change.second,
            change.because,
        );
    }
}

#[test]
fn however_wrong_the_model_is_it_stays_calm_and_keeps_what_the_last_ten_minutes_needed() {
    type Changed = fn(&mut Model);
    let jobs: [(&str, Changed); 6] = [
        ("as usual", |_| {}),
        ("twice as dear", |model| {
            model.faults = vec![from(2 * HOUR, FaultKind::Dearer(2.0))];
        }),
        ("half as dear", |model| {
            model.faults = vec![from(2 * HOUR, FaultKind::Dearer(0.5))];
        }),
        ("four times the pause", |model| {
            model.pause_up = (80.0, 160.0);
            model.pause_down = (100.0, 180.0);
        }),
        ("a quarter of the pause", |model| {
            model.pause_up = (5.0, 10.0);
            model.pause_down = (6.0, 11.0);
        }),
        ("workers that hardly add up", |model| model.alpha = 0.6),
    ];
    for (name, changed) in jobs {
        for seed in 1..=3 {
            let workload = job(restless(seed), changed);
            let run = run(&workload, &model(), seed, &|_| {});
            check_calm(&format!("{name}, seed {seed}"), &workload, &run);
        }
    }
}

#[test]
fn every_part_can_be_left_out_and_changes_something() {
    // A jump in the middle of a tick.
    let before = vec![2000.0; 3605];
    let spike = load(&[(9000.0, 1), (2000.0, 1)]);
    let workload = job([before, spike, restless(7)].concat(), |model| {
        model.alpha = 0.7;
        model.pause_up = (5.0, 10.0);
        model.pause_down = (6.0, 11.0);
        model.faults = vec![Fault {
            from: 6 * HOUR,
            to: 7 * HOUR,
            kind: FaultKind::SinkTakes(0.8),
        }];
    });
    // With a minute a restart takes all that is borne, and nothing can be put off; with more, no jump
    // is in a hurry.
    let budgets = ["1min", "3min"];
    let changes = |part: Option<Part>| {
        budgets.map(|budget| {
            let budget = [("OUTRIDER_DELAY_BUDGET".to_owned(), budget.to_owned())];
            let policy = match part {
                Some(part) => policy::without(part.name(), &budget),
                None => policy::named(policy::MODEL, &budget),
            };
            run(&workload, &policy.expect("a policy"), 7, &|_| {}).changes
        })
    };
    let whole = changes(None);
    // The season needs days (below).
    let parts = Part::ALL.into_iter().filter(|part| *part != Part::Season);
    for part in parts {
        assert!(changes(Some(part)) != whole, "without {}", part.name());
    }
}

#[test]
fn a_source_that_is_late_alone_is_not_hidden_by_the_others() {
    let mut given = job_on(4);
    // 1000/s without a backlog, and 20/s with 6000 to read: 300 s, of all together 6 s.
    let late = source(6000.0, 20.0, 0.0);
    given.observation.sources.push(late);
    for tick in 0..60 {
        let now = Timestamp::from_millis(NOW.millis() - 10_000 * (60 - tick));
        let rescales = Rescales::default();
        given.learned.learn(now, &given.observation, &rescales);
    }
    let decision = given.decision();
    assert_eq!(decision.reason(), "backlog_time", "{decision:?}");
    let Action::ScaleTo { workers, .. } = decision.action else {
        panic!("{decision:?}");
    };
    assert!(workers > Workers(4), "{decision:?}");
}

#[test]
fn who_reads_more_than_was_believed_can() {
    let mut given = job_on(4);
    let mut tick = 0;
    let mut learn = |given: &mut situation::Given, throughput: f64| {
        given.observation.sources = vec![source(0.0, throughput, 0.0)];
        for _ in 0..60 {
            tick += 1;
            let now = Timestamp::from_millis(NOW.millis() - 10_000 * (120 - tick));
            let rescales = Rescales::default();
            given.learned.learn(now, &given.observation, &rescales);
        }
        let decision = given.decision();
        let lines = decision.arithmetic.lines();
        let named = |name| lines.iter().find(|line| line.name == name);
        assert!(named("backlog_bytes").is_some(), "{lines:?}");
        let capacity = named("capacity");
        capacity.expect("the model decides").value
    };
    given.observation.utilization = Ok(percent(81.0));
    // (1 - 0.05) / (0.81 - 0.05) as much.
    assert!((learn(&mut given, 1000.0) - 1250.0).abs() < 1.0);
    // How busy the workers are is not known any more; that they read 2000/s is.
    given.observation.utilization = Err(outrider::observe::Unknown::TooFewSamples);
    let capacity = learn(&mut given, 2000.0);
    assert!((1950.0..=2000.0).contains(&capacity), "{capacity}");
}

#[test]
fn that_workers_come_together_is_learned_from_the_first_that_do() {
    let told = |together| {
        let levels = [(1500.0, 1), (5000.0, 1), (1500.0, 1), (5000.0, 1)];
        let workload = job(load(&levels), |model| model.together = together);
        let run = run(&workload, &model(), 1, &|_| {});
        let ups = run.changes.iter().filter(|it| it.to.0 > it.from.0 + 1);
        ups.map(|up| {
            let sentence = sentence(up).expect("a sentence");
            sentence.contains("twice, as workers come one by one")
        })
        .collect::<Vec<bool>>()
    };
    assert_eq!(told(true), [true, false]);
    assert_eq!(told(false), [true, true]);
}

#[test]
fn workers_that_yesterday_needed_an_hour_later_are_asked_for_at_once() {
    // Each evening the load rises in two steps, forty minutes apart. On the second both are known, and
    // the morning has shown that the days are alike.
    let day = |hour: u64, minute: u64| match (hour, minute) {
        (8..12, _) => 3000.0,
        (18, 0..40) => 4000.0,
        (18..22, _) => 7000.0,
        _ => 2000.0,
    };
    let minutes = (0..46 * 60).map(|minute| day(minute / 60 % 24, minute % 60));
    let rates: Vec<f64> = minutes.flat_map(|rate| [rate; 60]).collect();
    let workload = job(rates, |_| {});
    let ups = |policy: &Policy, day: u64| {
        let run = run(&workload, policy, 1, &|_| {});
        let of_day = |change: &Change| {
            let evening = day * 24 * HOUR + 17 * HOUR;
            change.to > change.from && (evening..evening + 3 * HOUR).contains(&change.second)
        };
        let ups: Vec<Change> = run.changes.into_iter().filter(of_day).collect();
        ups
    };
    let model = model();
    let without = policy::without(Part::Season.name(), &[]).expect("a policy");
    assert_eq!(ups(&model, 0), ups(&without, 0));
    assert!(ups(&without, 1).len() > 1, "{:?}", ups(&without, 1));
    let [up] = &ups(&model, 1)[..] else {
        panic!("{:?}", ups(&model, 1));
    };
    assert!(workload.model.capacity_evenly(up.to.0) >= 7000.0);
    expect!["3 to 11 workers: 2.00 MB/s come in and 3 can read 1.29 MB/s, which would be over the budget in 160 s and for as long as can be seen; with 11: up to 113 s late, within the budget again in 220 s (10 would: up to 120 s late, within the budget again in 240 s). It costs 8 workers more and a restart. Assumed: capacity ± 5 %, a wait of 64 s ± 40 s, a pause of 34 s ± 7 s twice, as workers come one by one, 8 s read again, 3.50 MB/s within the hour, as yesterday. Below 1.23 MB/s coming in, 3 would do."].assert_eq(&sentence(up).expect("a sentence"));
}

#[test]
fn a_change_says_why_in_a_sentence() {
    let run = run(
        &job(load(&[(2000.0, 1), (6000.0, 2)]), |_| {}),
        &model(),
        1,
        &|_| {},
    );
    let [up, down, ..] = &run.changes[..] else {
        panic!("{:?}", sizes(&run));
    };
    expect!["3 to 16 workers: 3.00 MB/s come in and 3 can read 1.28 MB/s, which would be over the budget in 90 s and for as long as can be seen; with 16: up to 135 s late, within the budget again in 280 s (15 would: up to 135 s late, within the budget again in 300 s). It costs 13 workers more and a restart. Assumed: capacity ± 7 %, a wait of 60 s ± 20 s, a pause of 30 s ± 8 s twice, as workers come one by one, 5 s read again. Below 1.19 MB/s coming in, 3 would do."].assert_eq(&sentence(up).expect("a sentence"));
    expect!["16 to 9 workers: with 9 the last 60 min would have been at most 0 s late, with 8 more than the 2.90 MB/s that can surely be read then, or nearly. It saves 7 workers and costs a restart, which makes it at most 49 s late. Assumed: capacity ± 4 %, a pause of 30 s ± 8 s, 10 s read again. Above 3.22 MB/s coming in, 9 would not do."].assert_eq(&sentence(down).expect("a sentence"));
}
