//! The simulated cluster, as its Flink, its target and the clock share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode, Uri};
use tokio::net::TcpListener;

use crate::demo::rest::not_found;
use crate::demo::world::World;
use crate::server::{Connections, answer_on};

/// A handle; all of them are of the same world.
#[derive(Clone)]
pub struct Cluster(Arc<Mutex<World>>);

// === impl Cluster ===

impl Cluster {
    /// A cluster with this job.
    #[must_use]
    pub fn of(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The job itself; to be held for a moment only.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers for ever as the cluster's Flink would.
    pub async fn serve_flink(self, listener: TcpListener) {
        let respond = move |method: &Method, uri: &Uri| self.respond(method, uri);
        answer_on(listener, Connections::Kept, respond).await;
    }

    fn respond(&self, method: &Method, uri: &Uri) -> Response<Full<Bytes>> {
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let found = match *method {
            Method::GET | Method::HEAD => self.world().answer(path, query),
            _ => None,
        };
        let (status, body) = match found {
            Some(body) => (StatusCode::OK, body),
            None => (StatusCode::NOT_FOUND, not_found(path)),
        };
        let mut response = Response::new(Full::from(body.to_string()));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json; charset=UTF-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}
