//! The admission webhook: Kubernetes asks it about each pod that is being created, and where the
//! pod wants the sidecar, the answer puts it in.
//!
//! It is no part of any job: one deployment of it serves a cluster. It keeps nothing and asks
//! nobody, so that any number of them may run. Whatever it is asked, it never answers that a pod
//! may not be created.

mod certificate;
pub mod review;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls};
use tracing::{debug, info, warn};

use crate::inject::Options;
use crate::report::status::VERSION;
use crate::run::told_to_stop;
use crate::server::{Answer, Connections, accept_on, converse};
use crate::webhook::certificate::Certificate;

/// Kubernetes stores no pod of more than 1.5 MB; around it are a few words about who asks.
const BODY_BYTES: usize = 2 * 1024 * 1024;

/// What answers: the options of the container, and the certificate.
pub struct Webhook {
    options: Options,
    certificate: Certificate,
}

// === impl Webhook ===

impl Webhook {
    /// With a certificate and its key, PEM files that are read again whenever they have changed.
    ///
    /// # Errors
    ///
    /// Says which file cannot be used, why, and what mends it.
    pub fn new(options: Options, certificate: &Path, key: &Path) -> Result<Self, String> {
        let certificate = Certificate::load(certificate, key)?;
        Ok(Self {
            options,
            certificate,
        })
    }

    /// Answers until it is told to stop, and ends at once then: Kubernetes asks another one.
    ///
    /// # Errors
    ///
    /// Says why the address cannot be had.
    pub async fn run(self, listen: SocketAddr) -> Result<(), String> {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            format!("cannot listen on {listen}: {error}; choose another address with --listen")
        })?;
        // With port 0 the system chooses one.
        let listen = listener.local_addr().unwrap_or(listen);
        let image = self.options.image.clone();
        let answering = async {
            info!(version = VERSION, %listen, image, "outrider webhook started");
            self.answer_on(listener).await;
        };
        // In this order: whoever reads that it has started may tell it to stop.
        tokio::select! {
            biased;
            () = told_to_stop() => info!("told to stop"),
            () = answering => {}
        }
        Ok(())
    }

    /// Answers for ever on a listener that is bound already.
    pub async fn answer_on(self, listener: TcpListener) {
        let webhook = Arc::new(self);
        accept_on(listener, move |stream| talk(Arc::clone(&webhook), stream)).await;
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/live") => Answer::text(StatusCode::OK, "it answers\n"),
            (&Method::POST, "/inject") => self.review(request.into_body()).await,
            (_, "/inject" | "/live") => Answer::text(
                StatusCode::METHOD_NOT_ALLOWED,
                "POST to /inject, GET from /live\n",
            ),
            _ => Answer::text(StatusCode::NOT_FOUND, "there is /inject and /live\n"),
        }
        .into()
    }

    async fn review(&self, body: Incoming) -> Answer {
        let body = match Limited::new(body, BODY_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                warn!(error, "an admission review could not be read");
                let why = format!(
                    "cannot read the body: {error}; at most {BODY_BYTES} bytes are taken\n"
                );
                return Answer::text(StatusCode::PAYLOAD_TOO_LARGE, &why);
            }
        };
        match review::answer(&body, &self.options, VERSION) {
            Ok(reviewed) => {
                tell(&reviewed);
                Answer::new(
                    StatusCode::OK,
                    "application/json",
                    reviewed.answer.to_string(),
                )
            }
            Err(why) => {
                warn!(why, "what was asked is no admission review");
                Answer::text(StatusCode::BAD_REQUEST, &format!("{why}\n"))
            }
        }
    }
}

/// One answer for each connection: pods are created rarely, and a connection that is kept would go
/// on with a certificate that was replaced.
async fn talk(webhook: Arc<Webhook>, stream: TcpStream) {
    let acceptor = TlsAcceptor::from(webhook.certificate.current());
    match acceptor.accept(stream).await {
        Ok(stream) => {
            let respond = |request| webhook.respond(request);
            converse(stream, Connections::OneAnswer, respond).await;
        }
        Err(error) if is_alert(&error) => warn!(
            %error,
            "whoever asks does not trust the certificate: is caBundle its issuer, and its name the service's?"
        ),
        Err(error) => debug!(%error, "a connection without TLS"),
    }
}

/// The other side said what it does not like, instead of going away without a word.
fn is_alert(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::AlertReceived(_)))
}

/// The warnings reach whoever creates the pod, which is a controller of Kubernetes: people look here.
fn tell(reviewed: &review::Reviewed) {
    let review::Reviewed {
        namespace,
        pod,
        injection,
        ..
    } = reviewed;
    match injection.left_alone {
        None => info!(namespace, pod, "injected"),
        Some(why) if injection.warnings.is_empty() => {
            debug!(namespace, pod, why, "not injected");
        }
        Some(why) => info!(namespace, pod, why, "not injected"),
    }
    for warning in &injection.warnings {
        warn!(namespace, pod, warning, "what a pod asks for is doubtful");
    }
}
