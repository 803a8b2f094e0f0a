//! What is put into one FlinkDeployment, and where.
//!
//! Pure: values in, values out.

use crate::inject::container::{self, MAIN, NAME, PROMETHEUS};
use crate::inject::manifest::Piece;
use crate::inject::options::Options;
use crate::inject::place::{self, Insertion, Spot};
use crate::inject::yaml::Node;
use crate::inject::{Finding, sidecar, spec, traps};

/// What is put into a text, and what is told about it.
#[derive(Default)]
pub struct Plan {
    /// What is put in.
    pub insertions: Vec<Insertion>,
    /// What is told.
    pub findings: Vec<Finding>,
}

/// The one version there has been since operator 1.0.
const VERSION: &str = "flink.apache.org/v1beta1";

// === impl Plan ===

impl Plan {
    fn add(&mut self, text: &str, document: &Node, options: &Options) -> Result<(), Finding> {
        let Some(entry) = document.entry("spec") else {
            return Err(missing(document.line, "spec"));
        };
        let (key, spec) = entry;
        place::only_one(document, "spec")?;
        place::only_one(spec, "jobManager")?;
        place::block_mapping(text, "spec", key, spec)?;
        let Some(job_manager) = spec.entry("jobManager") else {
            return Err(missing(key.line, "spec.jobManager"));
        };
        let list = list(options);
        let path = ["podTemplate", "spec", list];
        let annotations = self.wanted_annotations(spec, options);
        match place::descend(text, job_manager, &path)? {
            Spot::Found(containers) => {
                let insertion = beside(text, spec, containers, options)?;
                self.insertions.push(insertion);
            }
            Spot::Missing { there, at, indent } => {
                let (names, lines) = new_list(options);
                traps::merged_by_position(spec, list, &names)?;
                if there == 0 {
                    let lines = new_template(annotations, place::below(&path[1..], lines));
                    self.insertions.push(Insertion { at, indent, lines });
                    return Ok(());
                }
                let lines = place::below(&path[there..], lines);
                self.insertions.push(Insertion { at, indent, lines });
            }
        }
        self.add_annotations(text, job_manager, annotations)
    }

    fn add_annotations(
        &mut self,
        text: &str,
        job_manager: &(Node, Node),
        annotations: Option<Vec<String>>,
    ) -> Result<(), Finding> {
        let Some(lines) = annotations else {
            return Ok(());
        };
        let path = ["podTemplate", "metadata", "annotations"];
        let insertion = match place::descend(text, job_manager, &path)? {
            Spot::Missing { there, at, indent } => Insertion {
                at,
                indent,
                lines: place::below(&path[there..], lines),
            },
            Spot::Found(mapping) => {
                // Any key will do: only the mapping's own place is asked for.
                let first = place::block_mapping(text, "annotations", mapping, mapping)?;
                let indent = first.map_or(mapping.column, |(key, _)| key.column);
                let at = place::after(text, mapping, indent);
                Insertion { at, indent, lines }
            }
        };
        self.insertions.push(insertion);
        Ok(())
    }

    /// A pod has one set of these annotations, and Flink's own reporter may need it.
    fn wanted_annotations(&mut self, spec: &Node, options: &Options) -> Option<Vec<String>> {
        if !options.annotations {
            return None;
        }
        let templates = [&["podTemplate"][..], &["jobManager", "podTemplate"]];
        let mut keys = templates.iter().flat_map(|path| {
            let template = spec.at(path);
            let annotations = template.and_then(|t| t.at(&["metadata", "annotations"]));
            annotations.map(Node::entries).unwrap_or_default()
        });
        let taken = keys.find(|(key, _)| key.text().is_some_and(|key| key.starts_with(PROMETHEUS)));
        let Some((key, _)) = taken else {
            return Some(Piece::Map(container::annotations(options)).lines());
        };
        self.findings.push(Finding::warning(
            key.line,
            format!(
                "the prometheus.io annotations are in use here and a pod has only one set of them, so they \
                 stay: let a PodMonitor scrape the port {NAME}"
            ),
        ));
        None
    }
}

/// What is to be put into one FlinkDeployment; where nothing can be, a finding says where and why.
pub fn plan(text: &str, document: &Node, options: &Options) -> Plan {
    let mut plan = Plan::default();
    if let Some(spec) = document.entry("spec") {
        plan.findings = traps::warnings(spec, options);
    }
    let version = document.get("apiVersion");
    if let Some(version) = version.filter(|version| version.text() != Some(VERSION)) {
        plan.findings.push(Finding::error(
            version.line,
            format!("this version of FlinkDeployment is not known: only {VERSION} is, which operators have served since 1.0"),
        ));
        return plan;
    }
    if let Some(container) = document.get("spec").and_then(sidecar) {
        plan.findings.push(Finding::warning(
            container.line,
            format!("there is a container {NAME} already, not put here by `outrider inject`: it stays as it is"),
        ));
        return plan;
    }
    if let Err(finding) = plan.add(text, document, options) {
        plan.findings.push(finding);
    }
    plan
}

fn list(options: &Options) -> &'static str {
    if options.native_sidecar {
        "initContainers"
    } else {
        "containers"
    }
}

/// Into a list that is there: behind Flink's own container, or behind everything that runs before.
fn beside(
    text: &str,
    spec: &Node,
    containers: &Node,
    options: &Options,
) -> Result<Insertion, Finding> {
    let indent = place::block_sequence(text, list(options), containers)?;
    let items = containers.items();
    let behind = if options.native_sidecar {
        items.len() - 1
    } else {
        let main = items.iter().position(|item| spec::name(item) == MAIN);
        main.ok_or_else(|| traps::no_main(containers))?
    };
    let mut names: Vec<&str> = items.iter().map(spec::name).collect();
    names.insert(behind + 1, NAME);
    traps::merged_by_position(spec, list(options), &names)?;
    Ok(Insertion {
        at: place::after(text, &items[behind], indent + 1),
        indent,
        lines: Piece::List(vec![container::container(options)]).lines(),
    })
}

/// A pod template that is not there yet.
fn new_template(annotations: Option<Vec<String>>, spec: Vec<String>) -> Vec<String> {
    let metadata = annotations.map(|lines| place::below(&["metadata", "annotations"], lines));
    let lines = [metadata.unwrap_or_default(), spec].concat();
    place::below(&["podTemplate"], lines)
}

/// A list that is not there yet: its names and its lines.
fn new_list(options: &Options) -> (Vec<&'static str>, Vec<String>) {
    let sidecar = container::container(options);
    if options.native_sidecar {
        return (vec![NAME], Piece::List(vec![sidecar]).lines());
    }
    let both = Piece::List(vec![container::main_container(), sidecar]);
    (vec![MAIN, NAME], both.lines())
}

fn missing(line: usize, what: &str) -> Finding {
    Finding::error(
        line,
        format!(
            "this FlinkDeployment has no {what}: the sidecar runs beside the JobManager, so describe it first"
        ),
    )
}
