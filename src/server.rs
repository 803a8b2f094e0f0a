//! The HTTP server: metrics for Prometheus, liveness for the kubelet, the status for programs and
//! for people. It answers from the newest snapshot and cannot change anything.
//!
//! It shares a pod with a job that matters more, so it takes little: few connections, small headers,
//! short times, one answer for each connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::report::page::{CONTENT_SECURITY_POLICY, View, page};
use crate::report::span::Span;
use crate::report::status::Status;
use crate::report::{metrics, status::points::body};
use crate::units::Timestamp;

/// So many connections at once; further ones wait until one is done.
const CONNECTIONS: usize = 32;

/// A request's line and headers together.
const HEADER_BYTES: usize = 16 * 1024;

/// Line and headers must have come within this time.
const HEADER_TIME: Duration = Duration::from_secs(5);

/// The answer must have been taken within this time from the connection's start.
const CONNECTION_TIME: Duration = Duration::from_secs(15);

/// Between two attempts to listen, or to accept where the system refuses.
const RETRY: Duration = Duration::from_secs(5);

/// What becomes of a connection that has had its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Connections {
    /// It is closed.
    OneAnswer,
    /// It may ask again, until its time is over.
    Kept,
}

/// Serves for ever. Where the address cannot be had, says so and tries again: the sidecar scales
/// without being looked at, and its end would end the pod's readiness.
pub async fn serve<C>(listen: SocketAddr, status: watch::Receiver<Arc<Status>>, clock: C)
where
    C: Fn() -> Timestamp + Clone + Send + 'static,
{
    let mut told = false;
    loop {
        match TcpListener::bind(listen).await {
            Ok(listener) => return serve_on(listener, status, clock).await,
            Err(error) if !told => {
                warn!(%listen, %error, "cannot listen, set OUTRIDER_LISTEN to a free address; trying again");
                told = true;
            }
            Err(error) => debug!(%listen, %error, "still cannot listen"),
        }
        sleep(RETRY).await;
    }
}

/// Serves for ever on a listener that is bound already.
pub async fn serve_on<C>(listener: TcpListener, status: watch::Receiver<Arc<Status>>, clock: C)
where
    C: Fn() -> Timestamp + Clone + Send + 'static,
{
    let route = move |method: &Method, uri: &Uri| {
        let snapshot = Arc::clone(&status.borrow());
        respond(method, uri, &snapshot, clock())
    };
    answer_on(listener, Connections::OneAnswer, route).await;
}

/// Answers for ever, within the limits above.
pub(crate) async fn answer_on<R>(listener: TcpListener, connections: Connections, respond: R)
where
    R: Fn(&Method, &Uri) -> Response<Full<Bytes>> + Clone + Send + 'static,
{
    accept_on(listener, move |stream| {
        let respond = respond.clone();
        converse(stream, connections, move |request| {
            let response = respond(request.method(), request.uri());
            async { response }
        })
    })
    .await;
}

/// Accepts for ever, so many connections at once, and each for so long, as the limits above say.
pub(crate) async fn accept_on<T, F>(listener: TcpListener, talk: T)
where
    T: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = Arc::clone(&free)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                let talk = timeout(CONNECTION_TIME, talk(stream));
                tokio::spawn(async move {
                    if talk.await.is_err() {
                        debug!("a connection took too long");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                debug!(%error, "cannot accept a connection");
                sleep(RETRY).await;
            }
        }
    }
}

/// Answers what is asked on one connection.
pub(crate) async fn converse<S, R, F>(stream: S, connections: Connections, respond: R)
where
    S: AsyncRead + AsyncWrite + Unpin,
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(request);
        async { Ok::<_, Infallible>(response.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .keep_alive(connections == Connections::Kept)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "a connection broke");
    }
}

/// The answer to a request.
fn respond(method: &Method, uri: &Uri, status: &Status, now: Timestamp) -> Response<Full<Bytes>> {
    let Some(answer) = route(uri, status, now) else {
        return Answer::text(
            StatusCode::NOT_FOUND,
            "there is /, /status, /metrics and /live\n",
        )
        .into();
    };
    if *method != Method::GET && *method != Method::HEAD {
        let refusal = Answer::text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        let mut response = Response::from(refusal);
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    // hyper leaves the body of an answer to HEAD away and keeps its length.
    answer.into()
}

fn route(uri: &Uri, status: &Status, now: Timestamp) -> Option<Answer> {
    let ok = StatusCode::OK;
    Some(match uri.path() {
        "/" => {
            let view = View::asked_for(uri.query());
            Answer::new(ok, "text/html; charset=utf-8", page(status, now, view))
        }
        "/status" => {
            let body = body(status, now, Span::asked_for(uri.query()));
            Answer::new(ok, "application/json", body)
        }
        "/metrics" => {
            let body = metrics::exposition(status, now);
            Answer::new(ok, "text/plain; version=0.0.4; charset=utf-8", body)
        }
        "/live" if status.is_live(now) => Answer::text(ok, "the loop turns\n"),
        "/live" => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "the loop stands still\n"),
        _ => return None,
    })
}

/// Before it becomes a response.
pub(crate) struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: String,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            body,
        }
    }

    pub(crate) fn text(status: StatusCode, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body.into())
    }
}

impl From<Answer> for Response<Full<Bytes>> {
    fn from(answer: Answer) -> Self {
        let mut response = Self::new(Full::from(answer.body));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, answer.content_type),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
