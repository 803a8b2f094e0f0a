//! `outrider demo`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use outrider::demo::told::Form;
use outrider::demo::{Trouble, job};
use outrider::report::log;
use outrider::settings::{Mode, PREFIX};
use outrider::simulate::policy::{self, Brain};

use crate::commands::simulate::named_or_file;
use crate::{complain, environment, on_one_thread};

pub const EXIT_CODES: &str = "\
Exit codes:
  0  told to stop, or its time or its load is over
  1  it could not be written
  2  the command line, the workload or a setting was not understood, or its address is taken";

#[derive(Args)]
pub struct Demo {
    /// Another load than the demo's own: a workload of `outrider simulate --list`, or a file of
    /// lines `seconds,rate`, or of one rate each second. It meets a job like those in a cluster, in
    /// real time: pods take minutes, and the first hour of a named workload may be quiet.
    #[arg(long, value_name = "NAME|FILE", verbatim_doc_comment)]
    workload: Option<String>,
    /// What decides on the number of workers: rule or model, the sidecar itself; or a rival of
    /// `outrider simulate --list`, and the sidecar tells what it would do. Without this it is
    /// OUTRIDER_POLICY, and for the demo's own load rule: model would look at ten minutes of it
    /// before it takes workers away.
    #[arg(long, verbatim_doc_comment)]
    policy: Option<String>,
    /// Ends after this time, for example 5m; else with Ctrl-C, or with the load's end.
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    lasts: Option<Duration>,
    /// How to tell what happens.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: an object per line for each change of decision, and one for the summary.
    Json,
}

pub fn demo(arguments: &Demo) -> ExitCode {
    let demo = match prepared(arguments) {
        Ok(demo) => demo,
        Err(why) => {
            complain(&why);
            return ExitCode::from(2);
        }
    };
    log::start(&demo.parsed.settings);
    match on_one_thread(demo.run(io::stdout())) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // A reader that has seen enough (`| head`) is no mistake.
        Ok(Err(Trouble::Write(error))) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Ok(Err(Trouble::Begin(why))) => {
            complain(&why);
            ExitCode::from(2)
        }
        Ok(Err(Trouble::Write(error))) | Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn prepared(arguments: &Demo) -> Result<outrider::demo::Demo, String> {
    let workload = match &arguments.workload {
        None => job::workload(),
        Some(name) => named_or_file(name, 1, Duration::from_secs(1))?,
    };
    let own = arguments.workload.is_none();
    let mut variables: Vec<(String, String)> = environment().collect();
    let mut rival = None;
    if let Some(name) = &arguments.policy {
        match policy::named(name, &[])?.brain {
            Brain::Live(..) if name.contains(':') => {
                return Err("the demo's settings are OUTRIDER_ variables".into());
            }
            Brain::Live(..) => variables.push((format!("{PREFIX}POLICY"), name.clone())),
            Brain::Rival(named, knobs) => rival = Some((named.make)(&workload, &knobs)),
        }
    }
    let mut parsed = job::settings(variables, own);
    if !parsed.mistakes.is_empty() {
        return Err(parsed.mistakes.join("\n"));
    }
    if rival.is_some() {
        parsed.settings.mode = Mode::Observe;
    }
    Ok(outrider::demo::Demo {
        parsed,
        workload,
        rival,
        repeats: own,
        lasts: arguments.lasts,
        form: match arguments.format {
            Format::Json => Form::Json,
            Format::Text => Form::Text {
                live: io::stdout().is_terminal(),
            },
        },
    })
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("there would be nothing to see; for example 5m".into()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{error}; for example 5m")),
    }
}
