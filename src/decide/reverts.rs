//! Whether somebody puts the number of workers back each time that we change it.
//!
//! Pure: values in, values out.
//!
//! A GitOps tool that does not know of us writes the number of its repository again and again. Each
//! change of ours then costs two restarts and helps for minutes. One that is put back may be a
//! person's wish and is followed; the second is a pattern, and nothing more is changed until a
//! person has mended it or an hour has passed.

use std::time::Duration;

use crate::units::{Timestamp, Workers};

/// So often is no accident.
const A_PATTERN: u32 = 2;
/// After this one careful try shows whether it was mended.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(3600);
/// What was put back so long ago does not count any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What is remembered of the numbers that were not ours.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reverts {
    /// The number that somebody else gave the target last, or that it had before our first change.
    theirs: Option<Workers>,
    in_a_row: u32,
    last: Option<Timestamp>,
    by: Option<String>,
}

/// A number that is put back each time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reverted {
    /// The number.
    pub to: Workers,
    /// How often in a row.
    pub times: u32,
    /// Who does it, where the target tells.
    pub by: Option<String>,
    /// When it is tried again.
    pub until: Timestamp,
}

// === impl Reverts ===

impl Reverts {
    /// The target took a number of ours; it had another before, where it tells.
    pub fn asked(&mut self, from: Option<Workers>) {
        self.theirs = self.theirs.or(from);
    }

    /// The target has a number that is not ours. Theirs of before once more is a revert; another
    /// one is a wish, and ends what was counted.
    pub fn changed(&mut self, now: Timestamp, found: Workers, by: Option<&str>) {
        let lately = self
            .last
            .is_some_and(|last| now.since(last) < FORGOTTEN_AFTER);
        let before = if lately { self.in_a_row } else { 0 };
        let reverted = self.theirs == Some(found);
        *self = Self {
            theirs: Some(found),
            in_a_row: if reverted {
                before.saturating_add(1)
            } else {
                0
            },
            last: reverted.then_some(now),
            by: by.map(Into::into),
        };
    }

    /// The pattern, while nothing is to be changed because of it.
    #[must_use]
    pub fn reverted(&self, now: Timestamp) -> Option<Reverted> {
        let (to, until) = (self.theirs?, self.last? + TRY_AGAIN_AFTER);
        (self.in_a_row >= A_PATTERN && now < until).then(|| Reverted {
            to,
            times: self.in_a_row,
            by: self.by.clone(),
            until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    /// Of 3 workers we made more, and somebody made 3 again at each of these moments.
    fn put_back(moments: &[u64]) -> Reverts {
        let mut reverts = Reverts::default();
        for moment in moments {
            reverts.asked(Some(Workers(3)));
            reverts.changed(at(*moment), Workers(3), Some("argocd-controller"));
        }
        reverts
    }

    #[test]
    fn a_number_put_back_once_is_a_wish_and_twice_a_pattern() {
        assert_eq!(put_back(&[0]).reverted(at(1)), None);
        let reverted = Reverted {
            to: Workers(3),
            times: 2,
            by: Some("argocd-controller".into()),
            until: at(600 + HOUR),
        };
        assert_eq!(put_back(&[0, 600]).reverted(at(601)), Some(reverted));
    }

    #[test]
    fn after_an_hour_it_is_tried_again_and_one_revert_more_holds_for_another() {
        let mut reverts = put_back(&[0, 600]);
        assert!(reverts.reverted(at(600 + HOUR - 1)).is_some());
        assert_eq!(reverts.reverted(at(600 + HOUR)), None);
        reverts.asked(Some(Workers(3)));
        reverts.changed(at(700 + HOUR), Workers(3), None);
        let reverted = reverts.reverted(at(701 + HOUR)).map(|r| (r.times, r.until));
        assert_eq!(reverted, Some((3, at(700 + 2 * HOUR))));
    }

    #[test]
    fn another_number_is_a_wish_and_ends_the_pattern_at_once() {
        let mut reverts = put_back(&[0, 600]);
        reverts.changed(at(601), Workers(5), Some("kubectl"));
        assert_eq!(reverts.reverted(at(602)), None);
        // Theirs is 5 now: back to 3 is no revert.
        reverts.changed(at(700), Workers(3), Some("kubectl"));
        reverts.changed(at(800), Workers(3), Some("kubectl"));
        assert_eq!(reverts.reverted(at(801)), None);
    }

    #[test]
    fn what_was_put_back_yesterday_does_not_count() {
        let reverts = put_back(&[0, 24 * HOUR]);
        assert_eq!(reverts.reverted(at(24 * HOUR + 1)), None);
        let reverts = put_back(&[0, 24 * HOUR - 1]);
        assert!(reverts.reverted(at(24 * HOUR)).is_some());
    }
}
