//! `outrider webhook`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use outrider::report::log;
use outrider::settings::Settings;
use outrider::webhook;

use crate::commands::inject::Sidecar;
use crate::{complain, environment, on_one_thread};

pub const EXIT_CODES: &str = "\
Exit codes:
  0  told to stop
  1  it could not listen
  2  the command line was not understood, or the certificate cannot be used";

#[derive(Args)]
pub struct Webhook {
    #[command(flatten)]
    sidecar: Sidecar,
    /// Where to listen.
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:9443")]
    listen: SocketAddr,
    /// The certificate, PEM: the server's own, then those that signed it. It and its key are read
    /// again when they change; where they cannot be used then, those before stay.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    tls_cert: PathBuf,
    /// The certificate's key, PEM.
    #[arg(long, value_name = "FILE")]
    tls_key: PathBuf,
}

pub fn webhook(arguments: &Webhook) -> ExitCode {
    let webhook = match prepared(arguments) {
        Ok(webhook) => webhook,
        Err(mistakes) => {
            for mistake in mistakes {
                complain(&mistake);
            }
            return ExitCode::from(2);
        }
    };
    log::start(&Settings::parse(environment()).settings);
    match on_one_thread(webhook.run(arguments.listen)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(why)) => {
            complain(&why);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Everything that is wrong, at once.
fn prepared(arguments: &Webhook) -> Result<webhook::Webhook, Vec<String>> {
    let options = arguments.sidecar.options()?;
    webhook::Webhook::new(options, &arguments.tls_cert, &arguments.tls_key).map_err(|why| vec![why])
}
