//! Where lines can be put into a text without touching any other line.
//!
//! Pure: values in, values out.

use crate::inject::Finding;
use crate::inject::marks::{self, BEGIN, END};
use crate::inject::yaml::{Node, Shape};

/// Lines to be put into a text.
#[derive(Debug)]
pub struct Insertion {
    /// In front of which byte: the beginning of a line, or the end of the text.
    pub at: usize,
    /// How many spaces stand before each line.
    pub indent: usize,
    /// The lines, indented among themselves.
    pub lines: Vec<String>,
}

/// What was found at the end of a path of keys.
pub enum Spot<'a> {
    /// The value that is there.
    Found(&'a Node),
    /// It is not there, but this much of the path is.
    Missing {
        /// How many of the path's keys are there.
        there: usize,
        /// In front of which byte the next key belongs.
        at: usize,
        /// How many spaces stand before it.
        indent: usize,
    },
}

/// Goes down from an entry by a path of keys, as far as it leads.
///
/// # Errors
///
/// Says where the text is written so that nothing can be put into it.
pub fn descend<'a>(
    text: &str,
    entry: &'a (Node, Node),
    path: &[&str],
) -> Result<Spot<'a>, Finding> {
    let (mut key, mut value) = (&entry.0, &entry.1);
    for (there, next) in path.iter().enumerate() {
        let name = key.text().unwrap_or_default();
        let Some((first, _)) = block_mapping(text, name, key, value)? else {
            let at = marks::next_line(text, key.end);
            let indent = key.column + 2;
            return Ok(Spot::Missing { there, at, indent });
        };
        let Some(found) = value.entry(next) else {
            let indent = first.column;
            let at = after(text, value, indent);
            return Ok(Spot::Missing { there, at, indent });
        };
        only_one(value, next)?;
        (key, value) = (&found.0, &found.1);
    }
    if matches!(value.shape, Shape::Empty) && !value.anchored {
        return Ok(Spot::Missing {
            there: path.len(),
            at: marks::next_line(text, key.end),
            indent: key.column + 2,
        });
    }
    Ok(Spot::Found(value))
}

/// The first entry of a mapping that lines can be added to; nothing where the key has no value.
///
/// # Errors
///
/// Says why nothing can be added to it.
pub fn block_mapping<'a>(
    text: &str,
    name: &str,
    key: &Node,
    value: &'a Node,
) -> Result<Option<&'a (Node, Node)>, Finding> {
    shared_by_nobody(name, key.line, value)?;
    match &value.shape {
        Shape::Empty => Ok(None),
        Shape::Mapping {
            flow: false,
            entries,
        } => {
            if let Some((merge, _)) = value.entry("<<") {
                return Err(Finding::error(
                    merge.line,
                    format!("{name} takes its keys from elsewhere (`<<`): write them out here"),
                ));
            }
            let first = entries.first().expect("a block has something in it");
            at_the_beginning(text, name, &first.0, "")?;
            Ok(Some(first))
        }
        Shape::Mapping { flow: true, .. } => Err(flow(name, key.line)),
        Shape::Sequence { .. } | Shape::Scalar(_) | Shape::Alias => Err(Finding::error(
            key.line,
            format!("{name} is not a mapping: write its keys below it, one to a line"),
        )),
    }
}

/// The column of the dashes of a list that lines can be added to.
///
/// # Errors
///
/// Says why nothing can be added to it.
pub fn block_sequence(text: &str, name: &str, value: &Node) -> Result<usize, Finding> {
    shared_by_nobody(name, value.line, value)?;
    match &value.shape {
        Shape::Sequence { flow: false, items } => {
            let first = items.first().expect("a block has something in it");
            at_the_beginning(text, name, first, "-")
        }
        Shape::Sequence { flow: true, .. } => Err(flow(name, value.line)),
        _ => Err(Finding::error(
            value.line,
            format!("{name} is not a list: write its items below it, each with a dash"),
        )),
    }
}

