//! Backlog, throughput and growth of one source.
//!
//! Pure: values in, values out.
//!
//! One family of backlog metric per source, the best that is there: `pendingBytes`, then the
//! splits' gauges, then the totals. A `-1` is read by what surrounds it.

use std::time::Duration;

use crate::observe::lately::{Lately, Sample};
use crate::observe::slope;
use crate::observe::{Growth, Known, SourceSeen, Unknown};
use crate::scrape::{Aggregate, Source, SourceMetric};
use crate::units::{Amount, Rate, Unit, seconds};

/// Twice the standard error: a slope within it is noise in 19 of 20 cases.
const NOISE_ERRORS: f64 = 2.0;
/// Counters that have not moved for so long stand still: Beam counts in bundles of up to a second,
/// and Flink refreshes every 10 s.
const STANDS_STILL: Duration = Duration::from_secs(15);
/// Bytes per element of the backlog and of what was read may differ by this factor; more is a unit
/// that was mistaken (Beam up to 2.60 writes elements into `backlog_bytes`).
const PLAUSIBLE_FACTOR: f64 = 10.0;

/// The source in the newest sample, with those before it.
struct Window<'a> {
    /// `(seconds since the oldest, the source)`, the newest last.
    samples: Vec<(f64, &'a Source)>,
}

pub(super) fn see(source: &Source, lately: &Lately<'_>) -> SourceSeen {
    let window = Window::of(&source.vertex, &lately.samples);
    let settled = Window::of(&source.vertex, lately.settled());
    let guarded = |known: &dyn Fn() -> Known<Amount>| match (&source.metrics, lately.fresh) {
        (Err(_), _) => Err(Unknown::NotRead),
        (Ok(_), false) => Err(Unknown::NotFresh),
        (Ok(_), true) => known(),
    };
    let backlog_elements = guarded(&|| window.backlog_elements());
    let backlog_bytes = guarded(&|| window.backlog_bytes());
    let unit = match (backlog_bytes, backlog_elements) {
        (Err(_), Ok(_)) => Unit::Elements,
        _ => Unit::Bytes,
    };
    let backlog = match unit {
        Unit::Bytes => backlog_bytes,
        Unit::Elements => backlog_elements,
    };
    let throughput = backlog.and_then(|_| window.rate(unit));
    let stalled = backlog.is_ok_and(|backlog| backlog.get() > 0.0) && window.stands_still();
    let backlog_growth =
        throughput.and_then(|throughput| settled.growth(unit, throughput, lately.growth_noise));
    // Beam names a split or a partition when it first reads from it: for some seconds too few.
    let named = |count: Option<u32>| count.filter(|_| !lately.warming_up);
    SourceSeen {
        vertex: source.vertex.clone(),
        name: source.name.clone(),
        backlog_bytes,
        backlog_elements,
        unit,
        throughput,
        backlog_growth,
        backlog_time: backlog_time(backlog, throughput, stalled),
        input_rate: input_rate(throughput, backlog_growth),
        input_rate_newest: throughput.and_then(|_| settled.newest_input_rate(unit)),
        stalled,
        watermark_lag: guarded(&|| window.watermark_lag())
            .map(|millis| seconds(millis.get() / 1000.0)),
        splits: named(source.splits),
        partitions: named(source.partitions),
    }
}

/// What the source reads per second, over the whole window.
pub(super) fn read_rate(samples: &[&Sample], vertex: &str, unit: Unit) -> Known<Rate> {
    Window::of(vertex, samples).rate(unit)
}

/// What was read by `before` and by `now`, by the same counter. Elements are counted by Beam, and by
/// Flink where Beam does not; the two differ by the element that is just being read.
pub(super) fn read_between(
    before: &Source,
    now: &Source,
    unit: Unit,
) -> Option<(Aggregate, Aggregate)> {
    let counters = counters(unit).iter();
    counters.copied().find_map(|counter| {
        let (before, now) = (metric(before, counter), metric(now, counter));
        before.ok().zip(now.ok())
    })
}

