//! The sums of `tests/rig/compare`: what each policy has cost on the rig, how late the job was, what its
//! rescales took beside what was foreseen, and what the simulator says of the same load.
//!
//! Not a test by itself: `tests/rig/compare` runs it with the folder that it has filled.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

#[path = "support/foretold.rs"]
mod foretold;
#[path = "support/ran.rs"]
mod ran;
#[path = "support/recorded_run.rs"]
mod recorded_run;
#[path = "support/truth.rs"]
mod truth;

use std::fs;
use std::path::Path;

use crate::foretold::foretold;
use crate::ran::{Ran, Rescale, TOTALS, Took};
use crate::recorded_run::RecordedRun;

/// Chance decides of a simulated run, too: the middle one of so many is told.
const SEEDS: u64 = 21;

/// One policy: its run on the rig and those in the simulator.
struct Compared {
    policy: String,
    real: Ran,
    simulated: Vec<Ran>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, policies) = arguments.split_first().expect("a folder, and policies");
    let folder = Path::new(folder);
    let mut all = Vec::new();
    for policy in policies {
        let run = RecordedRun::read(&folder.join(policy));
        let variables = run.settings();
        let rates = run.load();
        let simulated =
            (1..=SEEDS).map(|seed| foretold(&rates, &variables, run.starts_after(), seed));
        let compared = Compared {
            policy: policy.clone(),
            real: run.ran(),
            simulated: simulated.collect(),
        };
        let write = |name: String, text: String| {
            fs::write(folder.join(name), text).expect("a place for what is told");
        };
        write(format!("{policy}.csv"), run.csv(&remarks(policy)));
        write(format!("{policy}-decisions.txt"), run.decisions());
        println!("{policy}:\n\n{}", run.decisions());
        all.push(compared);
    }
    println!("{}", totals(&all));
    println!("{}", rescales(&all));
    println!(
        "the runs, second by second, and the decisions: {}",
        folder.display()
    );
}

fn remarks(policy: &str) -> String {
    format!(
        "# `tests/rig/compare`, policy {policy}: the truth, second by second. latency_ms is the age of the oldest\n\
         # record that was not finished, read_rate what was finished, workers_paid those asked for or still there.\n"
    )
}

/// A row for each quantity; real and simulated side by side.
fn totals(all: &[Compared]) -> String {
    let mut heads = Vec::new();
    for one in all {
        heads.extend([one.policy.clone(), format!("{}, simulated", one.policy)]);
    }
    let mut text = head("", &heads);
    for (place, name) in TOTALS.into_iter().enumerate() {
        let mut cells = vec![name.to_owned()];
        for one in all {
            let mut values: Vec<f64> = one
                .simulated
                .iter()
                .map(|ran| ran.totals()[place])
                .collect();
            values.sort_by(f64::total_cmp);
            let (least, most) = (values[0], values[values.len() - 1]);
            let middle = shown(values[values.len() / 2]);
            cells.push(shown(one.real.totals()[place]));
            cells.push(if shown(least) == shown(most) {
                middle
            } else {
                format!("{middle} ({} to {})", shown(least), shown(most))
            });
        }
        text += &row(&cells);
    }
    text
}

/// A row for each rescale, those on the rig first, then those of a middle one of the simulated runs.
fn rescales(all: &[Compared]) -> String {
    let heads = [
        "second",
        "workers",
        "because",
        "wait, s",
        "pause, s",
        "read again, s",
        "highest delay, s",
        "stops",
    ];
    let heads: Vec<String> = heads.map(str::to_owned).to_vec();
    let mut text = head("run", &heads);
    for one in all {
        for rescale in &one.real.rescales {
            text += &row(&of_rescale(&one.policy, rescale));
        }
        for rescale in &middle(&one.simulated).rescales {
            text += &row(&of_rescale(&format!("{}, simulated", one.policy), rescale));
        }
    }
    text
}

fn of_rescale(run: &str, rescale: &Rescale) -> Vec<String> {
    let (foreseen, measured) = (rescale.foreseen, rescale.measured);
    let both = |of: fn(&Took) -> Option<f64>| match (of(&measured), of(&foreseen)) {
        (measured, None) => measured.map_or("?".into(), shown),
        (measured, Some(foreseen)) => {
            let measured = measured.map_or("?".into(), shown);
            format!("{measured} (foreseen {})", shown(foreseen))
        }
    };
    vec![
        run.to_owned(),
        format!("{:.0}", rescale.second),
        format!("{} to {}", rescale.from, rescale.to),
        format!("`{}`", rescale.because),
        both(|took| took.wait),
        both(|took| took.pause),
        both(|took| took.again),
        both(|took| took.delay),
        both(|took| took.stops),
    ]
}

/// That with the middle number of worker-seconds.
fn middle(runs: &[Ran]) -> &Ran {
    let mut runs: Vec<&Ran> = runs.iter().collect();
    runs.sort_by(|a, b| a.totals()[0].total_cmp(&b.totals()[0]));
    runs[runs.len() / 2]
}

fn head(first: &str, heads: &[String]) -> String {
    let cells: Vec<String> = std::iter::once(first.to_owned())
        .chain(heads.iter().cloned())
        .collect();
    format!("{}| --- |{}\n", row(&cells), " ---: |".repeat(heads.len()))
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Tenths below ten. A sum of nothing is -0.
fn shown(value: f64) -> String {
    let value = value + 0.0;
    if value.abs() < 9.95 && value.fract() != 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}
