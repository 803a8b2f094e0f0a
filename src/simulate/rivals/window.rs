//! What a rival remembers: the values of the last so many seconds.
//!
//! Pure: values in, values out.

use std::collections::VecDeque;

use crate::simulate::rivals::ASKED_EVERY;
use crate::units::{count_as_f64, len_as_f64};

/// The values of the last so many seconds.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// In seconds.
    length: u64,
    /// Second and value, the oldest first.
    values: VecDeque<(u64, f64)>,
}

// === impl Window ===

impl Window {
    /// An empty one, of so many seconds. One of 0 seconds never holds anything.
    pub(super) const fn of(length: u64) -> Self {
        Self {
            length,
            values: VecDeque::new(),
        }
    }

    /// Adds the value of this second and forgets what is too old then. Seconds only rise.
    pub(super) fn push(&mut self, second: u64, value: f64) {
        self.values.push_back((second, value));
        let length = self.length;
        self.values.retain(|(at, _)| at + length > second);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Whether the values reach back over the whole length. A value stands for the
    /// [`ASKED_EVERY`] seconds that end with its own.
    pub(super) fn covered(&self) -> bool {
        match (self.values.front(), self.values.back()) {
            (Some((first, _)), Some((last, _))) => first + self.length <= last + ASKED_EVERY,
            _ => false,
        }
    }

    /// The mean of the values; `None` if there are none.
    pub(super) fn mean(&self) -> Option<f64> {
        let sum: f64 = self.numbers().sum();
        (!self.values.is_empty()).then(|| sum / len_as_f64(self.values.len()))
    }

    /// The highest value; `None` if there are none.
    pub(super) fn max(&self) -> Option<f64> {
        self.numbers().reduce(f64::max)
    }

    /// The lowest value; `None` if there are none.
    pub(super) fn min(&self) -> Option<f64> {
        self.numbers().reduce(f64::min)
    }

    /// From the first value to the last, per second; `None` with fewer than two.
    pub(super) fn growth(&self) -> Option<f64> {
        let (first, from) = self.values.front()?;
        let (last, to) = self.values.back()?;
        (last > first).then(|| (to - from) / count_as_f64(last - first))
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_the_last_seconds_and_no_more() {
        let mut window = Window::of(15);
        for (second, value) in [(5, 9.0), (10, 1.0), (15, 2.0), (20, 6.0)] {
            window.push(second, value);
        }
        // The value of second 5 is 15 seconds old and gone.
        assert_eq!(window.mean(), Some(3.0));
        assert_eq!(window.max(), Some(6.0));
        assert_eq!(window.min(), Some(1.0));
        // From 1 to 6 in 10 seconds.
        assert_eq!(window.growth(), Some(0.5));
    }

    #[test]
    fn it_is_covered_when_it_has_seen_its_whole_length() {
        let mut window = Window::of(15);
        assert!(!window.covered());
        window.push(5, 1.0);
        window.push(10, 1.0);
        // Two values of five seconds each.
        assert!(!window.covered());
        window.push(15, 1.0);
        assert!(window.covered());
        window.clear();
        assert!(!window.covered());
    }

    #[test]
    fn an_empty_one_says_nothing() {
        let mut window = Window::of(0);
        window.push(5, 1.0);
        assert_eq!(window.mean(), None);
        assert_eq!(window.max(), None);
        assert_eq!(window.min(), None);
        assert_eq!(window.growth(), None);
    }
}
