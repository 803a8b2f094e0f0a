//! What a real Flink answered, found again by the target of a request.
//!
//! Bodies are those that were recorded. Where `scrape` asks for what the recorder did not, the
//! answer is derived from what it did, and from nothing else:
//! * an aggregate over subtasks comes from their recorded values (snapshot), or from the recorded
//!   `min`, `max`, `sum` (poll), with `avg` as it was served or, where it was not asked for, as `sum`
//!   over the number of subtasks in the snapshot's values;
//! * a request for fewer ids is the recorded one without the others; for an id that no subtask had
//!   it is `[]`, as with Flink;
//! * a poll does not have all gauges of the splits: those without a value are taken out of the
//!   list of names;
//! * where a poll does not have `/overview`, TaskManagers and slots are counted from `/taskmanagers`, the
//!   rest is that of the snapshot in the same folder, as are the configuration's answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// A snapshot (one moment), with a poll on top of it (some requests again and again) or without.
pub struct Recording {
    files: BTreeMap<String, String>,
    lines: Vec<Line>,
}

/// One answered request of a poll.
struct Line {
    at: u64,
    path: String,
    ids: bool,
    body: String,
}

/// A metric over the subtasks that have it; `None` where it is no number.
type Values = BTreeMap<String, Option<Aggregated>>;

#[derive(Clone, Copy)]
struct Aggregated {
    min: f64,
    max: f64,
    sum: f64,
    count: f64,
}

// === impl Recording ===

impl Recording {
    /// The snapshot in a folder of `tests/payloads`, or wherever `folder` is, if absolute.
    pub fn snapshot(folder: &str) -> Self {
        let folder = payloads().join(folder);
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut files = BTreeMap::new();
        for entry in entries {
            let path = entry.expect("a folder's entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = path.file_stem().expect("a name").to_string_lossy();
                files.insert(name.into_owned(), read(&path));
            }
        }
        Self {
            files,
            lines: Vec::new(),
        }
    }

    /// A poll, on top of the snapshot in its folder.
    pub fn poll(file: &str) -> Self {
        let (folder, _) = file.rsplit_once('/').expect("a folder");
        Self::poll_over(file, folder)
    }

    /// A poll, on top of a snapshot elsewhere; both may be absolute paths.
    pub fn poll_over(file: &str, folder: &str) -> Self {
        let mut recording = Self::snapshot(folder);
        for line in read(&payloads().join(file)).lines() {
            recording.lines.push(Line::parse(line));
        }
        recording
    }

    /// When a poll's first round, or the snapshot, was complete, in milliseconds since the epoch.
    pub fn began(&self) -> u64 {
        let rounds = self.lines.iter().enumerate();
        let mut rounds = rounds.filter(|(_, line)| line.path == "/jobs/overview");
        let end = rounds.nth(1).map_or(self.lines.len(), |(place, _)| place);
        if let Some(last) = self.lines[..end].last() {
            return last.at;
        }
        let job: Value = self.file("job").map_or(Value::Null, |job| parse(job));
        job["now"].as_u64().unwrap_or(0)
    }

