//! The page's numbers are those of `/status`.

use std::time::Duration;

use outrider::report::shown;
use outrider::units::{Rate, Unit};
use serde_json::Value;

use crate::chromium::Chromium;
use crate::demo::Demo;
use crate::seen::{Row, Seen};
use crate::until;

#[test]
fn the_page_says_what_the_status_says() {
    let (demo, chromium) = (Demo::start(), Chromium::start("numbers"));
    let (status, seen) = until(
        "page and status of one tick, with a source's numbers",
        || {
            let before = demo.status();
            chromium.open(&demo.page);
            let seen = Seen::by(&chromium)?;
            let status = demo.status();
            // A headline may count seconds.
            let same = ["tick", "summary"]
                .iter()
                .all(|it| before[it] == status[it]);
            let backlog = &status["observation"]["sources"][0]["backlog_time_seconds"];
            (same && backlog.as_f64() > Some(0.0)).then_some((status, seen))
        },
    );

    assert_eq!(status["summary"], seen.headline);
    assert_eq!(seen.title, "simulated (running) – Outrider");
    let workers = &seen.table("Workers")[0];
    for name in ["in use", "present", "asked", "recommended", "min", "max"] {
        let number = &status["workers"][name.replace(' ', "_")];
        assert_eq!(workers[name], text(number), "{name}");
    }
    each(&seen, "Sources", &status["observation"]["sources"], source);
    each(
        &seen,
        "Vertices",
        &status["observation"]["vertices"],
        |row, vertex| {
            assert_eq!(row["subtasks"], text(&vertex["parallelism"]));
            assert_eq!(
                row["records_in"],
                rate(&vertex["records_in"], Unit::Elements)
            );
        },
    );
    each(
        &seen,
        "Arithmetic",
        &status["decision"]["arithmetic"],
        |row, line| {
            assert_eq!(
                (&row["name"], &row["formula"]),
                (&text(&line["name"]), &text(&line["formula"]))
            );
        },
    );
    each(&seen, "Settings", &status["settings"], |row, setting| {
        assert_eq!(row["variable"], text(&setting["name"]));
        assert_eq!(row["value"], text(&setting["value"]));
    });
    let utilization = number(&status["observation"]["utilization"]);
    let row = seen
        .table("Observation")
        .iter()
        .find(|row| row["name"] == "utilization");
    assert_eq!(row.expect("a row")["value"], shown::percent(utilization));
    let changes = status["changes"].as_array().expect("a list");
    assert_eq!(seen.table("Changes of decision").len(), changes.len());
}

/// A row for each, in the same order.
fn each(seen: &Seen, heading: &str, of: &Value, check: impl Fn(&Row, &Value)) {
    let (rows, of) = (seen.table(heading), of.as_array().expect("a list"));
    assert!(
        !rows.is_empty() && rows.len() == of.len(),
        "{heading}: {rows:?} of {of:?}"
    );
    for (row, of) in rows.iter().zip(of) {
        check(row, of);
    }
}

fn source(row: &Row, source: &Value) {
    let backlog_time = Duration::from_secs_f64(number(&source["backlog_time_seconds"]));
    let backlog_bytes = number(&source["backlog_bytes"]);
    assert_eq!(row["source"], text(&source["name"]));
    assert_eq!(row["backlog_time"], shown::duration(backlog_time));
    assert_eq!(
        row["backlog_bytes"],
        shown::amount(backlog_bytes, Unit::Bytes)
    );
    assert_eq!(row["throughput"], rate(&source["throughput"], Unit::Bytes));
    assert_eq!(row["input_rate"], rate(&source["input_rate"], Unit::Bytes));
    let why = text(&source["unknown"]["backlog_elements"]);
    assert_eq!(row["backlog_elements"], format!("unknown: {why}"));
}

fn rate(value: &Value, unit: Unit) -> String {
    shown::rate(Rate::per_second(number(value)).expect("finite"), unit)
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// A string as it stands, a number in digits, nothing as a dash.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".into(),
        other => other.to_string(),
    }
}
