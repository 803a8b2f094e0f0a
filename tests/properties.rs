//! What holds whatever comes in.

#[path = "support/situation.rs"]
mod situation;

use std::time::Duration;

use outrider::decide::Action;
use outrider::decide::Trigger;
use outrider::decide::model::Learned;
use outrider::decide::model::parts::Parts;
use outrider::decide::overrides::{Bounds, Direction, Overrides, Pause};
use outrider::decide::rescale::{Author, Rescales};
use outrider::observe::Unknown;
use outrider::units::{Timestamp, Unit, Workers};
use proptest::prelude::*;

use crate::situation::{Given, NOW, job_on, percent, settings, source};

/// Workers after the decision.
fn after(given: &Given) -> Workers {
    match given.decision().action {
        Action::ScaleTo { workers, .. } => workers,
        Action::Hold { .. } => given.observation.workers.in_use.expect("a job in use"),
    }
}

/// What the model knows after an hour of a job that runs well on so many workers.
fn learned(workers: u32) -> Learned {
    let mut learned = Learned::new(Parts::ALL);
    learn(&mut learned, &job_on(workers), 360, &Rescales::default());
    learned
}

fn any_policy() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("rule"), Just("model")]
}

prop_compose! {
    /// Any job, sane or not.
    fn any_job()(
        workers in 1_u32..200,
        utilization in prop_oneof![Just(None), (0.0_f64..300.0).prop_map(Some)],
        sources in prop::collection::vec((0.0_f64..1e15, 0.0_f64..1e9, -1e9_f64..1e9), 0..4),
        unknown in prop::option::of(0_usize..4),
        bounds in (1_u32..20, 20_u32..100),
        splits in prop::option::of(0_u32..300),
        usable in prop::option::of(1_u32..300),
        running_for in 0_u64..2_000_000,
        settled_at in 1_u32..200,
        checkpointed in any::<bool>(),
        policy in any_policy(),
        learned_on in 1_u32..200,
    ) -> Given {
        let mut given = job_on(workers).settled_at(settled_at);
        given.learned = learned(learned_on);
        let (min, max) = bounds;
        given.settings = settings(&[
            ("OUTRIDER_POLICY", policy),
            ("OUTRIDER_WORKERS_MIN", &min.to_string()),
            ("OUTRIDER_WORKERS_MAX", &max.to_string()),
        ]).settings;
        let observation = &mut given.observation;
        observation.utilization = utilization.map(percent).ok_or(Unknown::NotRead);
        observation.sources = sources.into_iter().map(|(b, t, g)| source(b, t, g)).collect();
        for source in &mut observation.sources {
            source.splits = splits;
        }
        if let Some(source) = unknown.and_then(|index| observation.sources.get_mut(index)) {
            source.backlog_time = Err(Unknown::MinusOne);
            source.backlog_bytes = Err(Unknown::MinusOne);
        }
        observation.workers.usable = usable.map(Workers);
        observation.running_since = Some(Timestamp::from_millis(NOW.millis() - running_for));
        observation.checkpoints.completed_since_resume = checkpointed;
        given
    }
}

fn any_pause() -> impl Strategy<Value = Pause> {
    let direction = prop_oneof![
        Just(Direction::Up),
        Just(Direction::Down),
        Just(Direction::Both)
    ];
    // From an hour ago to an hour ahead, or without an end.
    let until = prop::option::of(0_u64..7_200_000);
    (direction, until).prop_map(|(direction, until)| Pause {
        direction,
        until: until.map(|millis| Timestamp::from_millis(NOW.millis() - 3_600_000 + millis)),
        by: String::new(),
        ended_by: String::new(),
    })
}

prop_compose! {
    /// Whatever may be written at the target, bounds that leave no number included.
    fn any_overrides()(
        pauses in prop::collection::vec(any_pause(), 0..3),
        min in prop::option::of(1_u32..120),
        max in prop::option::of(1_u32..120),
    ) -> Overrides {
        Overrides {
            pauses,
            workers_min: min.map(Workers),
            workers_max: max.map(Workers),
            mistakes: Vec::new(),
        }
    }
}

/// So many ticks more, until now.
fn learn(learned: &mut Learned, given: &Given, ticks: u64, rescales: &Rescales) {
    let mut observation = given.observation.clone();
    observation.metrics_age = Some(Duration::ZERO);
    observation.running_since = Some(Timestamp::from_millis(NOW.millis() - 7_200_000));
    for tick in 0..ticks {
        let at = Timestamp::from_millis(NOW.millis() - (ticks - 1 - tick) * 10_000);
        learned.learn(at, &observation, rescales);
    }
}

#[test]
fn after_four_rescales_within_an_hour_no_worker_is_taken_away() {
    // A third of the load for an hour: far fewer workers would do, and have been wanted for long.
    let mut given = job_on(20).settled_at(7);
    given.settings = settings(&[
        ("OUTRIDER_POLICY", "model"),
        ("OUTRIDER_WORKERS_MAX", "100"),
    ])
    .settings;
    given.observation.sources = vec![source(0.0, 300.0, 0.0)];
    given.observation.utilization = Ok(percent(30.0));
    for (tick, entry) in given.recommended_lately.iter_mut().enumerate() {
        let before = 7200 - 240 * u64::try_from(tick).expect("a tick");
        entry.0 = Timestamp::from_millis(NOW.millis() - before * 1000);
    }
    let after = |rescales: u64| {
        let mut given = given.clone();
        let mut all = Rescales::default();
        given.learned = learned(20);
        for number in 0..rescales {
            let asked = Timestamp::from_millis(NOW.millis() - 3_000_000 + number * 600_000);
            let by = Author::Outrider(Trigger::Idle);
            all.begin(asked, Workers(21), Workers(20), by);
            learn(&mut given.learned, &job_on(20), 1, &all);
        }
        let lower = given.clone();
        learn(&mut given.learned, &lower, 360, &all);
        given.decision().reason()
    };
    assert_eq!(after(3), "idle");
    assert_eq!(after(4), "cooldown");
}

