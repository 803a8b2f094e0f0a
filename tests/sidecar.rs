//! The program as Kubernetes meets it: it stays up whatever is wrong, and goes when it is told to.

#[path = "support/sidecar.rs"]
mod sidecar;

use std::net::TcpListener;
use std::path::PathBuf;

use crate::sidecar::{Sidecar, free_port};

fn started(name: &str, settings: &[(&str, &str)]) -> (Sidecar, PathBuf) {
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.txt"));
    (Sidecar::start(free_port(), settings, &log), log)
}

#[test]
fn with_mistakes_in_its_settings_it_stays_up_and_says_all_of_them() {
    let (mut sidecar, log) = started(
        "mistakes",
        &[
            ("OUTRIDER_WORKERS_MAX", "many"),
            ("OUTRIDER_CATCH_UP", "60"),
            ("OUTRIDER_WORKERS_MIX", "2"),
            ("OUTRIDER_FLINK_URL", "http://127.0.0.1:1"),
        ],
    );
    let status = sidecar.until("a tick", |status| status["tick"].is_object());
    assert_eq!(status["decision"]["reason"], "settings_invalid");
    let mistakes = serde_json::to_string(&status["mistakes"]).expect("JSON");
    assert!(mistakes.contains("OUTRIDER_WORKERS_MAX"), "{mistakes}");
    assert!(mistakes.contains("OUTRIDER_CATCH_UP"), "{mistakes}");
    let metrics = sidecar.get("/metrics").expect("metrics");
    assert!(metrics.contains("outrider_condition{type=\"settings_valid\"} 0"));
    assert!(sidecar.get("/").expect("the page").contains("WORKERS_MIX"));
    assert!(sidecar.stop().success());
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(
        log.contains("OUTRIDER_WORKERS_MAX") && log.contains("OUTRIDER_CATCH_UP"),
        "{log}"
    );
}

#[test]
fn without_flink_it_stays_up_and_live_and_scales_nothing() {
    let (mut sidecar, _) = started(
        "no-flink",
        &[
            ("OUTRIDER_FLINK_URL", "http://127.0.0.1:1"),
            ("OUTRIDER_TARGET", "exec:/does/not/exist"),
            ("OUTRIDER_WORKERS_MAX", "5"),
        ],
    );
    let status = sidecar.until("a tick", |status| status["tick"].is_object());
    assert_eq!(status["decision"]["reason"], "flink_unreachable");
    assert!(sidecar.get("/live").is_some());
    assert!(sidecar.stop().success());
}

#[test]
fn an_address_that_is_taken_does_not_end_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("taken.txt");
    let mut sidecar = Sidecar::start(port, &[("OUTRIDER_FLINK_URL", "http://127.0.0.1:1")], &log);
    for _ in 0..300 {
        if std::fs::read_to_string(&log).is_ok_and(|log| log.contains("cannot listen")) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(sidecar.is_alive());
    drop(taken);
    sidecar.until("it listens at last", |status| status["version"].is_string());
}
