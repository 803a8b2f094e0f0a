//! `outrider simulate`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use outrider::decide::model::parts::Part;
use outrider::simulate::benchmark::{Load, Plan};
use outrider::simulate::load::{self, Workload, csv};
use outrider::simulate::model::Model;
use outrider::simulate::policy::{self, Policy};
use outrider::simulate::rivals::{Knob, Named, RIVALS};
use outrider::simulate::{against, run, told};

use crate::commands::{Format, benchmark, plots};
use crate::{complain, environment, print};

pub const EXIT_CODES: &str = "\
Exit codes:
  0  printed
  1  it could not be written
  2  the command line, the workload or a setting was not understood";

#[derive(Args)]
pub struct Simulate {
    /// Workloads by name (see --list), or files of lines `seconds,rate`, or of one rate each.
    /// Without this it is spikes, and for --benchmark all that have a name.
    #[arg(long, value_delimiter = ',', verbatim_doc_comment)]
    workload: Vec<String>,
    /// Policies by name (see --list), each with its settings if they are to be others:
    /// `rule:COOLDOWN_UP_MIN=2min,hpa_cpu:target=0.5`. NAME:default is a rival as its own
    /// documentation has it; without that it has the best setting that was found. Without
    /// this it is rule, model and static, and for --benchmark and --sweep all.
    #[arg(long, value_delimiter = ',', verbatim_doc_comment)]
    policy: Vec<String>,
    /// Runs all policies on all workloads with several seeds, on all cores, and prints what
    /// each costs, how late the job is with it, and how often it is restarted.
    #[arg(long, verbatim_doc_comment)]
    benchmark: bool,
    /// Parts of the policy model, or `all`: a row of --benchmark for the model without each.
    #[arg(
        long,
        value_name = "PART",
        value_delimiter = ',',
        requires = "benchmark"
    )]
    without: Vec<String>,
    /// Tries the policies with other settings, and prints the best of each.
    #[arg(long, conflicts_with = "benchmark")]
    sweep: bool,
    /// Seeds of --benchmark and --sweep, from --seed on.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
    /// Compares the model with a recorded run instead: its load and its workers go into the model.
    /// Several files may be given. They are CSV, see tests/payloads/README.md.
    #[arg(long, value_name = "FILE", num_args = 1.., verbatim_doc_comment)]
    against: Vec<String>,
    /// Draws a picture of each workload into this folder, and with --benchmark one of cost,
    /// lateness and rescales of all policies: SVG files. What is there is overwritten.
    #[arg(long, value_name = "FOLDER", verbatim_doc_comment)]
    plots: Option<PathBuf>,
    /// Prints the names of the workloads and of the policies.
    #[arg(long)]
    list: bool,
    /// The highest rate, in elements per second; all others in proportion. One worker does 1000.
    #[arg(long)]
    peak: Option<f64>,
    /// Time between the lines of a file that has one rate in each, for example 1min.
    #[arg(long, default_value = "1s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// Another parameter of the simulated job: `alpha=0.8`, `pause_up=60,180`, `together=1`; their
    /// names and meanings are those of the fields in src/simulate/model.rs.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter, verbatim_doc_comment)]
    model: Vec<(String, Vec<f64>)>,
    /// Another seed gives other noise, other pods and other pauses.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A line each second for two months.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

