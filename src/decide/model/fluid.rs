//! The fluid model: what comes in flows through what the workers can read, and the delay is the age of
//! the oldest that waits.
//!
//! Pure: values in, values out.

use crate::decide::forecast::Course;
use crate::decide::model::load::STEP;
use crate::units::len_as_f64;

/// Whoever never catches up is late for a day, in seconds.
const DAY: f64 = 86_400.0;
/// Steps from one moment of a [`Course`] to the next.
const COURSE_STEPS: usize = 3;

/// What came in and what will, cumulated at every step.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    /// Elements or bytes since the first step's beginning; one more than there are steps.
    cumulative: Vec<f64>,
    /// Now is at the beginning of this step.
    now: usize,
}

/// A restart that comes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Restart {
    /// Seconds from now until the job stops.
    pub after: f64,
    /// Seconds in which it reads nothing.
    pub pause: f64,
    /// What has been read is read again, so much of it.
    pub replayed: f64,
    /// What it can read per second then.
    pub capacity: f64,
}

/// What comes of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Outlook {
    /// The longest delay, in seconds.
    pub worst: f64,
    /// Seconds from now until it is over the budget.
    pub late_from: Option<f64>,
    /// Seconds from now from which on it is within the budget; `None` if it ends over it.
    pub back_at: Option<f64>,
    /// Seconds over the budget, those after all that was looked at included.
    pub late: f64,
    /// The delay from now on.
    pub course: Course,
}

// === impl Arrivals ===

impl Arrivals {
    pub fn new(past: impl Iterator<Item = f64>, future: impl Iterator<Item = f64>) -> Self {
        let mut cumulative = vec![0.0];
        let mut sum = 0.0;
        for rate in past {
            sum += rate * STEP;
            cumulative.push(sum);
        }
        let now = cumulative.len() - 1;
        for rate in future {
            sum += rate * STEP;
            cumulative.push(sum);
        }
        Self { cumulative, now }
    }

    /// From now on, with so much waiting.
    pub fn roll(&self, backlog: f64, capacity: f64, restarts: &[Restart], budget: f64) -> Outlook {
        self.flow(
            self.now,
            self.cumulative.len() - 1,
            backlog,
            capacity,
            restarts,
            budget,
        )
    }

    /// The longest delay that the last steps would have had with this capacity.
    pub fn replay(&self, steps: usize, capacity: f64) -> f64 {
        let from = self.now.saturating_sub(steps);
        self.flow(from, self.now, 0.0, capacity, &[], f64::INFINITY)
            .worst
    }

    fn flow(
        &self,
        from: usize,
        to: usize,
        backlog: f64,
        capacity: f64,
        restarts: &[Restart],
        budget: f64,
    ) -> Outlook {
        let mut read = self.cumulative[from] - backlog;
        let past = &self.cumulative[..=from];
        let mut oldest = past.partition_point(|sum| *sum <= read).saturating_sub(1);
        let mut outlook = Outlook {
            worst: 0.0,
            late_from: None,
            back_at: Some(0.0),
            late: 0.0,
            course: Course::ON_TIME,
        };
        if from < to {
            outlook.course.set(0, self.delay(from, oldest, read));
        }
        let mut to_come = restarts.iter().peekable();
        for step in from..to {
            let begins = len_as_f64(step - from) * STEP;
            let ends = begins + STEP;
            while let Some(restart) = to_come.next_if(|restart| restart.after < ends) {
                read -= restart.replayed;
                while oldest > 0 && self.cumulative[oldest] > read {
                    oldest -= 1;
                }
            }
            let arrived = self.cumulative[step + 1];
            read = (read + readable(capacity, restarts, begins, ends)).min(arrived);
            while oldest < step && self.cumulative[oldest + 1] <= read {
                oldest += 1;
            }
            let delay = self.delay(step + 1, oldest, read);
            outlook.take(ends, delay, budget);
            if (step + 1 - from).is_multiple_of(COURSE_STEPS) {
                outlook.course.set((step + 1 - from) / COURSE_STEPS, delay);
            }
        }
        if outlook.back_at.is_none() {
            let waits = self.cumulative[to] - read;
            let comes = (self.cumulative[to] - self.cumulative[to - 1]) / STEP;
            let reads = restarts.last().map_or(capacity, |last| last.capacity);
            outlook.late += if reads > comes {
                // What it takes until only a budget's worth waits, with the load as it is then.
                let left = (waits - comes * budget) / (reads - comes);
                left.clamp(0.0, DAY)
            } else {
                // … and as much again as the delay grows within a day: among the sizes that are all
                // too small the larger ones are better.
                let missing = if comes > 0.0 {
                    1.0 - reads / comes
                } else {
                    1.0
                };
                DAY + DAY * missing
            };
        }
        outlook
    }

    /// Age of what is read next at the end of a step; `oldest` is the step in which it came in.
    fn delay(&self, end: usize, oldest: usize, read: f64) -> f64 {
        let (sum, next) = (self.cumulative[oldest], self.cumulative[oldest + 1]);
        let waits = self.cumulative[end] - read;
        if waits <= 1e-9 * self.cumulative[end] {
            return 0.0;
        }
        // Before all that is remembered: as if it had come in at the first step's rate.
        let within = if next > sum {
            (read - sum) / (next - sum)
        } else {
            1.0
        };
        (len_as_f64(end - oldest) - within.min(1.0)) * STEP
    }
}

