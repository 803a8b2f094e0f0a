//! Injecting: what goes in, that nothing else changes, and what is told.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]

#[path = "inject/command.rs"]
mod command;
#[path = "inject/neighbours.rs"]
mod neighbours;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use outrider::inject::{Options, inject, uninject};

const IMAGE: &str = "registry.example.com/outrider:0.1.0";

/// A FlinkDeployment that the sidecar can scale: nothing is told about it.
const DEPLOYMENT: &str = "\
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: orders
spec:
  mode: standalone
  flinkConfiguration:
    scheduler-mode: reactive
  taskManager:
    replicas: 1
  jobManager:
    podTemplate:
      spec:
        containers:
          - name: flink-main-container
  job:
    jarURI: local:///opt/flink/orders.jar
";

/// Its end.
const JOB: &str = "  job:\n    jarURI: local:///opt/flink/orders.jar\n";

/// The same with other words in one place.
fn with(words: &str, others: &str) -> String {
    assert_eq!(DEPLOYMENT.matches(words).count(), 1, "{words:?}");
    DEPLOYMENT.replace(words, others)
}

/// From these words to the job.
fn from(words: &str) -> String {
    let (_, rest) = DEPLOYMENT.split_once(words).unwrap();
    format!("{words}{}", rest.strip_suffix(JOB).unwrap())
}

/// Each input's first line is the command that made the output beside it.
fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads/inject");
    let entries = fs::read_dir(folder).unwrap();
    let mut inputs: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".in.yaml"))
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 8, "{inputs:?}");
    inputs
}

fn text(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap()).unwrap()
}

fn options() -> Options {
    Options::new(IMAGE, &["WORKERS_MAX=20".into()], false, false).unwrap()
}

/// What is told about a text, a line each.
#[expect(clippy::needless_pass_by_value, reason = "as expect![] gives it")]
fn check(text: &str, options: &Options, expected: Expect) {
    let findings = inject(text, options).findings;
    let lines = findings.iter().map(|finding| {
        let severity = if finding.is_error { "error" } else { "warning" };
        format!("{}: {severity}: {}\n", finding.line, finding.text)
    });
    expected.assert_eq(&lines.collect::<String>());
}

/// Without one line a text is another text, often an odd one: it is refused, or comes back whole.
#[test]
fn whatever_is_injected_comes_out_again_to_the_byte() {
    let mut accepted = 0;
    for path in golden() {
        let whole = text(&path);
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for without in 0..lines.len() {
            let lines = lines.iter().enumerate();
            let rest = lines.filter(|(line, _)| *line != without);
            let some: String = rest.map(|(_, line)| *line).collect();
            let annotated = Options::new(IMAGE, &[], true, true).unwrap();
            for text in [some.replace('\n', "\r\n"), some.trim_end().to_owned(), some] {
                for options in [options(), annotated.clone()] {
                    let injected = inject(&text, &options);
                    if injected.has_errors() {
                        continue;
                    }
                    accepted += 1;
                    assert_eq!(uninject(&injected.text).text, text);
                    assert_eq!(inject(&injected.text, &options).text, injected.text);
                }
            }
        }
    }
    assert!(accepted > 200, "only {accepted} were accepted");
}

#[test]
fn injecting_again_with_other_options_renews_what_is_there() {
    let more = Options::new(IMAGE, &["WORKERS_MAX=40".into()], true, true).unwrap();
    let once = inject(DEPLOYMENT, &options());
    let again = inject(&once.text, &more);
    assert_eq!(again.text, inject(DEPLOYMENT, &more).text);
    assert_ne!(again.text, once.text);
}

