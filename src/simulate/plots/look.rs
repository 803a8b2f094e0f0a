//! How a policy looks: its colour, its mark, and whether it is ours.
//!
//! Pure: values in, values out.

use plotters::prelude::*;

use crate::simulate::plots::sheet::{Drawn, Pixel, Sheet};

/// The palette of Okabe and Ito (2008), which is told apart with any eyes, without its yellow, which
/// is too pale for a line on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];
const MARKS: [Mark; 5] = [
    Mark::Disc,
    Mark::Square,
    Mark::Triangle,
    Mark::Ring,
    Mark::Cross,
];

/// How a policy looks.
#[derive(Clone, Copy)]
pub struct Look {
    /// Of its line, its mark and its name.
    pub colour: RGBColor,
    /// It is one of this program's own.
    pub ours: bool,
    mark: Mark,
}

/// As there are seven colours and five marks, no two of the first 35 policies look the same.
#[derive(Clone, Copy)]
enum Mark {
    Disc,
    Square,
    Triangle,
    Ring,
    Cross,
}

// === impl Look ===

impl Look {
    /// Of the policy in this place, with this name.
    pub fn of(place: usize, policy: &str) -> Self {
        Self {
            colour: COLOURS[place % COLOURS.len()],
            ours: policy.starts_with("rule") || policy.starts_with("model"),
            mark: MARKS[place % MARKS.len()],
        }
    }

    /// Of its line: ours are thick.
    pub fn line(self) -> ShapeStyle {
        self.colour.stroke_width(if self.ours { 3 } else { 1 })
    }

    /// Its mark, around this place.
    pub fn mark(self, sheet: &Sheet<'_>, (x, y): Pixel) -> Drawn {
        let reach = if self.ours { 6 } else { 4 };
        let filled = self.colour.filled();
        match self.mark {
            Mark::Disc => sheet.draw(&Circle::new((x, y), reach, filled)),
            Mark::Square => {
                let corners = [(x - reach, y - reach), (x + reach, y + reach)];
                sheet.draw(&Rectangle::new(corners, filled))
            }
            Mark::Triangle => {
                let corners = [
                    (x, y - reach - 1),
                    (x + reach + 1, y + reach),
                    (x - reach - 1, y + reach),
                ];
                sheet.draw(&Polygon::new(corners, filled))
            }
            Mark::Ring => {
                sheet.draw(&Circle::new((x, y), reach, WHITE.filled()))?;
                sheet.draw(&Circle::new((x, y), reach, self.colour.stroke_width(2)))
            }
            Mark::Cross => sheet.draw(&Cross::new((x, y), reach, self.colour.stroke_width(2))),
        }
    }
}
