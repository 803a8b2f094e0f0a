//! What the numbers of a source mean, and when they mean nothing.

use std::time::Duration;

use outrider::observe::{Known, Observer, SourceSeen, Unknown};
use outrider::scrape::{Aggregate, Source, SourceMetric, Unread};
use outrider::settings::Settings;
use outrider::units::{Amount, Unit};

use crate::made::{self, BACKLOG, ELEMENT, READS, after, job_of, of, set, shared, source_after};

fn backlog(source: &SourceSeen) -> Known<f64> {
    source.backlog_bytes.map(Amount::get)
}

/// A gauge that is `-1` in both subtasks from tick `from` on.
fn minus_one(tick: u64, from: u64, source: &mut Source) {
    if tick >= from {
        set(source, SourceMetric::PendingBytes, of(&[-1.0, -1.0]));
    }
}

/// As if so many elements had been read, by both subtasks.
fn has_read(source: &mut Source, elements: f64) {
    set(source, SourceMetric::ElementsRead, shared(elements));
    set(source, SourceMetric::RecordsIn, shared(elements));
    set(source, SourceMetric::BytesRead, shared(elements * ELEMENT));
}

#[test]
fn a_job_that_runs_well_is_known() {
    let source = source_after(6, |_, _| {});
    assert_eq!(backlog(&source), Ok(BACKLOG));
    assert_eq!(source.unit, Unit::Bytes);
    assert_eq!(source.throughput.unwrap().get(), READS * ELEMENT);
    assert_eq!(source.backlog_growth.unwrap().rate.get(), 0.0);
    // 5 000 000 / 500 000
    assert_eq!(source.backlog_time, Ok(Duration::from_secs(10)));
    assert_eq!(source.input_rate.unwrap().get(), READS * ELEMENT);
    assert_eq!(source.watermark_lag, Ok(Duration::from_millis(150)));
    assert_eq!((source.splits, source.partitions), (Some(12), Some(12)));
    assert!(!source.stalled);
}

#[test]
fn a_number_that_is_none_is_not_0() {
    for bad in [f64::NAN, f64::INFINITY] {
        let source = source_after(6, |_, source| {
            set(source, SourceMetric::PendingBytes, of(&[bad, 1.0]));
        });
        assert_eq!(backlog(&source), Err(Unknown::NotANumber));
        assert_eq!(source.backlog_time, Err(Unknown::NotANumber));
        let source = source_after(6, |_, source| {
            set(source, SourceMetric::BytesRead, of(&[bad, bad]));
        });
        assert_eq!(backlog(&source), Ok(BACKLOG));
        assert_eq!(source.throughput, Err(Unknown::NotANumber));
        assert_eq!(source.input_rate, Err(Unknown::NotANumber));
    }
}

#[test]
fn a_metric_that_is_not_there_is_not_0() {
    let source = source_after(6, |_, source| {
        set(source, SourceMetric::PendingBytes, None);
    });
    assert_eq!(backlog(&source), Err(Unknown::NotOffered));
    assert_eq!(source.backlog_time, Err(Unknown::NotOffered));
    let source = source_after(6, |_, source| source.metrics = Err(Unread::Empty));
    assert_eq!(backlog(&source), Err(Unknown::NotRead));
    assert_eq!(source.backlog_time, Err(Unknown::NotRead));
    assert!(!source.stalled);
}

#[test]
fn a_source_that_vanishes_from_one_tick_only_is_not_read_in_that_one() {
    let missing = |at| {
        move |tick, source: &mut Source| {
            if tick == at {
                source.metrics = Err(Unread::TimedOut);
            }
        }
    };
    assert_eq!(backlog(&source_after(6, missing(5))), Err(Unknown::NotRead));
    assert_eq!(backlog(&source_after(6, missing(4))), Ok(BACKLOG));
}

// === -1 ===

#[test]
fn minus_one_with_records_flowing_is_caught_up() {
    // 2 MB before, and 5 MB are read within 10 s.
    let source = source_after(6, |tick, source| {
        set(source, SourceMetric::PendingBytes, shared(2e6));
        minus_one(tick, 5, source);
    });
    assert_eq!(backlog(&source), Ok(0.0));
    assert_eq!(source.backlog_time, Ok(Duration::ZERO));
}

#[test]
fn minus_one_with_counters_standing_still_is_not_known() {
    let source = source_after(6, |tick, source| {
        set(source, SourceMetric::PendingBytes, shared(2e6));
        has_read(source, 1e6);
        minus_one(tick, 5, source);
    });
    assert_eq!(backlog(&source), Err(Unknown::MinusOne));
    assert_eq!(source.backlog_time, Err(Unknown::MinusOne));
}