#[test]
fn settings_are_checked_as_the_sidecar_would_check_them() {
    let set = [
        "WORKERS_MAX=many",
        "WORKER_MIN=2",
        "LISTEN=127.0.0.1:9250",
        "PORT=1",
        "MODE",
    ];
    let mistakes = Options::new("a b", &set.map(String::from), false, false).unwrap_err();
    expect![[r#"
        --image "a b" is not the name of an image
        OUTRIDER_PORT is not a setting; `outrider settings` lists 28 of them
        --set "MODE" is not NAME=VALUE
        OUTRIDER_WORKERS_MAX="many" is not a whole number
        OUTRIDER_WORKER_MIN is not a setting; did you mean OUTRIDER_WORKERS_MIN?
        OUTRIDER_LISTEN=127.0.0.1:9250 is out of reach for the liveness probe, which would restart the sidecar over and over: listen on 0.0.0.0:9250
    "#]]
    .assert_eq(&(mistakes.join("\n") + "\n"));
}

#[test]
fn a_deployment_that_can_be_scaled_needs_no_word() {
    check(DEPLOYMENT, &options(), expect![""]);
}

#[test]
fn what_keeps_the_sidecar_from_scaling_is_told_with_line_and_mend() {
    let native = Options::new(IMAGE, &[], false, false).unwrap();
    check(
        &with("  mode: standalone\n", ""),
        &native,
        expect![[r#"
        5: warning: without OUTRIDER_WORKERS_MAX the sidecar only observes: --set WORKERS_MAX=20
        5: warning: in native mode (the default) other replicas are a redeployment of the whole job, so nothing is scaled: set `mode: standalone` and `scheduler-mode: reactive`, or `jobmanager.scheduler: adaptive` and --set TARGET=flink
    "#]],
    );
    check(
        &with("  mode: standalone\n", "  mode: native\n"),
        &options(),
        expect![[r#"
            6: warning: in native mode (the default) other replicas are a redeployment of the whole job, so nothing is scaled: set `mode: standalone` and `scheduler-mode: reactive`, or `jobmanager.scheduler: adaptive` and --set TARGET=flink
        "#]],
    );
    check(
        &with("    scheduler-mode: reactive\n", ""),
        &options(),
        expect![[r#"
            7: warning: without Reactive Mode other replicas are a redeployment of the whole job, so nothing is scaled: set `scheduler-mode: reactive` in spec.flinkConfiguration
        "#]],
    );
    check(
        &with("    replicas: 1\n", "    resource: {cpu: 1}\n"),
        &options(),
        expect![[r#"
            9: warning: spec.taskManager.replicas is not set, and Kubernetes cannot scale what is not there: set it to the number to begin with, for example `replicas: 1`
        "#]],
    );
}

#[test]
fn what_the_operator_would_merge_by_position_is_refused() {
    let common =
        "  mode: standalone\n  podTemplate:\n    spec:\n      containers:\n        - name: logs\n";
    check(
        &with("  mode: standalone\n", common),
        &options(),
        expect![[r#"
        10: error: the operator merges containers of spec.podTemplate into those of spec.jobManager.podTemplate by position: number 1 would be logs and flink-main-container at once; set `kubernetes.operator.pod-template.merge-arrays-by-name: "true"` in spec.flinkConfiguration
    "#]],
    );
    let by_name = "    kubernetes.operator.pod-template.merge-arrays-by-name: \"true\"\n    scheduler-mode: reactive\n";
    let mended =
        with("  mode: standalone\n", common).replace("    scheduler-mode: reactive\n", by_name);
    check(&mended, &options(), expect![""]);
}

#[test]
fn a_sidecar_in_a_template_of_all_pods_is_told() {
    let common = "  mode: standalone\n  podTemplate:\n    spec:\n      containers:\n        - name: flink-main-container\n        - name: outrider\n";
    check(
        &with("  mode: standalone\n", common),
        &options(),
        expect![[r#"
        11: warning: every TaskManager carries the container outrider of spec.podTemplate.spec: take it out, it belongs to the JobManager alone
    "#]],
    );
}

#[test]
fn a_place_that_cannot_be_edited_line_by_line_is_refused_with_its_line() {
    let template = from("    podTemplate:");
    for (other, expected) in [
        (
            "    podTemplate: {spec: {}}\n",
            expect![[r#"
            12: error: podTemplate is written with brackets or braces: write it as a block, one entry to a line
        "#]],
        ),
        (
            "    podTemplate: *common\n",
            expect![[r#"
            12: error: podTemplate is an alias (`*`): write it out here, the sidecar belongs to this place alone
        "#]],
        ),
        (
            "    podTemplate: &common\n      spec:\n        restartPolicy: Always\n",
            expect![[r#"
                12: error: podTemplate has an anchor (`&`), so the sidecar would come to other places, too: take the anchor away
            "#]],
        ),
        (
            "    podTemplate:\n      <<: {}\n",
            expect![[r#"
            13: error: podTemplate takes its keys from elsewhere (`<<`): write them out here
        "#]],
        ),
        (
            "    podTemplate:\n      spec:\n        containers: []\n",
            expect![[r#"
                14: error: containers is written with brackets or braces: write it as a block, one entry to a line
            "#]],
        ),
        (
            "    podTemplate:\n      spec:\n        containers:\n          -\n            name: flink-main-container\n",
            expect![[r#"
                16: error: containers does not begin a line of its own: write it as a block, one entry to a line
            "#]],
        ),
        (
            "    podTemplate: no\n",
            expect![[r#"
            12: error: podTemplate is not a mapping: write its keys below it, one to a line
        "#]],
        ),
        (
            "    podTemplate:\n      spec:\n    podTemplate:\n      spec:\n",
            expect![[r#"
                14: error: podTemplate stands here and in line 12: keep one of them
            "#]],
        ),
        (
            "    podTemplate:\n      spec:\n        containers:\n          - name: logs\n",
            expect![[r#"
                15: error: the JobManager's pod template has containers, but none is flink-main-container: add `- name: flink-main-container` as the first of them
            "#]],
        ),
        (
            "    podTemplate:\n      spec:\n        containers:\n          - name: flink-main-container\n          - name: outrider\n",
            expect![[r#"
                16: warning: there is a container outrider already, not put here by `outrider inject`: it stays as it is
            "#]],
        ),
    ] {
        let text = with(&template, other).replace("metadata:\n", "metadata: &common\n");
        check(&text, &options(), expected);
    }
}

#[test]
fn what_the_options_need_elsewhere_is_told() {
    let set = ["WORKERS_MAX=20".to_owned()];
    let native = Options::new(IMAGE, &set, false, true).unwrap();
    check(
        DEPLOYMENT,
        &native,
        expect![[r#"
        5: warning: a native sidecar needs Kubernetes 1.29 or newer and a FlinkDeployment definition that knows restartPolicy of init containers (operator 1.7.0 does not, 1.10.0 does); an image that cannot be pulled keeps the job from starting
    "#]],
    );
    let annotated = Options::new(IMAGE, &set, true, false).unwrap();
    let in_use = "    podTemplate:\n      metadata:\n        annotations:\n          prometheus.io/port: '9249'\n";
    let text = with("    podTemplate:\n", in_use);
    check(
        &text,
        &annotated,
        expect![[r#"
        15: warning: the prometheus.io annotations are in use here and a pod has only one set of them, so they stay: let a PodMonitor scrape the port outrider
    "#]],
    );
    // The sidecar is put in all the same, and the port has its name.
    let told = inject(&text, &annotated).text;
    assert_eq!(told, inject(&text, &options()).text);
}

#[test]
fn what_lacks_the_place_for_a_sidecar_is_refused() {
    let job_manager = from("  jobManager:");
    check(
        &with(&job_manager, ""),
        &options(),
        expect![[r#"
        5: error: this FlinkDeployment has no spec.jobManager: the sidecar runs beside the JobManager, so describe it first
    "#]],
    );
    check(
        &with("v1beta1", "v1alpha1"),
        &options(),
        expect![[r#"
        1: error: this version of FlinkDeployment is not known: only flink.apache.org/v1beta1 is, which operators have served since 1.0
    "#]],
    );
    let twice = format!("{DEPLOYMENT}  jobManager:\n    replicas: 1\n");
    check(
        &twice,
        &options(),
        expect![[r#"
            18: error: jobManager stands here and in line 11: keep one of them
        "#]],
    );
    let twice = format!("{DEPLOYMENT}spec:\n");
    check(
        &twice,
        &options(),
        expect![[r#"
            18: error: spec stands here and in line 5: keep one of them
        "#]],
    );
    let list =
        "kind: List\nitems:\n  - kind: FlinkDeployment\n    apiVersion: flink.apache.org/v1beta1\n";
    check(
        list,
        &options(),
        expect![[r#"
        1: warning: the FlinkDeployments in this List are left alone: write each as a document of its own
    "#]],
    );
}

#[test]
fn marks_that_lost_their_other_half_are_refused_and_lines_are_those_of_the_file() {
    let injected = inject(DEPLOYMENT, &options()).text;
    check(
        &injected.replace("# outrider: end", "# mine"),
        &options(),
        expect![[r#"
            16: error: a comment `# outrider: begin` without its `# outrider: end`: put it back, or remove by hand what `outrider inject` put there
        "#]],
    );
    check(
        &injected.replace("# outrider: begin", "# mine"),
        &options(),
        expect![[r#"
            61: error: a comment `# outrider: end` without its `# outrider: begin`: put it back, or remove by hand what `outrider inject` put there
        "#]],
    );
    // The jobManager stands above what was put in, the job below it.
    let job = format!(
        "{injected}  podTemplate: &a\n    spec:\n      containers:\n        - name: outrider\n"
    );
    check(
        &job,
        &options(),
        expect![[r#"
            67: warning: every TaskManager carries the container outrider of spec.podTemplate.spec: take it out, it belongs to the JobManager alone
            67: error: the operator merges containers of spec.podTemplate into those of spec.jobManager.podTemplate by position: number 1 would be outrider and flink-main-container at once; set `kubernetes.operator.pod-template.merge-arrays-by-name: "true"` in spec.flinkConfiguration
        "#]],
    );
}
