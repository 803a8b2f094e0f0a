//! The webhook over TLS, on loopback.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use outrider::webhook::Webhook;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::certificates::{connect, exchange, place};
use crate::folder;
use crate::pods::pair;
use crate::review::{patched, review};

/// A webhook with the options of the golden pod `orders`; it ends with the test's runtime.
async fn started(folder: &Path) -> SocketAddr {
    let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
    let webhook = Webhook::new(pair("orders").options(), &certificate, &key).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(webhook.answer_on(listener));
    address
}

async fn started_with_first(name: &str) -> (SocketAddr, PathBuf) {
    let folder = folder(name);
    place("first", &folder);
    (started(&folder).await, folder)
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_review_is_answered_over_tls() {
    let (address, _) = started_with_first("answered").await;
    let pair = pair("orders");
    let body = review(&pair.before).to_string();
    // Kubernetes puts its own patience into the query.
    let answer = exchange(address, post("/inject?timeout=5s", &body).as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    // The next pod comes by a connection of its own, with the certificate of that time.
    assert!(head.contains("connection: close"), "{head}");
    let answer: Value = serde_json::from_str(body).unwrap();
    assert_eq!(patched(&pair.before, &answer), pair.after);
}

#[tokio::test]
async fn what_cannot_be_answered_gets_a_sentence() {
    let (address, _) = started_with_first("sentences").await;
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    let request = |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    for (request, status, sentence) in [
        (
            post("/inject", "{}"),
            "400 Bad Request",
            "no AdmissionReview",
        ),
        (post("/inject", ""), "400 Bad Request", "not JSON"),
        (
            post("/inject", &large),
            "413 Payload Too Large",
            "at most 2097152 bytes",
        ),
        (
            post("/", "{}"),
            "404 Not Found",
            "there is /inject and /live",
        ),
        (
            request("GET", "/inject"),
            "405 Method Not Allowed",
            "POST to /inject",
        ),
        (
            post("/live", ""),
            "405 Method Not Allowed",
            "GET from /live",
        ),
        (request("GET", "/live"), "200 OK", "it answers"),
    ] {
        let answer = exchange(address, request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{answer}"
        );
        assert!(answer.contains(sentence), "{answer}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_counts_from_the_next_connection_on() {
    let (address, folder) = started_with_first("renewed").await;
    assert!(connect(address, "first").await.is_some());
    assert!(connect(address, "second").await.is_none());
    place("second", &folder);
    assert!(connect(address, "second").await.is_some());
    assert!(connect(address, "first").await.is_none());
}

/// As the kubelet does it: the files are links into a folder that is a link, which is swapped.
#[tokio::test]
async fn a_secret_whose_link_is_swapped_is_read_again() {
    let folder = folder("swapped");
    for (version, pair) in [("..1", "first"), ("..2", "second")] {
        fs::create_dir(folder.join(version)).unwrap();
        place(pair, &folder.join(version));
    }
    std::os::unix::fs::symlink("..1", folder.join("..data")).unwrap();
    for file in ["tls.crt", "tls.key"] {
        std::os::unix::fs::symlink(format!("..data/{file}"), folder.join(file)).unwrap();
    }
    let address = started(&folder).await;
    assert!(connect(address, "first").await.is_some());
    std::os::unix::fs::symlink("..2", folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    assert!(connect(address, "second").await.is_some());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_leaves_the_one_before() {
    let (address, folder) = started_with_first("unusable").await;
    let other_key = fs::read(crate::payload("second.key")).unwrap();
    let troubles: [&dyn Fn(); 4] = [
        &|| fs::write(folder.join("tls.crt"), "no certificate").unwrap(),
        &|| fs::write(folder.join("tls.key"), "").unwrap(),
        &|| fs::remove_file(folder.join("tls.crt")).unwrap(),
        &|| fs::write(folder.join("tls.key"), &other_key).unwrap(),
    ];
    for trouble in troubles {
        trouble();
        assert!(connect(address, "first").await.is_some());
        place("first", &folder);
    }
    // It is not given up on: what can be used again is used.
    fs::write(folder.join("tls.crt"), "no certificate").unwrap();
    assert!(connect(address, "first").await.is_some());
    place("second", &folder);
    assert!(connect(address, "second").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_is_hung_up_on() {
    let (address, _) = started_with_first("slow").await;
    let began = Instant::now();
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut stream = connect(address, "first").await.unwrap();
    let begun = post("/inject", &"x".repeat(1000));
    stream
        .write_all(&begun.as_bytes()[..begun.len() - 1])
        .await
        .unwrap();
    for ended in [hung_up(&mut stream).await, hung_up(&mut silent).await] {
        assert_eq!(ended, Some(String::new()));
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}

/// All that is said before the other side hangs up; nothing where it does not within a minute.
async fn hung_up(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut said = Vec::new();
    let end = stream.read_to_end(&mut said);
    // Being hung up on without a goodbye is an error to TLS, and an end to us.
    let _ = timeout(Duration::from_secs(60), end).await.ok()?;
    Some(String::from_utf8(said).unwrap())
}
