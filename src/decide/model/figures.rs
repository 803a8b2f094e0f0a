//! What the model has learned, in figures for the reporters.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::decide::model::Learned;
use crate::decide::model::gain::Gain;
use crate::units::seconds;

/// What the model reckons with, and how far that can be trusted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figures {
    /// How much of what has to be learned before the model decides is there: 1 is all.
    pub model_learned: f64,
    /// So many workers read `c * n^alpha`; what is believed of any job until this one was seen at
    /// several sizes.
    pub alpha: f64,
    /// From the asking until more workers are there; a guess until it was measured.
    pub wait: Duration,
    /// In which nothing is read when workers join; a guess until it was measured.
    pub restart_pause_up: Duration,
    /// … and when they leave.
    pub restart_pause_down: Duration,
    /// Mean absolute error of what was foreseen of the input three minutes before, as a share of the
    /// mean input, over about half an hour.
    pub forecast_error: Option<f64>,
    /// What the last rescale whose gain could be measured was expected to bring, and brought.
    pub rescale_gain: Option<Gain>,
}

// === impl Learned ===

impl Learned {
    /// All of it in figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let restarts = &self.restarts;
        Figures {
            model_learned: self.share(),
            alpha: self.capacity.alpha(),
            wait: seconds(restarts.wait.mean),
            restart_pause_up: seconds(restarts.pause_up.mean),
            restart_pause_down: seconds(restarts.pause_down.mean),
            forecast_error: self.forecast_error.share(),
            rescale_gain: self.gains.last(),
        }
    }
}
