//! What holds whatever comes in.

#[path = "support/situation.rs"]
mod situation;

use outrider::decide::Action;
use outrider::observe::Unknown;
use outrider::units::{Timestamp, Workers};
use proptest::prelude::*;

use crate::situation::{Given, NOW, job_on, percent, settings, source};

/// Workers after the decision.
fn after(given: &Given) -> Workers {
    match given.decision().action {
        Action::ScaleTo { workers, .. } => workers,
        Action::Hold { .. } => given.observation.workers.in_use.expect("a job in use"),
    }
}

prop_compose! {
    /// Any job, sane or not.
    fn any_job()(
        workers in 1_u32..200,
        utilization in prop_oneof![Just(None), (0.0_f64..300.0).prop_map(Some)],
        sources in prop::collection::vec((0.0_f64..1e15, 0.0_f64..1e9, -1e9_f64..1e9), 0..4),
        unknown in prop::option::of(0_usize..4),
        bounds in (1_u32..20, 20_u32..100),
        splits in prop::option::of(0_u32..300),
        usable in prop::option::of(1_u32..300),
        running_for in 0_u64..2_000_000,
        settled_at in 1_u32..200,
        checkpointed in any::<bool>(),
    ) -> Given {
        let mut given = job_on(workers).settled_at(settled_at);
        let (min, max) = bounds;
        given.settings = settings(&[
            ("OUTRIDER_WORKERS_MIN", &min.to_string()),
            ("OUTRIDER_WORKERS_MAX", &max.to_string()),
        ]).settings;
        let observation = &mut given.observation;
        observation.utilization = utilization.map(percent).ok_or(Unknown::NotRead);
        observation.sources = sources.into_iter().map(|(b, t, g)| source(b, t, g)).collect();
        for source in &mut observation.sources {
            source.splits = splits;
        }
        if let Some(source) = unknown.and_then(|index| observation.sources.get_mut(index)) {
            source.backlog_time = Err(Unknown::MinusOne);
            source.backlog_bytes = Err(Unknown::MinusOne);
        }
        observation.workers.usable = usable.map(Workers);
        observation.running_since = Some(Timestamp::from_millis(NOW.millis() - running_for));
        observation.checkpoints.completed_since_resume = checkpointed;
        given
    }
}

proptest! {
    #[test]
    fn bounds_hold_on_any_input(given in any_job()) {
        if let Action::ScaleTo { workers, .. } = given.decision().action {
            prop_assert!(workers >= given.settings.workers_min);
            prop_assert!(Some(workers) <= given.settings.workers_max);
        }
    }

    #[test]
    fn no_unknown_ever_lowers_the_workers(given in any_job(), which in 0_usize..6) {
        let mut given = given;
        // Workers within their bounds: those outside of them are brought back whatever the load.
        given.settings = settings(&[("OUTRIDER_WORKERS_MAX", "200")]).settings;
        let observation = &mut given.observation;
        match which {
            0 => observation.utilization = Err(Unknown::NotANumber),
            1 => observation.sources.clear(),
            2 => observation.sources.push({
                let mut unknown = source(0.0, 1000.0, 0.0);
                unknown.backlog_time = Err(Unknown::NotFresh);
                unknown
            }),
            3 => observation.sources.push({
                let mut unknown = source(0.0, 1000.0, 0.0);
                unknown.backlog_growth = Err(Unknown::TooFewSamples);
                unknown
            }),
            4 => observation.restarts = None,
            _ => observation.checkpoints.interval = Err(Unknown::NotRead),
        }
        prop_assert!(Some(after(&given)) >= given.observation.workers.in_use);
    }

    #[test]
    fn more_backlog_never_means_fewer_workers(
        given in any_job(),
        backlog in 0.0_f64..1e12,
        more in 0.0_f64..1e12,
        throughput in 0.001_f64..1e9,
        growth in -1e6_f64..1e6,
    ) {
        let with = |backlog: f64| {
            let mut given = given.clone();
            given.observation.sources = vec![source(backlog, throughput, growth)];
            after(&given)
        };
        prop_assert!(with(backlog + more) >= with(backlog));
    }
}
