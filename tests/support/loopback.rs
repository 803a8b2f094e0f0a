//! An HTTP server on loopback that answers, hangs or hangs up, and remembers what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What it was asked.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: String,
    pub content_type: String,
    pub authorization: String,
    pub body: String,
}

/// What it does about it.
#[derive(Clone, Debug)]
pub enum Reply {
    Answers(Recorded),
    Hangs,
    Closes,
}

/// An answer as it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The server; it ends with the test's runtime.
pub struct Loopback {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

// === impl Loopback ===

impl Loopback {
    pub async fn start(answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, calls.clone(), Arc::new(answer)));
        Self { address, calls }
    }

    /// An address at which nobody listens.
    pub async fn nobody() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap()
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn serve(
    listener: TcpListener,
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<impl Fn(&Call) -> Reply + Send + Sync + 'static>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (calls, answer) = (calls.clone(), answer.clone());
        let service = service_fn(move |request| {
            let (calls, answer) = (calls.clone(), answer.clone());
            async move {
                let call = call(request).await;
                calls.lock().unwrap().push(call.clone());
                respond(answer(&call)).await
            }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            let _closed = connection.await;
        });
    }
}

async fn call(request: Request<Incoming>) -> Call {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().into())
    };
    Call {
        method: request.method().to_string(),
        path: request.uri().path().into(),
        query: request.uri().query().unwrap_or_default().into(),
        content_type: header("content-type"),
        authorization: header("authorization"),
        body: {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            String::from_utf8(body.to_vec()).unwrap()
        },
    }
}

/// An error makes hyper close the connection without an answer.
async fn respond(reply: Reply) -> Result<Response<Full<Bytes>>, &'static str> {
    match reply {
        Reply::Answers(recorded) => {
            let mut response = Response::builder().status(recorded.status);
            for (name, value) in recorded.headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::new(recorded.body.into())).unwrap())
        }
        Reply::Hangs => match std::future::pending::<Infallible>().await {},
        Reply::Closes => Err("closed without an answer"),
    }
}

// === impl Recorded ===

impl Recorded {
    /// An answer of which only the body was kept.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    /// A raw answer: comments with `###`, the status line, headers, an empty line, the body.
    pub fn http(raw: &str) -> Self {
        let raw = raw.replace('\r', "");
        let (head, body) = raw.split_once("\n\n").unwrap();
        let mut head = head.lines().filter(|line| !line.starts_with("###"));
        let status = head.next().unwrap().split(' ').nth(1).unwrap();
        let kept = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            let name = name.to_ascii_lowercase();
            ["content-type", "retry-after"]
                .contains(&name.as_str())
                .then(|| (name, value.to_owned()))
        };
        Self {
            status: status.parse().unwrap(),
            headers: head.filter_map(kept).collect(),
            body: body.into(),
        }
    }
}

/// A file of `tests/payloads`.
pub fn payload(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/payloads");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
