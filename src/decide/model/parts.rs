//! The parts of the model that can be left out, to see what each is worth.
//!
//! Pure: values in, values out.

/// A part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// A significant trend goes on for a while; without it the load stays at its level.
    Trend,
    /// Room is kept for what came in yesterday or a week ago, while that foretells better than what
    /// is seen now.
    Season,
    /// What is above the level goes back to it; without it the newest rate stays.
    Level,
    /// A fall of the level shortens the replay; without it an hour is replayed.
    Fall,
    /// Scaling up waits, for a moment, while the load is still jumping.
    Jump,
    /// The saving has to pay back the restart.
    PayBack,
    /// `alpha` is learned; without it workers are believed to add up.
    Alpha,
    /// Wait and pause are measured; without it they are guessed.
    Measured,
    /// Workers that come one by one restart the job again.
    Stragglers,
    /// Where workers are not what is missing, they are not added, or taken back.
    Effect,
}

/// All parts, but for the one that is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts {
    /// None in earnest; one in an experiment.
    pub left_out: Option<Part>,
}

// === impl Part ===

impl Part {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Trend,
        Self::Season,
        Self::Level,
        Self::Fall,
        Self::Jump,
        Self::PayBack,
        Self::Alpha,
        Self::Measured,
        Self::Stragglers,
        Self::Effect,
    ];

    /// Its one name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trend => "trend",
            Self::Season => "season",
            Self::Level => "level",
            Self::Fall => "fall",
            Self::Jump => "jump",
            Self::PayBack => "pay_back",
            Self::Alpha => "alpha",
            Self::Measured => "measured",
            Self::Stragglers => "stragglers",
            Self::Effect => "effect",
        }
    }
}

// === impl Parts ===

impl Parts {
    /// All of them.
    pub const ALL: Self = Self { left_out: None };

    /// Whether it is in.
    #[must_use]
    pub fn has(self, part: Part) -> bool {
        self.left_out != Some(part)
    }
}
