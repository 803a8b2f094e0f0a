//! A second and a third try, for trouble that passes by itself.
//!
//! The one user of the `backoff` crate, which nobody maintains any more (RUSTSEC-2025-0012): it is
//! asked for the length of the next pause and for nothing else, so that it can be replaced by ten
//! lines. Tries are bounded by their number, not by a clock: its clock is not the runtime's.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

use crate::act::stop::Stop;

/// Tries of one call, the first one included.
const TRIES: u32 = 3;
/// Pauses of about 0.5 s and 1.5 s, each a half more or less, so that a fleet does not come back
/// in step.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const GROWTH: f64 = 3.0;
/// A pause that the target asks for is kept when it is no longer than this; a longer one is the
/// next decision's business.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The tries of one call.
pub(super) struct Retries {
    left: u32,
    backoff: ExponentialBackoff,
}

// === impl Retries ===

impl Retries {
    pub(super) fn new() -> Self {
        let backoff = ExponentialBackoff {
            current_interval: FIRST_PAUSE,
            initial_interval: FIRST_PAUSE,
            multiplier: GROWTH,
            max_interval: LONGEST_PAUSE,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        Self {
            left: TRIES - 1,
            backoff,
        }
    }

    /// Waits for the moment of another try. False, at once, where there is none: the trouble does
    /// not pass by itself, it was the last try, or the target wants to be left alone for long.
    pub(super) async fn again(&mut self, stop: &Stop) -> bool {
        let Stop::Passing { why, retry_after } = stop else {
            return false;
        };
        let asked_for = retry_after.unwrap_or_default();
        let (true, Some(pause)) = (
            self.left > 0 && asked_for <= LONGEST_PAUSE,
            self.backoff.next_backoff(),
        ) else {
            return false;
        };
        self.left -= 1;
        let pause = pause.max(asked_for);
        tracing::debug!(why, ?pause, "trying again");
        tokio::time::sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(retry_after: Option<u64>) -> Stop {
        Stop::Passing {
            why: "nobody listens".into(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_three_tries_within_seconds() {
        let begin = tokio::time::Instant::now();
        let mut retries = Retries::new();
        let mut tries = 1;
        while retries.again(&passing(None)).await {
            tries += 1;
        }
        assert_eq!(tries, 3);
        // 0.25 s + 0.75 s at least, 0.75 s + 2.25 s at most.
        let waited = begin.elapsed();
        assert!((1..=3).contains(&waited.as_secs()), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_pause_that_is_asked_for_is_kept_and_a_long_one_is_left_to_the_next_decision() {
        let begin = tokio::time::Instant::now();
        assert!(Retries::new().again(&passing(Some(4))).await);
        assert!(begin.elapsed() >= Duration::from_secs(4));
        assert!(!Retries::new().again(&passing(Some(5))).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_by_itself_is_not_tried_again() {
        for stop in [Stop::Refused(String::new()), Stop::Failed(String::new())] {
            assert!(!Retries::new().again(&stop).await);
        }
    }
}