#[test]
fn minus_one_of_a_source_that_never_moves_is_not_known() {
    let source = source_after(9, |_, source| {
        has_read(source, 1e6);
        minus_one(0, 0, source);
    });
    assert_eq!(backlog(&source), Err(Unknown::MinusOne));
}

#[test]
fn minus_one_where_more_was_left_than_could_be_read_is_not_known() {
    // 20 MB before; 1.25 * 5 + 0.5 MB could have been read.
    let source = source_after(6, |tick, source| {
        set(source, SourceMetric::PendingBytes, shared(20e6));
        minus_one(tick, 5, source);
    });
    assert_eq!(backlog(&source), Err(Unknown::MinusOne));
}

#[test]
fn minus_one_with_half_the_records_that_flowed_is_not_known() {
    let source = source_after(6, |tick, source| {
        set(source, SourceMetric::PendingBytes, shared(2e6));
        if tick == 5 {
            // 400/s after 1000/s.
            has_read(source, 1e6 + 44_000.0);
        }
        minus_one(tick, 5, source);
    });
    assert_eq!(backlog(&source), Err(Unknown::MinusOne));
}

#[test]
fn minus_one_of_a_reader_that_has_read_nothing_is_not_known() {
    let source = source_after(6, |tick, source| {
        let read = made::count(tick) * 10_000.0;
        set(source, SourceMetric::ElementsRead, of(&[0.0, read]));
        set(source, SourceMetric::RecordsIn, of(&[0.0, read]));
        set(source, SourceMetric::PendingBytes, of(&[-1.0, 1e6]));
    });
    assert_eq!(backlog(&source), Err(Unknown::MinusOne));
}

#[test]
fn minus_one_of_some_subtasks_weighs_nothing_in_the_sum() {
    let source = source_after(6, |_, source| {
        set(source, SourceMetric::PendingBytes, of(&[-1.0, 8e6]));
    });
    assert_eq!(backlog(&source), Ok(8e6 - 1.0));
}

#[test]
fn minus_one_after_the_0_of_before_the_first_record_is_caught_up() {
    let source = source_after(4, |tick, source| {
        if tick == 0 {
            set(source, SourceMetric::PendingBytes, shared(0.0));
            set(source, SourceMetric::ElementsRead, None);
            set(source, SourceMetric::BytesRead, None);
            set(source, SourceMetric::RecordsIn, shared(0.0));
        } else {
            has_read(source, made::count(tick) * 6000.0);
            minus_one(tick, 1, source);
        }
    });
    assert_eq!(backlog(&source), Ok(0.0));
}

// === standing still ===

#[test]
fn a_backlog_with_counters_standing_still_is_a_stall() {
    let still = |ticks| {
        source_after(ticks, |tick, source| {
            if tick >= 3 {
                has_read(source, 1e6 + 30_000.0);
            }
        })
    };
    // For 10 s a bundle may be on its way; for 20 s it is not.
    assert!(!still(5).stalled);
    let source = still(6);
    assert!(source.stalled);
    assert_eq!(source.backlog_time, Err(Unknown::Stalled));
    assert_eq!(backlog(&source), Ok(BACKLOG));
}

#[test]
fn nothing_left_and_nothing_read_is_no_stall() {
    let source = source_after(6, |_, source| {
        has_read(source, 1e6);
        set(source, SourceMetric::PendingBytes, shared(0.0));
    });
    assert!(!source.stalled);
    assert_eq!(source.backlog_time, Ok(Duration::ZERO));
    assert_eq!(source.throughput.unwrap().get(), 0.0);
}

// === units ===

fn split_gauges(source: &mut Source, bytes: f64, elements: impl Into<Option<Aggregate>>) {
    set(source, SourceMetric::PendingBytes, None);
    set(source, SourceMetric::SplitsBacklogBytes, shared(bytes));
    set(source, SourceMetric::SplitsBacklogElements, elements);
}

#[test]
fn split_gauges_in_the_wrong_unit_are_implausible_and_elements_are_taken() {
    // Beam writes 8000 elements into the bytes: 1 byte each, where 500 were read for each.
    let source = source_after(6, |_, source| {
        split_gauges(source, 8000.0, shared(8000.0));
    });
    assert_eq!(backlog(&source), Err(Unknown::Implausible));
    assert_eq!(source.unit, Unit::Elements);
    assert_eq!(source.backlog().unwrap().get(), 8000.0);
    assert_eq!(source.throughput.unwrap().get(), READS);
    assert_eq!(source.backlog_time, Ok(Duration::from_secs(8)));
}

