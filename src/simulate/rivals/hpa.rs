//! Kubernetes' HorizontalPodAutoscaler on CPU.
//!
//! Pure: values in, values out.
//!
//! Source: kubernetes.io, “Horizontal Pod Autoscaling”, and the controller's code,
//! kubernetes/kubernetes `pkg/controller/podautoscaler`: `replica_calculator.go`
//! (`GetResourceReplicas`, `groupPods`), `horizontal.go` (`stabilizeRecommendationWithBehaviors`,
//! `convertDesiredReplicasWithBehaviorRate`), as of `autoscaling/v2`. In words:
//! - every 15 s, `desired = ceil(ready pods * utilization / target)`;
//! - nothing while that ratio is within 10 % of 1 (the tolerance);
//! - pods that are pending, or so young that there is no whole window of metrics of them, are left
//!   out, and for a scale-up count as using nothing; if that takes the reason away, or turns it
//!   round, nothing happens; without a single ready pod nothing happens;
//! - the present number is raised to the lowest recommendation of the stabilization window for up
//!   (0 s unless set) and lowered to the highest of that for down (300 s unless set);
//! - at most 4 pods or as many as there are are added in 15 s, whichever is more; down, all may go.
//!
//! Simplified, each in its favour:
//! - The metrics server's means are those of the 15 s before the sync, so never older than they
//!   must be; in a cluster they are up to half a minute old.
//! - A worker that is registered is a ready pod: it does not count as pending any longer, and its
//!   metrics count after one window, as for a pod that was ready at once.
//! - The mean is that of all registered workers: young ones, which idle, lower it, and so damp a
//!   scale-up.
//!
//! The knob `target` is `averageUtilization`, the other two are `stabilizationWindowSeconds`.

use crate::simulate::rivals::window::Window;
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Wish};
use crate::units::{Workers, f64_as_count};

/// `--horizontal-pod-autoscaler-sync-period`, in seconds.
pub(super) const SYNC_PERIOD: u64 = 15;
/// `--horizontal-pod-autoscaler-tolerance`.
const TOLERANCE: f64 = 0.1;
/// `--metric-resolution` of the metrics server, in seconds.
const METRIC_RESOLUTION: u64 = 15;
/// Pods that may be added within 15 s, however few there are.
const PODS_ADDED: u32 = 4;

/// `hpa_cpu`.
pub(super) const HPA_CPU: Named = Named {
    name: "hpa_cpu",
    meaning: "Kubernetes' HorizontalPodAutoscaler on CPU",
    knobs: &[
        Knob {
            name: "target",
            unit: "",
            default: 0.7,
            tried: &[0.35, 0.5, 0.6, 0.7, 0.8],
            best: 0.6,
        },
        STABILIZATION_DOWN,
        Knob {
            name: "stabilization_up",
            unit: "s",
            default: 0.0,
            tried: &[0.0, 60.0, 180.0, 300.0, 600.0],
            best: 300.0,
        },
    ],
    make: |_, knobs| Box::new(HpaCpu::new(knobs[0], Behavior::new(knobs[1], knobs[2]))),
};

/// `spec.behavior.scaleDown.stabilizationWindowSeconds`.
pub(super) const STABILIZATION_DOWN: Knob = Knob {
    name: "stabilization_down",
    unit: "s",
    default: 300.0,
    tried: &[300.0, 900.0],
    best: 300.0,
};

/// What tames the recommendations, whatever metric they come from (`spec.behavior`).
pub(super) struct Behavior {
    down: Window,
    up: Window,
    begun: bool,
}

struct HpaCpu {
    target: f64,
    behavior: Behavior,
    cpu: Window,
    present: Window,
}

// === impl Behavior ===

impl Behavior {
    /// With these stabilization windows, in seconds.
    pub(super) fn new(down: f64, up: f64) -> Self {
        Self {
            down: Window::of(f64_as_count(down).unwrap_or(0)),
            up: Window::of(f64_as_count(up).unwrap_or(0)),
            begun: false,
        }
    }

    /// What becomes of the recommendation `desired` where there are `current` pods.
    pub(super) fn tame(&mut self, second: u64, current: Workers, desired: Workers) -> Workers {
        if !self.begun {
            // The controller takes what it finds for its first recommendation.
            self.begun = true;
            self.remember(second, current);
        }
        self.remember(second, desired);
        let lowest = bound(self.up.min(), desired);
        let highest = bound(self.down.max(), desired);
        let stabilized = current.max(lowest).min(highest);
        let added = current.0.max(PODS_ADDED);
        stabilized.min(Workers(current.0.saturating_add(added)))
    }

    fn remember(&mut self, second: u64, recommended: Workers) {
        self.down.push(second, recommended.as_f64());
        self.up.push(second, recommended.as_f64());
    }
}

/// The number that a window says, or the newest where it is too short to hold any.
fn bound(said: Option<f64>, newest: Workers) -> Workers {
    said.and_then(Workers::rounded_up).unwrap_or(newest)
}

// === impl HpaCpu ===

impl HpaCpu {
    const fn new(target: f64, behavior: Behavior) -> Self {
        Self {
            target,
            behavior,
            cpu: Window::of(METRIC_RESOLUTION),
            present: Window::of(METRIC_RESOLUTION),
        }
    }
}

