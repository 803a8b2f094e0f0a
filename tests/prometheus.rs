//! A real Prometheus scrapes a real sidecar, the demo's, under the chart's rules, and is asked what
//! the dashboards ask. Run by `tests/run metrics`, which fetches Prometheus.

#[path = "support/asked.rs"]
#[expect(dead_code, reason = "what alerts say is nothing to ask")]
mod asked;
#[path = "browser/demo.rs"]
mod demo;
#[path = "browser/http.rs"]
mod http;
#[path = "support/promql.rs"]
mod promql;
#[path = "prometheus/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use asked::{Asked, by_dashboards, by_rules, by_variables, rules};
use demo::Demo;
use promql::Named;
use serde_json::Value;
use server::Prometheus;

/// The demo knows its load after three ticks, which are half a minute.
const PATIENCE_SECONDS: u32 = 180;
/// Of one sidecar, whatever it knows.
const SERIES: f64 = 30.0;

#[test]
fn what_rules_and_dashboards_ask_has_an_answer() {
    let demo = Demo::start();
    let prometheus = Prometheus::scraping(&demo.page);
    until("every query has data", || without_data(&prometheus));
    until("the workers of the status", || {
        other_workers(&prometheus, &demo)
    });
    every_query_is_understood(&prometheus);
    assert_eq!(prometheus.rules_in_trouble(), [""; 0]);
    let series = prometheus.number("scrape_samples_scraped");
    let series = series.expect("a scrape");
    println!("{series} series; all names: {:?}", names(&prometheus));
    assert!(series > 20.0 && series <= SERIES, "{series}");

    // An alert, from the scrape to its words.
    drop(demo);
    until("the alert that nobody answers", || {
        let alerts = prometheus.get("/api/v1/alerts", &[]);
        let alerts = items(&alerts["data"]["alerts"]);
        let down = |alert: &Value| {
            alert["labels"]["alertname"] == "OutriderDown"
                && alert["annotations"]["summary"] == "Nobody looks after orders."
        };
        let seen = alerts.iter().any(down);
        Vec::from_iter((!seen).then(|| format!("{alerts:?}")))
    });
}

fn every_query_is_understood(prometheus: &Prometheus) {
    for Asked { place, expression } in by_rules().iter().chain(&by_dashboards()) {
        let answer = prometheus.query(&in_demo(expression));
        assert!(answer.is_ok(), "{place}: {answer:?}: {expression}");
    }
    for (Asked { place, expression }, label) in by_variables() {
        let path = format!("/api/v1/label/{label}/values");
        let values = prometheus.get(&path, &[("match[]", &in_demo(&expression))]);
        assert_eq!(items(&values["data"]).len(), 1, "{place}: {values}");
    }
}

/// Prometheus is a scrape behind: it may take a while until both say the same.
fn other_workers(prometheus: &Prometheus, demo: &Demo) -> Vec<String> {
    let mut other = Vec::new();
    let status = demo.status();
    for name in ["in_use", "present", "recommended", "min", "max"] {
        let told = status["workers"][name].as_f64();
        let had = prometheus.number(&format!("outrider_workers_{name}"));
        if told != had {
            other.push(format!("{name}: {told:?}, and {had:?} in Prometheus"));
        }
    }
    other
}

/// What should have data and has none: records, and panels of which all that they name is there.
fn without_data(prometheus: &Prometheus) -> Vec<String> {
    let there = names(prometheus);
    let records = rules().into_iter().filter_map(|rule| rule.record);
    let known_in_time = [
        "outrider_utilization_ratio",
        "outrider_backlog_time_seconds",
    ];
    let mut missing: Vec<String> = records
        .chain(known_in_time.map(ToOwned::to_owned))
        .filter(|name| !there.contains(name))
        .collect();
    for Asked { place, expression } in by_dashboards() {
        // A comparison may leave nothing.
        let may_be_empty = expression.ends_with("> 0");
        if may_be_empty || !Named::by(&expression).metrics.is_subset(&there) {
            continue;
        }
        let answer = prometheus.query(&in_demo(&expression));
        if !answer.as_ref().is_ok_and(|series| !series.is_empty()) {
            missing.push(format!("{place}: {answer:?}"));
        }
    }
    missing
}

/// Every series that Prometheus has.
fn names(prometheus: &Prometheus) -> BTreeSet<String> {
    let names = prometheus.get("/api/v1/label/__name__/values", &[]);
    let names = items(&names["data"]);
    let names = names.iter().filter_map(Value::as_str);
    names.map(ToOwned::to_owned).collect()
}

fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// The variables of the dashboards, as somebody would choose them who looks at the demo.
fn in_demo(expression: &str) -> String {
    expression
        .replace("$__rate_interval", "1m")
        .replace("$__range_s", "3600")
        .replace("$__range", "1h")
        .replace("$namespace", "shop")
        .replace("$flinkdeployment", "orders")
}

/// Looks until nothing is missing.
fn until(what: &str, look: impl Fn() -> Vec<String>) {
    let mut missing = Vec::new();
    for _ in 0..PATIENCE_SECONDS {
        missing = look();
        if missing.is_empty() {
            return;
        }
        sleep(Duration::from_secs(1));
    }
    panic!("not within {PATIENCE_SECONDS} s: {what}: {missing:#?}");
}
