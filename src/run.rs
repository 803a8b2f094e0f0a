//! The loop: one tick after the other, everything in order. The only file that reads the clock.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info, warn};

use crate::act::Actuator;
use crate::autoscaler::Autoscaler;
use crate::decide::{Action, Decision};
use crate::flink::Flink;
use crate::leadership::Leadership;
use crate::outcome::Outcome;
use crate::report::{Report, Tick};
use crate::server;
use crate::settings::{Parsed, Settings};
use crate::units::{Timestamp, whole_millis};

/// Flink refreshes its metrics when it is asked and more than its 10 s have passed: a tick on the
/// dot may come too early, and read what is 10 s old.
const LATER_THAN_FLINK: Duration = Duration::from_millis(250);
/// The target is looked at so rarely, for changes that somebody else made; jittered, so that a
/// thousand sidecars that were rolled out together do not look together.
const LOOK_EVERY: Duration = Duration::from_secs(300);
/// Workers that do not come, or others than were asked for, may be somebody else's doing.
const LOOK_WHILE_UNSETTLED: Duration = Duration::from_secs(30);
/// … and so often until it is known who of several sidecars acts.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Wall clock and stopwatch may drift so far apart within a tick before the clock was set.
const CLOCK_WAS_SET: Duration = Duration::from_secs(2);

/// Runs the sidecar until it is told to stop. A defect of ours ends neither it nor the job's
/// deployment: the loop starts again, knowing as little as after a restart of the process.
pub async fn run(parsed: &Parsed) {
    while let Err(defect) = tokio::spawn(sidecar(parsed.clone())).await {
        error!(%defect, "a defect of outrider ended the loop, it starts again");
        tokio::select! {
            () = told_to_stop() => break,
            () = sleep(parsed.settings.interval) => {}
        }
    }
    info!("told to stop");
}

async fn sidecar(parsed: Parsed) {
    let mut report = Report::new(&parsed, now());
    let mut target = Actuator::new(&parsed.settings);
    if parsed.why_not_acting().is_none() {
        target = target.among_others(&parsed.settings, now);
    }
    tokio::select! {
        () = told_to_stop() => {}
        () = server::serve(parsed.settings.listen, report.status(), now) => {}
        () = turn(&parsed, &mut target, &mut report) => {}
    }
    target.leave().await;
}

/// The loop itself: for ever, tick after tick.
pub(crate) async fn turn(parsed: &Parsed, target: &mut Actuator, report: &mut Report) {
    let settings = &parsed.settings;
    let mut flink = Flink::new(&settings.flink_url);
    let mut autoscaler = Autoscaler::new(parsed);
    let mut clock = Clock::start();
    let mut next_look = first_look(settings);
    let mut ticks = interval(settings.interval + LATER_THAN_FLINK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = target.won() => {
                ticks.reset();
                next_look = now();
            }
        }
        if clock.was_set() {
            warn!("the clock was set, what was observed before is forgotten");
            autoscaler.forget_samples();
        }
        if next_look <= now() {
            if let Some(changed) = target.look().await {
                autoscaler.acted(now(), &changed);
                report.looked(&changed);
            }
            next_look = later_look(target);
        }
        if let Some(overrides) = target.overrides() {
            autoscaler.override_with(overrides);
        }
        let scrape = flink.scrape(&now).await;
        autoscaler.heard_who_leads(target.leadership());
        let decision = autoscaler.step(now(), &scrape);
        let outcome = act(settings, target, &decision).await;
        autoscaler.acted(now(), &outcome);
        if autoscaler.is_unsettled(decision.at) {
            next_look = next_look.min(now() + jittered(LOOK_WHILE_UNSETTLED));
        }
        for notice in report.tick(now(), Tick::of(&scrape, &autoscaler, &decision, &outcome)) {
            target.tell(&notice);
        }
    }
}

/// At once where it acts: what is paused is told from the beginning, and nobody acts before it is
/// known who of several does.
fn first_look(settings: &Settings) -> Timestamp {
    match settings.why_only_observing() {
        None => now(),
        Some(_) => now() + jittered(LOOK_EVERY),
    }
}

fn later_look(target: &Actuator) -> Timestamp {
    let pause = match target.leadership() {
        Leadership::Unknown { .. } => LOOK_AGAIN,
        _ => LOOK_EVERY,
    };
    now() + jittered(pause)
}

async fn act(settings: &Settings, target: &mut Actuator, decision: &Decision) -> Outcome {
    match decision.action {
        Action::Hold { .. } => Outcome::Nothing,
        Action::ScaleTo { .. } if settings.why_only_observing().is_some() => Outcome::OnlyObserved,
        Action::ScaleTo { .. } => target.apply(decision).await,
    }
}

/// Flink's timestamps are of the wall clock, so ours are too.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_millis(whole_millis(since_epoch.unwrap_or_default()))
}

fn jittered(duration: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8);
    duration + duration / 256 * u32::from(random.to_le_bytes()[0]) / 2
}

/// Comes back with SIGTERM or Ctrl-C.
pub(crate) async fn told_to_stop() {
    let wait_for = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = wait_for(SignalKind::terminate()) => {}
        _ = wait_for(SignalKind::interrupt()) => {}
    }
}

/// Tells when the wall clock was set: differences over such a moment are worth nothing.
struct Clock {
    wall: Timestamp,
    stopwatch: Instant,
}

// === impl Clock ===

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
impl Clock {
    fn start() -> Self {
        Self {
            wall: now(),
            stopwatch: Instant::now(),
        }
    }

    /// Since the last time that this was asked.
    fn was_set(&mut self) -> bool {
        let before = std::mem::replace(self, Self::start());
        let by_stopwatch = self.stopwatch.duration_since(before.stopwatch);
        let expected = before.wall + by_stopwatch;
        let apart = self.wall.since(expected).max(expected.since(self.wall));
        apart > CLOCK_WAS_SET
    }
}
