//! The commands that are more than a few lines.

pub mod benchmark;
pub mod demo;
pub mod inject;
pub mod plots;
pub mod simulate;
pub mod webhook;

use clap::ValueEnum;

/// How an answer is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A table for a document; only with --benchmark, --sweep and --against.
    Markdown,
}
