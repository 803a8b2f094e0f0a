//! What the simulator says of a run before it: the same load, the same settings, a job with the
//! parameters of the rig.

use outrider::autoscaler::Autoscaler;
use outrider::decide::{Action, Decision};
use outrider::outcome::Outcome;
use outrider::settings::{Mode, Settings};
use outrider::simulate::answers::{Answers, moment};
use outrider::simulate::job::Plant;
use outrider::simulate::model::Model;
use outrider::units::{count_as_f64, len_as_f64};
use serde_json::json;

use crate::ran::{Ran, Rescale, Second, Took};

/// From tick to tick, in seconds: the default of `INTERVAL`.
const TICK: u64 = 10;
/// What a restart costs is looked at for so many seconds.
const LOOKED_AT: u64 = 180;

/// What is known of the rig without this run (tests/rig/README.md and the recorded runs).
pub const RIG: [(&str, &[f64]); 12] = [
    ("capacity", &[960.0]),
    ("alpha", &[1.0]),
    ("warm_up_from", &[1.0]),
    ("element_bytes", &[500.0]),
    ("pause_up", &[1.0, 2.4]),
    ("pause_down", &[1.0, 2.4]),
    ("new_nodes", &[0.0]),
    ("checkpoint_interval", &[10.0]),
    ("checkpoint_duration", &[0.0]),
    ("cpu_idle", &[0.25]),
    ("partitions", &[12.0]),
    ("max_parallelism", &[12.0]),
];
/// A TaskManager is registered so many seconds after its process began.
const REGISTERED: f64 = 2.4;

/// The simulated job, and what is true of it at each second.
struct Simulated {
    plant: Plant,
    moments: Vec<Moment>,
}

/// What is true at the end of a second.
#[derive(Clone, Copy)]
struct Moment {
    delay: f64,
    running: bool,
    restarts: u32,
    paused: f64,
    again: f64,
    read: f64,
    paid: f64,
}

/// The run as the simulator has it; `wait` is the time until a TaskManager begins, in seconds.
pub fn foretold(rates: &[f64], variables: &[(String, String)], wait: f64, seed: u64) -> Ran {
    let mut parsed = Settings::parse(variables.iter().cloned());
    assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
    parsed.settings.mode = Mode::Active;
    let mut autoscaler = Autoscaler::new(&parsed);
    let mut answers = Answers::new(seed);
    let mut job = Simulated {
        plant: Plant::new(rig(wait), seed),
        moments: Vec::new(),
    };
    let mut asked: Vec<(u64, u64, Decision)> = Vec::new();
    for rate in rates {
        job.plant.advance(*rate);
        job.look();
        let second = job.plant.second();
        if second % TICK != seed % TICK {
            continue;
        }
        let decision = autoscaler.step(moment(second), &answers.scrape(&job.plant));
        let Action::ScaleTo { workers, .. } = decision.action else {
            continue;
        };
        let outcome = Outcome::Asked {
            from: Some(job.plant.asked()),
            to: workers,
        };
        autoscaler.acted(moment(second), &outcome);
        asked.push((second, u64::from(job.plant.in_use().0), decision));
        job.plant.scale(workers);
    }
    job.told(&asked)
}

fn rig(wait: f64) -> Model {
    let mut model = Model::usual();
    for (name, numbers) in RIG {
        model.set(name, numbers).expect("a parameter");
    }
    let wait = wait + REGISTERED;
    model.set("pod_wait", &[wait, wait]).expect("a range");
    model.workers = 1;
    model
}

// === impl Simulated ===

impl Simulated {
    fn look(&mut self) {
        let tally = self.plant.tally();
        self.moments.push(Moment {
            delay: self.plant.delay(),
            running: self.plant.is_running(),
            restarts: tally.restarts,
            paused: tally.paused_seconds,
            again: tally.replayed,
            read: tally.read,
            paid: tally.worker_seconds,
        });
    }

    fn told(&self, asked: &[(u64, u64, Decision)]) -> Ran {
        let last = self.plant.tally();
        let paid_before = |place: usize| place.checked_sub(1).map_or(0.0, |p| self.moments[p].paid);
        let second = |(place, moment): (usize, &Moment)| Second {
            delay: moment.delay,
            paid: moment.paid - paid_before(place),
        };
        let mut ran = Ran {
            seconds: self.moments.iter().enumerate().map(second).collect(),
            rescales: Vec::new(),
            restarts: f64::from(last.restarts),
            paused: last.paused_seconds,
            again: last.replayed,
        };
        for (place, (second, from, decision)) in asked.iter().enumerate() {
            let next = asked.get(place + 1).map_or(u64::MAX, |(next, ..)| *next);
            let to = decision.scale_to().expect("it scales").0;
            let arithmetic = json!(decision.arithmetic.lines());
            let rescale = Rescale {
                second: count_as_f64(*second),
                from: *from,
                to: u64::from(to),
                because: decision.reason().into(),
                foreseen: Took::foreseen(&arithmetic, u64::from(to) > *from),
                measured: self.measured(&ran, *second, next),
            };
            ran.rescales.push(rescale);
        }
        ran
    }

    /// What the rescale that was asked for at this second took.
    fn measured(&self, ran: &Ran, asked: u64, next: u64) -> Took {
        let place = |second: u64| usize::try_from(second).expect("minutes of seconds");
        let from = place(asked - 1);
        let to = place(next.min(asked + LOOKED_AT)).min(self.moments.len());
        let (before, after) = (self.moments[from], self.moments[to - 1]);
        let stopped = |at: &usize| !self.moments[*at].running && self.moments[at - 1].running;
        let stops: Vec<usize> = (from.max(1)..to).filter(stopped).collect();
        let last = stops.last().copied();
        Took {
            wait: last.map(|stop| len_as_f64(stop - from)),
            pause: Some(after.paused - before.paused),
            again: Some(stops.iter().map(|stop| self.again(*stop)).sum()),
            delay: last.map(|stop| ran.highest_delay(from, stop, to)),
            stops: Some(f64::from(after.restarts - before.restarts)),
        }
    }

    /// Seconds of reading, at the pace of the ten before it, that the stop made the job do again.
    fn again(&self, stop: usize) -> f64 {
        let (before, last) = (
            self.moments[stop.saturating_sub(11)],
            self.moments[stop - 1],
        );
        let again = self.moments[stop].again - last.again;
        again / ((last.read - before.read) / 10.0).max(1.0)
    }
}
