//! Observing: what real Flinks did, tick by tick, and every trap that a reading can be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod support;

#[path = "observe/any.rs"]
mod any;
#[path = "observe/cpu.rs"]
mod cpu;
#[path = "observe/execution.rs"]
mod execution;
#[path = "observe/made.rs"]
mod made;
#[path = "observe/restarts.rs"]
mod restarts;
#[path = "observe/source.rs"]
mod source;
#[path = "observe/steady.rs"]
mod steady;
#[path = "observe/vertex.rs"]
mod vertex;
#[path = "support/watch.rs"]
mod watch;
