//! The target `flink`: the adaptive scheduler's own resource requirements, Flink 1.18 and later.
//!
//! For clusters without Reactive Mode whose TaskManagers come and go by what Flink asks for. Each
//! vertex may then use up to so many slots as the workers have, within its `maxParallelism`, which
//! Flink would refuse to exceed. Writing the same requirements twice changes nothing, and each try
//! begins with reading them.

mod http;
mod wire;

use hyper::Method;
use serde::de::DeserializeOwned;

use crate::act::flink::http::{Reply, Unanswered};
use crate::act::flink::wire::{Job, JobList, Overview, Requirements, Trouble};
use crate::act::remembered::{Remembered, Whose};
use crate::act::retry::Retries;
use crate::act::stop::Stop;
use crate::outcome::Outcome;
use crate::settings::FlinkUrl;
use crate::units::Workers;

/// The one job of a Flink cluster.
pub struct Flink {
    url: FlinkUrl,
    /// As it reads back: Flink knows slots, not workers, and a vertex may not be allowed as many.
    remembered: Remembered,
}

/// What is there before a change.
struct Present {
    job: String,
    slots: u32,
    requirements: Requirements,
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

    pub(super) async fn look(&mut self) -> Option<Outcome> {
        let found = match self.present().await {
            Ok(present) => present.workers(),
            Err(stop) => {
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

    async fn attempt(&mut self, workers: Workers) -> Result<Outcome, Stop> {
        let present = self.present().await?;
        let found = present.workers();
        let whose = self.remembered.read(found);
        if whose == Whose::Foreign && found != workers {
            return Ok(Outcome::Changed { found, by: None });
        }
        let from = match whose {
            Whose::Ours { before } => before,
            Whose::Known | Whose::Foreign => Some(found),
        };
        let path = format!("/jobs/{}", present.job);
        let job: Job = self.get(&path).await?;
        let wanted = present.requirements.within(workers, present.slots, &job);
        if wanted != present.requirements {
            let path = format!("{path}/resource-requirements");
            self.write(&path, &wanted, present.slots).await?;
        }
        Ok(Outcome::Asked { from, to: workers })
    }

    async fn write(&mut self, path: &str, wanted: &Requirements, slots: u32) -> Result<(), Stop> {
        let reads_back_as = wanted.workers(slots);
        self.remembered.writes(reads_back_as);
        let reply = self.put(path, wanted).await?;
        if reply.status < 500 {
            self.remembered.wrote_nothing();
        }
        accepted(&format!("writing {}{path}", self.url), &reply)?;
        self.remembered.wrote(reads_back_as);
        Ok(())
    }

    async fn present(&self) -> Result<Present, Stop> {
        let jobs: JobList = self.get("/jobs/overview").await?;
        let overview: Overview = self.get("/overview").await?;
        let slots = overview.slots_per_worker().ok_or_else(|| {
            Stop::Failed(
                "finding the slots of a worker: no TaskManager is registered to count them".into(),
            )
        })?;
        let job = jobs.the_one().map_err(Stop::Refused)?.to_owned();
        let path = format!("/jobs/{job}/resource-requirements");
        Ok(Present {
            requirements: self.get(&path).await?,
            job,
            slots,
        })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Stop> {
        let doing = format!("reading {}{path}", self.url);
        let reply = http::ask(&self.url, Method::GET, path, None)
            .await
            .map_err(|unanswered| stop(&doing, unanswered))?;
        let body = accepted(&doing, &reply)?;
        serde_json::from_slice(body).map_err(|error| {
            Stop::Failed(format!("{doing}: the answer was not understood: {error}"))
        })
    }

    async fn put(&self, path: &str, requirements: &Requirements) -> Result<Reply, Stop> {
        let doing = format!("writing {}{path}", self.url);
        let body = serde_json::to_vec(requirements)
            .map_err(|error| Stop::Failed(format!("{doing}: {error}")))?;
        http::ask(&self.url, Method::PUT, path, Some(body))
            .await
            .map_err(|unanswered| stop(&doing, unanswered))
    }
}

// === impl Present ===

impl Present {
    fn workers(&self) -> Workers {
        self.requirements.workers(self.slots)
    }
}

fn stop(doing: &str, unanswered: Unanswered) -> Stop {
    match unanswered {
        Unanswered::Broken(why) => Stop::passing(format!("{doing}: {why}")),
        Unanswered::TimedOut(why) | Unanswered::Unusable(why) => {
            Stop::Failed(format!("{doing}: {why}"))
        }
    }
}

/// The body of an answer that says yes, or what a person can do about a no.
fn accepted<'a>(doing: &str, reply: &'a Reply) -> Result<&'a [u8], Stop> {
    let trouble = Trouble::read(&reply.body);
    match reply.status {
        200..=299 => Ok(&reply.body),
        500 if trouble.says("running in reactive mode") => Err(Stop::Refused(format!(
            "{doing}: the job runs in Reactive Mode, where it uses whatever TaskManagers are there; \
             set OUTRIDER_TARGET to what runs them, for example flinkdeployment/NAME"
        ))),
        500 if trouble.says("does not support changing the parallelism") => {
            Err(Stop::Refused(format!(
                "{doing}: the job's scheduler cannot change its parallelism; \
                 set jobmanager.scheduler: adaptive in Flink's configuration"
            )))
        }
        404 if trouble.says("Not found: /jobs/") => Err(Stop::Refused(format!(
            "{doing}: this Flink has no resource requirements (404), \
             which came with 1.18; set OUTRIDER_TARGET to what runs the TaskManagers"
        ))),
        status @ 500.. => Err(Stop::passing(format!(
            "{doing}: Flink answered {status}: {trouble}"
        ))),
        status => Err(Stop::Refused(format!(
            "{doing}: Flink refuses it ({status}): {trouble}"
        ))),
    }
}
