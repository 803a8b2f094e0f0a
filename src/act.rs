//! Does what was decided: asks whatever runs the workers for another number of them.
//!
//! A closed list of targets behind one call. A hold touches nothing: in a steady tick no target is
//! called. What became of a decision is an [`Outcome`], failure included; nothing here ends the
//! loop, and nothing is asked for that the decision does not say.

pub mod exec;
pub mod flink;
pub mod kubernetes;
mod remembered;
mod retry;
mod stop;

use crate::act::exec::Exec;
use crate::act::flink::Flink;
use crate::act::kubernetes::Kubernetes;
use crate::act::kubernetes::ask::Object;
use crate::act::kubernetes::connection::Connection;
use crate::act::retry::Retries;
use crate::act::stop::Stop;
use crate::decide::overrides::Overrides;
use crate::decide::{Action, Decision};
use crate::leadership::Leadership;
use crate::outcome::Outcome;
use crate::report::notices::Notice;
use crate::settings::{Settings, Target};
use crate::units::{Timestamp, Workers};

/// What runs the workers, and what we know of it.
pub enum Actuator {
    /// Nothing that could be asked: the sidecar recommends.
    None,
    /// A program of the user's.
    Exec(Exec),
    /// Flink's own resource requirements.
    Flink(Flink),
    /// An object in Kubernetes.
    Kubernetes(Box<Kubernetes>),
    /// Something within this process, as in `outrider demo`. No setting leads here.
    Here(Box<dyn FnMut(Workers) -> Outcome + Send>),
}

// === impl Actuator ===

impl Actuator {
    /// The target of the settings. Makes no call and cannot fail: what is missing (a token, a
    /// program) is told by the first [`apply`](Self::apply) that needs it, because a sidecar that
    /// ends takes its job's deployment with it.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::through(Connection::of_surroundings(), settings)
    }

    /// The same with a given API server, where the target is in Kubernetes.
    #[must_use]
    pub fn kubernetes_at(config: kube::Config, settings: &Settings) -> Self {
        Self::through(Connection::to(config), settings)
    }

    fn through(connection: Connection, settings: &Settings) -> Self {
        match settings.target.clone() {
            Target::None => Self::None,
            Target::Exec(words) => Self::Exec(Exec::new(words)),
            Target::Flink => Self::Flink(Flink::new(settings.flink_url.clone())),
            Target::Kubernetes {
                group,
                version,
                plural,
                name,
            } => {
                let object = Object {
                    group,
                    version,
                    plural,
                    namespace: settings.namespace.clone(),
                    name,
                };
                Self::Kubernetes(Box::new(Kubernetes::new(connection, object)))
            }
        }
    }

    /// The target may be scaled by other sidecars, too, one for each JobManager: from now on only
    /// the one that leads writes to it. Asks nothing yet; `wall` reads the clock on the wall.
    #[must_use]
    pub fn among_others(mut self, settings: &Settings, wall: fn() -> Timestamp) -> Self {
        if let Self::Kubernetes(kubernetes) = &mut self {
            kubernetes.among_others(settings.lease, wall);
        }
        self
    }

    /// Our part among the sidecars of this job.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        match self {
            Self::Kubernetes(kubernetes) => kubernetes.leadership(),
            _ => Leadership::Alone,
        }
    }

    /// Comes back when we have just begun to lead; never, where nobody else is there.
    pub async fn won(&mut self) {
        match self {
            Self::Kubernetes(kubernetes) => kubernetes.won().await,
            _ => std::future::pending().await,
        }
    }

    /// Lets another lead at once, before the process ends.
    pub async fn leave(&mut self) {
        if let Self::Kubernetes(kubernetes) = self {
            kubernetes.leave().await;
        }
    }

    /// Does what was decided, and says what became of it. A hold makes no call.
    pub async fn apply(&mut self, decision: &Decision) -> Outcome {
        match decision.action {
            Action::Hold { .. } => Outcome::Nothing,
            Action::ScaleTo { workers, .. } => self.scale_to(workers).await,
        }
    }

    /// Reads the target's number, to be called rarely: somebody else may have changed it. `None`
    /// where nothing changed, or the target cannot be read.
    pub async fn look(&mut self) -> Option<Outcome> {
        match self {
            Self::None | Self::Exec(_) | Self::Here(_) => None,
            Self::Flink(flink) => flink.look().await,
            Self::Kubernetes(kubernetes) => kubernetes.look().await,
        }
    }

    /// What people have written at the target beside the settings, as it was last read: by a look,
    /// or before a change. `None` where nothing can be written.
    #[must_use]
    pub fn overrides(&self) -> Option<&Overrides> {
        match self {
            Self::Kubernetes(kubernetes) => Some(kubernetes.overrides()),
            Self::None | Self::Exec(_) | Self::Flink(_) | Self::Here(_) => None,
        }
    }

    /// Has something told where people look at the target, if there is such a place. Waits for
    /// nothing, and whether it came through makes no difference.
    pub fn tell(&mut self, notice: &Notice) {
        if let Self::Kubernetes(kubernetes) = self {
            kubernetes.tell(notice);
        }
    }

    async fn scale_to(&mut self, workers: Workers) -> Outcome {
        if workers.0 == 0 {
            return Outcome::Refused {
                why: "asking for 0 workers: a job without workers reads nothing and tells nothing"
                    .into(),
            };
        }
        let mut retries = Retries::new();
        loop {
            match self.attempt(workers).await {
                Ok(outcome) => return outcome,
                Err(stop) if retries.again(&stop).await => {}
                Err(stop) => return stop.into(),
            }
        }
    }

    /// One try. Each begins with reading what is there, so that none repeats the one before it
    /// blindly.
    async fn attempt(&mut self, workers: Workers) -> Result<Outcome, Stop> {
        match self {
            Self::None => Ok(Outcome::OnlyObserved),
            Self::Exec(exec) => Ok(exec.scale_to(workers).await),
            Self::Flink(flink) => flink.attempt(workers).await,
            Self::Kubernetes(kubernetes) => kubernetes.attempt(workers).await,
            Self::Here(scale_to) => Ok(scale_to(workers)),
        }
    }
}
