//! Who else in the JobManager's pod may want the sidecar's port: all its containers share them.
//!
//! Pure: values in, values out.

use crate::inject::Finding;
use crate::inject::container::NAME;
use crate::inject::options::Options;
use crate::inject::spec::{flattened, name};
use crate::inject::yaml::Node;

/// Says who has it, and how the sidecar gets another.
#[must_use]
pub fn taken(spec: &Node, options: &Options) -> Vec<Finding> {
    let of_containers = by_containers(spec, options.port);
    let of_flink = by_flink(spec, options.port);
    of_containers
        .chain(of_flink)
        .map(|(line, whose)| {
            let text = format!(
                "port {} is {whose}, and one pod has it only once: give the sidecar another one, \
                 for example --set LISTEN=0.0.0.0:{}",
                options.port,
                if options.port == 9350 { 9450 } else { 9350 }
            );
            Finding::warning(line, text)
        })
        .collect()
}

fn by_containers(spec: &Node, port: u16) -> impl Iterator<Item = (usize, String)> {
    let templates = [
        &["podTemplate", "spec"][..],
        &["jobManager", "podTemplate", "spec"],
    ];
    let specs = templates.into_iter().filter_map(|path| spec.at(path));
    let containers = specs.flat_map(|spec| {
        let of = |list| spec.get(list).map(Node::items).unwrap_or_default().iter();
        // An init container that ends gives its port back before any other begins.
        let stays = |container: &&Node| container.get("restartPolicy").is_some();
        of("containers").chain(of("initContainers").filter(stays))
    });
    let others = containers.filter(|container| name(container) != NAME);
    others.filter_map(move |container| {
        let ports = container.get("ports").map(Node::items).unwrap_or_default();
        let mut numbers = ports.iter().filter_map(|taken| taken.get("containerPort"));
        let taken = numbers.find(|number| covers(number, port))?;
        Some((
            taken.line,
            format!("that of the container {}", name(container)),
        ))
    })
}

/// Flink's own, of which a reporter of metrics likes to take the first free one of 9250-9260.
fn by_flink(spec: &Node, port: u16) -> impl Iterator<Item = (usize, String)> {
    let configuration = spec.get("flinkConfiguration");
    let entries = configuration.map(|node| flattened("", node));
    let ports = entries
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.ends_with("port"));
    let taken = ports.filter(move |(_, value)| covers(value, port));
    taken.map(|(key, value)| (value.line, format!("among those of Flink's {key}")))
}

/// Flink writes `9249`, `9250-9260` and `9249,9300-9310`.
fn covers(ports: &Node, port: u16) -> bool {
    let ranges = ports.text().unwrap_or_default().split(',');
    ranges.into_iter().any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&port),
            _ => false,
        }
    })
}
