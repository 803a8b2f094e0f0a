//! What the source vertices say of themselves, and the memory of what they can be asked.
//!
//! The names of a vertex's metrics are long (13 kB and more) and change seldom, so they are listed
//! rarely; but Beam registers each gauge when it first writes it, so a listing is not final either.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::flink::client::Client;
use crate::flink::metric_ids::{SourceIds, path_segment};
use crate::flink::wire;
use crate::scrape::{Aggregate, Execution, Read, Source, SourceMetric, Unread, Vertex};
use crate::units::Timestamp;

/// After a listing that brought something new the next is due at the next tick, …
const RELIST_FIRST: Duration = Duration::from_secs(5);

/// … after each that brought nothing in twice the time, up to this, …
const RELIST_LAST: Duration = Duration::from_secs(180);

/// … or up to this, as long as the source has not registered its counters.
const RELIST_LAST_UNREAD: Duration = Duration::from_secs(30);

/// What is known of the source vertices of one execution.
#[derive(Default)]
pub struct Sources {
    listed: HashMap<Arc<str>, Listed>,
}

struct Listed {
    at: Timestamp,
    next: Duration,
    ids: SourceIds,
}

// === impl Sources ===

impl Sources {
    /// Another execution has other metrics.
    pub fn forget(&mut self) {
        self.listed.clear();
    }

    /// Reads every source vertex of `execution`; `job` is `/jobs/…`.
    pub async fn read(
        &mut self,
        client: &mut Client,
        job: &str,
        execution: &Execution,
        now: Timestamp,
    ) -> Vec<Source> {
        let mut sources = Vec::new();
        for vertex in execution.vertices.iter().filter(|v| v.inputs.is_empty()) {
            let metrics = self.read_one(client, job, vertex, now).await;
            let ids = self.listed.get(&vertex.id).map(|listed| &listed.ids);
            sources.push(Source {
                vertex: vertex.id.clone(),
                name: vertex.name.clone(),
                splits: ids.and_then(|ids| ids.splits),
                partitions: ids.and_then(|ids| ids.partitions),
                metrics,
            });
        }
        sources
    }

    async fn read_one(
        &mut self,
        client: &mut Client,
        job: &str,
        vertex: &Vertex,
        now: Timestamp,
    ) -> Read<Vec<(SourceMetric, Aggregate)>> {
        let segment = path_segment(&vertex.id);
        let path = format!("{job}/vertices/{segment}/subtasks/metrics");
        let listed = self.listed.get(&vertex.id);
        let due = listed.is_none_or(|listed| listed.is_due(now));
        if due {
            let again = self.list(client, &path, vertex, now).await;
            // Yesterday's names are better than none.
            if !self.listed.contains_key(&vertex.id) {
                again?;
            }
        }
        let answer = self.ask(client, &path, vertex).await;
        if due || answer != Err(Unread::Empty) {
            return answer;
        }
        // One of the names is gone, and with it the whole answer.
        self.list(client, &path, vertex, now).await?;
        self.ask(client, &path, vertex).await
    }

    async fn list(
        &mut self,
        client: &mut Client,
        path: &str,
        vertex: &Vertex,
        now: Timestamp,
    ) -> Read<()> {
        let names: Vec<wire::Metric> = client.get(path).await?;
        let ids = SourceIds::find(names.iter().map(|name| name.id.as_str())).that_fit(path);
        let next = match self.listed.get(&vertex.id) {
            Some(before) if before.ids == ids => before.next.saturating_mul(2),
            _ => RELIST_FIRST,
        };
        let last = if ids.has_read() {
            RELIST_LAST
        } else {
            RELIST_LAST_UNREAD
        };
        let listed = Listed {
            at: now,
            next: next.min(last),
            ids,
        };
        self.listed.insert(vertex.id.clone(), listed);
        Ok(())
    }

    async fn ask(
        &self,
        client: &mut Client,
        path: &str,
        vertex: &Vertex,
    ) -> Read<Vec<(SourceMetric, Aggregate)>> {
        let listed = self.listed.get(&vertex.id).ok_or(Unread::Empty)?;
        let mut answers = HashMap::new();
        for url in listed.ids.urls(path) {
            let part: Vec<wire::AggregatedMetric> = client.get(&url).await?;
            if part.is_empty() {
                return Err(Unread::Empty);
            }
            for metric in part {
                let aggregate = metric.aggregate();
                answers.insert(metric.id, aggregate);
            }
        }
        let metrics = listed.ids.combine(&answers);
        if metrics.is_empty() {
            return Err(Unread::Empty);
        }
        Ok(metrics)
    }
}

// === impl Listed ===

impl Listed {
    fn is_due(&self, now: Timestamp) -> bool {
        self.ids.is_empty() || now.since(self.at) >= self.next
    }
}
