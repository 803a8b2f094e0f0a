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

/// The object that is scaled.
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
    /// A merge patch; nothing where it is only read.
    pub patch: Option<String>,
}

// === impl Object ===

impl Object {
    /// Whether it is the Flink operator's, whose state says when it may be changed.
    pub fn is_flinkdeployment(&self) -> bool {
        self.group == "flink.apache.org" && self.plural == "flinkdeployments"
    }

    /// Reads the object.
    pub const fn read(&self) -> Ask<'_> {
        Ask {
            object: self,
            scale: false,
            patch: None,
        }
    }

    /// Reads its number of workers.
    pub const fn read_scale(&self) -> Ask<'_> {
        Ask {
            object: self,
            scale: true,
            patch: None,
        }
    }

    /// Writes its number of workers, provided that nothing about it has changed since it was read.
    pub fn write_scale(&self, workers: Workers, resource_version: &str) -> Ask<'_> {
        let patch = json!({
            "metadata": { "resourceVersion": resource_version },
            "spec": { "replicas": workers.0 },
        });
        Ask {
            object: self,
            scale: true,
            patch: Some(patch.to_string()),
        }
    }
}

// === impl Ask ===

impl Ask<'_> {
    /// Kubernetes' word for what is done, as a Role names it.
    pub const fn verb(&self) -> &'static str {
        match self.patch {
            None => "get",
            Some(_) => "patch",
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
        let write = match self.patch {
            None => String::new(),
            Some(_) => format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict&"),
        };
        format!(
            "/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}{scale}?{write}{SERVER_TIMEOUT}"
        )
    }
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.patch {
            None => "reading",
            Some(_) => "patching",
        };
        let Object {
            namespace, name, ..
        } = self.object;
        write!(f, "{doing} {} {namespace}/{name}", self.resource())
    }
}
