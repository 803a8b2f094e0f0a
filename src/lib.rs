//! Outrider keeps an Apache Beam job on Apache Flink the right size.
pub mod autoscaler;
pub mod act;
pub mod decide;
pub mod flink;
pub mod observe;
pub mod outcome;
pub mod report;
pub mod scrape;
pub mod server;
pub mod settings;
pub mod units;
