//! Lines and steps as the path of an SVG: thinned to what can be seen, and broken where nothing is
//! known.
//!
//! Pure: values in, values out.

use std::fmt::Write;
use std::time::Duration;

use crate::decide::forecast::Course;

use crate::decide::forecast::Foreseen;
use crate::report::history::points::Point;
use crate::report::page::picture::axis::{Scale, TimeAxis};
use crate::units::{Timestamp, seconds};

/// Values along the time axis; `None` where the line ends because nothing is known from there on.
pub(super) struct Line(Vec<(f64, Option<f64>)>);

// === impl Line ===

impl Line {
    /// So many columns the paper has: of what falls into one only the lowest and the highest are
    /// drawn. On a wide screen a column is three pixels.
    const COLUMNS: f64 = 300.0;

    /// One value of each point. A value stands until the next point, and not for longer than
    /// `patience`: then there was no tick that could have told.
    pub fn of<'a>(
        points: impl Iterator<Item = &'a Point>,
        axis: TimeAxis,
        patience: Duration,
        value: impl Fn(&Point) -> Option<f64>,
    ) -> Self {
        let mut all = Vec::new();
        let mut points = points.peekable();
        while let Some(point) = points.next() {
            all.push((axis.x(point.at), value(point)));
            let until = points.peek().map_or(axis.now, |next| next.at);
            if points.peek().is_none() || until.since(point.at) > patience {
                let told_until = until.min(point.at + patience);
                all.push((axis.x(told_until), None));
            }
        }
        Self(thinned(&all))
    }

    /// What is foreseen, as far as the paper reaches; up to and with the first value beyond the
    /// scale.
    pub fn ahead(foreseen: &Foreseen, course: &Course, axis: TimeAxis, scale: Scale) -> Self {
        let moment = |after: f64| foreseen.at + seconds(after);
        let on_paper = |at: &Timestamp| {
            axis.now.since(*at) <= axis.span.duration() && at.since(axis.now) <= axis.ahead
        };
        let mut all = Vec::new();
        for (after, delay) in course.points() {
            let at = moment(after);
            if on_paper(&at) {
                all.push((axis.x(at), Some(delay)));
            }
            if delay > scale.most {
                break;
            }
        }
        Self(thinned(&all))
    }

    /// Each value stands until the next.
    pub fn steps(&self, scale: Scale) -> String {
        let mut path = String::new();
        let mut pen = None;
        for (x, value) in &self.0 {
            let (x, y) = (tenths(*x), value.map(|value| tenths(scale.y(value))));
            match (pen, y) {
                (None, Some(y)) => write!(path, "M{x} {y}"),
                (Some(before), Some(y)) if before != y => write!(path, "H{x}V{y}"),
                (Some(_), None) => write!(path, "H{x}"),
                _ => Ok(()),
            }
            .expect("a string takes all that is written");
            pen = y;
        }
        path
    }

    /// From value to value; one between two gaps is a dot.
    pub fn joined(&self, scale: Scale) -> String {
        let mut path = String::new();
        let mut drawing = false;
        for (x, value) in &self.0 {
            if let Some(value) = value {
                let (x, y) = (tenths(*x), tenths(scale.y(*value)));
                if drawing {
                    write!(path, "L{x} {y}")
                } else {
                    write!(path, "M{x} {y}h0")
                }
                .expect("a string takes all that is written");
            }
            drawing = value.is_some();
        }
        path
    }
}

/// A coordinate, to a tenth.
pub(super) fn tenths(coordinate: f64) -> f64 {
    (coordinate * 10.0).round() / 10.0
}

fn thinned(all: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
    let column = |x: f64| (x * Line::COLUMNS / TimeAxis::WIDTH).floor();
    let mut kept = Vec::new();
    for together in all.chunk_by(|(one, _), (other, _)| column(*one) == column(*other)) {
        let known = together
            .iter()
            .filter_map(|(x, value)| Some((*x, (*value)?)));
        let lowest = known.clone().min_by(|one, other| one.1.total_cmp(&other.1));
        let highest = known.max_by(|one, other| one.1.total_cmp(&other.1));
        let (Some(lowest), Some(highest)) = (lowest, highest) else {
            kept.extend(together.last());
            continue;
        };
        let (first, second) = if lowest.0 <= highest.0 {
            (lowest, highest)
        } else {
            (highest, lowest)
        };
        kept.push((first.0, Some(first.1)));
        if second.0 > first.0 {
            kept.push((second.0, Some(second.1)));
        }
        kept.extend(together.last().filter(|(_, value)| value.is_none()));
    }
    kept
}
