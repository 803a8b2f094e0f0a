//! The closed lists of reasons: why the number of workers changes, why it does not, what limits it.
//!
//! Pure: values in, values out.

use serde::Serialize;

/// Why the number of workers is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A source's `backlog_time` is over `BACKLOG_TIME_HIGH`.
    BacklogTime,
    /// `utilization` is over `UTILIZATION_HIGH`.
    Utilization,
    /// The delay would break `DELAY_BUDGET` before workers that are asked for later could help.
    DelayBudget,
    /// Neither backlog nor utilization needs the present workers.
    Idle,
    /// The last scale-up brought next to nothing, and is taken back.
    Ineffective,
    /// The present workers are outside of `WORKERS_MIN` and `WORKERS_MAX`.
    OutOfBounds,
}

/// Why nothing is changed: a closed list, each name told by log, metrics and status page alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The settings contain mistakes.
    SettingsInvalid,
    /// `MODE` is `off`.
    ModeOff,
    /// Flink does not answer.
    FlinkUnreachable,
    /// Flink runs no job.
    NoJob,
    /// Flink runs several jobs, and which one to scale is not for us to guess.
    SeveralJobs,
    /// Another JobManager's sidecar acts for this job, or which one does is not known.
    NotLeader,
    /// The last change has not come through yet.
    RescaleInProgress,
    /// Somebody else changed the number of workers; theirs is adopted.
    ExternalChange,
    /// The job is not RUNNING, or not all of its tasks are.
    JobNotRunning,
    /// Flink goes on serving the same old values.
    MetricsStale,
    /// The execution is young and its numbers tell of the restart, not of the load; or there are
    /// too few samples yet to tell anything.
    WarmingUp,
    /// Something that the decision needs was not read.
    MetricsMissing,
    /// Workers are present that Flink does not use yet, or fewer than were asked for.
    WorkersPending,
    /// The cluster is not in Reactive Mode: other TaskManagers would not change the job, or
    /// redeploy it.
    NotReactive,
    /// No checkpoint has completed for several intervals.
    CheckpointsFailing,
    /// Checkpoints are off, or none was triggered and completed since the job resumed: a restart
    /// now would read the same input yet again.
    NoCheckpoint,
    /// Somebody put the number of workers back each time that we changed it; it is tried again
    /// later.
    Reverted,
    /// The last attempt to change the number of workers failed; it is tried again later.
    TargetUnavailable,
    /// There is a backlog and nothing is read: a broker or a sink is down, and more workers would
    /// wait for it just the same.
    Stalled,
    /// Behind, but the backlog shrinks fast enough to be gone in time.
    CatchingUp,
    /// Behind, but the workers have nothing to do: something else holds the job up.
    SinkBound,
    /// Behind, and one worker is busy while the others are not.
    Skewed,
    /// Behind, and the last scale-up brought next to nothing.
    Ineffective,
    /// A backlog is not known, so the workers stay.
    BacklogUnknown,
    /// Utilization is not known, so the workers stay.
    UtilizationUnknown,
    /// The load fits the workers.
    Steady,
    /// More would be wanted than the bound allows.
    AtBound,
    /// A person has paused changes in this direction, at the target itself.
    Paused,
    /// The load has only just fallen; how far is not clear yet.
    Stabilizing,
    /// Fewer workers would do, and have not yet saved what a restart costs.
    NotWorthwhile,
    /// Scaling down is a failure to Flink, and this job is not started again after a failure.
    NoRestartStrategy,
    /// Too soon after the last restart.
    Cooldown,
}

/// What limited the number of workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// `WORKERS_MIN`.
    WorkersMin,
    /// `WORKERS_MAX`.
    WorkersMax,
    /// What stands at the target in place of `WORKERS_MIN`.
    WorkersMinAnnotation,
    /// What stands at the target in place of `WORKERS_MAX`.
    WorkersMaxAnnotation,
    /// The job's `maxParallelism`.
    MaxParallelism,
    /// The splits of its source.
    Splits,
    /// Splits are spread evenly only over certain numbers of workers.
    UsefulSize,
    /// A rule of the cluster, which denied more or fewer.
    Cluster,
}

// === impl Trigger ===

impl Trigger {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BacklogTime => "backlog_time",
            Self::Utilization => "utilization",
            Self::DelayBudget => "delay_budget",
            Self::Idle => "idle",
            Self::Ineffective => "ineffective",
            Self::OutOfBounds => "out_of_bounds",
        }
    }

    /// One sentence for the person who was paged.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BacklogTime => "a source would need too long to read its backlog",
            Self::Utilization => "the workers have little CPU left",
            Self::DelayBudget => {
                "the delay would break DELAY_BUDGET, and workers asked for later would come too late"
            }
            Self::Idle => "fewer workers would do",
            Self::Ineffective => "the last scale-up brought next to nothing and is taken back",
            Self::OutOfBounds => "the workers are outside of their bounds",
        }
    }
}

// === impl HoldReason ===

