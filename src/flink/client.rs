//! HTTP/1.1 to Flink: one kept-alive connection, one request in flight, a limit on everything.

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::scrape::{Cost, Read, Unread};
use crate::settings::FlinkUrl;

/// Loopback connects in microseconds; a host that needs more than this is not answering.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Flink's own handlers give up after 10 s; half of that leaves the tick its rhythm.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A hundred times what the largest job answers: a broken server must not eat the sidecar's memory.
const BODY_LIMIT: usize = 16 << 20;

/// Kept as long as the connection; left to itself hyper lets it grow to 400 kB.
const READ_BUFFER: usize = 32 << 10;

/// Requests of one tick that may stay without an answer before the rest is not asked: Flink's
/// handlers queue behind each other, and asking more makes it worse.
const UNANSWERED_LIMIT: u32 = 2;

/// Asks Flink, and counts what it costs.
pub struct Client {
    url: FlinkUrl,
    connection: Option<Connection>,
    requests: u32,
    bytes: u64,
    unanswered: u32,
}

/// What Flink answered, whole, whatever its status says.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// An open connection; its driver ends with it.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

// === impl Client ===

impl Client {
    /// Connects at the first request.
    #[must_use]
    pub fn new(url: &FlinkUrl) -> Self {
        Self {
            url: url.clone(),
            connection: None,
            requests: 0,
            bytes: 0,
            unanswered: 0,
        }
    }

    /// Begins a tick: counts from zero, and asks again what was not answered in the last one.
    pub fn begin(&mut self) {
        self.requests = 0;
        self.bytes = 0;
        self.unanswered = 0;
    }

    /// What the tick has cost.
    #[must_use]
    pub fn cost(&self, duration: Duration) -> Cost {
        Cost {
            requests: self.requests,
            bytes: self.bytes,
            duration,
        }
    }

    /// Answer to a GET of `target` (path and query, percent-encoded).
    ///
    /// # Errors
    /// Why there is none; `NotAsked` after too many of this tick were not answered.
    pub async fn get<T: DeserializeOwned>(&mut self, target: &str) -> Read<T> {
        if self.unanswered >= UNANSWERED_LIMIT {
            return Err(Unread::NotAsked);
        }
        let answer = self.send(&Method::GET, target, None).await;
        if let Err(Unread::Unreachable(_) | Unread::TimedOut) = answer {
            self.unanswered += 1;
        }
        let answer = answer?;
        if answer.status != 200 {
            return Err(Unread::Status(answer.status));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let path = target.split('?').next().unwrap_or_default();
            Unread::Malformed(format!("{path}: {error}"))
        })
    }

    /// Answer of any status to any method.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn send(
        &mut self,
        method: &Method,
        target: &str,
        json: Option<Vec<u8>>,
    ) -> Read<Answer> {
        let json = json.map(Bytes::from);
        // Flink closes an idle connection when it likes; that shows only at the next request. A
        // reading is asked for again; what was to be written may have arrived.
        if let Some(kept) = self.connection.take() {
            let request = request(&self.url, method, target, json.clone())?;
            match self.exchange(kept, request).await {
                Err(Unread::Unreachable(_)) if method.is_safe() => {}
                answer => return answer,
            }
        }
        let fresh = Connection::open(&self.url).await?;
        let request = request(&self.url, method, target, json)?;
        self.exchange(fresh, request).await
    }

    /// One request and its answer; keeps the connection only if both were whole.
    async fn exchange(
        &mut self,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
    ) -> Read<Answer> {
        self.requests += 1;
        let asked = async {
            let answer = connection.send(request).await?;
            let status = answer.status().as_u16();
            let body = whole_body(answer, &mut self.bytes).await?;
            Ok(Answer { status, body })
        };
        let answer = timeout(ANSWER_LIMIT, asked)
            .await
            .unwrap_or(Err(Unread::TimedOut))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

// === impl Connection ===

impl Connection {
    async fn open(url: &FlinkUrl) -> Read<Self> {
        let connect = TcpStream::connect((url.host.as_str(), url.port));
        let stream = timeout(CONNECT_LIMIT, connect)
            .await
            .map_err(|_| Unread::TimedOut)?
            .map_err(|error| Unread::Unreachable(error.to_string()))?;
        let (sender, connection) = Builder::new()
            .max_buf_size(READ_BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let driver = tokio::spawn(async move {
            // Its errors come out of the request as well.
            let _ = connection.await;
        });
        Ok(Self { sender, driver })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Read<hyper::Response<Incoming>> {
        self.sender.ready().await.map_err(broken)?;
        self.sender.send_request(request).await.map_err(broken)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn request(
    url: &FlinkUrl,
    method: &Method,
    target: &str,
    json: Option<Bytes>,
) -> Read<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, authority(url));
    if json.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    request
        .body(Full::new(json.unwrap_or_default()))
        .map_err(|error| Unread::Malformed(error.to_string()))
}

async fn whole_body(answer: hyper::Response<Incoming>, bytes: &mut u64) -> Read<Vec<u8>> {
    let mut incoming = answer.into_body();
    let expected = usize::try_from(incoming.size_hint().lower()).unwrap_or(BODY_LIMIT);
    let mut body = Vec::with_capacity(expected.min(BODY_LIMIT));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(broken)?;
        let data = frame.data_ref().map_or(&[][..], |data| &data[..]);
        *bytes = bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if body.len() + data.len() > BODY_LIMIT {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(data);
    }
    Ok(body)
}

fn authority(url: &FlinkUrl) -> String {
    if url.host.contains(':') {
        format!("[{}]:{}", url.host, url.port)
    } else {
        format!("{}:{}", url.host, url.port)
    }
}

/// With its cause, which hyper does not print.
#[expect(clippy::needless_pass_by_value, reason = "the form `map_err` wants")]
fn broken(error: hyper::Error) -> Unread {
    Unread::Unreachable(match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}
