//! Targets in Kubernetes: any object with a `scale` subresource, above all a FlinkDeployment.
//!
//! Never blind: the number is read first, and written only with the version that was read, so that
//! a change in between makes the server refuse ours. Patched without reading, a FlinkDeployment
//! without replicas would get some, and its job be redeployed. What is read must also be what we
//! last knew: a number that somebody else wrote is adopted, not overwritten.

mod annotations;
mod answer;
pub mod ask;
pub mod connection;
mod events;
mod flinkdeployment;
mod leader;
pub mod lease;
mod role;

use crate::act::kubernetes::answer::Scale;
use crate::act::kubernetes::ask::{Ask, Object};
use crate::act::kubernetes::connection::Connection;
use crate::act::kubernetes::events::Events;
use crate::act::kubernetes::flinkdeployment::{FlinkDeployment, Managed};
use crate::act::kubernetes::leader::Leader;
use crate::act::remembered::{Remembered, Whose};
use crate::act::stop::Stop;
use crate::decide::overrides::Overrides;
use crate::leadership::Leadership;
use crate::outcome::Outcome;
use crate::report::notices::Notice;
use crate::settings::Lease;
use crate::units::{Timestamp, Workers};

/// An object whose number of workers is read and written.
pub struct Kubernetes {
    connection: Connection,
    object: Object,
    remembered: Remembered,
    /// What its annotations said when they were last read.
    overrides: Overrides,
    uid: Option<String>,
    events: Events,
    /// Our part among several sidecars, where there may be several.
    leader: Option<Leader>,
}

// === impl Kubernetes ===

impl Kubernetes {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(connection: Connection, object: Object) -> Self {
        Self {
            events: Events::new(connection.clone(), object.clone()),
            connection,
            object,
            remembered: Remembered::default(),
            overrides: Overrides::default(),
            uid: None,
            leader: None,
        }
    }

    /// What its annotations said when they were last read.
    pub(super) const fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Tells an Event of the object, where it is known which that is. Waits for nothing. Of several
    /// sidecars the one that leads tells what all of them see.
    pub(super) fn tell(&mut self, notice: &Notice) {
        if !self.leadership().may_act() {
            return;
        }
        match &self.uid {
            Some(uid) => self.events.tell(notice, uid),
            None => tracing::debug!(note = notice.note, "an Event of an object not read yet"),
        }
    }

    /// There may be other sidecars that scale the same object: only the one that leads writes.
    pub(super) fn among_others(&mut self, setting: Lease, wall: fn() -> Timestamp) {
        let only_one = setting == Lease::Auto && !self.object.is_flinkdeployment();
        if setting != Lease::Off && !only_one {
            let connection = self.connection.clone();
            self.leader = Some(Leader::of(&self.object, setting, connection, wall));
        }
    }

    /// Our part among the sidecars of this object.
    pub(super) fn leadership(&self) -> Leadership {
        let leader = self.leader.as_ref();
        leader.map_or(Leadership::Alone, Leader::leadership)
    }

    pub(super) async fn won(&self) {
        match &self.leader {
            Some(leader) => leader.won().await,
            None => std::future::pending().await,
        }
    }

    pub(super) async fn leave(&mut self) {
        if let Some(leader) = &mut self.leader {
            leader.leave().await;
        }
    }

    /// Reads the number. Says so where it is not the one we know: somebody else's, or our own
    /// whose writing was never answered.
    pub(super) async fn look(&mut self) -> Option<Outcome> {
        match self.refresh().await {
            Ok(changed) => {
                self.look_at_object().await;
                changed
            }
            Err(stop) => {
                tracing::debug!(why = stop.why(), "the target could not be read");
                if let Some(leader) = &mut self.leader {
                    leader.learn_nothing(&stop);
                }
                None
            }
        }
    }

