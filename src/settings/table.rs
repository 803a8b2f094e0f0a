//! The table of settings as text, as Markdown and as JSON: what `outrider settings` prints.
//!
//! Pure: values in, values out.

use serde_json::{Value, json};

use crate::settings::{Setting, TABLE};

/// Columns of a terminal that nobody has made wider.
const WIDTH: usize = 80;

/// For people, on 80 columns.
#[must_use]
pub fn text() -> String {
    let mut out = String::from("Outrider is set by environment variables; none must be given.\n");
    for setting in TABLE {
        out.push_str(&format!("\n{}\n", setting.variable()));
        let default = match setting.default {
            "" => "no default".into(),
            default => format!("default {default}"),
        };
        let unit = match setting.unit {
            "" => String::new(),
            unit => format!(", in {unit}"),
        };
        out.push_str(&indented(&format!("{}; {default}{unit}", setting.kind)));
        out.push_str(&indented(setting.meaning));
    }
    out
}

/// For README.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "| variable | value | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n",
    );
    for setting in TABLE {
        let default = match setting.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        out.push_str(&format!(
            "| `{}` | {} | {default} | {} | {} |\n",
            setting.variable(),
            cell(setting.kind),
            cell(setting.unit),
            cell(setting.meaning),
        ));
    }
    out
}

/// For programs: an array of objects.
#[must_use]
pub fn json() -> String {
    let rows: Value = TABLE.iter().map(object).collect();
    format!("{rows:#}\n")
}

fn object(setting: &Setting) -> Value {
    json!({
        "variable": setting.variable(),
        "value": setting.kind,
        "default": (!setting.default.is_empty()).then_some(setting.default),
        "unit": (!setting.unit.is_empty()).then_some(setting.unit),
        "meaning": setting.meaning,
    })
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Words in lines of at most [`WIDTH`] columns, four columns in.
fn indented(text: &str) -> String {
    const MARGIN: &str = "    ";
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column == 0 || column + 1 + length > WIDTH {
            out.push_str(if column == 0 { MARGIN } else { "\n    " });
            column = MARGIN.len() + length;
        } else {
            out.push(' ');
            column += 1 + length;
        }
        out.push_str(word);
    }
    out.push('\n');
    out
}
