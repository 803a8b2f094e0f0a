//! The HTTP server, over loopback, as strangers use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use outrider::report::Report;
use outrider::report::status::Status;
use outrider::server;
use outrider::units::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

#[path = "report/situations.rs"]
mod situations;

use situations::{START, active, after, busy, figures, silent};

#[tokio::test]
async fn every_route_answers_and_nothing_else_does() {
    let server = Server::start(Some("orders")).await;
    let cases = [
        ("/", "200 OK", "text/html"),
        ("/?still", "200 OK", "text/html"),
        ("/?span=6h&still", "200 OK", "text/html"),
        ("/?span=never", "200 OK", "text/html"),
        ("/status", "200 OK", "application/json"),
        ("/status?span=6h", "200 OK", "application/json"),
        ("/metrics", "200 OK", "text/plain; version=0.0.4"),
        ("/live", "200 OK", "text/plain"),
        ("/favicon.ico", "404 Not Found", "text/plain"),
        ("/metrics/", "404 Not Found", "text/plain"),
        ("/../etc/passwd", "404 Not Found", "text/plain"),
    ];
    for (path, status, kind) in cases {
        let answer = server.ask("GET", path).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{path}: {answer}"
        );
        assert!(
            answer.contains(&format!("content-type: {kind}")),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn the_span_in_the_address_is_that_of_the_answer() {
    let server = Server::start(Some("orders")).await;
    let hour = server.ask("GET", "/?span=1h&still").await;
    assert!(hour.contains("<h2>The last 1 h</h2>"), "{hour}");
    assert!(!hour.contains("http-equiv"), "{hour}");
    let points = server.ask("GET", "/status?span=1h").await;
    assert!(points.contains("\"points\":{\"span\":\"1h\""), "{points}");
    let without = server.ask("GET", "/status").await;
    assert!(!without.contains("\"points\""), "{without}");
}

#[tokio::test]
async fn an_answer_is_not_kept_and_may_load_nothing() {
    let server = Server::start(Some("orders")).await;
    for path in ["/", "/status", "/metrics", "/nothing"] {
        let answer = server.ask("GET", path).await;
        assert!(
            answer.contains("content-security-policy: default-src 'none';"),
            "{answer}"
        );
        assert!(
            answer.contains("x-content-type-options: nosniff"),
            "{answer}"
        );
        assert!(answer.contains("cache-control: no-store"), "{answer}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start(Some("orders")).await;
    let get = server.ask("GET", "/live").await;
    let head = server.ask("HEAD", "/live").await;
    assert!(
        get.contains("content-length: 15\r\n") && get.ends_with("the loop turns\n"),
        "{get}"
    );
    assert!(
        head.contains("content-length: 15\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn nothing_can_be_changed_through_it() {
    let server = Server::start(Some("orders")).await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let answer = server.ask(method, "/status").await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        assert!(
            answer.contains("allow: GET, HEAD\r\n"),
            "{method}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let server = Server::start(Some("orders")).await;
    let request = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let answer = server.send(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_header_is_sent_away() {
    let server = Server::start(Some("orders")).await;
    let began = Instant::now();
    let answer = server.send(b"GET / HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn the_thirty_third_connection_waits_until_one_is_free() {
    let server = Server::start(Some("orders")).await;
    let began = Instant::now();
    let mut idle = Vec::new();
    for _ in 0..32 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    let answer = server.ask("GET", "/live").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        began.elapsed() >= Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_taken_is_tried_again() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let status = Report::new(&active(), START).status();
    tokio::spawn(server::serve(address, status, || START));
    sleep(Duration::from_secs(1)).await;
    drop(taken);
    sleep(Duration::from_secs(10)).await;
    let answer = ask(address, b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn live_says_whether_the_loop_turns_and_not_whether_flink_answers() {
    let mut server = Server::start(None).await;
    // Before the first tick there are two minutes from the start.
    assert!(server.live_at(after(119)).await);
    assert!(!server.live_at(after(120)).await);
    server.report.tick(after(120), silent().tick());
    assert!(server.live_at(after(239)).await);
    assert!(!server.live_at(after(240)).await);
}

#[tokio::test]
async fn a_name_with_markup_is_text_on_the_page() {
    let server = Server::start(Some("<script>alert(1)</script>")).await;
    let answer = server.ask("GET", "/").await;
    assert!(
        answer.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{answer}"
    );
    assert!(!answer.contains("<script"), "{answer}");
}

/// Needs Prometheus' own judge: `OUTRIDER_PROMTOOL=/path/to/promtool cargo test --test server`.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told where promtool is"
)]
async fn promtool_finds_nothing_wrong_with_the_metrics() {
    let given = std::env::var_os("OUTRIDER_PROMTOOL").filter(|path| !path.is_empty());
    let Some(promtool) = given else {
        return;
    };
    for name in [Some("orders"), None] {
        let answer = Server::start(name).await.ask("GET", "/metrics").await;
        let (_, metrics) = answer.split_once("\r\n\r\n").unwrap();
        let mut judge = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut judge.stdin.take().unwrap(), metrics.as_bytes()).unwrap();
        let verdict = judge.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&verdict.stderr).into_owned()
            + &String::from_utf8_lossy(&verdict.stdout);
        assert!(
            verdict.status.success() && said.is_empty(),
            "{said}\n{metrics}"
        );
    }
}

/// A server on a free port, and the report that it tells of.
struct Server {
    address: SocketAddr,
    report: Report,
    clock: Arc<AtomicU64>,
}

impl Server {
    /// After one tick of a job with this name; without a name before the first tick.
    async fn start(job: Option<&str>) -> Self {
        let mut report = Report::new(&active(), START);
        if let Some(name) = job {
            let mut known = busy(name);
            known.model = Some(figures());
            report.tick(after(100), known.tick());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Arc::new(AtomicU64::new(after(100).millis()));
        let status: watch::Receiver<Arc<Status>> = report.status();
        let hand = Arc::clone(&clock);
        let now = move || Timestamp::from_millis(hand.load(Ordering::Relaxed));
        tokio::spawn(server::serve_on(listener, status, now));
        Self {
            address,
            report,
            clock,
        }
    }

    async fn live_at(&self, now: Timestamp) -> bool {
        self.clock.store(now.millis(), Ordering::Relaxed);
        let answer = self.ask("GET", "/live").await;
        let stands_still = answer.starts_with("HTTP/1.1 503 ");
        assert!(
            stands_still || answer.starts_with("HTTP/1.1 200 "),
            "{answer}"
        );
        !stands_still
    }

    async fn ask(&self, method: &str, path: &str) -> String {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        self.send(request.as_bytes()).await
    }

    async fn send(&self, request: &[u8]) -> String {
        ask(self.address, request).await
    }
}

/// Sends bytes and reads until the server closes; a reset after the answer is a close too.
async fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}