    /// The body for a GET of `target` at `now`; `None` where Flink has nothing there.
    pub fn answer(&self, now: u64, target: &str) -> Option<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let get: Vec<String> = list(query, "get");
        let agg: Vec<String> = list(query, "agg");
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts[..] {
            ["overview"] => self.overview(now),
            ["jobs", "overview"] => self.plain(now, path, "jobs-overview"),
            ["jobs", job] => self.known_job(now, job)?.plain(now, path, "job"),
            ["jobs", job, "checkpoints"] => {
                self.known_job(now, job)?.plain(now, path, "checkpoints")
            }
            ["jobs", job, "checkpoints", "config"] => {
                self.known_job(now, job)?
                    .plain(now, path, "checkpoints-config")
            }
            ["jobmanager", "config"] => self
                .plain(now, path, "jobmanager-config")
                .or_else(|| self.plain(now, path, "job-jobmanager-config")),
            ["taskmanagers"] => self.plain(now, path, "taskmanagers"),
            ["taskmanagers", "metrics"] => Some(aggregated(&self.cpu(now), &get, &agg)),
            ["taskmanagers", id, "metrics"] => Some(self.cpu_of(now, id, &get)),
            ["jobs", _, "vertices", vertex, "subtasks", "metrics"] if get.is_empty() => {
                Some(self.names(now, path, vertex))
            }
            ["jobs", _, "vertices", vertex, "subtasks", "metrics"] => {
                Some(aggregated(&self.subtasks(now, path, vertex), &get, &agg))
            }
            _ => None,
        }
    }

    fn known_job(&self, now: u64, job: &str) -> Option<&Self> {
        let overview = self.plain(now, "/jobs/overview", "jobs-overview")?;
        overview.contains(job).then_some(self)
    }

    fn file(&self, name: &str) -> Option<&String> {
        self.files.get(name)
    }

    /// The last answered line of a path; one with ids is another request than one without.
    fn last(&self, now: u64, path: &str, ids: bool) -> Option<&Line> {
        let asked = |line: &&Line| line.at <= now && line.path == path && line.ids == ids;
        self.lines.iter().rfind(asked)
    }

    fn plain(&self, now: u64, path: &str, file: &str) -> Option<String> {
        let line = self.last(now, path, false).map(|line| &line.body);
        line.or_else(|| self.file(file)).cloned()
    }

    fn overview(&self, now: u64) -> Option<String> {
        if let Some(line) = self.last(now, "/overview", false) {
            return Some(line.body.clone());
        }
        let mut overview: Value = parse(self.file("overview")?);
        if let Some(line) = self.last(now, "/taskmanagers", false) {
            let taskmanagers = &parse(&line.body)["taskmanagers"];
            let all = taskmanagers.as_array().expect("a list");
            let slots = all.iter().filter_map(|one| one["slotsNumber"].as_u64());
            overview["slots-total"] = json!(slots.sum::<u64>());
            overview["taskmanagers"] = json!(all.len());
        }
        Some(overview.to_string())
    }

    fn names(&self, now: u64, path: &str, vertex: &str) -> String {
        let Some(line) = self.last(now, path, false) else {
            let file = self.vertex_file(vertex, "subtasks-metrics-names");
            return file.unwrap_or_else(|| "[]".into());
        };
        let values = self.subtasks(now, path, vertex);
        let mut names = parse(&line.body);
        names.as_array_mut().expect("a list").retain(|name| {
            let id = name["id"].as_str().expect("an id");
            let gauge = id.contains(".source_splits_") && id.contains("_backlog_");
            !gauge || values.contains_key(id)
        });
        names.to_string()
    }

    fn subtasks(&self, now: u64, path: &str, vertex: &str) -> Values {
        let raw = self.raw(now, path, vertex);
        if self.lines.is_empty() {
            return raw;
        }
        let counts = raw.values().flatten().map(|values| values.count);
        let most = counts.fold(1.0, f64::max);
        let mut values = Values::new();
        for line in self.last_burst(now, path) {
            for metric in entries(&line.body) {
                let id = metric["id"].as_str().expect("an id").to_string();
                let number = |name: &str| float(&metric[name]).unwrap_or(f64::NAN);
                let (min, max, sum) = (number("min"), number("max"), number("sum"));
                let served = Some(sum / number("avg")).filter(|count| count.is_finite());
                let of_snapshot = || raw.get(&id).copied().flatten().map_or(most, |v| v.count);
                let count = served.unwrap_or_else(of_snapshot);
                let all = Aggregated {
                    min,
                    max,
                    sum,
                    count,
                };
                values.insert(id, Some(all));
            }
        }
        values
    }

    /// The last whole round of the recorder: it asks for its ids in several URLs, one right after
    /// the other.
    fn last_burst(&self, now: u64, path: &str) -> Vec<&Line> {
        let mut bursts: Vec<Vec<&Line>> = Vec::new();
        let lines = self.lines.iter();
        for line in lines.filter(|line| line.path == path && line.ids) {
            let burst = bursts.last_mut();
            match burst.filter(|burst| burst.last().is_some_and(|one| line.at - one.at <= 200)) {
                Some(burst) => burst.push(line),
                None => bursts.push(vec![line]),
            }
        }
        let whole = |burst: &Vec<&Line>| burst.last().is_some_and(|line| line.at <= now);
        bursts.into_iter().rfind(whole).unwrap_or_default()
    }

    /// From the recorded values of each subtask.
    fn raw(&self, now: u64, path: &str, vertex: &str) -> Values {
        let mut bodies = Vec::new();
        if let Some(line) = self.last(now, &path.replace("/subtasks", ""), true) {
            bodies.push(line.body.clone());
        } else if self.lines.is_empty() {
            let numbered = |n| self.vertex_file(vertex, &format!("metrics-values-{n}"));
            bodies.extend((0..).map_while(numbered));
        }
        let mut values = Values::new();
        for metric in bodies.iter().flat_map(|body| entries(body)) {
            let id = metric["id"].as_str().expect("an id");
            let (_, id) = id.split_once('.').expect("the number of a subtask");
            let one = float(&metric["value"]).map(Aggregated::of_one);
            let all = values.entry(id.to_string()).or_insert(None);
            *all = match (*all, one) {
                (Some(all), Some(one)) => Some(all.and(one)),
                (all, one) => all.or(one),
            };
        }
        values
    }

    fn vertex_file(&self, vertex: &str, name: &str) -> Option<String> {
        let job = parse(self.file("job")?);
        let vertices = job["vertices"].as_array()?;
        let place = vertices.iter().position(|one| one["id"] == vertex)?;
        self.file(&format!("vertex{place}-{name}")).cloned()
    }

    /// CPU of all TaskManagers: as recorded, or (poll) counted from those that answered.
    fn cpu(&self, now: u64) -> Values {
        let mut values = Values::new();
        let line = self.last(now, "/taskmanagers/metrics", true);
        let Some(body) = line
            .map(|line| &line.body)
            .or(self.file("taskmanagers-cpu"))
        else {
            return values;
        };
        let answered = self
            .taskmanagers(now)
            .filter(|id| self.cpu_body(now, id) != "[]");
        let count = f64::from(u32::try_from(answered.count()).expect("few"));
        for metric in entries(body) {
            let id = metric["id"].as_str().expect("an id").to_string();
            let number = |name: &str| float(&metric[name]).unwrap_or(f64::NAN);
            let (min, max, sum) = (number("min"), number("max"), number("sum"));
            let recorded = float(&metric["avg"]).map(|avg| sum / avg);
            let all = Aggregated {
                min,
                max,
                sum,
                count: recorded.unwrap_or(count),
            };
            values.insert(id, Some(all));
        }
        values
    }

    fn taskmanagers(&self, now: u64) -> impl Iterator<Item = String> {
        let body = self.plain(now, "/taskmanagers", "taskmanagers");
        let all = body.map_or(Value::Null, |body| parse(&body)["taskmanagers"].take());
        let all = all.as_array().cloned().unwrap_or_default();
        all.into_iter()
            .map(|one| one["id"].as_str().expect("an id").to_string())
    }

    fn cpu_body(&self, now: u64, id: &str) -> String {
        let path = format!("/taskmanagers/{id}/metrics");
        if let Some(line) = self.last(now, &path, true) {
            return line.body.clone();
        }
        let place = self.taskmanagers(now).position(|one| one == id);
        let file = place.and_then(|place| self.file(&format!("taskmanager{place}-cpu")));
        file.filter(|_| self.lines.is_empty())
            .map_or("[]".into(), Clone::clone)
    }

    fn cpu_of(&self, now: u64, id: &str, get: &[String]) -> String {
        let mut metrics = entries(&self.cpu_body(now, id));
        metrics.retain(|metric| get.iter().any(|id| metric["id"] == **id));
        Value::Array(metrics).to_string()
    }
}

