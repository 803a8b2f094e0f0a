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
    /// Neither backlog nor utilization needs the present workers.
    Idle,
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
    /// The job is not RUNNING, or not all of its tasks are.
    JobNotRunning,
    /// Something that the decision needs was not read.
    MetricsMissing,
    /// Flink goes on serving the same old values.
    MetricsStale,
    /// The execution is young and its numbers tell of the restart, not of the load; or there are
    /// too few samples yet to tell anything.
    WarmingUp,
    /// Checkpoints are off, or none was triggered and completed since the job resumed: a restart
    /// now would read the same input yet again.
    NoCheckpoint,
    /// No checkpoint has completed for several intervals.
    CheckpointsFailing,
    /// The last change has not come through yet.
    RescaleInProgress,
    /// Workers are present that Flink does not use yet, or fewer than were asked for.
    WorkersPending,
    /// Somebody else changed the number of workers; theirs is adopted.
    ExternalChange,
    /// Too soon after the last restart.
    Cooldown,
    /// The load has only just fallen; how far is not clear yet.
    Stabilizing,
    /// The last attempt to change the number of workers failed; it is tried again later.
    TargetUnavailable,
    /// There is a backlog and nothing is read: a broker or a sink is down, and more workers would
    /// wait for it just the same.
    Stalled,
    /// A backlog is not known, so the workers stay.
    BacklogUnknown,
    /// Utilization is not known, so the workers stay.
    UtilizationUnknown,
    /// Scaling down is a failure to Flink, and this job is not started again after a failure.
    NoRestartStrategy,
    /// Behind, but the backlog shrinks fast enough to be gone in time.
    CatchingUp,
    /// Behind, but the workers have nothing to do: something else holds the job up.
    SinkBound,
    /// Behind, and one worker is busy while the others are not.
    Skewed,
    /// More would be wanted than the bound allows.
    AtBound,
    /// The load fits the workers.
    Steady,
}

/// What limited the number of workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// `WORKERS_MIN`.
    WorkersMin,
    /// `WORKERS_MAX`.
    WorkersMax,
    /// The job's `maxParallelism`.
    MaxParallelism,
    /// The splits of its source.
    Splits,
    /// Splits are spread evenly only over certain numbers of workers.
    UsefulSize,
}

// === impl Trigger ===

impl Trigger {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BacklogTime => "backlog_time",
            Self::Utilization => "utilization",
            Self::Idle => "idle",
            Self::OutOfBounds => "out_of_bounds",
        }
    }

    /// One sentence for the person who was paged.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BacklogTime => "a source would need too long to read its backlog",
            Self::Utilization => "the workers have little CPU left",
            Self::Idle => "fewer workers would do",
            Self::OutOfBounds => "the workers are outside of WORKERS_MIN and WORKERS_MAX",
        }
    }
}

// === impl HoldReason ===

impl HoldReason {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 26] = [
        Self::SettingsInvalid,
        Self::ModeOff,
        Self::FlinkUnreachable,
        Self::NoJob,
        Self::SeveralJobs,
        Self::JobNotRunning,
        Self::MetricsMissing,
        Self::MetricsStale,
        Self::WarmingUp,
        Self::NoCheckpoint,
        Self::CheckpointsFailing,
        Self::RescaleInProgress,
        Self::WorkersPending,
        Self::ExternalChange,
        Self::Cooldown,
        Self::Stabilizing,
        Self::TargetUnavailable,
        Self::Stalled,
        Self::BacklogUnknown,
        Self::UtilizationUnknown,
        Self::NoRestartStrategy,
        Self::CatchingUp,
        Self::SinkBound,
        Self::Skewed,
        Self::AtBound,
        Self::Steady,
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
            Self::JobNotRunning => "job_not_running",
            Self::MetricsMissing => "metrics_missing",
            Self::MetricsStale => "metrics_stale",
            Self::WarmingUp => "warming_up",
            Self::NoCheckpoint => "no_checkpoint",
            Self::CheckpointsFailing => "checkpoints_failing",
            Self::RescaleInProgress => "rescale_in_progress",
            Self::WorkersPending => "workers_pending",
            Self::ExternalChange => "external_change",
            Self::Cooldown => "cooldown",
            Self::Stabilizing => "stabilizing",
            Self::TargetUnavailable => "target_unavailable",
            Self::Stalled => "stalled",
            Self::BacklogUnknown => "backlog_unknown",
            Self::UtilizationUnknown => "utilization_unknown",
            Self::NoRestartStrategy => "no_restart_strategy",
            Self::CatchingUp => "catching_up",
            Self::SinkBound => "sink_bound",
            Self::Skewed => "skewed",
            Self::AtBound => "at_bound",
            Self::Steady => "steady",
        }
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
            Self::JobNotRunning => "the job is starting, restarting or stopped",
            Self::MetricsMissing => "metrics that the decision needs could not be read",
            Self::MetricsStale => "Flink keeps serving the same old metrics",
            Self::WarmingUp => {
                "the job, or the watching of it, has just begun; the numbers settle first"
            }
            Self::NoCheckpoint => {
                "no checkpoint triggered since the job resumed has completed; a restart now would read the same input again"
            }
            Self::CheckpointsFailing => "no checkpoint has completed for several intervals",
            Self::RescaleInProgress => "the last change of workers is still coming through",
            Self::WorkersPending => "TaskManagers are missing, or there and not used by Flink yet",
            Self::ExternalChange => "somebody else changed the number of workers; it is adopted",
            Self::Cooldown => "too soon after the last restart",
            Self::Stabilizing => "the load has just fallen; how far is not clear yet",
            Self::TargetUnavailable => "the last attempt to change the number of workers failed",
            Self::Stalled => {
                "there is a backlog and nothing is read: look at the broker and the sink"
            }
            Self::BacklogUnknown => "a backlog is not known, so no worker is taken away",
            Self::UtilizationUnknown => "the CPU use is not known, so no worker is taken away",
            Self::NoRestartStrategy => {
                "the job has no restart strategy; taking a worker away would end it for good"
            }
            Self::CatchingUp => "behind, but the backlog will be gone in time",
            Self::SinkBound => {
                "behind while the workers are idle: the sink or another service is slow"
            }
            Self::Skewed => "behind because one worker has far more to do than the others",
            Self::AtBound => "the load asks for a size that the bound does not allow",
            Self::Steady => "the load fits the workers",
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
            Self::MaxParallelism => "max_parallelism",
            Self::Splits => "splits",
            Self::UsefulSize => "useful_size",
        }
    }
}
