//! The target `flink`: the adaptive scheduler's own resource requirements, Flink 1.18 and later.
//!
//! For clusters without Reactive Mode whose TaskManagers come and go by what Flink asks for. Each
//! vertex may then use up to so many slots as the workers have. Writing the same requirements twice
//! changes nothing, and each try begins with reading them.

use crate::act::remembered::{Remembered, Whose};
use crate::act::stop::{Stop, brief};
use crate::flink::requirements::{Requirements, Scheduler, Trouble, Why};
use crate::outcome::Outcome;
use crate::scrape::Unread;
use crate::settings::FlinkUrl;
use crate::units::Workers;

/// The one job of a Flink cluster.
pub struct Flink {
    url: FlinkUrl,
    /// As it reads back: Flink knows slots, not workers, and a vertex may not be allowed as many.
    remembered: Remembered,
}

// === impl Flink ===

impl Flink {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(url: FlinkUrl) -> Self {
        Self {
            url,
            remembered: Remembered::default(),
        }
    }

    pub(super) async fn look(&mut self) -> Option<Outcome> {
        let found = match Scheduler::of(&self.url).requirements().await {
            Ok(present) => present.workers(),
            Err(trouble) => {
                let stop = Stop::from(trouble);
                tracing::debug!(why = stop.why(), "the target could not be read");
                return None;
            }
        };
        match self.remembered.read(found) {
            Whose::Known => None,
            Whose::Ours { before } => Some(Outcome::Asked {
                from: before,
                to: found,
            }),
            Whose::Foreign => Some(Outcome::Changed { found, by: None }),
        }
    }

    /// Asks for so many workers, once.
    pub(super) async fn attempt(&mut self, workers: Workers) -> Result<Outcome, Stop> {
        let mut scheduler = Scheduler::of(&self.url);
        let present = scheduler.requirements().await?;
        let found = present.workers();
        let whose = self.remembered.read(found);
        if whose == Whose::Foreign && found != workers {
            return Ok(Outcome::Changed { found, by: None });
        }
        let from = match whose {
            Whose::Ours { before } => before,
            Whose::Known | Whose::Foreign => Some(found),
        };
        let wanted = scheduler.for_workers(&present, workers).await?;
        if wanted != present {
            self.write(&mut scheduler, &wanted).await?;
        }
        Ok(Outcome::Asked { from, to: workers })
    }

    async fn write(
        &mut self,
        scheduler: &mut Scheduler,
        wanted: &Requirements,
    ) -> Result<(), Trouble> {
        self.remembered.writes(wanted.workers());
        match scheduler.write(wanted).await {
            Ok(()) => self.remembered.wrote(wanted.workers()),
            Err(trouble) => {
                if trouble.why.is_refusal() {
                    self.remembered.wrote_nothing();
                }
                return Err(trouble);
            }
        }
        Ok(())
    }
}

/// What a person can do about it, and whether it may pass.
impl From<Trouble> for Stop {
    fn from(Trouble { doing, why }: Trouble) -> Self {
        match why {
            Why::Unread(Unread::Unreachable(why)) => {
                Self::passing(format!("{doing}: {}", brief(&why)))
            }
            Why::Unread(unread) => Self::Failed(format!("{doing}: {unread}")),
            Why::Jobs(0) => Self::Refused(format!("{doing}: Flink runs none")),
            Why::Jobs(jobs) => Self::Refused(format!(
                "{doing}: Flink runs {jobs} of them, and which to scale is not for us to guess"
            )),
            Why::NoTaskManager => Self::Failed(format!(
                "{doing}: no TaskManager is registered to count them"
            )),
            Why::ReactiveMode => Self::Refused(format!(
                "{doing}: the job runs in Reactive Mode, where it uses whatever TaskManagers are \
                 there; set OUTRIDER_TARGET to what runs them, for example flinkdeployment/NAME"
            )),
            Why::AnotherScheduler => Self::Refused(format!(
                "{doing}: the job's scheduler cannot change its parallelism; \
                 set jobmanager.scheduler: adaptive in Flink's configuration"
            )),
            Why::NotInThisVersion => Self::Refused(format!(
                "{doing}: this Flink has no resource requirements (404), \
                 which came with 1.18; set OUTRIDER_TARGET to what runs the TaskManagers"
            )),
            Why::Says {
                status: status @ 500..,
                said,
            } => Self::passing(format!(
                "{doing}: Flink answered {status}: {}",
                brief(&said)
            )),
            Why::Says { status, said } => Self::Refused(format!(
                "{doing}: Flink refuses it ({status}): {}",
                brief(&said)
            )),
        }
    }
}
