//! The workers that the load needs, by the published rule.
//!
//! Pure: values in, values out.
//!
//! Source: the Apache Beam blog's series “Crafting an Autoscaler for Apache Beam” (part 3), which
//! Palo Alto Networks runs on 40 000 jobs. Up when `backlog_time > 120 s` or `utilization > 90 %`:
//!
//! ```text
//! workers_required = workers * (backlog_growth + throughput) / throughput    while the backlog grows
//! workers_extra    = workers * backlog_time / catch_up
//! workers_wanted   = workers_required + workers_extra
//! ```
//!
//! Down when `utilization < 70 %`, no backlog grows and `backlog_time < 10 s`, to the fewest workers
//! with `workers / workers_new * utilization` at or under the target.
//!
//! Its holes, and what closes them here: CPU without a backlog asks for nothing (`for_utilization`);
//! a source that reads nothing asks for infinity (`stalled`); growth of any size counts (growth
//! within its noise is none); the catching up after each restart asks for the next (`catching_up`).

use crate::decide::{Arithmetic, HoldReason, Situation, Trigger, in_seconds};
use crate::observe::{SourceSeen, Unknown};
use crate::units::{Rate, Workers, seconds};

/// Behind with a CPU below this, the workers wait for something else, and more of them would wait
/// for it too (the published rule of Dataflow's streaming autoscaler).
const SINK_BOUND_BELOW: f64 = 0.2;

/// What the load asks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Demand {
    /// Other workers than now.
    Change(Change),
    /// Those there are.
    Hold(HoldReason),
}

/// Other workers than now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Change {
    /// So many.
    pub wanted: Workers,
    /// Because of this.
    pub because: Trigger,
    /// Worker-seconds that fewer workers have to save before they are worth a restart.
    pub cost: f64,
}

pub(super) fn rule(situation: &Situation<'_>, workers: Workers, sums: &mut Arithmetic) -> Demand {
    let observation = situation.observation;
    let settings = situation.settings;
    sums.reads("workers_in_use", workers.as_f64(), "workers");
    if let Ok(utilization) = observation.utilization {
        sums.reads("utilization", utilization.ratio(), "");
    }
    let slowest = slowest_source(situation, workers);
    if let Some(source) = slowest {
        read_source(source, sums);
    }
    if observation.sources.iter().any(|source| source.stalled) {
        return Demand::Hold(HoldReason::Stalled);
    }
    let behind = |source: &&SourceSeen| {
        source
            .backlog_time
            .is_ok_and(|time| time > settings.backlog_time_high)
    };
    let busy = observation
        .utilization
        .is_ok_and(|utilization| utilization > settings.utilization_high);
    let mut sources_behind = observation.sources.iter().filter(behind).peekable();
    let trigger = match sources_behind.peek() {
        Some(_) => Trigger::BacklogTime,
        None if busy => Trigger::Utilization,
        None => return down(situation, workers, sums),
    };
    if let Some(reason) = no_use_to_scale_up(situation, trigger) {
        return Demand::Hold(reason);
    }
    let for_backlog = slowest.map_or(0.0, |source| {
        for_backlog(situation, source, workers, Some(sums))
    });
    let for_cpu = if busy {
        for_utilization(situation, workers, sums)
    } else {
        0.0
    };
    let wanted = for_backlog.max(for_cpu);
    match Workers::rounded_up(wanted) {
        Some(wanted) if wanted > workers => Demand::Change(Change::at_once(wanted, trigger)),
        _ => Demand::Hold(HoldReason::Steady),
    }
}

/// `workers_required + workers_extra` of one source.
fn for_backlog(
    situation: &Situation<'_>,
    source: &SourceSeen,
    workers: Workers,
    sums: Option<&mut Arithmetic>,
) -> f64 {
    let (Ok(time), Ok(throughput)) = (source.backlog_time, source.throughput) else {
        return 0.0;
    };
    let workers = workers.as_f64();
    let growth = growth(source).get().max(0.0);
    let catch_up = situation.settings.catch_up;
    // A source that reads nothing and has nothing to read asks for those there are.
    let required = if growth > 0.0 && throughput.get() > 0.0 {
        workers * (growth + throughput.get()) / throughput.get()
    } else {
        workers
    };
    let extra = workers * time.as_secs_f64() / catch_up.as_secs_f64();
    if let Some(sums) = sums {
        sums.calculates(
            "workers_required",
            format!(
                "{workers} * ({growth:.1} + {0:.1}) / {0:.1}",
                throughput.get()
            ),
            required,
            "workers",
        );
        sums.calculates(
            "workers_extra",
            format!(
                "{workers} * {} / {}",
                in_seconds(time),
                in_seconds(catch_up)
            ),
            extra,
            "workers",
        );
        sums.calculates(
            "workers_wanted",
            format!("{required:.3} + {extra:.3}"),
            required + extra,
            "workers",
        );
    }
    required + extra
}

/// The published rule asks for nothing when the CPU is busy and there is no backlog yet.
fn for_utilization(situation: &Situation<'_>, workers: Workers, sums: &mut Arithmetic) -> f64 {
    let Ok(utilization) = situation.observation.utilization else {
        return 0.0;
    };
    let target = situation.settings.utilization_target;
    let wanted = workers.as_f64() * utilization.ratio() / target.ratio();
    sums.calculates(
        "workers_for_utilization",
        format!(
            "{workers} * {:.3} / {:.2}",
            utilization.ratio(),
            target.ratio()
        ),
        wanted,
        "workers",
    );
    wanted
}

