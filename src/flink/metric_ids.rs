//! Which of the metrics that Flink lists for a source vertex are asked for, and in which URLs.
//!
//! Pure: values in, values out.
//!
//! An id is `operator.metric`, both cut and changed by Flink, so ids are found by what they end in
//! and never built. One id that is gone makes Flink answer `[]` for all of a request, so nothing
//! is asked for that was not listed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::scrape::{Aggregate, SourceMetric};

/// Flink answers 404 to a request line of more than 4096 bytes.
const URL_LIMIT: usize = 3_500;

/// With `pendingBytes` the gauges of the splits are the second opinion: worth one more request.
const URLS_WITH_PENDING_BYTES: usize = 2;

/// Without it they are all there is: about 250 splits fit.
const URLS_WITHOUT_PENDING_BYTES: usize = 8;

/// What Flink's routing and Java's decoder take as it is; everything else is encoded, `+` (which
/// would be a space), `,` (the separator) and `%` foremost.
const ID: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'(')
    .remove(b')')
    .remove(b'/');

/// A path segment is an id without slashes.
const SEGMENT: &AsciiSet = &ID.add(b'/');

/// What one source vertex offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceIds {
    /// Splits that the names tell of.
    pub splits: Option<u32>,
    /// Partitions that the names tell of.
    pub partitions: Option<u32>,
    ids: BTreeMap<SourceMetric, Vec<String>>,
}

// === impl SourceIds ===

impl SourceIds {
    /// Sorts out the listed names of a vertex.
    #[must_use]
    pub fn find<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut native = Found::default();
        let mut other = Found::default();
        for name in names {
            // Neither a name of an operator nor one of Beam's metrics has a dot left in it.
            let Some((operator, metric)) = name.split_once('.') else {
                continue;
            };
            if operator.starts_with("Source__") {
                native.take(name, metric);
            } else if metric.starts_with("source_") {
                other.take(name, metric);
            }
        }
        // A wrapper may run under another name; a second operator beside the source may not add
        // its numbers to it.
        if !native.has_beam_metrics() {
            native.merge(other);
        }
        native.into_ids()
    }

    /// Without the ids that are not asked for, because too many URLs would be needed: those of a
    /// thousand splits are 200 kB, and to be told each tick that they do not fit is work.
    #[must_use]
    pub fn that_fit(mut self, path: &str) -> Self {
        let asked = self.asked(&base(path));
        self.ids.retain(|metric, _| asked.contains(metric));
        self
    }

    /// Nothing is there to ask for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Beam registers a metric when it is first written; this one is written with the first record.
    #[must_use]
    pub fn has_read(&self) -> bool {
        self.ids.contains_key(&SourceMetric::ElementsRead)
    }

    /// The requests that ask for all of it; `path` is `/jobs/…/subtasks/metrics`.
    #[must_use]
    pub fn urls(&self, path: &str) -> Vec<String> {
        let base = base(path);
        let asked = self.asked(&base);
        chunks(&base, asked.iter().flat_map(|metric| &self.ids[metric]))
    }

    /// Adds up what was answered. A metric of which one id is missing is left out: part of the
    /// splits is not the source. So is one of the splits of which two subtasks speak: after a
    /// scale-up Flink goes on serving what a subtask said of splits that others read now, for good
    /// (seen in 1.20 and 2.1), and Beam up to 2.62 gives each split to two readers.
    #[must_use]
    pub fn combine(&self, answers: &HashMap<String, Aggregate>) -> Vec<(SourceMetric, Aggregate)> {
        let combined = |(metric, ids): (&SourceMetric, &Vec<String>)| {
            let parts: Option<Vec<_>> = ids.iter().map(|id| answers.get(id).copied()).collect();
            let parts = parts?;
            if is_family(*metric) && !parts.iter().all(is_of_one_subtask) {
                return None;
            }
            let whole = parts.into_iter().reduce(together)?;
            Some((*metric, whole))
        };
        self.ids.iter().filter_map(combined).collect()
    }

    /// The metrics that are asked for: all single ones, and those of the splits that fit.
    fn asked(&self, base: &str) -> Vec<SourceMetric> {
        let pending_bytes = self.ids.contains_key(&SourceMetric::PendingBytes);
        let limit = if pending_bytes {
            URLS_WITH_PENDING_BYTES
        } else {
            URLS_WITHOUT_PENDING_BYTES
        };
        let (families, mut asked): (Vec<_>, Vec<_>) =
            self.ids.keys().partition(|metric| is_family(**metric));
        // Records first: bytes of the splits say no more than `pendingBytes` does.
        for family in families.into_iter().rev() {
            if pending_bytes && family == SourceMetric::SplitsBacklogBytes {
                continue;
            }
            asked.push(family);
            let ids = asked.iter().flat_map(|metric| &self.ids[metric]);
            if chunks(base, ids).len() > limit {
                asked.pop();
            }
        }
        asked
    }
}

/// Percent-encodes an id for a path.
#[must_use]
pub fn path_segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

