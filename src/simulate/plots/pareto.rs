//! What each policy paid, how late it was, and how often it changed its mind.
//!
//! Pure: values in, values out.

use plotters::prelude::*;

use crate::simulate::plots::axis::Axis;
use crate::simulate::plots::labels;
use crate::simulate::plots::look::Look;
use crate::simulate::plots::panel::Panel;
use crate::simulate::plots::sheet::{Drawn, Hand, OURS, Pixel, QUIET, Sheet, TEXT, TITLE, svg};

const SIZE: (u32, u32) = (1300, 668);
/// Corners of the two panels.
const LATENESS: (Pixel, Pixel) = ((10, 50), (640, 616));
const RESCALES: (Pixel, Pixel) = ((650, 50), (1280, 616));
/// Places on the axis of the cost.
const COSTS: [(f64, &str); 22] = [
    (0.0, "0"),
    (0.5, "0.5"),
    (0.7, "0.7"),
    (0.8, "0.8"),
    (0.9, "0.9"),
    (1.0, "1"),
    (1.1, "1.1"),
    (1.2, "1.2"),
    (1.3, "1.3"),
    (1.4, "1.4"),
    (1.6, "1.6"),
    (1.8, "1.8"),
    (2.0, "2"),
    (2.5, "2.5"),
    (3.0, "3"),
    (4.0, "4"),
    (5.0, "5"),
    (7.0, "7"),
    (10.0, "10"),
    (20.0, "20"),
    (50.0, "50"),
    (100.0, "100"),
];
/// Places on the axis of the lateness, in per cent.
const SHARES: [(f64, &str); 8] = [
    (0.0, "0"),
    (0.1, "0.1 %"),
    (0.3, "0.3 %"),
    (1.0, "1 %"),
    (3.0, "3 %"),
    (10.0, "10 %"),
    (30.0, "30 %"),
    (100.0, "100 %"),
];
/// Places on the axis of the rescales.
const TIMES: [(f64, &str); 9] = [
    (0.0, "0"),
    (1.0, "1"),
    (3.0, "3"),
    (10.0, "10"),
    (30.0, "30"),
    (100.0, "100"),
    (300.0, "300"),
    (1000.0, "1000"),
    (3000.0, "3000"),
];

/// What became of one policy. Less is better in each.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Name of the policy.
    pub policy: String,
    /// Worker-seconds paid over the fluid bound.
    pub cost: f64,
    /// Share of the time with a delay over 60 s.
    pub late: f64,
    /// Changes of the number of workers that were asked for, per day.
    pub rescales_per_day: f64,
}

/// Cost against lateness, and cost against rescales.
#[must_use]
pub fn pareto(points: &[Point]) -> String {
    svg(SIZE, |sheet| {
        let shares = Axis::bent(0.1, &SHARES, points.iter().map(percent).chain([0.0, 1.0]));
        let title = "time with a delay over 60 s";
        scatter(sheet, points, LATENESS, title, shares, percent)?;
        let times = points.iter().map(|point| point.rescales_per_day);
        let times = Axis::bent(1.0, &TIMES, times.chain([0.0, 10.0]));
        let title = "rescales per day";
        scatter(sheet, points, RESCALES, title, times, |point| {
            point.rescales_per_day
        })?;
        let title = "Cost, lateness and restlessness of each policy: less is better in each";
        sheet.write(title, (20, 24), TITLE)?;
        let legend = "in a circle: no other policy is as good in all three and better in one";
        sheet.write(legend, (72, 654), TEXT)
    })
}

/// None of the others is as good as this in cost, lateness and rescales, and better in one.
fn on_the_front(point: &Point, points: &[Point]) -> bool {
    let of = |point: &Point| {
        [point.cost, point.late, point.rescales_per_day]
            .map(|value| if value.is_nan() { f64::INFINITY } else { value })
    };
    let own = of(point);
    let beats = |other: &Point| {
        let mut pairs = of(other).into_iter().zip(own);
        pairs.clone().all(|(other, own)| other <= own) && pairs.any(|(other, own)| other < own)
    };
    !points.iter().any(beats)
}

fn scatter(
    sheet: &Sheet<'_>,
    points: &[Point],
    corners: (Pixel, Pixel),
    title: &str,
    y: Axis,
    height: impl Fn(&Point) -> f64,
) -> Drawn {
    let cost = Axis::bent(0.3, &COSTS, points.iter().map(|point| point.cost));
    let panel = Panel::new(sheet, corners, title, cost, y)?;
    let edges = panel.edges();
    let below = "cost: workers paid over the fewest that could do it";
    let (left, bottom) = (edges[0], edges[3]);
    sheet.write(below, (left + 120, bottom + 34), TEXT)?;
    // Ours first: the best places for their names.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|place| !Look::of(*place, &points[*place].policy).ours);
    let names: Vec<(Pixel, i32)> = order
        .iter()
        .map(|place| {
            let point = &points[*place];
            let hand = hand(Look::of(*place, &point.policy));
            (
                panel.pixel(point.cost, height(point)),
                hand.width(&point.policy),
            )
        })
        .collect();
    let places = labels::places(&names, edges);
    for ((at, width), name) in names.iter().zip(&places) {
        if let Some(end) = labels::tied(*at, *name, *width) {
            sheet.line(vec![*at, end], QUIET.stroke_width(1))?;
        }
    }
    for ((place, (at, _)), name) in order.iter().zip(&names).zip(&places).rev() {
        let point = &points[*place];
        let look = Look::of(*place, &point.policy);
        if on_the_front(point, points) {
            sheet.draw(&Circle::new(*at, 11, BLACK.stroke_width(1)))?;
        }
        look.mark(sheet, *at)?;
        sheet.write(&point.policy, *name, hand(look))?;
    }
    Ok(())
}

fn hand(look: Look) -> Hand {
    if look.ours { OURS } else { TEXT }
}

fn percent(point: &Point) -> f64 {
    point.late * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(cost: f64, late: f64, rescales_per_day: f64) -> Point {
        Point {
            policy: "any".into(),
            cost,
            late,
            rescales_per_day,
        }
    }

    #[test]
    fn a_policy_is_off_the_front_if_another_is_as_good_in_all_and_better_in_one() {
        let points = [
            point(1.2, 0.01, 10.0),
            point(1.2, 0.01, 11.0),
            point(1.1, 0.02, 99.0),
            point(2.0, 0.01, 10.0),
            point(1.2, 0.01, 10.0),
            point(f64::NAN, 0.0, 0.0),
            point(f64::NAN, 0.5, 0.0),
        ];
        let front = points.each_ref().map(|point| on_the_front(point, &points));
        // The second changes its mind once more than the first, the fourth costs more; the fifth
        // is the first's equal. A cost that is no number is an infinite one.
        assert_eq!(front, [true, false, true, false, true, true, false]);
    }
}
