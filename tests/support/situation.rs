//! A job that runs well, as an observation, to change one thing of and decide upon.

use std::collections::VecDeque;
use std::time::Duration;

use outrider::decide::cluster_bound::ClusterBound;
use outrider::decide::model::Learned;
use outrider::decide::model::parts::Parts;
use outrider::decide::overrides::Overrides;
use outrider::decide::rescale::Rescale;
use outrider::decide::{Decision, Situation, decide};
use outrider::observe::{
    CheckpointInterval, CheckpointsSeen, Growth, JobSeen, Observation, SourceSeen, Unknown,
    WorkersSeen,
};
use outrider::settings::{Parsed, Settings};
use outrider::units::{Amount, Rate, Timestamp, Unit, Utilization, Workers};

/// The moment of the decision.
pub const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// All that a decision is made from, owned.
#[derive(Clone, Debug)]
pub struct Given {
    pub observation: Observation,
    pub settings: Settings,
    pub overrides: Overrides,
    pub rescale: Option<Rescale>,
    pub workers_pending: bool,
    pub recommended_lately: VecDeque<(Timestamp, Workers)>,
    pub target_blocked_until: Option<Timestamp>,
    pub reverted_until: Option<Timestamp>,
    pub cluster_bound: Option<ClusterBound>,
    pub leads: bool,
    pub learned: Learned,
}

impl Given {
    /// The decision.
    pub fn decision(&self) -> Decision {
        decide(&Situation {
            now: NOW,
            observation: &self.observation,
            settings: &self.settings,
            overrides: &self.overrides,
            rescale: self.rescale.as_ref(),
            workers_pending: self.workers_pending,
            quiet_since: self.observation.running_since,
            recommended_lately: &self.recommended_lately,
            learned: &self.learned,
            target_blocked_until: self.target_blocked_until,
            reverted_until: self.reverted_until,
            cluster_bound: self.cluster_bound.as_ref(),
            leads: self.leads,
        })
    }

    /// Fewer workers were enough for long.
    pub fn settled_at(mut self, recommended: u32) -> Self {
        self.recommended_lately = (0..30)
            .map(|tick| {
                let at = NOW.millis() - 10_000 * (30 - tick);
                (Timestamp::from_millis(at), Workers(recommended))
            })
            .collect();
        self
    }
}

/// A job on `workers` that has run for an hour, with everything known and nothing to do.
pub fn job_on(workers: u32) -> Given {
    Given {
        observation: Observation {
            at: NOW,
            job: JobSeen::One {
                id: "0123456789abcdef0123456789abcdef".into(),
                name: "job".into(),
                state: "RUNNING".into(),
            },
            running_since: Some(Timestamp::from_millis(NOW.millis() - 3_600_000)),
            metrics_age: Some(Duration::from_secs(2)),
            fresh: true,
            warming_up: false,
            sources: vec![source(0.0, 1000.0, 0.0)],
            vertices: Vec::new(),
            utilization: Ok(percent(80.0)),
            utilization_highest: Err(Unknown::TooFewSamples),
            taskmanager_cpu: Ok(1.0),
            workers: WorkersSeen {
                in_use: Some(Workers(workers)),
                present: Some(Workers(workers)),
                usable: None,
                slots: Some(1),
            },
            checkpoints: CheckpointsSeen {
                interval: Ok(CheckpointInterval::Every(Duration::from_secs(10))),
                last_triggered: Some(Timestamp::from_millis(NOW.millis() - 5_000)),
                last_duration: Some(Duration::from_millis(50)),
                state_bytes: Some(60_000),
                completed_since_resume: true,
                failing: false,
                failed: Some(0),
            },
            restarts: Some(true),
            reactive: Some(true),
            rescale_gate: Duration::from_secs(30),
        },
        settings: settings(&[("OUTRIDER_WORKERS_MAX", "100")]).settings,
        overrides: Overrides::default(),
        rescale: None,
        workers_pending: false,
        recommended_lately: VecDeque::new(),
        target_blocked_until: None,
        reverted_until: None,
        cluster_bound: None,
        leads: true,
        learned: Learned::new(Parts::ALL),
    }
}

/// Settings from variables, which must be right.
pub fn settings(variables: &[(&str, &str)]) -> Parsed {
    let parsed = Settings::parse(
        variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into())),
    );
    assert_eq!(parsed.mistakes, [] as [&str; 0]);
    parsed
}

/// A source with so many bytes to read, that reads and grows by so many per second.
pub fn source(backlog_bytes: f64, throughput: f64, growth: f64) -> SourceSeen {
    let known = |amount| Amount::new(amount).expect("an amount");
    let rate = |rate| Rate::per_second(rate).expect("a rate");
    SourceSeen {
        vertex: "source".into(),
        name: "Source: Read".into(),
        backlog_bytes: Ok(known(backlog_bytes)),
        backlog_elements: Err(Unknown::NotOffered),
        unit: Unit::Bytes,
        throughput: Ok(rate(throughput)),
        backlog_growth: Ok(Growth {
            rate: rate(growth),
            noise: rate(0.02 * throughput),
        }),
        backlog_time: if throughput > 0.0 {
            Ok(outrider::units::seconds(backlog_bytes / throughput))
        } else if backlog_bytes > 0.0 {
            Err(Unknown::Stalled)
        } else {
            Ok(Duration::ZERO)
        },
        input_rate: Ok(rate((throughput + growth).max(0.0))),
        input_rate_newest: Ok(rate((throughput + growth).max(0.0))),
        stalled: throughput <= 0.0 && backlog_bytes > 0.0,
        watermark_lag: Err(Unknown::NotOffered),
        splits: None,
        partitions: None,
    }
}

/// A utilization.
pub fn percent(percent: f64) -> Utilization {
    Utilization::from_ratio(percent / 100.0).expect("a utilization")
}
