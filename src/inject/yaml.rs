//! YAML as a tree that knows where each of its nodes stands in the text.
//!
//! Pure: values in, values out.
//!
//! Nothing is ever written from this tree: a user's comments, order and style stay because the text
//! itself is edited. The tree only tells the places.

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use crate::inject::Finding;

/// A text's documents and its comments, both in their order.
pub struct Yaml {
    /// The root of each document.
    pub documents: Vec<Node>,
    /// What follows a `#` that begins a comment.
    pub comments: Vec<Comment>,
}

/// A comment.
pub struct Comment {
    /// Where its `#` stands, in bytes.
    pub start: usize,
    /// The line, from 1.
    pub line: usize,
    /// Everything behind the `#`.
    pub text: String,
}

/// A node and its place.
#[derive(Debug)]
pub struct Node {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Behind its last byte. Of a block, the end of what is in it: what follows belongs to nobody.
    pub end: usize,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, from 0.
    pub column: usize,
    /// Whether it has an anchor, so that it may stand in other places, too.
    pub anchored: bool,
    /// What it is.
    pub shape: Shape,
}

/// What a node is.
#[derive(Debug)]
pub enum Shape {
    /// A key without a value.
    Empty,
    /// A text.
    Scalar(String),
    /// A list.
    Sequence {
        /// Whether it is written with brackets.
        flow: bool,
        /// Its items.
        items: Vec<Node>,
    },
    /// Keys with their values.
    Mapping {
        /// Whether it is written with braces.
        flow: bool,
        /// Its entries.
        entries: Vec<(Node, Node)>,
    },
    /// Another place's node.
    Alias,
}

/// A node that is not complete yet, and in a mapping the key that waits for its value.
struct Open {
    node: Node,
    key: Option<Node>,
}

// === impl Node ===

impl Node {
    /// The value of a key; nothing where this is no mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A key with its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&(Self, Self)> {
        self.entries()
            .iter()
            .find(|(name, _)| name.text() == Some(key))
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A mapping's entries; none where this is no mapping.
    #[must_use]
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.shape {
            Shape::Mapping { entries, .. } => entries,
            _ => &[],
        }
    }

    /// A list's items; none where this is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.shape {
            Shape::Sequence { items, .. } => items,
            _ => &[],
        }
    }

    fn new(span: &Span, anchor: usize, shape: Shape) -> Self {
        Self {
            start: byte(&span.start),
            end: byte(&span.end),
            line: span.start.line(),
            column: span.start.col(),
            anchored: anchor != 0,
            shape,
        }
    }

    fn is_flow(&self) -> bool {
        matches!(
            self.shape,
            Shape::Sequence { flow: true, .. } | Shape::Mapping { flow: true, .. }
        )
    }
}

// === impl Open ===

impl Open {
    fn new(node: Node) -> Self {
        Self { node, key: None }
    }

    fn take(&mut self, node: Node) {
        match &mut self.node.shape {
            Shape::Sequence { items, .. } => items.push(node),
            Shape::Mapping { entries, .. } => match self.key.take() {
                None => self.key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            Shape::Empty | Shape::Scalar(_) | Shape::Alias => {}
        }
    }

    /// The end of a block is that of its last part; the parser's is where the next thing begins.
    fn close(mut self, span: &Span) -> Node {
        self.node.end = if self.node.is_flow() {
            byte(&span.end)
        } else {
            let items = self.node.items().iter();
            let entries = self
                .node
                .entries()
                .iter()
                .flat_map(|(key, value)| [key, value]);
            let ends = items.chain(entries).map(|node| match node.shape {
                Shape::Empty => 0,
                _ => node.end,
            });
            ends.max().unwrap_or(self.node.start)
        };
        self.node
    }
}

/// Reads a whole text.
///
/// # Errors
///
/// Says where the text stops being YAML, and why.
pub fn parse(text: &str) -> Result<Yaml, Finding> {
    let mut yaml = Yaml {
        documents: Vec::new(),
        comments: Vec::new(),
    };
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| not_yaml(&error))?;
        let node = match event {
            Event::Scalar(value, style, anchor, _) => {
                let shape = if style == ScalarStyle::Plain && span.start == span.end {
                    Shape::Empty
                } else {
                    Shape::Scalar(value.into_owned())
                };
                Node::new(&span, anchor, shape)
            }
            Event::Alias(_) => Node::new(&span, 0, Shape::Alias),
            Event::SequenceStart(style, anchor, _) => {
                open.push(Open::new(Node::new(&span, anchor, sequence(style))));
                continue;
            }
            Event::MappingStart(style, anchor, _) => {
                open.push(Open::new(Node::new(&span, anchor, mapping(style))));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let last = open.pop().expect("the parser ends only what it began");
                last.close(&span)
            }
            Event::Comment(text, _) => {
                yaml.comments.push(Comment {
                    start: byte(&span.start),
                    line: span.start.line(),
                    text: text.into_owned(),
                });
                continue;
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.take(node),
            None => yaml.documents.push(node),
        }
    }
    Ok(yaml)
}

fn sequence(style: StructureStyle) -> Shape {
    Shape::Sequence {
        flow: style == StructureStyle::Flow,
        items: Vec::new(),
    }
}

fn mapping(style: StructureStyle) -> Shape {
    Shape::Mapping {
        flow: style == StructureStyle::Flow,
        entries: Vec::new(),
    }
}

fn byte(marker: &granit_parser::Marker) -> usize {
    marker
        .byte_offset()
        .expect("a parser of a text in memory knows its bytes")
}

fn not_yaml(error: &ScanError) -> Finding {
    Finding::error(
        error.marker().line(),
        format!(
            "this is not YAML: {}; mend it there or just above",
            error.info()
        ),
    )
}
