//! Invariants that a text check can keep.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use outrider::decide::HoldReason;
use outrider::settings::TABLE;

const PURE: &str = "//! Pure: values in, values out.";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every `.rs` file below `folder`, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of ours") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.clone(), read(&path)));
            }
        }
    }
    files.sort();
    files
}

/// Code without comments, so that a word in a sentence is no finding.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// `src/decide/guard.rs` is `decide::guard`.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).expect("below src");
    relative
        .with_extension("")
        .to_string_lossy()
        .replace('/', "::")
}

fn is_pure(text: &str) -> bool {
    text.lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line == PURE)
}

#[test]
fn pure_files_name_nothing_of_the_outside_world() {
    const OUTSIDE: [&str; 10] = [
        "tokio",
        "hyper",
        "kube::",
        "tracing::",
        "prometheus::",
        "std::env",
        "std::fs",
        "std::process",
        "net::Tcp",
        "net::Udp",
    ];
    for (path, text) in sources("src").iter().filter(|(_, text)| is_pure(text)) {
        for outside in OUTSIDE {
            let found = code(text).lines().any(|line| {
                line.trim_start().starts_with("use ") && line.contains(outside)
                    || line.contains(&format!(" {outside}::"))
            });
            assert!(!found, "{} is pure and names {outside}", path.display());
        }
    }
}

#[test]
fn pure_files_import_only_pure_files() {
    let all = sources("src");
    let pure: BTreeSet<String> = all
        .iter()
        .filter(|(_, text)| is_pure(text))
        .map(|(path, _)| module(path))
        .collect();
    let modules: BTreeSet<String> = all.iter().map(|(path, _)| module(path)).collect();
    for (path, text) in all.iter().filter(|(_, text)| is_pure(text)) {
        for line in code(text).lines().map(str::trim_start) {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            let Some(import) = line.strip_prefix("use crate::") else {
                continue;
            };
            // The longest beginning of the import that is a file of ours.
            let words: Vec<&str> = import
                .split("::")
                .map(|word| word.trim_end_matches(';'))
                .collect();
            let file = (1..=words.len())
                .rev()
                .map(|count| words[..count].join("::"))
                .find(|name| modules.contains(name));
            if let Some(file) = file {
                assert!(
                    pure.contains(&file),
                    "{} is pure and imports {file}, which is not",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn observing_and_deciding_are_pure() {
    for (path, text) in sources("src") {
        let module = module(&path);
        let first = module.split("::").next().expect("a word");
        if [
            "units",
            "scrape",
            "observe",
            "decide",
            "outcome",
            "autoscaler",
            "settings",
            "simulate",
        ]
        .contains(&first)
        {
            assert!(
                is_pure(&text),
                "{} does not say that it is pure",
                path.display()
            );
        }
    }
}

#[test]
fn the_core_knows_neither_flink_nor_kubernetes() {
    for (path, text) in sources("src") {
        let module = module(&path);
        let first = module.split("::").next().expect("a word");
        if ["observe", "decide", "autoscaler"].contains(&first) {
            for foreign in ["crate::flink", "crate::act", "crate::report", "serde_json"] {
                assert!(
                    !code(&text).contains(foreign),
                    "{} names {foreign}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn acting_on_flink_leaves_its_json_and_its_paths_to_flink() {
    for (path, text) in sources("src") {
        if module(&path).starts_with("act::flink") {
            for foreign in ["serde_json", "hyper", "\"/jobs", "\"/overview"] {
                assert!(
                    !code(&text).contains(foreign),
                    "{} names {foreign}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn numbers_change_their_type_in_units_only() {
    for (path, text) in sources("src") {
        if module(&path) == "units" {
            continue;
        }
        for number in [
            "f64", "f32", "u64", "u32", "u16", "u8", "usize", "i64", "i32",
        ] {
            assert!(
                !code(&text).contains(&format!(" as {number}")),
                "{} casts to {number}",
                path.display()
            );
        }
    }
}

#[test]
fn the_backoff_crate_is_used_in_one_module() {
    let users: Vec<String> = sources("src")
        .iter()
        .filter(|(_, text)| code(text).contains("backoff::"))
        .map(|(path, _)| module(path))
        .collect();
    assert_eq!(users, ["act::retry"]);
}

#[test]
fn files_stay_short() {
    for (path, text) in sources("src").iter().chain(&sources("tests")) {
        let lines = text.lines().count();
        assert!(
            lines <= 450,
            "{} has {lines} lines: two rooms in one?",
            path.display()
        );
    }
}

#[test]
fn readme_has_every_setting_as_the_table_has_it() {
    let readme = read(&root().join("README.md"));
    let table = outrider::settings::table::markdown();
    assert!(
        readme.contains(table.trim()),
        "README's table of settings is not that of `outrider settings --format markdown`"
    );
    for setting in TABLE {
        assert!(
            readme.contains(&setting.variable()),
            "README lacks {}",
            setting.variable()
        );
    }
}

#[test]
fn readme_has_every_reason_in_the_order_in_which_it_is_asked() {
    let readme = read(&root().join("README.md"));
    let rows: Vec<String> = HoldReason::ALL
        .iter()
        .map(|reason| format!("| `{}` | {} |", reason.name(), reason.meaning()))
        .collect();
    assert!(
        readme.contains(&rows.join("\n")),
        "README's table of reasons should be\n{}",
        rows.join("\n")
    );
}

#[test]
fn readme_has_every_metric() {
    let readme = read(&root().join("README.md"));
    let names = read(&root().join("src/report/metrics.rs"));
    let metrics: BTreeSet<&str> = names
        .split('"')
        .filter(|word| word.starts_with("outrider_") && !word.contains(['{', ' ']))
        .collect();
    assert!(
        metrics.len() > 20,
        "metrics are named elsewhere now: {metrics:?}"
    );
    for metric in metrics {
        assert!(readme.contains(metric), "README lacks {metric}");
    }
}

#[test]
fn lib_rs_names_every_top_level_module() {
    let lib = read(&root().join("src/lib.rs"));
    for (path, _) in sources("src") {
        let module = module(&path);
        if module.contains("::") || module == "lib" || module == "main" {
            continue;
        }
        let file = format!("{module}.rs");
        let map: String = lib.lines().filter(|line| line.starts_with("//!")).collect();
        assert!(map.contains(&file), "the code map in lib.rs lacks {file}");
    }
}
