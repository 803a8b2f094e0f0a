//! The metrics: every name and its meaning in one place, made from the snapshot when Prometheus asks.
//!
//! What is not known is absent, never 0. No label holds a job, a vertex or free text, so that a
//! fleet of thousands stays small: at most 30 series for each sidecar, and 6 more with the policy
//! `model`. What Flink's own reporters
//! offer as well (how often checkpoints are made, how long they take) is left to them.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Gauge, GaugeVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder};

use crate::decide::model::figures::Figures;
use crate::decide::rescale::End;
use crate::report::health::Trouble;
use crate::report::status::{LastTick, Phases, Status, VERSION};
use crate::report::totals::Totals;
use crate::units::{Timestamp, Unit, Workers};

/// What `/metrics` answers.
#[must_use]
pub fn exposition(status: &Status, now: Timestamp) -> String {
    let registry = Registry::new();
    let metrics = Metrics(&registry);
    metrics.sidecar(status);
    metrics.workers(status);
    if let Some(last) = &status.last {
        metrics.sources(&Totals::of(&last.observation));
        metrics.job(last, now);
        metrics.decision(last);
        if let Some(model) = &last.model {
            metrics.model(model);
        }
    }
    TextEncoder::new()
        .encode_to_string(&registry.gather())
        .expect("every metric has a name and a value")
}

/// The registry of one exposition.
struct Metrics<'a>(&'a Registry);

// === impl Metrics ===

