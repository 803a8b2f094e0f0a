//! What the chart's rules and dashboards ask Prometheus.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// A query and where it stands.
#[derive(Clone, Debug)]
pub struct Asked {
    /// File and panel, or file and rule.
    pub place: String,
    pub expression: String,
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

/// A rule; either `record` or `alert` is its name.
#[derive(Deserialize, Debug)]
pub struct Rule {
    pub record: Option<String>,
    pub alert: Option<String>,
    pub expr: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// The folder of the chart with this name.
pub fn folder(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("helm/outrider").join(name)
}

/// Every rule, of all files.
pub fn rules() -> Vec<Rule> {
    let read = |(name, text): (String, String)| -> Vec<Rule> {
        let file: RuleFile = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{name} is no file of rules: {error}"));
        file.groups.into_iter().flat_map(|g| g.rules).collect()
    };
    texts("rules").into_iter().flat_map(read).collect()
}

/// Every dashboard, by its file's name.
pub fn dashboards() -> Vec<(String, Value)> {
    let read = |(name, text): (String, String)| {
        let dashboard = serde_json::from_str(&text);
        let dashboard = dashboard.unwrap_or_else(|error| panic!("{name} is no JSON: {error}"));
        (name, dashboard)
    };
    texts("dashboards").into_iter().map(read).collect()
}

/// What the rules ask.
pub fn by_rules() -> Vec<Asked> {
    let asked = |rule: Rule| Asked {
        place: rule.record.or(rule.alert).expect("a rule has a name"),
        expression: rule.expr,
    };
    rules().into_iter().map(asked).collect()
}

/// What panels and annotations of the dashboards ask, variables and all.
pub fn by_dashboards() -> Vec<Asked> {
    let mut all = Vec::new();
    for (name, dashboard) in dashboards() {
        let annotations = dashboard.pointer("/annotations/list");
        let panels = dashboard.pointer("/panels").expect("panels");
        for panel in [annotations.expect("annotations"), panels]
            .map(items)
            .concat()
        {
            let title = panel["title"].as_str().or(panel["name"].as_str());
            let place = format!("{name}: {}", title.expect("a panel has a title"));
            let targets = items(&panel["targets"]);
            for query in std::iter::once(&panel).chain(&targets) {
                if let Some(expression) = query["expr"].as_str() {
                    let (place, expression) = (place.clone(), expression.to_owned());
                    all.push(Asked { place, expression });
                }
            }
        }
    }
    all
}

/// What the variables of the dashboards are filled with: `label_values(series, label)`.
pub fn by_variables() -> Vec<(Asked, String)> {
    let mut all = Vec::new();
    for (name, dashboard) in dashboards() {
        for variable in items(dashboard.pointer("/templating/list").expect("variables")) {
            let Some(query) = variable["query"]["query"].as_str() else {
                continue;
            };
            let inner = query.strip_prefix("label_values(");
            let inner = inner.and_then(|inner| inner.strip_suffix(')'));
            let (series, label) = inner
                .and_then(|inner| inner.rsplit_once(", "))
                .unwrap_or_else(|| panic!("{name}: {query}"));
            let place = format!("{name}: {}", variable["name"]);
            let expression = series.to_owned();
            all.push((Asked { place, expression }, label.to_owned()));
        }
    }
    all
}

fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// The files of a folder of the chart, by name.
fn texts(name: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder(name)).expect("a folder of the chart");
    let mut texts: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("text");
            (name.into_owned(), text)
        })
        .collect();
    texts.sort();
    assert!(!texts.is_empty(), "nothing in {name}");
    texts
}