impl HoldReason {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 32] = [
        Self::SettingsInvalid,
        Self::ModeOff,
        Self::FlinkUnreachable,
        Self::NoJob,
        Self::SeveralJobs,
        Self::NotLeader,
        Self::RescaleInProgress,
        Self::ExternalChange,
        Self::JobNotRunning,
        Self::MetricsStale,
        Self::WarmingUp,
        Self::MetricsMissing,
        Self::WorkersPending,
        Self::NotReactive,
        Self::CheckpointsFailing,
        Self::NoCheckpoint,
        Self::Reverted,
        Self::TargetUnavailable,
        Self::Stalled,
        Self::CatchingUp,
        Self::SinkBound,
        Self::Skewed,
        Self::Ineffective,
        Self::BacklogUnknown,
        Self::UtilizationUnknown,
        Self::Steady,
        Self::AtBound,
        Self::Paused,
        Self::Stabilizing,
        Self::NotWorthwhile,
        Self::NoRestartStrategy,
        Self::Cooldown,
    ];

    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SettingsInvalid => "settings_invalid",
            Self::ModeOff => "mode_off",
            Self::FlinkUnreachable => "flink_unreachable",
            Self::NoJob => "no_job",
            Self::SeveralJobs => "several_jobs",
            Self::NotLeader => "not_leader",
            Self::RescaleInProgress => "rescale_in_progress",
            Self::ExternalChange => "external_change",
            Self::JobNotRunning => "job_not_running",
            Self::MetricsStale => "metrics_stale",
            Self::WarmingUp => "warming_up",
            Self::MetricsMissing => "metrics_missing",
            Self::WorkersPending => "workers_pending",
            Self::NotReactive => "not_reactive",
            Self::CheckpointsFailing => "checkpoints_failing",
            Self::NoCheckpoint => "no_checkpoint",
            Self::Reverted => "reverted",
            Self::TargetUnavailable => "target_unavailable",
            Self::Stalled => "stalled",
            Self::CatchingUp => "catching_up",
            Self::SinkBound => "sink_bound",
            Self::Skewed => "skewed",
            Self::Ineffective => "ineffective",
            Self::BacklogUnknown => "backlog_unknown",
            Self::UtilizationUnknown => "utilization_unknown",
            Self::Steady => "steady",
            Self::AtBound => "at_bound",
            Self::Paused => "paused",
            Self::Stabilizing => "stabilizing",
            Self::NotWorthwhile => "not_worthwhile",
            Self::NoRestartStrategy => "no_restart_strategy",
            Self::Cooldown => "cooldown",
        }
    }

    /// The workers stay because the load is not known, not because it fits them.
    #[must_use]
    pub const fn is_ignorance(self) -> bool {
        matches!(
            self,
            Self::BacklogUnknown | Self::UtilizationUnknown | Self::Stalled
        )
    }

    /// One sentence for the person who was paged.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::SettingsInvalid => "the settings contain mistakes; mend them and redeploy",
            Self::ModeOff => "switched off by OUTRIDER_MODE",
            Self::FlinkUnreachable => "Flink's REST API does not answer",
            Self::NoJob => "Flink runs no job",
            Self::SeveralJobs => "Flink runs several jobs; only a cluster with one is scaled",
            Self::NotLeader => {
                "another JobManager's sidecar acts for this job, or which one does is not known"
            }
            Self::RescaleInProgress => "the last change of workers is still coming through",
            Self::ExternalChange => "somebody else changed the number of workers; it is adopted",
            Self::JobNotRunning => "the job is starting, restarting or stopped",
            Self::MetricsStale => "Flink keeps serving the same old metrics",
            Self::WarmingUp => {
                "the job, or the watching of it, has just begun; the numbers settle first"
            }
            Self::MetricsMissing => "metrics that the decision needs could not be read",
            Self::WorkersPending => "TaskManagers are missing, or there and not used by Flink yet",
            Self::NotReactive => {
                "Flink is not in Reactive Mode (scheduler-mode); other TaskManagers would not change the job, or redeploy it"
            }
            Self::CheckpointsFailing => "no checkpoint has completed for several intervals",
            Self::NoCheckpoint => {
                "no checkpoint triggered since the job resumed has completed; a restart now would read the same input again"
            }
            Self::Reverted => {
                "a GitOps tool puts the number back; let it ignore spec.taskManager.replicas (ignoreDifferences, field manager outrider)"
            }
            Self::TargetUnavailable => "the last attempt to change the number of workers failed",
            Self::Stalled => {
                "there is a backlog and nothing is read: look at the broker and the sink"
            }
            Self::CatchingUp => "behind, but the backlog will be gone in time",
            Self::SinkBound => {
                "behind while the workers are idle: the sink or another service is slow"
            }
            Self::Skewed => "behind because one worker has far more to do than the others",
            Self::Ineffective => {
                "behind, and the last scale-up brought next to nothing: look at the sink, at other services, at the nodes"
            }
            Self::BacklogUnknown => "a backlog is not known, so no worker is taken away",
            Self::UtilizationUnknown => "the CPU use is not known, so no worker is taken away",
            Self::Steady => "the load fits the workers",
            Self::AtBound => "the load asks for a size that the bound does not allow",
            Self::Paused => "a person has paused changes in this direction, by an annotation",
            Self::Stabilizing => "the load has just fallen; how far is not clear yet",
            Self::NotWorthwhile => {
                "fewer workers would do, and have not yet saved what a restart costs"
            }
            Self::NoRestartStrategy => {
                "the job has no restart strategy; taking a worker away would end it for good"
            }
            Self::Cooldown => "too soon after the last restart",
        }
    }
}

// === impl Bound ===

impl Bound {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WorkersMin => "workers_min",
            Self::WorkersMax => "workers_max",
            Self::WorkersMinAnnotation => "workers_min_annotation",
            Self::WorkersMaxAnnotation => "workers_max_annotation",
            Self::MaxParallelism => "max_parallelism",
            Self::Splits => "splits",
            Self::UsefulSize => "useful_size",
            Self::Cluster => "cluster",
        }
    }
}
