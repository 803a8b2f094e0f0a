//! The settings: the table, how it is read, and how every mistake is told.

use expect_test::{Expect, expect};
use outrider::settings::{Parsed, Settings, TABLE, table};

#[test]
fn every_default_reads_and_nothing_is_wrong_with_it() {
    for setting in TABLE.iter().filter(|setting| !setting.default.is_empty()) {
        let parsed = parse(&[(&setting.variable(), setting.default)]);
        assert_eq!(parsed.mistakes, Vec::<String>::new());
        assert_eq!(parsed.settings, Settings::defaults(), "{}", setting.name);
        assert_eq!(parsed.given, [setting.name]);
    }
}

#[test]
fn a_value_as_it_is_shown_reads_as_the_same_value() {
    let all = [
        ("OUTRIDER_TARGET", "exec:scale --to 'a b'"),
        ("OUTRIDER_WORKERS_MAX", "9"),
        ("OUTRIDER_FLINK_URL", "http://[::1]:8081"),
        ("OUTRIDER_BACKLOG_TIME_HIGH", "2h 3s"),
        ("OUTRIDER_UTILIZATION_HIGH", "92.5%"),
        ("OUTRIDER_TASKMANAGER_CPU", "0.5"),
        ("OUTRIDER_LISTEN", "[::]:9250"),
    ];
    let first = parse(&all);
    assert_eq!(first.mistakes, Vec::<String>::new());
    for setting in TABLE {
        let mut again = all.to_vec();
        let (variable, shown) = (setting.variable(), setting.shown(&first.settings));
        again.retain(|(name, _)| *name != variable);
        again.push((&variable, &shown));
        let second = parse(&again);
        assert_eq!(second.settings, first.settings, "{variable}={shown}");
    }
}

#[test]
fn without_any_setting_it_observes() {
    let parsed = parse(&[("PATH", "/bin"), ("HOME", "/root")]);
    assert_eq!(parsed.settings, Settings::defaults());
    assert!(parsed.given.is_empty() && parsed.warnings.is_empty());
    assert_eq!(
        parsed.settings.why_only_observing(),
        Some("OUTRIDER_TARGET is not set")
    );
}

#[test]
fn it_acts_with_a_target_and_a_maximum_and_not_with_one_of_them() {
    let (target, max) = (("OUTRIDER_TARGET", "flink"), ("OUTRIDER_WORKERS_MAX", "8"));
    let why = |given: &[(&str, &str)]| parse(given).settings.why_only_observing();
    assert_eq!(why(&[target, max]), None);
    assert_eq!(why(&[target]), Some("OUTRIDER_WORKERS_MAX is not set"));
    assert_eq!(why(&[max]), Some("OUTRIDER_TARGET is not set"));
    let observe = ("OUTRIDER_MODE", "observe");
    assert_eq!(
        why(&[target, max, observe]),
        Some("OUTRIDER_MODE is not active")
    );
}

