//! The plant beside recorded runs: the arithmetic of the comparison, and how far it is from them.

use std::process::{Command, Output};

use outrider::simulate::against::recorded::{Recorded, recorded};
use outrider::simulate::against::{Comparison, compare};

const RUNS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads/runs");

/// One worker that reads 100/s meets 50/s; a checkpoint at 10 s, a failure at 20 s, a pause of 5 s.
const PLAIN: &str = "\
# capacity = 100
# capacity_noise = 0
# alpha = 1
# element_bytes = 10
# warm_up_from = 1
# cpu_idle = 0.2
# checkpoint_interval = 100
# checkpoint_duration = 0
# pause_lost = 5 5
# checkpoints = 10
# failures = 20
# paused = 4
second,offered_rate,true_backlog_bytes,utilization,workers_present
";

fn stored(name: &str) -> Recorded {
    let text = std::fs::read_to_string(format!("{RUNS}/{name}.csv")).expect("a stored run");
    recorded(text.lines()).expect("a run")
}

/// `(recorded, simulated)`.
fn of(comparison: &Comparison, name: &str) -> (f64, f64) {
    let one = comparison.compared.iter().find(|one| one.name == name);
    let one = one.unwrap_or_else(|| panic!("{name} is not compared: {comparison:?}"));
    (one.recorded, one.simulated)
}

#[test]
fn what_is_compared_can_be_calculated_on_paper() {
    let mut text = PLAIN.to_owned();
    for second in 0..60 {
        // Recorded: 1000 elements wait at 30 s, 100 of them are left at 36 s.
        let bytes = match second {
            30 => 10_000,
            31..36 => 5_000,
            36 => 1_000,
            _ => 0,
        };
        text += &format!("{second},50,{bytes},0.5,1\n");
    }
    let run = recorded(text.lines()).expect("a run");
    let comparison = compare("plain", &run);
    // The checkpoint is triggered when 11 s have passed: 550 are read. Nothing is read from 20 s to
    // 25 s, when 1250 have come in: 700 wait, the 450 that are read again among them.
    assert_eq!(of(&comparison, "backlog peak"), (1000.0, 700.0));
    // 50/s of them are caught up: 50 are left after 13 s, which is the first below a tenth.
    assert_eq!(of(&comparison, "drain time"), (6.0, 13.0));
    assert_eq!(of(&comparison, "pause"), (4.0, 5.0));
    // At 30 s, when the recorded job is behind, it reads all it can.
    assert_eq!(of(&comparison, "utilization while behind"), (50.0, 100.0));
    // Otherwise it uses 20 % and reads half of what it can for 40 s: 60 %; it waits for 5 s: 20 %; it
    // reads all it can for 13 s: 100 %. That is 65.5 % on average.
    let (_, used) = of(&comparison, "utilization while caught up");
    assert!((used - 3800.0 / 58.0).abs() < 1e-9, "{used}");
    let peak = comparison.compared[0];
    assert_eq!(peak.off_by(), Some(-0.3));
    // Chance has no part in it.
    assert_eq!((peak.least, peak.most), (700.0, 700.0));
}

#[test]
fn what_the_file_does_not_say_of_the_capacity_is_fitted_to_its_first_half() {
    // Two workers read 300/s while far behind, in the second half 900/s: 300 = 150 * 2^1.
    let mut text = "# alpha = 1\nt_s,in_rate,out_rate,latency_ms,taskmanagers\n".to_owned();
    for minute in 0..40 {
        let read = if minute < 20 { 300 } else { 900 };
        text += &format!("{},500,{read},60000,2\n", minute * 60);
    }
    let comparison = compare("slow", &recorded(text.lines()).expect("a run"));
    let told = ("capacity".into(), "150 (fitted to the first half)".into());
    assert_eq!(comparison.model.last(), Some(&told));
}

#[test]
fn the_capacity_of_the_public_runs_is_that_of_their_profiles() {
    // Least squares of ln(throughput) over ln(workers), where the job was saturated: more than 10 s
    // late.
    let text = std::fs::read_to_string(format!("{RUNS}/profiles-phoebe-cars.csv")).expect("it");
    let rows: Vec<(f64, f64)> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<f64> = line
                .split(',')
                .skip(1)
                .map_while(|f| f.parse().ok())
                .collect();
            (fields[1] > 10_000.0).then(|| (fields[0].ln(), fields[2].ln()))
        })
        .collect();
    assert_eq!(rows.len(), 16);
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / 16.0;
    let (x, y) = (mean(&|row| row.0), mean(&|row| row.1));
    let alpha = mean(&|row| (row.0 - x) * (row.1 - y)) / mean(&|row| (row.0 - x).powi(2));
    let capacity = (y - alpha * x).exp();
    for name in ["reactive-1", "reactive-3", "12-workers"] {
        let model = stored(&format!("phoebe-cars-{name}")).model;
        assert!((model.alpha - alpha).abs() < 0.0005, "{alpha}");
        assert!((model.capacity - capacity).abs() < 0.5, "{capacity}");
    }
}

/// The aims, in percent.
const OURS: f64 = 15.0;
const PUBLIC: f64 = 25.0;

