//! Situations that the reporters tell of: one with everything in it, one with next to nothing.

use std::time::Duration;

use outrider::decide::cluster_bound::ClusterBound;
use outrider::decide::model::figures::Figures;
use outrider::decide::model::gain::Gain;
use outrider::decide::overrides::{Bounds, Overrides};
use outrider::decide::rescale::{Author, End, Rescale};
use outrider::decide::reverts::Reverted;
use outrider::decide::{Action, Arithmetic, Bound, Decision, HoldReason, Trigger};
use outrider::leadership::Leadership;
use outrider::observe::{
    CheckpointInterval, CheckpointsSeen, Growth, JobSeen, Observation, SourceSeen, Unknown,
    VertexSeen, WorkersSeen,
};
use outrider::outcome::Outcome;
use outrider::report::Tick;
use outrider::scrape::Cost;
use outrider::settings::{Parsed, Settings};
use outrider::units::{Amount, Rate, Timestamp, Unit, Utilization, Workers};

/// When every story here begins: 2026-01-31T12:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_769_860_800_000);

/// What a tick was, owned.
pub struct Situation {
    pub observation: Observation,
    pub decision: Decision,
    pub outcome: Outcome,
    pub workers_asked: Option<Workers>,
    pub rescales: Vec<Rescale>,
    pub overrides: Overrides,
    pub reverted: Option<Reverted>,
    pub cluster_bound: Option<ClusterBound>,
    pub leadership: Leadership,
    pub model: Option<Figures>,
}

impl Situation {
    pub fn tick(&self) -> Tick<'_> {
        Tick {
            cost: Cost {
                requests: 7,
                bytes: 12_345,
                duration: Duration::from_millis(1_250),
            },
            unread: None,
            observation: &self.observation,
            decision: &self.decision,
            outcome: &self.outcome,
            workers_asked: self.workers_asked,
            rescales: &self.rescales,
            overrides: &self.overrides,
            override_mistakes: self.overrides.mistakes(&active().settings),
            bounds: Bounds::of(&active().settings, &self.overrides),
            reverted: self.reverted.clone(),
            cluster_bound: self.cluster_bound.as_ref(),
            leadership: &self.leadership,
            model: self.model,
        }
    }
}

pub fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

pub fn settings(given: &[(&str, &str)]) -> Parsed {
    let own = |(name, value): &(&str, &str)| (format!("OUTRIDER_{name}"), value.to_string());
    Settings::parse([("POLICY", "rule")].iter().chain(given).map(own))
}

/// Settings with which it acts.
pub fn active() -> Parsed {
    settings(&[("TARGET", "flinkdeployment/orders"), ("WORKERS_MAX", "8")])
}

/// Behind, and held by the cooldown; everything is known but the backlog in elements.
pub fn busy(name: &str) -> Situation {
    Situation {
        observation: Observation {
            at: after(100),
            job: JobSeen::One {
                id: "0123456789abcdef0123456789abcdef".into(),
                name: name.into(),
                state: "RUNNING".into(),
            },
            running_since: Some(after(20)),
            metrics_age: Some(Duration::from_secs(3)),
            fresh: true,
            warming_up: false,
            sources: vec![source()],
            vertices: vec![vertex("Source: orders", false), vertex("join", true)],
            utilization: Ok(Utilization::from_percent(92)),
            utilization_highest: Ok(Utilization::from_percent(97)),
            taskmanager_cpu: Ok(2.0),
            workers: WorkersSeen {
                in_use: Some(Workers(4)),
                present: Some(Workers(4)),
                usable: Some(Workers(128)),
                slots: Some(1),
            },
            checkpoints: CheckpointsSeen {
                interval: Ok(CheckpointInterval::Every(Duration::from_secs(30))),
                last_triggered: Some(after(80)),
                last_duration: Some(Duration::from_millis(1_500)),
                state_bytes: Some(5_000_000),
                completed_since_resume: true,
                failing: false,
                failed: Some(0),
            },
            restarts: Some(true),
            reactive: Some(true),
            rescale_gate: Duration::ZERO,
        },
        decision: cooldown(6),
        outcome: Outcome::Nothing,
        workers_asked: Some(Workers(4)),
        rescales: vec![settled()],
        overrides: Overrides::default(),
        reverted: None,
        cluster_bound: None,
        leadership: Leadership::Alone,
        model: None,
    }
}

