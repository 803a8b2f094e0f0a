//! Amazon Managed Service for Apache Flink: doubles and halves.
//!
//! Pure: values in, values out.
//!
//! Source: docs.aws.amazon.com/managed-flink, “Use automatic scaling in Managed Service for Apache
//! Flink” (`how-scaling-auto`) and `ParallelismConfiguration` of its API. In words, of the maximum
//! of `containerCPUUtilization`, in points of one minute:
//! - 75 % or more in 15 points in a row: the parallelism is doubled;
//! - below 10 % in 360 points in a row: it is halved, rounded up;
//! - it never falls below the parallelism that was configured, which is what the job starts with.
//!
//! None of this can be set. (Scaling on another metric is a program of one's own that calls its
//! API.)
//!
//! Simplified, in its favour: a point is the mean of its minute of the busiest worker, so that a
//! short peak does not hold a scale-down back; and the points begin anew after each change, so that
//! what it measured before does not count twice.

use crate::simulate::rivals::window::Window;
use crate::simulate::rivals::{Named, Reading, Rival, Wish};
use crate::units::Workers;

/// From point to point, in seconds.
const POINT: u64 = 60;
/// Utilization from which on a point is high,
const HIGH: f64 = 0.75;
/// and so many of them in a row double the workers.
const HIGH_POINTS: u32 = 15;
/// Utilization below which a point is low,
const LOW: f64 = 0.1;
/// and so many of them in a row halve the workers.
const LOW_POINTS: u32 = 360;

/// `aws_msf`.
pub(super) const AWS_MSF: Named = Named {
    name: "aws_msf",
    meaning: "Amazon Managed Service for Apache Flink: CPU doubles and halves",
    knobs: &[],
    make: |_, _| Box::new(AwsMsf::new()),
};

struct AwsMsf {
    cpu: Window,
    /// High points in a row.
    high: u32,
    /// Low points in a row.
    low: u32,
    /// The parallelism that was configured.
    configured: Option<Workers>,
}

// === impl AwsMsf ===

impl AwsMsf {
    const fn new() -> Self {
        Self {
            cpu: Window::of(POINT),
            high: 0,
            low: 0,
            configured: None,
        }
    }

    fn count(&mut self, point: f64) {
        self.high = if point >= HIGH { self.high + 1 } else { 0 };
        self.low = if point < LOW { self.low + 1 } else { 0 };
    }
}

impl Rival for AwsMsf {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let current = reading.asked;
        let configured = *self.configured.get_or_insert(current);
        self.cpu.push(reading.second, reading.cpu_highest);
        if !reading.second.is_multiple_of(POINT) {
            return None;
        }
        self.count(self.cpu.mean()?);
        let (workers, because) = if self.high >= HIGH_POINTS {
            (current.0.saturating_mul(2), "cpu 15 min high")
        } else if self.low >= LOW_POINTS {
            (current.0.div_ceil(2), "cpu 6 h low")
        } else {
            return None;
        };
        (self.high, self.low) = (0, 0);
        let workers = Workers(workers).max(configured);
        Some(Wish { workers, because })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job at the mercy of the rule.
    struct Job {
        rule: AwsMsf,
        workers: u32,
        minutes: u64,
    }

    impl Job {
        const fn on(workers: u32) -> Self {
            Self {
                rule: AwsMsf::new(),
                workers,
                minutes: 0,
            }
        }

        /// Runs on for so many minutes; what is wanted after how many of them.
        fn run(&mut self, minutes: u64, cpu: f64) -> Vec<(u64, u32)> {
            let begun = self.minutes;
            self.minutes += minutes;
            let seconds = (begun * 60 + 5..=self.minutes * 60).step_by(5);
            let mut wishes = Vec::new();
            for second in seconds {
                let reading = Reading {
                    second,
                    asked: Workers(self.workers),
                    present: Workers(self.workers),
                    lag: 0.0,
                    input_rate: 0.0,
                    cpu: 0.0,
                    cpu_highest: cpu,
                    flink: None,
                };
                if let Some(wish) = self.rule.wants(&reading) {
                    self.workers = wish.workers.0;
                    wishes.push((second / 60 - begun, wish.workers.0));
                }
            }
            wishes
        }
    }

    #[test]
    fn fifteen_high_minutes_double_and_six_low_hours_halve() {
        let mut job = Job::on(3);
        assert_eq!(job.run(31, 0.75), [(15, 6), (30, 12)]);
        // 12 halves to 6 and 3, and 3 is what was configured: not to 2.
        let down = job.run(18 * 60 + 1, 0.09);
        assert_eq!(down, [(360, 6), (720, 3), (1080, 3)]);
    }

    #[test]
    fn a_half_is_rounded_up() {
        let mut job = Job::on(1);
        assert_eq!(job.run(1, 0.5), []);
        job.workers = 5;
        assert_eq!(job.run(360, 0.05), [(360, 3)]);
    }

    #[test]
    fn one_minute_between_begins_the_count_anew() {
        let mut job = Job::on(3);
        assert_eq!(job.run(14, 0.9), []);
        assert_eq!(job.run(1, 0.74), []);
        assert_eq!(job.run(15, 0.9), [(15, 6)]);
    }
}