/// What is further away, in percent; README says why. It may not get worse.
const EXCEPTIONS: [(&str, &str, f64); 17] = [
    // Chance: how long before a restart the last checkpoint was made, which was not recorded. The
    // same step of load was recorded twice, with peaks of 63 600 and 92 800.
    ("rig-real-beam", "backlog peak", 20.0),
    ("rig-real-beam", "drain time", 18.0),
    ("rig-real-beam-3", "drain time", 16.5),
    // In the last 25 s its two workers read 1600/s instead of 2000/s; why is not recorded.
    ("rig-one-lost", "backlog peak", 22.0),
    // From 240 s on 1250/s were read instead of 1870/s; why is not recorded.
    ("rig-one-more-one-less", "drain time", 23.0),
    ("rig-one-more-one-less", "throughput while behind", 30.0),
    // The plant knows whole seconds only.
    ("rig-one-more-one-less", "pause", 20.5),
    // Its two workers read 1430/s instead of 1800/s; why is not recorded.
    ("rig-one-more-one-killed", "backlog peak", 18.0),
    // From the sixth failure on its 12 workers read 155 000/s instead of 200 000/s, and fell behind
    // for an hour; why is not recorded.
    ("phoebe-cars-12-workers", "backlog peak", 81.0),
    ("phoebe-cars-12-workers", "drain time", 74.0),
    ("phoebe-cars-12-workers", "delay peak", 80.0),
    ("phoebe-cars-12-workers", "delay, mean", 92.0),
    ("phoebe-cars-12-workers", "behind", 77.0),
    // What its workers can read changes without a reason that is recorded: 8 read as much as 10.
    ("phoebe-ads-reactive-4", "drain time", 32.5),
    ("phoebe-ads-reactive-4", "delay peak", 37.5),
    // How far apart its workers came is not recorded: those that come while the old execution is
    // being stopped are taken at once, a later one half a minute later.
    ("phoebe-cars-reactive-1", "delay peak", 26.5),
    ("phoebe-cars-reactive-1", "delay, mean", 33.5),
];

#[test]
fn the_plant_is_as_near_to_the_recorded_runs_as_readme_says() {
    let runs = [
        ("rig-real-beam", OURS),
        ("rig-real-beam-2", OURS),
        ("rig-real-beam-3", OURS),
        ("rig-step-up", OURS),
        ("rig-one-lost", OURS),
        ("rig-one-more-one-less", OURS),
        ("rig-one-more-one-killed", OURS),
        ("phoebe-cars-reactive-1", PUBLIC),
        ("phoebe-cars-reactive-3", PUBLIC),
        ("phoebe-cars-12-workers", PUBLIC),
        ("phoebe-cars-12-workers-first-part", PUBLIC),
        ("phoebe-ads-reactive-4", PUBLIC),
    ];
    let mut further = Vec::new();
    for (run, aim) in runs {
        for one in compare(run, &stored(run)).compared {
            let exception = EXCEPTIONS
                .iter()
                .find(|(in_run, name, _)| (*in_run, *name) == (run, one.name));
            let bound = exception.map_or(aim, |(_, _, bound)| *bound);
            let off_by = one.off_by().expect("nothing recorded is 0") * 100.0;
            if off_by.abs() > bound {
                further.push(format!("{run}: {} is off by {off_by:.1} %", one.name));
            }
            // An aim that is met needs no exception.
            if exception.is_some() && off_by.abs() <= aim {
                further.push(format!("{run}: {} is within the aim", one.name));
            }
        }
    }
    assert!(further.is_empty(), "{}", further.join("\n"));
}

fn outrider(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outrider"))
        .arg("simulate")
        .args(arguments)
        .output()
        .expect("the program")
}

#[test]
fn the_command_prints_a_table_for_each_reader() {
    let run = format!("{RUNS}/rig-step-up.csv");
    let printed = |format: &str| {
        let output = outrider(&["--against", &run, "--against", &run, "--format", format]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text")
    };
    let text = printed("text");
    assert!(
        text.contains("rig-step-up\n  element_bytes = 500, capacity = 1000"),
        "{text}"
    );
    assert!(
        text.contains("2 quantities: half of them are off by at most"),
        "{text}"
    );
    let markdown = printed("markdown");
    assert!(markdown.starts_with("| run | quantity |"), "{markdown}");
    assert_eq!(
        markdown
            .matches("| rig-step-up | backlog peak, elements | 92.8 k |")
            .count(),
        2
    );
    let json: serde_json::Value = serde_json::from_str(&printed("json")).expect("JSON");
    assert_eq!(json[1]["run"], "rig-step-up");
    assert_eq!(json[0]["compared"][0]["recorded"], 92_813.0);
    assert_eq!(json[0]["model"]["capacity"], "1000");
}

#[test]
fn what_is_not_understood_is_said_in_a_sentence() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("run.csv");
    std::fs::write(&file, "second,offered_rate\n").expect("a place for a file");
    let file = file.to_str().expect("a path");
    let cases: [(&[&str], &str); 2] = [
        (&["--against", "/no/such.csv"], "cannot read /no/such.csv"),
        (
            &["--against", file],
            "line 1 has no column workers_present or taskmanagers",
        ),
    ];
    for (arguments, said) in cases {
        let output = outrider(arguments);
        let text = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    }
}
