//! The sheet that a picture is drawn on: white, in pixels from its upper left corner.
//!
//! Pure: values in, values out.

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A place on the sheet.
pub type Pixel = (i32, i32);
/// Nothing, or why it could not be drawn.
pub type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// What is not the point of the picture.
pub const QUIET: RGBColor = RGBColor(90, 90, 90);
/// Lines behind everything.
pub const FAINT: RGBColor = RGBColor(225, 225, 225);

/// A sheet.
pub struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// How words are written.
#[derive(Clone, Copy)]
pub struct Hand {
    size: i32,
    bold: bool,
    colour: RGBColor,
}

/// The hand of titles.
pub const TITLE: Hand = Hand {
    size: 19,
    bold: true,
    colour: BLACK,
};
/// The hand in which our policies are named.
pub const OURS: Hand = Hand {
    size: 16,
    bold: true,
    colour: BLACK,
};
/// The hand of everything else.
pub const TEXT: Hand = Hand {
    size: 15,
    bold: false,
    colour: QUIET,
};

/// The SVG text of what is drawn.
pub fn svg(size: (u32, u32), draw: impl FnOnce(&Sheet<'_>) -> Drawn) -> String {
    let mut text = String::new();
    let sheet = Sheet {
        area: SVGBackend::with_string(&mut text, size).into_drawing_area(),
    };
    let drawn = sheet.area.fill(&WHITE).and_then(|()| draw(&sheet));
    drawn
        .and_then(|()| sheet.area.present())
        .expect("a string takes every shape");
    drop(sheet);
    text
}

// === impl Sheet ===

impl<'a> Sheet<'a> {
    /// The part of it between these two corners.
    pub fn part(&self, from: Pixel, to: Pixel) -> DrawingArea<SVGBackend<'a>, Shift> {
        let area = self.area.clone();
        area.shrink(from, (to.0 - from.0, to.1 - from.1))
    }

    /// Draws a shape.
    pub fn draw<E>(&self, shape: &E) -> Drawn
    where
        E: Drawable<SVGBackend<'a>>,
        for<'b> &'b E: PointCollection<'b, Pixel>,
    {
        self.area.draw(shape)
    }

    /// Draws a line through these places.
    pub fn line(&self, places: Vec<Pixel>, style: ShapeStyle) -> Drawn {
        if places.len() < 2 {
            return Ok(());
        }
        self.draw(&PathElement::new(places, style))
    }

    /// Writes words that begin at this place, their middle at its height.
    pub fn write(&self, words: &str, (x, y): Pixel, hand: Hand) -> Drawn {
        let anchor = Pos::new(HPos::Left, VPos::Center);
        let words: String = words.chars().filter(|c| !c.is_control()).collect();
        self.draw(&Text::new(words, (x, y), hand.style().pos(anchor)))
    }
}

// === impl Hand ===

impl Hand {
    /// Pixels that the words are about wide: 0.58 of its size is a usual letter of a usual font.
    pub fn width(self, words: &str) -> i32 {
        let letters = i32::try_from(words.chars().count()).unwrap_or(i32::MAX / 100);
        // The size is that of the line; the letter's is less by a factor of 1.24.
        letters * self.size * if self.bold { 52 } else { 47 } / 100
    }

    /// For the library.
    pub fn style(self) -> TextStyle<'static> {
        let weight = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        ("sans-serif", self.size)
            .into_font()
            .style(weight)
            .color(&self.colour)
    }
}
