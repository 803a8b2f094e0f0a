//! The chart's dashboards and rules ask for what there is. That Prometheus understands them, and
//! that alerts fire when they should, is seen by `tests/run metrics`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::collections::BTreeSet;

use outrider::decide::{HoldReason, Trigger};
use outrider::report::metrics::exposition;
use outrider::units::{Amount, Unit};

#[path = "support/asked.rs"]
mod asked;
#[path = "support/promql.rs"]
mod promql;
#[path = "report/situations.rs"]
#[expect(dead_code, reason = "not every situation is of interest here")]
mod situations;
#[path = "report/told.rs"]
mod told;

use asked::{by_dashboards, by_rules, by_variables, dashboards, rules};
use promql::Named;
use situations::{active, after, busy, figures};
use told::told;

/// What Prometheus itself makes.
const FROM_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];
/// Labels that come with the target, or with an alert; the rest are the metrics' own.
const FROM_OUTSIDE: [&str; 6] = [
    "namespace",
    "flinkdeployment",
    "pod",
    "container",
    "alertname",
    "alertstate",
];

#[test]
fn what_an_expression_names_is_found() {
    let named = Named::by(
        r#"1e3 * sum by (a, b) (rate(x{c=~"d|e", f!="g"}[5m] offset 1h)) / $__range_s or z:y:sum > 2"#,
    );
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    assert_eq!(named.metrics, set(&["x", "z:y:sum"]));
    assert_eq!(named.labels, set(&["a", "b", "c", "f"]));
    let values = [("c", "d"), ("c", "e"), ("f", "g")];
    let values = values.map(|(label, value)| (label.to_owned(), value.to_owned()));
    assert_eq!(named.values, BTreeSet::from(values));
}

#[test]
fn each_query_names_only_series_that_there_are() {
    let mut known = served().metrics;
    known.extend(rules().into_iter().filter_map(|rule| rule.record));
    known.extend(FROM_PROMETHEUS.map(ToOwned::to_owned));
    for asked in everything() {
        for metric in Named::by(&asked.expression).metrics {
            assert!(
                known.contains(&metric),
                "{} asks for {metric}, which there is not: {}",
                asked.place,
                asked.expression
            );
        }
    }
}

#[test]
fn each_query_names_only_labels_and_values_that_there_are() {
    let mut served = served();
    served.labels.extend(FROM_OUTSIDE.map(ToOwned::to_owned));
    let reasons = HoldReason::ALL.map(HoldReason::name);
    let triggers = [Trigger::BacklogTime, Trigger::Utilization].map(Trigger::name);
    for reason in reasons.into_iter().chain(triggers) {
        served.values.insert(("reason".into(), reason.into()));
    }
    for asked in everything() {
        let named = Named::by(&asked.expression);
        for label in named.labels {
            assert!(
                served.labels.contains(&label),
                "{} asks for label {label}",
                asked.place
            );
        }
        for pair in named.values {
            assert!(
                FROM_OUTSIDE.contains(&pair.0.as_str()) || served.values.contains(&pair),
                "{} asks for {pair:?}, which there is not",
                asked.place
            );
        }
    }
}

/// A series that nobody looks at is none that a fleet should pay for.
#[test]
fn each_series_is_looked_at() {
    let asked: BTreeSet<String> = everything()
        .iter()
        .flat_map(|asked| Named::by(&asked.expression).metrics)
        .collect();
    for metric in served().metrics {
        assert!(asked.contains(&metric), "nobody asks for {metric}");
    }
}

/// Whoever is paged finds the same things in the same places.
#[test]
fn each_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on() {
    for rule in rules() {
        let Some(name) = rule.alert else { continue };
        assert!(name.starts_with("Outrider"), "{name}");
        let severity = rule.labels["severity"].as_str();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}"
        );
        let [summary, description, runbook] =
            ["summary", "description", "runbook_url"].map(|key| rule.annotations[key].as_str());
        assert!(summary.ends_with('.') && summary.contains("$labels.flinkdeployment"));
        assert!(
            description.contains("{{ $labels.namespace }}/{{ $labels.flinkdeployment }}"),
            "{name}: {description}"
        );
        // The anchor that a heading with the alert's name has.
        let expected = format!(
            "https://runbooks.example.com/outrider#{}",
            name.to_lowercase()
        );
        assert_eq!(runbook, expected);
    }
}

/// `runbook_url` leads there.
#[test]
fn readme_has_a_paragraph_on_each_alert_and_on_no_other() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README");
    let headings = readme.lines().filter_map(|line| line.strip_prefix("### "));
    let told: Vec<&str> = headings.filter(|h| h.starts_with("Outrider")).collect();
    let rules = rules();
    let alerts: Vec<&str> = rules.iter().filter_map(|r| r.alert.as_deref()).collect();
    assert_eq!(told, alerts);
}

#[test]
fn dashboards_ask_the_chosen_prometheus_and_link_to_each_other() {
    let all = dashboards();
    let known: BTreeSet<&str> = all
        .iter()
        .map(|(_, dashboard)| dashboard["uid"].as_str().expect("a uid"))
        .collect();
    assert_eq!(known.len(), all.len());
    for (name, dashboard) in &all {
        let panels = dashboard["panels"].as_array().expect("panels");
        let ids: BTreeSet<u64> = panels.iter().filter_map(|p| p["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}: ids of panels");
        for panel in panels {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}");
        }
        for link in dashboard.to_string().split("/d/").skip(1) {
            let uid = link.split(['"', '?']).next().expect("a uid");
            assert!(known.contains(uid), "{name} leads to {uid}");
        }
    }
}

fn everything() -> Vec<asked::Asked> {
    let variables = by_variables().into_iter().map(|(asked, _)| asked);
    let all: Vec<_> = by_rules()
        .into_iter()
        .chain(by_dashboards())
        .chain(variables)
        .collect();
    assert!(all.len() > 60, "only {} queries found", all.len());
    all
}

/// What `/metrics` has, for sources counted in bytes and in elements.
fn served() -> Named {
    let mut all = Named::default();
    for unit in [Unit::Bytes, Unit::Elements] {
        let mut situation = busy("orders");
        let source = &mut situation.observation.sources[0];
        source.backlog_elements = Ok(Amount::new(9e3).expect("finite"));
        source.unit = unit;
        situation.model = Some(figures());
        let text = exposition(&told(&active(), &[&situation]), after(100));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let named = Named::by(line);
            all.metrics.extend(named.metrics);
            all.labels.extend(named.labels);
            all.values.extend(named.values);
        }
    }
    assert!(all.metrics.len() > 20, "{all:?}");
    all
}
