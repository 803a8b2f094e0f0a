//! A run, real or simulated, second by second, and what it comes to.

#![allow(dead_code, reason = "no test uses all of it")]

use outrider::units::len_as_f64;
use serde_json::Value;

/// A job that is no older than this behind a restart has caught up, in seconds.
const CAUGHT_UP: f64 = 5.0;

/// A run of one policy.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    pub seconds: Vec<Second>,
    pub rescales: Vec<Rescale>,
    /// Times that the job stopped and started again,
    pub restarts: f64,
    /// seconds in which it finished nothing because of that,
    pub paused: f64,
    /// and records that it finished again.
    pub again: f64,
}

/// One second of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Second {
    /// Age of the oldest record that is not finished, in seconds.
    pub delay: f64,
    /// Workers that are paid: those that were asked for and those that still run.
    pub paid: f64,
}

/// A change of workers that was asked for.
#[derive(Clone, Debug)]
pub struct Rescale {
    /// Second of the run.
    pub second: f64,
    pub from: u64,
    pub to: u64,
    pub because: String,
    /// What the policy has counted on; nothing where it does not ask.
    pub foreseen: Took,
    pub measured: Took,
}

/// What a rescale takes; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Seconds from the asking until the job stops for the last of the workers,
    pub wait: Option<f64>,
    /// in which nothing is read, in all stops together,
    pub pause: Option<f64>,
    /// and of reading, at the pace before each stop, that is done again.
    pub again: Option<f64>,
    /// The highest delay from the asking until it has caught up.
    pub delay: Option<f64>,
    /// Stops.
    pub stops: Option<f64>,
}

/// The names of [`Ran::totals`].
pub const TOTALS: [&str; 10] = [
    "worker-seconds",
    "later than 10 s, s",
    "later than 60 s, s",
    "later than 120 s, s",
    "mean delay, s",
    "highest delay, s",
    "rescales",
    "restarts",
    "paused, s",
    "records again",
];

// === impl Ran ===

impl Ran {
    /// In the order of [`TOTALS`].
    pub fn totals(&self) -> [f64; 10] {
        let delays = || self.seconds.iter().map(|second| second.delay);
        let over = |late: f64| len_as_f64(delays().filter(|delay| *delay > late).count());
        [
            self.seconds.iter().map(|second| second.paid).sum(),
            over(10.0),
            over(60.0),
            over(120.0),
            delays().sum::<f64>() / len_as_f64(self.seconds.len()),
            delays().fold(0.0, f64::max),
            len_as_f64(self.rescales.len()),
            self.restarts,
            self.paused,
            self.again,
        ]
    }

    /// The highest delay from this second until the job has caught up after that one, or `to`.
    pub fn highest_delay(&self, from: usize, after: usize, to: usize) -> f64 {
        let mut highest = 0.0_f64;
        for (place, second) in self.seconds.iter().enumerate().take(to).skip(from) {
            highest = highest.max(second.delay);
            if place > after && second.delay < CAUGHT_UP {
                break;
            }
        }
        highest
    }
}

// === impl Took ===

impl Took {
    /// What a decision's arithmetic says, as `/status` has it.
    pub fn foreseen(arithmetic: &Value, up: bool) -> Self {
        let named = |name: &str| {
            let lines = arithmetic.as_array()?;
            lines.iter().find(|line| line["name"] == name)?["value"].as_f64()
        };
        Self {
            wait: named("wait").filter(|_| up),
            pause: named(if up {
                "restart_pause_up"
            } else {
                "restart_pause_down"
            }),
            again: named("replay"),
            delay: named("delay_if_scaled"),
            stops: None,
        }
    }
}
