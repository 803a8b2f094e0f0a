//! Acting: what each target is asked, and what becomes of each answer it can give.

#![expect(clippy::unwrap_used, reason = "a test ends where it goes wrong")]

#[path = "act/annotations.rs"]
mod annotations;
#[path = "support/decisions.rs"]
mod decisions;
#[path = "act/events.rs"]
mod events;
#[path = "act/exec.rs"]
mod exec;
#[path = "act/flink.rs"]
mod flink;
#[path = "support/kubernetes.rs"]
mod kubernetes;
#[path = "act/lease.rs"]
mod lease;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "act/operator.rs"]
mod operator;
#[path = "act/rules.rs"]
mod rules;
#[path = "act/scale.rs"]
mod scale;

use crate::decisions::shown;
