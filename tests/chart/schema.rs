//! The schema of `injection.settings`, made from the table of settings.

use outrider::settings::{Setting, TABLE};
use serde_json::{Map, Value, json};

use crate::read;

/// What its values look like. Whether the real Helm takes those that the sidecar takes is for
/// `tests/run chart`.
fn shape(setting: &Setting) -> Value {
    let definition = match setting.kind {
        "whole number" if setting.unit == "workers" => "workers",
        "whole number" => "count",
        "number" => "cores",
        "http://HOST:PORT" => "url",
        "IP:PORT" => "address",
        kind @ ("duration" | "percentage" | "name") => kind,
        kind if kind.starts_with("none, flinkdeployment/NAME") => "target",
        kind if kind.contains("by module") => "text",
        kind => return json!({ "enum": words(kind) }),
    };
    json!({ "$ref": format!("#/definitions/{definition}") })
}

/// `active, observe or off` as a list.
fn words(kind: &str) -> Vec<&str> {
    let words: Vec<&str> = kind
        .split(", ")
        .flat_map(|part| part.split(" or "))
        .collect();
    assert!(
        words
            .iter()
            .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())),
        "the schema does not know what {kind:?} looks like: say it in this file"
    );
    words
}

#[test]
fn the_settings_of_the_schema_are_those_of_the_table() {
    let rows = TABLE
        .iter()
        .map(|setting| (setting.name.to_owned(), shape(setting)));
    let properties: Map<String, Value> = rows.collect();
    let expected =
        json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let there = &schema["properties"]["injection"]["properties"]["settings"];
    assert!(
        *there == expected,
        "properties.injection.properties.settings of values.schema.json should be\n{expected:#}"
    );
}