/// Whether both the smallest and the largest subtask of every source have read on from one sample
/// to the next, and as many subtasks report as there are.
pub(super) fn all_grew(before: &Sample, now: &Sample) -> bool {
    !now.sources.is_empty()
        && now.sources.iter().all(|source| {
            let parallelism = now
                .vertices
                .iter()
                .find(|vertex| vertex.id == source.vertex)
                .map(|vertex| f64::from(vertex.parallelism));
            let earlier = before.sources.iter().find(|s| s.vertex == source.vertex);
            let read = earlier.and_then(|it| read_between(it, source, Unit::Elements));
            let (Some(parallelism), Some((earlier, read))) = (parallelism, read) else {
                return false;
            };
            read.min > earlier.min
                && read.max > earlier.max
                && (reporting(read) - parallelism).abs() < 0.5
        })
}

/// Whether a source that stood still before a backlog, or one that it could not tell, reads again.
pub(super) fn reads_again(before: &[&Sample], now: &Sample) -> bool {
    now.sources.iter().any(|source| {
        let window = Window::of(&source.vertex, before);
        let nothing_to_read = |source| {
            backlog_as_served(source, Unit::Bytes)
                .or_else(|_| backlog_as_served(source, Unit::Elements))
                .is_ok_and(|served| served.min >= 0.0 && served.sum <= 0.0)
        };
        let moved = |last: &Source| {
            read_between(last, source, Unit::Elements).is_some_and(|(then, now)| then != now)
        };
        window.stands_still()
            && window
                .newest()
                .is_ok_and(|last| moved(last) && !nothing_to_read(last))
    })
}

/// `backlog / throughput`; nothing to read takes no time, whatever the throughput.
fn backlog_time(backlog: Known<Amount>, throughput: Known<Rate>, stalled: bool) -> Known<Duration> {
    let (backlog, throughput) = (backlog?.get(), throughput?.get());
    if stalled || (throughput <= 0.0 && backlog > 0.0) {
        return Err(Unknown::Stalled);
    }
    if backlog <= 0.0 {
        return Ok(Duration::ZERO);
    }
    Ok(seconds(backlog / throughput))
}

fn input_rate(throughput: Known<Rate>, growth: Known<Growth>) -> Known<Rate> {
    let input = throughput?.get() + growth?.rate.get();
    Rate::per_second(input.max(0.0)).ok_or(Unknown::NotANumber)
}

fn metric(source: &Source, wanted: SourceMetric) -> Known<Aggregate> {
    let metrics = source.metrics.as_ref().map_err(|_| Unknown::NotRead)?;
    let (_, aggregate) = metrics
        .iter()
        .find(|(metric, _)| *metric == wanted)
        .ok_or(Unknown::NotOffered)?;
    if aggregate.sum.is_finite() && aggregate.min.is_finite() {
        Ok(*aggregate)
    } else {
        Err(Unknown::NotANumber)
    }
}

/// Total of a backlog gauge as served; `-1`s of single subtasks are in it and weigh nothing.
fn backlog_as_served(source: &Source, unit: Unit) -> Known<Aggregate> {
    let families: &[SourceMetric] = match unit {
        Unit::Bytes => &[
            SourceMetric::PendingBytes,
            SourceMetric::SplitsBacklogBytes,
            SourceMetric::BacklogBytes,
        ],
        Unit::Elements => &[
            SourceMetric::SplitsBacklogElements,
            SourceMetric::BacklogElements,
        ],
    };
    first_offered(source, families)
}

fn first_offered(source: &Source, metrics: &[SourceMetric]) -> Known<Aggregate> {
    let known = metrics.iter().map(|wanted| metric(source, *wanted));
    let offered = |known: &Known<Aggregate>| *known != Err(Unknown::NotOffered);
    known
        .into_iter()
        .find(offered)
        .unwrap_or(Err(Unknown::NotOffered))
}

// === impl Window ===

