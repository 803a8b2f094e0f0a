//! Which series an expression in `PromQL` names: a reader of words, not of the grammar, which
//! Prometheus itself checks (`tests/run metrics`).

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// What an expression names.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Named {
    pub metrics: BTreeSet<String>,
    /// Labels that are matched or grouped by.
    pub labels: BTreeSet<String>,
    /// Label and value, each alternative of a regular expression on its own.
    pub values: BTreeSet<(String, String)>,
}

/// Followed by labels in parentheses.
const GROUPING: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];

// === impl Named ===

impl Named {
    pub fn by(expression: &str) -> Self {
        let mut named = Self::default();
        let mut rest = expression.chars().peekable();
        while let Some(&next) = rest.peek() {
            match next {
                '{' => named.matchers(&until(&mut rest, '}')),
                '[' => drop(until(&mut rest, ']')),
                // A number with its unit, or a variable of the dashboard.
                '0'..='9' | '$' => {
                    rest.next();
                    word(&mut rest);
                }
                'a'..='z' | 'A'..='Z' | '_' => {
                    let word = word(&mut rest);
                    named.word(word, &mut rest);
                }
                _ => drop(rest.next()),
            }
        }
        named
    }

    fn word(&mut self, word: String, rest: &mut Peekable<Chars<'_>>) {
        let following: String = rest.clone().collect();
        let following = following.trim_start();
        if GROUPING.contains(&word.as_str()) {
            let labels = until(rest, ')');
            let labels = labels.trim_start().trim_start_matches('(').split(',');
            let labels = labels.map(|label| label.trim().to_owned());
            self.labels.extend(labels.filter(|label| !label.is_empty()));
        } else if following.starts_with('(')
            || following.starts_with("by ")
            || following.starts_with("without ")
            || OPERATORS.contains(&word.as_str())
        {
            // A function, an aggregation, an operator.
        } else {
            self.metrics.insert(word);
        }
    }

    /// `{type="paused", reason=~"a|b"`: no value of ours has a comma or a brace in it.
    fn matchers(&mut self, text: &str) {
        let matchers = text.trim_start_matches('{').split(',');
        for matcher in matchers.filter(|matcher| !matcher.trim().is_empty()) {
            let label = matcher.split(['=', '!']).next().expect("a label").trim();
            let value = matcher.split('"').nth(1).expect("a value in quotes");
            self.labels.insert(label.to_owned());
            let alternatives = value.split('|');
            let pairs = alternatives.map(|value| (label.to_owned(), value.to_owned()));
            self.values.extend(pairs);
        }
    }
}

fn word(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || "_:".contains(*c)) {
        word.push(c);
    }
    word
}

/// What stands before `end`, which is taken, too.
fn until(rest: &mut Peekable<Chars<'_>>, end: char) -> String {
    rest.by_ref().take_while(|c| *c != end).collect()
}
