//! Why the workers are being changed, and what is foreseen: of the decision in force, and while a
//! rescale of ours goes on, of the one that asked for it. Whoever looks at a job that restarts wants
//! to know what that is good for.
//!
//! Pure: values in, values out.

use std::borrow::Cow;

use crate::decide::forecast::Foreseen;
use crate::decide::rescale::Rescale;
use crate::report::history::changes::Change;
use crate::report::status::Status;
use crate::units::Timestamp;

/// Why the workers are as they are, or are being changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Why<'a> {
    /// When the rescale that goes on was asked for, where this tells of it.
    pub rescale: Option<Timestamp>,
    /// For a person.
    pub sentence: Cow<'a, str>,
}

// === impl Status ===

impl Status {
    /// Why the rescale that goes on was asked for, until the job can be judged again; else why the
    /// decision in force is what it is, where its policy has a sentence for that.
    #[must_use]
    pub fn why(&self) -> Option<Why<'_>> {
        let decision = self.last.as_ref().map(|last| &last.decision);
        let own = decision.and_then(|decision| decision.arithmetic.sentence());
        let of_decision = own.map(|sentence| Why {
            rescale: None,
            sentence: sentence.into(),
        });
        let Some(rescale) = self.going_on() else {
            return of_decision;
        };
        let decides = decision.is_some_and(|decision| decision.scale_to().is_some());
        if decides || of_decision.is_some() && !rescale.is_coming_through() {
            return of_decision;
        }
        let asked = |change: &&Change| {
            change.scale_to == Some(rescale.to)
                && (change.at..=change.last).contains(&rescale.asked)
        };
        let asked = self.history.changes.all().rev().find(asked);
        let of_rescale = asked.map(|change| Why {
            rescale: Some(rescale.asked),
            sentence: match &change.sentence {
                Some(sentence) => format!("{}. {sentence}", change.meaning).into(),
                None => change.meaning.into(),
            },
        });
        of_rescale.or(of_decision)
    }

    /// The delay that is foreseen now; while a rescale goes on, what was when it was asked for, until
    /// the job can be judged again.
    #[must_use]
    pub fn foreseen(&self) -> Option<Foreseen> {
        let decision = &self.last.as_ref()?.decision;
        let own = decision.arithmetic.forecast().map(|forecast| Foreseen {
            at: decision.at,
            forecast: *forecast,
        });
        let Some(rescale) = self.going_on() else {
            return own;
        };
        let promised = self.history.promised;
        let promised = promised.filter(|promised| promised.at == rescale.asked);
        if rescale.is_coming_through() {
            promised.or(own)
        } else {
            own.or(promised)
        }
    }

    /// The last rescale, where it is ours and the job has not settled yet.
    fn going_on(&self) -> Option<&Rescale> {
        let newest = self.history.rescales.last();
        newest.filter(|rescale| rescale.is_ours() && rescale.end.is_none())
    }
}