impl<'a> Window<'a> {
    fn of(vertex: &str, samples: &[&'a Sample]) -> Self {
        let Some(oldest) = samples.first() else {
            return Self {
                samples: Vec::new(),
            };
        };
        let samples = samples
            .iter()
            .filter_map(|sample| {
                let source = sample.sources.iter().find(|s| *s.vertex == *vertex)?;
                Some((sample.at.since(oldest.at).as_secs_f64(), source))
            })
            .collect();
        Self { samples }
    }

    fn newest(&self) -> Known<&'a Source> {
        let (_, newest) = self.samples.last().ok_or(Unknown::TooFewSamples)?;
        Ok(newest)
    }

    fn backlog_bytes(&self) -> Known<Amount> {
        let bytes = self.backlog(Unit::Bytes)?;
        let newest = self.newest()?;
        // Only the splits' gauges were ever seen in the wrong unit.
        if metric(newest, SourceMetric::PendingBytes) != Err(Unknown::NotOffered) {
            return Ok(bytes);
        }
        match (
            self.backlog(Unit::Elements),
            counter(newest, Unit::Bytes),
            counter(newest, Unit::Elements),
        ) {
            (Ok(elements), Ok(bytes_read), Ok(elements_read))
                if elements.get() > 0.0 && elements_read.sum > 0.0 && bytes_read.sum > 0.0 =>
            {
                let each = bytes.get() / elements.get();
                let each_read = bytes_read.sum / elements_read.sum;
                let plausible = (each_read / PLAUSIBLE_FACTOR)..=(each_read * PLAUSIBLE_FACTOR);
                if plausible.contains(&each) {
                    Ok(bytes)
                } else {
                    Err(Unknown::Implausible)
                }
            }
            _ => Ok(bytes),
        }
    }

    fn backlog_elements(&self) -> Known<Amount> {
        self.backlog(Unit::Elements)
    }

    /// The backlog now. Beam says `-1` for "not known", and from 2.68 on also when a reader has
    /// passed the last end offset it knows of, which is to have caught up.
    fn backlog(&self, unit: Unit) -> Known<Amount> {
        let served = backlog_as_served(self.newest()?, unit)?;
        if served.min < 0.0 && !self.has_caught_up(unit, served.sum) {
            return Err(Unknown::MinusOne);
        }
        Amount::new(served.sum.max(0.0)).ok_or(Unknown::NotANumber)
    }

    /// A `-1` is "caught up" when every subtask has read something, records still flow as they did,
    /// and what was left before could have been read since.
    fn has_caught_up(&self, unit: Unit, backlog: f64) -> bool {
        let Some(((now, newest), earlier)) = self.samples.split_last() else {
            return false;
        };
        let Some((then, before)) = earlier.last() else {
            return false;
        };
        let Some((read_before, read)) = read_between(before, newest, Unit::Elements) else {
            return false;
        };
        let flowing = (read.sum - read_before.sum) / (now - then);
        let flowed = self.rate(Unit::Elements).map_or(0.0, Rate::get);
        let all_read = read.min > 0.0
            || newest
                .splits
                .is_some_and(|splits| reporting(read) > f64::from(splits));
        flowing > 0.0
            && flowing >= flowed / 2.0
            && all_read
            && self.could_be_read_since(unit, backlog)
    }

    /// A backlog does not vanish faster than it is read (a quarter more is allowed for the gauge
    /// and the counter not being of the same second).
    fn could_be_read_since(&self, unit: Unit, backlog: f64) -> bool {
        let Some((_, newest)) = self.samples.last() else {
            return false;
        };
        let last_told = self.samples.iter().rev().skip(1).find_map(|(_, source)| {
            let served = backlog_as_served(source, unit).ok()?;
            (served.min >= 0.0).then_some((served.sum, source))
        });
        let Some((told, then)) = last_told else {
            return true;
        };
        let read = match (counter(then, unit), counter(newest, unit)) {
            (Ok(before), Ok(read)) => read.sum - before.sum,
            // Beam registers its counters with the first element: until then nothing was read.
            (Err(Unknown::NotOffered), Ok(read)) => read.sum,
            _ => return false,
        };
        told - backlog <= 1.25 * read + self.rate(unit).map_or(0.0, Rate::get)
    }

