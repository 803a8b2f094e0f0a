//! The way to the API server: made when it is first needed, bounded in time and size.
//!
//! The requests go through the `kube` client, which knows where the server is, trusts its
//! certificate and reads the token anew each minute. Its own retries (15 of them, on 429, 503 and
//! 504) are switched off: what is tried again, and when, is decided in one place. Its typed calls
//! are not used, because they tell neither the pause that the server asks for nor let us say how
//! long the server may take.

use std::error::Error;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use hyper::{Method, Request, Response};
use kube::client::Body;
use kube::{Client, Config};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::act::kubernetes::answer::Answer;
use crate::act::kubernetes::ask::{Ask, Doing};
use crate::act::stop::{Stop, chain};

/// The server is a few milliseconds away, or it is gone.
const CONNECT: Duration = Duration::from_secs(2);
/// From asking to the last byte; the server was told to give up sooner.
const ANSWER: Duration = Duration::from_secs(5);
/// etcd stores objects of at most 1.5 MiB.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// A way to the API server; its clones go the same way.
#[derive(Clone)]
pub struct Connection {
    /// What a test gives; otherwise it is found in the surroundings.
    config: Option<Config>,
    client: Arc<Mutex<Option<Client>>>,
}

// === impl Connection ===

impl Connection {
    /// The server of this pod, or that of the kubeconfig outside of a cluster. Nothing is read yet.
    pub fn of_surroundings() -> Self {
        Self {
            config: None,
            client: Arc::default(),
        }
    }

    /// A given server.
    pub fn to(config: Config) -> Self {
        Self {
            config: Some(config),
            client: Arc::default(),
        }
    }

    /// Asks, and once more with a token read anew if ours is not accepted. Nothing else is tried
    /// twice here: an answer of 401 is the one that surely did nothing and can be mended at once.
    pub async fn send(&self, ask: &Ask<'_>) -> Result<Answer, Stop> {
        self.send_if(ask, || Ok(())).await
    }

    /// The same, if it may be asked: that is found out right before it is sent, each time.
    pub async fn send_if(
        &self,
        ask: &Ask<'_>,
        may: impl Fn() -> Result<(), Stop>,
    ) -> Result<Answer, Stop> {
        let answer = self.send_once(ask, &may).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        *self.client.lock().await = None;
        self.send_once(ask, &may).await
    }

    async fn send_once(
        &self,
        ask: &Ask<'_>,
        may: impl Fn() -> Result<(), Stop>,
    ) -> Result<Answer, Stop> {
        let client = self
            .client()
            .await
            .map_err(|why| Stop::Failed(format!("{ask}: {why}")))?;
        let request = request(ask).map_err(|error| Stop::Failed(format!("{ask}: {error}")))?;
        may()?;
        let answered = within(ANSWER, async { whole(client.send(request).await?).await });
        match answered.await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(broken(ask, error.as_ref())),
            None => Err(Stop::Failed(format!(
                "{ask}: no answer within {}",
                humantime::format_duration(ANSWER)
            ))),
        }
    }

    async fn client(&self) -> Result<Client, String> {
        let mut known = self.client.lock().await;
        if let Some(client) = &*known {
            return Ok(client.clone());
        }
        let mut config = match &self.config {
            Some(config) => config.clone(),
            None => Config::infer().await.map_err(|error| {
                format!(
                    "no API server is known: {}; \
                     mount the service account's token (automountServiceAccountToken: true)",
                    chain(&error)
                )
            })?,
        };
        config.connect_timeout = Some(CONNECT);
        config.default_retry = false;
        let client = Client::try_from(config)
            .map_err(|error| format!("no client could be made: {}", chain(&error)))?;
        *known = Some(client.clone());
        Ok(client)
    }
}

/// `None` if it takes longer. That is asked before each of its steps, too: a process that was
/// stopped for a while must not go on with what it was about to send.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let deadline = Instant::now() + limit;
    let mut future = pin!(future);
    let steps = poll_fn(|context| {
        if Instant::now() >= deadline {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    });
    timeout_at(deadline, steps).await.ok().flatten()
}

fn request(ask: &Ask<'_>) -> Result<Request<Body>, hyper::http::Error> {
    let (method, content_type, body) = match &ask.doing {
        Doing::Reading => (Method::GET, None, ""),
        Doing::Creating(object) => (Method::POST, Some("application/json"), object.as_str()),
        Doing::Replacing(object) => (Method::PUT, Some("application/json"), object.as_str()),
        Doing::Patching(patch) | Doing::Rehearsing(patch) => {
            let merge_patch = "application/merge-patch+json";
            (Method::PATCH, Some(merge_patch), patch.as_str())
        }
    };
    let mut request = Request::builder()
        .method(method)
        .uri(ask.path())
        .header(ACCEPT, "application/json");
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    request.body(Body::from(body.as_bytes().to_vec()))
}

async fn whole(response: Response<Body>) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let body = Limited::new(response.into_body(), LARGEST_BODY);
    Ok(Answer {
        status,
        retry_after,
        body: body.collect().await?.to_bytes().to_vec(),
    })
}

fn broken(ask: &Ask<'_>, error: &(dyn Error + 'static)) -> Stop {
    // kube's own name for it, "ServiceError", would be taken for a Service's.
    let told = match error.downcast_ref() {
        Some(kube::Error::Service(error)) => chain(error.as_ref()),
        _ => chain(error),
    };
    let why = format!("{ask}: {told}");
    if passes_by_itself(error) {
        Stop::passing(why)
    } else {
        Stop::Failed(why)
    }
}

/// A server that restarts refuses and breaks connections; one whose certificate or name is wrong
/// will be wrong in a second, too.
fn passes_by_itself(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && (error.is_incomplete_message() || error.is_closed() || error.is_canceled())
        {
            return true;
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && BROKEN.contains(&error.kind())
        {
            return true;
        }
        cause = error.source();
    }
    false
}

const BROKEN: [ErrorKind; 5] = [
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::UnexpectedEof,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_about_to_be_sent_when_the_process_was_stopped_is_not_sent_later() {
        let (mut steps, mut sent) = (0, false);
        let sending = poll_fn(|_| {
            steps += 1;
            if steps == 1 {
                return Poll::Pending;
            }
            sent = true;
            Poll::Ready(())
        });
        let mut sending = Box::pin(within(ANSWER, sending));
        poll_fn(|context| Poll::Ready(sending.as_mut().poll(context).is_pending())).await;
        tokio::time::advance(ANSWER).await;
        assert_eq!(sending.await, None);
        assert!(!sent);
    }
}