impl Rival for HpaCpu {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        self.cpu.push(reading.second, reading.cpu);
        self.present.push(reading.second, reading.present.as_f64());
        if !reading.second.is_multiple_of(SYNC_PERIOD) {
            return None;
        }
        let current = reading.asked;
        // Only who was there through the whole window has metrics.
        let ready = self.present.min().and_then(Workers::rounded_up)?;
        let ratio = self.cpu.mean()? / self.target;
        let desired = desired(current, ready.min(current), ratio)?;
        let workers = self.behavior.tame(reading.second, current, desired);
        let because = if workers > current {
            "cpu above target"
        } else {
            "cpu below target"
        };
        (workers != current).then_some(Wish { workers, because })
    }
}

/// What `ready` of the `current` pods recommend whose utilization is `ratio` times the target.
fn desired(current: Workers, ready: Workers, ratio: f64) -> Option<Workers> {
    if ready.0 == 0 {
        return None;
    }
    let mut over_all = ratio;
    if ratio > 1.0 {
        over_all *= ready.as_f64() / current.as_f64();
        if over_all < 1.0 {
            return Some(current);
        }
    }
    if is_tolerable(over_all) {
        return Some(current);
    }
    Workers::rounded_up(ratio * ready.as_f64())
}

/// Whether the metric is so near to its target that nothing is to be done.
pub(super) fn is_tolerable(ratio: f64) -> bool {
    (1.0 - ratio).abs() <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reading(second: u64, asked: u32, present: u32, cpu: f64) -> Reading {
        Reading {
            second,
            asked: Workers(asked),
            present: Workers(present),
            lag: 0.0,
            input_rate: 0.0,
            cpu,
            cpu_highest: cpu,
            flink: None,
        }
    }

    /// The first wish in these seconds, if the job were to stay as it is.
    fn first_wish(
        rule: &mut HpaCpu,
        seconds: std::ops::RangeInclusive<u64>,
        pods: u32,
        cpu: f64,
    ) -> Option<(u64, u32)> {
        seconds.step_by(5).find_map(|second| {
            let wish = rule.wants(&reading(second, pods, pods, cpu))?;
            Some((second, wish.workers.0))
        })
    }

    #[test]
    fn the_numbers_of_kubernetes_come_out() {
        let cases = [
            // The announcement of v1.33's tolerance: 50 replicas, 90 % at a target of 75 %.
            (50, 50, 0.9 / 0.75, 60),
            // The documentation: 200m at a target of 100m doubles, 50m halves.
            (4, 4, 2.0, 8),
            (4, 4, 0.5, 2),
            // replica_calculator_test.go, TestReplicaCalcScaleUp: (30+50+70)/3 at 30 %.
            (3, 3, 50.0 / 30.0, 5),
            // … ScaleDown: 28 % at 50 %.
            (5, 5, 28.0 / 50.0, 3),
            // … ScaleUpUnreadyLessScale: the two that are ready have 60 %, at 30 %.
            (3, 2, 60.0 / 30.0, 4),
            // … ScaleUpUnreadyNoScale: the one that is ready has 40 %, all together 13 %.
            (3, 1, 40.0 / 30.0, 3),
            // 10 % off is tolerated, both ways.
            (10, 10, 1.09, 10),
            (10, 10, 0.91, 10),
            (10, 10, 1.11, 12),
        ];
        for (current, ready, ratio, wanted) in cases {
            let desired = desired(Workers(current), Workers(ready), ratio);
            assert_eq!(
                desired,
                Some(Workers(wanted)),
                "{ready} of {current} at {ratio}"
            );
        }
        assert_eq!(desired(Workers(3), Workers(0), 0.0), None);
    }

    #[test]
    fn down_waits_until_no_recommendation_of_the_window_was_higher() {
        let mut rule = HpaCpu::new(0.7, Behavior::new(300.0, 0.0));
        // 4 * 0.35 / 0.7 = 2, from the first sync at 15 s on; what it found there, 4, is forgotten
        // 300 s later.
        assert_eq!(first_wish(&mut rule, 5..=600, 4, 0.35), Some((315, 2)));
    }

    #[test]
    fn up_does_not_wait_unless_it_is_told_to() {
        let mut rule = HpaCpu::new(0.5, Behavior::new(300.0, 0.0));
        assert_eq!(first_wish(&mut rule, 5..=600, 4, 0.75), Some((15, 6)));
        let mut rule = HpaCpu::new(0.5, Behavior::new(300.0, 60.0));
        assert_eq!(first_wish(&mut rule, 5..=600, 4, 0.75), Some((75, 6)));
    }

    #[test]
    fn at_most_four_or_as_many_as_there_are_are_added() {
        let up = |current| {
            let mut behavior = Behavior::new(300.0, 0.0);
            behavior.tame(15, Workers(current), Workers(60)).0
        };
        assert_eq!([up(1), up(4), up(10)], [5, 8, 20]);
    }

    #[test]
    fn young_pods_have_no_say_for_one_window() {
        let mut rule = HpaCpu::new(0.5, Behavior::new(0.0, 0.0));
        let mut at = |second, present| {
            let wish = rule.wants(&reading(second, 4, present, 0.9))?;
            Some(wish.workers.0)
        };
        // Two of four at 90 %: with the others at nothing it would be 45 %, and 10 % off 50 % is
        // nothing to act on.
        assert_eq!([at(5, 2), at(10, 2), at(15, 2)], [None; 3]);
        assert_eq!([at(20, 2), at(25, 4), at(30, 4)], [None; 3]);
        // All four are there since 25 s: ceil(4 * 0.9 / 0.5) = 8.
        assert_eq!([at(35, 4), at(40, 4)], [None; 2]);
        assert_eq!(at(45, 4), Some(8));
    }
}
