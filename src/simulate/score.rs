//! What a run cost and how late it was.
//!
//! Pure: values in, values out.

use serde::Serialize;

use crate::simulate::job::{Plant, Tally};
use crate::simulate::load::Workload;
use crate::units::{Workers, count_as_f64, f64_as_count, len_as_f64};

/// Delays are counted by the second up to this, and beyond it together.
const LONGEST_DELAY: usize = 3 * 3600;
/// A change of direction within this time is a flap.
const FLAP_SECONDS: u64 = 15 * 60;

/// How a run went.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Score {
    /// Days that were simulated.
    pub days: f64,
    /// Worker-seconds paid over the fluid bound of the load.
    pub cost: f64,
    /// Worker-hours paid.
    pub worker_hours: f64,
    /// Share of the time with a delay over 60 s.
    pub late_60: f64,
    /// Share of the time with a delay over 120 s.
    pub late_120: f64,
    /// Delay that 99 % of the time is not over, in seconds.
    pub delay_p99: f64,
    /// The longest delay, in seconds.
    pub delay_max: f64,
    /// Changes of the number of workers that were asked for, per day.
    pub rescales_per_day: f64,
    /// Times that the job stopped and started again, for whatever reason, per day.
    pub restarts_per_day: f64,
    /// Seconds in which nothing was read because of that.
    pub paused_seconds: f64,
    /// Elements read again over elements that came in.
    pub replayed: f64,
    /// Changes of direction within 15 minutes.
    pub flaps: u32,
    /// Worker-hours that the load did not need.
    pub wasted_hours: f64,
    /// Worker-hours that the load needed and did not have.
    pub missing_hours: f64,
}

/// Takes the score while a run goes on.
#[derive(Clone, Debug)]
pub struct Scorer {
    /// What was true before.
    before: Tally,
    delays: Vec<u32>,
    longest: f64,
    wasted: f64,
    missing: f64,
    asked: Workers,
    last_change: Option<(u64, bool)>,
    rescales: u32,
    flaps: u32,
}

// === impl Score ===

impl Score {
    /// All of it in one number: worker-hours paid, and a worker-hour for each minute in which the
    /// job is later than 60 s, and five minutes of all its workers for each rescale; over the
    /// worker-hours of the fluid bound.
    #[must_use]
    pub fn price(&self) -> f64 {
        let hours = self.days * 24.0;
        let late = self.late_60 * hours * 60.0;
        let workers = self.worker_hours / hours;
        let rescales = self.rescales_per_day * self.days * workers * 5.0 / 60.0;
        let bound = self.worker_hours / self.cost;
        (self.worker_hours + late + rescales) / bound
    }
}

// === impl Scorer ===

impl Scorer {
    /// Before the first second that counts.
    #[must_use]
    pub fn new(plant: &Plant) -> Self {
        Self {
            before: plant.tally(),
            delays: vec![0; LONGEST_DELAY + 1],
            longest: 0.0,
            wasted: 0.0,
            missing: 0.0,
            asked: plant.asked(),
            last_change: None,
            rescales: 0,
            flaps: 0,
        }
    }

    /// After a second in which `needed` workers would have done. Gives the delay, in seconds.
    pub fn second(&mut self, plant: &Plant, needed: f64) -> f64 {
        let delay = plant.delay();
        self.longest = self.longest.max(delay);
        let bucket = f64_as_count(delay).and_then(|delay| usize::try_from(delay).ok());
        self.delays[bucket.unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY)] += 1;
        let over = plant.in_use().as_f64() - needed;
        self.wasted += over.max(0.0);
        self.missing += (-over).max(0.0);
        self.change(plant.second(), plant.asked());
        delay
    }

    fn change(&mut self, second: u64, asked: Workers) {
        if asked == self.asked {
            return;
        }
        self.rescales += 1;
        let up = asked > self.asked;
        if self
            .last_change
            .is_some_and(|(at, was_up)| was_up != up && second - at <= FLAP_SECONDS)
        {
            self.flaps += 1;
        }
        self.last_change = Some((second, up));
        self.asked = asked;
    }

    /// The score of the run.
    #[must_use]
    pub fn score(&self, workload: &Workload, plant: &Plant) -> Score {
        let seconds = len_as_f64(workload.rates.len()).max(1.0);
        let tally = plant.tally().since(self.before);
        Score {
            days: seconds / 86_400.0,
            cost: tally.worker_seconds / workload.fluid_bound(),
            worker_hours: tally.worker_seconds / 3600.0,
            late_60: self.share_over(60, seconds),
            late_120: self.share_over(120, seconds),
            delay_p99: self.quantile(0.99, seconds),
            delay_max: self.longest,
            rescales_per_day: f64::from(self.rescales) * 86_400.0 / seconds,
            restarts_per_day: f64::from(tally.restarts) * 86_400.0 / seconds,
            paused_seconds: tally.paused_seconds,
            replayed: tally.replayed / tally.arrived.max(1.0),
            flaps: self.flaps,
            wasted_hours: self.wasted / 3600.0,
            missing_hours: self.missing / 3600.0,
        }
    }

    fn share_over(&self, delay: usize, seconds: f64) -> f64 {
        let over: u64 = self.delays[delay + 1..].iter().map(|n| u64::from(*n)).sum();
        count_as_f64(over) / seconds
    }

    fn quantile(&self, share: f64, seconds: f64) -> f64 {
        let mut left = share * seconds;
        for (delay, count) in self.delays.iter().enumerate() {
            left -= f64::from(*count);
            if left <= 0.0 {
                return len_as_f64(delay);
            }
        }
        len_as_f64(LONGEST_DELAY)
    }
}