/// What the model knows after a rescale of which more was expected than came.
pub fn figures() -> Figures {
    Figures {
        model_learned: 1.0,
        alpha: 0.85,
        wait: Duration::from_secs(50),
        restart_pause_up: Duration::from_millis(22_500),
        restart_pause_down: Duration::from_secs(30),
        forecast_error: Some(0.12),
        rescale_gain: Some(Gain {
            predicted: 1.8,
            real: 1.6,
        }),
    }
}

/// Flink does not answer: nothing is known.
pub fn silent() -> Situation {
    let mut silent = busy("");
    let seen = &mut silent.observation;
    seen.job = JobSeen::Unreachable {
        why: "connection refused".into(),
    };
    (seen.running_since, seen.metrics_age) = (None, None);
    seen.fresh = false;
    seen.sources.clear();
    seen.vertices.clear();
    seen.utilization = Err(Unknown::NotRead);
    seen.utilization_highest = Err(Unknown::NotRead);
    seen.taskmanager_cpu = Err(Unknown::NotRead);
    (seen.workers.in_use, seen.workers.present) = (None, None);
    seen.checkpoints.interval = Err(Unknown::NotRead);
    seen.checkpoints.last_triggered = None;
    seen.checkpoints.last_duration = None;
    silent.decision = hold(HoldReason::FlinkUnreachable, None);
    silent.workers_asked = None;
    silent.rescales.clear();
    silent
}

/// A scale-up with its arithmetic.
pub fn scale_to(workers: u32) -> Decision {
    let mut arithmetic = Arithmetic::default();
    arithmetic.reads("backlog_time", 180.0, "s");
    let formula = format!("4 * 180.0 s / {}.0 s", 720 / (workers - 4));
    arithmetic.calculates("workers_extra", formula, f64::from(workers - 4), "workers");
    Decision {
        at: after(100),
        action: Action::ScaleTo {
            workers: Workers(workers),
            because: Trigger::BacklogTime,
        },
        workers_recommended: Some(Workers(workers)),
        bound: Some(Bound::WorkersMax),
        arithmetic,
    }
}

pub fn hold(reason: HoldReason, until: Option<Timestamp>) -> Decision {
    Decision {
        at: after(100),
        action: Action::Hold { reason, until },
        workers_recommended: None,
        bound: None,
        arithmetic: Arithmetic::default(),
    }
}

fn cooldown(recommended: u32) -> Decision {
    Decision {
        action: Action::Hold {
            reason: HoldReason::Cooldown,
            until: Some(after(142)),
        },
        ..scale_to(recommended)
    }
}

fn source() -> SourceSeen {
    SourceSeen {
        vertex: "cbc357ccb763df2852fee8c4fc7d55f2".into(),
        name: "Source: orders".into(),
        backlog_bytes: Ok(Amount::new(180e6).unwrap()),
        backlog_elements: Err(Unknown::NotOffered),
        unit: Unit::Bytes,
        throughput: Ok(Rate::per_second(1e6).unwrap()),
        backlog_growth: Ok(Growth {
            rate: Rate::per_second(250e3).unwrap(),
            noise: Rate::per_second(20e3).unwrap(),
        }),
        backlog_time: Ok(Duration::from_secs(180)),
        input_rate: Ok(Rate::per_second(1.25e6).unwrap()),
        input_rate_newest: Ok(Rate::per_second(1.25e6).unwrap()),
        stalled: false,
        watermark_lag: Ok(Duration::from_secs(190)),
        splits: Some(12),
        partitions: Some(12),
    }
}

fn vertex(name: &str, falls_behind: bool) -> VertexSeen {
    VertexSeen {
        id: "cbc357ccb763df2852fee8c4fc7d55f2".into(),
        name: name.into(),
        parallelism: 4,
        records_in: Ok(Rate::per_second(2_000.0).unwrap()),
        records_out: Ok(Rate::per_second(2_000.0).unwrap()),
        bytes_in: Ok(Rate::per_second(1e6).unwrap()),
        bytes_out: Err(Unknown::TooFewSamples),
        backpressured: Ok(0.4),
        falls_behind,
    }
}

fn settled() -> Rescale {
    Rescale {
        from: Workers(2),
        to: Workers(4),
        by: Author::Outrider(Trigger::BacklogTime),
        manager: None,
        asked: START,
        workers_there: Some(after(12)),
        restarted: Some(after(20)),
        checkpointed: Some(after(50)),
        caught_up: Some(after(75)),
        end: Some(End::Settled),
        ended: Some(after(75)),
    }
}