/// What can be read between two moments: nothing while the job pauses, after each restart with the
/// capacity that it brings. The restarts stand in their order.
fn readable(capacity: f64, restarts: &[Restart], begins: f64, ends: f64) -> f64 {
    let (mut from, mut rate, mut readable) = (begins, capacity, 0.0);
    for restart in restarts.iter().take_while(|restart| restart.after < ends) {
        readable += rate * (restart.after - from).max(0.0);
        from = from.max(restart.after + restart.pause);
        rate = restart.capacity;
    }
    readable + rate * (ends - from).max(0.0)
}

// === impl Outlook ===

impl Outlook {
    fn take(&mut self, at: f64, delay: f64, budget: f64) {
        self.worst = self.worst.max(delay);
        self.course.worst = self.worst;
        if delay > budget {
            self.late_from.get_or_insert(at);
            self.back_at = None;
            self.late += STEP;
        } else {
            self.back_at.get_or_insert(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So much a second for ten minutes, then so much for twenty.
    fn arrivals(past: f64, future: f64) -> Arrivals {
        Arrivals::new([past; 60].into_iter(), [future; 120].into_iter())
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1.0, "{value} is not {expected}");
    }

    #[test]
    fn what_waits_is_as_old_as_it_took_to_come_in() {
        // 3000 wait and came in at 100/s: 30 s. At 100/s nothing is gained, nothing lost.
        let steady = arrivals(100.0, 100.0).roll(3000.0, 100.0, &[], 60.0);
        near(steady.worst, 30.0);
        assert_eq!((steady.late_from, steady.late), (None, 0.0));
    }

    #[test]
    fn a_load_that_is_too_much_breaks_the_budget_when_it_has_to() {
        // 200/s come in and 100/s are read: the delay grows by half a second each second.
        let late = arrivals(100.0, 200.0).roll(0.0, 100.0, &[], 60.0);
        near(late.late_from.expect("late"), 130.0);
        assert_eq!(late.back_at, None);
        // Nothing but fewer elements would help: it is late for a day, and half a day late then.
        near(late.late, 1200.0 - 120.0 + 1.5 * DAY);
        let less = arrivals(100.0, 200.0).roll(0.0, 150.0, &[], 60.0);
        assert!(less.late < late.late);
    }

    #[test]
    fn a_restart_costs_its_pause_and_what_it_reads_again() {
        // Stops in 60 s for 30 s, and 1000 are read again: 3000 + 1000 wait, 40 s. Then 200/s are
        // read and 100/s come in, so 4000 are gone 40 s later.
        let restart = Restart {
            after: 60.0,
            pause: 30.0,
            replayed: 1000.0,
            capacity: 200.0,
        };
        let outlook = arrivals(100.0, 100.0).roll(0.0, 100.0, &[restart], 30.0);
        near(outlook.worst, 40.0);
        // Over 30 s from 10 s before the pause ends until 10 s after it, as far as steps can tell.
        assert_eq!(outlook.late_from, Some(90.0));
        assert_eq!(outlook.back_at, Some(100.0));
    }

    #[test]
    fn workers_that_come_one_after_the_other_pause_the_job_twice() {
        let stop = |after, capacity| Restart {
            after,
            pause: 30.0,
            replayed: 0.0,
            capacity,
        };
        // 3000 wait after each pause; between the two 150/s are read and 100/s come in for 30 s.
        let twice = [stop(60.0, 150.0), stop(120.0, 200.0)];
        let outlook = arrivals(100.0, 100.0).roll(0.0, 100.0, &twice, 600.0);
        near(outlook.worst, 30.0 - 15.0 + 30.0);
    }

    #[test]
    fn the_past_is_replayed_through_another_size() {
        // Five minutes at 100/s, one at 300/s, four at 100/s. The last of the minute's 18 000 is read
        // after 90 s at 200/s, which is 30 s after it came in.
        let peak = [[100.0; 30].as_slice(), &[300.0; 6], &[100.0; 24]].concat();
        let past = Arrivals::new(peak.into_iter(), std::iter::empty());
        near(past.replay(60, 200.0), 30.0);
        assert_eq!(past.replay(60, 300.0), 0.0);
        // The last three minutes were quiet.
        assert_eq!(past.replay(18, 100.0), 0.0);
    }

    #[test]
    fn the_course_of_the_delay_begins_now_and_has_a_point_each_half_minute() {
        // 1000 wait: 10 s now. 200/s come in and 100/s are read: half a second more each second.
        let late = arrivals(100.0, 200.0).roll(1000.0, 100.0, &[], 60.0);
        let points: Vec<(f64, f64)> = late.course.points().collect();
        assert_eq!((points.len(), points[30].0), (31, 900.0));
        near(points[0].1, 10.0);
        // After a minute what came in half a minute and 5 s ago is read.
        assert_eq!(points[2].0, 60.0);
        near(points[2].1, 35.0);
        near(points[30].1, 455.0);
        near(late.course.worst, late.worst);
    }

    #[test]
    fn nothing_that_comes_in_is_never_late() {
        let nothing = arrivals(0.0, 0.0).roll(0.0, 0.0, &[], 60.0);
        assert_eq!((nothing.worst, nothing.late), (0.0, 0.0));
    }
}
