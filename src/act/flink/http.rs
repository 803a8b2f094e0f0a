//! One request to Flink and its answer, bounded in time and size.
//!
//! A connection for each: a change of workers is rare, and a connection that was kept for it would
//! be dead by then.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::act::stop::chain;
use crate::settings::FlinkUrl;

/// Flink is in the same pod.
const CONNECT: Duration = Duration::from_secs(1);
/// From asking to the last byte.
const ANSWER: Duration = Duration::from_secs(5);
/// A job of 1000 vertices is described in less.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// An answer, whole.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
pub enum Unanswered {
    /// Nobody listens, or the connection broke: it may pass.
    Broken(String),
    /// It took too long.
    TimedOut(String),
    /// What came is not an answer that could be used.
    Unusable(String),
}

/// Asks.
pub async fn ask(
    url: &FlinkUrl,
    method: Method,
    path: &str,
    json: Option<Vec<u8>>,
) -> Result<Reply, Unanswered> {
    let stream = timeout(CONNECT, TcpStream::connect((url.host.as_str(), url.port)))
        .await
        .map_err(|_| Unanswered::TimedOut("no connection within 1s".into()))?
        .map_err(|error| Unanswered::Broken(error.to_string()))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, format!("{}:{}", url.host, url.port))
        .header(CONNECTION, "close")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(json.unwrap_or_default())))
        .map_err(|error| Unanswered::Unusable(error.to_string()))?;
    timeout(ANSWER, exchange(stream, request))
        .await
        .map_err(|_| Unanswered::TimedOut("no answer within 5s".into()))?
}

async fn exchange(stream: TcpStream, request: Request<Full<Bytes>>) -> Result<Reply, Unanswered> {
    let broken = |error: hyper::Error| Unanswered::Broken(chain(&error));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LARGEST_BODY).collect();
        let body = body
            .await
            .map_err(|error| Unanswered::Unusable(chain(error.as_ref())))?;
        let body = body.to_bytes();
        Ok(Reply { status, body })
    };
    // The connection is driven here and ends with the answer: no task is left behind.
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answered = &mut answer => answered,
        _ended = connection => answer.await,
    }
}
