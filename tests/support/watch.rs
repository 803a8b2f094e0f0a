//! Follows a recorded Flink tick by tick, and tells what was observed: a line for each tick.

use std::fmt::Write as _;
use std::time::Duration;

use outrider::autoscaler::Autoscaler;
use outrider::decide::Decision;
use outrider::flink::Flink;
use outrider::observe::{Growth, JobSeen, Known, Observation, SourceSeen, Unknown};
use outrider::scrape::Scrape;
use outrider::settings::Settings;
use outrider::units::{Amount, Rate, Timestamp, Utilization, Workers};

use crate::support::replay::{Recording, Replay};

/// A recorded sequence of `tests/payloads/sequences`, and when to scrape it.
pub struct Sequence {
    /// Its file, without `.jsonl`.
    pub name: &'static str,
    /// The snapshot that has what is asked for once.
    pub over: &'static str,
    /// The first tick, in milliseconds since the epoch.
    pub began: u64,
    /// Seconds between ticks.
    pub every: u64,
    /// Records that were really left to read at each reading: Kafka's end offsets without those
    /// that the pipeline had really finished. As many as there are ticks.
    pub truth: &'static [u32],
}

/// The truth was not recorded.
pub const UNKNOWN: u32 = u32::MAX;

/// What was read, observed and decided in a tick.
pub struct Tick {
    /// After the first tick.
    pub second: u64,
    pub truth: u32,
    pub scrape: Scrape,
    pub observation: Observation,
    pub decision: Decision,
}

/// An autoscaler with its defaults.
pub fn autoscaler() -> Autoscaler {
    let variables = [
        ("OUTRIDER_WORKERS_MAX", "10"),
        ("OUTRIDER_TARGET", "exec:scale"),
    ];
    Autoscaler::new(&Settings::parse(
        variables.map(|(k, v)| (k.into(), v.into())),
    ))
}

/// Scrapes, observes and decides, as the loop does.
pub async fn watch(sequence: &Sequence) -> (Autoscaler, Vec<Tick>) {
    let file = format!("sequences/{}.jsonl", sequence.name);
    let replay = Replay::of(Recording::poll_over(&file, sequence.over)).await;
    let mut flink = Flink::new(&replay.url());
    let mut autoscaler = autoscaler();
    let mut ticks = Vec::new();
    for (place, truth) in (0..).zip(sequence.truth) {
        let second = place * sequence.every;
        let at = sequence.began + second * 1000;
        replay.set_time(at);
        let mut scrape = flink.scrape(&replay.clock()).await;
        // Loopback takes some virtual milliseconds, never twice as many.
        scrape.at = Timestamp::from_millis(at);
        ticks.push(tick(&mut autoscaler, second, *truth, scrape));
    }
    (autoscaler, ticks)
}

/// One step.
pub fn tick(autoscaler: &mut Autoscaler, second: u64, truth: u32, scrape: Scrape) -> Tick {
    let decision = autoscaler.step(scrape.at, &scrape);
    let observation = autoscaler.observation().expect("a step was made").clone();
    Tick {
        second,
        truth,
        scrape,
        observation,
        decision,
    }
}

/// Whatever is believed after the warm-up is not further from the truth than this, in MB: Flink's
/// answers are up to 10 s old, and the recorder was not the one who had them refreshed.
pub fn assert_near_truth(ticks: &[Tick], within: f64) {
    for tick in ticks.iter().filter(|tick| tick.truth != UNKNOWN) {
        let truth = truth_in_mb(tick);
        for source in &tick.observation.sources {
            if let Ok(backlog) = source.backlog_bytes {
                let off = (backlog.get() / 1e6 - truth).abs();
                assert!(off <= within, "{} s: {off} MB off", tick.second);
            }
        }
    }
}

/// One line for each tick; amounts in MB, or where bytes are not known in millions of elements.
pub fn timeline(ticks: &[Tick]) -> String {
    let mut text = String::new();
    for tick in ticks {
        let seen = &tick.observation;
        let truth = match tick.truth {
            UNKNOWN => String::new(),
            _ => format!(" | true {:.1}", truth_in_mb(tick)),
        };
        let sources: String = seen.sources.iter().map(told).collect();
        let cpu = |known| shown(known, |it: Utilization| it.to_string());
        writeln!(
            text,
            "{:03} s {}{truth}{sources} | cpu {}, highest {} | {}",
            tick.second,
            job(seen),
            cpu(seen.utilization),
            cpu(seen.utilization_highest),
            tick.decision.reason(),
        )
        .expect("a string takes every line");
    }
    text
}

/// Records are 500 bytes.
fn truth_in_mb(tick: &Tick) -> f64 {
    f64::from(tick.truth) * 500.0 / 1e6
}

/// State, workers in use of those present, and how much may be believed.
fn job(seen: &Observation) -> String {
    let JobSeen::One { state, .. } = &seen.job else {
        return "no job".into();
    };
    let workers = |workers: Option<Workers>| workers.map_or("?".into(), |it| it.to_string());
    let (in_use, present) = (workers(seen.workers.in_use), workers(seen.workers.present));
    let believed = match (seen.fresh, seen.warming_up) {
        (false, _) => "not fresh",
        (true, true) => "warming up",
        (true, false) => "settled",
    };
    let age = seen.metrics_age.filter(|age| !age.is_zero());
    let age = age.map_or(String::new(), |age| format!(", {} s old", age.as_secs()));
    format!("{state} {in_use}/{present} {believed}{age}")
}

fn told(source: &SourceSeen) -> String {
    let mb = |amount: f64| format!("{:.2}", amount / 1e6);
    let splits = source
        .splits
        .map_or(String::new(), |it| format!(", {it} splits"));
    let lag = source
        .watermark_lag
        .map(|lag| format!(", lag {} ms", lag.as_millis()));
    let same = [
        source.backlog_bytes.err(),
        source.throughput.err(),
        source.backlog_time.err(),
    ];
    if let [Some(why), ..] = same
        && same.iter().all(|other| *other == Some(why))
        && source.backlog_elements.is_err()
    {
        return format!(" | {}{splits}", told_why(why));
    }
    format!(
        " | left {}{} at {}, grows {}, {}{}{splits}{}",
        shown(source.backlog_bytes, |it: Amount| mb(it.get())),
        source
            .backlog_elements
            .map_or(String::new(), |it| format!(" ({:.0})", it.get())),
        shown(source.throughput, |it: Rate| mb(it.get())),
        shown(source.backlog_growth, |it: Growth| format!(
            "{}±{}",
            mb(it.rate.get()),
            mb(it.noise.get())
        )),
        shown(source.backlog_time, |it: Duration| format!(
            "{:.0} s",
            it.as_secs_f64()
        )),
        if source.stalled { ", stalled" } else { "" },
        lag.unwrap_or_default(),
    )
}

fn shown<T>(known: Known<T>, tell: impl Fn(T) -> String) -> String {
    known.map_or_else(told_why, tell)
}

fn told_why(why: Unknown) -> String {
    format!("?{why}")
}
