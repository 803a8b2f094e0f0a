//! How the values of settings are read and shown, each mistake said in words that follow
//! `OUTRIDER_NAME="value"`.
//!
//! Pure: values in, values out.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::settings::Settings;
use crate::units::{Utilization, Workers};

/// Whether anything is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Decides and scales.
    Active,
    /// Decides and says what it would do.
    Observe,
    /// Does not decide.
    Off,
}

/// What decides on the number of workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// The published rule.
    Rule,
    /// The model of the job, rolled forward.
    Model,
}

/// What is scaled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Nothing.
    None,
    /// A program and its arguments; the number of workers is appended.
    Exec(Vec<String>),
    /// Flink's own resource requirements.
    Flink,
    /// A Kubernetes object with a `scale` subresource.
    Kubernetes {
        /// API group, for example `flink.apache.org`.
        group: String,
        /// Version within the group.
        version: String,
        /// Plural of the kind, lower case.
        plural: String,
        /// The object's name.
        name: String,
    },
}

/// Whether a lease says which of several sidecars acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lease {
    /// Where the target is a FlinkDeployment with several JobManagers.
    Auto,
    /// Always, with a target in Kubernetes.
    On,
    /// Never.
    Off,
}

/// Host and port of Flink's REST API. Plain HTTP: the sidecar speaks to its own pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlinkUrl {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// How the log looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For log collectors.
    Json,
}

type Value<T> = Result<T, String>;

/// Settings before the table's defaults are put in.
pub(super) fn blank() -> Settings {
    Settings {
        mode: Mode::Observe,
        target: Target::None,
        namespace: String::new(),
        lease: Lease::Off,
        workers_min: Workers(1),
        workers_max: None,
        flink_url: FlinkUrl {
            host: String::new(),
            port: 0,
        },
        interval: Duration::ZERO,
        policy: Policy::Rule,
        delay_budget: Duration::ZERO,
        backlog_time_high: Duration::ZERO,
        backlog_time_low: Duration::ZERO,
        catch_up: Duration::ZERO,
        drain_time_max: Duration::ZERO,
        utilization_high: Utilization::from_percent(0),
        utilization_low: Utilization::from_percent(0),
        utilization_target: Utilization::from_percent(0),
        growth_noise: 0.0,
        cooldown_up: 0,
        cooldown_up_min: Duration::ZERO,
        cooldown_down: 0,
        cooldown_down_min: Duration::ZERO,
        stabilization_down: Duration::ZERO,
        rescale_timeout: Duration::ZERO,
        taskmanager_cpu: None,
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        log: String::new(),
        log_format: LogFormat::Text,
    }
}

pub(super) fn mode(value: &str) -> Value<Mode> {
    [Mode::Active, Mode::Observe, Mode::Off]
        .into_iter()
        .find(|mode| mode.name() == value)
        .ok_or_else(|| "is not one of active, observe, off".into())
}

pub(super) fn lease(value: &str) -> Value<Lease> {
    [Lease::Auto, Lease::On, Lease::Off]
        .into_iter()
        .find(|lease| lease.name() == value)
        .ok_or_else(|| "is not one of auto, on, off".into())
}

pub(super) fn policy(value: &str) -> Value<Policy> {
    [Policy::Rule, Policy::Model]
        .into_iter()
        .find(|policy| policy.name() == value)
        .ok_or_else(|| "is not one of rule, model".into())
}

pub(super) fn log_format(value: &str) -> Value<LogFormat> {
    [LogFormat::Text, LogFormat::Json]
        .into_iter()
        .find(|format| format.name() == value)
        .ok_or_else(|| "is not one of text, json".into())
}

/// A number of workers that a job can run on.
///
/// # Errors
/// What is wrong with it, to follow the value.
pub fn workers(value: &str) -> Value<Workers> {
    match count(value)? {
        0 => Err("is not possible: a job needs at least 1 worker".into()),
        workers => Ok(Workers(workers)),
    }
}

pub(super) fn count(value: &str) -> Value<u32> {
    value
        .parse()
        .map_err(|_| "is not a whole number".to_string())
}

pub(super) fn cores(value: &str) -> Value<f64> {
    match value.parse::<f64>() {
        Ok(cores) if cores.is_finite() && cores > 0.0 => Ok(cores),
        _ => Err("is not a number of cores above 0 (for example 1 or 0.5)".into()),
    }
}

pub(super) fn duration(value: &str) -> Value<Duration> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("has no unit; did you mean {value}s?"));
    }
    humantime::parse_duration(value)
        .map_err(|_| "is not a duration with a unit (for example 90s, 10m)".into())
}

pub(super) fn duration_of_at_least(value: &str, least: Duration) -> Value<Duration> {
    match duration(value)? {
        given if given < least => Err(format!("is too short; at least {}", shown(least))),
        given => Ok(given),
    }
}

/// Longer, and a minute's window would have too few samples to tell anything.
pub(super) fn interval(value: &str) -> Value<Duration> {
    match duration_of_at_least(value, Duration::from_secs(1))? {
        given if given > Duration::from_secs(60) => Err("is too long; at most 1m".into()),
        given => Ok(given),
    }
}

