//! Puts the sidecar into FlinkDeployments, and takes it out again, in the user's own text.
//!
//! Pure: values in, values out.
//!
//! What goes in stands between two comments, whole lines each, so that no other byte changes and
//! taking it out gives the text that was there before. What cannot be done so is an error with its
//! line and its mend, never a clever edit.

mod container;
mod manifest;
mod marks;
mod options;
mod place;
mod plan;
pub mod pod;
mod ports;
mod spec;
mod traps;
mod yaml;

use crate::inject::container::NAME;
use crate::inject::marks::Stripped;
pub use crate::inject::options::Options;
use crate::inject::plan::Plan;
use crate::inject::yaml::Node;

/// Something to be told about a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The line it is about, from 1.
    pub line: usize,
    /// Whether nothing may be written because of it.
    pub is_error: bool,
    /// What is the matter and what mends it.
    pub text: String,
}

/// A text that was edited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edited {
    /// The whole text; without a meaning where a finding is an error.
    pub text: String,
    /// All that is to be told, by line.
    pub findings: Vec<Finding>,
    /// How many places there were to edit: FlinkDeployments, or blocks that were taken out.
    pub places: usize,
}

/// The group of FlinkDeployments.
const GROUP: &str = "flink.apache.org/";

// === impl Finding ===

impl Finding {
    /// Nothing may be written.
    #[must_use]
    pub fn error(line: usize, text: String) -> Self {
        Self {
            line,
            is_error: true,
            text,
        }
    }

    /// Worth a word.
    #[must_use]
    pub fn warning(line: usize, text: String) -> Self {
        Self {
            line,
            is_error: false,
            text,
        }
    }
}

// === impl Edited ===

impl Edited {
    /// Whether nothing may be written.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_error)
    }

    fn failed(finding: Finding) -> Self {
        Self {
            text: String::new(),
            findings: vec![finding],
            places: 0,
        }
    }
}

/// Puts the sidecar into every FlinkDeployment of a text; one that was put in before is renewed.
#[must_use]
pub fn inject(text: &str, options: &Options) -> Edited {
    match marks::strip(text).and_then(|stripped| injected(&stripped, options)) {
        Ok(edited) => edited,
        Err(finding) => Edited::failed(finding),
    }
}

/// Takes out what [`inject`] put in: the text is to the byte what it was before.
#[must_use]
pub fn uninject(text: &str) -> Edited {
    let stripped = match marks::strip(text) {
        Ok(stripped) => stripped,
        Err(finding) => return Edited::failed(finding),
    };
    let documents = match yaml::parse(&stripped.text) {
        Ok(yaml) => yaml.documents,
        Err(finding) => return Edited::failed(finding),
    };
    let deployments = documents.iter().filter(|document| is_flink(document));
    let by_hand = deployments.filter_map(|document| sidecar(document.get("spec")?));
    let findings = by_hand.map(|container| {
        Finding::warning(
            stripped.line_before(container.line),
            format!("the container {NAME} was not put here by `outrider inject`, so it stays"),
        )
    });
    Edited {
        findings: findings.collect(),
        places: stripped.blocks(),
        text: stripped.text,
    }
}

fn injected(stripped: &Stripped, options: &Options) -> Result<Edited, Finding> {
    let text = &stripped.text;
    let documents = yaml::parse(text)?.documents;
    let mut all = Plan::default();
    let mut places = 0;
    for document in &documents {
        if is_list(document) {
            all.findings.push(Finding::warning(
                document.line,
                "the FlinkDeployments in this List are left alone: write each as a document of its own"
                    .into(),
            ));
        }
        if is_flink(document) {
            places += 1;
            let plan = plan::plan(text, document, options);
            all.insertions.extend(plan.insertions);
            all.findings.extend(plan.findings);
        }
    }
    for finding in &mut all.findings {
        finding.line = stripped.line_before(finding.line);
    }
    all.findings.sort_by_key(|finding| finding.line);
    let edited = place::insert(text, all.insertions);
    if !all.findings.iter().any(|finding| finding.is_error) {
        checked(&edited, text)?;
    }
    Ok(Edited {
        text: edited,
        findings: all.findings,
        places,
    })
}

fn is_flink(document: &Node) -> bool {
    let version = document.get("apiVersion").and_then(Node::text);
    kind(document) == Some("FlinkDeployment")
        && version.is_some_and(|version| version.starts_with(GROUP))
}

fn is_list(document: &Node) -> bool {
    let items = document.get("items").map(Node::items).unwrap_or_default();
    items.iter().any(is_flink)
}

fn kind(document: &Node) -> Option<&str> {
    document.get("kind").and_then(Node::text)
}

/// The container of our name in the JobManager's own template.
fn sidecar(spec: &Node) -> Option<&Node> {
    ["containers", "initContainers"].iter().find_map(|list| {
        let containers = spec.at(&["jobManager", "podTemplate", "spec", list])?;
        let mut named = containers.items().iter();
        named.find(|container| spec::name(container) == NAME)
    })
}

/// What was put in can be taken out again, and is where it was to be.
fn checked(edited: &str, before: &str) -> Result<(), Finding> {
    let unlike = |line| {
        Finding::error(
            line,
            "the sidecar cannot be put into YAML that is written like this: write it as plain blocks"
                .into(),
        )
    };
    let after = yaml::parse(edited).map_err(|finding| unlike(finding.line))?;
    let flink = after.documents.iter().filter(|document| is_flink(document));
    for document in flink {
        if document.get("spec").and_then(sidecar).is_none() {
            return Err(unlike(document.line));
        }
    }
    match marks::strip(edited) {
        Ok(stripped) if stripped.text == before => Ok(()),
        _ => Err(unlike(1)),
    }
}
