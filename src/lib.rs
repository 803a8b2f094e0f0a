//! Outrider keeps an Apache Beam job on Apache Flink the right size.
//!
//! It is a sidecar in the JobManager pod of one job. It reads the job's own Flink REST API on
//! loopback, decides how many TaskManagers the load needs, and scales the job's deployment, one
//! restart at a time, never without knowing. It can say why, and also why not.
//!
//! ```text
//!  Flink REST ──scrape──▶ Scrape ──observe──▶ Observation ──decide──▶ Decision ──act──▶ the deployment
//!   flink.rs              scrape.rs  observe.rs              decide.rs     │     act.rs        │
//!                         └──────── pure: autoscaler.rs, `step` ───────────┘◀──── Outcome ─────┘
//!                                                                          └─report─▶ log · metrics · status · page · Events
//! ```
//!
//! One loop, one tick (10 s: Flink refreshes its metrics no faster), everything in order, one
//! request to Flink in flight. A tick that fails is a tick with less knowledge, never the end of
//! the loop.
//!
//! # Code map, in reading order
//!
//! | file | what it is |
//! |---|---|
//! | `units.rs` | the few units that everything is counted in; the only casts |
//! | `settings.rs`, `settings/` | the one table of settings; parsing, every mistake at once |
//! | `scrape.rs` | what one tick read from Flink, raw and stamped |
//! | `flink.rs`, `flink/` | reads it: REST over hyper, metric ids, Flink's JSON; and resource requirements, which are written, too |
//! | `observe.rs`, `observe/` | a window of scrapes of one execution becomes what is known now |
//! | `decide.rs`, `decide/` | guards, the policies, bounds, cooldown; one rescale followed at a time; `demand.rs` is the published rule |
//! | `decide/model.rs`, `decide/model/` | the default policy: a model of the job, learned, rolled forward and replayed |
//! | `autoscaler.rs` | what is remembered from tick to tick, and the one step |
//! | `outcome.rs` | what became of a decision, as the core hears it |
//! | `leadership.rs` | which of several sidecars acts, as the core hears it |
//! | `act.rs`, `act/` | carries a decision out: Kubernetes, Flink, a command |
//! | `report.rs`, `report/` | log, metrics, status, page: all from one snapshot |
//! | `server.rs` | serves them over HTTP |
//! | `run.rs` | the loop, and the clock |
//! | `inject.rs`, `inject/` | puts the sidecar into a FlinkDeployment's YAML and takes it out again; into a pod's JSON |
//! | `webhook.rs`, `webhook/` | the same for pods that are being created: answers Kubernetes' admission reviews |
//! | `simulate.rs`, `simulate/` | the same step against a simulated job, in virtual time |
//! | `demo.rs`, `demo/` | the loop, the server and the page against a simulated job, in real time |
//! | `main.rs`, `commands.rs`, `commands/` | the commands, and the environment |
//!
//! To write another policy, read `autoscaler.rs`, then `decide.rs`, then replace what `demand.rs`
//! gives: an observation goes in, a number of workers with its reason comes out, and everything
//! else (whether it may be judged, whether it can be had, whether now is the time) stays as it is.
//!
//! # Invariants
//!
//! Each is kept by a test or a lint.
//!
//! - Nothing in a pure file knows a clock, a network, a log or the environment, and it imports pure
//!   files only (`tests/tidy.rs`, `.clippy.toml`).
//! - Deciding never knows what Flink or Kubernetes is (`tests/tidy.rs`).
//! - Only `run.rs` reads the clock, only `main.rs` the environment (`.clippy.toml`).
//! - Only `flink/` knows Flink's metrics and its JSON, only `act/kubernetes/`, `inject/` and `webhook/`
//!   Kubernetes' objects (`demo/rest.rs` speaks Flink's side of it, for the demo alone).
//! - No setting leads to the demo's target, and none leads the demo to another (`tests/demo.rs`).
//! - No scaling down without a complete and fresh observation (`tests/properties.rs`).
//! - Workers stay within their bounds whatever comes in, infinities too, and whatever people have
//!   written at the target; what they have paused does not happen (`tests/properties.rs`).
//! - More backlog never means fewer workers (`tests/properties.rs`).
//! - The same history gives the same decisions (`tests/stories.rs`), and the simulated job is decided
//!   upon by the call of the live loop (`simulate/run.rs`).
//! - No tick without a decision to change something calls the target (`tests/act.rs`), but for a
//!   rare look, and the news of it that are told aside and never waited for.
//! - Of several sidecars of one job two never write at once (`act/kubernetes/lease/tests.rs`,
//!   `tests/kubernetes/lease.rs`).
//! - What is put into a FlinkDeployment's YAML and into a pod is the same container (`tests/webhook.rs`),
//!   and no answer of the webhook refuses a pod (`tests/webhook.rs`).
//! - Nothing that Flink, Kubernetes or a setting says ends the process.
//! - Numbers change their type in `units.rs` only (`tests/tidy.rs`).

pub mod units;

pub mod settings;

pub mod scrape;

pub mod flink;

pub mod observe;

pub mod decide;

pub mod autoscaler;

pub mod outcome;

pub mod leadership;

pub mod act;

pub mod report;

pub mod server;

pub mod run;

pub mod inject;

pub mod webhook;

pub mod simulate;

pub mod demo;
