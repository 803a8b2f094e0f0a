//! Where a moment and a value lie on the paper.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::report::page::picture::PLOT;
use crate::report::shown;
use crate::report::span::Span;
use crate::units::{Timestamp, count_as_f64};

/// The time axis that all panels share: from `now - span` at 0 to `now + ahead` at
/// [`TimeAxis::WIDTH`].
#[derive(Clone, Copy)]
pub(super) struct TimeAxis {
    pub now: Timestamp,
    pub span: Span,
    /// For what is foreseen.
    pub ahead: Duration,
}

/// The vertical axis of one panel: from 0 at its foot to `most` at its top.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub top: f64,
    pub height: f64,
    pub most: f64,
}

// === impl TimeAxis ===

impl TimeAxis {
    /// In units of the picture, which are stretched to the width that there is.
    pub const WIDTH: f64 = 600.0;

    /// Where a moment lies; what is outside lies on the edge.
    pub fn x(self, at: Timestamp) -> f64 {
        let span = self.span.duration().as_secs_f64();
        let ahead = self.ahead.as_secs_f64();
        let from_now = at.since(self.now).as_secs_f64() - self.now.since(at).as_secs_f64();
        Self::WIDTH * (span + from_now.clamp(-span, ahead)) / (span + ahead)
    }

    /// The same in hundredths of the width of the whole picture, for what is not stretched.
    pub fn percent(x: f64) -> f64 {
        (x / Self::WIDTH * PLOT * 100.0).round() / 100.0
    }

    /// The moments that have a line and a label: round times of the day.
    pub fn ticks(self) -> impl Iterator<Item = (f64, String)> {
        let every = Duration::from_mins(match self.span {
            Span::QuarterHour => 5,
            Span::Hour => 15,
            Span::SixHours => 60,
        });
        let every_seconds = every.as_secs();
        let newest = (self.now + self.ahead).millis() / 1000 / every_seconds;
        let count = (self.span.duration() + self.ahead).as_secs() / every_seconds;
        (newest.saturating_sub(count)..=newest)
            .map(move |tick| Timestamp::from_millis(tick * every_seconds * 1000))
            .filter(move |at| self.now.since(*at) < self.span.duration())
            .map(move |at| (self.x(at), shown::time_of_day(at)))
    }
}

// === impl Scale ===

impl Scale {
    /// Where a value lies; what is too much lies on the edge.
    pub fn y(self, value: f64) -> f64 {
        self.top + self.height * (1.0 - (value / self.most).clamp(0.0, 1.0))
    }
}

/// The smallest number of workers that halves well and is not below `highest`.
pub(super) fn round_workers(highest: f64) -> f64 {
    round_up(highest, &[2.0, 4.0, 6.0, 8.0, 10.0])
}

/// The smallest utilization that halves well and is not below `highest`, 1 at least.
pub(super) fn round_utilization(highest: f64) -> f64 {
    round_up(highest, &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0])
}

/// The smallest time in seconds that halves well and is not below `highest`. A hundred days at
/// most: what is longer is for ever.
pub(super) fn round_seconds(highest: f64) -> f64 {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const ROUND: [u64; 18] = [
        10,
        20,
        60,
        2 * MINUTE,
        4 * MINUTE,
        6 * MINUTE,
        10 * MINUTE,
        20 * MINUTE,
        HOUR,
        2 * HOUR,
        4 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        4 * DAY,
        10 * DAY,
        20 * DAY,
        100 * DAY,
    ];
    let mut round = ROUND.into_iter().map(count_as_f64);
    round
        .find(|round| *round >= highest)
        .unwrap_or_else(|| count_as_f64(100 * DAY))
}

/// The last of `round` times ten is where the next ten begin.
fn round_up(highest: f64, round: &[f64]) -> f64 {
    const DECADES: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let all = DECADES
        .iter()
        .flat_map(|decade| round.iter().map(move |round| round * decade));
    all.into_iter()
        .find(|round| *round >= highest)
        .unwrap_or(f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_on_round_numbers() {
        let workers = [0.0, 2.0, 3.0, 9.0, 11.0, 90.0, 4e9];
        let round = workers.map(round_workers);
        assert_eq!(round, [2.0, 2.0, 4.0, 10.0, 20.0, 100.0, 4e9]);
        let utilization = [0.2, 1.0, 1.01, 5.0].map(round_utilization);
        assert_eq!(utilization, [1.0, 1.0, 1.5, 6.0]);
        // 13 min are under 20 min, 25 h under 2 d; Duration::MAX is for ever.
        let seconds = [0.0, 120.0, 780.0, 90_000.0, 1.8e19].map(round_seconds);
        assert_eq!(seconds, [10.0, 120.0, 1_200.0, 172_800.0, 8_640_000.0]);
    }
}
