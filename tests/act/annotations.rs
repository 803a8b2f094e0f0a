//! What people write on a FlinkDeployment: when it is read, and what is understood of it.

use expect_test::{Expect, expect};
use outrider::act::Actuator;
use outrider::decide::overrides::Overrides;
use outrider::outcome::Outcome;

use crate::decisions::scale_to;
use crate::kubernetes::Scenario::{Looking, Works};
use crate::kubernetes::Server;
use crate::kubernetes::Trouble::{Answers, Hangs};
use crate::kubernetes::{ALWAYS, Scenario};
use crate::shown;

const TARGET: &str = "flinkdeployment/withrep";
const PAUSED: &str = "outrider.dev/paused";

// --- when it is read ---

#[tokio::test(start_paused = true)]
async fn a_pause_that_was_written_since_the_decision_is_kept_and_nothing_is_written() {
    let server = Server::with(3, Works).await;
    let mut target = server.target(TARGET);
    assert_eq!(target.look().await, None);
    server.somebody_annotates(PAUSED, Some("true"));
    let became = target.apply(&scale_to(6)).await;
    expect!["outdated: scaling flinkdeployment flink/withrep: its annotations have changed"]
        .assert_eq(&shown(&became));
    assert_eq!(server.replicas(), 3);
    assert_eq!(paused(&target), [PAUSED.to_owned() + "=true"]);
    // No call more than a change makes anyway, and two for the look.
    let asked = server.asked().join(", ");
    assert_eq!(asked, "GET scale, GET object, GET scale, GET object");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_stands_there_before_the_first_look_is_kept() {
    let server = Server::with(3, Works).await;
    server.somebody_annotates(PAUSED, Some("true"));
    let became = server.target(TARGET).apply(&scale_to(6)).await;
    assert!(matches!(became, Outcome::Outdated { .. }), "{became:?}");
    assert_eq!(server.replicas(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_knew_the_annotations_is_carried_out() {
    let server = Server::with(3, Works).await;
    server.somebody_annotates("outrider.dev/workers-max", Some("6"));
    let mut target = server.target(TARGET);
    assert_eq!(target.look().await, None);
    let became = target.apply(&scale_to(6)).await;
    assert_eq!(shown(&became), "asked: Some(3) -> 6");
}

#[tokio::test(start_paused = true)]
async fn a_bound_that_was_taken_back_since_the_decision_is_no_longer_decided_with() {
    let server = Server::with(3, Works).await;
    server.somebody_annotates("outrider.dev/workers-max", Some("9"));
    let mut target = server.target(TARGET);
    target.look().await;
    server.somebody_annotates("outrider.dev/workers-max", None);
    let became = target.apply(&scale_to(9)).await;
    assert!(matches!(became, Outcome::Outdated { .. }), "{became:?}");
    assert_eq!(target.overrides(), Some(&Overrides::default()));
    assert_eq!(server.replicas(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_annotation_of_somebody_else_changes_nothing() {
    let server = Server::with(3, Works).await;
    let mut target = server.target(TARGET);
    target.look().await;
    server.somebody_annotates("argocd.argoproj.io/sync-wave", Some("2"));
    let became = target.apply(&scale_to(6)).await;
    assert_eq!(shown(&became), "asked: Some(3) -> 6");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_leaves_what_is_known() {
    for trouble in [Answers("frozen"), Answers("deny-get"), Hangs] {
        let server = Server::with(3, Looking(ALWAYS, trouble)).await;
        server.somebody_annotates(PAUSED, Some("true"));
        let mut target = server.target(TARGET);
        assert_eq!(target.look().await, None);
        assert_eq!(target.overrides(), Some(&Overrides::default()));
        // And nothing is ever written without having read them.
        target.apply(&scale_to(6)).await;
        assert_eq!(server.replicas(), 3, "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_flinkdeployment_is_read_for_annotations() {
    let server = Server::with(3, Scenario::Works).await;
    server.somebody_annotates(PAUSED, Some("true"));
    let mut target = server.target("deployment/withrep");
    target.look().await;
    assert_eq!(target.overrides(), Some(&Overrides::default()));
    assert_eq!(server.asked(), ["GET scale"]);
}

fn paused(target: &Actuator) -> Vec<String> {
    let pauses = target.overrides().unwrap().pauses.iter();
    pauses.map(|pause| pause.by.clone()).collect()
}

// --- what is understood ---

/// What a look makes of these annotations, `name=value` each below `outrider.dev/`.
async fn check(annotations: &[&str], expected: Expect) {
    let server = Server::with(3, Works).await;
    for annotation in annotations {
        let (name, value) = annotation.split_once('=').unwrap();
        server.somebody_annotates(&format!("outrider.dev/{name}"), Some(value));
    }
    let mut target = server.target(TARGET);
    target.look().await;
    let overrides = target.overrides().unwrap();
    let mut told: Vec<String> = overrides.pauses.iter().map(ToString::to_string).collect();
    told.extend(overrides.workers_min.map(|min| format!("at least {min}")));
    told.extend(overrides.workers_max.map(|max| format!("at most {max}")));
    told.extend(overrides.mistakes.iter().map(|m| format!("mistake: {m}")));
    expected.assert_eq(&told.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_for_both_directions_or_for_one_and_says_how_to_end_it() {
    check(
        &["paused=true", "paused-scale-down=true", "paused-scale-up= true "],
        expect![[r"
            up and down until it is taken back by outrider.dev/paused=true; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-
            down until it is taken back by outrider.dev/paused-scale-down=true; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-scale-down-
            up until it is taken back by outrider.dev/paused-scale-up=true; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-scale-up-"]],
    )
    .await;
    check(&["paused=false"], expect![""]).await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_may_have_an_end_in_any_time_zone() {
    check(
        &[
            "paused=2026-11-20T22:00:00Z",
            "paused-scale-down=2026-11-20T23:00:00+01:00",
            "paused-scale-up=1969-01-01T00:00:00Z",
        ],
        expect![[r"
            up and down until 2026-11-20T22:00:00Z by outrider.dev/paused=2026-11-20T22:00:00Z; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-
            down until 2026-11-20T22:00:00Z by outrider.dev/paused-scale-down=2026-11-20T23:00:00+01:00; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-scale-down-
            up until 1970-01-01T00:00:00Z by outrider.dev/paused-scale-up=1969-01-01T00:00:00Z; to end it: kubectl annotate --namespace flink flinkdeployment withrep outrider.dev/paused-scale-up-"]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_not_understood_is_one_all_the_same() {
    for value in [
        "",
        "yes",
        "True",
        "22:00",
        "2026-11-20",
        "2026-11-20T22:00:00",
    ] {
        let server = Server::with(3, Works).await;
        server.somebody_annotates(PAUSED, Some(value));
        let mut target = server.target(TARGET);
        target.look().await;
        let overrides = target.overrides().unwrap();
        assert_eq!(overrides.pauses.len(), 1, "{value:?}");
        assert_eq!(overrides.pauses[0].until, None, "{value:?}");
        let told = format!(
            "outrider.dev/paused={value} is neither true nor false nor a time such as \
             2026-01-31T23:59:59Z; it counts as true"
        );
        assert_eq!(overrides.mistakes, [told]);
    }
}

#[tokio::test(start_paused = true)]
async fn bounds_are_whole_numbers_and_a_mistake_leaves_those_of_the_settings() {
    check(
        &["workers-min=2", "workers-max=40"],
        expect![[r"
            at least 2
            at most 40"]],
    )
    .await;
    check(
        &["workers-min=0", "workers-max=many"],
        expect![[r"
            mistake: outrider.dev/workers-max=many is not a whole number; the bound of the settings holds
            mistake: outrider.dev/workers-min=0 is not possible: a job needs at least 1 worker; the bound of the settings holds"]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_many_mistakes_a_few_are_told_and_a_pause_among_them_is_kept() {
    let server = Server::with(3, Works).await;
    for number in 0..1000 {
        server.somebody_annotates(&format!("outrider.dev/a{number}"), Some("b"));
    }
    server.somebody_annotates(PAUSED, Some("true"));
    let mut target = server.target(TARGET);
    target.look().await;
    let mistakes = &target.overrides().unwrap().mistakes;
    assert_eq!(mistakes.len(), 9);
    assert_eq!(mistakes[8], "and 992 more");
    assert_eq!(paused(&target), [PAUSED.to_owned() + "=true"]);
}

#[tokio::test(start_paused = true)]
async fn an_annotation_that_is_not_known_is_told_with_the_nearest_one() {
    check(
        &["pause=true", "workers_max=4", "colour=blue"],
        expect![[r"
            mistake: outrider.dev/colour is not an annotation that is read here; those that are: outrider.dev/paused, outrider.dev/paused-scale-up, outrider.dev/paused-scale-down, outrider.dev/workers-min, outrider.dev/workers-max
            mistake: outrider.dev/pause is not an annotation that is read here; did you mean outrider.dev/paused?
            mistake: outrider.dev/workers_max is not an annotation that is read here; did you mean outrider.dev/workers-max?"]],
    )
    .await;
}
