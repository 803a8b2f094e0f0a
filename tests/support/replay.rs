//! A Flink on loopback that answers as a recorded one did, and fails where it is told to.
//!
//! ```ignore
//! let flink = Replay::of(Recording::snapshot("flink-1.20.0-beam-2.70.0/growing-1tm")).await;
//! let scrape = Flink::new(&flink.url()).scrape(&flink.clock()).await;
//! ```
//!
//! Time in a recording runs with tokio's clock, so a paused test moves through a poll by advancing
//! it (or by `set_time`). Under a paused clock tokio jumps to the next timer as soon as nothing is
//! runnable, also while bytes are on their way through loopback; `Replay` keeps a task that makes
//! it jump in small steps, so that a limit of a second is not over before the kernel had its turn.

mod recording;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use outrider::settings::FlinkUrl;
use outrider::units::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use recording::Recording;

/// The request line that Flink's HTTP server takes.
const REQUEST_LINE_LIMIT: usize = 4096;

/// The server; ends when it is dropped. Wants a tokio runtime with `net` and `time`.
pub struct Replay {
    address: SocketAddr,
    state: Shared,
    tasks: JoinSet<()>,
}

/// What can go wrong with an answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It never comes.
    Hang,
    /// The connection is closed instead.
    Close,
    /// The connection is closed in the middle of it.
    HalfBody,
    /// It does not end.
    Endless,
    /// It is this status and body.
    Answer(u16, String),
}

type Shared = Arc<Mutex<State>>;

/// The body for a GET of a target, at a time in milliseconds since the epoch.
type Answers = Box<dyn Fn(u64, &str) -> Option<String> + Send>;

struct State {
    answers: Answers,
    began: u64,
    since: Instant,
    faults: Vec<(String, Option<Fault>)>,
    requests: Vec<String>,
    connections: JoinSet<()>,
    accepted: usize,
}

// === impl Replay ===

impl Replay {
    /// Listens on a free port of loopback and answers from the beginning of `recording`.
    pub async fn of(recording: Recording) -> Self {
        let began = recording.began();
        let answers = move |now, target: &str| recording.answer(now, target);
        Self::answering(began, answers).await
    }

    /// The same with answers of any making, in a time that begins at `began`.
    pub async fn answering(
        began: u64,
        answers: impl Fn(u64, &str) -> Option<String> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("a bound address");
        let state = Arc::new(Mutex::new(State {
            began,
            since: Instant::now(),
            answers: Box::new(answers),
            faults: Vec::new(),
            requests: Vec::new(),
            connections: JoinSet::new(),
            accepted: 0,
        }));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, state.clone()));
        tasks.spawn(keep_pace());
        Self {
            address,
            state,
            tasks,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> FlinkUrl {
        FlinkUrl {
            host: self.address.ip().to_string(),
            port: self.address.port(),
        }
    }

    /// The time in the recording, as `scrape` wants it.
    pub fn clock(&self) -> impl Fn() -> Timestamp + use<> {
        let state = self.state.clone();
        move || Timestamp::from_millis(lock(&state).now())
    }

    /// Jumps to a moment of the recording (milliseconds since the epoch).
    pub fn set_time(&self, millis: u64) {
        let mut state = lock(&self.state);
        state.began = millis;
        state.since = Instant::now();
    }

    /// Answers from another recording from now on, from its beginning.
    pub fn load(&self, recording: Recording) {
        let mut state = lock(&self.state);
        state.began = recording.began();
        state.since = Instant::now();
        state.answers = Box::new(move |now, target| recording.answer(now, target));
    }

    /// Every request whose target contains `part` fails, until `mend`; the youngest rule counts.
    pub fn fail(&self, part: &str, fault: Fault) {
        let rule = (part.into(), Some(fault));
        lock(&self.state).faults.insert(0, rule);
    }

    /// Every request whose target contains `part` is answered as recorded, whatever else is said.
    pub fn pass(&self, part: &str) {
        lock(&self.state).faults.insert(0, (part.into(), None));
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        lock(&self.state).faults.clear();
    }

    /// The targets of the requests since the last call.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).requests)
    }

    /// Closes all open connections, as Flink does with idle ones.
    pub fn drop_connections(&self) {
        lock(&self.state).connections.abort_all();
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        lock(&self.state).accepted
    }

    /// Stops listening; the port is refused from then on.
    pub async fn stop(&mut self) {
        self.drop_connections();
        self.tasks.shutdown().await;
    }
}

// === impl State ===

impl State {
    fn now(&self) -> u64 {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.began.saturating_add(elapsed)
    }

    fn answer(&mut self, target: &str) -> Option<Fault> {
        self.requests.push(target.into());
        let rule = self.faults.iter().find(|(part, _)| target.contains(part));
        if let Some((_, Some(fault))) = rule {
            return Some(fault.clone());
        }
        if target.len() > REQUEST_LINE_LIMIT {
            return None;
        }
        let body = (self.answers)(self.now(), target)?;
        Some(Fault::Answer(200, body))
    }
}

async fn accept(listener: TcpListener, state: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = state.clone();
        let mut state = lock(&state);
        state.accepted += 1;
        state.connections.spawn(serve(stream, shared));
    }
}

async fn serve(stream: TcpStream, state: Shared) {
    let service = service_fn(|request| respond(request, state.clone()));
    // A client that goes away, and a fault that was asked for, are no errors of the server.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    state: Shared,
) -> Result<Response<Reply>, std::io::Error> {
    let target = request.uri().to_string();
    let answer = lock(&state).answer(&target);
    let errors = || r#"{"errors":["Not found."]}"#.to_string();
    let (status, body) = match answer.unwrap_or_else(|| Fault::Answer(404, errors())) {
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Err(std::io::Error::other("asked to close")),
        Fault::HalfBody => (200, Reply::half(r#"[{"id":"#)),
        Fault::Endless => (200, Reply::endless()),
        Fault::Answer(status, body) => (status, Reply::whole(body)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    Ok(response)
}

/// Makes a paused clock advance in steps of some milliseconds with real work between them.
async fn keep_pace() {
    loop {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that may break off or never end.
struct Reply {
    frames: VecDeque<Bytes>,
    end: End,
}

enum End {
    Proper,
    Broken,
    Never,
}

impl Reply {
    fn whole(body: String) -> Self {
        Self {
            frames: VecDeque::from([Bytes::from(body)]),
            end: End::Proper,
        }
    }

    fn half(body: &'static str) -> Self {
        Self {
            frames: VecDeque::from([Bytes::from_static(body.as_bytes())]),
            end: End::Broken,
        }
    }

    fn endless() -> Self {
        Self {
            frames: VecDeque::new(),
            end: End::Never,
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        const SPACES: &[u8] = &[b' '; 64 << 10];
        Poll::Ready(match (self.frames.pop_front(), &self.end) {
            (Some(data), _) => Some(Ok(Frame::data(data))),
            (None, End::Proper) => None,
            (None, End::Broken) => Some(Err(std::io::Error::other("asked to break off"))),
            (None, End::Never) => Some(Ok(Frame::data(Bytes::from_static(SPACES)))),
        })
    }
}
