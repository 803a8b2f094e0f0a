//! The rule that was published for Beam on Flink, to the letter.
//!
//! Pure: values in, values out.
//!
//! Source: T. Uyarer and R. Kedia, “Behind the Scenes: Crafting an Autoscaler for Apache Beam in a
//! High-Volume Streaming Environment”, beam.apache.org, 2023-12-21. In its words and symbols:
//! backlog time is backlog over throughput, backlog growth the first derivative of the backlog.
//! - Up if the time to drain the backlog is beyond 120 s or the CPU above 90 %, to the least of
//!   `workers_max` and `workers_required + workers_extra`, where
//!   `workers_required = workers * (backlog_growth + throughput) / throughput` and
//!   `workers_extra = workers * backlog_time / 60 s`.
//! - Down if the CPU is below 70 %, there is no backlog growth, and the time to drain is less than
//!   10 s; driven by the CPU alone: `cpu_desired = workers / workers_new * cpu`.
//!
//! What the post leaves open, and how it is closed here:
//! - From where to where the numbers are measured: means over 60 s of a running job, and no decision
//!   before there are 60 s since its last start. So it never takes the pause or the first rush after
//!   a restart for the load, which its text would let it do.
//! - The `cpu_desired` to land at: a knob; the 70 % below which it scales down unless chosen.
//! - The cooldown: a knob. The post mentions none; without one no such rule would be run.
//! - Beam writes its backlog metrics at checkpoints only; here they are always fresh.
//!
//! With a throughput of 0 and a backlog the division gives infinity, and so `workers_max`. That is
//! as it was published.

use crate::simulate::model::ROOM;
use crate::simulate::rivals::window::Window;
use crate::simulate::rivals::{Knob, Named, Reading, Rival, Running, Wish};
use crate::units::{Workers, f64_as_count};

/// Scale up beyond this backlog time, in seconds,
const BACKLOG_TIME_UP: f64 = 120.0;
/// or above this CPU utilization.
const CPU_UP: f64 = 0.9;
/// Scale down below this backlog time, in seconds,
const BACKLOG_TIME_DOWN: f64 = 10.0;
/// and this CPU utilization.
const CPU_DOWN: f64 = 0.7;
/// A backlog is to be gone after so many seconds.
const TIME_TO_REDUCE_BACKLOG: f64 = 60.0;
/// Numbers are means over so many seconds.
const MEASURED_OVER: u64 = 60;

/// `published`.
pub(super) const PUBLISHED: Named = Named {
    name: "published",
    meaning: "the rule of the Beam blog: backlog time or CPU up, CPU down",
    knobs: &[
        Knob {
            name: "cooldown",
            unit: "s",
            default: 300.0,
            tried: &[60.0, 300.0, 600.0, 1200.0, 1800.0],
            best: 1200.0,
        },
        Knob {
            name: "target",
            unit: "",
            default: 0.7,
            tried: &[0.7, 0.8, 0.9],
            best: 0.7,
        },
    ],
    make: |_, knobs| Box::new(Published::new(knobs[0], knobs[1])),
};

struct Published {
    /// In seconds.
    cooldown: u64,
    target: f64,
    backlog: Window,
    throughput: Window,
    cpu: Window,
    /// Second of its last change of workers.
    changed: Option<u64>,
}

/// What the rule decides on.
struct Measured {
    workers: Workers,
    backlog: f64,
    /// Elements per second.
    backlog_growth: f64,
    throughput: f64,
    cpu: f64,
}

// === impl Published ===

impl Published {
    fn new(cooldown: f64, target: f64) -> Self {
        Self {
            cooldown: f64_as_count(cooldown).unwrap_or(0),
            target,
            backlog: Window::of(MEASURED_OVER),
            throughput: Window::of(MEASURED_OVER),
            cpu: Window::of(MEASURED_OVER),
            changed: None,
        }
    }

    /// The means over the last minute, once there is a whole one.
    fn measure(&mut self, reading: &Reading) -> Option<Measured> {
        let Some(Running {
            in_use,
            backlog: Some(backlog),
            throughput,
            ..
        }) = reading.flink
        else {
            self.backlog.clear();
            self.throughput.clear();
            self.cpu.clear();
            return None;
        };
        self.backlog.push(reading.second, backlog);
        self.throughput.push(reading.second, throughput);
        self.cpu.push(reading.second, reading.cpu);
        self.cpu.covered().then_some(Measured {
            workers: in_use,
            backlog,
            backlog_growth: self.backlog.growth()?,
            throughput: self.throughput.mean()?,
            cpu: self.cpu.mean()?,
        })
    }
}

impl Rival for Published {
    fn wants(&mut self, reading: &Reading) -> Option<Wish> {
        let measured = self.measure(reading)?;
        let cooled = |changed| reading.second >= changed + self.cooldown;
        if !self.changed.is_none_or(cooled) {
            return None;
        }
        // Up is never less than was asked for already, down never more.
        let wish = measured.up().filter(|wish| wish.workers > reading.asked);
        let down = || measured.down(self.target);
        let wish = wish.or_else(|| down().filter(|wish| wish.workers < reading.asked))?;
        self.changed = Some(reading.second);
        Some(wish)
    }
}

// === impl Measured ===

impl Measured {
    /// In seconds: of no backlog, none; of any at a standstill, for ever.
    fn backlog_time(&self) -> f64 {
        if self.backlog > 0.0 {
            self.backlog / self.throughput
        } else {
            0.0
        }
    }