pub(super) fn percentage(value: &str) -> Value<Utilization> {
    const EXPECTED: &str = "is not a percentage above 0% (for example 80%)";
    let Some(digits) = value.strip_suffix('%') else {
        return Err(match value.parse::<f64>() {
            Ok(ratio) if ratio > 0.0 && ratio <= 1.0 => {
                format!("has no percent sign; did you mean {}%?", ratio * 100.0)
            }
            Ok(percent) if percent > 1.0 => {
                format!("has no percent sign; did you mean {value}%?")
            }
            _ => EXPECTED.into(),
        });
    };
    match digits.trim().parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent <= 1000.0 => {
            Utilization::from_ratio(percent / 100.0).ok_or_else(|| EXPECTED.into())
        }
        _ => Err(EXPECTED.into()),
    }
}

pub(super) fn address(value: &str) -> Value<SocketAddr> {
    value
        .parse()
        .map_err(|_| "is not an address and port (for example 0.0.0.0:9250)".into())
}

pub(super) fn flink_url(value: &str) -> Value<FlinkUrl> {
    const EXPECTED: &str = "is not http://HOST:PORT (for example http://127.0.0.1:8081)";
    if value.starts_with("https://") {
        return Err("is https, which is not supported: the sidecar speaks to its own pod".into());
    }
    let authority = value
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .ok_or(EXPECTED)?;
    let (host, port) = authority.rsplit_once(':').ok_or(EXPECTED)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.is_empty() || bare.contains(['/', '?', '#', '@', ' ']) {
        return Err(EXPECTED.into());
    }
    match port.parse() {
        Ok(port) if port > 0 => Ok(FlinkUrl {
            host: bare.into(),
            port,
        }),
        _ => Err(EXPECTED.into()),
    }
}

pub(super) fn target(value: &str) -> Value<Target> {
    if let Some(command) = value.strip_prefix("exec:") {
        return match shlex::split(command) {
            Some(words) if !words.is_empty() => Ok(Target::Exec(words)),
            Some(_) => Err("names no command".into()),
            None => Err("has a quote that is not closed".into()),
        };
    }
    let parts: Vec<&str> = value.split('/').collect();
    if parts.len() > 1 {
        for part in &parts {
            name(part)?;
        }
    }
    let kubernetes = |group: &str, version: &str, plural: &str, name: &str| Target::Kubernetes {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        name: name.into(),
    };
    match parts[..] {
        ["none"] => Ok(Target::None),
        ["flink"] => Ok(Target::Flink),
        ["flinkdeployment", name] => Ok(kubernetes(
            "flink.apache.org",
            "v1beta1",
            "flinkdeployments",
            name,
        )),
        ["deployment", name] => Ok(kubernetes("apps", "v1", "deployments", name)),
        ["statefulset", name] => Ok(kubernetes("apps", "v1", "statefulsets", name)),
        [group, version, plural, name] => Ok(kubernetes(group, version, plural, name)),
        _ => Err(
            "is not a target; one of none, flinkdeployment/NAME, deployment/NAME, \
             statefulset/NAME, GROUP/VERSION/PLURAL/NAME, flink, exec:COMMAND"
                .into(),
        ),
    }
}

/// A name as Kubernetes has them: it becomes part of a URL.
pub(super) fn name(value: &str) -> Value<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if !value.is_empty() && value.len() <= 253 && value.chars().all(allowed) {
        Ok(value.into())
    } else {
        Err(
            "is not a Kubernetes name (lower-case letters, digits, '-' and '.' in each part)"
                .into(),
        )
    }
}

pub(super) fn text(value: &str) -> Value<String> {
    Ok(value.into())
}

/// A duration as it would be written: `90s` as `1m 30s`.
#[must_use]
pub fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A percentage as it would be written, with what stands behind the point: `92.5%`.
pub(super) fn shown_percentage(utilization: Utilization) -> String {
    shown_share(utilization.ratio())
}

/// 0.02 as `2%`.
pub(super) fn shown_share(share: f64) -> String {
    format!("{}%", (share * 1e6).round() / 1e4)
}

// === impl Mode ===

impl Mode {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Observe => "observe",
            Self::Off => "off",
        }
    }
}

// === impl Lease ===

impl Lease {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

// === impl Policy ===

impl Policy {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Model => "model",
        }
    }
}

// === impl LogFormat ===

impl LogFormat {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

// === impl FlinkUrl ===

impl fmt::Display for FlinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

// === impl Target ===

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Flink => f.write_str("flink"),
            // As it would be written; a word with a NUL cannot be, and does not come from a variable.
            Self::Exec(words) => {
                let quoted = shlex::try_join(words.iter().map(String::as_str));
                write!(f, "exec:{}", quoted.unwrap_or_else(|_| words.join(" ")))
            }
            Self::Kubernetes {
                group,
                version,
                plural,
                name,
            } => match (group.as_str(), version.as_str(), plural.as_str()) {
                ("flink.apache.org", "v1beta1", "flinkdeployments") => {
                    write!(f, "flinkdeployment/{name}")
                }
                ("apps", "v1", "deployments") => write!(f, "deployment/{name}"),
                ("apps", "v1", "statefulsets") => write!(f, "statefulset/{name}"),
                _ => write!(f, "{group}/{version}/{plural}/{name}"),
            },
        }
    }
}
