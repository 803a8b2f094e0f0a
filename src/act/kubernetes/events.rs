//! Events about the target, for `kubectl describe`: never needed, so never waited for.
//!
//! They are posted by a task of their own, one after the other. What does not fit into its short
//! queue, and what the API server does not take, is dropped with a line in the debug log.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::debug;

use crate::act::kubernetes::ask::{Doing, FIELD_MANAGER, Object};
use crate::act::kubernetes::connection::Connection;
use crate::act::stop::Stop;
use crate::report::notices::Notice;

/// So many wait while one is posted: more than one tick ever tells.
const WAITING: usize = 16;
/// The API server refuses longer ones.
const NOTE_BYTES: usize = 1024;

/// The way to the task.
pub struct Events {
    connection: Connection,
    object: Object,
    queue: Option<mpsc::Sender<String>>,
}

// === impl Events ===

impl Events {
    /// The task begins with the first Event.
    pub const fn new(connection: Connection, object: Object) -> Self {
        Self {
            connection,
            object,
            queue: None,
        }
    }

    /// Has one posted about the object of this uid: without it `kubectl describe` would not show it.
    pub fn tell(&mut self, notice: &Notice, uid: &str) {
        let Some(event) = event(&self.object, notice, uid) else {
            return;
        };
        let queue = self.queue.get_or_insert_with(|| {
            let (queue, events) = mpsc::channel(WAITING);
            tokio::spawn(post(self.connection.clone(), self.object.clone(), events));
            queue
        });
        if queue.try_send(event.to_string()).is_err() {
            debug!(note = notice.note, "too many Events wait, one is dropped");
        }
    }
}

/// Ends when nobody is left who could tell.
async fn post(connection: Connection, about: Object, mut events: mpsc::Receiver<String>) {
    let target = Object {
        group: "events.k8s.io".into(),
        version: "v1".into(),
        plural: "events".into(),
        ..about
    };
    while let Some(event) = events.recv().await {
        if let Err(stop) = create(&connection, &target, event).await {
            debug!(why = stop.why(), "an Event was not taken, it is dropped");
        }
    }
}

async fn create(connection: &Connection, target: &Object, event: String) -> Result<(), Stop> {
    let ask = target.ask(Doing::Creating(event));
    let _: Value = connection.send(&ask).await?.read(&ask)?;
    Ok(())
}

/// The Event as JSON; `None` where the object's kind, which it has to name, is not known.
fn event(object: &Object, notice: &Notice, uid: &str) -> Option<Value> {
    let Object {
        group,
        version,
        namespace,
        name,
        ..
    } = object;
    let happened = UNIX_EPOCH + Duration::from_millis(notice.at.millis());
    Some(json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": { "generateName": format!("{name}-outrider-"), "namespace": namespace },
        "eventTime": humantime::format_rfc3339_micros(happened).to_string(),
        "type": if notice.kind.is_warning() { "Warning" } else { "Normal" },
        "reason": notice.kind.name(),
        "action": "Scaling",
        "note": &notice.note[..notice.note.floor_char_boundary(NOTE_BYTES)],
        "regarding": {
            "apiVersion": format!("{group}/{version}"),
            "kind": kind(object)?,
            "namespace": namespace,
            "name": name,
            "uid": uid,
        },
        "reportingController": FIELD_MANAGER,
        "reportingInstance": FIELD_MANAGER,
    }))
}

/// The kind of the targets that are known by their plural.
fn kind(object: &Object) -> Option<&'static str> {
    match object.plural.as_str() {
        "flinkdeployments" => Some("FlinkDeployment"),
        "deployments" => Some("Deployment"),
        "statefulsets" => Some("StatefulSet"),
        _ => None,
    }
}
