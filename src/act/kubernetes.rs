//! Targets in Kubernetes: any object with a `scale` subresource, above all a FlinkDeployment.
//!
//! Never blind: the number is read first, and written only with the version that was read, so that
//! a change in between makes the server refuse ours. Patched without reading, a FlinkDeployment
//! without replicas would get some, and its job be redeployed. What is read must also be what we
//! last knew: a number that somebody else wrote is adopted, not overwritten.

mod answer;
pub mod ask;
pub mod connection;
mod flinkdeployment;

use crate::act::kubernetes::answer::Scale;
use crate::act::kubernetes::ask::{Ask, Object};
use crate::act::kubernetes::connection::Connection;
use crate::act::kubernetes::flinkdeployment::{FlinkDeployment, Managed};
use crate::act::remembered::{Remembered, Whose};
use crate::act::retry::Retries;
use crate::act::stop::Stop;
use crate::outcome::Outcome;
use crate::units::Workers;

/// An object whose number of workers is read and written.
pub struct Kubernetes {
    connection: Connection,
    object: Object,
    remembered: Remembered,
}

// === impl Kubernetes ===

impl Kubernetes {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(connection: Connection, object: Object) -> Self {
        Self {
            connection,
            object,
            remembered: Remembered::default(),
        }
    }

    /// Asks for so many workers. A try that broke off is not repeated blindly: each begins with
    /// reading what is there.
    pub(super) async fn scale_to(&mut self, workers: Workers) -> Outcome {
        let mut retries = Retries::new();
        loop {
            match self.attempt(workers).await {
                Ok(outcome) => return outcome,
                Err(stop) if retries.again(&stop).await => {}
                Err(stop) => return stop.into(),
            }
        }
    }

    /// Reads the number. Says so where it is not the one we know: somebody else's, or our own
    /// whose writing was never answered.
    pub(super) async fn look(&mut self) -> Option<Outcome> {
        match self.refresh().await {
            Ok(changed) => changed,
            Err(stop) => {
                tracing::debug!(why = stop.why(), "the target could not be read");
                None
            }
        }
    }

    async fn refresh(&mut self) -> Result<Option<Outcome>, Stop> {
        let scale = read_scale(&self.connection, &self.object).await?;
        let found = scale.workers();
        Ok(match self.remembered.read(found) {
            Whose::Known => None,
            Whose::Ours { before } => Some(Outcome::Asked {
                from: before,
                to: found,
            }),
            Whose::Foreign => Some(self.changed(found).await),
        })
    }

    async fn attempt(&mut self, wanted: Workers) -> Result<Outcome, Stop> {
        let scale = read_scale(&self.connection, &self.object).await?;
        let found = scale.workers();
        let whose = self.remembered.read(found);
        if found == wanted {
            let from = match whose {
                Whose::Ours { before } => before,
                Whose::Known | Whose::Foreign => Some(found),
            };
            return Ok(Outcome::Asked { from, to: wanted });
        }
        if whose == Whose::Foreign {
            return Ok(self.changed(found).await);
        }
        if self.object.is_flinkdeployment() {
            self.ask_the_operator().await?;
        }
        let written = self.write(wanted, scale.resource_version()).await?;
        Ok(Outcome::Asked {
            from: Some(found),
            to: written,
        })
    }

    /// Somebody else's number, and whose it is where that can be told.
    async fn changed(&mut self, found: Workers) -> Outcome {
        let managed: Result<Managed, Stop> = get(&self.connection, &self.object.read()).await;
        let by = match managed {
            Ok(managed) => managed.last_writer(),
            Err(stop) => {
                tracing::debug!(why = stop.why(), "who changed the target is not known");
                None
            }
        };
        Outcome::Changed { found, by }
    }

    async fn ask_the_operator(&mut self) -> Result<(), Stop> {
        let ask = self.object.read();
        let deployment: FlinkDeployment = get(&self.connection, &ask).await?;
        deployment.may_be_scaled().map_err(|why| {
            let Object {
                namespace, name, ..
            } = &self.object;
            Stop::Refused(format!(
                "scaling flinkdeployment {namespace}/{name}: it {why}"
            ))
        })
    }

    async fn write(&mut self, wanted: Workers, resource_version: &str) -> Result<Workers, Stop> {
        self.remembered.writes(wanted);
        let ask = self.object.write_scale(wanted, resource_version);
        let answer = self.connection.send(&ask).await?;
        if answer.status < 500 {
            self.remembered.wrote_nothing();
        }
        let written: Scale = answer.read(&ask)?;
        self.remembered.wrote(written.workers());
        Ok(written.workers())
    }
}

async fn read_scale(connection: &Connection, object: &Object) -> Result<Scale, Stop> {
    get(connection, &object.read_scale()).await
}

async fn get<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    ask: &Ask<'_>,
) -> Result<T, Stop> {
    connection.send(ask).await?.read(ask)
}
