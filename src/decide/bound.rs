//! What a number of workers is limited by, and by which of the limits.
//!
//! Pure: values in, values out.

use crate::decide::cluster_bound::Limit;
use crate::decide::overrides::Bounds;
use crate::decide::{Arithmetic, Bound, Situation};
use crate::observe::{Observation, SourceSeen};
use crate::units::Workers;

/// The nearest number of workers that can be had and is of use, and the limit that decided it.
pub(super) fn bound(
    situation: &Situation<'_>,
    wanted: Workers,
    sums: &mut Arithmetic,
) -> (Workers, Option<Bound>) {
    let shares = shares(situation.observation);
    let bounds = situation.bounds();
    let (most, tightest) = most(situation, &bounds, shares);
    let within = wanted.min(most);
    let useful = match shares {
        Some(shares) if useful_size(within, shares) <= most => useful_size(within, shares),
        Some(shares) => largest_useful(most, shares),
        None => within,
    };
    let least = bounds.workers_min;
    let (workers, held_by) = if useful < least {
        (least, Some(bounds.least))
    } else if wanted > most {
        (useful, tightest)
    } else {
        (useful, (useful != wanted).then_some(Bound::UsefulSize))
    };
    if let Some(bound) = held_by {
        let formula = format!("{wanted} becomes");
        sums.calculates(bound.name(), formula, workers.as_f64(), "workers");
    }
    (workers, held_by)
}

/// The tightest upper limit.
pub(super) fn most_workers(situation: &Situation<'_>) -> Workers {
    let bounds = situation.bounds();
    most(situation, &bounds, shares(situation.observation)).0
}

/// No smaller number of workers does as much.
pub(super) fn is_useful(observation: &Observation, workers: Workers) -> bool {
    shares(observation).is_none_or(|shares| useful_size(workers, shares) == workers)
}

/// How much of what so many workers could do the splits let them: 1 where they are shared evenly.
pub(super) fn evenly(observation: &Observation, workers: Workers) -> f64 {
    shares(observation).map_or(1.0, |shares| shared(shares, workers))
}

/// The busiest worker sets the pace: all are as fast as if each had as many splits as that one.
fn shared(shares: u32, workers: Workers) -> f64 {
    let most = shares.div_ceil(workers.0.max(1));
    f64::from(shares) / (f64::from(most) * workers.as_f64().max(1.0))
}

/// The tightest upper limit and its name.
fn most(
    situation: &Situation<'_>,
    bounds: &Bounds,
    shares: Option<u32>,
) -> (Workers, Option<Bound>) {
    let admitted = match situation.cluster_bound.map(|known| known.limit) {
        Some(Limit::AtMost(most)) => Some(most),
        _ => None,
    };
    let limits = [
        (admitted, Bound::Cluster),
        (bounds.workers_max, bounds.most),
        (situation.observation.workers.usable, Bound::MaxParallelism),
        (shares.map(Workers), Bound::Splits),
    ];
    limits
        .into_iter()
        .filter_map(|(limit, bound)| Some((limit?, Some(bound))))
        .min_by_key(|(limit, _)| *limit)
        .unwrap_or((Workers(u32::MAX), None))
}

/// Workers that the splits of the only source can be shared among; `None` where that says nothing:
/// several sources, splits unknown, or a later vertex is the one that falls behind, which any
/// number of workers may help.
fn shares(observation: &Observation) -> Option<u32> {
    let [source] = &observation.sources[..] else {
        return None;
    };
    let later_vertex_behind = observation
        .vertices
        .iter()
        .any(|vertex| vertex.falls_behind && vertex.id != source.vertex);
    if later_vertex_behind {
        return None;
    }
    let splits = splits(source)?;
    let slots = observation.workers.slots?;
    (slots > 0).then(|| splits.div_ceil(slots).max(1))
}

/// A reader reads at least one partition: what is fewer, splits or partitions, can be shared.
fn splits(source: &SourceSeen) -> Option<u32> {
    match (source.splits, source.partitions) {
        (Some(splits), Some(partitions)) => Some(splits.min(partitions)),
        (splits, partitions) => splits.or(partitions),
    }
    .filter(|splits| *splits > 0)
}

/// The fewest workers that do as much as `wanted` really need to do. With 12 splits, 5 workers have
/// 3, 3, 2, 2, 2 of them: the first is no faster than with 4 workers. Evenly shared are 1, 2, 3, 4,
/// 6 and 12, so who wants 5 gets 6: rounded up, for rounding down would be too few.
fn useful_size(wanted: Workers, shares: u32) -> Workers {
    if wanted.0 == 0 || wanted.0 >= shares {
        return wanted;
    }
    // The busiest of `wanted` ideal workers may have `shares / wanted` splits and not one more.
    let each = (shares / wanted.0).max(1);
    Workers(shares.div_ceil(each))
}

/// Where the limit cuts off a useful size, the next smaller one does as much as the limit would.
fn largest_useful(most: Workers, shares: u32) -> Workers {
    if most.0 == 0 || most.0 >= shares {
        return most;
    }
    Workers(shares.div_ceil(shares.div_ceil(most.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_shared_evenly_by_certain_numbers_of_workers_only() {
        let useful: Vec<u32> = (1..=12).map(|n| useful_size(Workers(n), 12).0).collect();
        assert_eq!(useful, [1, 2, 3, 4, 6, 6, 12, 12, 12, 12, 12, 12]);
        let largest: Vec<u32> = (1..=12).map(|n| largest_useful(Workers(n), 12).0).collect();
        assert_eq!(largest, [1, 2, 3, 4, 4, 6, 6, 6, 6, 6, 6, 12]);
    }

    #[test]
    fn workers_do_as_much_as_the_busiest_of_them_lets_them() {
        // 24 splits: 8 workers have 3 each; of 7 one has 4, as if there were 28; 24 of 48 have none.
        assert_eq!(shared(24, Workers(8)), 1.0);
        assert_eq!(shared(24, Workers(7)), 24.0 / 28.0);
        assert_eq!(shared(24, Workers(48)), 0.5);
    }
}
