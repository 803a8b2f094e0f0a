//! The commands `outrider inject` and `outrider uninject`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::{DEPLOYMENT, IMAGE, golden, text};

fn outrider(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outrider"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The words behind `# outrider` in a golden input's first line.
fn command(input: &str) -> Vec<String> {
    let line = input.lines().next().unwrap();
    shlex::split(line.strip_prefix("# outrider ").unwrap()).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    outrider(
        &arguments
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
    )
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn written(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A file of a test, in a place that is nobody's.
fn file(name: &str, bytes: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inject");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn each_golden_input_gives_its_output_to_the_byte() {
    for path in golden() {
        let name = path.to_string_lossy().into_owned();
        let output = PathBuf::from(name.replace(".in.yaml", ".out.yaml"));
        let mut arguments = command(&text(&path));
        arguments.push(name.clone());
        let result = outrider(&arguments);
        assert!(result.status.success(), "{name}: {}", told(&result));
        assert_eq!(written(&result), text(&output), "{name}");
    }
}

#[test]
fn taking_it_out_of_a_golden_output_gives_the_input_to_the_byte() {
    for path in golden() {
        let name = path.to_string_lossy().replace(".in.yaml", ".out.yaml");
        let result = run(&["uninject", &name]);
        assert!(result.status.success(), "{name}: {}", told(&result));
        assert_eq!(written(&result), text(&path), "{name}");
    }
}

#[test]
fn injecting_into_a_golden_output_changes_nothing() {
    for path in golden() {
        let name = path.to_string_lossy().replace(".in.yaml", ".out.yaml");
        let mut arguments = command(&text(&path));
        arguments.push(name.clone());
        let result = outrider(&arguments);
        assert_eq!(written(&result), text(Path::new(&name)), "{name}");
    }
}

#[test]
fn a_text_without_a_flink_deployment_passes_through_to_the_byte() {
    let service = "kind:   Service # odd\r\nspec: {a: [1,\n 2]}\n\n---\n---\n# nothing";
    let result = run(&[
        "inject",
        "--image",
        IMAGE,
        &file("service.yaml", service.as_bytes()),
    ]);
    assert!(result.status.success());
    assert_eq!(written(&result), service);
    assert!(
        told(&result).contains("no FlinkDeployment here"),
        "{}",
        told(&result)
    );
}

#[test]
fn several_files_become_one_stream_of_documents() {
    let first = file("first.yaml", b"kind: Service");
    let second = file("second.yaml", b"kind: Secret\n");
    let third = file("third.yaml", b"%YAML 1.2\n---\nkind: Role\n");
    let result = run(&["uninject", &first, &second, &third]);
    let stream = "kind: Service\n---\nkind: Secret\n...\n%YAML 1.2\n---\nkind: Role\n";
    assert_eq!(written(&result), stream);
}

#[test]
fn one_bad_file_keeps_everything_from_being_written() {
    let good = file("good.yaml", DEPLOYMENT.as_bytes());
    let bad = file("bad.yaml", b"spec:\n  a: [1, 2\nkind: x\n");
    let gone = "/nowhere/at/all.yaml";
    let result = run(&["inject", "--image", IMAGE, &good, &bad, gone]);
    assert_eq!(result.status.code(), Some(2));
    assert_eq!(written(&result), "");
    assert!(
        told(&result).contains("bad.yaml:3: error: this is not YAML"),
        "{}",
        told(&result)
    );
    assert!(
        told(&result).contains("cannot read /nowhere/at/all.yaml"),
        "{}",
        told(&result)
    );
}

#[test]
fn what_is_no_yaml_file_is_refused_with_the_mend() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let large = file("large.yaml", b"");
    fs::File::options()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(100 * 1024 * 1024)
        .unwrap();
    let binary = file("binary.yaml", b"kind: x\n\xff\xfe");
    let deep = file("deep.yaml", "[".repeat(100_000).as_bytes());
    for (name, mend) in [
        (folder, "is a directory: name the YAML files in it"),
        (&large, "more than 16 MiB"),
        (&binary, "binary.yaml:2: error: this is not UTF-8"),
        (&deep, "deep.yaml:1: error: this is not YAML"),
    ] {
        for command in [
            vec!["inject", "--image", IMAGE, name],
            vec!["uninject", name],
        ] {
            let result = run(&command);
            assert_eq!(result.status.code(), Some(2), "{command:?}");
            assert_eq!(written(&result), "");
            assert!(told(&result).contains(mend), "{}", told(&result));
        }
    }
    fs::remove_file(large).unwrap();
}

#[test]
fn without_a_file_or_with_a_dash_the_standard_input_is_read() {
    for files in [&[][..], &["-"]] {
        let mut process = Command::new(env!("CARGO_BIN_EXE_outrider"))
            .args(["inject", "--image", IMAGE])
            .args(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(DEPLOYMENT.as_bytes()).unwrap();
        drop(stdin);
        let result = process.wait_with_output().unwrap();
        assert!(written(&result).contains("- name: outrider"));
        let warning = "stdin:5: warning: without OUTRIDER_WORKERS_MAX";
        assert!(told(&result).contains(warning), "{}", told(&result));
    }
}

#[test]
fn an_output_that_is_full_is_told() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let result = Command::new(env!("CARGO_BIN_EXE_outrider"))
        .args(["uninject", &file("full.yaml", b"kind: Service\n")])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(result.status.code(), Some(1));
    let told = told(&result);
    assert!(
        told.contains("cannot write to the standard output"),
        "{told}"
    );
}