// === impl Line ===

impl Line {
    fn parse(line: &str) -> Self {
        let line = parse(line);
        let url = line["url"].as_str().expect("a URL");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Self {
            at: line["t"].as_u64().expect("a moment"),
            path: path.into(),
            ids: query.contains("get="),
            body: line["body"].as_str().expect("a body").into(),
        }
    }
}

// === impl Aggregated ===

impl Aggregated {
    fn of_one(value: f64) -> Self {
        Self {
            min: value,
            max: value,
            sum: value,
            count: 1.0,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum + other.sum,
            count: self.count + other.count,
        }
    }

    fn get(self, name: &str) -> f64 {
        match name {
            "min" => self.min,
            "max" => self.max,
            "sum" => self.sum,
            "avg" => self.sum / self.count,
            other => panic!("Flink would answer 400 to agg={other}"),
        }
    }
}

/// As Flink does: everything, or nothing where one id is not there; what is no number is left out.
fn aggregated(values: &Values, get: &[String], agg: &[String]) -> String {
    let found: Option<Vec<_>> = get.iter().map(|id| Some((id, *values.get(id)?))).collect();
    let answer = |(id, value): (&String, Option<Aggregated>)| {
        let value = value?;
        let mut metric = json!({ "id": id });
        for name in agg {
            let number = value.get(name);
            metric[name] = if number.is_finite() {
                json!(number)
            } else {
                json!(number.to_string().replace("inf", "Infinity"))
            };
        }
        Some(metric)
    };
    let metrics = found.unwrap_or_default().into_iter().filter_map(answer);
    Value::Array(metrics.collect()).to_string()
}

fn entries(body: &str) -> Vec<Value> {
    parse(body).as_array().cloned().unwrap_or_default()
}

fn float(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn list(query: &str, name: &str) -> Vec<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let values = pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    values
        .flat_map(|value| value.split(','))
        .map(decoded)
        .collect()
}

fn parse(body: &str) -> Value {
    serde_json::from_str(body).expect("JSON, as recorded")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn payloads() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads")
}
