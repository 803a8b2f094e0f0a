//! `outrider inject` and `outrider uninject`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use outrider::inject::{self, Edited, Options};

use crate::{complain, print};

pub const EXIT_CODES: &str = "\
Exit codes:
  0  written; there may be warnings
  1  it could not be written
  2  the command line or a file was not understood; nothing was written";

#[derive(Args)]
pub struct Inject {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sidecar: Sidecar,
}

/// The container that is put in, whoever does it.
#[derive(Args)]
pub struct Sidecar {
    /// The sidecar's image, for example registry.example.com/outrider:0.1.0. No image is
    /// published, so there is none by default.
    #[arg(long, verbatim_doc_comment)]
    image: String,
    /// A setting of the sidecar, with the prefix OUTRIDER_ or without: `--set WORKERS_MAX=20`.
    /// TARGET and NAMESPACE are those of the FlinkDeployment unless they are given.
    #[arg(long, value_name = "NAME=VALUE", verbatim_doc_comment)]
    set: Vec<String>,
    /// How Prometheus finds it.
    #[arg(long, value_enum, default_value_t = Prometheus::Port)]
    prometheus: Prometheus,
    /// Starts it before Flink, as an init container that stays (Kubernetes 1.29 and newer).
    #[arg(long)]
    native_sidecar: bool,
}

#[derive(Args)]
pub struct Uninject {
    #[command(flatten)]
    files: Files,
}

#[derive(Args)]
struct Files {
    /// YAML files; `-` or none is the standard input. Of several, one comes behind the other.
    #[arg(value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Prometheus {
    /// The container's port has a name, `outrider`, for a PodMonitor.
    Port,
    /// Also the annotations prometheus.io/scrape, port and path, unless they are in use.
    Annotations,
}

/// What a message calls the standard input.
const STDIN: &str = "stdin";

/// Kubernetes takes objects of at most 1.5 MB; this is a file of many.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

pub fn inject(arguments: &Inject) -> ExitCode {
    match arguments.sidecar.options() {
        Ok(options) => arguments
            .files
            .edit("no FlinkDeployment here, so nothing is injected", |text| {
                inject::inject(text, &options)
            }),
        Err(mistakes) => {
            for mistake in mistakes {
                complain(&mistake);
            }
            ExitCode::from(2)
        }
    }
}

pub fn uninject(arguments: &Uninject) -> ExitCode {
    let nothing = "nothing here was put in by `outrider inject`, so nothing is taken out";
    arguments.files.edit(nothing, inject::uninject)
}

// === impl Sidecar ===

impl Sidecar {
    /// All of it, checked; otherwise all mistakes.
    pub fn options(&self) -> Result<Options, Vec<String>> {
        let annotations = self.prometheus == Prometheus::Annotations;
        Options::new(&self.image, &self.set, annotations, self.native_sidecar)
    }
}

// === impl Files ===

impl Files {
    /// Everything is read and edited before the first byte is written.
    fn edit(&self, nothing: &str, edit: impl Fn(&str) -> Edited) -> ExitCode {
        let stdin = vec!["-".to_owned()];
        let names = if self.files.is_empty() {
            &stdin
        } else {
            &self.files
        };
        let mut output = String::new();
        let mut is_understood = true;
        for name in names {
            let shown = if name == "-" { STDIN } else { name };
            let text = match read(name) {
                Ok(text) => text,
                Err(why) => {
                    complain(&why);
                    is_understood = false;
                    continue;
                }
            };
            let edited = edit(&text);
            tell(shown, &edited, nothing);
            is_understood &= !edited.has_errors();
            append(&mut output, &edited.text);
        }
        if is_understood {
            print(&output)
        } else {
            ExitCode::from(2)
        }
    }
}

/// One message a line, in the form that editors know.
fn tell(name: &str, edited: &Edited, nothing: &str) {
    let mut stderr = io::stderr().lock();
    for finding in &edited.findings {
        let severity = if finding.is_error { "error" } else { "warning" };
        let _ = writeln!(
            stderr,
            "{name}:{}: {severity}: {}",
            finding.line, finding.text
        );
    }
    if edited.places == 0 && !edited.has_errors() {
        let _ = writeln!(stderr, "{name}: warning: {nothing}");
    }
}

/// Files are documents of one stream.
fn append(output: &mut String, text: &str) {
    if !output.is_empty() {
        if !output.ends_with('\n') {
            output.push('\n');
        }
        if text.starts_with('%') {
            // A directive stands only behind the end of a document.
            output.push_str("...\n");
        } else if !text.starts_with("---") {
            output.push_str("---\n");
        }
    }
    output.push_str(text);
}

fn read(name: &str) -> Result<String, String> {
    let bytes = if name == "-" {
        at_most(io::stdin().lock(), STDIN)?
    } else {
        let told = |error: io::Error| format!("cannot read {name}: {error}");
        if fs::metadata(name).map_err(told)?.is_dir() {
            return Err(format!("{name} is a directory: name the YAML files in it"));
        }
        at_most(File::open(name).map_err(told)?, name)?
    };
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let shown = if name == "-" { STDIN } else { name };
        format!("{shown}:{line}: error: this is not UTF-8 text: save the file as UTF-8")
    })
}

fn at_most(from: impl Read, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read {name}: {error}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST_FILE) {
        return Ok(bytes);
    }
    Err(format!(
        "{name} has more than {} MiB: that is no Kubernetes manifest; split it if it is one",
        LARGEST_FILE / 1024 / 1024
    ))
}
