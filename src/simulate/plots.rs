//! Pictures of the benchmark, as SVG text.
//!
//! Pure: values in, values out.
//!
//! The same values give the same bytes. A policy has its colour and its mark by its place among
//! those that are shown, so that it looks the same in every picture of the same policies. What is
//! infinite or no number stands at the end of its axis.

mod axis;
mod labels;
mod look;
mod panel;
mod pareto;
mod sheet;
mod timeline;

pub use pareto::{Point, pareto};
pub use timeline::workload;
