//! Everything that a user can set: one table, read once, every mistake told at once.
//!
//! Pure: values in, values out.
//!
//! The table is the one place of a setting's name, type, default, unit and meaning. README, the
//! command `outrider settings` are made from it or checked against it.

mod contradictions;
mod parsed;
pub mod table;
mod values;

use std::net::SocketAddr;
use std::time::Duration;

pub use crate::settings::parsed::{Parsed, nearest, unknown};
pub use crate::settings::values::{FlinkUrl, Lease, LogFormat, Mode, Policy, Target, workers};
use crate::units::{Utilization, Workers};

/// The variables' common beginning.
pub const PREFIX: &str = "OUTRIDER_";

/// What the sidecar runs with. Each field is one row of [`TABLE`], which says what it means.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "TABLE says what each of them means")]
pub struct Settings {
    pub mode: Mode,
    pub target: Target,
    pub namespace: String,
    pub lease: Lease,
    pub workers_min: Workers,
    pub workers_max: Option<Workers>,
    pub flink_url: FlinkUrl,
    pub interval: Duration,
    pub policy: Policy,
    pub delay_budget: Duration,
    pub backlog_time_high: Duration,
    pub backlog_time_low: Duration,
    pub catch_up: Duration,
    pub drain_time_max: Duration,
    pub utilization_high: Utilization,
    pub utilization_low: Utilization,
    pub utilization_target: Utilization,
    /// `GROWTH_NOISE`: share of the throughput.
    pub growth_noise: f64,
    pub cooldown_up: u32,
    pub cooldown_up_min: Duration,
    pub cooldown_down: u32,
    pub cooldown_down_min: Duration,
    pub stabilization_down: Duration,
    pub rescale_timeout: Duration,
    pub taskmanager_cpu: Option<f64>,
    pub listen: SocketAddr,
    pub log: String,
    pub log_format: LogFormat,
}

/// A row of the table.
pub struct Setting {
    /// Name without the prefix.
    pub name: &'static str,
    /// What a value looks like.
    pub kind: &'static str,
    /// The value where none is given; empty where there is none.
    pub default: &'static str,
    /// What it is counted in; empty where that says nothing.
    pub unit: &'static str,
    /// The sentence that explains it, and why the default is what it is.
    pub meaning: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), String>,
    show: fn(&Settings) -> String,
}

