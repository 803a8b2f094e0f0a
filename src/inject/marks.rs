//! The comments that stand around everything inserted, by which it is found again.
//!
//! Pure: values in, values out.

use crate::inject::yaml::{self, Comment, Yaml};
use crate::inject::{Finding, is_flink};

/// Stands above what is inserted.
pub const BEGIN: &str = "# outrider: begin (inject again to change it, uninject to remove it)";
/// Stands below it.
pub const END: &str = "# outrider: end";

/// A text without what was inserted.
pub struct Stripped {
    /// It, to the byte as it was.
    pub text: String,
    /// Where lines were taken out: behind which line, and how many.
    taken: Vec<(usize, usize)>,
}

// === impl Stripped ===

impl Stripped {
    /// Where a line of the stripped text stands in the text that the user has.
    #[must_use]
    pub fn line_before(&self, line: usize) -> usize {
        let above = self.taken.iter().filter(|(behind, _)| line > *behind);
        line + above.map(|(_, lines)| lines).sum::<usize>()
    }

    /// How many blocks were taken out.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.taken.len()
    }
}

/// Takes out everything between marks, marks included.
///
/// # Errors
///
/// Says where the text is no YAML, and where a mark has lost its other half.
pub fn strip(text: &str) -> Result<Stripped, Finding> {
    let mut stripped = Stripped {
        text: String::with_capacity(text.len()),
        taken: Vec::new(),
    };
    let mut kept_from = 0;
    let mut begun: Option<(usize, usize)> = None;
    let mut lines_taken = 0;
    for comment in ours(&yaml::parse(text)?) {
        if is(comment, BEGIN) {
            if let Some((_, line)) = begun {
                return Err(lost(line, "begin", "end"));
            }
            begun = Some((line_start(text, comment.start), comment.line));
        } else if is(comment, END) {
            let Some((from, first)) = begun.take() else {
                return Err(lost(comment.line, "end", "begin"));
            };
            stripped.text.push_str(&text[kept_from..from]);
            kept_from = next_line(text, comment.start);
            let lines = comment.line + 1 - first;
            stripped.taken.push((first - 1 - lines_taken, lines));
            lines_taken += lines;
            // The line break before a block that ends the text came with the block.
            if kept_from == text.len() && !text.ends_with('\n') {
                let bare = without_line_break(&stripped.text).len();
                stripped.text.truncate(bare);
            }
        }
    }
    if let Some((_, line)) = begun {
        return Err(lost(line, "begin", "end"));
    }
    stripped.text.push_str(&text[kept_from..]);
    Ok(stripped)
}

/// The comments of FlinkDeployments: what others have is theirs, whatever it says.
fn ours(yaml: &Yaml) -> impl Iterator<Item = &Comment> {
    yaml.comments.iter().filter(|comment| {
        let begun = yaml
            .documents
            .partition_point(|document| document.start <= comment.start);
        yaml.documents[..begun].last().is_some_and(is_flink)
    })
}

fn is(comment: &Comment, mark: &str) -> bool {
    Some(comment.text.trim_end()) == mark.strip_prefix('#')
}

/// Where the line of this byte begins.
#[must_use]
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the line below the one of this byte begins; the text's end where there is none.
#[must_use]
pub fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn lost(line: usize, this: &str, other: &str) -> Finding {
    Finding::error(
        line,
        format!(
            "a comment `# outrider: {this}` without its `# outrider: {other}`: \
             put it back, or remove by hand what `outrider inject` put there"
        ),
    )
}
