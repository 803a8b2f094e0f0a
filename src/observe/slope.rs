//! A line through points, and how sure its slope is.
//!
//! Pure: values in, values out.

use crate::units::len_as_f64;

/// Least squares through `(seconds, value)`: the slope and its standard error, both in value per
/// second. `None` with fewer than three points, or when all have the same time. The error is that
/// of the textbook: `sqrt(residual variance / sum of squared distances in time)`.
pub fn fit(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < 3 {
        return None;
    }
    let count = len_as_f64(points.len());
    let mean_time = points.iter().map(|(t, _)| t).sum::<f64>() / count;
    let mean_value = points.iter().map(|(_, v)| v).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|(t, _)| (t - mean_time).powi(2)).sum();
    if spread <= f64::EPSILON {
        return None;
    }
    let slope = points
        .iter()
        .map(|(t, v)| (t - mean_time) * (v - mean_value))
        .sum::<f64>()
        / spread;
    let residuals: f64 = points
        .iter()
        .map(|(t, v)| (v - mean_value - slope * (t - mean_time)).powi(2))
        .sum();
    let error = (residuals / (count - 2.0) / spread).sqrt();
    (slope.is_finite() && error.is_finite()).then_some((slope, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_its_slope_and_no_error() {
        let points = [(0.0, 100.0), (10.0, 150.0), (20.0, 200.0), (30.0, 250.0)];
        assert_eq!(fit(&points), Some((5.0, 0.0)));
    }

    #[test]
    fn a_zigzag_has_an_error_larger_than_its_slope() {
        // mean 5, times -15 -5 5 15: slope (-15*0 -5*10 +5*0 +15*10 - 0) / 500 = 0.2;
        // residuals -2, 6, -6, 2 squared: 80; error sqrt(80 / 2 / 500) = 0.283
        let (slope, error) = fit(&[(0.0, 0.0), (10.0, 10.0), (20.0, 0.0), (30.0, 10.0)]).unwrap();
        assert!((slope - 0.2).abs() < 1e-9, "{slope}");
        assert!((error - 0.2828).abs() < 1e-3, "{error}");
    }

    #[test]
    fn two_points_or_one_moment_have_no_slope() {
        assert_eq!(fit(&[(0.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(fit(&[(5.0, 1.0), (5.0, 2.0), (5.0, 3.0)]), None);
    }
}
