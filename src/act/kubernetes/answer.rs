//! What the API server answered, and what that means for a decision.
//!
//! Pure: values in, values out.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::act::kubernetes::ask::Ask;
use crate::act::kubernetes::role::granting;
use crate::act::stop::{Stop, brief};
use crate::units::Workers;

/// An answer, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The pause that the server asked for.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// The `scale` subresource, the part that is used of it.
#[derive(PartialEq, Eq, Debug, Deserialize)]
pub struct Scale {
    metadata: Metadata,
    spec: Spec,
}

#[derive(PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
    uid: Option<String>,
}

/// A Deployment with 0 replicas answers `"spec": {}`; a FlinkDeployment without replicas does not
/// answer at all.
#[derive(PartialEq, Eq, Debug, Deserialize)]
struct Spec {
    #[serde(default)]
    replicas: u32,
}

/// What the server says about itself when it does not do as asked.
#[derive(Deserialize)]
struct Status {
    message: String,
}

// === impl Answer ===

impl Answer {
    /// What was asked for, or why it was not given.
    pub fn read<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<T, Stop> {
        match self.status {
            200..=299 => serde_json::from_slice(&self.body).map_err(|error| {
                Stop::Failed(format!("{ask}: the answer was not understood: {error}"))
            }),
            400..=499 if self.is_denied() => Err(Stop::Denied(format!(
                "{ask}: a rule of the cluster denies it ({}): {}",
                self.status,
                self.said()
            ))),
            401 => Err(Stop::Failed(format!(
                "{ask}: the API server does not accept our token (401); \
                 is the service account's token mounted, and of this cluster"
            ))),
            403 => Err(Stop::Refused(self.forbidden(ask))),
            404 => Err(Stop::Refused(self.not_found(ask))),
            409 => Err(Stop::Failed(format!(
                "{ask}: it changed while we decided (409); it is decided anew"
            ))),
            429 => Err(Stop::Passing {
                why: format!("{ask}: the API server is overloaded (429)"),
                retry_after: self.retry_after,
            }),
            500 if self.replicas_are_unset() => Err(Stop::Refused(unset(ask))),
            status @ 500.. => Err(Stop::Passing {
                why: format!("{ask}: the API server answered {status}: {}", self.said()),
                retry_after: self.retry_after,
            }),
            status @ 400.. => Err(Stop::Refused(format!(
                "{ask}: the API server refuses it ({status}): {}",
                self.said()
            ))),
            status => Err(Stop::Failed(format!(
                "{ask}: the API server answered {status}; is it one"
            ))),
        }
    }

    /// The server's own words. A 504 is JSON that says it is text, a 429 and an unknown group are
    /// text: the body is looked at, not its type.
    fn said(&self) -> String {
        serde_json::from_slice(&self.body).map_or_else(
            |_| brief(&String::from_utf8_lossy(&self.body)),
            |status: Status| brief(&status.message),
        )
    }

    /// Admission said no: a policy or a webhook, with whatever status its author chose, or the
    /// object's definition, which limits a number by a 422.
    fn is_denied(&self) -> bool {
        let said = self.said();
        let by_name = said.contains("denied request") || said.contains("denied the request");
        by_name || self.status == 422
    }

    fn replicas_are_unset(&self) -> bool {
        let said = self.said();
        said.contains("the spec replicas field") && said.contains("does not exist")
    }

    /// A right that is missing, or a rule of the cluster: those are told apart, because only the
    /// first is mended by a Role.
    fn forbidden(&self, ask: &Ask<'_>) -> String {
        let (said, verb) = (self.said(), ask.verb());
        if !said.contains(&format!("cannot {verb} resource")) {
            return format!("{ask}: the cluster forbids it (403): {said}");
        }
        if said.contains("system:anonymous") {
            return format!(
                "{ask}: no token was sent (403): {said}; \
                 mount the service account's token (automountServiceAccountToken: true)"
            );
        }
        let resource = ask.resource();
        let remedy = granting(ask, &said).map_or_else(String::new, |list| {
            format!("; somebody who may grant rights can apply this (kubectl apply -f -): {list}")
        });
        format!("{ask}: the right to {verb} {resource} is missing (403): {said}{remedy}")
    }

    fn not_found(&self, ask: &Ask<'_>) -> String {
        let object = ask.object;
        if serde_json::from_slice::<Status>(&self.body).is_err() {
            return format!(
                "{ask}: the API server knows no {}.{}/{} (404); \
                 install the definition, or mend OUTRIDER_TARGET",
                object.plural, object.group, object.version
            );
        }
        format!(
            "{ask}: {} (404); mend OUTRIDER_TARGET or OUTRIDER_NAMESPACE, \
             unless it is of a kind that cannot be scaled",
            self.said()
        )
    }
}

/// A patch would set them and so redeploy the job, which is for a person to begin.
fn unset(ask: &Ask<'_>) -> String {
    let remedy = if ask.object.is_flinkdeployment() {
        "set spec.taskManager.replicas (in mode: standalone) to a first number"
    } else {
        "set its replicas to a first number"
    };
    format!("{ask}: it has no number of replicas that could be changed; {remedy}")
}

// === impl Scale ===

impl Scale {
    /// The workers asked for, by whomever.
    pub const fn workers(&self) -> Workers {
        Workers(self.spec.replicas)
    }

    /// The one object of all that ever had its name.
    pub fn uid(&self) -> Option<&str> {
        self.metadata.uid.as_deref()
    }

    /// What a write names to be refused if anything changed in between.
    pub fn resource_version(&self) -> &str {
        &self.metadata.resource_version
    }
}
