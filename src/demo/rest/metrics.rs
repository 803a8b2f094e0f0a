//! Lists of metrics, as Flink answers them: without `get` their names, else their values, and
//! nothing at all where one that is asked for is not there.
//!
//! Pure: values in, values out.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::scrape::{Aggregate, CpuTime, Job, Source, SourceMetric};

const CPU_TIME: &str = "Status.JVM.CPU.Time";

/// A metric that is listed, and what it says, where it is one that can be added up.
type Listed = (String, Option<Aggregate>);

/// `/taskmanagers/metrics`: CPU time of all TaskManagers, in nanoseconds.
pub(super) fn of_taskmanagers(cpu: Option<&CpuTime>, query: &str) -> Value {
    let listed: Vec<Listed> = cpu
        .map(|cpu| {
            let sum = nanoseconds(cpu.seconds);
            let mean = sum / f64::from(cpu.reporting);
            let aggregate = Aggregate {
                min: mean,
                max: mean,
                avg: mean,
                sum,
            };
            (CPU_TIME.into(), Some(aggregate))
        })
        .into_iter()
        .collect();
    aggregated(&listed, query)
}

/// `/taskmanagers/:id/metrics`, whose values are texts; `None` where no such TaskManager is
/// registered.
pub(super) fn of_one_taskmanager(
    job: &Job,
    id: &str,
    cpu: Option<f64>,
    query: &str,
) -> Option<Value> {
    let setup = job.setup.as_ref().ok()?;
    setup.taskmanagers.iter().find(|listed| *listed.id == *id)?;
    let wants = |id: &str| wanted(query, "get").is_none_or(|ids| ids.iter().any(|it| it == id));
    let value = cpu
        .filter(|_| wants(CPU_TIME))
        .map(|seconds| json!({ "id": CPU_TIME, "value": format!("{:.0}", nanoseconds(seconds)) }));
    Some(Vec::from_iter(value).into())
}

/// `/jobs/:id/vertices/:id/subtasks/metrics` of a source.
pub(super) fn of_source(source: &Source, query: &str) -> Value {
    let operator = source.name.replace(": ", "__");
    let named = |metric: String| format!("{operator}.{metric}");
    // Beam's counters of each split and partition; they are not asked for, but counted.
    let splits = (0..source.splits.unwrap_or(0))
        .map(|split| (named(format!("source_splits_{split}_elements_read")), None));
    let partitions = (0..source.partitions.unwrap_or(0)).map(|partition| {
        (
            named(format!("KafkaIOReader_rawSize/demo-{partition}")),
            None,
        )
    });
    let metrics = source.metrics.iter().flatten();
    let metrics = metrics.filter_map(|(metric, aggregate)| {
        Some((named(beam_name(*metric)?.into()), Some(*aggregate)))
    });
    let listed: Vec<Listed> = splits.chain(partitions).chain(metrics).collect();
    aggregated(&listed, query)
}

/// What follows the operator's name in the id; `None` for what is told split by split, which the
/// simulated job does not do.
fn beam_name(metric: SourceMetric) -> Option<&'static str> {
    Some(match metric {
        SourceMetric::PendingBytes => "pendingBytes",
        SourceMetric::BacklogBytes => "source_backlog_bytes",
        SourceMetric::BacklogElements => "source_backlog_elements",
        SourceMetric::ElementsRead => "source_elements_read",
        SourceMetric::BytesRead => "source_bytes_read",
        SourceMetric::RecordsIn => "numRecordsIn",
        SourceMetric::WatermarkLag => "watermarkLag",
        SourceMetric::SplitsBacklogBytes | SourceMetric::SplitsBacklogElements => return None,
    })
}

fn aggregated(listed: &[Listed], query: &str) -> Value {
    let Some(ids) = wanted(query, "get") else {
        return listed.iter().map(|(id, _)| json!({ "id": id })).collect();
    };
    let aggregations = wanted(query, "agg");
    let values: Option<Vec<Value>> = ids
        .iter()
        .map(|id| {
            let (id, aggregate) = listed.iter().find(|(listed, _)| listed == id)?;
            Some(shown(id, (*aggregate)?, aggregations.as_deref()))
        })
        .collect();
    values.unwrap_or_default().into()
}

/// The aggregations that are asked for, or all.
fn shown(id: &str, of: Aggregate, aggregations: Option<&[String]>) -> Value {
    let all = [
        ("min", of.min),
        ("max", of.max),
        ("avg", of.avg),
        ("sum", of.sum),
    ];
    let asked = |name: &str| aggregations.is_none_or(|asked| asked.iter().any(|it| it == name));
    let mut fields: Map<String, Value> = all
        .into_iter()
        .filter(|(name, _)| asked(name))
        .map(|(name, value)| (name.into(), number(value)))
        .collect();
    fields.insert("id".into(), json!(id));
    fields.into()
}

/// The comma-separated values of a parameter; `None` where it is not there.
fn wanted(query: &str, parameter: &str) -> Option<Vec<String>> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, values) = pairs.find(|(name, _)| *name == parameter)?;
    let decoded = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
    Some(values.split(',').map(decoded).collect())
}

/// Flink writes what JSON has no number for as a text.
pub(super) fn number(number: f64) -> Value {
    if number.is_nan() {
        json!("NaN")
    } else if number.is_infinite() {
        json!(if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    } else {
        json!(number)
    }
}

fn nanoseconds(seconds: f64) -> f64 {
    (seconds * 1e9).round()
}
