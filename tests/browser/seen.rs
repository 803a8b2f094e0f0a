//! What a reader sees on the page, read out of the browser.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::chromium::Chromium;

/// A row of a table: the texts of its cells by their column.
pub type Row = BTreeMap<String, String>;

/// The page at a moment.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Seen {
    /// When the browser began to load it: another number is another document.
    pub loaded: f64,
    pub title: String,
    pub headline: String,
    /// By their headings.
    pub tables: BTreeMap<String, Vec<Row>>,
    /// The picture, for who cannot see it.
    pub picture: String,
    /// The line of the workers in use.
    pub in_use: Option<String>,
}

const READ: &str = r"
    const text = element => element.innerText.trim();
    const tables = {};
    for (const region of document.querySelectorAll('[role=region]')) {
        const [head, ...rows] = [...region.querySelectorAll('tr')]
            .map(row => [...row.cells].map(text));
        tables[region.getAttribute('aria-label')] = rows
            .map(row => Object.fromEntries(row.map((cell, n) => [head[n], cell])));
    }
    return document.readyState !== 'complete' ? null : {
        loaded: performance.timeOrigin,
        title: document.title,
        headline: text(document.querySelector('.headline')),
        tables,
        picture: document.querySelector('figure desc').textContent,
        in_use: document.querySelector('figure > svg path.in-use')?.getAttribute('d'),
    };
";

// === impl Seen ===

impl Seen {
    /// `None` while the page is being made anew.
    pub fn by(chromium: &Chromium) -> Option<Self> {
        serde_json::from_value(chromium.script(READ).ok()?).ok()?
    }

    /// The rows of a table; none where it is not there.
    pub fn table(&self, heading: &str) -> &[Row] {
        self.tables.get(heading).map_or(&[], Vec::as_slice)
    }

    /// Where the page knows it.
    pub fn workers_in_use(&self) -> Option<u32> {
        self.table("Workers").first()?["in use"].parse().ok()
    }
}