#[test]
fn split_gauges_in_the_right_unit_are_believed() {
    let source = source_after(6, |_, source| {
        split_gauges(source, 4e6, shared(8000.0));
    });
    assert_eq!(backlog(&source), Ok(4e6));
    assert_eq!(source.unit, Unit::Bytes);
}

#[test]
fn the_better_family_is_taken_and_never_two() {
    let source = source_after(6, |_, source| {
        set(source, SourceMetric::SplitsBacklogBytes, shared(9e6));
        set(source, SourceMetric::BacklogBytes, shared(7e6));
    });
    assert_eq!(backlog(&source), Ok(BACKLOG));
}

#[test]
fn sources_with_different_units_are_not_added() {
    let seen = after(6, |tick, scrape| {
        let job = job_of(scrape);
        let mut other = made::source("other", made::count(tick) * 200.0);
        set(&mut other, SourceMetric::PendingBytes, None);
        set(&mut other, SourceMetric::BacklogElements, shared(600.0));
        job.sources.push(other);
    });
    let [first, second] = &seen.sources[..] else {
        panic!("two sources");
    };
    assert_eq!((first.unit, backlog(first)), (Unit::Bytes, Ok(BACKLOG)));
    assert_eq!(second.unit, Unit::Elements);
    assert_eq!(backlog(second), Err(Unknown::NotOffered));
    // 600 elements at 20/s.
    assert_eq!(second.backlog_time, Ok(Duration::from_secs(30)));
}

// === others ===

#[test]
fn a_counter_of_flink_that_is_one_behind_beams_is_no_restart() {
    // At the fourth tick Beam's own are not served.
    let source = source_after(6, |tick, source| {
        has_read(source, 1e6);
        set(source, SourceMetric::RecordsIn, shared(1e6 - 1.0));
        if tick == 4 {
            set(source, SourceMetric::ElementsRead, None);
        }
    });
    assert_eq!(backlog(&source), Ok(BACKLOG));
    assert!(source.stalled);
}

#[test]
fn a_watermark_lag_below_zero_is_that_of_an_idle_source_and_no_age() {
    let lag = |subtasks: &'static [f64]| {
        source_after(6, |_, source| {
            set(source, SourceMetric::WatermarkLag, of(subtasks));
        })
        .watermark_lag
    };
    assert_eq!(lag(&[-69_804.0, -70_100.0]), Err(Unknown::NotOffered));
    assert_eq!(lag(&[-69_804.0, 250.0]), Ok(Duration::from_millis(250)));
    let finished = source_after(6, |_, source| set(source, SourceMetric::WatermarkLag, None));
    assert_eq!(finished.watermark_lag, Err(Unknown::NotOffered));
}

#[test]
fn a_growing_backlog_grows_beyond_its_noise() {
    let source = source_after(7, |tick, source| {
        let bytes = BACKLOG + made::count(tick) * 1e6;
        set(source, SourceMetric::PendingBytes, shared(bytes));
    });
    let growth = source.backlog_growth.unwrap();
    assert_eq!(growth.rate.get().round(), 100_000.0);
    // The floor: 2 % of what is read.
    assert_eq!(growth.noise.get(), 0.02 * READS * ELEMENT);
    assert_eq!(source.input_rate.unwrap().get().round(), 600_000.0);
}

#[test]
fn growth_noise_is_the_share_of_the_throughput_that_is_none() {
    // 100 kB/s on 500 kB/s read are growth at 10 %, and none at 30 %.
    let growth_at = |share: &str| {
        let set_to = [("OUTRIDER_GROWTH_NOISE".into(), share.into())];
        let mut observer = Observer::new(&Settings::parse(set_to).settings);
        let seen = (0..7).map(|tick| {
            let mut scrape = made::scrape(10 * tick);
            let bytes = BACKLOG + made::count(tick) * 1e6;
            let source = &mut job_of(&mut scrape).sources[0];
            set(source, SourceMetric::PendingBytes, shared(bytes));
            observer.observe(scrape.at, &scrape)
        });
        let growth = seen.last().unwrap().sources[0].backlog_growth.unwrap();
        growth.beyond_noise().get().round()
    };
    assert_eq!((growth_at("10%"), growth_at("30%")), (100_000.0, 0.0));
}
