//! What the vertices pass on, and which of them falls behind.

use outrider::observe::{Observation, Unknown, VertexSeen};
use outrider::scrape::SourceMetric;
use outrider::units::Rate;

use crate::made::{ELEMENT, READS, after, count, execution_of, job_of, set, shared};

fn behind(seen: &Observation) -> Vec<&str> {
    let behind = seen.vertices.iter().filter(|vertex| vertex.falls_behind);
    behind.map(|vertex| vertex.id.as_ref()).collect()
}

fn sink(seen: &Observation) -> &VertexSeen {
    &seen.vertices[1]
}

#[test]
fn records_and_bytes_of_every_vertex_are_differences_of_totals() {
    let seen = after(6, |_, _| {});
    let rates = |vertex: &VertexSeen| {
        let all = [
            vertex.records_in,
            vertex.records_out,
            vertex.bytes_in,
            vertex.bytes_out,
        ];
        all.map(|rate| rate.map(Rate::get).unwrap())
    };
    // A source reads what Beam counts; Flink says 0.
    let (records, bytes) = (READS, READS * ELEMENT);
    assert_eq!(rates(&seen.vertices[0]), [records, records, bytes, bytes]);
    assert_eq!(rates(sink(&seen)), [records, 0.0, bytes, 0.0]);
    assert_eq!(behind(&seen), [""; 0]);
}

#[test]
fn a_vertex_that_holds_up_the_one_before_it_falls_behind() {
    // The source's two subtasks wait for 1.8 s of the 2 s that pass in each second.
    let seen = after(6, |tick, scrape| {
        let source = &mut execution_of(scrape).vertices[0];
        source.backpressured_millis = Some(18_000.0 * count(tick));
    });
    assert_eq!(seen.vertices[0].backpressured, Ok(0.9));
    assert_eq!(behind(&seen), ["sink"]);
}

#[test]
fn a_source_whose_backlog_grows_falls_behind_unless_it_is_held_up() {
    let grows = |held_up: f64| {
        after(6, |tick, scrape| {
            let source = &mut job_of(scrape).sources[0];
            let bytes = shared(5e6 + 1e6 * count(tick));
            set(source, SourceMetric::PendingBytes, bytes);
            let vertex = &mut execution_of(scrape).vertices[0];
            vertex.backpressured_millis = Some(held_up * 20_000.0 * count(tick));
        })
    };
    assert_eq!(behind(&grows(0.1)), ["source"]);
    assert_eq!(behind(&grows(0.9)), ["sink"]);
}

#[test]
fn an_incomplete_total_is_not_0() {
    let incomplete = |from: u64, to: u64| {
        after(6, move |tick, scrape| {
            if (from..to).contains(&tick) {
                let sink = &mut execution_of(scrape).vertices[1];
                sink.read_records = None;
            }
        })
    };
    let rate = |seen: Observation| sink(&seen).records_in.map(Rate::get);
    assert_eq!(rate(incomplete(5, 6)), Err(Unknown::NotOffered));
    // Those that are complete tell.
    assert_eq!(rate(incomplete(0, 2)), Ok(READS));
    assert_eq!(rate(incomplete(2, 4)), Ok(READS));
    assert_eq!(rate(incomplete(0, 5)), Err(Unknown::TooFewSamples));
}

#[test]
fn a_total_that_fell_was_not_complete_whatever_flink_said() {
    let seen = after(6, |tick, scrape| {
        if tick == 5 {
            let sink = &mut execution_of(scrape).vertices[1];
            sink.read_records = Some(10.0);
        }
    });
    assert_eq!(sink(&seen).records_in, Err(Unknown::NotFresh));
}

#[test]
fn the_order_of_the_plan_does_not_matter() {
    let seen = after(6, |tick, scrape| {
        if tick.is_multiple_of(2) {
            execution_of(scrape).vertices.reverse();
        }
    });
    let sink = seen.vertices.iter().find(|vertex| &*vertex.id == "sink");
    assert_eq!(sink.unwrap().records_in.map(Rate::get), Ok(READS));
}
