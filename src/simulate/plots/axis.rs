//! An axis: what is written beside it, and where a value stands on it.
//!
//! Pure: values in, values out.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

use crate::units::count_as_f64;

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
/// Beyond this no value is told from another.
const FARTHEST: f64 = 1e12;

/// An axis.
pub struct Axis {
    /// Values far below the knee stand evenly, values far above it by their logarithm: zero has a
    /// place, and so has a thousandfold. Without a knee all stand evenly.
    knee: Option<f64>,
    ends: Range<f64>,
    marks: Vec<(f64, String)>,
}

// === impl Axis ===

impl Axis {
    /// From zero to a round number that is not below `highest`, or a little above that, evenly,
    /// with about five marks.
    pub fn even(highest: f64) -> Self {
        let step = round_step(highest.clamp(f64::MIN_POSITIVE, FARTHEST) / 5.0);
        let count = (highest.min(FARTHEST) / step).ceil();
        let marks = multiples(step, count * step).map(|mark| (mark, plain(mark)));
        Self {
            knee: None,
            ends: 0.0..(count * step).max(highest.min(FARTHEST) * 1.06),
            marks: marks.collect(),
        }
    }

    /// So many seconds, marked in hours, or in days if there are more than two. With the unit.
    pub fn time(seconds: f64) -> (Self, &'static str) {
        let (unit, name) = if seconds > 2.0 * DAY {
            (DAY, "days")
        } else {
            (HOUR, "hours")
        };
        let steps = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0];
        let fits = |step: &f64| seconds / unit / step <= 12.0;
        let longest = round_step(seconds / unit / 12.0);
        let step = steps.into_iter().find(fits).unwrap_or(longest);
        let marks = multiples(step * unit, seconds).map(|mark| (mark, plain(mark / unit)));
        let axis = Self {
            knee: None,
            ends: 0.0..seconds,
            marks: marks.collect(),
        };
        (axis, name)
    }

    /// From the last of the marks that is not above `values`, to the first that is not below.
    pub fn bent(knee: f64, marks: &[(f64, &str)], values: impl Iterator<Item = f64>) -> Self {
        let (first, last) = (marks[0].0, marks[marks.len() - 1].0);
        let (mut lowest, mut highest) = (last, first);
        for value in values.filter(|value| value.is_finite()) {
            (lowest, highest) = (lowest.min(value), highest.max(value));
        }
        let below = marks[..marks.len() - 1].iter().rev();
        let from = below.map(|mark| mark.0).find(|mark| *mark <= lowest);
        let from = from.unwrap_or(first);
        let above = marks.iter().map(|mark| mark.0);
        let to = above
            .into_iter()
            .find(|mark| *mark >= highest && *mark > from);
        let mut axis = Self {
            knee: Some(knee),
            ends: from..to.unwrap_or(last),
            marks: Vec::new(),
        };
        axis.marks = axis.readable(marks);
        axis
    }

    /// Those of the marks that do not stand in each other's way.
    fn readable(&self, marks: &[(f64, &str)]) -> Vec<(f64, String)> {
        let places = self.places();
        let apart = (places.end - places.start) * 0.055;
        let mut kept: Vec<(f64, String)> = Vec::new();
        for (mark, name) in marks {
            let in_the_way =
                |(last, _): &(f64, String)| self.place(*mark) - self.place(*last) < apart;
            if self.ends.start <= *mark
                && *mark <= self.ends.end
                && !kept.last().is_some_and(in_the_way)
            {
                kept.push((*mark, (*name).into()));
            }
        }
        kept
    }

    /// Where the value stands; the ends of the axis hold what lies beyond them.
    fn place(&self, value: f64) -> f64 {
        let value = if value.is_nan() {
            self.ends.end
        } else {
            value.clamp(self.ends.start, self.ends.end)
        };
        match self.knee {
            None => value,
            Some(knee) => (value / knee).ln_1p(),
        }
    }

    /// The places of its ends.
    fn places(&self) -> Range<f64> {
        self.place(self.ends.start)..self.place(self.ends.end)
    }
}

