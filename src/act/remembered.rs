//! The number that a target is known to have, and whose a found number is.
//!
//! Pure: values in, values out.

use crate::units::Workers;

/// What is known of a target's number, between two readings that may lie far apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Remembered {
    /// The number last read, or written with an answer.
    known: Option<Workers>,
    /// The number of a write that was not answered: it may have been carried out, even later.
    unsure: Option<Workers>,
}

/// Whose a found number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The one that is known, or the first that is read.
    Known,
    /// That of our write that was not answered.
    Ours {
        /// The number before it.
        before: Option<Workers>,
    },
    /// Somebody else's.
    Foreign,
}

impl Remembered {
    /// Takes in a number that was read.
    pub fn read(&mut self, found: Workers) -> Whose {
        let before = self.known.replace(found);
        if before.is_none_or(|known| known == found) {
            return Whose::Known;
        }
        if self.unsure.take() == Some(found) {
            Whose::Ours { before }
        } else {
            Whose::Foreign
        }
    }

    /// A write is about to be sent.
    pub const fn writes(&mut self, workers: Workers) {
        self.unsure = Some(workers);
    }

    /// It was carried out, with this number.
    pub const fn wrote(&mut self, workers: Workers) {
        self.known = Some(workers);
        self.unsure = None;
    }

    /// It was surely not carried out.
    pub const fn wrote_nothing(&mut self) {
        self.unsure = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_known_and_another_one_is_somebody_elses() {
        let mut remembered = Remembered::default();
        assert_eq!(remembered.read(Workers(3)), Whose::Known);
        assert_eq!(remembered.read(Workers(3)), Whose::Known);
        assert_eq!(remembered.read(Workers(4)), Whose::Foreign);
        assert_eq!(remembered.read(Workers(4)), Whose::Known);
    }

    #[test]
    fn a_write_without_an_answer_is_known_again_whenever_it_comes_through() {
        let mut remembered = Remembered::default();
        remembered.read(Workers(3));
        remembered.writes(Workers(5));
        assert_eq!(remembered.read(Workers(3)), Whose::Known);
        let before = Some(Workers(3));
        assert_eq!(remembered.read(Workers(5)), Whose::Ours { before });
        assert_eq!(remembered.read(Workers(3)), Whose::Foreign);
    }

    #[test]
    fn what_was_answered_leaves_no_doubt() {
        let mut remembered = Remembered::default();
        remembered.read(Workers(3));
        remembered.writes(Workers(5));
        remembered.wrote_nothing();
        assert_eq!(remembered.read(Workers(5)), Whose::Foreign);
        remembered.writes(Workers(6));
        remembered.wrote(Workers(6));
        assert_eq!(remembered.read(Workers(6)), Whose::Known);
    }
}
