//! `outrider simulate`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use outrider::simulate::load::{self, Workload, csv};
use outrider::simulate::policy::{self, Policy};
use outrider::simulate::{run, told};

use crate::{environment, print};

pub const EXIT_CODES: &str = "\
Exit codes:
  0  printed
  1  it could not be written
  2  the command line, the workload or a setting was not understood";

#[derive(Args)]
pub struct Simulate {
    /// Name of a workload (see --list), or a file of lines `seconds,rate`, or of one rate each.
    #[arg(long, default_value = load::DEFAULT)]
    workload: String,
    /// Policies (see --list), each with its settings if they are to be others:
    /// `rule:COOLDOWN_UP_MIN=2min,hpa_cpu:target=0.5`. NAME:default is a rival as its own
    /// documentation has it, without that it has the best setting that was found.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "rule,static",
        verbatim_doc_comment
    )]
    policy: Vec<String>,
    /// Prints the names of the workloads and of the policies.
    #[arg(long)]
    list: bool,
    /// The highest rate, in elements per second; all others in proportion. One worker does 1000.
    #[arg(long)]
    peak: Option<f64>,
    /// Time between the lines of a file that has one rate in each, for example 1min.
    #[arg(long, default_value = "1s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// Another seed gives other noise, other pods and other pauses.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A line each second for two months.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

pub fn simulate(arguments: &Simulate) -> ExitCode {
    if arguments.list {
        return print(&told::names());
    }
    match one_workload(arguments) {
        Ok(text) => print(&text),
        Err(why) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

fn one_workload(arguments: &Simulate) -> Result<String, String> {
    let policies = policies(&arguments.policy)?;
    let workload = workload(arguments)?;
    let seed = arguments.seed;
    let runs: Vec<told::Told> = policies
        .into_iter()
        .map(|policy| told::Told {
            run: run::run(&workload, &policy, seed, &progress),
            policy: policy.name,
        })
        .collect();
    Ok(match arguments.format {
        Format::Text => told::text(&workload, seed, &runs),
        Format::Json => format!("{:#}\n", told::json(&workload, seed, &runs)),
    })
}

fn policies(names: &[String]) -> Result<Vec<Policy>, String> {
    let variables: Vec<(String, String)> = environment().collect();
    names
        .iter()
        .map(|name| policy::named(name, &variables))
        .collect()
}

fn workload(arguments: &Simulate) -> Result<Workload, String> {
    let workload = named_or_file(&arguments.workload, arguments)?;
    match arguments.peak {
        None => Ok(workload),
        Some(peak) if peak.is_finite() && peak > 0.0 => Ok(workload.scaled_to(peak)),
        Some(_) => Err("--peak must be above 0".into()),
    }
}

fn named_or_file(name: &str, arguments: &Simulate) -> Result<Workload, String> {
    if let Some(named) = load::named(name, arguments.seed) {
        return Ok(named);
    }
    let is_file = name.contains(['/', '.']);
    if !is_file {
        return Err(format!(
            "{name:?} is neither a workload nor a file; `outrider simulate --list` names the workloads"
        ));
    }
    let size = std::fs::metadata(name)
        .map_err(|error| format!("cannot read {name}: {error}"))?
        .len();
    if size > LARGEST_FILE {
        return Err(format!(
            "{name} is larger than 64 MiB; use fewer lines, a rate stands until the next"
        ));
    }
    let text =
        std::fs::read_to_string(name).map_err(|error| format!("cannot read {name}: {error}"))?;
    let rates = csv::rates(text.lines(), arguments.every.as_secs_f64())
        .map_err(|mistake| format!("{name}: {mistake}"))?;
    Ok(Workload::of_file(name, rates))
}

/// On a terminal only, and on one line: a run of weeks takes seconds.
fn progress(share: f64) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{:>3.0} %\r", share * 100.0);
    }
}

fn complain(why: &str) {
    let _ = writeln!(io::stderr(), "outrider: {why}");
}
