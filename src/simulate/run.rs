//! The live step meets a workload.
//!
//! Pure: values in, values out.

use crate::autoscaler::Autoscaler;
use crate::decide::{Action, Decision};
use crate::outcome::Outcome;
use crate::settings::{Mode, Parsed};
use crate::simulate::answers::{Answers, moment};
use crate::simulate::job::Plant;
use crate::simulate::load::Workload;
use crate::simulate::score::{Score, Scorer};
use crate::units::{Workers, len_as_f64};

/// From tick to tick, in seconds: the default of `INTERVAL`.
const TICK: u64 = 10;
/// Without `WORKERS_MAX`.
const ROOM: Workers = Workers(64);
/// A job that is never scaled is given its highest load over this.
const STATIC_UTILIZATION: f64 = 0.8;

/// How a run went.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// What it cost and how late it was.
    pub score: Score,
    /// The changes of workers that were asked for.
    pub changes: Vec<Change>,
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
    /// The decision, with its arithmetic.
    pub decision: Decision,
}

/// Settings as they were read, with room for 64 workers where they give none.
#[must_use]
pub fn with_room(mut parsed: Parsed) -> Parsed {
    parsed.settings.mode = Mode::Active;
    parsed.settings.workers_max.get_or_insert(ROOM);
    parsed
}

/// Lets the live step look after the job. The same seed gives the same run. `progress` hears of each
/// hour, as a share of the whole.
#[must_use]
pub fn autoscaled(workload: &Workload, parsed: &Parsed, seed: u64, progress: &dyn Fn(f64)) -> Run {
    let mut answers = Answers::new(seed);
    let mut autoscaler = Autoscaler::new(parsed);
    let mut changes = Vec::new();
    let score = play(workload, seed, progress, |plant| {
        let now = moment(plant.second());
        let decision = autoscaler.step(now, &answers.scrape(plant));
        let Action::ScaleTo { workers, .. } = decision.action else {
            return;
        };
        let outcome = Outcome::Asked {
            from: Some(plant.asked()),
            to: workers,
        };
        changes.push(Change {
            second: plant.second(),
            from: plant.in_use(),
            to: workers,
            decision,
        });
        plant.scale(workers);
        autoscaler.acted(now, &outcome);
    });
    Run { score, changes }
}

/// The same job with as many workers as its highest load needs, all the time.
#[must_use]
pub fn never_scaled(workload: &Workload, seed: u64) -> (Workers, Run) {
    let highest = workload.rates.iter().copied().fold(0.0, f64::max);
    let needed = workload.model.workers_for(highest / STATIC_UTILIZATION);
    let workers = Workers::rounded_up(needed)
        .unwrap_or(Workers(1))
        .max(Workers(1));
    let mut workload = workload.clone();
    workload.model.workers = workers.0;
    let score = play(&workload, seed, &|_| {}, |_| {});
    let changes = Vec::new();
    (workers, Run { score, changes })
}

fn play(
    workload: &Workload,
    seed: u64,
    progress: &dyn Fn(f64),
    mut tick: impl FnMut(&mut Plant),
) -> Score {
    let mut plant = Plant::new(workload.model.clone(), seed);
    let mut scorer = Scorer::new(plant.in_use());
    for (second, rate) in workload.rates.iter().enumerate() {
        plant.advance(*rate);
        scorer.second(&plant, workload.model.workers_for(*rate));
        if plant.second().is_multiple_of(TICK) {
            tick(&mut plant);
        }
        if second % 3600 == 0 {
            progress(len_as_f64(second) / len_as_f64(workload.rates.len()));
        }
    }
    scorer.score(workload, &plant)
}
