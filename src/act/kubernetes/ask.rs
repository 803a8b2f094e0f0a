//! What is asked of the API server, and in which words that is told.
//!
//! Pure: values in, values out.

use std::fmt;

use serde_json::json;

use crate::units::Workers;

/// The name under which every write is recorded: one name for good, because a GitOps tool that
/// owns the same field is told by it whom to leave alone.
pub const FIELD_MANAGER: &str = "outrider";
/// The server gives up after this, before we do: else it would go on with a write that we no
/// longer wait for.
const SERVER_TIMEOUT: &str = "timeout=3s";

/// An object in a namespace: the one that is scaled, or one that we keep beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// API group.
    pub group: String,
    /// Version within the group.
    pub version: String,
    /// Plural of the kind.
    pub plural: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask<'a> {
    /// Whom it is about.
    pub object: &'a Object,
    /// Its `scale` subresource, or the object itself.
    pub scale: bool,
    /// What is done to it.
    pub doing: Doing,
}

/// What is done to an object; what is written is JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It is read.
    Reading,
    /// It is made.
    Creating(String),
    /// It is written anew, whole.
    Replacing(String),
    /// It is changed by a merge patch.
    Patching(String),
    /// It is asked whether that merge patch would be taken; nothing is changed.
    Rehearsing(String),
}

// === impl Object ===

impl Object {
    /// Whether it is the Flink operator's, whose state says when it may be changed.
    pub fn is_flinkdeployment(&self) -> bool {
        self.group == "flink.apache.org" && self.plural == "flinkdeployments"
    }

    /// Reads the object.
    pub const fn read(&self) -> Ask<'_> {
        self.ask(Doing::Reading)
    }

    /// Reads its number of workers.
    pub const fn read_scale(&self) -> Ask<'_> {
        Ask {
            object: self,
            scale: true,
            doing: Doing::Reading,
        }
    }

    /// Writes its number of workers, provided that nothing about it has changed since it was read.
    pub fn write_scale(&self, workers: Workers, resource_version: &str) -> Ask<'_> {
        Ask {
            object: self,
            scale: true,
            doing: Doing::Patching(replicas(workers, resource_version)),
        }
    }

    /// Asks whether its number of workers could be written.
    pub fn rehearse_scale(&self, workers: Workers, resource_version: &str) -> Ask<'_> {
        Ask {
            object: self,
            scale: true,
            doing: Doing::Rehearsing(replicas(workers, resource_version)),
        }
    }

    /// Does something to the object itself.
    pub const fn ask(&self, doing: Doing) -> Ask<'_> {
        Ask {
            object: self,
            scale: false,
            doing,
        }
    }
}

fn replicas(workers: Workers, resource_version: &str) -> String {
    let patch = json!({
        "metadata": { "resourceVersion": resource_version },
        "spec": { "replicas": workers.0 },
    });
    patch.to_string()
}

// === impl Ask ===

impl Ask<'_> {
    /// Kubernetes' word for what is done, as a Role names it.
    pub const fn verb(&self) -> &'static str {
        match self.doing {
            Doing::Reading => "get",
            Doing::Creating(_) => "create",
            Doing::Replacing(_) => "update",
            Doing::Patching(_) | Doing::Rehearsing(_) => "patch",
        }
    }

    /// What a Role has to allow: this, and what is of no use without it.
    pub fn verbs(&self) -> &'static str {
        if self.object.plural == "leases" {
            "get, create, update"
        } else {
            self.verb()
        }
    }

    /// Kubernetes' word for what it is done to, as a Role names it.
    pub fn resource(&self) -> String {
        let scale = if self.scale { "/scale" } else { "" };
        format!("{}{scale}", self.object.plural)
    }

    /// Path and query. Strict validation, because a name that the server does not know is
    /// otherwise a warning and no change.
    pub fn path(&self) -> String {
        let Object {
            group,
            version,
            plural,
            namespace,
            name,
        } = self.object;
        let scale = if self.scale { "/scale" } else { "" };
        let name = match self.doing {
            Doing::Creating(_) => String::new(),
            _ => format!("/{name}"),
        };
        let write = match self.doing {
            Doing::Reading => String::new(),
            _ => format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict&"),
        };
        let rehearsal = match self.doing {
            Doing::Rehearsing(_) => "dryRun=All&",
            _ => "",
        };
        format!(
            "/apis/{group}/{version}/namespaces/{namespace}/{plural}{name}{scale}?{write}{rehearsal}{SERVER_TIMEOUT}"
        )
    }
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.doing {
            Doing::Reading => "reading",
            Doing::Creating(_) => "creating",
            Doing::Replacing(_) => "writing",
            Doing::Patching(_) => "patching",
            Doing::Rehearsing(_) => "rehearsing to patch",
        };
        let Object {
            namespace, name, ..
        } = self.object;
        write!(f, "{doing} {} {namespace}/{name}", self.resource())
    }
}
