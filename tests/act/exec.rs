//! The target `exec:COMMAND`, with real small programs.

use std::path::PathBuf;
use std::time::Duration;

use outrider::act::Actuator;
use outrider::act::exec::Exec;
use outrider::outcome::Outcome;
use outrider::settings::Settings;
use outrider::units::Workers;
use tokio::time::Instant;

use crate::decisions::{hold, scale_to};

fn target(value: &str) -> Actuator {
    let variable = ("OUTRIDER_TARGET".to_owned(), value.to_owned());
    let parsed = Settings::parse([variable]);
    assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
    Actuator::new(&parsed.settings)
}

fn shell(script: &str, limit: Duration) -> Actuator {
    let words = ["/bin/sh", "-c", script, "sh"].map(String::from);
    Actuator::Exec(Exec::with_limit(words.to_vec(), limit))
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { why, .. } | Outcome::Refused { why } => why,
        other => panic!("neither failed nor refused: {other:?}"),
    }
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("outrider-{}-{name}", std::process::id()));
    let _absent = std::fs::remove_file(&path);
    path
}

#[tokio::test]
async fn the_command_gets_its_own_arguments_and_then_the_number_of_workers() {
    let file = scratch("arguments");
    let script = format!("echo \"$@\" > {}", file.display());
    let words = format!("exec:/bin/sh -c '{script}' sh 'two words' --workers");
    let outcome = target(&words).apply(&scale_to(7)).await;
    let to = Workers(7);
    assert_eq!(outcome, Outcome::Asked { from: None, to });
    let arguments = std::fs::read_to_string(&file).unwrap();
    assert_eq!(arguments, "two words --workers 7\n");
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_hold_runs_no_command() {
    let outcome = target("exec:/no/such/program").apply(&hold()).await;
    assert_eq!(outcome, Outcome::Nothing);
}

#[tokio::test]
async fn no_target_is_asked_for_0_workers() {
    for value in ["exec:/bin/true", "none"] {
        let outcome = target(value).apply(&scale_to(0)).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn without_a_target_a_decision_is_only_observed() {
    let mut none = target("none");
    assert_eq!(none.apply(&scale_to(3)).await, Outcome::OnlyObserved);
    assert_eq!(none.apply(&hold()).await, Outcome::Nothing);
    assert_eq!(none.look().await, None);
}

#[tokio::test]
async fn a_command_that_fails_is_reported_with_the_last_line_of_its_errors() {
    let script = "echo all is well; echo first >&2; echo no such service >&2; exit 3";
    let outcome = shell(script, Duration::from_secs(60))
        .apply(&scale_to(2))
        .await;
    let why = why(outcome);
    assert!(
        why.ends_with("it ended with exit status: 3: no such service"),
        "{why}"
    );
}

#[tokio::test]
async fn a_command_that_is_not_there_is_reported_with_what_to_do() {
    let outcome = target("exec:no-such-program-anywhere")
        .apply(&scale_to(2))
        .await;
    assert_eq!(
        why(outcome),
        "starting `no-such-program-anywhere`: no such program; \
         put it into the image, or write its whole path into OUTRIDER_TARGET"
    );
    let file = scratch("not-executable");
    std::fs::write(&file, "").unwrap();
    let value = format!("exec:{}", file.display());
    let why = why(target(&value).apply(&scale_to(2)).await);
    assert!(why.contains("make it executable"), "{why}");
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
    let file = scratch("grandchild");
    let script = format!(
        "echo starting >&2; sleep 1000 & echo $! > {}; wait",
        file.display()
    );
    let begin = Instant::now();
    let outcome = shell(&script, Duration::from_millis(300))
        .apply(&scale_to(2))
        .await;
    assert!(begin.elapsed() < Duration::from_secs(10));
    let why = why(outcome);
    assert!(
        why.ends_with("it had not ended after 300ms and was killed: starting"),
        "{why}"
    );
    let grandchild = std::fs::read_to_string(&file).unwrap();
    // The kernel ends it in its own time.
    while !ended(grandchild.trim()) {
        assert!(begin.elapsed() < Duration::from_secs(10), "{grandchild}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::remove_file(file).unwrap();
}

/// Gone, or dead and not yet collected by the machine's first process.
fn ended(process: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return true;
    };
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| rest.starts_with('Z') || rest.starts_with('X'))
}

#[tokio::test]
async fn a_command_that_leaves_a_process_behind_has_ended_nevertheless() {
    let begin = Instant::now();
    let outcome = shell("sleep 20 & exit 0", Duration::from_secs(15))
        .apply(&scale_to(2))
        .await;
    assert!(matches!(outcome, Outcome::Asked { .. }), "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_command_that_never_stops_talking_does_not_wait_for_a_reader_nor_fill_the_memory() {
    let script =
        "head -c 3000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' '\\n'; echo x";
    let outcome = shell(script, Duration::from_secs(60))
        .apply(&scale_to(2))
        .await;
    assert!(matches!(outcome, Outcome::Asked { .. }), "{outcome:?}");
}