#[test]
fn every_mistake_is_told_at_once_with_name_and_value() {
    check(
        &[
            ("OUTRIDER_MODE", "on"),
            ("OUTRIDER_TARGET", "flinkdeployment/My_Job"),
            ("OUTRIDER_NAMESPACE", "a b"),
            ("OUTRIDER_WORKERS_MIN", "0"),
            ("OUTRIDER_WORKERS_MAX", "many"),
            ("OUTRIDER_FLINK_URL", "https://flink:8081"),
            ("OUTRIDER_INTERVAL", "500ms"),
            ("OUTRIDER_CATCH_UP", "soon"),
            ("OUTRIDER_UTILIZATION_HIGH", "-5%"),
            ("OUTRIDER_COOLDOWN_UP", "1.5"),
            ("OUTRIDER_TASKMANAGER_CPU", "NaN"),
            ("OUTRIDER_LISTEN", "9250"),
            ("OUTRIDER_LOG_FORMAT", "xml"),
        ],
        &expect![[r#"
            OUTRIDER_CATCH_UP="soon" is not a duration with a unit (for example 90s, 10m)
            OUTRIDER_COOLDOWN_UP="1.5" is not a whole number
            OUTRIDER_FLINK_URL="https://flink:8081" is https, which is not supported: the sidecar speaks to its own pod
            OUTRIDER_INTERVAL="500ms" is too short; at least 1s
            OUTRIDER_LISTEN="9250" is not an address and port (for example 0.0.0.0:9250)
            OUTRIDER_LOG_FORMAT="xml" is not one of text, json
            OUTRIDER_MODE="on" is not one of active, observe, off
            OUTRIDER_NAMESPACE="a b" is not a Kubernetes name (lower-case letters, digits, '-' and '.' in each part)
            OUTRIDER_TARGET="flinkdeployment/My_Job" is not a Kubernetes name (lower-case letters, digits, '-' and '.' in each part)
            OUTRIDER_TASKMANAGER_CPU="NaN" is not a number of cores above 0 (for example 1 or 0.5)
            OUTRIDER_UTILIZATION_HIGH="-5%" is not a percentage above 0% (for example 80%)
            OUTRIDER_WORKERS_MAX="many" is not a whole number
            OUTRIDER_WORKERS_MIN="0" is not possible: a job needs at least 1 worker
        "#]],
    );
}

#[test]
fn a_duration_needs_its_unit_and_a_percentage_its_sign() {
    check(
        &[
            ("OUTRIDER_BACKLOG_TIME_HIGH", "90"),
            ("OUTRIDER_COOLDOWN_DOWN_MIN", "0"),
            ("OUTRIDER_UTILIZATION_LOW", "60"),
            ("OUTRIDER_UTILIZATION_TARGET", "0.8"),
            ("OUTRIDER_UTILIZATION_HIGH", "most"),
        ],
        &expect![[r#"
            OUTRIDER_BACKLOG_TIME_HIGH="90" has no unit; did you mean 90s?
            OUTRIDER_COOLDOWN_DOWN_MIN="0" has no unit; did you mean 0s?
            OUTRIDER_UTILIZATION_HIGH="most" is not a percentage above 0% (for example 80%)
            OUTRIDER_UTILIZATION_LOW="60" has no percent sign; did you mean 60%?
            OUTRIDER_UTILIZATION_TARGET="0.8" has no percent sign; did you mean 80%?
        "#]],
    );
}

#[test]
fn a_target_is_one_of_a_few_forms() {
    let targets = [
        "flinkdeployment",
        "flinkdeployment/",
        "pod/x",
        "a/b/c/d/e",
        "exec:",
        "exec:'scale",
    ];
    let told: Vec<String> = targets
        .iter()
        .flat_map(|target| parse(&[("OUTRIDER_TARGET", target)]).mistakes)
        .collect();
    expect![[r#"
        OUTRIDER_TARGET="flinkdeployment" is not a target; one of none, flinkdeployment/NAME, deployment/NAME, statefulset/NAME, GROUP/VERSION/PLURAL/NAME, flink, exec:COMMAND
        OUTRIDER_TARGET="flinkdeployment/" is not a Kubernetes name (lower-case letters, digits, '-' and '.' in each part)
        OUTRIDER_TARGET="pod/x" is not a target; one of none, flinkdeployment/NAME, deployment/NAME, statefulset/NAME, GROUP/VERSION/PLURAL/NAME, flink, exec:COMMAND
        OUTRIDER_TARGET="a/b/c/d/e" is not a target; one of none, flinkdeployment/NAME, deployment/NAME, statefulset/NAME, GROUP/VERSION/PLURAL/NAME, flink, exec:COMMAND
        OUTRIDER_TARGET="exec:" names no command
        OUTRIDER_TARGET="exec:'scale" has a quote that is not closed
    "#]].assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn a_target_of_another_group_keeps_it() {
    let written = "apps.openshift.io/v1/deployments/orders";
    let parsed = parse(&[("OUTRIDER_TARGET", written)]);
    assert_eq!(parsed.settings.target.to_string(), written);
}

#[test]
fn settings_that_contradict_each_other_are_a_mistake() {
    check(
        &[
            ("OUTRIDER_WORKERS_MIN", "9"),
            ("OUTRIDER_WORKERS_MAX", "8"),
            ("OUTRIDER_BACKLOG_TIME_LOW", "2m"),
            ("OUTRIDER_UTILIZATION_LOW", "90%"),
            ("OUTRIDER_GROWTH_NOISE", "200%"),
            ("OUTRIDER_UTILIZATION_TARGET", "95%"),
            ("OUTRIDER_LEASE", "on"),
            ("OUTRIDER_TARGET", "flink"),
        ],
        &expect![[r#"
            OUTRIDER_BACKLOG_TIME_LOW=2m is not below OUTRIDER_BACKLOG_TIME_HIGH=2m
            OUTRIDER_GROWTH_NOISE=200% is above 100%: no growth would count
            OUTRIDER_LEASE=on needs a target in Kubernetes, OUTRIDER_TARGET=flink is none
            OUTRIDER_UTILIZATION_LOW=90% is not below OUTRIDER_UTILIZATION_HIGH=90%
            OUTRIDER_UTILIZATION_TARGET=95% is above OUTRIDER_UTILIZATION_HIGH=90%: each change would call for the next
            OUTRIDER_WORKERS_MIN=9 is more than OUTRIDER_WORKERS_MAX=8
        "#]],
    );
}

#[test]
fn an_unknown_variable_is_a_warning_with_the_nearest_name() {
    let variables = [
        ("OUTRIDER_WORKER_MAX", "8"),
        ("OUTRIDER_COOLDOWN", "60s"),
        ("OUTRIDER_PORT_9250_TCP_ADDR", "10.0.0.1"),
        ("OUTRIDER_mode", "active"),
        ("OUTRIDER_SPEED", "fast"),
    ];
    let parsed = parse(&variables);
    assert_eq!(parsed.mistakes, Vec::<String>::new());
    assert_eq!(parsed.settings, Settings::defaults());
    expect![[r#"
        OUTRIDER_COOLDOWN is not a setting; did you mean OUTRIDER_COOLDOWN_UP?
        OUTRIDER_SPEED is not a setting; `outrider settings` lists them
        OUTRIDER_WORKER_MAX is not a setting; did you mean OUTRIDER_WORKERS_MAX?
        OUTRIDER_mode is not a setting; did you mean OUTRIDER_MODE?
    "#]]
    .assert_eq(&(parsed.warnings.join("\n") + "\n"));
}

#[test]
fn an_empty_value_is_not_given_and_blanks_around_one_do_not_count() {
    let parsed = parse(&[
        ("OUTRIDER_WORKERS_MAX", ""),
        ("OUTRIDER_LISTEN", "  "),
        ("OUTRIDER_INTERVAL", " 20s "),
    ]);
    assert_eq!(parsed.mistakes, Vec::<String>::new());
    assert_eq!(parsed.given, ["INTERVAL"]);
    assert_eq!(parsed.settings.interval.as_secs(), 20);
}

#[test]
fn a_mistake_leaves_the_default_in_force() {
    let parsed = parse(&[
        ("OUTRIDER_LISTEN", "nowhere"),
        ("OUTRIDER_WORKERS_MIN", "-1"),
    ]);
    assert_eq!(parsed.settings, Settings::defaults());
    assert_eq!(parsed.mistakes.len(), 2);
}

#[test]
fn the_table_fits_eighty_columns_and_leaves_no_setting_out() {
    let text = table::text();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let (markdown, json) = (table::markdown(), table::json());
    for setting in TABLE {
        let variable = setting.variable();
        assert!(text.contains(&format!("\n{variable}\n")), "{variable}");
        assert!(
            markdown.contains(&format!("| `{variable}` | ")),
            "{variable}"
        );
        assert!(
            json.contains(&format!("\"variable\": \"{variable}\"")),
            "{variable}"
        );
    }
}

#[test]
fn a_row_of_the_table_in_each_form() {
    let rows = |table: &str, name: &str, lines: usize| {
        let from = table.lines().skip_while(|line| !line.contains(name));
        from.take(lines).collect::<Vec<_>>().join("\n") + "\n"
    };
    let name = "OUTRIDER_WORKERS_MAX";
    expect![[r#"
        OUTRIDER_WORKERS_MAX
            whole number; no default, in workers
            Never more TaskManagers than these. Without it nothing is scaled: the bill's
            upper end is yours to choose.
    "#]]
    .assert_eq(&rows(&table::text(), name, 4));
    expect![[r#"
        | `OUTRIDER_WORKERS_MAX` | whole number |  | workers | Never more TaskManagers than these. Without it nothing is scaled: the bill's upper end is yours to choose. |
    "#]].assert_eq(&rows(&table::markdown(), name, 1));
    let read: serde_json::Value = serde_json::from_str(&table::json()).unwrap();
    let row = read
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["variable"] == name);
    expect![[r#"
        {
          "default": null,
          "meaning": "Never more TaskManagers than these. Without it nothing is scaled: the bill's upper end is yours to choose.",
          "unit": "workers",
          "value": "whole number",
          "variable": "OUTRIDER_WORKERS_MAX"
        }
    "#]].assert_eq(&format!("{:#}\n", row.unwrap()));
}

fn parse(variables: &[(&str, &str)]) -> Parsed {
    let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    Settings::parse(variables.iter().map(own))
}

fn check(variables: &[(&str, &str)], mistakes: &Expect) {
    mistakes.assert_eq(&(parse(variables).mistakes.join("\n") + "\n"));
}