/// Refuses a key that stands twice: which of them counts is for nobody to guess.
///
/// # Errors
///
/// Says where the second one stands.
pub fn only_one(mapping: &Node, key: &str) -> Result<(), Finding> {
    let mut same = mapping
        .entries()
        .iter()
        .filter(|(name, _)| name.text() == Some(key));
    match (same.next(), same.next()) {
        (Some((first, _)), Some((second, _))) => Err(Finding::error(
            second.line,
            format!(
                "{key} stands here and in line {}: keep one of them",
                first.line
            ),
        )),
        _ => Ok(()),
    }
}

/// Behind a node: in front of the line below its last one. Comments below it that stand at
/// `column` or deeper still belong to it.
#[must_use]
pub fn after(text: &str, node: &Node, column: usize) -> usize {
    let content = text[..node.end].trim_end().len();
    let mut at = marks::next_line(text, content);
    // A text written with `|+` keeps its empty lines: what is put behind them does not change it.
    while node.end > at && is_blank(text, at) {
        at = marks::next_line(text, at);
    }
    while let Some(line) = text[at..].split_inclusive('\n').next() {
        let words = line.trim_start_matches(' ');
        if !words.starts_with('#') || line.len() - words.len() < column {
            break;
        }
        at += line.len();
    }
    at
}

fn is_blank(text: &str, at: usize) -> bool {
    let line = &text[at..marks::next_line(text, at)];
    line.trim().is_empty()
}

/// The lines below keys that are not there yet.
#[must_use]
pub fn below(keys: &[&str], lines: Vec<String>) -> Vec<String> {
    keys.iter().rev().fold(lines, |lines, key| {
        let mut all = vec![format!("{key}:")];
        all.extend(lines.into_iter().map(|line| format!("  {line}")));
        all
    })
}

/// Puts everything in, with marks around it and line breaks as the text has them.
#[must_use]
pub fn insert(text: &str, mut insertions: Vec<Insertion>) -> String {
    // At the same byte what stands deeper belongs to what is above, so it comes first.
    insertions.sort_by_key(|insertion| (insertion.at, usize::MAX - insertion.indent));
    let first_line = text.split_inclusive('\n').next().unwrap_or_default();
    let line_break = if first_line.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let mut all = String::with_capacity(text.len());
    let mut from = 0;
    for insertion in insertions {
        all.push_str(&text[from..insertion.at]);
        from = insertion.at;
        let is_open = !all.is_empty() && !all.ends_with('\n');
        let block = marked(&insertion, line_break);
        if is_open {
            all.push_str(line_break);
            all.push_str(&block);
        } else {
            all.push_str(&block);
            all.push_str(line_break);
        }
    }
    all.push_str(&text[from..]);
    all
}

fn marked(insertion: &Insertion, line_break: &str) -> String {
    let indent = " ".repeat(insertion.indent);
    let lines = insertion.lines.iter().map(String::as_str);
    let lines = std::iter::once(BEGIN).chain(lines).chain([END]);
    let lines: Vec<String> = lines.map(|line| format!("{indent}{line}")).collect();
    lines.join(line_break)
}

fn shared_by_nobody(name: &str, line: usize, value: &Node) -> Result<(), Finding> {
    if matches!(value.shape, Shape::Alias) {
        return Err(Finding::error(
            line,
            format!(
                "{name} is an alias (`*`): write it out here, the sidecar belongs to this place alone"
            ),
        ));
    }
    if value.anchored {
        return Err(Finding::error(
            line,
            format!(
                "{name} has an anchor (`&`), so the sidecar would come to other places, too: take the anchor away"
            ),
        ));
    }
    Ok(())
}

fn flow(name: &str, line: usize) -> Finding {
    Finding::error(
        line,
        format!(
            "{name} is written with brackets or braces: write it as a block, one entry to a line"
        ),
    )
}

/// The column where a node's line begins, if nothing but spaces and `dash` stands before the node.
fn at_the_beginning(text: &str, name: &str, node: &Node, dash: &str) -> Result<usize, Finding> {
    let before = &text[marks::line_start(text, node.start)..node.start];
    if before.trim() != dash {
        return Err(Finding::error(
            node.line,
            format!(
                "{name} does not begin a line of its own: write it as a block, one entry to a line"
            ),
        ));
    }
    Ok(before.len() - before.trim_start().len())
}
