//! The live step against a simulated job, in virtual time: what it would do, what that costs, and
//! how late the job would be.
//!
//! Pure: values in, values out.

pub mod against;
pub mod answers;
pub mod benchmark;
mod drawn;
pub mod job;
pub mod load;
pub mod model;
pub mod plots;
pub mod policy;
pub mod random;
pub mod rivals;
pub mod run;
pub mod score;
mod source;
pub mod told;
