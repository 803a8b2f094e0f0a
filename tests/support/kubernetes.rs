//! An API server with one object in it, that answers what a real one answered.

use std::sync::{Arc, Mutex};

use outrider::act::Actuator;
use outrider::settings::Settings;
use serde_json::{Value, json};

use crate::loopback::{Call, Loopback, Recorded, Reply, payload};

/// How the server behaves; anything not said is done as asked.
#[derive(Clone, Copy, Debug)]
pub enum Scenario {
    /// It must not be called at all.
    Quiet,
    /// It does what it is asked.
    Works,
    /// So many readings of the number go wrong.
    Reading(usize, Trouble),
    /// So many readings of the object itself go wrong.
    Looking(usize, Trouble),
    /// So many writings go wrong.
    Writing(usize, Trouble),
    /// So many Events go wrong.
    Telling(usize, Trouble),
    /// A rule of the cluster admits numbers from here to there.
    Admits(u32, u32),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// It answers what was recorded under this name.
    Answers(&'static str),
    /// It never answers.
    Hangs,
    /// It hangs up instead of an answer.
    Closes,
    /// It does as asked and hangs up instead of an answer.
    ClosesAfterwards,
}

/// Every time.
pub const ALWAYS: usize = usize::MAX;

/// The server and what is in it.
pub struct Server {
    pub loopback: Loopback,
    stored: Arc<Mutex<Stored>>,
}

struct Stored {
    replicas: u32,
    version: u32,
    object: Value,
    troubles_left: usize,
}

// === impl Server ===

impl Server {
    /// With a FlinkDeployment at rest that has so many workers.
    pub async fn with(replicas: u32, scenario: Scenario) -> Self {
        let object = payload("kubernetes-1.36/flinkdeployment.json");
        let stored = Arc::new(Mutex::new(Stored {
            replicas,
            version: 221,
            object: serde_json::from_str(&object).unwrap(),
            troubles_left: scenario.times(),
        }));
        let inside = stored.clone();
        let loopback =
            Loopback::start(move |call| inside.lock().unwrap().answer(call, scenario)).await;
        Self { loopback, stored }
    }

    /// Changes the object that is stored.
    pub fn with_object(self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.stored.lock().unwrap().object);
        self
    }

    /// Somebody else writes the number.
    pub fn somebody_writes(&self, replicas: u32) {
        let mut stored = self.stored.lock().unwrap();
        stored.replicas = replicas;
        stored.version += 1;
    }

    pub fn replicas(&self) -> u32 {
        self.stored.lock().unwrap().replicas
    }

    /// Somebody writes on the object, or takes it back.
    pub fn somebody_annotates(&self, annotation: &str, value: Option<&str>) {
        let mut stored = self.stored.lock().unwrap();
        stored.version += 1;
        let metadata = stored.object["metadata"].as_object_mut().unwrap();
        let annotations = metadata
            .entry("annotations")
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .unwrap();
        match value {
            Some(value) => annotations.insert(annotation.into(), value.into()),
            None => annotations.remove(annotation),
        };
    }

    /// What was asked, without the query: `GET scale`, `GET object`, `PATCH scale`, `POST event`,
    /// or `rehearsal N` of such a patch.
    pub fn asked(&self) -> Vec<String> {
        let short = |call: &Call| {
            if call.query.contains("dryRun=All") {
                return format!("rehearsal {}", written(call));
            }
            let part = match call.path.rsplit('/').next() {
                Some("scale") => "scale",
                Some("events") => "event",
                _ => "object",
            };
            format!("{} {part}", call.method)
        };
        self.loopback.calls().iter().map(short).collect()
    }

    /// A target in this server.
    pub fn target(&self, target: &str) -> Actuator {
        let url = format!("http://{}", self.loopback.address);
        actuator(kube::Config::new(url.parse().unwrap()), target)
    }
}

/// A target in the namespace `flink`.
pub fn actuator(config: kube::Config, target: &str) -> Actuator {
    let variables = [("OUTRIDER_TARGET", target), ("OUTRIDER_NAMESPACE", "flink")];
    let parsed = Settings::parse(variables.map(|(name, value)| (name.into(), value.into())));
    assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
    Actuator::kubernetes_at(config, &parsed.settings)
}

