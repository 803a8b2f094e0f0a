//! The benchmark's results, as text, Markdown and JSON.
//!
//! Pure: values in, values out.

use serde_json::{Value, json};

use crate::simulate::benchmark::{Figure, Figures, Results};

/// A column of the tables: its heading, and what it shows.
type Column = (&'static str, fn(&Figures) -> String);

const COLUMNS: [Column; 13] = [
    ("price", |f| plain(f.price, 2)),
    ("cost", |f| plain(f.cost, 2)),
    ("late > 60 s", |f| percent(f.late_60)),
    ("late > 120 s", |f| percent(f.late_120)),
    ("p99 delay, s", |f| plain(f.delay_p99, 0)),
    ("highest delay, s", |f| plain(f.delay_max, 0)),
    ("rescales/day", |f| plain(f.rescales_per_day, 1)),
    ("restarts/day", |f| plain(f.restarts_per_day, 1)),
    ("paused, s/day", |f| plain(f.paused_per_day, 0)),
    ("replayed", |f| percent(f.replayed)),
    ("flaps/day", |f| plain(f.flaps_per_day, 1)),
    ("wasted, h/day", |f| plain(f.wasted_per_day, 1)),
    ("missing, h/day", |f| plain(f.missing_per_day, 1)),
];

/// What the columns mean, in a paragraph.
pub const LEGEND: &str = "\
price: all of it in one number: worker-hours paid, a worker-hour for each minute later than 60 s and
five minutes of all workers for each rescale, over the worker-hours of the fluid bound. cost:
worker-hours paid over the fluid bound, which is the fewest that could read the load if workers could
be divided and restarted for nothing. late: share of the time in which the oldest element waits that
long. rescales: changes asked for; restarts: stops of the job, several for a rescale whose workers
come one by one. flaps: changes of direction within 15 minutes. Plus or minus: 95 % interval over
the seeds.
";

const EACH: &str = "Each workload: cost / share of the time later than 60 s / rescales per day";

/// A table of words; its first row is the heading.
pub type Rows = Vec<Vec<String>>;

/// For people, on a terminal.
#[must_use]
pub fn text(results: &Results) -> String {
    let mut tables = means(results);
    tables.push((EACH.into(), each_workload(results)));
    let text: String = tables
        .into_iter()
        .map(|(title, rows)| format!("{title}\n\n{}\n", aligned(&rows)))
        .collect();
    text + LEGEND
}

/// For a document; what is wide is folded away.
#[must_use]
pub fn markdown(results: &Results) -> String {
    let means = means(results).into_iter();
    let means: String = means
        .map(|(title, rows)| format!("{title}:\n\n{}\n", piped(&rows)))
        .collect();
    let each = piped(&each_workload(results));
    format!("{means}<details><summary>{EACH}</summary>\n\n{each}\n</details>\n")
}

/// For programs.
#[must_use]
pub fn json(results: &Results) -> Value {
    let group = |places: &[usize]| {
        let of_one = |(place, name): (usize, &String)| {
            Some(json!({"policy": name, "figures": results.figures(place, places)?}))
        };
        let rows = results.policies.iter().enumerate().filter_map(of_one);
        Value::Array(rows.collect())
    };
    let workload = |(place, (name, fault_free)): (usize, &(String, bool))| json!({"workload": name, "fault_free": fault_free, "policies": group(&[place])});
    let workloads = results.workloads.iter().enumerate().map(workload);
    json!({
        "fault_free": group(&results.places(true)),
        "with_faults": group(&results.places(false)),
        "workloads": workloads.collect::<Vec<_>>(),
    })
}

/// Over the workloads in which nothing goes wrong but the load, and over the others.
fn means(results: &Results) -> Vec<(String, Rows)> {
    let groups = [
        (true, "Nothing goes wrong but the load"),
        (false, "Something goes wrong"),
    ];
    let mut tables = Vec::new();
    for (fault_free, title) in groups {
        let places = results.places(fault_free);
        if !places.is_empty() {
            let title = format!("{title} (means over {} workloads)", places.len());
            tables.push((title, summary(results, &places)));
        }
    }
    tables
}

/// A row for each policy, over these workloads.
#[must_use]
pub fn summary(results: &Results, places: &[usize]) -> Rows {
    let headings = COLUMNS.iter().map(|(heading, _)| (*heading).to_owned());
    let mut rows = vec![std::iter::once("policy".into()).chain(headings).collect()];
    for (place, name) in results.policies.iter().enumerate() {
        if let Some(figures) = results.figures(place, places) {
            let shown = COLUMNS.iter().map(|(_, shown)| shown(&figures));
            rows.push(std::iter::once(name.clone()).chain(shown).collect());
        }
    }
    rows
}

/// A row for each workload, a column for each policy.
fn each_workload(results: &Results) -> Rows {
    let heading = std::iter::once("workload".to_owned());
    let mut rows = vec![heading.chain(results.policies.iter().cloned()).collect()];
    for (place, (name, _)) in results.workloads.iter().enumerate() {
        let cell = |policy| {
            let figures = results.figures(policy, &[place]);
            figures.map_or_else(String::new, |figures| three(&figures))
        };
        let cells = (0..results.policies.len()).map(cell);
        rows.push(std::iter::once(name.clone()).chain(cells).collect());
    }
    rows
}

fn three(figures: &Figures) -> String {
    format!(
        "{:.2} / {:.1} % / {:.0}",
        figures.cost.mean,
        figures.late_60.mean * 100.0,
        figures.rescales_per_day.mean
    )
}

fn plain(figure: Figure, digits: usize) -> String {
    format!("{:.digits$}{}", figure.mean, within(figure.within, digits))
}

fn percent(figure: Figure) -> String {
    let within = within(figure.within * 100.0, 2);
    format!("{:.2}{within} %", figure.mean * 100.0)
}

/// Nothing where it would be plus or minus 0.
fn within(within: f64, digits: usize) -> String {
    let shown = format!("{within:.digits$}");
    if shown.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        format!(" ± {shown}")
    } else {
        String::new()
    }
}

/// Columns as wide as their widest word, the first to the left, the others to the right.
#[must_use]
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (word, width) in row.iter().zip(&widths).skip(1) {
            line += &format!("  {word:>width$}");
        }
        line + "\n"
    };
    rows.iter().map(line).collect()
}

/// A Markdown table.
#[must_use]
pub fn piped(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let Some((heading, rows)) = rows.split_first() else {
        return String::new();
    };
    let rule = "| ---: ".repeat(heading.len() - 1);
    let rule = format!("| --- {rule}|\n");
    line(heading) + &rule + &rows.iter().map(line).collect::<String>()
}
