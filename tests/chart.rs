//! The chart's files beside the code that they must agree with. What Helm makes of them is looked
//! at by `tests/run chart`.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]

#[path = "chart/schema.rs"]
mod schema;

use std::fs;
use std::path::Path;

use serde_json::Value;

fn read(name: &str) -> String {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/outrider");
    fs::read_to_string(chart.join(name)).unwrap()
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap()
}

/// Every value, by its path: `image.tag`.
fn paths(value: &Value, above: &str, found: &mut Vec<String>) {
    match value.as_object().filter(|object| !object.is_empty()) {
        None => found.push(above.to_owned()),
        Some(object) => {
            for (key, value) in object {
                let path = if above.is_empty() {
                    key.clone()
                } else {
                    format!("{above}.{key}")
                };
                paths(value, &path, found);
            }
        }
    }
}

#[test]
fn the_chart_has_the_version_of_the_program() {
    let chart = yaml("Chart.yaml");
    for key in ["version", "appVersion"] {
        assert_eq!(chart[key], env!("CARGO_PKG_VERSION"), "{key}");
    }
}

/// A comment that begins with `# --` stands above it.
#[test]
fn every_value_is_described_above_it() {
    let text = read("values.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let mut described = 0;
    for (number, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.trim_start().split_once(':') else {
            continue;
        };
        let begins_a_section = value.is_empty() && key != "labels";
        let is_a_label = key == "grafana_dashboard";
        if key.starts_with('#') || begins_a_section || is_a_label {
            continue;
        }
        let mut above = lines[..number].iter().rev().map(|line| line.trim_start());
        let first = above
            .by_ref()
            .take_while(|line| line.starts_with('#'))
            .last();
        assert!(
            first.is_some_and(|first| first.starts_with("# -- ")),
            "line {} of values.yaml has no `# --` above it: {line}",
            number + 1
        );
        described += 1;
    }
    assert!(described > 15, "only {described} values were looked at");
}

#[test]
fn the_schema_knows_each_value_and_no_other() {
    let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let values = yaml("values.yaml");
    assert_eq!(schema["additionalProperties"], false);
    let mut known: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    known.retain(|name| *name != "global");
    let mut given: Vec<&String> = values.as_object().unwrap().keys().collect();
    known.sort();
    given.sort();
    assert_eq!(known, given);

    let mut all = Vec::new();
    paths(&values, "", &mut all);
    for path in all {
        let mut at = &schema;
        for name in path.split('.') {
            at = match &at["properties"][name] {
                Value::Null => &at["additionalProperties"],
                found => found,
            };
            if at["$ref"] == "#/definitions/labels" {
                at = &schema["definitions"]["labels"];
            }
        }
        assert!(at.is_object(), "the schema does not know {path}");
    }
}