/// Every setting, in the order in which a reader wants them.
pub const TABLE: &[Setting] = &[
    Setting {
        name: "MODE",
        kind: "active, observe or off",
        default: "active",
        unit: "",
        meaning: "active scales; observe decides, says so and changes nothing; off does not even decide. \
                  Active without TARGET or WORKERS_MAX is observe.",
        set: |s, v| values::mode(v).map(|x| s.mode = x),
        show: |s| s.mode.name().into(),
    },
    Setting {
        name: "TARGET",
        kind: "none, flinkdeployment/NAME, deployment/NAME, statefulset/NAME, GROUP/VERSION/PLURAL/NAME, flink or exec:COMMAND",
        default: "none",
        unit: "",
        meaning: "What is scaled. flink is the adaptive scheduler without Reactive Mode; \
                  exec runs COMMAND, without a shell, with the number of workers as its last argument.",
        set: |s, v| values::target(v).map(|x| s.target = x),
        show: |s| s.target.to_string(),
    },
    Setting {
        name: "NAMESPACE",
        kind: "name",
        default: "default",
        unit: "",
        meaning: "Kubernetes namespace of the target; the downward API's metadata.namespace.",
        set: |s, v| values::name(v).map(|x| s.namespace = x),
        show: |s| s.namespace.clone(),
    },
    Setting {
        name: "LEASE",
        kind: "auto, on or off",
        default: "auto",
        unit: "",
        meaning: "Whether a Lease beside the target says which of several sidecars acts, one for each JobManager. \
                  auto: for a FlinkDeployment with spec.jobManager.replicas above 1; on: for every target in Kubernetes. \
                  One small request each 5 s and sidecar where it is used, none otherwise.",
        set: |s, v| values::lease(v).map(|x| s.lease = x),
        show: |s| s.lease.name().into(),
    },
    Setting {
        name: "WORKERS_MIN",
        kind: "whole number",
        default: "1",
        unit: "workers",
        meaning: "Never fewer TaskManagers than these. At least 1: a job without workers reads nothing and tells nothing.",
        set: |s, v| values::workers(v).map(|x| s.workers_min = x),
        show: |s| s.workers_min.to_string(),
    },
    Setting {
        name: "WORKERS_MAX",
        kind: "whole number",
        default: "",
        unit: "workers",
        meaning: "Never more TaskManagers than these. Without it nothing is scaled: the bill's upper end is yours to choose.",
        set: |s, v| values::workers(v).map(|x| s.workers_max = Some(x)),
        show: |s| s.workers_max.map(|w| w.to_string()).unwrap_or_default(),
    },
    Setting {
        name: "FLINK_URL",
        kind: "http://HOST:PORT",
        default: "http://127.0.0.1:8081",
        unit: "",
        meaning: "Flink's REST API; the default is that of a JobManager in the same pod.",
        set: |s, v| values::flink_url(v).map(|x| s.flink_url = x),
        show: |s| s.flink_url.to_string(),
    },
    Setting {
        name: "INTERVAL",
        kind: "duration",
        default: "10s",
        unit: "seconds",
        meaning: "From tick to tick, from 1 s to 1 min. Flink refreshes its metrics every 10 s; shorter only asks for the same again.",
        set: |s, v| values::interval(v).map(|x| s.interval = x),
        show: |s| values::shown(s.interval),
    },
    Setting {
        name: "POLICY",
        kind: "rule or model",
        default: "model",
        unit: "",
        meaning: "What decides on the workers. model learns what this job's workers and restarts are capable of, and keeps the delay \
                  within DELAY_BUDGET with the fewest; until it has learned, it behaves as rule. rule is the published rule, by thresholds.",
        set: |s, v| values::policy(v).map(|x| s.policy = x),
        show: |s| s.policy.name().into(),
    },
    Setting {
        name: "DELAY_BUDGET",
        kind: "duration",
        default: "60s",
        unit: "seconds",
        meaning: "How old the oldest unread element may become (policy model). What a restart itself makes late is borne: \
                  a budget shorter than that is as good as that.",
        set: |s, v| {
            values::duration_of_at_least(v, Duration::from_secs(1)).map(|x| s.delay_budget = x)
        },
        show: |s| values::shown(s.delay_budget),
    },
    Setting {
        name: "BACKLOG_TIME_HIGH",
        kind: "duration",
        default: "120s",
        unit: "seconds",
        meaning: "Scale up when a source would need longer than this to read its backlog (published rule).",
        set: |s, v| values::duration(v).map(|x| s.backlog_time_high = x),
        show: |s| values::shown(s.backlog_time_high),
    },
    Setting {
        name: "BACKLOG_TIME_LOW",
        kind: "duration",
        default: "10s",
        unit: "seconds",
        meaning: "Scale down only when every source needs less than this to read its backlog (published rule).",
        set: |s, v| values::duration(v).map(|x| s.backlog_time_low = x),
        show: |s| values::shown(s.backlog_time_low),
    },
    Setting {
        name: "CATCH_UP",
        kind: "duration",
        default: "60s",
        unit: "seconds",
        meaning: "A scale-up is sized to read the backlog within this time (published rule).",
        set: |s, v| values::duration_of_at_least(v, Duration::from_secs(1)).map(|x| s.catch_up = x),
        show: |s| values::shown(s.catch_up),
    },
    Setting {
        name: "DRAIN_TIME_MAX",
        kind: "duration",
        default: "300s",
        unit: "seconds",
        meaning: "No scale-up while the backlog shrinks fast enough to be gone within this time: \
                  after every restart the job is behind, and that alone is no reason for the next one.",
        set: |s, v| values::duration(v).map(|x| s.drain_time_max = x),
        show: |s| values::shown(s.drain_time_max),
    },
    Setting {
        name: "UTILIZATION_HIGH",
        kind: "percentage",
        default: "90%",
        unit: "of the CPU allotted",
        meaning: "Scale up above this (published rule).",
        set: |s, v| values::percentage(v).map(|x| s.utilization_high = x),
        show: |s| values::shown_percentage(s.utilization_high),
    },
    Setting {
        name: "UTILIZATION_LOW",
        kind: "percentage",
        default: "70%",
        unit: "of the CPU allotted",
        meaning: "Scale down only below this (published rule).",
        set: |s, v| values::percentage(v).map(|x| s.utilization_low = x),
        show: |s| values::shown_percentage(s.utilization_low),
    },
    Setting {
        name: "UTILIZATION_TARGET",
        kind: "percentage",
        default: "85%",
        unit: "of the CPU allotted",
        meaning: "A change for the CPU's sake aims here: between the two, so that it does not call for the next one, and where the benchmark's sweep found it cheapest.",
        set: |s, v| values::percentage(v).map(|x| s.utilization_target = x),
        show: |s| values::shown_percentage(s.utilization_target),
    },
    Setting {
        name: "GROWTH_NOISE",
        kind: "percentage",
        default: "2%",
        unit: "of the throughput",
        meaning: "A backlog that grows or shrinks by less than this, or by less than twice its standard error, stands still.",
        set: |s, v| values::percentage(v).map(|x| s.growth_noise = x.ratio()),
        show: |s| values::shown_share(s.growth_noise),
    },
    Setting {
        name: "COOLDOWN_UP",
        kind: "whole number",
        default: "3",
        unit: "checkpoint intervals",
        meaning: "No scale-up within so many checkpoint intervals of the last restart: each restart reads again what came after the last checkpoint.",
        set: |s, v| values::count(v).map(|x| s.cooldown_up = x),
        show: |s| s.cooldown_up.to_string(),
    },
    Setting {
        name: "COOLDOWN_UP_MIN",
        kind: "duration",
        default: "60s",
        unit: "seconds",
        meaning: "… and never within this time, however short the interval: a restarted job needs a minute until its numbers tell of the load.",
        set: |s, v| values::duration(v).map(|x| s.cooldown_up_min = x),
        show: |s| values::shown(s.cooldown_up_min),
    },
    Setting {
        name: "COOLDOWN_DOWN",
        kind: "whole number",
        default: "6",
        unit: "checkpoint intervals",
        meaning: "No scale-down within so many checkpoint intervals of the last restart: coming down late costs money, coming down early costs two restarts.",
        set: |s, v| values::count(v).map(|x| s.cooldown_down = x),
        show: |s| s.cooldown_down.to_string(),
    },
    Setting {
        name: "COOLDOWN_DOWN_MIN",
        kind: "duration",
        default: "300s",
        unit: "seconds",
        meaning: "… and never within this time.",
        set: |s, v| values::duration(v).map(|x| s.cooldown_down_min = x),
        show: |s| values::shown(s.cooldown_down_min),
    },
    Setting {
        name: "STABILIZATION_DOWN",
        kind: "duration",
        default: "60s",
        unit: "seconds",
        meaning: "A scale-down waits until fewer workers were enough for this long: a load that falls is seen half-way down first.",
        set: |s, v| values::duration(v).map(|x| s.stabilization_down = x),
        show: |s| values::shown(s.stabilization_down),
    },
    Setting {
        name: "RESCALE_TIMEOUT",
        kind: "duration",
        default: "10m",
        unit: "seconds",
        meaning: "If the workers asked for are not there after this time, those that are there are accepted, and it is said so.",
        set: |s, v| {
            values::duration_of_at_least(v, Duration::from_secs(30)).map(|x| s.rescale_timeout = x)
        },
        show: |s| values::shown(s.rescale_timeout),
    },
    Setting {
        name: "TASKMANAGER_CPU",
        kind: "number",
        default: "",
        unit: "cores",
        meaning: "CPU allotted to one TaskManager. Without it Flink's own taskmanager.cpu.cores counts.",
        set: |s, v| values::cores(v).map(|x| s.taskmanager_cpu = Some(x)),
        show: |s| s.taskmanager_cpu.map(|c| c.to_string()).unwrap_or_default(),
    },
    Setting {
        name: "LISTEN",
        kind: "IP:PORT",
        default: "0.0.0.0:9250",
        unit: "",
        meaning: "Where /metrics, /live, /status and the page are served. 9250 is next to Flink's own reporter (9249).",
        set: |s, v| values::address(v).map(|x| s.listen = x),
        show: |s| s.listen.to_string(),
    },
    Setting {
        name: "LOG",
        kind: "error, warn, info, debug, trace or off, also by module: warn,outrider=debug",
        default: "info",
        unit: "",
        meaning: "What is logged. info: one line for each change of decision; debug: one for each tick. kube_client is off unless it is named here.",
        set: |s, v| values::text(v).map(|x| s.log = x),
        show: |s| s.log.clone(),
    },
    Setting {
        name: "LOG_FORMAT",
        kind: "text or json",
        default: "text",
        unit: "",
        meaning: "text for people, json for log collectors.",
        set: |s, v| values::log_format(v).map(|x| s.log_format = x),
        show: |s| s.log_format.name().into(),
    },
];

