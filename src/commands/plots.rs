//! The folder that `outrider simulate --plots` draws into.

use std::fs;
use std::path::{Path, PathBuf};

use outrider::simulate::benchmark::Results;
use outrider::simulate::load::Workload;
use outrider::simulate::plots::{self, Point};
use outrider::simulate::run::Run;

/// A folder that can be written to.
pub struct Folder(PathBuf);

// === impl Folder ===

impl Folder {
    /// Makes it where it is not there, and writes something, so that minutes of work do not end
    /// in a mistake that could have been told before them.
    pub fn open(path: Option<&Path>) -> Result<Option<Self>, String> {
        let Some(path) = path else {
            return Ok(None);
        };
        let probe = path.join(".outrider-was-here");
        fs::create_dir_all(path)
            .and_then(|()| fs::write(&probe, ""))
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|error| {
                format!(
                    "cannot write to the folder {}: {error}; name another with --plots",
                    path.display()
                )
            })?;
        Ok(Some(Self(path.to_owned())))
    }

    /// `WORKLOAD.svg`; of a file its name without the folders.
    pub fn workload(
        &self,
        workload: &Workload,
        runs: impl Iterator<Item = (String, Run)>,
    ) -> Result<(), String> {
        let runs: Vec<(String, Run)> = runs.collect();
        let stem = Path::new(&workload.name).file_stem();
        let stem = stem.unwrap_or_default().to_string_lossy();
        self.write(&format!("{stem}.svg"), &plots::workload(workload, &runs))
    }

    /// `pareto.svg`: cost, lateness and rescales of all policies where nothing goes wrong but the
    /// load; without the one that knows the future, before which all others pale.
    pub fn pareto(&self, results: &Results) -> Result<(), String> {
        let places = results.places(true);
        let point = |(place, policy): (usize, &String)| {
            let figures = results.figures(place, &places)?;
            Some(Point {
                policy: policy.clone(),
                cost: figures.cost.mean,
                late: figures.late_60.mean,
                rescales_per_day: figures.rescales_per_day.mean,
            })
        };
        let policies = results.policies.iter().enumerate();
        let mortal = policies.filter(|(_, policy)| !policy.starts_with("optimum"));
        let points: Vec<Point> = mortal.filter_map(point).collect();
        self.write("pareto.svg", &plots::pareto(&points))
    }

    fn write(&self, name: &str, svg: &str) -> Result<(), String> {
        let path = self.0.join(name);
        fs::write(&path, svg).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}
