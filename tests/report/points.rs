//! The points of the picture in `/status`.

use expect_test::expect;
use outrider::report::span::Span;
use outrider::report::status::json::json;
use outrider::report::status::points::body;
use serde_json::Value;

use crate::evening::{END, at, evening, told};
use crate::situations::{active, after, silent};

#[test]
fn each_point_is_a_row_and_what_is_not_known_is_null() {
    let mut dark = silent();
    dark.observation.at = after(20);
    let mut restarted = at(30);
    restarted.observation.running_since = Some(after(29));
    let status = told(&active(), [at(0), at(10), dark, restarted]);
    let body: Value =
        serde_json::from_str(&body(&status, after(40), Some(Span::QuarterHour))).unwrap();
    expect![[r#"{"columns":["at","workers_asked","workers_present","workers_in_use","backlog_time_seconds","delay_seconds","utilization","marks"],"rows":[[1769860800000,4,4,4,180.0,null,0.92,[]],[1769860810000,4,4,4,180.0,null,0.92,[]],[1769860820000,null,null,null,null,null,null,[]],[1769860830000,4,4,4,180.0,null,0.92,["restarted","checkpointed"]]],"span":"15min"}"#]].assert_eq(&body["points"].to_string());
}

#[test]
fn everything_else_is_as_without_the_points() {
    let status = evening();
    let read = |span| serde_json::from_str::<Value>(&body(&status, END, span)).unwrap();
    assert_eq!(read(None), json(&status, END));
    let mut with = read(Some(Span::Hour));
    // An hour of 10.25 s, and the point before, whose lines reach into it: 351 + 1.
    let points = with.as_object_mut().unwrap().remove("points").unwrap();
    assert_eq!(points["rows"].as_array().unwrap().len(), 352);
    assert_eq!(with, json(&status, END));
}

#[test]
fn the_answer_stays_small() {
    let status = evening();
    let plain = body(&status, END, None).len();
    let with = body(&status, END, Some(Span::SixHours)).len();
    assert!(plain < 40_000, "{plain} bytes");
    assert!(with < 140_000, "{with} bytes");
}

#[test]
fn the_history_is_in_the_status() {
    let told = json(&evening(), END);
    expect![[r#"
        {"began":"rescale","from":2,"paused_at_most_seconds":26.0,"running_since":1769863860000,"seen_running":1769865791000,"to":6,"workers_in_use":6}
        {"arithmetic":"backlog_time = 180 s; workers_extra = 4 * 180.0 s / 360.0 s = 2 workers","at":1769863752000,"bound":"workers_max","last":1769863793000,"outcome":{"outcome":"refused","why":"flinkdeployment/orders is being upgraded"},"reason":"backlog_time","scale_to":6,"sentence":null,"times":1,"workers_in_use":2,"workers_recommended":6}
        {"at":1769863752000,"kind":"refused","last":1769863793000,"times":5,"why":"flinkdeployment/orders is being upgraded","workers":6}
    "#]].assert_eq(&format!(
        "{}\n{}\n{}\n",
        told["executions"][1], told["changes"][1], told["failures"][0]
    ));
}
