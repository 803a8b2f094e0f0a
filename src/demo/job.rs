//! The demo's own job, whose pods and restarts take seconds, and the settings that fit it.
//!
//! Pure: values in, values out.

use crate::settings::{PREFIX, Parsed, Settings};
use crate::simulate::load::Workload;
use crate::simulate::model::Model;

/// The load moves each so many seconds.
const MOVES_EVERY: usize = 30;

/// Elements per second, one after the other; then it begins anew. One worker reads 1000.
const RATES: [f64; 10] = [
    1200.0, 3800.0, 3800.0, 3400.0, 1000.0, 1000.0, 1400.0, 900.0, 1000.0, 1200.0,
];

/// The first move comes early: whoever looks on for the first time has not got half a minute.
const FIRST_MOVE: usize = 15;

/// Where the user gives none, whatever job it is.
const ALWAYS: [(&str, &str); 3] = [
    // A demo is nobody else's business, so it does not listen to the network.
    ("LISTEN", "127.0.0.1:9250"),
    // What is decided is told in the demo's own lines.
    ("LOG", "warn"),
    ("WORKERS_MAX", "64"),
];

/// … and what fits the demo's own job: restarts of seconds need no cooldown of minutes.
const FAST: [(&str, &str); 6] = [
    // The model would look at ten minutes before it takes workers away.
    ("POLICY", "rule"),
    ("WORKERS_MAX", "8"),
    ("INTERVAL", "5s"),
    ("COOLDOWN_UP_MIN", "20s"),
    ("COOLDOWN_DOWN_MIN", "40s"),
    ("STABILIZATION_DOWN", "20s"),
];

/// To the policy the job is a Deployment in Reactive Mode.
const TARGET: &str = "deployment/demo";

/// What the user cannot choose: the demo reads and scales its own job and nothing else.
const NOT_USED: [&str; 3] = ["TARGET", "NAMESPACE", "FLINK_URL"];

/// The demo's own job and load; the load is to be repeated.
#[must_use]
pub fn workload() -> Workload {
    let rates = RATES
        .iter()
        .flat_map(|rate| [*rate; MOVES_EVERY])
        .skip(MOVES_EVERY - FIRST_MOVE)
        .chain([RATES[0]; MOVES_EVERY - FIRST_MOVE]);
    Workload {
        name: "demo".into(),
        meaning: "a load that moves each half minute".into(),
        model: model(),
        rates: rates.collect(),
    }
}

/// Pods of seconds, pauses of seconds, a checkpoint every two.
fn model() -> Model {
    let mut model = Model::usual();
    model.workers = 2;
    model.pod_wait = (5.5, 7.5);
    model.new_nodes = 0.5;
    model.together = true;
    model.pause_up = (3.0, 5.0);
    model.pause_down = (3.0, 5.0);
    model.warm_up = 5.0;
    model.checkpoint_interval = 2.0;
    model.checkpoint_duration = 1.0;
    model.rescale_cooldown = 10.0;
    model
}

/// The user's settings, and the demo's where there are none; `fast` are those for its own job.
#[must_use]
pub fn settings(variables: impl IntoIterator<Item = (String, String)>, fast: bool) -> Parsed {
    let named = |(name, value): &(&str, &str)| (format!("{PREFIX}{name}"), (*value).to_owned());
    let (not_used, used): (Vec<_>, Vec<_>) = variables
        .into_iter()
        .partition(|(name, _)| NOT_USED.iter().any(|it| *name == format!("{PREFIX}{it}")));
    let fast: &[(&str, &str)] = if fast { &FAST } else { &[] };
    let defaults = ALWAYS.iter().chain(fast).map(named);
    let target = named(&("TARGET", TARGET));
    let mut parsed = Settings::parse(defaults.chain(used).chain([target]));
    let warnings = not_used.iter().filter(|(_, value)| !value.is_empty());
    parsed.warnings.extend(warnings.map(|(name, _)| {
        format!("{name} is not used: the demo reads and scales its own job, and no other")
    }));
    parsed
}
