//! The command: a subcommand is a function, and what it returns is the exit code.

mod commands;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use outrider::report::log;
use outrider::settings::{Settings, table};

use crate::commands::{demo, inject, simulate, webhook};

/// Keeps an Apache Beam job on Apache Flink the right size.
///
/// Outrider runs beside Flink's JobManager, one for each job. It reads the job's
/// own REST API, decides how many TaskManagers the load needs, and scales its
/// deployment. Without any setting it only observes and says what it would do.
/// It is set by environment variables; `outrider settings` explains them.
#[derive(Parser)]
#[command(version, verbatim_doc_comment, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the sidecar: what `outrider` alone does.
    ///
    /// Observes, decides and scales until it is told to stop (SIGTERM or Ctrl-C).
    /// Everything is set by environment variables, see `outrider settings`. Mistakes
    /// in them do not end it: they are told in the log and on the page, and nothing
    /// is scaled. What it does and why stands at http://localhost:9250/
    /// (OUTRIDER_LISTEN).
    #[command(verbatim_doc_comment, after_help = RUN_EXIT_CODES)]
    Run,
    /// Prints every setting: variable, value, default, unit and meaning.
    ///
    /// These are the environment variables that `outrider run` reads, not the values
    /// that a running sidecar has: those stand on its page.
    #[command(verbatim_doc_comment, after_help = SETTINGS_EXIT_CODES)]
    Settings {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Shows it all on this machine: a simulated job, the sidecar that scales it, its page.
    ///
    /// No Java, no cluster. A simulated job in real time stands behind a server that
    /// speaks Flink's REST; the sidecar's own loop reads it, decides and scales it, and the
    /// page is the sidecar's. Tells what happens and why, and in the end what it cost beside
    /// a job that is never scaled. The OUTRIDER_ variables set it as they do the sidecar,
    /// but for TARGET, NAMESPACE and FLINK_URL: it scales nothing but its own job.
    #[command(verbatim_doc_comment, after_help = demo::EXIT_CODES)]
    Demo(demo::Demo),
    /// Lets the policy look after a simulated job, in virtual time.
    ///
    /// The step that decides is the one of the sidecar; the job is a model: workers that
    /// take a minute to come, a pause and a replay at each restart, metrics that are late.
    /// Prints each change of workers with its reason, and what the run cost beside a job
    /// that is never scaled. The OUTRIDER_ variables set the policy as they do the
    /// sidecar's; without OUTRIDER_WORKERS_MAX there is room for 64 workers. The same seed
    /// gives the same output.
    #[command(verbatim_doc_comment, after_help = simulate::EXIT_CODES)]
    Simulate(simulate::Simulate),
    /// Puts the sidecar into the FlinkDeployments of YAML files.
    ///
    /// Reads files or the standard input and writes everything to the standard output: comments,
    /// order and everything that is no FlinkDeployment stay as they are. What is put in stands
    /// between two comments under spec.jobManager.podTemplate, and comes out again with
    /// `outrider uninject`; injecting again renews it. What would keep the sidecar from
    /// scaling, or do the job harm, is told on the standard error with its line and its mend.
    #[command(verbatim_doc_comment, after_help = inject::EXIT_CODES)]
    Inject(inject::Inject),
    /// Takes out what `outrider inject` put in: the exact inverse.
    #[command(after_help = inject::EXIT_CODES)]
    Uninject(inject::Uninject),
    /// Puts the sidecar into pods while they are created: an admission webhook.
    ///
    /// Answers the AdmissionReviews (v1) of a MutatingWebhookConfiguration for the creation of
    /// pods, POST /inject over TLS, and GET /live. A JobManager's pod with the label
    /// outrider.dev/inject=enabled gets the container that `outrider inject` writes, with the
    /// settings of its own annotations (outrider.dev/set-WORKERS_MAX: "20") before those
    /// given here. It never refuses a pod: what is wrong is a warning. One of them serves a
    /// cluster; helm/outrider installs it. OUTRIDER_LOG and OUTRIDER_LOG_FORMAT set its log.
    #[command(verbatim_doc_comment, after_help = webhook::EXIT_CODES)]
    Webhook(webhook::Webhook),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: an array of objects.
    Json,
    /// A table for a document.
    Markdown,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it could not be done
  2  the command line was not understood";

const RUN_EXIT_CODES: &str = "\
Exit codes:
  0  told to stop
  1  the sidecar could not start
  2  the command line was not understood";

const SETTINGS_EXIT_CODES: &str = "\
Exit codes:
  0  printed
  1  it could not be written
  2  the command line was not understood";

fn main() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Run) {
        Command::Run => run(),
        Command::Settings { format } => settings(format),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Simulate(arguments) => simulate::simulate(&arguments),
        Command::Inject(arguments) => inject::inject(&arguments),
        Command::Uninject(arguments) => inject::uninject(&arguments),
        Command::Webhook(arguments) => webhook::webhook(&arguments),
    }
}

fn run() -> ExitCode {
    let parsed = Settings::parse(environment());
    log::start(&parsed.settings);
    match on_one_thread(outrider::run::run(&parsed)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            ExitCode::FAILURE
        }
    }
}

/// One thread is enough, and at rest it is the only one.
fn on_one_thread<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let output = runtime.block_on(future);
    // Not a name that is still being resolved, nor anything else, delays the end.
    runtime.shutdown_background();
    Ok(output)
}

/// Variables that are not Unicode are none of ours.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn settings(format: Format) -> ExitCode {
    let table = match format {
        Format::Text => table::text(),
        Format::Json => table::json(),
        Format::Markdown => table::markdown(),
    };
    print(&table)
}

fn complain(why: &str) {
    let _ = writeln!(io::stderr(), "outrider: {why}");
}

/// A reader that has seen enough (`| head`) is no mistake.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write to the standard output: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
