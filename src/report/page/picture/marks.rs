//! What happened, marked along the time axis: thinned to what can be told apart.
//!
//! Pure: values in, values out.

use std::fmt::Write;

use crate::report::history::points::{Marks, Point};
use crate::report::page::html::Html;
use crate::report::page::picture::axis::TimeAxis;
use crate::report::page::picture::line::tenths;

/// A restart and a rescale each have a line through all panels with a sign on it, a failure has a
/// sign, a checkpoint a short line at the foot.
pub(super) struct Marked {
    restarts: Vec<f64>,
    rescales: Vec<f64>,
    failures: Vec<f64>,
    checkpoints: Vec<f64>,
}

// === impl Marked ===

impl Marked {
    /// Those in the span.
    pub fn of<'a>(points: &(impl Iterator<Item = &'a Point> + Clone), axis: TimeAxis) -> Self {
        let where_set = |apart: f64, set: fn(Marks) -> bool| {
            let marked = points.clone().filter(|point| set(point.marks));
            let mut all: Vec<f64> = Vec::new();
            for x in marked.map(|point| tenths(axis.x(point.at))) {
                if x > 0.0 && all.last().is_none_or(|last| x - last >= apart) {
                    all.push(x);
                }
            }
            all
        };
        Self {
            restarts: where_set(6.0, |marks| marks.restarted),
            rescales: where_set(6.0, |marks| marks.rescale_asked),
            failures: where_set(12.0, |marks| marks.action_failed),
            checkpoints: where_set(3.0, |marks| marks.checkpointed),
        }
    }

    /// Those that are lines; they are stretched with the picture.
    pub fn lines(&self, html: &mut Html, top: f64, foot: f64) {
        let upright = |all: &[f64], from: f64, to: f64| {
            all.iter().fold(String::new(), |mut path, x| {
                write!(path, "M{x} {from}V{to}").expect("a string takes all that is written");
                path
            })
        };
        html.path("restart", &upright(&self.restarts, top, foot));
        html.path("rescale", &upright(&self.rescales, top, foot));
        html.path("checkpoint", &upright(&self.checkpoints, foot, foot + 6.0));
    }

    /// Those that are signs; they keep their shape. Each kind
    /// has a row of its own, what failed above what was asked for above what came of it.
    pub fn signs(&self, html: &mut Html) {
        for (all, sign, y) in [
            (&self.failures, "#sign-failure", 6.0),
            (&self.rescales, "#sign-rescale", 17.0),
            (&self.restarts, "#sign-restart", 28.0),
        ] {
            for x in all {
                html.raw("<use href=\"");
                html.raw(sign);
                html.raw("\" x=\"");
                html.number(TimeAxis::percent(*x));
                html.raw("%\" y=\"");
                html.number(y);
                html.raw("\"/>");
            }
        }
    }
}