/// Behind is no reason to scale while the present size catches up on schedule, or where workers are
/// not what is missing.
fn no_use_to_scale_up(situation: &Situation<'_>, trigger: Trigger) -> Option<HoldReason> {
    let observation = situation.observation;
    let settings = situation.settings;
    let behind = |source: &&SourceSeen| match trigger {
        Trigger::BacklogTime => source
            .backlog_time
            .is_ok_and(|time| time > settings.backlog_time_high),
        _ => true,
    };
    let mut behind = observation.sources.iter().filter(behind);
    let catching_up = |source: &SourceSeen| is_catching_up(situation, source);
    let caught_by_all = match trigger {
        // Each source that is behind has to be on its way.
        Trigger::BacklogTime => behind.all(catching_up),
        // The CPU of a job that catches up is busy with just that.
        _ => behind.any(catching_up),
    };
    if caught_by_all {
        return Some(HoldReason::CatchingUp);
    }
    (trigger == Trigger::BacklogTime)
        .then(|| not_the_workers(situation))
        .flatten()
}

/// Behind, the workers have nothing to do, or one has all of it.
pub(super) fn not_the_workers(situation: &Situation<'_>) -> Option<HoldReason> {
    let (observation, settings) = (situation.observation, situation.settings);
    let utilization = observation.utilization.ok()?;
    if utilization.ratio() < SINK_BOUND_BELOW {
        return Some(HoldReason::SinkBound);
    }
    let one_is_busy = observation
        .utilization_highest
        .is_ok_and(|highest| highest > settings.utilization_high);
    let skewed = one_is_busy && utilization < settings.utilization_low;
    skewed.then_some(HoldReason::Skewed)
}

/// The backlog shrinks, beyond noise, and fast enough to be gone within `DRAIN_TIME_MAX`.
fn is_catching_up(situation: &Situation<'_>, source: &SourceSeen) -> bool {
    let shrinks = -growth(source).get();
    let Ok(backlog) = source.backlog() else {
        return false;
    };
    shrinks > 0.0 && seconds(backlog.get() / shrinks) <= situation.settings.drain_time_max
}

fn down(situation: &Situation<'_>, workers: Workers, sums: &mut Arithmetic) -> Demand {
    if let Some(reason) = cannot_be_idle(situation) {
        return Demand::Hold(reason);
    }
    let busy = |utilization| utilization >= situation.settings.utilization_low;
    if situation.observation.utilization.is_ok_and(busy) {
        return Demand::Hold(HoldReason::Steady);
    }
    let wanted = for_utilization(situation, workers, sums);
    match Workers::rounded_up(wanted) {
        Some(wanted) if wanted < workers => {
            Demand::Change(Change::at_once(wanted.max(Workers(1)), Trigger::Idle))
        }
        _ => Demand::Hold(HoldReason::Steady),
    }
}

/// What speaks against fewer workers: something that is not known, a backlog, or one that grows.
pub(super) fn cannot_be_idle(situation: &Situation<'_>) -> Option<HoldReason> {
    let observation = situation.observation;
    if observation.sources.is_empty() {
        return Some(HoldReason::BacklogUnknown);
    }
    for source in &observation.sources {
        match (source.backlog_time, source.backlog_growth) {
            (Err(Unknown::Stalled), _) => return Some(HoldReason::Stalled),
            (Err(_), _) | (_, Err(_)) => return Some(HoldReason::BacklogUnknown),
            (Ok(time), Ok(_)) if time >= situation.settings.backlog_time_low => {
                return Some(HoldReason::Steady);
            }
            (Ok(_), Ok(growth)) if growth.beyond_noise().get() > 0.0 => {
                return Some(HoldReason::Steady);
            }
            _ => {}
        }
    }
    let unknown = observation.utilization.is_err();
    unknown.then_some(HoldReason::UtilizationUnknown)
}

/// The source that asks for the most workers: it decides, and is named.
fn slowest_source<'a>(situation: &Situation<'a>, workers: Workers) -> Option<&'a SourceSeen> {
    situation
        .observation
        .sources
        .iter()
        .filter(|source| source.backlog_time.is_ok())
        .max_by(|a, b| {
            let wants = |source| for_backlog(situation, source, workers, None);
            wants(a).total_cmp(&wants(b))
        })
}

fn read_source(source: &SourceSeen, sums: &mut Arithmetic) {
    let (amount, per_second) = (source.unit.name(), source.unit.per_second());
    if let Ok(bytes) = source.backlog_bytes {
        sums.reads("backlog_bytes", bytes.get(), "bytes");
    }
    if let (Ok(elements), "elements") = (source.backlog_elements, amount) {
        sums.reads("backlog_elements", elements.get(), amount);
    }
    if let Ok(throughput) = source.throughput {
        sums.reads("throughput", throughput.get(), per_second);
    }
    if let Ok(growth) = source.backlog_growth {
        sums.reads("backlog_growth", growth.rate.get(), per_second);
        sums.reads("backlog_growth_noise", growth.noise.get(), per_second);
    }
    if let Ok(time) = source.backlog_time {
        sums.reads("backlog_time", time.as_secs_f64(), "s");
    }
}

fn growth(source: &SourceSeen) -> Rate {
    source
        .backlog_growth
        .map_or(Rate::ZERO, |growth| growth.beyond_noise())
}

// === impl Change ===

impl Change {
    /// Whatever the restart costs.
    pub const fn at_once(wanted: Workers, because: Trigger) -> Self {
        Self {
            wanted,
            because,
            cost: 0.0,
        }
    }
}