/// So the library can draw it.
impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.places()).map(&self.place(*value), pixels)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The library asks for finer lines between them, too; there are none.
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.marks.iter().map(|(mark, _)| *mark).collect()
    }

    fn range(&self) -> Range<f64> {
        self.ends.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let here = self.marks.iter().find(|(mark, _)| mark == value);
        here.map(|(_, written)| written.clone()).unwrap_or_default()
    }
}

/// The first of 1, 2, 5, 10, 20, 50 … (and of 0.5, 0.2, 0.1 …) that is not below this.
fn round_step(least: f64) -> f64 {
    let decade = 10.0_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * decade);
    let fits = |step: &f64| *step >= least;
    steps.into_iter().find(fits).unwrap_or(10.0 * decade)
}

/// 0, the step, twice the step … up to this.
fn multiples(step: f64, last: f64) -> impl Iterator<Item = f64> {
    (0..)
        .map(move |n| count_as_f64(n) * step)
        .take_while(move |multiple| *multiple <= last * (1.0 + 1e-9))
}

/// To three places behind the point, and no more of them than are needed.
fn plain(number: f64) -> String {
    if number >= 1e6 {
        return format!("{} M", plain(number / 1e6));
    }
    ((number * 1000.0).round() / 1000.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(axis: &Axis) -> Vec<&str> {
        axis.marks.iter().map(|(_, written)| &**written).collect()
    }

    #[test]
    fn an_even_axis_is_marked_at_round_numbers_and_holds_the_highest_value() {
        // A fifth of 7400 is 1480: the next round step is 2000, and four of them hold 7400.
        assert_eq!(
            written(&Axis::even(7400.0)),
            ["0", "2000", "4000", "6000", "8000"]
        );
        assert_eq!(
            written(&Axis::even(2.5e6)),
            ["0", "500000", "1 M", "1.5 M", "2 M", "2.5 M"]
        );
        assert_eq!(
            written(&Axis::even(0.5)),
            ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]
        );
    }

    #[test]
    fn time_is_marked_in_hours_for_two_days_and_in_days_beyond() {
        let (day, unit) = Axis::time(DAY);
        assert_eq!((unit, written(&day).len()), ("hours", 13));
        let (week, unit) = Axis::time(7.0 * DAY);
        assert_eq!((unit, written(&week)[1]), ("days", "1"));
    }

    #[test]
    fn zero_and_a_thousandfold_have_a_place_on_a_bent_axis() {
        let marks = [(0.0, "0"), (10.0, "10 s"), (60.0, "60 s"), (3600.0, "1 h")];
        let axis = Axis::bent(10.0, &marks, [0.0, 700.0].into_iter());
        assert_eq!(written(&axis), ["0", "10 s", "60 s", "1 h"]);
        assert_eq!(axis.place(0.0), 0.0);
        // ln(1 + 10 / 10) is the place of the knee itself.
        assert!((axis.place(10.0) - 2.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_bent_axis_begins_and_ends_at_the_marks_around_its_values() {
        let marks = [(0.5, "a"), (1.0, "b"), (2.0, "c"), (4.0, "d"), (9.0, "e")];
        let axis = Axis::bent(0.3, &marks, [1.1, 3.0].into_iter());
        assert_eq!(written(&axis), ["b", "c", "d"]);
    }

    #[test]
    fn what_is_beyond_an_axis_or_no_number_stands_at_its_end() {
        // Six in a hundred above the highest.
        let axis = Axis::even(100.0);
        for beyond in [107.0, f64::INFINITY, f64::NAN] {
            assert_eq!(axis.place(beyond), 106.0, "{beyond}");
        }
        assert_eq!(axis.place(f64::NEG_INFINITY), 0.0);
    }
}
