//! README's figures of the simulator are what its commands print, to the byte. Minutes of two cores:
//! `tests/run benchmark`.

#![expect(clippy::print_stderr, reason = "a test of minutes tells what it sees")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands in README between `<!-- NAME -->` and `<!-- end of NAME -->`.
fn in_readme(name: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let (_, after) = readme.split_once(&begin).expect("the beginning's mark");
    let (section, _) = after.split_once(&end).expect("the end's mark");
    section.trim().to_owned()
}

/// What `outrider simulate ARGUMENTS` prints; its talk is shown.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_outrider"))
        .arg("simulate")
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .output()
        .expect("the program");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?} failed");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

fn check(name: &str, arguments: &[&str]) {
    let printed = printed(arguments);
    assert!(
        in_readme(name) == printed,
        "README's {name} is not what `outrider simulate {}` prints, which is:\n\n{printed}\n",
        arguments.join(" ")
    );
}

#[test]
fn the_benchmark_is_the_one_in_readme() {
    check("benchmark", &["--benchmark", "--format=markdown"]);
}

#[test]
fn the_comparison_with_real_runs_is_the_one_in_readme() {
    let folder = "tests/payloads/runs";
    let mut files: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .expect("a folder of recorded runs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let names = files.iter().filter_map(|path| path.file_name()?.to_str());
    let runs = names.filter(|name| name.starts_with("phoebe-") || name.starts_with("rig-"));
    let runs: Vec<String> = runs.map(|name| format!("{folder}/{name}")).collect();
    let mut arguments = vec!["--format=markdown", "--against"];
    arguments.extend(runs.iter().map(String::as_str));
    check("fidelity", &arguments);
}
