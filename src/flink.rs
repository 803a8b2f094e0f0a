//! One tick of reading Flink's REST API: the only place that knows it.
//!
//! Flink answers from a metric store that it refreshes only when somebody asks, and only after it
//! has answered: the first request of a tick wakes it, about a second later the others read what
//! it fetched. All are small and on one connection; what does not change within an execution is
//! read once. A request that fails makes its part of the [`Scrape`] unread, and no more.

mod client;
mod metric_ids;
pub(crate) mod requirements;
mod setup;
mod sources;
mod wire;

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::flink::client::Client;
use crate::flink::metric_ids::path_segment;
use crate::flink::sources::Sources;
use crate::scrape::{
    Cluster, CpuTime, CpuTimeOfOne, Execution, Job, JobChoice, Read, Scrape, Setup, Unread,
};
use crate::settings::FlinkUrl;
use crate::units::{Timestamp, f64_as_count};

const CPU_TIME: &str = "Status.JVM.CPU.Time";

/// Makes Flink refresh its metric store, as every request for metrics does; the smallest of them.
const REFRESH: &str = "/taskmanagers/metrics?get=Status.JVM.CPU.Time&agg=sum";

/// Until the TaskManagers have answered Flink; measured at well under a second.
const REFRESH_WAIT: Duration = Duration::from_secs(1);

/// A Flink, and what is remembered of it from tick to tick.
pub struct Flink {
    client: Client,
    /// Id of the job and the time since when it runs: what is remembered is of this execution.
    execution: Option<(String, Option<Timestamp>)>,
    setup: Option<Setup>,
    sources: Sources,
    /// Counts the turns of the TaskManagers.
    turn: usize,
}

// === impl Flink ===

impl Flink {
    /// Connects at the first scrape.
    #[must_use]
    pub fn new(url: &FlinkUrl) -> Self {
        Self {
            client: Client::new(url),
            execution: None,
            setup: None,
            sources: Sources::default(),
            turn: 0,
        }
    }

    /// Reads everything that one tick needs; takes a little over a second, or a few more where
    /// Flink does not answer. `clock` is asked for the time of the reading.
    pub async fn scrape(&mut self, clock: &impl Fn() -> Timestamp) -> Scrape {
        let started = clock();
        self.client.begin();
        let (at, cluster, job) = match self.client.get::<IgnoredAny>(REFRESH).await {
            Err(why @ (Unread::Unreachable(_) | Unread::TimedOut)) => {
                (clock(), Err(why.clone()), Err(why))
            }
            _ => {
                tokio::time::sleep(REFRESH_WAIT).await;
                self.read(clock).await
            }
        };
        Scrape {
            at,
            cluster,
            job,
            cost: self.client.cost(clock().since(started)),
        }
    }

    async fn read(
        &mut self,
        clock: &impl Fn() -> Timestamp,
    ) -> (Timestamp, Read<Cluster>, Read<JobChoice>) {
        let jobs = self
            .client
            .get::<wire::JobsOverview>("/jobs/overview")
            .await;
        let cluster = self.client.get::<wire::Overview>("/overview").await;
        let cluster = cluster.and_then(wire::Overview::cluster);
        let at = clock();
        let mut jobs = match jobs {
            Ok(jobs) => jobs.alive(),
            Err(why) => return (at, cluster, Err(why)),
        };
        let choice = match (jobs.pop(), jobs.len()) {
            (None, _) => JobChoice::None,
            (Some(job), 0) => JobChoice::One(Box::new(self.job(job, &cluster, at).await)),
            (Some(_), others) => JobChoice::Several(u32::try_from(others + 1).unwrap_or(u32::MAX)),
        };
        (at, cluster, Ok(choice))
    }

    async fn job(&mut self, line: wire::JobLine, cluster: &Read<Cluster>, at: Timestamp) -> Job {
        let path = format!("/jobs/{}", path_segment(&line.jid));
        let detail = self.client.get::<wire::JobDetail>(&path).await;
        let execution = detail.and_then(wire::JobDetail::execution);
        self.forget_others(&line.jid, &execution);
        let setup = self.setup(&path, cluster).await;
        let sources = match &execution {
            Ok(execution) => {
                let client = &mut self.client;
                self.sources.read(client, &path, execution, at).await
            }
            Err(_) => Vec::new(),
        };
        let cpu = self.cpu().await;
        let cpu_of_one = self.cpu_of_one().await;
        let statistics = format!("{path}/checkpoints");
        let statistics = self.client.get::<wire::CheckpointStatistics>(&statistics);
        let checkpoints = statistics
            .await
            .and_then(wire::CheckpointStatistics::checkpoints);
        Job {
            id: line.jid.into(),
            name: line.name.into(),
            state: line.state.into(),
            execution,
            checkpoints,
            setup,
            cpu,
            cpu_of_one,
            sources,
        }
    }