impl Metrics<'_> {
    fn sidecar(&self, status: &Status) {
        let counts = &status.counts;
        self.labelled(
            "outrider_build_info",
            "The version that runs.",
            &[("version", VERSION)],
        );
        self.conditions(status);
        self.counter(
            "outrider_flink_requests_total",
            "Requests sent to Flink.",
            counts.flink_requests,
        );
        self.counter(
            "outrider_actions_failed_total",
            "Changes of the number of workers that the target refused, or that failed.",
            counts.actions_failed,
        );
        self.rescales(status);
    }

    fn conditions(&self, status: &Status) {
        let conditions = GaugeVec::new(
            Opts::new(
                "outrider_condition",
                "1 where it holds, 0 where it does not.",
            ),
            &["type"],
        );
        let conditions = self.registered(conditions);
        let flink_reachable = status.last.is_some() && !status.has(Trouble::FlinkUnreachable);
        let leadership = status.last.as_ref().map(|last| &last.leadership);
        let shared = leadership.filter(|leadership| leadership.is_shared());
        let leader = shared.map(|leadership| ("leader", leadership.may_act()));
        let always = [
            ("settings_valid", !status.has(Trouble::SettingsInvalid)),
            ("flink_reachable", flink_reachable),
            ("target_available", !status.has(Trouble::TargetUnavailable)),
            ("acting", status.why_not_acting().is_none()),
            ("paused", status.has(Trouble::Paused)),
            ("reverted", status.has(Trouble::Reverted)),
        ];
        for (name, holds) in always.into_iter().chain(leader) {
            conditions
                .with_label_values(&[name])
                .set(f64::from(u8::from(holds)));
        }
    }

    fn rescales(&self, status: &Status) {
        let rescales = IntCounterVec::new(
            Opts::new(
                "outrider_rescales_total",
                "Rescales since the sidecar started, whoever asked for them.",
            ),
            &["direction"],
        );
        let rescales = self.registered(rescales);
        let counts = &status.counts;
        for (direction, count) in [("up", counts.rescales_up), ("down", counts.rescales_down)] {
            rescales.with_label_values(&[direction]).inc_by(count);
        }
        let newest_first = status.history.rescales.iter().rev();
        let mut settled = newest_first.filter(|rescale| rescale.end == Some(End::Settled));
        self.duration(
            "outrider_rescale_duration_seconds",
            "The last rescale that settled: from asking until the job had caught up.",
            settled.next().and_then(|rescale| Phases::of(rescale).all),
        );
    }

    fn workers(&self, status: &Status) {
        let bounds = status.bounds();
        let last = status.last.as_ref();
        let seen = last.map(|last| last.observation.workers);
        self.workers_of(
            "outrider_workers_in_use",
            "TaskManagers that the job runs on.",
            seen.and_then(|seen| seen.in_use),
        );
        self.workers_of(
            "outrider_workers_present",
            "TaskManagers that are registered with Flink.",
            seen.and_then(|seen| seen.present),
        );
        self.workers_of(
            "outrider_workers_asked",
            "TaskManagers that the target was last asked for.",
            last.and_then(|last| last.workers_asked),
        );
        self.workers_of(
            "outrider_workers_recommended",
            "TaskManagers that the policy wants, whether or not something holds it.",
            last.and_then(|last| last.decision.workers_recommended),
        );
        self.workers_of(
            "outrider_workers_min",
            "Never fewer TaskManagers: OUTRIDER_WORKERS_MIN, or the annotation in its place.",
            Some(bounds.workers_min),
        );
        self.workers_of(
            "outrider_workers_max",
            "Never more TaskManagers: OUTRIDER_WORKERS_MAX, or the annotation in its place.",
            bounds.workers_max,
        );
    }

    fn sources(&self, totals: &Totals<'_>) {
        self.gauge(
            "outrider_backlog_bytes",
            "Input not read yet, over the sources that know it in bytes.",
            totals.backlog_bytes,
        );
        self.gauge(
            "outrider_backlog_elements",
            "Input not read yet, over the sources that know it in elements.",
            totals.backlog_elements,
        );
        self.duration(
            "outrider_backlog_time_seconds",
            "Time to read the backlog if nothing more came: the longest of all sources; absent where one is stalled.",
            totals.backlog_time,
        );
        self.duration(
            "outrider_watermark_lag_seconds",
            "Age of the oldest event that is not through: the oldest of all sources.",
            totals.watermark_lag,
        );
        let [throughput, backlog_growth] = match totals.longest.map(|source| source.unit) {
            Some(Unit::Bytes) => [
                "outrider_throughput_bytes_per_second",
                "outrider_backlog_growth_bytes_per_second",
            ],
            Some(Unit::Elements) => [
                "outrider_throughput_elements_per_second",
                "outrider_backlog_growth_elements_per_second",
            ],
            None => return,
        };
        self.gauge(
            throughput,
            "What the source with the longest backlog_time reads.",
            totals.throughput(),
        );
        self.gauge(
            backlog_growth,
            "Change of the backlog of the source with the longest backlog_time.",
            totals.backlog_growth(),
        );
    }

    fn job(&self, last: &LastTick, now: Timestamp) {
        let seen = &last.observation;
        self.gauge(
            "outrider_utilization_ratio",
            "CPU used over CPU allotted, all TaskManagers.",
            seen.utilization.ok().map(|u| u.ratio()),
        );
        self.gauge(
            "outrider_utilization_highest_ratio",
            "CPU used over CPU allotted, the highest TaskManager.",
            seen.utilization_highest.ok().map(|u| u.ratio()),
        );
        self.duration(
            "outrider_metrics_age_seconds",
            "Age of the newest sample that Flink gave, when the last tick ended.",
            seen.metrics_age,
        );
        self.duration(
            "outrider_checkpoint_age_seconds",
            "Time since the youngest completed checkpoint was triggered: what a restart reads again.",
            seen.checkpoints.last_triggered.map(|then| now.since(then)),
        );
    }

    fn decision(&self, last: &LastTick) {
        let (action, reason) = (last.decision.action_name(), last.decision.reason());
        self.labelled(
            "outrider_decision_info",
            "The decision in force: what is done and why.",
            &[("action", action), ("reason", reason)],
        );
    }

    /// What the policy `model` has learned, and how far it can be trusted.
    fn model(&self, figures: &Figures) {
        self.gauge(
            "outrider_alpha",
            "Exponent of the learned capacity: n TaskManagers read n^alpha times as much as one.",
            Some(figures.alpha),
        );
        let pauses = GaugeVec::new(
            Opts::new(
                "outrider_restart_pause_seconds",
                "Time in which a rescale reads nothing, as the model reckons with: a guess until it was measured.",
            ),
            &["direction"],
        );
        let pauses = self.registered(pauses);
        for (direction, pause) in [
            ("up", figures.restart_pause_up),
            ("down", figures.restart_pause_down),
        ] {
            pauses
                .with_label_values(&[direction])
                .set(pause.as_secs_f64());
        }
        self.gauge(
            "outrider_forecast_error_ratio",
            "How far off the input was from what was foreseen 3 minutes before, over the mean input: the last half hour.",
            figures.forecast_error,
        );
        let gain = figures.rescale_gain;
        self.gauge(
            "outrider_rescale_gain_predicted_ratio",
            "How many times as much the job was expected to be able to read after the last rescale that could be measured.",
            gain.map(|gain| gain.predicted),
        );
        self.gauge(
            "outrider_rescale_gain_ratio",
            "How many times as much the job could read after the last rescale that could be measured.",
            gain.map(|gain| gain.real),
        );
    }

    fn workers_of(&self, name: &str, help: &str, workers: Option<Workers>) {
        self.gauge(name, help, workers.map(Workers::as_f64));
    }

    fn duration(&self, name: &str, help: &str, duration: Option<Duration>) {
        self.gauge(name, help, duration.map(|duration| duration.as_secs_f64()));
    }

    fn gauge(&self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.registered(Gauge::new(name, help)).set(value);
        }
    }

    fn counter(&self, name: &str, help: &str, value: u64) {
        self.registered(IntCounter::new(name, help)).inc_by(value);
    }

    /// A gauge that is 1 and says what it has to say in its labels.
    fn labelled(&self, name: &str, help: &str, labels: &[(&str, &str)]) {
        let (names, values): (Vec<&str>, Vec<&str>) = labels.iter().copied().unzip();
        let info = self.registered(GaugeVec::new(Opts::new(name, help), &names));
        info.with_label_values(&values).set(1.0);
    }

    fn registered<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let metric = made.expect("names of metrics and labels are constants of this file");
        self.0
            .register(Box::new(metric.clone()))
            .expect("each name is registered once");
        metric
    }
}
