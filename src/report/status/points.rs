//! `/status?span=15min`, `1h` or `6h`: the same, and beside it the points that the picture on the
//! page is drawn from. On one line, because they are many.
//!
//! Pure: values in, values out.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::report::history::points::Point;
use crate::report::span::Span;
use crate::report::status::Status;
use crate::report::status::json::json;
use crate::units::{Timestamp, Workers};

/// What each number of a row is.
const COLUMNS: [&str; 8] = [
    "at",
    "workers_asked",
    "workers_present",
    "workers_in_use",
    "backlog_time_seconds",
    "delay_seconds",
    "utilization",
    "marks",
];

/// The body of `/status`, with the points of a span where one is asked for.
#[must_use]
pub fn body(status: &Status, now: Timestamp, span: Option<Span>) -> String {
    let told = json(status, now);
    let text = match (span, &told) {
        (Some(span), Value::Object(told)) => serde_json::to_string(&WithPoints {
            told,
            points: PointsOfSpan {
                span: span.name(),
                columns: COLUMNS,
                rows: Rows { status, span, now },
            },
        }),
        _ => serde_json::to_string_pretty(&told),
    };
    text.expect("every key is a string, and a number that is not finite is null") + "\n"
}

#[derive(Serialize)]
struct WithPoints<'a> {
    #[serde(flatten)]
    told: &'a Map<String, Value>,
    points: PointsOfSpan<'a>,
}

#[derive(Serialize)]
struct PointsOfSpan<'a> {
    span: &'static str,
    columns: [&'static str; 8],
    rows: Rows<'a>,
}

/// Written one by one as they stand in the history: all of them as values would take ten times the
/// memory.
struct Rows<'a> {
    status: &'a Status,
    span: Span,
    now: Timestamp,
}

#[derive(Serialize)]
struct Row(
    Timestamp,
    Option<Workers>,
    Option<Workers>,
    Option<Workers>,
    Option<f32>,
    Option<f32>,
    Option<f32>,
    Vec<&'static str>,
);

// === impl Rows ===

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let points = &self.status.history.points;
        serializer.collect_seq(points.within(self.span, self.now).map(Row::of))
    }
}

// === impl Row ===

impl Row {
    fn of(point: &Point) -> Self {
        Self(
            point.at,
            point.workers_asked,
            point.workers_present,
            point.workers_in_use,
            point.backlog_time,
            point.delay,
            point.utilization,
            point.marks.names(),
        )
    }
}
