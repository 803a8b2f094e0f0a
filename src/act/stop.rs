//! Why an attempt ended without the outcome that was wanted.
//!
//! Pure: values in, values out.

use std::time::Duration;

use crate::outcome::Outcome;

/// Bytes of a foreign message that are worth a person's time.
const WORTH: usize = 400;

/// Why an attempt ended without the outcome that was wanted. Each says what was attempted, what
/// went wrong and, where that is known, what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The target may not be changed now, or not by us; nothing was written.
    Refused(String),
    /// The decision was made with what no longer holds; nothing was written.
    Outdated(String),
    /// A rule of the cluster does not admit what was to be written; nothing was written.
    Denied(String),
    /// Asking the same again is no use.
    Failed(String),
    /// It may pass: nobody listens, the connection broke, the server is overloaded.
    Passing {
        /// What was attempted and what went wrong.
        why: String,
        /// The pause that the target asked for.
        retry_after: Option<Duration>,
    },
}

impl Stop {
    /// Trouble that may pass, with no pause asked for.
    pub const fn passing(why: String) -> Self {
        Self::Passing {
            why,
            retry_after: None,
        }
    }

    /// In words.
    pub fn why(&self) -> &str {
        match self {
            Self::Refused(why)
            | Self::Outdated(why)
            | Self::Denied(why)
            | Self::Failed(why)
            | Self::Passing { why, .. } => why,
        }
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(why) | Stop::Denied(why) => Self::Refused { why },
            Stop::Outdated(why) => Self::Outdated { why },
            Stop::Failed(why) => Self::Failed {
                why,
                retry_after: None,
            },
            Stop::Passing { why, retry_after } => Self::Failed { why, retry_after },
        }
    }
}

/// A foreign message on one line and not too long.
pub fn brief(message: &str) -> String {
    let mut line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > WORTH {
        let end = (0..=WORTH).rev().find(|&at| line.is_char_boundary(at));
        line.truncate(end.unwrap_or(0));
        line.push('…');
    }
    line
}

/// An error and its causes on one line. Some print their cause themselves: it is not repeated.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    brief(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_message_becomes_one_short_line() {
        assert_eq!(brief(" two\n  lines\t"), "two lines");
        let long = brief(&"ü".repeat(1000));
        assert!(long.len() <= WORTH + '…'.len_utf8());
        assert!(long.ends_with('…'));
    }
}
