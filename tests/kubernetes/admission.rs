//! What comes of a FlinkDeployment, and of a pod, that really goes to an API server: the golden files
//! of injection, by every way there is.

#[path = "admission/chart.rs"]
mod chart;
#[path = "admission/documents.rs"]
mod documents;

use std::path::PathBuf;

/// A file for a command to read.
fn file(name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("admission");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}