pub fn simulate(arguments: &Simulate) -> ExitCode {
    if arguments.list {
        return print(&told::names());
    }
    let told = if !arguments.against.is_empty() {
        compared(&arguments.against, arguments.format)
    } else if arguments.benchmark {
        benchmark(arguments)
    } else if arguments.sweep {
        sweep(arguments)
    } else {
        each_workload(arguments)
    };
    match told {
        Ok(text) => print(&text),
        Err(why) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

/// Seeds of a benchmark and of a sweep, where the number is not given.
const SEEDS: (u64, u64) = (10, 2);

fn benchmark(arguments: &Simulate) -> Result<String, String> {
    let loads = if arguments.workload.is_empty() {
        Load::all(None)
    } else {
        let names = arguments.workload.iter();
        let loads = names.map(|name| load(name, arguments));
        loads.collect::<Result<_, String>>()?
    };
    tried(&arguments.model)?;
    let mut policies = policies(&arguments.policy, &all_policies())?;
    policies.extend(without(&arguments.without)?);
    let plan = Plan {
        loads,
        parameters: arguments.model.clone(),
        policies,
        first_seed: arguments.seed,
        seeds: arguments.seeds.unwrap_or(SEEDS.0),
    };
    let plots = plots::Folder::open(arguments.plots.as_deref())?;
    benchmark::benchmark(&plan, arguments.format, plots.as_ref())
}

/// The model without each of these parts.
fn without(parts: &[String]) -> Result<Vec<Policy>, String> {
    let variables: Vec<(String, String)> = environment().collect();
    let all = parts.iter().any(|part| part == "all");
    let named = parts.iter().map(String::as_str).filter(|_| !all);
    let every = Part::ALL.iter().map(|part| part.name()).filter(|_| all);
    named
        .chain(every)
        .map(|part| policy::without(part, &variables))
        .collect()
}

/// `NAME=VALUE` or `NAME=FROM,TO`.
fn parameter(text: &str) -> Result<(String, Vec<f64>), String> {
    let (name, values) = text
        .split_once('=')
        .ok_or("it is not of the form NAME=VALUE")?;
    let number = |value: &str| match value.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(format!("{value:?} is not a number from 0 up")),
    };
    let values: Result<Vec<f64>, String> = values.split(',').map(number).collect();
    Ok((name.trim().into(), values?))
}

/// Mistakes in `--model` are told before anything is run.
fn tried(parameters: &[(String, Vec<f64>)]) -> Result<(), String> {
    let mut model = Model::usual();
    let mut set = parameters
        .iter()
        .map(|(name, numbers)| model.set(name, numbers));
    set.try_for_each(|set| set.map_err(|what| format!("--model {what}")))
}

fn load(name: &str, arguments: &Simulate) -> Result<Load, String> {
    Ok(match load::NAMED.iter().find(|named| named.name == name) {
        Some(named) if arguments.peak.is_none() => Load::Named(named.name),
        _ => Load::File(Box::new(workload(name, arguments)?)),
    })
}

fn sweep(arguments: &Simulate) -> Result<String, String> {
    let names = if arguments.policy.is_empty() {
        let with_knobs = RIVALS.iter().filter(|rival| !rival.knobs.is_empty());
        let rivals = with_knobs.map(|rival| rival.name.to_owned());
        std::iter::once(policy::RULE.to_owned())
            .chain(rivals)
            .collect()
    } else {
        arguments.policy.clone()
    };
    let seeds = arguments.seeds.unwrap_or(SEEDS.1);
    benchmark::sweeps(&names, seeds, arguments.format)
}

/// Ours, and every rival at its best and as its documentation has it where that is not the same.
fn all_policies() -> Vec<String> {
    let rival = |rival: &Named| {
        let moved = |knob: &Knob| knob.best.to_bits() != knob.default.to_bits();
        let default = rival.knobs.iter().any(moved);
        let default = default.then(|| format!("{}:default", rival.name));
        std::iter::once(rival.name.to_owned()).chain(default)
    };
    [policy::RULE, policy::MODEL]
        .map(str::to_owned)
        .into_iter()
        .chain(RIVALS.iter().flat_map(rival))
        .collect()
}

fn each_workload(arguments: &Simulate) -> Result<String, String> {
    let usual = [policy::RULE, policy::MODEL, "static"].map(str::to_owned);
    let policies = policies(&arguments.policy, &usual)?;
    let seed = arguments.seed;
    let plots = plots::Folder::open(arguments.plots.as_deref())?;
    let tell = |name: &String| {
        let workload = workload(name, arguments)?;
        let run_one = |policy: &Policy| told::Told {
            run: run::run(&workload, policy, seed, &progress),
            policy: policy.name.clone(),
        };
        let runs: Vec<told::Told> = policies.iter().map(run_one).collect();
        if let Some(plots) = &plots {
            plots.workload(
                &workload,
                runs.iter()
                    .map(|told| (told.policy.clone(), told.run.clone())),
            )?;
        }
        match arguments.format {
            Format::Text => Ok(told::text(&workload, seed, &runs)),
            Format::Json => Ok(format!("{:#}\n", told::json(&workload, seed, &runs))),
            Format::Markdown => {
                Err("--format markdown goes with --benchmark, --sweep and --against".into())
            }
        }
    };
    if arguments.workload.is_empty() {
        return tell(&load::DEFAULT.to_owned());
    }
    let told: Result<Vec<String>, String> = arguments.workload.iter().map(tell).collect();
    Ok(told?.join("\n"))
}

fn policies(named: &[String], usual: &[String]) -> Result<Vec<Policy>, String> {
    let variables: Vec<(String, String)> = environment().collect();
    let names = if named.is_empty() { usual } else { named };
    names
        .iter()
        .map(|name| policy::named(name, &variables))
        .collect()
}

fn workload(name: &str, arguments: &Simulate) -> Result<Workload, String> {
    let workload = named_or_file(name, arguments.seed, arguments.every)?;
    let on = workload.on(&arguments.model);
    let workload = on.map_err(|what| format!("--model {what}"))?;
    match arguments.peak {
        None => Ok(workload),
        Some(peak) if peak.is_finite() && peak > 0.0 => Ok(workload.scaled_to(peak)),
        Some(_) => Err("--peak must be above 0".into()),
    }
}

/// `every` is the time between the lines of a file that has one rate in each.
pub fn named_or_file(name: &str, seed: u64, every: Duration) -> Result<Workload, String> {
    if let Some(named) = load::named(name, seed) {
        return Ok(named);
    }
    let is_file = name.contains(['/', '.']);
    if !is_file {
        return Err(format!(
            "{name:?} is neither a workload nor a file; `outrider simulate --list` names the workloads"
        ));
    }
    let text = file(name)?;
    let rates = csv::rates(text.lines(), every.as_secs_f64())
        .map_err(|mistake| format!("{name}: {mistake}"))?;
    Ok(Workload::of_file(name, rates))
}

fn compared(files: &[String], format: Format) -> Result<String, String> {
    let mut comparisons = Vec::new();
    for name in files {
        let recorded = against::recorded::recorded(file(name)?.lines())
            .map_err(|mistake| format!("{name}: {mistake}"))?;
        let run = std::path::Path::new(name).file_stem();
        let run = run.map_or_else(|| name.clone(), |run| run.to_string_lossy().into_owned());
        comparisons.push(against::compare(&run, &recorded));
    }
    Ok(match format {
        Format::Text => against::told::text(&comparisons),
        Format::Json => format!("{:#}\n", against::told::json(&comparisons)),
        Format::Markdown => against::told::markdown(&comparisons),
    })
}

fn file(name: &str) -> Result<String, String> {
    let size = std::fs::metadata(name)
        .map_err(|error| format!("cannot read {name}: {error}"))?
        .len();
    if size > LARGEST_FILE {
        return Err(format!(
            "{name} is larger than 64 MiB; use fewer lines, a rate stands until the next"
        ));
    }
    std::fs::read_to_string(name).map_err(|error| format!("cannot read {name}: {error}"))
}

/// On a terminal only, and on one line: a run of weeks takes seconds.
fn progress(share: f64) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{:>3.0} %\r", share * 100.0);
    }
}