    /// Names and setup of one execution are not those of another.
    fn forget_others(&mut self, job: &str, execution: &Read<Execution>) {
        let known = self.execution.as_ref().filter(|(id, _)| id == job);
        let since = match execution {
            Ok(execution) => execution.running_since,
            Err(_) => known.and_then(|(_, since)| *since),
        };
        if known.is_none_or(|(_, known)| *known != since) {
            self.execution = Some((job.into(), since));
            self.setup = None;
            self.sources.forget();
        }
    }

    async fn setup(&mut self, job: &str, cluster: &Read<Cluster>) -> Read<Setup> {
        let listed = |setup: &&Setup| match cluster {
            Ok(cluster) => u32::try_from(setup.taskmanagers.len()) == Ok(cluster.taskmanagers),
            Err(_) => true,
        };
        if let Some(known) = self.setup.as_ref().filter(listed) {
            return Ok(known.clone());
        }
        self.setup = None;
        let version = cluster.as_ref().map(|cluster| &cluster.flink_version);
        let setup = match version {
            Ok(version) => self.read_setup(job, version).await?,
            Err(_) => return Err(Unread::NotAsked),
        };
        self.setup = Some(setup.clone());
        Ok(setup)
    }

    async fn read_setup(&mut self, job: &str, flink_version: &str) -> Read<Setup> {
        let checkpoints = format!("{job}/checkpoints/config");
        let interval = match self
            .client
            .get::<wire::CheckpointConfig>(&checkpoints)
            .await
        {
            Ok(config) => config.interval(),
            // So some Flinks say that checkpointing is off.
            Err(Unread::Status(404)) => None,
            Err(why) => return Err(why),
        };
        let config: Vec<wire::ConfigEntry> = self.client.get("/jobmanager/config").await?;
        let taskmanagers = self.client.get::<wire::TaskManagers>("/taskmanagers").await;
        let taskmanagers = taskmanagers?.list()?;
        Ok(setup::setup(flink_version, &config, interval, taskmanagers))
    }

    async fn cpu(&mut self) -> Read<CpuTime> {
        let target = format!("/taskmanagers/metrics?get={CPU_TIME}&agg=sum,avg");
        let metrics: Vec<wire::AggregatedMetric> = self.client.get(&target).await?;
        let metric = metrics.into_iter().find(|metric| metric.id == CPU_TIME);
        let time = metric.ok_or(Unread::Empty)?.aggregate();
        let reporting = f64_as_count(time.sum / time.avg);
        match reporting.and_then(|count| u32::try_from(count).ok()) {
            Some(reporting) => Ok(CpuTime {
                seconds: time.sum / 1e9,
                reporting,
            }),
            None => Err(Unread::Malformed(format!("{CPU_TIME} is not a time"))),
        }
    }

    async fn cpu_of_one(&mut self) -> Option<CpuTimeOfOne> {
        let taskmanagers = &self.setup.as_ref()?.taskmanagers;
        let place = self.turn.checked_rem(taskmanagers.len())?;
        self.turn = self.turn.wrapping_add(1);
        let taskmanager = taskmanagers[place].id.clone();
        let id = path_segment(&taskmanager);
        let target = format!("/taskmanagers/{id}/metrics?get={CPU_TIME}");
        let metrics: Vec<wire::Metric> = match self.client.get(&target).await {
            Ok(metrics) => metrics,
            Err(_) => return None,
        };
        let metric = metrics.into_iter().find(|metric| metric.id == CPU_TIME);
        let seconds = metric.map(|metric| metric.value.get() / 1e9);
        let Some(seconds) = seconds.filter(|seconds| seconds.is_finite()) else {
            // Just registered, or gone and replaced by another of the same number.
            self.setup = None;
            return None;
        };
        Some(CpuTimeOfOne {
            taskmanager,
            seconds,
        })
    }
}
