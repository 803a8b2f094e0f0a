//! What people write at the target beside the settings: what it does to a decision.

#[path = "support/situation.rs"]
mod situation;

use std::time::Duration;

use expect_test::{Expect, expect};
use outrider::decide::overrides::{Direction, Overrides, Pause};
use outrider::decide::{Action, Decision};
use outrider::units::Workers;

use crate::situation::{Given, NOW, job_on, percent, settings, source};

fn pause(direction: Direction, minutes: Option<u64>) -> Overrides {
    Overrides {
        pauses: vec![Pause {
            direction,
            until: minutes.map(|minutes| NOW + Duration::from_secs(60 * minutes)),
            by: "outrider.dev/paused".into(),
            ended_by: "kubectl annotate …".into(),
        }],
        ..Overrides::default()
    }
}

fn bounds(min: Option<u32>, max: Option<u32>) -> Overrides {
    Overrides {
        workers_min: min.map(Workers),
        workers_max: max.map(Workers),
        ..Overrides::default()
    }
}

/// Four workers with a backlog of 360 s: 4 * 360 s / 60 s = 24 more are wanted.
fn behind() -> Given {
    let mut given = job_on(4);
    given.observation.sources = vec![source(360_000.0, 1000.0, 0.0)];
    given
}

/// Four workers of which two would do.
fn idle() -> Given {
    let mut given = job_on(4).settled_at(2);
    given.observation.utilization = Ok(percent(30.0));
    given
}

/// What is done, and the last steps to it.
fn check(given: Given, overrides: Overrides, expected: &Expect) {
    let decision = Given { overrides, ..given }.decision();
    expected.assert_eq(&shown(&decision));
}

fn shown(decision: &Decision) -> String {
    let mut text = match decision.action {
        Action::ScaleTo { workers, .. } => format!("scale to {workers}: {}", decision.reason()),
        Action::Hold { until: None, .. } => format!("hold: {}", decision.reason()),
        Action::Hold {
            until: Some(until), ..
        } => format!("hold: {} until {until}", decision.reason()),
    };
    if let Some(bound) = decision.bound {
        text += &format!(", bound by {}", bound.name());
    }
    let names = [
        "paused_",
        "workers_recommended",
        "workers_min",
        "workers_max",
    ];
    let told = |name: &str| names.iter().any(|beginning| name.starts_with(beginning));
    let lines = decision.arithmetic.lines().iter();
    for line in lines.filter(|line| told(line.name)) {
        text += &format!("\n{line}");
    }
    text
}

// --- pauses ---