    fn up(&self) -> Option<Wish> {
        let because = if self.backlog_time() > BACKLOG_TIME_UP {
            "backlog time"
        } else if self.cpu > CPU_UP {
            "cpu high"
        } else {
            return None;
        };
        let workers = self.workers.as_f64();
        let required = if self.backlog_growth > 0.0 {
            workers * (self.backlog_growth + self.throughput) / self.throughput
        } else {
            workers
        };
        let extra = workers * self.backlog_time() / TIME_TO_REDUCE_BACKLOG;
        let workers = Workers::rounded_up(required + extra)?.min(ROOM);
        Some(Wish { workers, because })
    }

    /// The fewest workers whose CPU stays within the target.
    fn down(&self, target: f64) -> Option<Wish> {
        let idle = self.cpu < CPU_DOWN
            && self.backlog_growth <= 0.0
            && self.backlog_time() < BACKLOG_TIME_DOWN;
        let workers = Workers::rounded_up(self.workers.as_f64() * self.cpu / target)?;
        let because = "cpu low";
        idle.then_some(Wish { workers, because })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four workers that read 4000 elements/s at 80 % CPU and have no backlog.
    const CALM: Measured = Measured {
        workers: Workers(4),
        backlog: 0.0,
        backlog_growth: 0.0,
        throughput: 4000.0,
        cpu: 0.8,
    };

    fn reading(second: u64, backlog: f64, cpu: f64) -> Reading {
        Reading {
            second,
            asked: Workers(4),
            present: Workers(4),
            lag: backlog,
            input_rate: 4000.0,
            cpu,
            cpu_highest: cpu,
            flink: Some(Running {
                since: 0,
                in_use: Workers(4),
                backlog: Some(backlog),
                throughput: 4000.0,
                busy: cpu,
                checkpoint_interval: 10.0,
                checkpointed: true,
            }),
        }
    }

    #[test]
    fn a_backlog_asks_for_workers_to_keep_up_and_to_catch_up() {
        let behind = Measured {
            backlog: 600_000.0,
            backlog_growth: 1000.0,
            ..CALM
        };
        // 4 * (1000 + 4000) / 4000 = 5 to keep up; 600000 / 4000 = 150 s are 4 * 150 / 60 = 10 more.
        assert_eq!(behind.up().map(|wish| wish.workers), Some(Workers(15)));
        // 100 s are no reason yet.
        let behind = Measured {
            backlog: 400_000.0,
            ..CALM
        };
        assert_eq!(behind.up(), None);
    }

    #[test]
    fn a_high_cpu_without_a_backlog_asks_for_what_there_is() {
        let hot = Measured { cpu: 0.95, ..CALM };
        assert_eq!(hot.up().map(|wish| wish.workers), Some(Workers(4)));
    }

    #[test]
    fn a_standstill_with_a_backlog_asks_for_all_there_can_be() {
        let stuck = Measured {
            backlog: 1.0,
            throughput: 0.0,
            ..CALM
        };
        assert_eq!(stuck.up().map(|wish| wish.workers), Some(ROOM));
    }

    #[test]
    fn a_low_cpu_lets_go_down_to_the_target() {
        let idle = Measured { cpu: 0.4, ..CALM };
        // 4 / 3 * 0.4 = 0.53; with two workers it would be 0.8.
        assert_eq!(idle.down(0.7).map(|wish| wish.workers), Some(Workers(3)));
        assert_eq!(idle.down(0.8).map(|wish| wish.workers), Some(Workers(2)));
        let busy = Measured { cpu: 0.71, ..CALM };
        assert_eq!(busy.down(0.9), None);
        for behind in [
            Measured {
                backlog_growth: 1.0,
                ..idle
            },
            Measured {
                backlog_growth: 0.0,
                backlog: 40_000.0,
                ..idle
            },
        ] {
            assert_eq!(behind.down(0.7), None);
        }
    }

    #[test]
    fn it_measures_for_a_minute_and_then_waits_for_its_cooldown() {
        let mut rule = Published::new(300.0, 0.7);
        let mut asks = |seconds: std::ops::RangeInclusive<u64>| -> Vec<u64> {
            let idle = |second: &u64| rule.wants(&reading(*second, 0.0, 0.3)).is_some();
            seconds.step_by(5).filter(idle).collect()
        };
        // A reading stands for five seconds, so the twelfth completes the minute.
        assert_eq!(asks(5..=400), [60, 360]);
    }

    #[test]
    fn up_is_never_fewer_than_asked_and_down_never_more() {
        let wish = |backlog, cpu, asked| {
            let mut rule = Published::new(0.0, 0.7);
            let mut last = None;
            for second in (5..=60).step_by(5) {
                let reading = Reading {
                    asked: Workers(asked),
                    ..reading(second, backlog, cpu)
                };
                last = rule.wants(&reading);
            }
            last.map(|wish| wish.workers.0)
        };
        // 150 s behind: 4 + 4 * 150 / 60 = 14, with 20 on their way.
        assert_eq!(
            [10, 20].map(|asked| wish(6e5, 0.95, asked)),
            [Some(14), None]
        );
        // 4 * 0.3 / 0.7 is 2, with one to be left.
        assert_eq!([4, 1].map(|asked| wish(0.0, 0.3, asked)), [Some(2), None]);
    }

    #[test]
    fn what_was_measured_before_a_restart_does_not_count() {
        let mut rule = Published::new(60.0, 0.7);
        for second in (5..60).step_by(5) {
            assert_eq!(rule.wants(&reading(second, 0.0, 0.3)), None);
        }
        let paused = Reading {
            flink: None,
            ..reading(60, 0.0, 0.3)
        };
        assert_eq!(rule.wants(&paused), None);
        let asked = (65..=200)
            .step_by(5)
            .find(|second| rule.wants(&reading(*second, 0.0, 0.3)).is_some());
        assert_eq!(asked, Some(120));
    }
}
