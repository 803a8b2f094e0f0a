//! The commands that are more than a few lines.

pub mod benchmark;
pub mod demo;
pub mod plots;
pub mod simulate;
