//! The plant: a fluid model of a Flink job in Reactive Mode, second by second.
//!
//! Pure: values in, values out.
//!
//! Elements come in, and workers read what they can: `capacity * n^alpha` a second, less while they
//! warm up. A worker that joins, leaves or is lost stops the job: it goes back to the last checkpoint
//! that has completed, reads nothing for a while, and goes on with the workers that were there when it
//! had stopped. One that joins later has to wait for the next stop, which Flink from 1.19 on allows 30 s
//! after the last; before, it follows at once. The first checkpoint comes at a random moment within
//! the interval. What has come in and is not read waits, and is read at full capacity afterwards. CPU
//! is used in proportion to what is read of what could be, on top of what an idle worker uses.
//!
//! What Flink says of all this is made in `answers`; what is true of it is told to the score; how far
//! it is from real jobs is measured in `against`.

mod capacity;
mod checkpoints;

use crate::simulate::job::checkpoints::CheckpointState;
use crate::simulate::model::{Fault, FaultKind, Model};
use crate::simulate::random::Random;
use crate::simulate::source::SourceState;
use crate::units::{Workers, count_as_f64, f64_as_count, len_as_f64};

/// Share of a pause in which the old execution is being stopped: two workers that came to a real job
/// within a second were once taken together and once one after the other, with pauses of two seconds.
const STOPPING: f64 = 0.5;
/// … and no more seconds than these, however long the state takes to restore.
const STOPPING_AT_MOST: f64 = 2.0;

/// A simulated job.
#[derive(Clone, Debug)]
pub struct Plant {
    pub(super) model: Model,
    pub(super) second: u64,
    pub(super) phase: Phase,
    pub(super) present: u32,
    pub(super) in_use: u32,
    /// Workers that the job will run on when the pause is over,
    taken: u32,
    /// which are those that are there until this second: then the old execution has stopped.
    stopping_until: u64,
    pub(super) sources: Vec<SourceState>,
    pub(super) checkpoints: CheckpointState,
    pub(super) cpu_seconds: f64,
    /// Seconds in which the workers were busy, as a mean over those in use.
    pub(super) busy_seconds: f64,
    /// CPU seconds of the busiest worker since the beginning, had it been there.
    pub(super) cpu_of_busiest: f64,
    /// … and of each of the others.
    pub(super) cpu_of_others: f64,
    asked: u32,
    /// Seconds at which pods will be there.
    pods: Vec<u64>,
    last_joined: u64,
    last_restart: Option<u64>,
    capacity_wander: f64,
    chance: Chance,
    tally: Tally,
}

/// Whether the job reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Since this second.
    Running { since: u64 },
    /// Until this second.
    Paused { until: u64 },
}

/// What is true, summed up since the beginning.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Tally {
    /// Seconds of workers that were paid for: from the asking for a pod to its end.
    pub worker_seconds: f64,
    /// Times that the job stopped and started again.
    pub restarts: u32,
    /// Seconds in which it read nothing because of that.
    pub paused_seconds: f64,
    /// Elements that were read again.
    pub replayed: f64,
    /// Elements that came in.
    pub arrived: f64,
    /// Elements that were read, those read again included.
    pub read: f64,
}

/// Chance, a stream for each purpose.
#[derive(Clone, Debug)]
struct Chance {
    capacity: Random,
    pods: Random,
    pauses: Random,
    losses: Random,
    checkpoints: Random,
}

// === impl Plant ===

impl Plant {
    /// A job that has run on its workers for an hour and is caught up.
    #[must_use]
    pub fn new(model: Model, seed: u64) -> Self {
        let random = Random::seeded(seed);
        let workers = model.workers;
        let sources = vec![SourceState::default(); model.sources.len()];
        let mut chance = Chance {
            capacity: random.stream(1),
            pods: random.stream(2),
            pauses: random.stream(3),
            losses: random.stream(4),
            checkpoints: random.stream(7),
        };
        let checkpoints = CheckpointState {
            next: chance.first_checkpoint(&model),
            ..CheckpointState::default()
        };
        Self {
            second: 0,
            phase: Phase::Running { since: 0 },
            asked: workers,
            present: workers,
            in_use: workers,
            taken: workers,
            stopping_until: 0,
            pods: Vec::new(),
            last_joined: 0,
            last_restart: None,
            sources,
            checkpoints,
            cpu_seconds: 0.0,
            busy_seconds: 0.0,
            cpu_of_busiest: 0.0,
            cpu_of_others: 0.0,
            capacity_wander: 0.0,
            chance,
            tally: Tally::default(),
            model,
        }
    }

