//! The log: one `info` line for each change of decision, one `warn` for each change of health, the
//! rest is `debug`. A short fixed sentence; the facts are fields, by their one name.

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::decide::Action;
use crate::outcome::Outcome;
use crate::report::health::HealthChange;
use crate::report::shown::{arithmetic, short, steps};
use crate::report::status::VERSION;
use crate::report::tick::Tick;
use crate::report::totals::Totals;
use crate::settings::{LogFormat, Parsed, Settings};

/// Its errors come back to us, and are told once, in a sentence; it need not log them as well.
const KUBE: &str = "kube_client";

/// Starts logging to stderr, as set. A filter that cannot be read, or that silences us without
/// saying `off`, is told, and `info` stands: a log that is missing would hide every other mistake.
pub fn start(settings: &Settings) {
    let (filter, mistake) = match filter(&settings.log) {
        Ok(filter) => (filter, None),
        Err(mistake) => (Targets::new().with_default(Level::INFO), Some(mistake)),
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second start, as in tests, leaves the first as it is.
    let _ = match settings.log_format {
        LogFormat::Text => log.with_ansi(false).finish().with(filter).try_init(),
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .finish()
            .with(filter)
            .try_init(),
    };
    if let Some(mistake) = mistake {
        warn!(filter = settings.log, %mistake, "OUTRIDER_LOG is not a filter, info is logged");
    }
}

/// Levels by module, as written; what they do not say of kube's client is that it is silent. A bare
/// word that is no level is the name of a module: with `OUTRIDER_LOG=inof` nothing of ours would be
/// logged, not even that.
fn filter(written: &str) -> Result<Targets, String> {
    let is_of_us = |part: &str| part.parse::<LevelFilter>().is_ok() || part.starts_with("outrider");
    if !written.split(',').any(is_of_us) {
        return Err("it gives outrider no level".into());
    }
    let filter: Targets = written.parse().map_err(|mistake| format!("{mistake}"))?;
    let names_kube =
        |(module, _): (&str, LevelFilter)| KUBE.starts_with(module) || module.starts_with(KUBE);
    if filter.iter().any(names_kube) {
        return Ok(filter);
    }
    Ok(filter.with_target(KUBE, LevelFilter::OFF))
}

/// The start, and every mistake in the settings.
pub(super) fn started(parsed: &Parsed) {
    let settings = &parsed.settings;
    info!(
        version = VERSION,
        mode = settings.mode.name(),
        target = %settings.target,
        workers_min = settings.workers_min.0,
        workers_max = settings.workers_max.map(|workers| workers.0),
        only_observing = settings.why_only_observing(),
        "outrider started"
    );
    for mistake in &parsed.mistakes {
        warn!(mistake, "settings contain a mistake, nothing is scaled");
    }
    for warning in &parsed.warnings {
        warn!(warning, "settings are doubtful");
    }
}

/// A trouble that began or ended.
pub(super) fn health(change: &HealthChange) {
    let health = change.trouble.name();
    match &change.why {
        Some(why) => warn!(health, why, "{}", change.trouble.begins()),
        None => warn!(health, "{}", change.trouble.ends()),
    }
}

/// Every tick, with its arithmetic.
pub(super) fn tick(tick: &Tick<'_>) {
    debug!(
        reason = tick.decision.reason(),
        arithmetic = arithmetic(tick.decision),
        unread = tick.unread,
        flink_requests = tick.cost.requests,
        flink_response_bytes = tick.cost.bytes,
        duration_seconds = tick.cost.duration.as_secs_f64(),
        "tick"
    );
}

/// A decision that is another than the one before.
pub(super) fn decision(tick: &Tick<'_>) {
    let totals = Totals::of(tick.observation);
    let seen = &tick.observation.workers;
    let message = sentence(tick);
    let scaled = matches!(tick.decision.action, Action::ScaleTo { .. });
    info!(
        reason = tick.decision.reason(),
        until = tick.decision.until().map(tracing::field::display),
        workers_in_use = seen.in_use.map(|workers| workers.0),
        workers_present = seen.present.map(|workers| workers.0),
        workers_asked = tick.workers_asked.map(|workers| workers.0),
        workers_recommended = tick.decision.workers_recommended.map(|workers| workers.0),
        bound = tick.decision.bound.map(|bound| bound.name()),
        backlog_bytes = totals.backlog_bytes,
        backlog_elements = totals.backlog_elements,
        backlog_time = totals.backlog_time.map(|time| time.as_secs_f64()),
        backlog_growth = totals.backlog_growth(),
        throughput = totals.throughput(),
        unit = totals.longest.map(|source| source.unit.name()),
        source = totals.longest.map(|source| short(&source.name)),
        utilization = tick.observation.utilization.ok().map(|u| u.ratio()),
        by = changed_by(tick.outcome),
        sentence = tick.decision.arithmetic.sentence(),
        arithmetic = scaled.then(|| steps(tick.decision)),
        "{message}"
    );
}

/// Who changed the number in between, where the target tells.
fn changed_by(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Changed { by, .. } => by.as_deref(),
        _ => None,
    }
}

