//! What a simulated job is like: its parameters, and what goes wrong with it when.
//!
//! Pure: values in, values out.

mod parameter;

use crate::units::Workers;

/// No more workers than these: without `WORKERS_MAX`, and for every rival.
pub const ROOM: Workers = Workers(64);

/// A job in Reactive Mode and the cluster around it. Times are in seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Elements per second that one worker can read.
    pub capacity: f64,
    /// `n` workers can read `capacity * n^alpha`. Measured: 0.80 (ContTune's Nexmark Q1, 1 to 26
    /// subtasks), 0.93 (Phoebe's profiles, 2 to 23 workers, where they are saturated).
    pub alpha: f64,
    /// Deviation of the capacity, as a share of it; it wanders over about ten seconds.
    pub capacity_noise: f64,
    /// Bytes of an element.
    pub element_bytes: f64,
    /// Share of the load of each source.
    pub sources: Vec<f64>,
    /// Workers at the beginning.
    pub workers: u32,
    /// From the asking to a registered TaskManager: on a node that is there, on a new one.
    pub pod_wait: (f64, f64),
    /// Share of the pods that need a new node.
    pub new_nodes: f64,
    /// All pods of one request are ready together, at the last one's time; else one by one.
    pub together: bool,
    /// No element is read for so long when workers join.
    pub pause_up: (f64, f64),
    /// … and when workers leave,
    pub pause_down: (f64, f64),
    /// … and when one is lost: Flink has to miss it first.
    pub pause_lost: (f64, f64),
    /// After a restart the capacity rises to its full height within this time,
    pub warm_up: f64,
    /// from this share of it.
    pub warm_up_from: f64,
    /// From trigger to trigger.
    pub checkpoint_interval: f64,
    /// From the trigger to the completion.
    pub checkpoint_duration: f64,
    /// Flink waits so long after one rescale before the next: 30 s from 1.19 on, nothing before.
    pub rescale_cooldown: f64,
    /// Flink waits so long for more TaskManagers after one has joined: 60 s in 2.x.
    pub stabilization: f64,
    /// Partitions that the source reads; a worker has whole ones.
    pub partitions: Option<u32>,
    /// The job's `maxParallelism`.
    pub max_parallelism: u32,
    /// CPU cores allotted to a TaskManager.
    pub cpu_cores: f64,
    /// Share of them that an idle TaskManager uses.
    pub cpu_idle: f64,
    /// TaskManagers that die, per day; each is replaced like a new pod.
    pub losses_per_day: f64,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
}

/// Something that goes wrong for a while.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fault {
    /// Second at which it begins.
    pub from: u64,
    /// Second at which it is over.
    pub to: u64,
    /// What it is.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FaultKind {
    /// The sink takes this share of what comes in, however many workers there are.
    SinkTakes(f64),
    /// This share of all elements has one key, and so goes through one worker.
    HotKey(f64),
    /// An element costs so many times as much.
    Dearer(f64),
    /// Checkpoints fail.
    CheckpointsFail,
    /// The job does not run at all.
    JobDown,
    /// A worker fails, and is back before the job goes on. It lasts for one second.
    WorkerFails,
    /// Flink has no metrics.
    MetricsMissing,
    /// Flink serves the same values again and again.
    MetricsFrozen,
    /// Flink serves `NaN`.
    MetricsNan,
}

// === impl Model ===

impl Model {
    /// The job of the benchmark: what was measured where there are measurements, the middle of
    /// what was reported where there are not.
    ///
    /// The pauses, the warm-up and the replay are compared with recorded runs (`against`): with them
    /// the plant is about as late as two of Phoebe's jobs were in Reactive Mode on Kubernetes for six
    /// hours. `pause_lost` was chosen to fit those two, in which a failure made the job 52 s late.
    /// Where the workers are processes on one machine and the job has no state (tests/rig), the pauses
    /// are 1 to 5 s. That the first checkpoint comes at a random moment, and that workers join one by
    /// one, was seen there, too.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            capacity: 1000.0,
            alpha: 0.89,
            capacity_noise: 0.03,
            element_bytes: 500.0,
            sources: vec![1.0],
            workers: 2,
            pod_wait: (40.0, 120.0),
            new_nodes: 0.25,
            together: false,
            pause_up: (20.0, 40.0),
            pause_down: (25.0, 45.0),
            pause_lost: (35.0, 55.0),
            warm_up: 60.0,
            warm_up_from: 0.7,
            checkpoint_interval: 10.0,
            checkpoint_duration: 2.0,
            rescale_cooldown: 30.0,
            stabilization: 0.0,
            partitions: None,
            max_parallelism: 128,
            cpu_cores: 1.0,
            cpu_idle: 0.08,
            losses_per_day: 0.0,
            faults: Vec::new(),
        }
    }

    /// Elements per second that `workers` can read in the long run.
    #[must_use]
    pub fn capacity_of(&self, workers: f64) -> f64 {
        self.capacity * workers.max(0.0).powf(self.alpha)
    }

    /// The same for whole workers, of whom the one with the most partitions sets the pace.
    #[must_use]
    pub fn capacity_evenly(&self, workers: u32) -> f64 {
        let workers = workers.max(1);
        let evenly = self.partitions.map_or(1.0, |partitions| {
            let most = partitions.div_ceil(workers);
            f64::from(partitions) / (f64::from(most) * f64::from(workers))
        });
        self.capacity_of(f64::from(workers)) * evenly
    }

    /// The (fractional) workers that can just read so many elements per second.
    #[must_use]
    pub fn workers_for(&self, rate: f64) -> f64 {
        (rate.max(0.0) / self.capacity).powf(1.0 / self.alpha)
    }
}
