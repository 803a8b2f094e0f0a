//! A policy meets a workload.
//!
//! Pure: values in, values out.

use crate::autoscaler::Autoscaler;
use crate::decide::{Action, Decision};
use crate::outcome::Outcome;
use crate::settings::{Mode, Parsed};
use crate::simulate::answers::{Answers, moment};
use crate::simulate::job::Plant;
use crate::simulate::load::Workload;
use crate::simulate::model::ROOM;
use crate::simulate::policy::{Brain, Policy};
use crate::simulate::rivals::meter::Meter;
use crate::simulate::rivals::{ASKED_EVERY, Rival};
use crate::simulate::score::{Score, Scorer};
use crate::units::{Workers, count_as_f64, len_as_f64};

/// From tick to tick, in seconds: the default of `INTERVAL`.
const TICK: u64 = 10;
/// The job has run for so long, and the policy has looked after it, before anything counts.
const RUN_IN: u64 = 3600;
/// From one [`Moment`] to the next, in seconds.
const MOMENT: u64 = 30;

/// How a run went.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// What it cost and how late it was.
    pub score: Score,
    /// The changes of workers that were asked for.
    pub changes: Vec<Change>,
    /// What a picture shows, every half minute.
    pub moments: Vec<Moment>,
}

/// A change of workers.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Second of the run.
    pub second: u64,
    /// Workers in use then.
    pub from: Workers,
    /// Workers asked for.
    pub to: Workers,
    /// Why.
    pub because: Because,
}

/// Why workers were changed.
#[derive(Clone, PartialEq, Debug)]
pub enum Because {
    /// The live step decided so, with its arithmetic.
    Decided(Box<Decision>),
    /// A rival's word for it.
    Rival(&'static str),
}

/// How the job is at one moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moment {
    /// Second of the run.
    pub second: u64,
    /// Workers in use.
    pub in_use: Workers,
    /// Age of the oldest element that is not read, in seconds.
    pub delay: f64,
}

/// What decides, with what it remembers.
enum Decider {
    Live(Box<Autoscaler>, Answers),
    Rival(Box<dyn Rival>, Meter),
}

/// Lets the policy look after the job. The same seed gives the same run. `progress` hears of each
/// hour, as a share of the whole.
#[must_use]
pub fn run(workload: &Workload, policy: &Policy, seed: u64, progress: &dyn Fn(f64)) -> Run {
    let (mut decider, mut plant) = begin(workload, &policy.brain, seed);
    let mut scorer = Scorer::new(&plant);
    let (mut changes, mut moments) = (Vec::new(), Vec::new());
    for (place, second) in (0..workload.rates.len()).zip(1..) {
        plant.advance(workload.rates[place]);
        let delay = scorer.second(&plant, workload.needed(place));
        if plant.second().is_multiple_of(MOMENT) {
            moments.push(Moment {
                second,
                in_use: plant.in_use(),
                delay,
            });
        }
        let change = decider.tick(&mut plant);
        changes.extend(change.map(|change| Change { second, ..change }));
        if second % 3600 == 0 {
            progress(count_as_f64(second) / len_as_f64(workload.rates.len()));
        }
    }
    Run {
        score: scorer.score(workload, &plant),
        changes,
        moments,
    }
}

/// The job after its run-in, and what has looked after it.
fn begin(workload: &Workload, brain: &Brain, seed: u64) -> (Decider, Plant) {
    let later = workload.after(RUN_IN);
    let mut decider = Decider::new(&later, brain, seed);
    let mut model = later.model;
    if let Some(workers) = decider.begins_with() {
        model.workers = workers.0.clamp(1, ROOM.0);
    }
    let mut plant = Plant::new(model, seed);
    let first = later.rates.first().copied().unwrap_or(0.0);
    for _ in 0..RUN_IN {
        plant.advance(first);
        decider.tick(&mut plant);
    }
    (decider, plant)
}

fn with_room(mut parsed: Parsed) -> Parsed {
    parsed.settings.mode = Mode::Active;
    parsed.settings.workers_max.get_or_insert(ROOM);
    parsed
}

// === impl Because ===

impl Because {
    /// The one name of the reason.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.reason(),
            Self::Rival(word) => word,
        }
    }
}

// === impl Decider ===

impl Decider {
    fn new(workload: &Workload, brain: &Brain, seed: u64) -> Self {
        match brain {
            Brain::Live(parsed, parts) => {
                let autoscaler = Autoscaler::new(&with_room((**parsed).clone())).with(*parts);
                Self::Live(Box::new(autoscaler), Answers::new(seed))
            }
            Brain::Rival(rival, knobs) => {
                Self::Rival((rival.make)(workload, knobs), Meter::default())
            }
        }
    }

    fn begins_with(&self) -> Option<Workers> {
        match self {
            Self::Live(..) => None,
            Self::Rival(rival, _) => rival.begins_with(),
        }
    }

    /// Scales the job where the policy wants that now.
    fn tick(&mut self, plant: &mut Plant) -> Option<Change> {
        let (to, because) = match self {
            Self::Live(autoscaler, answers) if plant.second().is_multiple_of(TICK) => {
                step(autoscaler, answers, plant)?
            }
            Self::Rival(rival, meter) if plant.second().is_multiple_of(ASKED_EVERY) => {
                let wish = rival.wants(&meter.read(plant))?;
                let to = wish.workers.clamp(Workers(1), ROOM);
                (to != plant.asked()).then_some((to, Because::Rival(wish.because)))?
            }
            _ => return None,
        };
        let change = Change {
            second: plant.second(),
            from: plant.in_use(),
            to,
            because,
        };
        plant.scale(to);
        Some(change)
    }
}

fn step(
    autoscaler: &mut Autoscaler,
    answers: &mut Answers,
    plant: &Plant,
) -> Option<(Workers, Because)> {
    let now = moment(plant.second());
    let decision = autoscaler.step(now, &answers.scrape(plant));
    let Action::ScaleTo { workers, .. } = decision.action else {
        return None;
    };
    let outcome = Outcome::Asked {
        from: Some(plant.asked()),
        to: workers,
    };
    autoscaler.acted(now, &outcome);
    Some((workers, Because::Decided(Box::new(decision))))
}