    /// Seconds since the beginning.
    #[must_use]
    pub const fn second(&self) -> u64 {
        self.second
    }

    /// Workers that the job runs on.
    #[must_use]
    pub const fn in_use(&self) -> Workers {
        Workers(self.in_use)
    }

    /// The job reads; else it is being restarted.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// Workers that were asked for last.
    #[must_use]
    pub const fn asked(&self) -> Workers {
        Workers(self.asked)
    }

    /// What is true since the beginning.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Elements that have come in and are not read, over all sources.
    #[must_use]
    pub fn backlog(&self) -> f64 {
        self.sources.iter().map(SourceState::backlog).sum()
    }

    /// Age, in seconds, of the oldest element that is not read; the latest source counts.
    #[must_use]
    pub fn delay(&self) -> f64 {
        let delays = self.sources.iter().map(|source| source.delay(self.second));
        delays.fold(0.0, f64::max)
    }

    /// Asks for so many workers. More come one after the other or together, fewer leave at once.
    pub fn scale(&mut self, to: Workers) {
        let to = to.0;
        self.asked = to;
        let coming = u32::try_from(self.pods.len()).unwrap_or(u32::MAX);
        if to < self.present + coming {
            // Pods that are still starting go first.
            self.pods
                .truncate(usize::try_from(to.saturating_sub(self.present)).unwrap_or(0));
            self.present = self.present.min(to);
            return;
        }
        let wanted = to - self.present - coming;
        let mut ready: Vec<u64> = (0..wanted).map(|_| self.pod_ready()).collect();
        if self.model.together {
            let last = ready.iter().copied().max().unwrap_or(0);
            ready.fill(last);
        }
        self.pods.extend(ready);
    }

    /// So many workers are there from now on, without a wait: where somebody else's record says so.
    pub(super) fn have(&mut self, workers: u32) {
        if workers > self.present {
            self.last_joined = self.second;
        }
        self.present = workers;
        self.asked = workers;
    }

    /// One second, in which `rate` elements come in.
    pub fn advance(&mut self, rate: f64) {
        self.second += 1;
        self.arrive(rate);
        self.pods_join();
        self.lose();
        self.restart_if_due();
        if let Phase::Paused { until } = self.phase
            && self.second >= until
        {
            self.start();
        }
        if self.second <= self.stopping_until {
            self.taken = self.present;
        }
        match self.phase {
            Phase::Paused { .. } => self.pause(),
            Phase::Running { since } => self.run(rate, since),
        }
        self.checkpoint();
        let paid = f64::from(self.present) + len_as_f64(self.pods.len());
        self.tally.worker_seconds += paid;
    }

    /// Whether this goes wrong now, and how much.
    pub(super) fn fault<T>(&self, which: impl Fn(FaultKind) -> Option<T>) -> Option<T> {
        let now = self.second;
        let active = |fault: &&Fault| (fault.from..fault.to).contains(&now);
        self.model
            .faults
            .iter()
            .filter(active)
            .find_map(|fault| which(fault.kind))
    }

    fn arrive(&mut self, rate: f64) {
        self.tally.arrived += rate;
        for (source, share) in self.sources.iter_mut().zip(&self.model.sources) {
            source.arrive(self.second, rate * share);
        }
    }

    fn pod_ready(&mut self) -> u64 {
        let (there, new) = self.model.pod_wait;
        let wait = if self.chance.pods.chance(self.model.new_nodes) {
            new
        } else {
            there
        };
        // A pod is as often a tenth quicker as slower.
        let wait = wait * self.chance.pods.between((0.9, 1.1));
        self.second + f64_as_count(wait).unwrap_or(0)
    }

    fn pods_join(&mut self) {
        let now = self.second;
        let before = self.pods.len();
        self.pods.retain(|ready| *ready > now);
        let joined = before - self.pods.len();
        if joined > 0 {
            self.present += u32::try_from(joined).unwrap_or(0);
            self.last_joined = now;
        }
    }

    fn lose(&mut self) {
        let probability = self.model.losses_per_day / 86_400.0;
        if probability > 0.0 && self.present > 0 && self.chance.losses.chance(probability) {
            self.present -= 1;
            let ready = self.pod_ready();
            self.pods.push(ready);
        }
    }