    async fn refresh(&mut self) -> Result<Option<Outcome>, Stop> {
        let scale = self.read_scale().await?;
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

    /// Its annotations, and whether there are other sidecars. Where it cannot be read what is known
    /// goes on to count: before a change it is read again, and none is made without.
    async fn look_at_object(&mut self) {
        if !self.object.is_flinkdeployment() {
            if let Some(leader) = &mut self.leader {
                leader.share(None);
            }
            return;
        }
        match self.read_flinkdeployment().await {
            Ok((_, overrides)) => self.overrides = overrides,
            Err(stop) => {
                tracing::debug!(why = stop.why(), "the target could not be read");
                if let Some(leader) = &mut self.leader {
                    leader.learn_nothing(&stop);
                }
            }
        }
    }

    /// Asks for so many workers, once.
    pub(super) async fn attempt(&mut self, wanted: Workers) -> Result<Outcome, Stop> {
        let scale = self.read_scale().await?;
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
        match self.write(wanted, scale.resource_version()).await {
            Ok(written) => Ok(Outcome::Asked {
                from: Some(found),
                to: written,
            }),
            Err(Stop::Denied(why)) => Ok(Outcome::Denied {
                wanted,
                admitted: self.nearest_admitted(&scale, wanted).await?,
                why,
            }),
            Err(stop) => Err(stop),
        }
    }

    /// The number nearest to a denied one that would be taken. The present one is there, so it
    /// counts as admitted; between the two a handful of rehearsals find the limit, which no rule
    /// tells in numbers. Nothing is written.
    async fn nearest_admitted(&self, scale: &Scale, denied: Workers) -> Result<Workers, Stop> {
        let (mut admitted, mut denied) = (scale.workers(), denied);
        while admitted.0.abs_diff(denied.0) > 1 {
            let between = Workers(admitted.0.midpoint(denied.0));
            let ask = self
                .object
                .rehearse_scale(between, scale.resource_version());
            match get::<Scale>(&self.connection, &ask).await {
                Ok(_) => admitted = between,
                Err(Stop::Denied(_)) => denied = between,
                Err(stop) => return Err(stop),
            }
        }
        Ok(admitted)
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
        let (deployment, overrides) = self.read_flinkdeployment().await?;
        let Object {
            namespace, name, ..
        } = &self.object;
        let doing = format!("scaling flinkdeployment {namespace}/{name}");
        if overrides != self.overrides {
            self.overrides = overrides;
            return Err(Stop::Outdated(format!(
                "{doing}: its annotations have changed"
            )));
        }
        deployment
            .may_be_scaled()
            .map_err(|why| Stop::Refused(format!("{doing}: it {why}")))
    }

    async fn read_flinkdeployment(&mut self) -> Result<(FlinkDeployment, Overrides), Stop> {
        let deployment: FlinkDeployment = get(&self.connection, &self.object.read()).await?;
        if let Some(leader) = &mut self.leader {
            leader.learn(&deployment);
        }
        let overrides = annotations::overrides(&self.object, deployment.annotations());
        Ok((deployment, overrides))
    }

    async fn read_scale(&mut self) -> Result<Scale, Stop> {
        let scale: Scale = get(&self.connection, &self.object.read_scale()).await?;
        self.uid = scale.uid().map(Into::into);
        Ok(scale)
    }

    async fn write(&mut self, wanted: Workers, resource_version: &str) -> Result<Workers, Stop> {
        self.remembered.writes(wanted);
        let ask = self.object.write_scale(wanted, resource_version);
        let answer = match &self.leader {
            Some(leader) => leader.write(&ask).await?,
            None => self.connection.send(&ask).await?,
        };
        if answer.status < 500 {
            self.remembered.wrote_nothing();
        }
        let written: Scale = answer.read(&ask)?;
        self.remembered.wrote(written.workers());
        Ok(written.workers())
    }
}

async fn get<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    ask: &Ask<'_>,
) -> Result<T, Stop> {
    connection.send(ask).await?.read(ask)
}
