//! Names at points, without one upon another where there is room.
//!
//! Pure: values in, values out.

use crate::simulate::plots::sheet::Pixel;

/// From a line of words to the next, in pixels.
const LINE: i32 = 15;
/// Free space around a point.
const AROUND: i32 = 9;
/// The most, in lines, that a name is away from its point.
const FARTHEST: i32 = 12;

/// Left, right, top and bottom.
pub type Edges = [i32; 4];

/// Where each of the names begins (its middle's height), given its point and its width in pixels.
/// Those that come first have the best places.
pub fn places(names: &[(Pixel, i32)], within: Edges) -> Vec<Pixel> {
    let points = names
        .iter()
        .map(|((x, y), _)| [x - AROUND, x + AROUND, y - AROUND + 2, y + AROUND - 2]);
    let mut taken: Vec<Edges> = points.collect();
    let mut places = Vec::new();
    for (point, width) in names {
        let free = |place: &Pixel| {
            let name = covered(*place, *width);
            inside(name, within) && !taken.iter().any(|other| overlap(name, *other))
        };
        let best = tried(*point, *width).find(free);
        let place = best.unwrap_or((point.0 + AROUND + 2, point.1));
        taken.push(covered(place, *width));
        places.push(place);
    }
    places
}

/// Where a line from the point to its name ends, if they are so far apart that they need one.
pub fn tied((x, y): Pixel, name: Pixel, width: i32) -> Option<Pixel> {
    let [left, right, top, bottom] = covered(name, width);
    let end = (x.clamp(left, right), y.clamp(top, bottom));
    let apart = (end.0 - x).abs() + (end.1 - y).abs();
    (apart > 2 * AROUND).then_some(end)
}

/// Right and left of the point first, then farther and farther up and down.
fn tried((x, y): Pixel, width: i32) -> impl Iterator<Item = Pixel> {
    let near = AROUND + 2;
    (0..=2 * FARTHEST).flat_map(move |half_lines| {
        let away = half_lines * LINE / 2;
        let sides = [x + near, x - near - width, x - width / 2];
        sides
            .into_iter()
            .flat_map(move |x| [(x, y - away), (x, y + away)])
    })
}

fn covered((x, y): Pixel, width: i32) -> Edges {
    [x, x + width, y - LINE / 2, y + LINE / 2]
}

fn inside(name: Edges, within: Edges) -> bool {
    name[0] >= within[0] && name[1] <= within[1] && name[2] >= within[2] && name[3] <= within[3]
}

fn overlap(a: Edges, b: Edges) -> bool {
    a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: Edges = [0, 400, 0, 400];

    #[test]
    fn names_of_points_in_one_place_stand_beside_each_other() {
        let names = [((200, 200), 80); 10];
        let covered: Vec<Edges> = places(&names, SHEET)
            .into_iter()
            .map(|place| covered(place, 80))
            .collect();
        for (at, name) in covered.iter().enumerate() {
            assert!(inside(*name, SHEET), "{name:?}");
            assert!(
                !covered[..at].iter().any(|other| overlap(*name, *other)),
                "{covered:?}"
            );
        }
    }

    #[test]
    fn a_name_at_the_right_edge_stands_left_of_its_point() {
        assert_eq!(places(&[((390, 200), 80)], SHEET), [(390 - 11 - 80, 200)]);
    }

    #[test]
    fn a_line_ties_a_name_to_its_point_only_from_afar() {
        assert_eq!(tied((200, 200), (211, 200), 80), None);
        // The name is 15 high: its lower edge is at 157.
        assert_eq!(tied((200, 200), (211, 150), 80), Some((211, 157)));
    }

    #[test]
    fn a_name_without_room_stands_at_its_point_all_the_same() {
        assert_eq!(places(&[((200, 200), 900)], SHEET), [(211, 200)]);
    }
}
