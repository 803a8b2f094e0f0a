//! What a reader of the page asks for in its address.
//!
//! Pure: values in, values out.

use crate::report::span::Span;

/// What a reader of the page asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// How far back the picture goes.
    pub span: Span,
    /// It is not made anew by itself.
    pub still: bool,
}

// === impl View ===

impl View {
    /// `span=1h`, `still`, both or neither; what else is asked for is nothing.
    #[must_use]
    pub fn asked_for(query: Option<&str>) -> Self {
        let mut parts = query.unwrap_or_default().split('&');
        Self {
            span: Span::asked_for(query).unwrap_or(Span::QuarterHour),
            still: parts.any(|part| part == "still"),
        }
    }

    /// The address of this view.
    #[must_use]
    pub fn address(self) -> String {
        let still = if self.still { "&still" } else { "" };
        format!("?span={}{still}", self.span.name())
    }
}