    /// Flink takes what is there: fewer at once, more when its gates let it.
    fn restart_if_due(&mut self) {
        let down = self
            .fault(|kind| (kind == FaultKind::JobDown).then_some(()))
            .is_some();
        if down {
            self.stop(1.0);
            return;
        }
        if !matches!(self.phase, Phase::Running { .. }) {
            return;
        }
        let fails = self
            .fault(|kind| (kind == FaultKind::WorkerFails).then_some(()))
            .is_some();
        if fails {
            let pause = self.chance.pauses.between(self.model.pause_lost);
            self.stop(pause);
            return;
        }
        let usable = self.present.min(self.model.max_parallelism);
        if usable < self.in_use {
            let lost = self.present < self.asked;
            let range = if lost {
                self.model.pause_lost
            } else {
                self.model.pause_down
            };
            let pause = self.chance.pauses.between(range);
            self.stop(pause);
        } else if usable > self.in_use && self.gates_are_open() {
            let pause = self.chance.pauses.between(self.model.pause_up);
            self.stop(pause);
        }
    }

    fn gates_are_open(&self) -> bool {
        let since = |second: u64| count_as_f64(self.second - second);
        self.last_restart
            .is_none_or(|restart| since(restart) >= self.model.rescale_cooldown)
            && since(self.last_joined) >= self.model.stabilization
    }

    fn stop(&mut self, pause: f64) {
        if let Phase::Running { .. } = self.phase {
            self.tally.restarts += 1;
            for source in &mut self.sources {
                self.tally.replayed += source.go_back();
            }
            self.checkpoints.underway = None;
        }
        // Those that join while the rest of the pause goes on have to wait for the next one.
        let stopping = f64_as_count((pause * STOPPING).min(STOPPING_AT_MOST)).unwrap_or(0);
        self.stopping_until = self.second + stopping;
        let pause = f64_as_count(pause).unwrap_or(0).max(1);
        self.phase = Phase::Paused {
            until: self.second + pause,
        };
    }

    fn start(&mut self) {
        self.in_use = self.taken.min(self.present).min(self.model.max_parallelism);
        self.phase = Phase::Running { since: self.second };
        self.last_restart = Some(self.second);
        self.checkpoints.next = self.second + self.chance.first_checkpoint(&self.model);
        for source in &mut self.sources {
            source.read_in_execution = 0.0;
        }
    }

    /// A job that waits uses as little CPU as one that has nothing to read.
    fn pause(&mut self) {
        self.tally.paused_seconds += 1.0;
        let idle = self.model.cpu_idle;
        self.use_cpu(f64::from(self.present) * idle, idle, idle);
    }

    fn run(&mut self, rate: f64, since: u64) {
        let own = self.own_capacity(since);
        let capacity = own.min(self.limit_from_outside(rate));
        let waiting = self.backlog();
        let read = capacity.min(waiting);
        for source in &mut self.sources {
            // A source gets the share of the workers that it has of what waits.
            let part = if waiting > 0.0 {
                source.backlog() / waiting
            } else {
                0.0
            };
            source.read_on(read * part);
        }
        self.tally.read += read;
        let busy = if own > 0.0 { read / own } else { 0.0 };
        self.busy_seconds += busy;
        let idle = self.model.cpu_idle;
        let used = |busy: f64| idle + (1.0 - idle) * busy;
        let workers = f64::from(self.in_use);
        // A hot worker does its share of all that is read, the others do the rest between them.
        let busiest = self
            .hot_share()
            .map_or(busy, |share| share * workers * busy);
        let busiest = busiest.clamp(busy, 1.0);
        let others = (workers * busy - busiest).max(0.0) / (workers - 1.0).max(1.0);
        let unused = f64::from(self.present.saturating_sub(self.in_use));
        self.use_cpu(
            workers * used(busy) + unused * idle,
            used(busiest),
            used(others),
        );
    }

    /// Shares of the CPU of a worker, used for a second.
    fn use_cpu(&mut self, all: f64, busiest: f64, others: f64) {
        let cores = self.model.cpu_cores;
        self.cpu_seconds += cores * all;
        self.cpu_of_busiest += cores * busiest;
        self.cpu_of_others += cores * others;
    }
}

// === impl Tally ===

impl Tally {
    /// What came after another, earlier one.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            worker_seconds: self.worker_seconds - before.worker_seconds,
            restarts: self.restarts - before.restarts,
            paused_seconds: self.paused_seconds - before.paused_seconds,
            replayed: self.replayed - before.replayed,
            arrived: self.arrived - before.arrived,
            read: self.read - before.read,
        }
    }
}

// === impl Chance ===

impl Chance {
    /// Flink triggers the first checkpoint of an execution at a random moment within the interval.
    fn first_checkpoint(&mut self, model: &Model) -> u64 {
        let interval = model.checkpoint_interval;
        f64_as_count(self.checkpoints.between((0.0, interval))).unwrap_or(u64::MAX / 2)
    }
}
