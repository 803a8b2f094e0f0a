//! The command, as a newcomer meets it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

fn command(arguments: &[&str], listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command
        .env_clear()
        .env("OUTRIDER_LISTEN", listen)
        .arg("demo")
        .args(arguments);
    command
}

fn output(arguments: &[&str], listen: &str) -> Output {
    command(arguments, listen).output().expect("the demo")
}

/// What it said to stderr, after it has refused to begin.
fn refused(arguments: &[&str], listen: &str) -> String {
    let output = output(arguments, listen);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(output.stdout, b"", "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

/// A demo until dropped.
struct Running {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut process = command(arguments, "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo");
        let lines = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, lines }
    }

    /// The next line that has this in it.
    fn line_with(&mut self, what: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).expect("text");
            assert!(read > 0, "it ended without {what:?}");
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Tells it to stop, and waits for the end; gives what it still said.
    fn stop(&mut self, signal: &str) -> String {
        let told = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(told.expect("kill").success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("text");
        assert!(self.process.wait().expect("a child").success());
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The body of what stands at `http://ADDRESS/PATH`.
fn get(url: &str) -> String {
    let (address, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .expect("an address of ours");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("HTTP");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

#[test]
fn it_tells_where_to_look_and_what_is_decided_and_ends_with_a_summary() {
    let mut demo = Running::start(&[]);
    let page = demo.line_with("page");
    let page = page.split_whitespace().nth(1).expect("an address");
    let flink = demo.line_with("Flink");
    let flink = flink.split_whitespace().nth(1).expect("an address");
    let decision = demo.line_with("warming up");
    assert!(decision.contains("2 workers, holding"), "{decision}");
    assert!(get(flink).contains("RUNNING"));
    assert!(get(page).contains("simulated"));
    let status: Value = serde_json::from_str(&get(&format!("{page}status"))).expect("JSON");
    assert_eq!(status["acting"], true);
    let rest = demo.stop("-INT");
    assert!(rest.contains("worker-hours"), "{rest}");
    assert!(
        !rest.contains('\u{1b}'),
        "no terminal, no control: {rest:?}"
    );
}

#[test]
fn for_a_program_it_is_an_object_a_line_and_the_last_is_the_summary() {
    let output = output(&["--for", "3s", "--format", "json"], "127.0.0.1:0");
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("an object"))
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert_eq!(events, ["started", "decision", "summary"]);
    assert_eq!(lines[1]["reason"], "warming_up");
    assert!(lines[2]["scaled"]["worker_hours"].as_f64() > Some(0.0));
    assert_eq!(output.stderr, b"", "{output:?}");
}

#[test]
fn a_policy_that_never_scales_says_what_it_would_do() {
    let mut demo = Running::start(&["--policy", "static", "--format", "json"]);
    let started: Value = serde_json::from_str(&demo.line_with("started")).expect("an object");
    let page = started["page"].as_str().expect("an address");
    demo.line_with("decision");
    let status: Value = serde_json::from_str(&get(&format!("{page}status"))).expect("JSON");
    assert_eq!(status["mode"], "observe");
    assert!(demo.stop("-TERM").contains("summary"));
}

#[test]
fn either_policy_of_the_sidecars_own_can_be_shown() {
    for (policy, is_there) in [("rule", false), ("model", true)] {
        let mut demo = Running::start(&["--policy", policy, "--format", "json"]);
        let started: Value = serde_json::from_str(&demo.line_with("started")).expect("an object");
        let page = started["page"].as_str().expect("an address");
        demo.line_with("decision");
        let status: Value = serde_json::from_str(&get(&format!("{page}status"))).expect("JSON");
        assert_eq!(status["mode"], "active");
        assert_eq!(status["model"].is_object(), is_there, "{policy}");
        let picture = get(page);
        assert_eq!(picture.contains("DELAY_BUDGET is"), is_there, "{policy}");
        demo.stop("-TERM");
    }
}

#[test]
fn a_load_from_a_file_ends_the_demo_when_it_ends() {
    let file = format!("{}/demo.csv", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, "500\n500\n").expect("a place for it");
    let output = output(&["--workload", &file], "127.0.0.1:0");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("In 2 s, with up to 500 elements/s"), "{said}");
}

#[test]
fn what_cannot_be_done_is_refused_in_a_sentence_that_says_what_to_do() {
    let free = "127.0.0.1:0";
    assert!(refused(&["--for", "0s"], free).contains("for example 5m"));
    assert!(refused(&["--for", "5"], free).contains("for example 5m"));
    assert!(refused(&["--policy", "best"], free).contains("rule, model, static"));
    assert!(refused(&["--workload", "best"], free).contains("simulate --list"));
    assert!(refused(&["--workload", "./none.csv"], free).contains("cannot read ./none.csv"));
    assert!(refused(&[], "here").contains("OUTRIDER_LISTEN=\"here\""));
    let taken = TcpListener::bind(free).expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let said = refused(&[], &address);
    assert!(
        said.contains(&address) && said.contains("Set OUTRIDER_LISTEN"),
        "{said}"
    );
}
