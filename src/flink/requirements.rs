//! How many slots each vertex of the one job may use: the adaptive scheduler's resource
//! requirements, of Flink 1.18 and later, where it does not run in Reactive Mode.

mod wire;

use hyper::Method;
use serde::de::DeserializeOwned;

use crate::flink::client::{Answer, Client};
use crate::flink::metric_ids::path_segment;
use crate::flink::requirements::wire::{ByVertex, said, without_stack_trace};
use crate::flink::wire::{JobDetail, JobsOverview, Overview};
use crate::scrape::{Read, Unread};
use crate::settings::FlinkUrl;
use crate::units::Workers;

/// A Flink's scheduler, for the few requests of one change: changes are rare, and a connection that
/// was kept from one to the next would be dead by then.
pub struct Scheduler {
    url: FlinkUrl,
    client: Client,
}

/// What the job may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirements {
    /// `/jobs/…`
    job: String,
    /// Of one worker.
    slots: u32,
    by_vertex: ByVertex,
}

/// What was attempted, and why it did not come about.
#[derive(Debug)]
pub struct Trouble {
    /// For example `reading http://…`.
    pub doing: String,
    /// What went wrong.
    pub why: Why,
}

/// Why requirements were not read or not written.
#[derive(Debug)]
pub enum Why {
    /// There is no answer, or none that can be understood.
    Unread(Unread),
    /// Flink runs so many jobs, not one.
    Jobs(usize),
    /// No TaskManager is registered whose slots could be counted.
    NoTaskManager,
    /// In Reactive Mode Flink sets them itself.
    ReactiveMode,
    /// The job's scheduler is not the adaptive one.
    AnotherScheduler,
    /// This Flink is too old for them.
    NotInThisVersion,
    /// Flink says something else.
    Says {
        /// HTTP status.
        status: u16,
        /// Its sentence.
        said: String,
    },
}

// === impl Scheduler ===

impl Scheduler {
    /// Asks nothing yet.
    #[must_use]
    pub fn of(url: &FlinkUrl) -> Self {
        Self {
            url: url.clone(),
            client: Client::new(url),
        }
    }

    /// The requirements in force.
    ///
    /// # Errors
    /// Where there is not one job, or its requirements cannot be read.
    pub async fn requirements(&mut self) -> Result<Requirements, Trouble> {
        let jobs: JobsOverview = self.get("/jobs/overview").await?;
        let overview: Overview = self.get("/overview").await?;
        let slots = slots_of_one(overview)?;
        let mut jobs = jobs.alive();
        let job = match (jobs.pop(), jobs.len()) {
            (Some(job), 0) => format!("/jobs/{}", path_segment(&job.jid)),
            (found, others) => {
                let jobs = Why::Jobs(others + usize::from(found.is_some()));
                return Err(jobs.while_doing("finding the job"));
            }
        };
        Ok(Requirements {
            by_vertex: self.get(&path(&job)).await?,
            job,
            slots,
        })
    }

    /// What they would be for so many workers: each vertex may use all their slots, within its
    /// `maxParallelism`, which Flink would refuse to exceed.
    ///
    /// # Errors
    /// Where the job cannot be read.
    pub async fn for_workers(
        &mut self,
        present: &Requirements,
        workers: Workers,
    ) -> Result<Requirements, Trouble> {
        let job: JobDetail = self.get(&present.job).await?;
        let execution = job.execution().map_err(|unread| {
            let doing = format!("reading {}{}", self.url, present.job);
            Why::Unread(unread).while_doing(&doing)
        })?;
        let slots = present.slots;
        Ok(Requirements {
            by_vertex: present
                .by_vertex
                .within(workers, slots, &execution.vertices),
            job: present.job.clone(),
            slots,
        })
    }

    /// Writes them. Writing the same twice changes nothing.
    ///
    /// # Errors
    /// Where Flink does not accept them, or does not say so.
    pub async fn write(&mut self, wanted: &Requirements) -> Result<(), Trouble> {
        let path = path(&wanted.job);
        let json = serde_json::to_vec(&wanted.by_vertex).expect("a map of words is JSON");
        let answer = self.client.send(&Method::PUT, &path, Some(json)).await;
        accepted(answer).map_err(|why| why.while_doing(&format!("writing {}{path}", self.url)))?;
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Trouble> {
        let answer = self.client.send(&Method::GET, path, None).await;
        accepted(answer)
            .and_then(|body| {
                serde_json::from_slice(&body)
                    .map_err(|error| Why::Unread(Unread::Malformed(error.to_string())))
            })
            .map_err(|why| why.while_doing(&format!("reading {}{path}", self.url)))
    }
}

// === impl Requirements ===

impl Requirements {
    /// The workers that all those slots are worth.
    #[must_use]
    pub fn workers(&self) -> Workers {
        self.by_vertex.workers(self.slots)
    }
}

// === impl Why ===

impl Why {
    /// Whether Flink said that it does not do as asked: then it surely did not.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Unread(_) => false,
            Self::Says { status, .. } => *status < 500,
            Self::Jobs(_)
            | Self::NoTaskManager
            | Self::ReactiveMode
            | Self::AnotherScheduler
            | Self::NotInThisVersion => true,
        }
    }

    fn while_doing(self, doing: &str) -> Trouble {
        Trouble {
            doing: doing.into(),
            why: self,
        }
    }
}

fn path(job: &str) -> String {
    format!("{job}/resource-requirements")
}

/// The slots of one worker. Where workers differ, as many as all of them have: asking for one slot
/// too few beats asking for a worker that nobody decided on.
fn slots_of_one(overview: Overview) -> Result<u32, Trouble> {
    let doing = "finding the slots of a worker";
    let cluster = overview
        .cluster()
        .map_err(|unread| Why::Unread(unread).while_doing(doing))?;
    match cluster.slots_total.checked_div(cluster.taskmanagers) {
        Some(slots) if slots > 0 => Ok(slots),
        _ => Err(Why::NoTaskManager.while_doing(doing)),
    }
}

/// The body of an answer that says yes.
fn accepted(answer: Read<Answer>) -> Result<Vec<u8>, Why> {
    let answer = answer.map_err(Why::Unread)?;
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    let said = said(&answer.body);
    match answer.status {
        500 if said.contains("running in reactive mode") => Err(Why::ReactiveMode),
        500 if said.contains("does not support changing the parallelism") => {
            Err(Why::AnotherScheduler)
        }
        404 if said.contains("Not found: /jobs/") => Err(Why::NotInThisVersion),
        status => Err(Why::Says {
            status,
            said: without_stack_trace(&said),
        }),
    }
}
