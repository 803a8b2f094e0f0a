//! Acting: what each target is asked, and what becomes of each answer it can give.

#[path = "support/decisions.rs"]
mod decisions;
#[path = "act/exec.rs"]
mod exec;
