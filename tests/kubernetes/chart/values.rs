//! Values that the schema of the chart takes and refuses, as the real Helm reads it.

use outrider::settings::{Settings, TABLE};
use serde_json::{Map, Value};

use super::{CHART, cluster};

/// Something for each kind of setting, right and wrong; each setting is tried with all of them.
const SAMPLES: [&str; 44] = [
    "active",
    "observe",
    "off",
    "on",
    "auto",
    "none",
    "flink",
    "flinkdeployment/orders",
    "flinkdeployment/",
    "My_Job",
    "a b",
    "exec:scale --to 'a b'",
    "apps/v1/deployments/orders",
    "a/b/c",
    "default",
    "0",
    "1",
    "20",
    "007",
    "-1",
    "1.5",
    "0.5",
    "many",
    "90",
    "90s",
    "10m",
    "2h 30m",
    "1m 30s",
    "80%",
    "92.5%",
    "0.8",
    "http://127.0.0.1:8081",
    "http://[::1]:8081/",
    "https://flink:8081",
    "http://flink",
    "9250",
    "0.0.0.0:9250",
    "[::]:9250",
    "localhost:9250",
    "info",
    "warn,outrider=debug",
    "text",
    "json",
    "xml",
];

/// What the sidecar itself thinks of a value's form, whatever the other settings are. How large it
/// may be, the chart leaves to the sidecar.
fn is_read(name: &str, value: &str) -> bool {
    let variable = format!("OUTRIDER_{name}");
    let about = format!("{variable}={value:?}");
    let mistakes = Settings::parse([(variable, value.to_owned())]).mistakes;
    !mistakes
        .iter()
        .any(|mistake| mistake.starts_with(&about) && !mistake.contains(" is too "))
}

/// What Helm complains of in these values.
fn complaints(set: &str) -> String {
    let arguments = ["helm", "template", CHART, "--set-json", set];
    cluster().attempt(&arguments).err().unwrap_or_default()
}

#[test]
fn the_chart_takes_the_settings_that_the_sidecar_takes() {
    for sample in SAMPLES {
        let all: Map<String, Value> = TABLE
            .iter()
            .map(|setting| (setting.name.to_owned(), sample.into()))
            .collect();
        let complaints = complaints(&format!("injection.settings={}", Value::from(all)));
        for setting in TABLE {
            let is_taken = !complaints.contains(&format!("'/injection/settings/{}'", setting.name));
            assert_eq!(
                is_taken,
                is_read(setting.name, sample),
                "{}: {sample}: does the chart take it, does the sidecar?\n{complaints}",
                setting.name
            );
        }
    }
}

#[test]
fn numbers_need_no_quotes() {
    let settings = r#"{"WORKERS_MIN":1,"WORKERS_MAX":20,"COOLDOWN_UP":0,"TASKMANAGER_CPU":0.5}"#;
    assert_eq!(complaints(&format!("injection.settings={settings}")), "");
}

/// The words that a person sees who has mistyped something: where it is, and what is expected.
#[test]
fn a_mistake_is_named_with_its_place() {
    for (set, expected) in [
        (
            r#"namespace="flink""#,
            "additional properties 'namespace' not allowed",
        ),
        (
            r#"namespaces="flink""#,
            "at '/namespaces': got string, want array",
        ),
        (
            r#"namespaces=["Flink"]"#,
            "at '/namespaces/0': 'Flink' does not match pattern",
        ),
        (
            r#"serviceAccounts=[]"#,
            "at '/serviceAccounts': minItems: got 0, want 1",
        ),
        (
            r#"scaleLimit=0"#,
            "at '/scaleLimit': minimum: got 0, want 1",
        ),
        (
            r#"scaleLimit="ten""#,
            "at '/scaleLimit': got string, want null or integer",
        ),
        (r#"leases="yes""#, "at '/leases': got string, want boolean"),
        (
            r#"injection.mode="sidecar""#,
            "at '/injection/mode': value must be one of 'off', false, 'policy', 'webhook'",
        ),
        (
            r#"injection.settings={"WORKER_MAX":20}"#,
            "at '/injection/settings': additional properties 'WORKER_MAX' not allowed",
        ),
        (
            r#"injection.settings={"OUTRIDER_MODE":"observe"}"#,
            "additional properties 'OUTRIDER_MODE' not allowed",
        ),
        (
            r#"injection.settings={"WORKERS_MAX":0}"#,
            "at '/injection/settings/WORKERS_MAX': minimum: got 0, want 1",
        ),
        (
            r#"injection.settings={"WORKERS_MAX":1.5}"#,
            "at '/injection/settings/WORKERS_MAX': got number, want integer or string",
        ),
        (
            r#"injection.settings={"CATCH_UP":60}"#,
            "at '/injection/settings/CATCH_UP': got number, want string",
        ),
        (
            r#"injection.settings={"MODE":false}"#,
            "at '/injection/settings/MODE': value must be one of 'active', 'observe', 'off'",
        ),
        (
            r#"injection.settings={"LISTEN":"127.0.0.1:9250"}"#,
            "at '/injection/settings/LISTEN': 'not' failed",
        ),
        (
            r#"podMonitor.enabled=true"#,
            "podMonitor.enabled is true, but this cluster knows no monitoring.coreos.com/v1: install the Prometheus Operator first",
        ),
        (
            r#"rules.enabled=true"#,
            "rules.enabled is true, but this cluster knows no monitoring.coreos.com/v1",
        ),
    ] {
        let complaints = complaints(set);
        assert!(complaints.contains(expected), "{set}: {complaints}");
    }
}
