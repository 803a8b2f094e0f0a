//! What the last rescale was expected to bring, and what it brought.
//!
//! Pure: values in, values out.

use crate::decide::rescale::Rescales;
use crate::units::{Timestamp, Workers};

/// So many readings of one size make its capacity: two minutes.
const READINGS_FEWEST: u32 = 12;

/// How many times as much a job can read after a rescale as before it; below 1 after a scale-down.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gain {
    /// As the model expected when the rescale was asked for.
    pub predicted: f64,
    /// As was measured: the readings of the capacity after it over those before it.
    pub real: f64,
}

/// The readings of the capacity around a rescale.
#[derive(Clone, Debug, Default)]
pub(super) struct Gains {
    readings: Option<Readings>,
    /// The rescale that was looked at last, by its asking.
    looked_at: Option<Timestamp>,
    /// What is expected of it, until it is measured.
    awaited: Option<Awaited>,
    last: Option<Gain>,
}

/// Those of one size.
#[derive(Clone, Copy, Debug)]
struct Readings {
    workers: Workers,
    mean: f64,
    times: u32,
}

#[derive(Clone, Copy, Debug)]
struct Awaited {
    to: Workers,
    before: f64,
    predicted: f64,
}

// === impl Gains ===

impl Gains {
    /// Looks at the newest rescale; `expected` gives how many times as much is read with the second
    /// size as with the first.
    pub fn follow(&mut self, rescales: &Rescales, expected: impl Fn(Workers, Workers) -> f64) {
        let ours = rescales.newest().filter(|rescale| rescale.is_ours());
        let Some(rescale) = ours.filter(|rescale| self.looked_at != Some(rescale.asked)) else {
            return;
        };
        self.looked_at = Some(rescale.asked);
        let before = self.readings.filter(|readings| {
            readings.workers == rescale.from && readings.times >= READINGS_FEWEST
        });
        self.awaited = before.map(|before| Awaited {
            to: rescale.to,
            before: before.mean,
            predicted: expected(rescale.from, rescale.to),
        });
    }

    /// A job of so many workers could read so much per second.
    pub fn take(&mut self, workers: Workers, capacity: f64) {
        if !(capacity.is_finite() && capacity > 0.0) {
            return;
        }
        let here = self.readings.filter(|here| here.workers == workers);
        let mut here = here.unwrap_or(Readings {
            workers,
            mean: capacity,
            times: 0,
        });
        here.times = here.times.saturating_add(1);
        let newest = 1.0 / f64::from(here.times.min(READINGS_FEWEST));
        here.mean += newest * (capacity - here.mean);
        self.readings = Some(here);
        if let Some(awaited) = self.awaited
            && awaited.to == workers
            && here.times >= READINGS_FEWEST
        {
            self.awaited = None;
            self.last = Some(Gain {
                predicted: awaited.predicted,
                real: here.mean / awaited.before,
            });
        }
    }

    /// That of the last rescale of ours of which the capacity could be measured both before and after
    /// it: neither of a nearly idle job, nor where other workers came than were asked for.
    pub const fn last(&self) -> Option<Gain> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Trigger;
    use crate::decide::rescale::Author;

    const ASKED: Timestamp = Timestamp::from_millis(1_000_000);

    fn rescaled(from: u32, to: u32, by: Author) -> Rescales {
        let mut rescales = Rescales::default();
        rescales.begin(ASKED, Workers(from), Workers(to), by);
        rescales
    }

    fn read(gains: &mut Gains, workers: u32, capacity: f64, times: u32) {
        for _ in 0..times {
            gains.take(Workers(workers), capacity);
        }
    }

    /// 4 workers that can read 1000/s become 8, of which twice as much is expected.
    fn four_to_eight(before: u32, by: Author) -> Gains {
        let mut gains = Gains::default();
        read(&mut gains, 4, 1000.0, before);
        gains.follow(&rescaled(4, 8, by), |from, to| to.as_f64() / from.as_f64());
        gains
    }

    const OURS: Author = Author::Outrider(Trigger::DelayBudget);

    #[test]
    fn what_was_expected_stands_beside_what_came_once_both_are_known() {
        let mut gains = four_to_eight(12, OURS);
        read(&mut gains, 8, 1800.0, 11);
        assert_eq!(gains.last(), None);
        read(&mut gains, 8, 1800.0, 1);
        let expected = Gain {
            predicted: 2.0,
            real: 1.8,
        };
        assert_eq!(gains.last(), Some(expected));
        // What is read later is not its doing.
        read(&mut gains, 8, 5000.0, 60);
        assert_eq!(gains.last(), Some(expected));
    }

    #[test]
    fn a_scale_down_gains_less_than_one() {
        let mut gains = Gains::default();
        read(&mut gains, 8, 2000.0, 20);
        gains.follow(&rescaled(8, 4, OURS), |_, _| 0.5);
        read(&mut gains, 4, 1100.0, 12);
        let gain = gains.last().expect("measured");
        assert!((gain.real - 0.55).abs() < 1e-9, "{gain:?}");
    }

    #[test]
    fn what_was_not_measured_on_both_sides_is_not_known() {
        // Too little was read before; another number came; somebody else asked.
        let mut too_few = four_to_eight(11, OURS);
        read(&mut too_few, 8, 1800.0, 30);
        let mut fewer_came = four_to_eight(12, OURS);
        read(&mut fewer_came, 6, 1400.0, 30);
        let mut not_ours = four_to_eight(12, Author::SomebodyElse);
        read(&mut not_ours, 8, 1800.0, 30);
        for gains in [too_few, fewer_came, not_ours] {
            assert_eq!(gains.last(), None, "{gains:?}");
        }
    }
}
