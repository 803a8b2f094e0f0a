//! How far back a reader wants to see.
//!
//! Pure: values in, values out.

use std::time::Duration;

/// A closed list, so that an address that was sent to a colleague shows the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// 15 minutes.
    QuarterHour,
    /// One hour.
    Hour,
    /// Six hours: all that is remembered.
    SixHours,
}

// === impl Span ===

impl Span {
    /// Each of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::QuarterHour, Self::Hour, Self::SixHours];

    /// Its one name, as it stands in an address: `/?span=15min`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::QuarterHour => "15min",
            Self::Hour => "1h",
            Self::SixHours => "6h",
        }
    }

    /// For a person.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::QuarterHour => "15 min",
            Self::Hour => "1 h",
            Self::SixHours => "6 h",
        }
    }

    /// Its length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_mins(match self {
            Self::QuarterHour => 15,
            Self::Hour => 60,
            Self::SixHours => 360,
        })
    }

    /// What a query asks for with `span=…`; `None` where it asks for none that there is.
    #[must_use]
    pub fn asked_for(query: Option<&str>) -> Option<Self> {
        let mut parts = query?.split('&');
        let asked = parts.find_map(|part| part.strip_prefix("span="))?;
        Self::ALL.into_iter().find(|span| span.name() == asked)
    }
}