#[test]
fn a_pause_holds_a_scale_up_and_the_wish_is_told_all_the_same() {
    check(
        behind(),
        pause(Direction::Both, None),
        &expect![[r#"
            hold: paused
            workers_recommended = 28 workers
            paused_scale_up = 4 to 28 is paused until it is taken back = 4 workers"#]],
    );
    check(
        behind(),
        pause(Direction::Up, Some(90)),
        &expect![[r#"
            hold: paused until 2023-11-14T23:43:20Z
            workers_recommended = 28 workers
            paused_scale_up = 4 to 28 is paused until 2023-11-14T23:43:20Z = 4 workers"#]],
    );
}

#[test]
fn a_pause_of_the_other_direction_holds_nothing() {
    let (up, down) = (behind().decision(), idle().decision());
    assert_eq!(up.scale_to(), Some(Workers(28)));
    assert_eq!(down.scale_to(), Some(Workers(2)));
    let with = |given: Given, overrides| Given { overrides, ..given }.decision();
    assert_eq!(with(behind(), pause(Direction::Down, None)), up);
    assert_eq!(with(idle(), pause(Direction::Up, None)), down);
}

#[test]
fn a_pause_holds_a_scale_down() {
    check(
        idle(),
        pause(Direction::Down, Some(90)),
        &expect![[r#"
            hold: paused until 2023-11-14T23:43:20Z
            workers_recommended = 2 workers
            paused_scale_down = 4 to 2 is paused until 2023-11-14T23:43:20Z = 4 workers"#]],
    );
}

#[test]
fn a_pause_that_is_over_holds_nothing() {
    let over = pause(Direction::Both, Some(0));
    let decision = Given {
        overrides: over,
        ..behind()
    }
    .decision();
    assert_eq!(decision, behind().decision());
}

#[test]
fn of_several_pauses_the_one_that_lasts_longest_counts() {
    let mut several = pause(Direction::Up, Some(10));
    several
        .pauses
        .extend(pause(Direction::Both, Some(30)).pauses);
    several.pauses.extend(pause(Direction::Down, None).pauses);
    let until = |given: Given| {
        Given {
            overrides: several.clone(),
            ..given
        }
        .decision()
        .until()
    };
    assert_eq!(until(behind()), Some(NOW + Duration::from_secs(30 * 60)));
    assert_eq!(until(idle()), None);
}

#[test]
fn a_job_that_needs_no_change_is_steady_while_it_is_paused() {
    check(
        job_on(4),
        pause(Direction::Both, None),
        &expect![[r#"
            hold: steady
            workers_recommended = 4 workers"#]],
    );
}

// --- bounds ---

#[test]
fn bounds_at_the_target_hold_in_place_of_those_of_the_settings() {
    check(
        behind(),
        bounds(None, Some(10)),
        &expect![[r#"
            scale to 10: backlog_time, bound by workers_max_annotation
            workers_max_annotation = 28 becomes = 10 workers
            workers_recommended = 10 workers"#]],
    );
    check(
        idle(),
        bounds(Some(3), None),
        &expect![[r#"
            scale to 3: idle, bound by workers_min_annotation
            workers_min_annotation = 2 becomes = 3 workers
            workers_recommended = 3 workers"#]],
    );
    // More than the settings allow is allowed by whoever may write there.
    let mut given = behind();
    given.settings = settings(&[("OUTRIDER_WORKERS_MAX", "6")]).settings;
    check(
        given,
        bounds(None, Some(20)),
        &expect![[r#"
            scale to 20: backlog_time, bound by workers_max_annotation
            workers_max_annotation = 28 becomes = 20 workers
            workers_recommended = 20 workers"#]],
    );
}

#[test]
fn workers_outside_of_the_bounds_at_the_target_are_brought_back() {
    check(
        job_on(4).settled_at(3),
        bounds(None, Some(3)),
        &expect![[r#"
            scale to 3: out_of_bounds
            workers_recommended = 3 workers"#]],
    );
    check(
        job_on(4),
        bounds(Some(6), None),
        &expect![[r#"
            scale to 6: out_of_bounds
            workers_recommended = 6 workers"#]],
    );
    // A pause stands before that, too.
    let paused = Overrides {
        workers_min: Some(Workers(6)),
        ..pause(Direction::Up, None)
    };
    check(
        job_on(4),
        paused,
        &expect![[r#"
            hold: paused
            workers_recommended = 6 workers
            paused_scale_up = 4 to 6 is paused until it is taken back = 4 workers"#]],
    );
}

#[test]
fn bounds_that_leave_no_number_are_told_and_the_settings_hold() {
    let wrong = bounds(Some(20), Some(10));
    let settings = settings(&[("OUTRIDER_WORKERS_MIN", "3"), ("OUTRIDER_WORKERS_MAX", "8")]);
    expect!["workers_min_annotation = 20 is more than workers_max_annotation = 10; the bounds of the settings hold"].assert_eq(&wrong.mistakes(&settings.settings).join("\n"));
    expect![
        "workers_min_annotation = 9 is more than workers_max = 8; the bounds of the settings hold"
    ]
    .assert_eq(
        &bounds(Some(9), None)
            .mistakes(&settings.settings)
            .join("\n"),
    );
    let mut given = behind();
    given.settings = settings.settings;
    check(
        given,
        wrong,
        &expect![[r#"
            scale to 8: backlog_time, bound by workers_max
            workers_max = 28 becomes = 8 workers
            workers_recommended = 8 workers"#]],
    );
}
