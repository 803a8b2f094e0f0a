//! What people ask for at the target itself, beside the settings: a pause, other bounds. It counts
//! for as long as it stands there, and taking it back needs no restart.
//!
//! Pure: values in, values out.

use std::fmt;

use crate::decide::Bound;
use crate::settings::Settings;
use crate::units::{Timestamp, Workers};

/// What stands at the target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    /// No change in these directions, those that are over by now included.
    pub pauses: Vec<Pause>,
    /// In place of `WORKERS_MIN`.
    pub workers_min: Option<Workers>,
    /// In place of `WORKERS_MAX`.
    pub workers_max: Option<Workers>,
    /// What was not understood, each a sentence.
    pub mistakes: Vec<String>,
}

/// The number of workers is not changed in some direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pause {
    /// In which.
    pub direction: Direction,
    /// Until then; `None` until it is taken back.
    pub until: Option<Timestamp>,
    /// Where it stands, for a person.
    pub by: String,
    /// The command that takes it back.
    pub ended_by: String,
}

/// The directions that a pause is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// More workers.
    Up,
    /// Fewer workers.
    Down,
    /// Both.
    Both,
}

/// The bounds in force: those of the settings, or what stands at the target in their place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Never fewer workers.
    pub workers_min: Workers,
    /// Never more workers.
    pub workers_max: Option<Workers>,
    /// The name of the lower one.
    pub least: Bound,
    /// The name of the upper one.
    pub most: Bound,
}

// === impl Overrides ===

impl Overrides {
    /// The pause that forbids to go this way now; of several the one that lasts longest.
    #[must_use]
    pub fn pause(&self, up: bool, now: Timestamp) -> Option<&Pause> {
        let lasts = |pause: &&Pause| (pause.until.is_none(), pause.until);
        self.in_force(now)
            .filter(|pause| pause.direction.is_for(up))
            .max_by_key(lasts)
    }

    /// The pauses that are not over.
    pub fn in_force(&self, now: Timestamp) -> impl Iterator<Item = &Pause> {
        let lasts = move |pause: &&Pause| pause.until.is_none_or(|until| until > now);
        self.pauses.iter().filter(lasts)
    }

    /// All that is wrong with it, beside these settings too.
    #[must_use]
    pub fn mistakes(&self, settings: &Settings) -> Vec<String> {
        let mut mistakes = self.mistakes.clone();
        mistakes.extend(self.contradiction(settings));
        mistakes
    }

    fn contradiction(&self, settings: &Settings) -> Option<String> {
        let wanted = Bounds::wanted(settings, self);
        let max = wanted.workers_max.filter(|max| wanted.workers_min > *max)?;
        Some(format!(
            "{} = {} is more than {} = {max}; the bounds of the settings hold",
            wanted.least.name(),
            wanted.workers_min,
            wanted.most.name(),
        ))
    }
}

// === impl Direction ===

impl Direction {
    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Both => "up and down",
        }
    }

    const fn is_for(self, up: bool) -> bool {
        match self {
            Self::Up => up,
            Self::Down => !up,
            Self::Both => true,
        }
    }
}

// === impl Pause ===

impl Pause {
    /// How long it lasts: `until 2026-01-31T23:59:59Z`, or `until it is taken back`.
    #[must_use]
    pub fn lasts(&self) -> String {
        match self.until {
            Some(until) => format!("until {until}"),
            None => "until it is taken back".into(),
        }
    }
}

/// `up and down until 2026-01-31T23:59:59Z by …; to end it: …`.
impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (direction, lasts) = (self.direction.name(), self.lasts());
        write!(
            f,
            "{direction} {lasts} by {}; to end it: {}",
            self.by, self.ended_by
        )
    }
}

// === impl Bounds ===

impl Bounds {
    /// Those that are in force. Where what stands at the target would leave no number at all, it
    /// is a mistake, and the settings hold.
    #[must_use]
    pub fn of(settings: &Settings, overrides: &Overrides) -> Self {
        let wanted = Self::wanted(settings, overrides);
        if wanted
            .workers_max
            .is_some_and(|max| wanted.workers_min > max)
        {
            return Self::wanted(settings, &Overrides::default());
        }
        wanted
    }

    /// The nearest number of workers within them.
    #[must_use]
    pub fn nearest(&self, workers: Workers) -> Workers {
        workers
            .min(self.workers_max.unwrap_or(Workers(u32::MAX)))
            .max(self.workers_min)
    }

    fn wanted(settings: &Settings, overrides: &Overrides) -> Self {
        Self {
            workers_min: overrides.workers_min.unwrap_or(settings.workers_min),
            workers_max: overrides.workers_max.or(settings.workers_max),
            least: match overrides.workers_min {
                Some(_) => Bound::WorkersMinAnnotation,
                None => Bound::WorkersMin,
            },
            most: match overrides.workers_max {
                Some(_) => Bound::WorkersMaxAnnotation,
                None => Bound::WorkersMax,
            },
        }
    }
}
