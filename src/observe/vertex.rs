//! Throughput of every vertex, and which of them falls behind.
//!
//! Pure: values in, values out.

use std::sync::Arc;

use crate::observe::lately::Sample;
use crate::observe::{Known, SourceSeen, Unknown, VertexSeen, source};
use crate::scrape::Vertex;
use crate::units::{Rate, Unit};

/// Held up for more than half of the time: the vertex waits for the one after it more than it works.
const HELD_UP: f64 = 0.5;

pub(super) fn see(
    vertices: &[Vertex],
    samples: &[&Sample],
    sources: &[SourceSeen],
    fresh: bool,
) -> Vec<VertexSeen> {
    let mut seen: Vec<VertexSeen> = vertices
        .iter()
        .map(|vertex| see_one(vertex, samples, sources, fresh))
        .collect();
    let held_up: Vec<&Arc<str>> = vertices
        .iter()
        .zip(&seen)
        .filter(|(_, seen)| is_held_up(seen))
        .map(|(vertex, _)| &vertex.id)
        .collect();
    for (vertex, seen) in vertices.iter().zip(&mut seen) {
        let holds_up_others = vertex.inputs.iter().any(|id| held_up.contains(&id));
        let behind = source_of(sources, &vertex.id).is_some_and(is_behind);
        seen.falls_behind = (holds_up_others || behind) && !is_held_up(seen);
    }
    seen
}

fn see_one(
    vertex: &Vertex,
    samples: &[&Sample],
    sources: &[SourceSeen],
    fresh: bool,
) -> VertexSeen {
    let rate = |total: fn(&Vertex) -> Option<f64>| {
        if fresh {
            rate(samples, &vertex.id, total)
        } else {
            Err(Unknown::NotFresh)
        }
    };
    let is_source = source_of(sources, &vertex.id).is_some();
    let reads = |unit: Unit, from_others: Known<Rate>| match is_source {
        true if fresh => source::read_rate(samples, &vertex.id, unit),
        _ => from_others,
    };
    VertexSeen {
        id: vertex.id.clone(),
        name: vertex.name.clone(),
        parallelism: vertex.parallelism,
        records_in: reads(Unit::Elements, rate(|v| v.read_records)),
        records_out: rate(|v| v.write_records),
        bytes_in: reads(Unit::Bytes, rate(|v| v.read_bytes)),
        bytes_out: rate(|v| v.write_bytes),
        backpressured: rate(|v| v.backpressured_millis)
            .map(|millis| millis.get() / 1000.0 / f64::from(vertex.parallelism.max(1))),
        falls_behind: false,
    }
}

/// From the first total of the window that is complete to the newest. One that fell has not been
/// complete, whatever Flink says.
fn rate(samples: &[&Sample], id: &str, total: fn(&Vertex) -> Option<f64>) -> Known<Rate> {
    let told = |sample: &&&Sample| {
        let vertex = sample.vertices.iter().find(|vertex| *vertex.id == *id)?;
        Some((sample.at, total(vertex)?))
    };
    let newest = samples.last().ok_or(Unknown::TooFewSamples)?;
    let (until, now) = told(&newest).ok_or(Unknown::NotOffered)?;
    let (since, before) = samples
        .iter()
        .find_map(|sample| told(&sample))
        .ok_or(Unknown::TooFewSamples)?;
    let seconds = until.since(since).as_secs_f64();
    if seconds <= 0.0 {
        return Err(Unknown::TooFewSamples);
    }
    if now < before {
        return Err(Unknown::NotFresh);
    }
    Rate::per_second((now - before) / seconds).ok_or(Unknown::NotANumber)
}

fn source_of<'a>(sources: &'a [SourceSeen], vertex: &str) -> Option<&'a SourceSeen> {
    sources.iter().find(|source| *source.vertex == *vertex)
}

fn is_behind(source: &SourceSeen) -> bool {
    source
        .backlog_growth
        .is_ok_and(|growth| growth.beyond_noise().get() > 0.0)
}

fn is_held_up(vertex: &VertexSeen) -> bool {
    vertex.backpressured.is_ok_and(|share| share > HELD_UP)
}
