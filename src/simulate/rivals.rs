//! What others do: the published rule of each, so that a win over it is a win.
//!
//! Pure: values in, values out.
//!
//! Each rival stands in a file of its own with its source in the head. It sees the truth, fresh and
//! exact, where the live step sees what a Flink would say of it (late, mixed, `-1`): where this is
//! unjust, it is so in the rival's favour.

mod dataflow;
mod ds2;
mod fixed;
mod flink;
mod hpa;
mod keda;
pub mod meter;
mod msf;
mod optimum;
mod published;
mod window;

use crate::simulate::load::Workload;
use crate::units::Workers;

/// A rival is asked every so many seconds.
pub const ASKED_EVERY: u64 = 5;

/// What decides on the number of workers.
pub trait Rival: Send {
    /// The number of workers that it wants now, and why; `None` where it leaves them alone. It is
    /// asked every [`ASKED_EVERY`] seconds, whatever its own rhythm is.
    fn wants(&mut self, reading: &Reading) -> Option<Wish>;

    /// The number of workers that the job is started with, where that is its choice, too.
    fn begins_with(&self) -> Option<Workers> {
        None
    }
}

/// So many workers, because of this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// So many. Fewer than one is one, and there is an upper bound for all policies alike.
    pub workers: Workers,
    /// Why: a constant of a word or two.
    pub because: &'static str,
}

/// What a rival sees. Rates and shares are means over the last [`ASKED_EVERY`] seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// Now, in seconds since the beginning.
    pub second: u64,
    /// Workers asked for last, by whomever.
    pub asked: Workers,
    /// TaskManagers that are registered.
    pub present: Workers,
    /// Elements that wait, as the broker counts them.
    pub lag: f64,
    /// Elements per second that come in, as the broker counts them.
    pub input_rate: f64,
    /// CPU used over CPU allotted, as the cluster's metrics server says, over all workers; next to
    /// nothing while the job is paused.
    pub cpu: f64,
    /// … of the busiest worker.
    pub cpu_highest: f64,
    /// What Flink says of the job; `None` while it does not run, or Flink has no metrics.
    pub flink: Option<Running>,
}

/// What Flink says of a job that runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Running {
    /// Since this second.
    pub since: u64,
    /// On so many workers.
    pub in_use: Workers,
    /// Elements that wait; `None` where the source says `NaN`.
    pub backlog: Option<f64>,
    /// Elements read per second.
    pub throughput: f64,
    /// Share of the time in which the workers were not idle (`busyTimeMsPerSecond`), up to 1.
    pub busy: f64,
    /// Time between checkpoints, in seconds.
    pub checkpoint_interval: f64,
    /// A checkpoint has completed since it runs.
    pub checkpointed: bool,
}

/// A number that a rival's user may choose.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Knob {
    /// Its name in the rival's own documentation.
    pub name: &'static str,
    /// Its unit, empty for a ratio.
    pub unit: &'static str,
    /// What its documentation says, or its users choose.
    pub default: f64,
    /// What the sweep tries.
    pub tried: &'static [f64],
    /// What the sweep found best.
    pub best: f64,
}

/// A rival as it can be named.
#[derive(Clone, Copy)]
pub struct Named {
    /// Its one name.
    pub name: &'static str,
    /// Whose it is, and what it does, in a line.
    pub meaning: &'static str,
    /// What may be chosen.
    pub knobs: &'static [Knob],
    /// Makes it for a workload, with a value for each knob in their order. Only one that is
    /// clairvoyant, or fixed, looks at the workload.
    pub make: fn(&Workload, &[f64]) -> Box<dyn Rival>,
}

/// All of them.
pub const RIVALS: [Named; 9] = [
    fixed::STATIC,
    published::PUBLISHED,
    hpa::HPA_CPU,
    keda::KEDA_LAG,
    dataflow::DATAFLOW,
    flink::FLINK_AUTOSCALER,
    msf::AWS_MSF,
    ds2::DS2,
    optimum::OPTIMUM,
];
