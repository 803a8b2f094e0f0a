//! A piece of a manifest: made once, written as the lines of YAML that a person reads and as the
//! JSON that Kubernetes speaks.
//!
//! Pure: values in, values out.

use serde_json::Value;

/// A piece of a manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A text of our own, which needs no quotes in YAML.
    Word(String),
    /// A text that may be anything, also one that YAML would take for something else.
    Quoted(String),
    /// A number.
    Number(u32),
    /// True or false.
    Flag(bool),
    /// Items.
    List(Vec<Piece>),
    /// Keys with their values, in the order in which a person reads them.
    Map(Vec<(&'static str, Piece)>),
}

// === impl Piece ===

impl Piece {
    /// A text of our own.
    #[must_use]
    pub fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// The lines that stand below a key; one for what stands beside it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Map(entries) => entries.iter().flat_map(entry).collect(),
            Self::List(items) => items.iter().flat_map(item).collect(),
            Self::Word(text) => vec![text.clone()],
            // A JSON string is a YAML string, whatever is in it.
            scalar => vec![scalar.json().to_string()],
        }
    }

    /// As Kubernetes' API has it.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Word(text) | Self::Quoted(text) => Value::from(text.as_str()),
            Self::Number(number) => Value::from(*number),
            Self::Flag(flag) => Value::from(*flag),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.json()))
                .collect(),
        }
    }
}

fn entry((key, value): &(&'static str, Piece)) -> Vec<String> {
    match value {
        Piece::List(_) | Piece::Map(_) => {
            let below = value.lines();
            let below = below.into_iter().map(|line| format!("  {line}"));
            std::iter::once(format!("{key}:")).chain(below).collect()
        }
        scalar => vec![format!("{key}: {}", scalar.lines().concat())],
    }
}

fn item(piece: &Piece) -> Vec<String> {
    let lines = piece.lines().into_iter().enumerate();
    let dashed = lines.map(|(place, line)| {
        let dash = if place == 0 { "-" } else { " " };
        format!("{dash} {line}")
    });
    dashed.collect()
}