    /// Difference of the counter over the whole window.
    fn rate(&self, unit: Unit) -> Known<Rate> {
        let (now, newest) = self.samples.last().ok_or(Unknown::TooFewSamples)?;
        counter(newest, unit)?;
        let (since, (first, last)) = self
            .samples
            .iter()
            .find_map(|(at, source)| Some((at, read_between(source, newest, unit)?)))
            .ok_or(Unknown::TooFewSamples)?;
        if now <= since {
            return Err(Unknown::TooFewSamples);
        }
        Rate::per_second((last.sum - first.sum).max(0.0) / (now - since)).ok_or(Unknown::NotANumber)
    }

    /// What was read and what more waits, between the two newest samples. Added up over many of them
    /// the gauge's error does not grow: what one counts too little the next counts too much.
    fn newest_input_rate(&self, unit: Unit) -> Known<Rate> {
        let [.., (then, before), (now, newest)] = &self.samples[..] else {
            return Err(Unknown::TooFewSamples);
        };
        let (read_before, read) = read_between(before, newest, unit).ok_or(Unknown::NotOffered)?;
        let waited = backlog_as_served(before, unit)?.sum.max(0.0);
        let waits = backlog_as_served(newest, unit)?.sum.max(0.0);
        let came_in = (read.sum - read_before.sum) + (waits - waited);
        Rate::per_second(came_in.max(0.0) / (now - then)).ok_or(Unknown::NotANumber)
    }

    /// Slope of a line through the backlogs of the window, and what of it is noise: a slope of less
    /// than `GROWTH_NOISE` of the throughput is none, however straight the line is.
    fn growth(&self, unit: Unit, throughput: Rate, growth_noise: f64) -> Known<Growth> {
        let points: Vec<(f64, f64)> = self
            .samples
            .iter()
            .filter_map(|(at, source)| {
                let served = backlog_as_served(source, unit).ok()?;
                Some((*at, served.sum.max(0.0)))
            })
            .collect();
        let (slope, error) = slope::fit(&points).ok_or(Unknown::TooFewSamples)?;
        let noise = (NOISE_ERRORS * error).max(growth_noise * throughput.get());
        Ok(Growth {
            rate: Rate::per_second(slope).ok_or(Unknown::NotANumber)?,
            noise: Rate::per_second(noise).ok_or(Unknown::NotANumber)?,
        })
    }

    /// No subtask has read anything for a while.
    fn stands_still(&self) -> bool {
        let Some((now, newest)) = self.samples.last() else {
            return false;
        };
        let none_read = |source: &Source| {
            read_between(source, newest, Unit::Elements).is_some_and(|(then, now)| then == now)
        };
        let since = self
            .samples
            .iter()
            .rev()
            .take_while(|(_, source)| none_read(source))
            .last();
        since.is_some_and(|(since, _)| seconds(now - since) >= STANDS_STILL)
    }

    /// Below zero, by minutes, is what an idle source says: the age of nothing.
    fn watermark_lag(&self) -> Known<Amount> {
        let lag = metric(self.newest()?, SourceMetric::WatermarkLag)?;
        Amount::new(lag.max).ok_or(Unknown::NotOffered)
    }
}

/// The counter that goes with a backlog in this unit.
fn counter(source: &Source, unit: Unit) -> Known<Aggregate> {
    first_offered(source, counters(unit))
}

/// The best first.
const fn counters(unit: Unit) -> &'static [SourceMetric] {
    match unit {
        Unit::Bytes => &[SourceMetric::BytesRead],
        Unit::Elements => &[SourceMetric::ElementsRead, SourceMetric::RecordsIn],
    }
}

fn reporting(aggregate: Aggregate) -> f64 {
    aggregate.sum / aggregate.avg
}
