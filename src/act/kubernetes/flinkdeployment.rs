//! When a FlinkDeployment may be scaled, and who did it last.
//!
//! Pure: values in, values out.
//!
//! The operator scales in place only a standalone deployment that is at rest. Anything else it
//! answers with a stop and a redeployment of the whole job, our own pod included, or not at all.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::act::kubernetes::ask::FIELD_MANAGER;
use crate::act::stop::brief;

/// A FlinkDeployment, the part that is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlinkDeployment {
    #[serde(default)]
    api_version: String,
    metadata: Metadata,
    spec: Spec,
    status: Option<Status>,
}

/// Any object, the part that tells who wrote it.
#[derive(Deserialize)]
pub struct Managed {
    metadata: ManagedMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    uid: Option<String>,
    generation: Option<i64>,
    deletion_timestamp: Option<String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    mode: Option<String>,
    job_manager: Option<JobManager>,
}

#[derive(Deserialize)]
struct JobManager {
    replicas: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    error: Option<String>,
    lifecycle_state: Option<String>,
    observed_generation: Option<i64>,
    reconciliation_status: Option<ReconciliationStatus>,
    job_status: Option<JobStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReconciliationStatus {
    state: Option<String>,
    last_reconciled_spec: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobStatus {
    savepoint_info: Option<SavepointInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavepointInfo {
    trigger_id: Option<String>,
}

/// What `lastReconciledSpec` holds as a string of JSON.
#[derive(Deserialize)]
struct LastReconciled {
    resource_metadata: LastReconciledResource,
}

#[derive(Deserialize)]
struct LastReconciledResource {
    metadata: LastReconciledMetadata,
}

#[derive(Deserialize)]
struct LastReconciledMetadata {
    generation: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedMetadata {
    #[serde(default)]
    managed_fields: Vec<ManagedFields>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedFields {
    #[serde(default)]
    manager: String,
    time: Option<String>,
    #[serde(default)]
    fields_v1: Value,
}

/// The operator's words for an object that is at rest. While it scales the older ones say
/// UPGRADING, the newer ones DEPLOYED: the generations tell whether that is over.
const AT_REST: [&str; 2] = ["STABLE", "DEPLOYED"];

// === impl FlinkDeployment ===

impl FlinkDeployment {
    /// What people have written on it.
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.metadata.annotations
    }

    /// Whether a change of its replicas would be carried out, now, and in place.
    ///
    /// # Errors
    /// Why not, and what to do, to follow the object's name.
    pub fn may_be_scaled(&self) -> Result<(), String> {
        if self.metadata.deletion_timestamp.is_some() {
            return Err("is being deleted".into());
        }
        if self.spec.mode.as_deref() != Some("standalone") {
            return Err(
                "is in native mode, where a change of replicas redeploys the whole job; \
                 deploy it with mode: standalone and scheduler-mode: reactive, \
                 or set OUTRIDER_TARGET=flink for the adaptive scheduler"
                    .into(),
            );
        }
        let Some(status) = &self.status else {
            return Err("has no status: the operator has not seen it yet, or does not run".into());
        };
        status.is_at_rest()?;
        self.is_reconciled(status)
    }

    /// How many JobManagers it has: more than one is high availability, and each has its sidecar.
    pub fn jobmanagers(&self) -> u32 {
        let replicas = self.spec.job_manager.as_ref().and_then(|it| it.replicas);
        replicas.unwrap_or(1)
    }

    /// What an object carries that is to be deleted with this one; `None` where it tells no uid.
    pub fn owner_reference(&self) -> Option<Value> {
        Some(json!({
            "apiVersion": self.api_version,
            "kind": "FlinkDeployment",
            "name": self.metadata.name,
            "uid": self.metadata.uid.as_deref()?,
        }))
    }

    /// Whether the operator has taken the last change of the spec. Definitions up to 1.7 have no
    /// `observedGeneration`; where neither is told, nothing is known against it.
    fn is_reconciled(&self, status: &Status) -> Result<(), String> {
        let (Some(generation), Some(reconciled)) =
            (self.metadata.generation, status.reconciled_generation())
        else {
            return Ok(());
        };
        if reconciled == generation {
            return Ok(());
        }
        let error = match &status.error {
            Some(error) if !error.is_empty() => format!(": {}", brief(error)),
            _ => String::new(),
        };
        Err(format!(
            "has a change (generation {generation}) that the operator has not taken \
             (it is at {reconciled}){error}"
        ))
    }
}

// === impl Status ===

impl Status {
    fn is_at_rest(&self) -> Result<(), String> {
        let lifecycle = self.lifecycle_state.as_deref().unwrap_or("unknown");
        if !AT_REST.contains(&lifecycle) {
            return Err(format!(
                "is not at rest: lifecycleState is {lifecycle}, not STABLE"
            ));
        }
        let state = self
            .reconciliation_status
            .as_ref()
            .and_then(|status| status.state.as_deref())
            .unwrap_or("unknown");
        if state != "DEPLOYED" {
            return Err(format!(
                "is not at rest: reconciliationStatus.state is {state}, not DEPLOYED"
            ));
        }
        match self.savepoint() {
            Some(_) => Err("has a savepoint in progress".into()),
            None => Ok(()),
        }
    }

    fn savepoint(&self) -> Option<&str> {
        let savepoint = self.job_status.as_ref()?.savepoint_info.as_ref()?;
        let trigger = savepoint.trigger_id.as_deref()?;
        (!trigger.is_empty()).then_some(trigger)
    }

    fn reconciled_generation(&self) -> Option<i64> {
        if self.observed_generation.is_some() {
            return self.observed_generation;
        }
        let spec = self.reconciliation_status.as_ref()?;
        let spec = spec.last_reconciled_spec.as_deref()?;
        let last: LastReconciled = serde_json::from_str(spec).ok()?;
        last.resource_metadata.metadata.generation
    }
}

// === impl Managed ===

impl Managed {
    /// The manager other than us that owns the number of replicas; the latest of several. None
    /// owns it after a write to 0, or where nobody ever declared it.
    pub fn last_writer(self) -> Option<String> {
        self.metadata
            .managed_fields
            .into_iter()
            .filter(|entry| entry.manager != FIELD_MANAGER && entry.owns_replicas())
            .max_by(|one, other| one.time.cmp(&other.time))
            .map(|entry| entry.manager)
    }
}

impl ManagedFields {
    fn owns_replicas(&self) -> bool {
        ["/f:spec/f:taskManager/f:replicas", "/f:spec/f:replicas"]
            .iter()
            .any(|path| self.fields_v1.pointer(path).is_some())
    }
}