/// The target, looked at, has another number than was known.
pub(super) fn looked(found: &Outcome) {
    match found {
        Outcome::Changed { found, by } => {
            info!(
                found = found.0,
                by, "somebody else changed the number of workers"
            );
        }
        Outcome::Asked { to, .. } => {
            info!(to = to.0, "a change that was not answered came through");
        }
        _ => {}
    }
}

/// One of a few fixed sentences.
fn sentence(tick: &Tick<'_>) -> &'static str {
    match (tick.decision.action, tick.outcome) {
        (Action::Hold { .. }, _) => "holding",
        (_, Outcome::OnlyObserved) => "would scale",
        (_, Outcome::Asked { .. } | Outcome::Nothing) => "scaling",
        (_, Outcome::Denied { .. }) => "the cluster does not admit that number of workers",
        (_, Outcome::Changed { .. }) => "not scaling, somebody else did",
        (_, Outcome::Outdated { .. }) => "not scaling, it is decided anew",
        (_, Outcome::Refused { .. } | Outcome::Failed { .. }) => "could not scale",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "kube_client::client::builder";

    #[test]
    fn kubes_client_is_silent_unless_the_filter_names_it() {
        let cases = [
            ("info", false),
            ("debug,outrider=trace", false),
            ("info,kube_client=info", true),
            ("off,kube=debug", true),
            ("warn,kube_client::client=info", true),
        ];
        for (written, logs) in cases {
            let filter = filter(written).expect("a filter");
            assert_eq!(filter.would_enable(CLIENT, &Level::INFO), logs, "{written}");
        }
    }

    #[test]
    fn a_filter_is_a_level_or_levels_by_module() {
        let logs_debug = |written: &str, module| {
            let filter = filter(written).expect("a filter");
            filter.would_enable(module, &Level::DEBUG)
        };
        assert!(logs_debug("debug", "outrider::run"));
        assert!(!logs_debug("info", "outrider::run"));
        assert!(logs_debug("warn,outrider=debug", "outrider::run"));
        assert!(!logs_debug("warn,outrider=debug", "hyper_util"));
        assert!(filter("outrider=loud").is_err());
    }

    #[test]
    fn a_filter_that_silences_us_by_mistake_is_none() {
        for right in [
            "info",
            "DEBUG",
            "off",
            "hyper=off,warn",
            "outrider=trace",
            "outrider::act=debug",
        ] {
            assert!(filter(right).is_ok(), "{right}");
        }
        for mistake in ["inof", "loud", "hyper=debug", "info=", "outrider=loud"] {
            assert!(filter(mistake).is_err(), "{mistake}");
        }
    }
}
