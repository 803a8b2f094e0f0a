//! The simulated job in real time: it lives a second when a second has passed.
//!
//! Pure: values in, values out.

use serde::Serialize;
use serde_json::Value;

use crate::demo::rest;
use crate::outcome::Outcome;
use crate::scrape::Scrape;
use crate::simulate::answers::Answers;
use crate::simulate::job::Plant;
use crate::simulate::load::Workload;
use crate::simulate::policy;
use crate::simulate::rivals::meter::Meter;
use crate::simulate::rivals::{ASKED_EVERY, Rival, Wish};
use crate::simulate::run;
use crate::simulate::score::Scorer;
use crate::units::{Timestamp, Workers, count_as_f64};

/// The same chance each time: what is seen can be seen again.
const SEED: u64 = 1;
/// The job has run for so many seconds when the demo begins: a job that has just started is warming
/// up, and there is nothing to see.
const RUN_IN: u64 = 120;
/// So many seconds are caught up at most. A machine that slept for longer has kept the job asleep.
const CATCH_UP: u64 = 30;
/// So many seconds ahead are waited for at most; more is a clock that was set back.
const AHEAD: u64 = 2;
/// Metrics are refreshed when somebody asks and so many seconds have passed: all requests of a tick,
/// which take a little over a second, are of one refresh.
const REFRESHED_EVERY: u64 = 3;

/// The job, its Flink, its load, and what is to be told of it in the end.
pub struct World {
    workload: Workload,
    repeats: bool,
    plant: Plant,
    answers: Answers,
    /// What Flink's metric store holds, and of which second.
    store: (u64, Scrape),
    scorer: Scorer,
    lived: Vec<f64>,
    rescales: u32,
    rival: Option<Looking>,
    /// What the rival asked for in the last second, and why.
    wish: Option<Wish>,
}

/// A rival that looks after the job in the sidecar's place.
struct Looking {
    rival: Box<dyn Rival>,
    meter: Meter,
    workers_max: Workers,
}

/// How the job is now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moment {
    /// Seconds since the demo began.
    pub second: u64,
    /// Elements per second that come in.
    pub input_rate: f64,
    /// Workers that it runs on; `None` while it is restarted.
    pub in_use: Option<Workers>,
    /// Workers that were asked for last.
    pub asked: Workers,
    /// What a rival has just asked for, where one looks after the job.
    pub wish: Option<Wish>,
    /// Age of the oldest element that is not read, in seconds.
    pub delay: f64,
}

/// How it went, beside a job on a fixed number of workers under the same load.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Summary {
    /// Seconds that the demo ran.
    pub seconds: u64,
    /// The highest rate, in elements per second.
    pub input_rate_highest: f64,
    /// Changes of the number of workers that were asked for.
    pub rescales: u32,
    /// The demo's job.
    pub scaled: Side,
    /// A job that has as many workers as the highest rate needs at 80 %, all the time.
    pub fixed: Side,
    /// So many.
    pub fixed_workers: Workers,
}

/// What one of the two cost and how late it was.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Side {
    /// Worker-hours paid.
    pub worker_hours: f64,
    /// Share of the time with a delay over 60 s.
    pub late_60: f64,
    /// The longest delay, in seconds.
    pub delay_max: f64,
}

// === impl World ===

impl World {
    /// Begins at `now`, with a job that has run under its first rate for a while. A load that does
    /// not repeat ends.
    ///
    /// # Panics
    /// If the workload has no rates.
    #[must_use]
    pub fn begin(workload: Workload, repeats: bool, now: Timestamp) -> Self {
        let mut model = workload.model.clone();
        for fault in &mut model.faults {
            fault.from += RUN_IN;
            fault.to += RUN_IN;
        }
        let mut plant = Plant::new(model, SEED);
        for _ in 0..RUN_IN {
            plant.advance(workload.rates[0]);
        }
        let mut answers = Answers::new(SEED);
        answers.begins = before(now, plant.second());
        Self {
            repeats,
            store: (plant.second(), answers.scrape(&plant)),
            scorer: Scorer::new(&plant),
            lived: Vec::new(),
            rescales: 0,
            rival: None,
            wish: None,
            workload,
            plant,
            answers,
        }
    }

