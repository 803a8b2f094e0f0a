//! Images, made and looked at by buildah, without an engine and with all that it keeps below
//! `target/image`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// An image that was made.
pub struct Image {
    name: String,
    /// As a registry would serve it.
    served: PathBuf,
}

// === impl Image ===

impl Image {
    /// The image of the Dockerfile, with this program, whose path is relative to the root.
    pub fn prebuilt(architecture: &str, program: &Path) -> Self {
        let binary = format!("BINARY={}", program.display());
        let dockerfile = root().join("docker/Dockerfile");
        let options = ["--arch", architecture, "--target", "prebuilt"];
        let options = [&options[..], &["--build-arg", &binary]].concat();
        Self::made(architecture, &dockerfile, &options)
    }

    /// The repository is what its files are copied from.
    fn made(name: &str, dockerfile: &Path, options: &[&str]) -> Self {
        let name = format!("localhost/outrider-{name}");
        let file = dockerfile.display().to_string();
        let fixed = ["bud", "--quiet", "--isolation", "chroot"];
        let last = ["-f", &file, "-t", &name, "."];
        buildah(&[&fixed[..], options, &last].concat());
        let served = kept().join(name.replace('/', "-"));
        let _ = fs::remove_dir_all(&served);
        let target = format!("oci:{}", served.display());
        buildah(&["push", "--quiet", &name, &target]);
        Self { name, served }
    }

    pub fn inspect(&self) -> Value {
        let text = buildah(&["inspect", "--type", "image", &self.name]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// All that is in it: owner, rights and name, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for layer in self.layers() {
            let mut tar = Command::new("tar");
            let listed = output(tar.args(["--numeric-owner", "-tvf"]).arg(layer.0));
            files.extend(listed.lines().map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                format!("{} {} {}", words[1], words[0], words[words.len() - 1])
            }));
        }
        files.sort();
        files
    }

    /// What a node fetches.
    pub fn packed_mib(&self) -> f64 {
        self.layers().iter().map(|layer| layer.1).sum::<f64>() / 1048576.0
    }

    /// Each layer's file, with its size in bytes.
    fn layers(&self) -> Vec<(PathBuf, f64)> {
        let index = self.json(&self.served.join("index.json"));
        let manifest = self.json(&self.blob(&index["manifests"][0]));
        let layers = manifest["layers"].as_array().expect("layers");
        let layer = |layer| (self.blob(layer), layer["size"].as_f64().expect("a size"));
        layers.iter().map(layer).collect()
    }

    fn blob(&self, descriptor: &Value) -> PathBuf {
        let digest = descriptor["digest"].as_str().expect("a digest");
        self.served.join("blobs").join(digest.replace(':', "/"))
    }

    fn json(&self, path: &Path) -> Value {
        serde_json::from_slice(&fs::read(path).expect("a file of the image")).expect("JSON")
    }

    /// Runs its program with these arguments, as its user, with its files as the only ones: what
    /// it says, or what it complains of if it does not end well.
    pub fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let container = buildah(&["from", &self.name]);
        let container = container.trim();
        let run = ["run", "--isolation", "chroot", container, "--", "/outrider"];
        let said = attempt(&mut command(&[&run, arguments].concat()));
        buildah(&["rm", container]);
        said
    }
}

/// All files of an image that this Dockerfile makes of the repository.
pub fn listed(dockerfile: &str) -> Vec<String> {
    fs::create_dir_all(kept()).expect("a place for it");
    let path = kept().join("Dockerfile.listed");
    fs::write(&path, dockerfile).expect("a file of ours");
    let files = Image::made("listed", &path, &[]).files();
    let names = files.iter().filter_map(|line| line.split(' ').nth(2));
    names.map(ToOwned::to_owned).collect()
}

fn buildah(arguments: &[&str]) -> String {
    output(&mut command(arguments))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("buildah");
    for (option, folder) in [("--root", "storage"), ("--runroot", "run")] {
        command.arg(option).arg(kept().join(folder));
    }
    command.args(["--storage-driver", "vfs"]).args(arguments);
    command.current_dir(root());
    command
}

/// What it says; it must end well.
fn output(command: &mut Command) -> String {
    attempt(command).unwrap_or_else(|complaint| panic!("{command:?}: {complaint}"))
}

fn attempt(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stdout) + &text(&output.stderr))
    }
}

fn kept() -> PathBuf {
    root().join("target/image")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
