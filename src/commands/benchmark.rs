//! `outrider simulate --benchmark` and `--sweep`: many runs, on all cores.

use std::io::Write;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use outrider::simulate::benchmark::sweep::{self, Sweep};
use outrider::simulate::benchmark::{Plan, Results, Scores, table};
use outrider::simulate::policy;

use crate::commands::Format;
use crate::commands::plots::Folder;

/// Runs a plan, tells its results, and draws them where there is a folder for that.
pub fn benchmark(plan: &Plan, format: Format, plots: Option<&Folder>) -> Result<String, String> {
    let results = run(plan, "benchmark");
    if let Some(plots) = plots {
        draw(plan, &results, plots)?;
    }
    Ok(match format {
        Format::Text => table::text(&results),
        Format::Markdown => table::markdown(&results),
        Format::Json => format!("{:#}\n", table::json(&results)),
    })
}

/// Each workload with the first seed, then all policies against each other.
fn draw(plan: &Plan, results: &Results, plots: &Folder) -> Result<(), String> {
    let bar = bar(plan.loads.len(), "plots");
    for place in 0..plan.loads.len() {
        let (workload, runs) = plan.first_runs(place);
        plots.workload(&workload, runs.into_iter())?;
        bar.inc(1);
    }
    plots.pareto(results)
}

/// Tries the settings of these policies and tells the best of each.
pub fn sweeps(names: &[String], seeds: u64, format: Format) -> Result<String, String> {
    let markdown = match format {
        Format::Text => false,
        Format::Markdown => true,
        Format::Json => return Err("--sweep prints text or markdown".into()),
    };
    let mut told = String::new();
    for name in names {
        let Some(sweep) = sweep::of(name, seeds) else {
            return Err(format!("there is nothing to sweep in {name:?}"));
        };
        let results = run(&sweep.plan, sweep.name);
        told += &sweep.told(&results, markdown);
        if sweep.name == policy::RULE {
            told += &held_back(&sweep, &results, seeds, markdown);
        }
    }
    Ok(told)
}

fn held_back(sweep: &Sweep, results: &Results, seeds: u64, markdown: bool) -> String {
    let best = sweep.ranked(results)[0];
    let Some(plan) = sweep::held_back(&sweep.plan.policies[best], seeds) else {
        return String::new();
    };
    let results = run(&plan, "held back");
    let workloads: Vec<usize> = (0..results.workloads.len()).collect();
    let rows = table::summary(&results, &workloads);
    format!(
        "The same on the {} workloads that were held back\n\n{}\n",
        workloads.len(),
        sweep::rendered(&rows, markdown)
    )
}

/// Every piece of the plan, on all cores; each result stands at its place, whoever came first.
fn run(plan: &Plan, what: &'static str) -> Results {
    let bar = bar(plan.pieces(), what);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Scores>>> = Mutex::new(vec![None; plan.pieces()]);
    let days = Mutex::new(0.0);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let cores = cores.min(plan.pieces());
    let work = || {
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= plan.pieces() {
                break;
            }
            let (scores, simulated) = plan.run(piece);
            done.lock().expect("nobody panics with it")[piece] = Some(scores);
            *days.lock().expect("nobody panics with it") += simulated;
            bar.inc(1);
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let elapsed = bar.elapsed();
    bar.finish_and_clear();
    let days = days.into_inner().expect("nobody panics with it");
    let each = elapsed.as_secs_f64() * 1000.0 * f64::from(u32::try_from(cores).unwrap_or(1)) / days;
    // Not a part of the result, which is the same to the byte on every run.
    let _ = writeln!(
        std::io::stderr(),
        "{what}: {days:.0} job-days on {cores} cores in {:.1} s, {each:.0} ms of a core each",
        elapsed.as_secs_f64()
    );
    let pieces = done.into_inner().expect("nobody panics with it");
    plan.results(
        pieces
            .into_iter()
            .map(|it| it.expect("every piece was done"))
            .collect(),
    )
}

/// On a terminal only; on anything else indicatif is silent.
fn bar(pieces: usize, what: &'static str) -> ProgressBar {
    let style = "{msg} {wide_bar} {pos}/{len}, {eta} left";
    let style = ProgressStyle::with_template(style).expect("a template that was tried");
    let length = u64::try_from(pieces).unwrap_or(u64::MAX);
    ProgressBar::new(length)
        .with_style(style)
        .with_message(what)
}
