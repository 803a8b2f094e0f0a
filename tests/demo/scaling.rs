//! What a newcomer sees, in virtual time: the same step, the same settings, the same job.

use std::time::Duration;

use outrider::autoscaler::Autoscaler;
use outrider::decide::{Action, Decision};
use outrider::demo::job;
use outrider::demo::world::World;
use outrider::units::Workers;

use crate::START;

/// A decision to scale.
struct Scaled {
    second: u64,
    from: Workers,
    to: Workers,
    decision: Decision,
}

/// The demo for so many seconds, with a tick each `tick_millis`.
fn play(seconds: u64, tick_millis: usize) -> (World, Vec<Scaled>) {
    let mut world = World::begin(job::workload(), true, START);
    let mut autoscaler = Autoscaler::new(&job::settings([], true));
    let mut scaled = Vec::new();
    for millis in (0..seconds * 1000).step_by(tick_millis) {
        let now = START + Duration::from_millis(millis);
        world.live_until(now);
        let scrape = outrider::scrape::Scrape {
            at: now,
            ..world.scrape().clone()
        };
        let decision = autoscaler.step(now, &scrape);
        if let Action::ScaleTo { workers, .. } = decision.action {
            scaled.push(Scaled {
                second: millis / 1000,
                from: world.moment().asked,
                to: workers,
                decision,
            });
            autoscaler.acted(now, &world.scale_to(workers));
        }
    }
    (world, scaled)
}

#[test]
fn within_a_minute_one_sees_a_scale_up_with_its_sums_and_within_four_a_scale_down() {
    // The live loop's tick is a quarter of a second over OUTRIDER_INTERVAL, and a little more.
    for tick_millis in [5250, 5300, 5500] {
        let (_, scaled) = play(240, tick_millis);
        let up = &scaled[0];
        assert!(up.second <= 45, "at {} s", up.second);
        // Of 3800/s that come in, 3.8^(1 / 0.89) = 4.48 workers are busy: no second step is needed.
        assert!(up.from == Workers(2) && up.to >= Workers(5), "to {}", up.to);
        assert!(!up.decision.arithmetic.lines().is_empty());
        let down = scaled.iter().find(|scaled| scaled.to < scaled.from);
        assert!(down.is_some(), "none with a tick of {tick_millis} ms");
    }
}

#[test]
fn scaling_costs_less_than_a_fixed_size_and_is_not_late() {
    let (world, scaled) = play(900, 5250);
    let summary = world.summary();
    assert_eq!(summary.rescales, u32::try_from(scaled.len()).unwrap());
    assert!(summary.scaled.worker_hours < 0.8 * summary.fixed.worker_hours);
    assert_eq!(summary.scaled.late_60, 0.0);
}