// === impl Setting ===

impl Setting {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// The value in force, as it would be written.
    #[must_use]
    pub fn shown(&self, settings: &Settings) -> String {
        (self.show)(settings)
    }
}

// === impl Settings ===

impl Settings {
    /// Reads them from variables of the environment; those without the prefix are not looked at.
    #[must_use]
    pub fn parse(variables: impl IntoIterator<Item = (String, String)>) -> Parsed {
        let mut parsed = Parsed {
            settings: Self::defaults(),
            given: Vec::new(),
            mistakes: Vec::new(),
            warnings: Vec::new(),
        };
        for (variable, value) in variables {
            if let Some(name) = variable.strip_prefix(PREFIX) {
                parsed.take(name, value.trim());
            }
        }
        let contradictions = parsed.settings.contradictions();
        parsed.mistakes.extend(contradictions);
        parsed.mistakes.sort();
        parsed.warnings.sort();
        parsed
    }

    /// Every default of the table.
    #[must_use]
    pub fn defaults() -> Self {
        let mut settings = values::blank();
        for setting in TABLE.iter().filter(|s| !s.default.is_empty()) {
            (setting.set)(&mut settings, setting.default)
                .expect("a test reads every default of the table");
        }
        settings
    }

    /// Why nothing is scaled although the mode is `active`; `None` where something is.
    #[must_use]
    pub fn why_only_observing(&self) -> Option<&'static str> {
        if self.mode != Mode::Active {
            Some("OUTRIDER_MODE is not active")
        } else if self.target == Target::None {
            Some("OUTRIDER_TARGET is not set")
        } else if self.workers_max.is_none() {
            Some("OUTRIDER_WORKERS_MAX is not set")
        } else {
            None
        }
    }
}
