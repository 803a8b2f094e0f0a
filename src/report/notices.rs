//! What is told to those who look at the target itself: a Kubernetes Event for a rescale, a refusal,
//! a bound that holds while the backlog grows, a pause.
//!
//! Pure: values in, values out.
//!
//! Of each kind one in ten minutes at most: what comes sooner is counted in the next one, and the
//! last of them is told when the ten minutes are over, so that nothing that is told is out of date
//! for longer.

mod happened;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::report::health::HealthChange;
use crate::report::notices::happened::{acted, bound_holds, is_reverted, written};
use crate::report::tick::Tick;
use crate::units::Timestamp;

/// Of each kind no more than one in this time.
const AT_MOST_EVERY: Duration = Duration::from_secs(600);

/// Something that is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// When it happened.
    pub at: Timestamp,
    /// What kind it is of.
    pub kind: Kind,
    /// What happened and why, for a person.
    pub note: String,
}

/// What can be told: a closed list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// More workers were asked for.
    ScalingUp,
    /// Fewer workers were asked for.
    ScalingDown,
    /// The target may not be changed now, or not by us.
    ScalingRefused,
    /// A change was attempted and failed.
    ScalingFailed,
    /// The backlog grows, and a bound allows no more workers.
    AtBound,
    /// Somebody puts the number back each time.
    Reverted,
    /// A person has paused changes.
    Paused,
    /// No change is paused any more.
    Resumed,
    /// What stands at the target beside the settings was not understood.
    AnnotationsInvalid,
}

/// What was told, and what waits to be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notices {
    told: BTreeMap<Kind, Told>,
    bound_held: bool,
    reverted: bool,
}

/// One kind's last ten minutes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    at: Timestamp,
    /// So many came since.
    since: u32,
    /// The last of those.
    last: Option<Notice>,
}

// === impl Kind ===

impl Kind {
    /// Its one name, in Kubernetes' way of writing.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScalingUp => "ScalingUp",
            Self::ScalingDown => "ScalingDown",
            Self::ScalingRefused => "ScalingRefused",
            Self::ScalingFailed => "ScalingFailed",
            Self::AtBound => "AtBound",
            Self::Reverted => "Reverted",
            Self::Paused => "Paused",
            Self::Resumed => "Resumed",
            Self::AnnotationsInvalid => "AnnotationsInvalid",
        }
    }

    /// Whether a person should look at it.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        match self {
            Self::ScalingUp | Self::ScalingDown | Self::Paused | Self::Resumed => false,
            Self::ScalingRefused
            | Self::ScalingFailed
            | Self::AtBound
            | Self::Reverted
            | Self::AnnotationsInvalid => true,
        }
    }
}

// === impl Notices ===

impl Notices {
    /// What is to be told now, after a tick that changed this of the health.
    pub fn tick(
        &mut self,
        now: Timestamp,
        tick: &Tick<'_>,
        changes: &[HealthChange],
    ) -> Vec<Notice> {
        let mut happened: Vec<(Kind, String)> = Vec::new();
        happened.extend(acted(tick));
        happened.extend(changes.iter().filter_map(written));
        let bound = bound_holds(tick);
        if !std::mem::replace(&mut self.bound_held, bound.is_some()) {
            happened.extend(bound.map(|note| (Kind::AtBound, note)));
        }
        let reverted = is_reverted(tick);
        if !std::mem::replace(&mut self.reverted, reverted.is_some()) {
            happened.extend(reverted.map(|note| (Kind::Reverted, note)));
        }
        let of_now = happened.into_iter().map(|(kind, note)| Notice {
            at: now,
            kind,
            note,
        });
        let mut due: Vec<Notice> = of_now.filter_map(|notice| self.admit(notice)).collect();
        due.extend(self.overdue(now));
        due
    }

    /// The notice, unless one of its kind was told lately: then it waits.
    fn admit(&mut self, notice: Notice) -> Option<Notice> {
        let Some(told) = self.told.get_mut(&notice.kind) else {
            self.told.insert(notice.kind, Told::at(notice.at));
            return Some(notice);
        };
        if notice.at.since(told.at) >= AT_MOST_EVERY {
            return Some(told.tell(notice.at, notice));
        }
        told.since = told.since.saturating_add(1);
        told.last = Some(notice);
        None
    }

    /// What has waited for long enough.
    fn overdue(&mut self, now: Timestamp) -> Vec<Notice> {
        let waited = |told: &mut Told| {
            let last = told.last.take_if(|_| now.since(told.at) >= AT_MOST_EVERY)?;
            told.since -= 1;
            Some(told.tell(now, last))
        };
        self.told.values_mut().filter_map(waited).collect()
    }
}

// === impl Told ===

impl Told {
    const fn at(at: Timestamp) -> Self {
        Self {
            at,
            since: 0,
            last: None,
        }
    }

    /// Tells one, and how many like it were not told.
    fn tell(&mut self, now: Timestamp, notice: Notice) -> Notice {
        let before = std::mem::replace(self, Self::at(now));
        match before.since {
            0 => notice,
            more => Notice {
                note: format!("({more} more since {}) {}", before.at, notice.note),
                ..notice
            },
        }
    }
}
