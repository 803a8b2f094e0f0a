//! Pods as they are created, beside the same with the sidecar in them: what every way to put it in
//! is checked against.

#![allow(dead_code, reason = "no test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};

use outrider::inject::Options;
use outrider::inject::pod::SETTING;
use outrider::settings::TABLE;
use serde_json::Value;

/// A pod and what becomes of it.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: String,
    /// The arguments of `outrider webhook`, without those of the server.
    pub arguments: Vec<String>,
    pub before: Value,
    pub after: Value,
}

/// All of `tests/payloads/inject/pods`.
pub fn pairs() -> Vec<Pair> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/inject/pods");
    let entries = fs::read_dir(folder).unwrap();
    let mut inputs: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".in.yaml"))
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 8, "{inputs:?}");
    inputs.iter().map(|input| Pair::read(input)).collect()
}

/// The one of this name.
pub fn pair(name: &str) -> Pair {
    let found = pairs().into_iter().find(|pair| pair.name == name);
    found.unwrap_or_else(|| panic!("no pods {name}"))
}

/// YAML as the JSON that it stands for.
pub fn json(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The sidecar in a pod's spec.
pub fn sidecar(spec: &Value) -> &Value {
    let lists = ["containers", "initContainers"];
    let all = lists.iter().filter_map(|list| spec[list].as_array());
    let named = all
        .flatten()
        .find(|container| container["name"] == "outrider");
    named.unwrap_or_else(|| panic!("no sidecar in {spec:#}"))
}

impl Pair {
    fn read(input: &Path) -> Self {
        let name = input.file_name().unwrap().to_string_lossy();
        let before = fs::read_to_string(input).unwrap();
        let after = input.to_string_lossy().replace(".in.yaml", ".out.yaml");
        let after = fs::read_to_string(after).unwrap();
        let command = before.lines().next().unwrap();
        let arguments = command.strip_prefix("# outrider webhook ").unwrap();
        let mut after = json(&after);
        assert_eq!(
            after["metadata"]["annotations"]["outrider.dev/injected"],
            "VERSION"
        );
        after["metadata"]["annotations"]["outrider.dev/injected"] =
            env!("CARGO_PKG_VERSION").into();
        Self {
            name: name.replace(".in.yaml", ""),
            arguments: shlex::split(arguments).unwrap(),
            before: json(&before),
            after,
        }
    }

    /// The words behind each `--option`.
    pub fn given(&self, option: &str) -> Vec<&str> {
        let pairs = self.arguments.windows(2);
        let given = pairs.filter(|words| words[0] == option);
        given.map(|words| words[1].as_str()).collect()
    }

    pub fn image(&self) -> &str {
        self.given("--image")[0]
    }

    pub fn is_native(&self) -> bool {
        self.arguments.iter().any(|word| word == "--native-sidecar")
    }

    pub fn has_annotations(&self) -> bool {
        self.given("--prometheus") == ["annotations"]
    }

    /// What the webhook is started with.
    pub fn options(&self) -> Options {
        let set: Vec<String> = self.given("--set").into_iter().map(String::from).collect();
        Options::new(self.image(), &set, self.has_annotations(), self.is_native()).unwrap()
    }

    /// The settings that the sidecar is to have, as `inject --set` takes them: those of the pod
    /// before those of the arguments, in the order of the table.
    pub fn settings(&self) -> Vec<String> {
        let annotations = &self.before["metadata"]["annotations"];
        let of_table = TABLE.iter().filter_map(|setting| {
            let name = setting.name;
            let own = annotations[format!("{SETTING}{name}")].as_str();
            let own = own.map(|value| format!("{name}={value}"));
            let given = self.given("--set").into_iter();
            let mut given = given.filter(|set| set.split('=').next() == Some(name));
            own.or_else(|| given.next().map(String::from))
        });
        of_table.collect()
    }
}
