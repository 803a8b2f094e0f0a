//! The demo shows what it promises: a Flink that the sidecar cannot tell from a real one, and a job
//! that is scaled while one looks on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

#[path = "demo/process.rs"]
mod process;
#[path = "demo/rest.rs"]
mod rest;
#[path = "demo/scaling.rs"]
mod scaling;
#[path = "demo/world.rs"]
mod world;

use outrider::units::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
