//! What a tick's step costs by itself: time and memory, with 256 sizes to choose from and an hour of
//! history. Run by `tests/run footprint`, because it is about the release profile.
//!
//! A simulated job of a hundred workers is down for ten minutes, gets half as much again for six, and
//! then half of it; it is only observed, so that each tick has to decide upon that anew: with a large
//! backlog nearly every size is rolled forward. What it answered is recorded and decided upon again
//! and again; of each tick the fastest time counts, for the others were interrupted. Nothing is
//! asserted of times: this prints them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark tells what it has measured"
)]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use outrider::autoscaler::Autoscaler;
use outrider::decide::Decision;
use outrider::scrape::Scrape;
use outrider::settings::{Mode, Parsed, Settings};
use outrider::simulate::answers::{Answers, moment};
use outrider::simulate::job::Plant;
use outrider::simulate::model::{Fault, FaultKind, Model};
use outrider::units::count_as_f64;

const TICK_SECONDS: u64 = 10;
/// The first hour becomes history, the second is measured.
const HOUR_SECONDS: u64 = 3600;
/// So often the same is decided upon.
const TIMES: usize = 9;
/// So many hold so many times the memory of one.
const AUTOSCALERS: u64 = 128;
/// What is aimed at.
const MIB: f64 = 1.0;
const MILLIS: f64 = 1.0;

/// What a tick read, and when.
type Tick = (u64, Scrape);

#[test]
fn deciding_is_quick_and_small() {
    let ticks = recorded();
    // None is dropped before the end: the next ones would get its memory.
    let mut all = Vec::new();
    for policy in ["rule", "model"] {
        let settings = settings(policy);
        let (mut fastest, reasons) = timed(&settings, &ticks);
        let before = anonymous_kib();
        all.extend((0..AUTOSCALERS).map(|_| decided(&settings, &ticks, |_, _, _| {})));
        let kib = (anonymous_kib() - before) / count_as_f64(AUTOSCALERS);
        report(policy, &mut fastest, kib, &reasons);
        assert!(kib / 1024.0 <= MIB, "{policy} holds {kib} KiB");
    }
    black_box(all);
}

fn settings(policy: &str) -> Parsed {
    let mut parsed = Settings::parse(vec![
        ("OUTRIDER_POLICY".to_owned(), policy.to_owned()),
        ("OUTRIDER_WORKERS_MAX".to_owned(), "256".to_owned()),
    ]);
    assert_eq!(parsed.mistakes, Vec::<String>::new());
    parsed.settings.mode = Mode::Observe;
    parsed
}

/// Elements per second: 100 workers are enough for 60 000/s, 160 for 90 000/s.
fn rate(second: u64) -> f64 {
    let minute = second.saturating_sub(HOUR_SECONDS) / 60;
    match minute {
        30..36 => 90_000.0,
        36.. => 30_000.0,
        _ => 60_000.0,
    }
}

fn recorded() -> Vec<Tick> {
    let mut model = Model::usual();
    model.workers = 100;
    model.max_parallelism = 256;
    model.faults = vec![Fault {
        from: HOUR_SECONDS + 300,
        to: HOUR_SECONDS + 900,
        kind: FaultKind::JobDown,
    }];
    let (mut plant, mut answers) = (Plant::new(model, 1), Answers::new(1));
    let mut ticks = Vec::new();
    for second in 1..=2 * HOUR_SECONDS {
        plant.advance(rate(second));
        if second % TICK_SECONDS == 0 {
            ticks.push((second, answers.scrape(&plant)));
        }
    }
    ticks
}

/// Decides upon all of it once more; `look` hears of each tick, how long it took and what it decided.
fn decided(
    settings: &Parsed,
    ticks: &[Tick],
    mut look: impl FnMut(u64, Duration, Decision),
) -> Autoscaler {
    let mut autoscaler = Autoscaler::new(settings);
    for (second, scrape) in ticks {
        let (took, decision) = clocked(|| autoscaler.step(moment(*second), scrape));
        look(*second, took, decision);
    }
    autoscaler
}

#[expect(clippy::disallowed_methods, reason = "this is about time")]
fn clocked<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = black_box(work());
    (began.elapsed(), result)
}

/// The fastest time of each tick of the second hour, and how often which reason was given.
fn timed(settings: &Parsed, ticks: &[Tick]) -> (Vec<Duration>, BTreeMap<&'static str, u64>) {
    let mut fastest: BTreeMap<u64, Duration> = BTreeMap::new();
    let mut reasons = BTreeMap::new();
    for time in 0..TIMES {
        decided(settings, ticks, |second, took, decision| {
            if second <= HOUR_SECONDS {
                return;
            }
            let best = fastest.entry(second).or_insert(took);
            *best = took.min(*best);
            if time == 0 {
                *reasons.entry(decision.reason()).or_default() += 1;
            }
        });
    }
    (fastest.into_values().collect(), reasons)
}

/// Of this process; pages of the program are not counted.
fn anonymous_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux");
    let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).expect("a number")
}

fn report(policy: &str, times: &mut [Duration], kib: f64, reasons: &BTreeMap<&'static str, u64>) {
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let count = u32::try_from(times.len()).expect("an hour's ticks");
    let mean = times.iter().sum::<Duration>() / count;
    let worst = times.last().copied().unwrap_or_default();
    println!("{policy}: an hour of ticks with 256 sizes, {reasons:?}");
    println!("  a step, mean     {:>8.3} ms", millis(mean));
    println!(
        "  a step, longest  {:>8.3} ms  aim < {MILLIS}",
        millis(worst)
    );
    println!("  memory           {kib:>8.1} KiB aim < {}", MIB * 1024.0);
}