// === impl Scenario ===

impl Scenario {
    const fn times(self) -> usize {
        match self {
            Self::Quiet | Self::Works | Self::Admits(..) => 0,
            Self::Reading(times, _)
            | Self::Looking(times, _)
            | Self::Writing(times, _)
            | Self::Telling(times, _) => times,
        }
    }

    fn denies(self, call: &Call) -> bool {
        let Self::Admits(least, most) = self else {
            return false;
        };
        call.method == "PATCH" && !(least..=most).contains(&written(call))
    }

    fn trouble(self, call: &Call) -> Option<Trouble> {
        let scale = call.path.ends_with("/scale");
        match (self, call.method.as_str()) {
            (Self::Reading(_, trouble), "GET") if scale => Some(trouble),
            (Self::Looking(_, trouble), "GET") if !scale => Some(trouble),
            (Self::Writing(_, trouble), "PATCH") | (Self::Telling(_, trouble), "POST") => {
                Some(trouble)
            }
            _ => None,
        }
    }
}

// === impl Stored ===

impl Stored {
    fn answer(&mut self, call: &Call, scenario: Scenario) -> Reply {
        assert!(!matches!(scenario, Scenario::Quiet), "called: {call:?}");
        match scenario.trouble(call) {
            Some(trouble) if self.troubles_left > 0 => {
                self.troubles_left -= 1;
                match trouble {
                    Trouble::Answers(name) => Reply::Answers(recorded(name)),
                    Trouble::Hangs => Reply::Hangs,
                    Trouble::Closes => Reply::Closes,
                    Trouble::ClosesAfterwards => {
                        self.does_as_asked(call);
                        Reply::Closes
                    }
                }
            }
            _ if scenario.denies(call) => Reply::Answers(recorded("vap-scale-denied")),
            _ => Reply::Answers(self.does_as_asked(call)),
        }
    }

    fn does_as_asked(&mut self, call: &Call) -> Recorded {
        match (call.method.as_str(), call.path.ends_with("/scale")) {
            ("GET", true) => self.scale("scale-get-set", "1"),
            ("GET", false) => Recorded::json(200, self.object.to_string()),
            ("PATCH", true) => self.patch(call),
            ("POST", false) => recorded("event-create"),
            other => panic!("nobody asks {other:?}"),
        }
    }

    fn patch(&mut self, call: &Call) -> Recorded {
        assert_eq!(call.content_type, "application/merge-patch+json");
        let patch: Value = serde_json::from_str(&call.body).unwrap();
        let present = self.version.to_string();
        if patch["metadata"]["resourceVersion"] != present.as_str() {
            return recorded("scale-patch-rv-stale");
        }
        if call.query.contains("dryRun=All") {
            let mut answer = self.scale("scale-patch-dry-run", "7");
            let mut body: Value = serde_json::from_str(&answer.body).unwrap();
            body["spec"]["replicas"] = written(call).into();
            answer.body = body.to_string();
            return answer;
        }
        self.replicas = written(call);
        self.version += 1;
        self.scale("scale-patch-6", "6")
    }

    /// The recorded answer with the number and the version that are stored.
    fn scale(&self, name: &str, recorded_replicas: &str) -> Recorded {
        let mut answer = recorded(name);
        let mut body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["spec"]["replicas"].to_string(), recorded_replicas);
        body["spec"]["replicas"] = self.replicas.into();
        body["metadata"]["resourceVersion"] = self.version.to_string().into();
        answer.body = body.to_string();
        answer
    }
}

/// The number in a patch.
fn written(call: &Call) -> u32 {
    let patch: Value = serde_json::from_str(&call.body).unwrap();
    let replicas = patch["spec"]["replicas"].as_u64().unwrap();
    u32::try_from(replicas).unwrap()
}

fn recorded(name: &str) -> Recorded {
    Recorded::http(&payload(&format!("kubernetes-1.36/{name}.http")))
}
