//! HTML in which nothing that came from outside can be anything but text.
//!
//! Pure: values in, values out.

/// A page that is being written. Markup is always a constant of this program; everything else goes
/// through [`Html::text`].
#[derive(Default)]
pub(super) struct Html(String);

// === impl Html ===

impl Html {
    /// Markup, as it stands.
    pub fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Text, whatever it contains.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    /// A number, for a coordinate.
    pub fn number(&mut self, number: f64) {
        self.0.push_str(&number.to_string());
    }

    /// A path of an SVG; nothing where it is empty.
    pub fn path(&mut self, class: &'static str, path: &str) {
        if path.is_empty() {
            return;
        }
        self.raw("<path class=\"");
        self.raw(class);
        self.raw("\" d=\"");
        self.text(path);
        self.raw("\"/>");
    }

    /// A heading and a table under it, in a region that scrolls by itself where the screen is
    /// narrow. The first cell of a row names the row. Without rows a sentence says so.
    pub fn table<const N: usize>(
        &mut self,
        heading: &'static str,
        columns: [&'static str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        self.raw("<h2>");
        self.raw(heading);
        self.raw("</h2>");
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            self.raw("<p>None.</p>");
            return;
        }
        self.raw("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
        self.raw(heading);
        self.raw("\"><table><thead><tr>");
        for column in columns {
            self.raw("<th scope=\"col\">");
            self.raw(column);
            self.raw("</th>");
        }
        self.raw("</tr></thead><tbody>");
        for row in rows {
            self.row(&row);
        }
        self.raw("</tbody></table></div>");
    }

    /// The finished text.
    pub fn done(self) -> String {
        self.0
    }

    fn row(&mut self, cells: &[String]) {
        self.raw("<tr>");
        for (column, cell) in cells.iter().enumerate() {
            self.raw(if column == 0 {
                "<th scope=\"row\">"
            } else {
                "<td>"
            });
            self.text(cell);
            self.raw(if column == 0 { "</th>" } else { "</td>" });
        }
        self.raw("</tr>");
    }
}
