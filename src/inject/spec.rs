//! What is asked of a FlinkDeployment's spec in more than one place.
//!
//! Pure: values in, values out.

use crate::inject::yaml::Node;

/// A container's name.
#[must_use]
pub fn name(container: &Node) -> &str {
    container.get("name").and_then(Node::text).unwrap_or("?")
}

/// An entry of Flink's configuration, whether its words stand in one key or below one another.
#[must_use]
pub fn configuration<'a>(spec: &'a Node, key: &str) -> Option<&'a Node> {
    let entries = flattened("", spec.get("flinkConfiguration")?);
    let mut of_this_key = entries.into_iter().filter(|(name, _)| name == key);
    of_this_key.next().map(|(_, value)| value)
}

/// All entries below a node with their whole keys.
#[must_use]
pub fn flattened<'a>(above: &str, node: &'a Node) -> Vec<(String, &'a Node)> {
    let entries = node.entries().iter().flat_map(|(key, value)| {
        let key = format!("{above}{}", key.text().unwrap_or_default());
        match value.entries() {
            [] => vec![(key, value)],
            _ => flattened(&format!("{key}."), value),
        }
    });
    entries.collect()
}
