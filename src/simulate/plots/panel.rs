//! One panel of a picture: two axes, and values in pixels.
//!
//! Pure: values in, values out.

use plotters::prelude::*;

use crate::simulate::plots::axis::Axis;
use crate::simulate::plots::sheet::{Drawn, FAINT, Pixel, QUIET, Sheet, TEXT, TITLE};

/// Left of the axis, for what is written there.
const LEFT: i32 = 62;
/// Below the axis.
const BELOW: i32 = 26;
/// Above the panel, for its title.
const ABOVE: i32 = 30;
/// Values that fall into one column of so many pixels are drawn as their lowest and their highest.
const COLUMN: i32 = 2;
/// The same where only the highest is drawn.
const PEAK: i32 = 6;

/// A panel.
pub struct Panel<'a, 'b> {
    chart: ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>,
}

// === impl Panel ===

impl<'b> Panel<'_, 'b> {
    /// A panel between two corners of the sheet, its title, its axes and what is written at them
    /// included.
    pub fn new(
        sheet: &Sheet<'b>,
        (from, to): (Pixel, Pixel),
        title: &str,
        x: Axis,
        y: Axis,
    ) -> Drawn<Self> {
        sheet.write(title, (from.0 + LEFT, from.1 + ABOVE / 2), TITLE)?;
        let mut chart = ChartBuilder::on(&sheet.part((from.0, from.1 + ABOVE), to))
            .x_label_area_size(BELOW)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(QUIET)
            .label_style(TEXT.style())
            .draw()?;
        Ok(Self { chart })
    }

    /// Where a pair of values stands on the sheet.
    pub fn pixel(&self, x: f64, y: f64) -> Pixel {
        self.chart.backend_coord(&(x, y))
    }

    /// Where the values stand, without those that would not be seen: of each column the lowest and
    /// the highest, of a level stretch its ends.
    pub fn thinned(&self, values: impl Iterator<Item = (f64, f64)>) -> Vec<Pixel> {
        let pixels = values.map(|(x, y)| self.pixel(x, y));
        let mut thin: Vec<Pixel> = Vec::new();
        let mut column: Vec<Pixel> = Vec::new();
        for pixel in pixels {
            if column
                .first()
                .is_some_and(|first| first.0 / COLUMN != pixel.0 / COLUMN)
            {
                close(&mut column, &mut thin);
            }
            column.push(pixel);
        }
        close(&mut column, &mut thin);
        thin
    }

    /// Where the highest value of each short stretch stands.
    pub fn peaks(&self, values: impl Iterator<Item = (f64, f64)>) -> Vec<Pixel> {
        peaks(values.map(|(x, y)| self.pixel(x, y)))
    }

    /// Pixels of the panel's left, right, top and bottom.
    pub fn edges(&self) -> [i32; 4] {
        let (across, down) = self.chart.plotting_area().get_pixel_range();
        [across.start, across.end, down.start, down.end]
    }
}

/// The extremes of the column in the order in which they came, and the last, from which the line
/// goes on.
fn close(column: &mut Vec<Pixel>, thin: &mut Vec<Pixel>) {
    let order = |at: &usize| (column[*at].1, *at);
    let extremes = [
        (0..column.len()).min_by_key(order),
        (0..column.len()).max_by_key(order),
        column.len().checked_sub(1),
    ];
    let mut kept: Vec<usize> = extremes.into_iter().flatten().collect();
    kept.sort_unstable();
    kept.dedup();
    for at in kept {
        push(thin, column[at]);
    }
    column.clear();
}

fn peaks(pixels: impl Iterator<Item = Pixel>) -> Vec<Pixel> {
    let mut peaks: Vec<Pixel> = Vec::new();
    for pixel in pixels {
        match peaks.last_mut() {
            // Pixels are counted from above: the higher has less.
            Some(peak) if peak.0 / PEAK == pixel.0 / PEAK && peak.1 <= pixel.1 => {}
            Some(peak) if peak.0 / PEAK == pixel.0 / PEAK => *peak = pixel,
            _ => peaks.push(pixel),
        }
    }
    let mut thin = Vec::new();
    for peak in peaks {
        push(&mut thin, peak);
    }
    thin
}

fn push(thin: &mut Vec<Pixel>, pixel: Pixel) {
    let level = |(a, b): (&Pixel, &Pixel)| a.1 == pixel.1 && b.1 == pixel.1;
    let before = thin
        .len()
        .checked_sub(2)
        .map(|at| (&thin[at], &thin[at + 1]));
    if before.is_some_and(level) {
        thin.pop();
    }
    if thin.last() != Some(&pixel) {
        thin.push(pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_lowest_its_highest_and_its_last() {
        let mut thin = Vec::new();
        close(&mut vec![(4, 7), (4, 2), (5, 9), (5, 5), (5, 6)], &mut thin);
        assert_eq!(thin, [(4, 2), (5, 9), (5, 6)]);
    }

    #[test]
    fn a_peak_rises_from_the_level_beside_it() {
        // Pixels 0 to 23 at the ground, one peak at 13, the ground again.
        let ground = (0..30).map(|x| (x, if x == 13 { 4 } else { 9 }));
        let line = peaks(ground);
        assert_eq!(line, [(0, 9), (6, 9), (13, 4), (18, 9), (24, 9)]);
    }

    #[test]
    fn a_level_stretch_keeps_its_ends() {
        let mut thin = Vec::new();
        for pixel in [(0, 3), (2, 3), (4, 3), (6, 3), (6, 8)] {
            push(&mut thin, pixel);
        }
        assert_eq!(thin, [(0, 3), (6, 3), (6, 8)]);
    }
}