/// Names while they are being sorted out.
#[derive(Default)]
struct Found {
    ids: BTreeMap<SourceMetric, Vec<String>>,
    splits: BTreeSet<String>,
    partitions: BTreeSet<String>,
}

impl Found {
    fn take(&mut self, name: &str, metric: &str) {
        if let Some(split) = split_of(metric) {
            self.splits.insert(split.into());
        }
        if let Some(partition) = partition_of(metric) {
            self.partitions.insert(partition.into());
        }
        if let Some(metric) = source_metric(metric) {
            self.ids.entry(metric).or_default().push(name.into());
        }
    }

    fn has_beam_metrics(&self) -> bool {
        self.ids.contains_key(&SourceMetric::ElementsRead) || !self.splits.is_empty()
    }

    fn merge(&mut self, other: Self) {
        for (metric, ids) in other.ids {
            self.ids.entry(metric).or_default().extend(ids);
        }
        self.splits.extend(other.splits);
        self.partitions.extend(other.partitions);
    }

    fn into_ids(mut self) -> SourceIds {
        let splits = self.splits.len();
        self.ids
            .retain(|metric, ids| !is_family(*metric) || ids.len() >= splits);
        // Flink lists in the order of a hash map; the requests of two ticks should be the same.
        self.ids.values_mut().for_each(|ids| ids.sort());
        let counted = |set: BTreeSet<String>| u32::try_from(set.len()).ok().filter(|n| *n > 0);
        SourceIds {
            splits: counted(self.splits),
            partitions: counted(self.partitions),
            ids: self.ids,
        }
    }
}

fn source_metric(metric: &str) -> Option<SourceMetric> {
    if split_of(metric).is_some() {
        return if metric.ends_with("_backlog_bytes") {
            Some(SourceMetric::SplitsBacklogBytes)
        } else if metric.ends_with("_backlog_elements") {
            Some(SourceMetric::SplitsBacklogElements)
        } else {
            None
        };
    }
    match metric {
        "pendingBytes" => Some(SourceMetric::PendingBytes),
        "source_backlog_bytes" => Some(SourceMetric::BacklogBytes),
        "source_backlog_elements" => Some(SourceMetric::BacklogElements),
        "source_elements_read" => Some(SourceMetric::ElementsRead),
        "source_bytes_read" => Some(SourceMetric::BytesRead),
        "numRecordsIn" => Some(SourceMetric::RecordsIn),
        "watermarkLag" => Some(SourceMetric::WatermarkLag),
        _ => None,
    }
}

fn is_family(metric: SourceMetric) -> bool {
    matches!(
        metric,
        SourceMetric::SplitsBacklogBytes | SourceMetric::SplitsBacklogElements
    )
}

/// The split that `source_splits_<n>_…` belongs to.
fn split_of(metric: &str) -> Option<&str> {
    let rest = metric.strip_prefix("source_splits_")?;
    [
        "_backlog_bytes",
        "_backlog_elements",
        "_bytes_read",
        "_elements_read",
    ]
    .iter()
    .find_map(|end| rest.strip_suffix(end))
}

/// `<topic>-<partition>` of `KafkaIOReader_rawSize/…`; a topic may contain `-` itself. Its value,
/// a distribution, is never asked for: aggregating one throws in the JobManager.
fn partition_of(metric: &str) -> Option<&str> {
    let partition = metric.strip_prefix("KafkaIOReader_rawSize/")?;
    let (topic, number) = partition.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !topic.starts_with("backlogBytes_")).then_some(partition)
}

fn base(path: &str) -> String {
    format!("{path}?agg=min,max,avg,sum&get=")
}

/// Distributes ids over as few URLs as have room for them.
fn chunks<'a>(base: &str, ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for id in ids {
        let id = utf8_percent_encode(id, ID).to_string();
        match urls.last_mut() {
            Some(url) if url.len() + 1 + id.len() <= URL_LIMIT => {
                url.push(',');
                url.push_str(&id);
            }
            _ => urls.push(format!("{base}{id}")),
        }
    }
    urls
}

/// One subtask's value is the smallest, the largest and the sum.
fn is_of_one_subtask(of: &Aggregate) -> bool {
    let same = |a: f64, b: f64| a.total_cmp(&b).is_eq();
    same(of.min, of.max) && same(of.avg, of.sum)
}

/// Two ids of one metric as one: the amounts added, the extremes kept. `sum / avg` stays the
/// number of subtasks that report each id. A NaN of one is a NaN of both.
fn together(one: Aggregate, other: Aggregate) -> Aggregate {
    let extreme = |a: f64, b: f64, pick: fn(f64, f64) -> f64| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            pick(a, b)
        }
    };
    Aggregate {
        min: extreme(one.min, other.min, f64::min),
        max: extreme(one.max, other.max, f64::max),
        avg: one.avg + other.avg,
        sum: one.sum + other.sum,
    }
}

#[cfg(test)]
mod tests;
