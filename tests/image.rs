//! The image, as buildah makes it from the programs that `docker/build` has built. Run by
//! `tests/run image`, which builds and installs both.
//!
//! No container engine and no registry is needed. The stage that builds from source would pull its
//! base from a registry and is not run; it calls `docker/build`, and so does `tests/run image`.

#[path = "image/buildah.rs"]
mod buildah;
#[path = "image/elf.rs"]
mod elf;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use buildah::{Image, listed};
use elf::Elf;

/// Name, Rust's name, ELF's number.
const ARCHITECTURES: [(&str, &str, u16); 2] = [
    ("amd64", "x86_64-unknown-linux-musl", Elf::X86_64),
    ("arm64", "aarch64-unknown-linux-musl", Elf::AARCH64),
];
/// In the order of the architectures.
static IMAGES: LazyLock<[Image; 2]> = LazyLock::new(|| {
    ARCHITECTURES.map(|(name, target, _)| Image::prebuilt(name, &program(target)))
});
/// As the amd64 image is, which is built for release, in the tests too.
const SIZE_MIB: f64 = 8.0;

#[test]
fn the_image_is_one_program_that_nobody_owns_and_says_what_it_is() {
    for (image, (architecture, ..)) in IMAGES.iter().zip(ARCHITECTURES) {
        let inspected = image.inspect();
        let config = &inspected["OCIv1"]["config"];
        assert_eq!(inspected["OCIv1"]["architecture"], architecture);
        assert_eq!(config["User"], "65532:65532");
        assert_eq!(config["Entrypoint"], serde_json::json!(["/outrider"]));
        assert!(config["ExposedPorts"]["9250/tcp"].is_object(), "{config:#}");
        assert_eq!(config["Cmd"], serde_json::Value::Null);
        let label = |name: &str| &config["Labels"][format!("org.opencontainers.image.{name}")];
        assert_eq!(label("title"), "outrider");
        assert_eq!(label("version"), env!("CARGO_PKG_VERSION"));
        assert_eq!(label("licenses"), env!("CARGO_PKG_LICENSE"));
        assert_eq!(label("description"), env!("CARGO_PKG_DESCRIPTION"));
        // Owner, rights, name: whoever runs it may read and run it, nobody may write it.
        let files = image.files();
        assert_eq!(files, ["0/0 -r-xr-xr-x outrider"], "{architecture}");
        println!(
            "{architecture}: {:.2} MiB in a registry",
            image.packed_mib()
        );
    }
}

#[test]
fn the_program_runs_in_the_image_as_its_user_with_nothing_beside_it() {
    let [image, _] = &*IMAGES;
    let version = image.run(&["--version"]).expect("a version");
    assert_eq!(
        version.trim(),
        format!("outrider {}", env!("CARGO_PKG_VERSION"))
    );
    let settings = image.run(&["settings"]).expect("settings");
    assert!(settings.contains("OUTRIDER_WORKERS_MAX"), "{settings}");
    // Root could write there.
    let pictures = ["simulate", "--workload", "step", "--plots", "/pictures"];
    let refused = image.run(&pictures).expect_err("its user owns nothing");
    assert!(refused.contains("Permission denied"), "{refused}");
    let mib = mib(&program(ARCHITECTURES[0].1));
    println!("amd64: {mib:.2} MiB unpacked");
    assert!(mib <= SIZE_MIB, "{mib:.2} MiB");
}

/// What is for arm64 is not run here: nothing emulates one.
#[test]
fn the_programs_are_static_and_for_their_machine() {
    for (architecture, target, machine) in ARCHITECTURES {
        let elf = Elf::read(&program(target));
        assert_eq!(elf.machine, machine, "{architecture}");
        // No loader is asked for, so no library is either.
        assert!(!elf.interpreted, "{architecture} is not static");
    }
}

#[test]
fn what_is_built_is_not_sent_to_the_builder_but_for_the_program() {
    let sent = listed("FROM scratch\nCOPY . /\n");
    for needed in ["Cargo.lock", "docker/build", "src/main.rs", "tests/tidy.rs"] {
        assert!(
            sent.iter().any(|path| path == needed),
            "{needed} is missing"
        );
    }
    let programs = ARCHITECTURES.map(|(_, target, _)| format!("target/{target}/release/outrider"));
    for path in sent {
        let foreign = path == ".git" || path.starts_with(".git/") || path.starts_with("target/");
        let folder = path.ends_with('/');
        assert!(
            !foreign || folder || programs.contains(&path),
            "{path} is sent"
        );
    }
}

#[test]
fn the_stage_that_builds_from_source_does_as_is_done_here() {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a file of ours");
    let (dockerfile, toolchain) = (text("docker/Dockerfile"), text("rust-toolchain.toml"));
    let channel = toolchain.split('"').nth(1).expect("a channel");
    assert!(
        dockerfile.contains(&format!("\nARG RUST={channel}\n")),
        "the image is built with another Rust than {channel}"
    );
    let stage = dockerfile.split(" AS build\n").nth(1).expect("a stage");
    let runs: Vec<&str> = stage
        .lines()
        .filter(|line| line.starts_with("RUN"))
        .collect();
    let expected = r#"RUN install -D -m 0555 "$(docker/build "$TARGETARCH")" /image/outrider"#;
    assert_eq!(runs, [expected]);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Relative to the root, as the Dockerfile wants it.
fn program(target: &str) -> PathBuf {
    let program = Path::new("target").join(target).join("release/outrider");
    assert!(
        root().join(&program).exists(),
        "tests/run image builds {}",
        program.display()
    );
    program
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a program")]
fn mib(program: &Path) -> f64 {
    let length = fs::metadata(root().join(program))
        .expect("the program")
        .len();
    length as f64 / 1048576.0
}