#[test]
fn a_backlog_that_is_told_in_elements_for_a_moment_makes_nothing_forgotten() {
    let mut other = job_on(8);
    for source in &mut other.observation.sources {
        source.backlog_elements = source.backlog_bytes;
        source.unit = Unit::Elements;
    }
    let mut learned = learned(8);
    learn(&mut learned, &other, 30, &Rescales::default());
    assert_eq!(learned.share(), 1.0);
    // Where it stays, everything is learned anew.
    let mut later = learned.clone();
    for minute in 1..=12 {
        let mut observation = other.observation.clone();
        observation.running_since = Some(Timestamp::from_millis(NOW.millis() - 7_200_000));
        let at = Timestamp::from_millis(NOW.millis() + minute * 60_000);
        later.learn(at, &observation, &Rescales::default());
    }
    assert!(later.share() < 1.0, "{}", later.share());
}

proptest! {
    #[test]
    fn bounds_hold_on_any_input(given in any_job()) {
        if let Action::ScaleTo { workers, .. } = given.decision().action {
            prop_assert!(workers >= given.settings.workers_min);
            prop_assert!(Some(workers) <= given.settings.workers_max);
        }
    }

    #[test]
    fn bounds_hold_whatever_is_written_at_the_target(
        given in any_job(),
        overrides in any_overrides(),
    ) {
        let given = Given { overrides, ..given };
        let (settings, overrides) = (&given.settings, &given.overrides);
        let (min, max) = (
            overrides.workers_min.unwrap_or(settings.workers_min),
            overrides.workers_max.or(settings.workers_max),
        );
        // What leaves no number is a mistake, and the settings hold.
        let (min, max) = if Some(min) <= max {
            (min, max)
        } else {
            (settings.workers_min, settings.workers_max)
        };
        let bounds = Bounds::of(settings, overrides);
        prop_assert_eq!((bounds.workers_min, bounds.workers_max), (min, max));
        if let Action::ScaleTo { workers, .. } = given.decision().action {
            prop_assert!(workers >= min && Some(workers) <= max);
        }
    }

    #[test]
    fn what_is_paused_never_happens_and_the_other_direction_is_as_free_as_before(
        given in any_job(),
        overrides in any_overrides(),
    ) {
        let without = Overrides { pauses: Vec::new(), ..overrides.clone() };
        let without = Given { overrides: without, ..given.clone() };
        let given = Given { overrides, ..given };
        let before = given.observation.workers.in_use.expect("a job in use");
        let paused = |up: bool| {
            let mut pauses = given.overrides.pauses.iter();
            pauses.any(|pause| {
                let direction = match pause.direction {
                    Direction::Up => up,
                    Direction::Down => !up,
                    Direction::Both => true,
                };
                direction && pause.until.is_none_or(|until| until > NOW)
            })
        };
        let (wanted, done) = (after(&without), after(&given));
        if wanted != before && paused(wanted > before) {
            prop_assert_eq!(done, before);
        } else {
            prop_assert_eq!(done, wanted);
        }
    }

    #[test]
    fn no_unknown_ever_lowers_the_workers(given in any_job(), which in 0_usize..6) {
        let mut given = given;
        // Workers within their bounds: those outside of them are brought back whatever the load.
        given.settings = settings(&[
            ("OUTRIDER_POLICY", given.settings.policy.name()),
            ("OUTRIDER_WORKERS_MAX", "200"),
        ]).settings;
        let observation = &mut given.observation;
        match which {
            0 => observation.utilization = Err(Unknown::NotANumber),
            1 => observation.sources.clear(),
            2 => observation.sources.push({
                let mut unknown = source(0.0, 1000.0, 0.0);
                unknown.backlog_time = Err(Unknown::NotFresh);
                unknown
            }),
            3 => observation.sources.push({
                let mut unknown = source(0.0, 1000.0, 0.0);
                unknown.backlog_growth = Err(Unknown::TooFewSamples);
                unknown
            }),
            4 => observation.restarts = None,
            _ => observation.checkpoints.interval = Err(Unknown::NotRead),
        }
        prop_assert!(Some(after(&given)) >= given.observation.workers.in_use);
    }

    #[test]
    fn more_backlog_never_means_fewer_workers(
        given in any_job(),
        backlog in 0.0_f64..1e12,
        more in 0.0_f64..1e12,
        throughput in 0.001_f64..1e9,
        growth in -1e6_f64..1e6,
    ) {
        let with = |backlog: f64| {
            let mut given = given.clone();
            given.observation.sources = vec![source(backlog, throughput, growth)];
            after(&given)
        };
        prop_assert!(with(backlog + more) >= with(backlog));
    }
}
