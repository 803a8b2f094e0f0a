//! The command `outrider webhook`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::certificates::{connect, place};
use crate::folder;

const IMAGE: [&str; 2] = ["--image", "registry.example.com/outrider:0.1.0"];

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command
        .env_clear()
        .arg("webhook")
        .args(["--listen", "127.0.0.1:0", "--tls-cert"])
        .arg(folder.join("tls.crt"))
        .arg("--tls-key")
        .arg(folder.join("tls.key"))
        .args(arguments);
    command
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// With code 2 and these words.
fn check_refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = command(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    for words in words {
        assert!(told(&output).contains(words), "{}", told(&output));
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_at_the_start() {
    let folder = folder("start");
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let (certificate, key) = (file("tls.crt"), file("tls.key"));
    check_refused(
        &folder,
        &IMAGE,
        &[
            &format!("cannot read the certificate {certificate}: No such file"),
            "mount the secret",
        ],
    );
    place("first", &folder);
    std::fs::remove_file(&key).unwrap();
    check_refused(&folder, &IMAGE, &[&format!("cannot read the key {key}")]);
    place("first", &folder);
    std::fs::copy(&certificate, &key).unwrap();
    check_refused(
        &folder,
        &IMAGE,
        &[&format!("cannot use the key {key}"), "it should be PEM"],
    );
    place("first", &folder);
    std::fs::copy(&key, &certificate).unwrap();
    check_refused(&folder, &IMAGE, &["there is no certificate in it"]);
    place("first", &folder);
    std::fs::copy(crate::payload("second.key"), &key).unwrap();
    check_refused(
        &folder,
        &IMAGE,
        &["it should be the certificate of the key"],
    );
    let large = std::fs::File::create(&certificate).unwrap();
    large.set_len(100 * 1024 * 1024).unwrap();
    check_refused(&folder, &IMAGE, &["it has more than 1 MiB"]);
    std::fs::remove_file(&certificate).unwrap();
    std::fs::create_dir(&certificate).unwrap();
    check_refused(&folder, &IMAGE, &["Is a directory"]);
}

#[test]
fn mistakes_in_the_options_are_told_all_at_once() {
    let folder = folder("mistakes");
    place("first", &folder);
    let arguments = [
        "--image",
        "a b",
        "--set",
        "WORKERS_MAX=many",
        "--set",
        "LISTEN=0.0.0.0:0",
    ];
    check_refused(
        &folder,
        &arguments,
        &[
            "--image \"a b\" is not the name of an image",
            "OUTRIDER_WORKERS_MAX=\"many\" is not a whole number",
            "OUTRIDER_LISTEN=0.0.0.0:0 is no port that others could know",
        ],
    );
    check_refused(&folder, &[], &["--image"]);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let folder = folder("taken");
    place("first", &folder);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command
        .arg("webhook")
        .args(IMAGE)
        .args(["--listen", &address]);
    command.arg("--tls-cert").arg(folder.join("tls.crt"));
    command.arg("--tls-key").arg(folder.join("tls.key"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).contains(&format!("cannot listen on {address}")),
        "{}",
        told(&output)
    );
}

#[test]
fn told_to_stop_it_ends_at_once_and_well() {
    let folder = folder("stop");
    place("first", &folder);
    let mut process = command(&folder, &IMAGE)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = line(&mut process, "outrider webhook started");
    let killed = Command::new("kill")
        .args(["-TERM", &process.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert!(process.wait().unwrap().success(), "{log}");
}

/// With `failurePolicy: Ignore` nothing else tells of it: pods are created without a sidecar.
#[tokio::test]
async fn whoever_does_not_trust_the_certificate_is_told_of() {
    let folder = folder("trust");
    place("first", &folder);
    let mut process = command(&folder, &IMAGE)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = line(&mut process, "outrider webhook started");
    let (_, address) = log.split_once("listen=").unwrap();
    let address = address.split(' ').next().unwrap().parse().unwrap();
    assert!(connect(address, "second").await.is_none());
    line(&mut process, "whoever asks does not trust the certificate");
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Everything that is logged up to a line with these words.
fn line(process: &mut Child, words: &str) -> String {
    let mut log = String::new();
    let mut stderr = BufReader::new(process.stderr.as_mut().unwrap());
    while !log.contains(words) {
        assert!(stderr.read_line(&mut log).unwrap() > 0, "it ended: {log}");
    }
    log
}