    /// The same, looked after by a rival, who may have so many workers at the most.
    #[must_use]
    pub fn looked_after_by(mut self, rival: Box<dyn Rival>, workers_max: Workers) -> Self {
        self.rival = Some(Looking {
            rival,
            meter: Meter::default(),
            workers_max,
        });
        self
    }

    /// Lives until `now`, or until the load ends.
    pub fn live_until(&mut self, now: Timestamp) {
        let due = now.since(self.answers.begins).as_secs();
        let lived = self.plant.second();
        if due > lived + CATCH_UP || due + AHEAD < lived {
            self.answers.begins = before(now, lived + 1);
        }
        let due = now.since(self.answers.begins).as_secs();
        self.wish = None;
        while self.plant.second() < due && !self.is_over() {
            let rate = self.rate(self.lived.len());
            self.plant.advance(rate);
            let needed = self.workload.model.workers_for(rate);
            self.scorer.second(&self.plant, needed);
            self.lived.push(rate);
            self.ask_the_rival();
        }
    }

    fn ask_the_rival(&mut self) {
        let Some(looking) = &mut self.rival else {
            return;
        };
        if !self.plant.second().is_multiple_of(ASKED_EVERY) {
            return;
        }
        let reading = looking.meter.read(&self.plant);
        let Some(mut wish) = looking.rival.wants(&reading) else {
            return;
        };
        wish.workers = wish.workers.clamp(Workers(1), looking.workers_max);
        if wish.workers != self.plant.asked() {
            self.wish = Some(wish);
            let _asked = self.scale_to(wish.workers);
        }
    }

    /// The load has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.repeats && self.lived.len() >= self.workload.rates.len()
    }

    /// What Flink answers now.
    pub fn scrape(&mut self) -> &Scrape {
        let second = self.plant.second();
        if second >= self.store.0 + REFRESHED_EVERY {
            self.store = (second, self.answers.scrape(&self.plant));
        }
        &self.store.1
    }

    /// What Flink answers to a GET now; `None` where it has nothing at this path.
    pub fn answer(&mut self, path: &str, query: &str) -> Option<Value> {
        self.scrape();
        let cpu_of = |id: &str| self.cpu_of_taskmanager(id);
        rest::answer(&self.store.1, &cpu_of, path, query)
    }

    /// CPU seconds of this TaskManager; `None` where it is not registered or there are no metrics.
    #[must_use]
    pub fn cpu_of_taskmanager(&self, id: &str) -> Option<f64> {
        self.answers.cpu_of_taskmanager(&self.plant, id)
    }

    /// Asks for so many workers.
    pub fn scale_to(&mut self, workers: Workers) -> Outcome {
        let from = self.plant.asked();
        if workers != from {
            self.rescales += 1;
            self.plant.scale(workers);
        }
        Outcome::Asked {
            from: Some(from),
            to: workers,
        }
    }

    /// How the job is now.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment {
            second: self.seconds(),
            input_rate: self.rate(self.lived.len().saturating_sub(1)),
            in_use: self.plant.is_running().then_some(self.plant.in_use()),
            asked: self.plant.asked(),
            wish: self.wish,
            delay: self.plant.delay(),
        }
    }

    /// How it went until now.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let workload = Workload {
            rates: self.lived.clone(),
            ..self.workload.clone()
        };
        let score = self.scorer.score(&workload, &self.plant);
        let fixed = policy::named("static", &[]).expect("there is one of this name");
        let fixed = run::run(&workload, &fixed, SEED, &|_| {}).score;
        let seconds = self.seconds();
        let workers = fixed.worker_hours * 3600.0 / count_as_f64(seconds.max(1));
        Summary {
            seconds,
            input_rate_highest: self.lived.iter().copied().fold(0.0, f64::max),
            rescales: self.rescales,
            scaled: Side {
                worker_hours: score.worker_hours,
                late_60: score.late_60,
                delay_max: score.delay_max,
            },
            fixed: Side {
                worker_hours: fixed.worker_hours,
                late_60: fixed.late_60,
                delay_max: fixed.delay_max,
            },
            fixed_workers: Workers::rounded_up(workers).unwrap_or(Workers(0)),
        }
    }

    fn seconds(&self) -> u64 {
        self.plant.second() - RUN_IN
    }

    /// In this second of the demo.
    fn rate(&self, second: usize) -> f64 {
        let rates = &self.workload.rates;
        rates[second % rates.len()]
    }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_sub(seconds * 1000))
}
