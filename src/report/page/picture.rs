//! The picture: workers, `backlog_time` and utilization under each other, on one time axis, with
//! what happened marked; with the policy `model` the delay, too, and how it is foreseen to go on.
//!
//! Pure: values in, values out.
//!
//! Lines and grid are stretched to the width that there is; text and signs keep their size, so that
//! a phone shows them as large as a wide screen does. Points are thinned to what paper can show: the
//! picture stays below 56 kB (68 kB with the delay) and the page of an ordinary job below 100 kB,
//! though everything changed at every tick (`tests/report/picture.rs`).

mod axis;
mod line;
mod marks;
mod panel;
mod words;

use std::time::Duration;

use crate::decide::forecast::Foreseen;
use crate::report::history::points::Point;
use crate::report::page::html::Html;
use crate::report::page::picture::axis::TimeAxis;
use crate::report::page::picture::marks::Marked;
use crate::report::page::picture::panel::Panel;
use crate::report::page::view::View;
use crate::report::shown;
use crate::report::span::Span;
use crate::report::status::Status;
use crate::settings::Policy;
use crate::units::{Timestamp, len_as_f64};

/// The plot has so many hundredths of the width; names of thresholds stand beside it.
const PLOT: f64 = 86.0;
/// Signs stand above this.
const TOP: f64 = 34.0;
/// From one panel to the next.
const PANEL: f64 = 118.0;
/// Under the panels the time axis has so much.
const TIMES: f64 = 24.0;
/// No more than this is shown of what is foreseen.
const AHEAD_MOST: Duration = Duration::from_mins(15);

/// The picture under its heading, with the spans to choose from and a legend.
pub(super) fn picture(html: &mut Html, status: &Status, now: Timestamp, view: View) {
    html.raw("<h2>The last ");
    html.raw(view.span.words());
    let by_model = status.parsed.settings.policy == Policy::Model;
    let ahead = if by_model {
        (view.span.duration() * 2 / 3).min(AHEAD_MOST)
    } else {
        Duration::ZERO
    };
    if by_model {
        html.text(&format!(", and the next {}", shown::duration(ahead)));
    }
    html.raw("</h2>");
    spans(html, view);
    let drawing = Drawing {
        status,
        axis: TimeAxis {
            now,
            span: view.span,
            ahead,
        },
        by_model,
        foreseen: status.foreseen().filter(|_| by_model),
    };
    html.raw("<figure>");
    drawing.svg(html);
    legend(html, drawing);
    html.raw("</figure>");
}

/// What is drawn.
#[derive(Clone, Copy)]
struct Drawing<'a> {
    status: &'a Status,
    axis: TimeAxis,
    /// The policy `model` decides: by the delay.
    by_model: bool,
    foreseen: Option<Foreseen>,
}

// === impl Drawing ===

impl<'a> Drawing<'a> {
    fn points(self) -> impl Iterator<Item = &'a Point> + Clone {
        let TimeAxis { now, span, .. } = self.axis;
        self.status.history.points.within(span, now)
    }

    /// Three ticks, and not less than three of the default: without any for longer, nothing is known.
    fn patience(self) -> Duration {
        let interval = self.status.parsed.settings.interval;
        interval.max(Duration::from_secs(10)) * 3
    }

    fn svg(self, html: &mut Html) {
        html.raw("<svg class=\"picture\" width=\"100%\" height=\"");
        let panels = panel::panels(self);
        let foot = TOP + len_as_f64(panels.len()) * PANEL;
        html.number(foot + TIMES);
        html.raw(
            "\" role=\"img\" \
             aria-labelledby=\"picture-title\" aria-describedby=\"picture-desc\">\
             <title id=\"picture-title\">",
        );
        html.text(&words::title(self));
        html.raw("</title><desc id=\"picture-desc\">");
        html.text(&words::description(self));
        html.raw("</desc>");
        html.raw(SIGNS);
        let marked = Marked::of(&self.points(), self.axis);
        self.plot(html, &panels, &marked, foot);
        self.labels(html, &panels, foot);
        marked.signs(html);
        html.raw("</svg>");
    }

    /// All that is stretched.
    fn plot(self, html: &mut Html, panels: &[Panel], marked: &Marked, foot: f64) {
        html.raw("<svg width=\"86%\" height=\"");
        html.number(foot + 8.0);
        html.raw("\" viewBox=\"0 0 600 ");
        html.number(foot + 8.0);
        html.raw("\" preserveAspectRatio=\"none\">");
        let mut hours = String::new();
        for (x, _) in self.axis.ticks() {
            hours += &format!("M{} {TOP}V{foot}", line::tenths(x));
        }
        html.path("grid", &hours);
        for panel in panels {
            panel.grid(html);
        }
        marked.lines(html, TOP, foot);
        if self.by_model {
            let now = line::tenths(self.axis.x(self.axis.now));
            html.path("axis", &format!("M{now} {TOP}V{foot}"));
        }
        for panel in panels {
            panel.lines(html);
        }
        html.raw("</svg>");
    }

    /// All that keeps its size.
    fn labels(self, html: &mut Html, panels: &[Panel], foot: f64) {
        for panel in panels {
            panel.labels(html);
        }
        for (x, time) in self.axis.ticks() {
            // Half a label is wider than what is left at the edge of a phone.
            if (36.0..=564.0).contains(&x) {
                html.raw("<text class=\"time\" x=\"");
                html.number(TimeAxis::percent(x));
                html.raw("%\" y=\"");
                html.number(foot + 20.0);
                html.raw("\">");
                html.text(&time);
                html.raw("</text>");
            }
        }
        html.raw("<text class=\"limit\" x=\"86%\" dx=\"4\" y=\"");
        html.number(foot + 20.0);
        html.raw("\">UTC</text>");
    }
}

/// Drawn once, used on the picture and in the legend.
const SIGNS: &str = "<defs>\
     <path id=\"sign-restart\" class=\"sign sign-restart\" d=\"M-4 -4H4V4H-4Z\"/>\
     <path id=\"sign-rescale\" class=\"sign sign-rescale\" d=\"M-5 4L0 -5L5 4Z\"/>\
     <path id=\"sign-failure\" class=\"sign sign-failure\" d=\"M-4 -4L4 4M4 -4L-4 4\"/>\
     </defs>";

/// At the top, where it is found before the page is made anew under a reader.
fn spans(html: &mut Html, view: View) {
    html.raw("<p class=\"spans\">Show the last");
    for span in Span::ALL {
        html.raw(" <a href=\"");
        html.text(&View { span, ..view }.address());
        html.raw(if span == view.span {
            "\" aria-current=\"page\">"
        } else {
            "\">"
        });
        html.raw(span.words());
        html.raw("</a>");
    }
    let other = View {
        still: !view.still,
        ..view
    };
    html.raw(if view.still {
        ". The page stands still; <a href=\""
    } else {
        ". The page is made anew every 10 seconds; <a href=\""
    });
    html.text(&other.address());
    html.raw(if view.still {
        "\">make it anew</a>.</p>"
    } else {
        "\">keep it still</a>.</p>"
    });
}

fn legend(html: &mut Html, drawing: Drawing<'_>) {
    let settings = &drawing.status.parsed.settings;
    let high = format!(
        "HIGH: {}, {}",
        shown::duration(settings.backlog_time_high),
        settings.utilization_high
    );
    let low = format!(
        "LOW: {}, {}",
        shown::duration(settings.backlog_time_low),
        settings.utilization_low
    );
    let target = format!("TARGET: {}", settings.utilization_target);
    html.raw("<figcaption><ul class=\"legend\">");
    let always = [
        ("<path class=\"in-use\" d=\"M0 6H28\"/>", "workers in use"),
        ("<path class=\"present\" d=\"M0 6H28\"/>", "present"),
        ("<path class=\"asked\" d=\"M0 6H28\"/>", "asked"),
        ("<path class=\"high\" d=\"M0 6H28\"/>", &high),
        ("<path class=\"target\" d=\"M0 6H28\"/>", &target),
        ("<path class=\"low\" d=\"M0 6H28\"/>", &low),
        (
            "<path class=\"rescale\" d=\"M14 0V12\"/><use href=\"#sign-rescale\" x=\"14\" y=\"6\"/>",
            "rescale asked",
        ),
        (
            "<path class=\"restart\" d=\"M14 0V12\"/><use href=\"#sign-restart\" x=\"14\" y=\"6\"/>",
            "restart",
        ),
        (
            "<use href=\"#sign-failure\" x=\"14\" y=\"6\"/>",
            "failed action",
        ),
        (
            "<path class=\"checkpoint\" d=\"M14 3V9\"/>",
            "checkpoint completed",
        ),
    ];
    let by_model = legend_of_delay(drawing);
    let by_model = by_model
        .iter()
        .map(|(drawn, words)| (*drawn, words.as_str()));
    for (drawn, meaning) in always.into_iter().chain(by_model) {
        html.raw("<li><svg class=\"picture\" width=\"28\" height=\"12\" aria-hidden=\"true\">");
        html.raw(drawn);
        html.raw("</svg>");
        html.text(meaning);
        html.raw("</li>");
    }
    html.raw("</ul>Where a line breaks off, nothing is known.</figcaption>");
}

/// What the panel of the delay shows, and what it foresees, in words.
fn legend_of_delay(drawing: Drawing<'_>) -> Vec<(&'static str, String)> {
    if !drawing.by_model {
        return Vec::new();
    }
    let budget = drawing.status.parsed.settings.delay_budget;
    let now = ("<path class=\"axis\" d=\"M14 0V12\"/>", "now".into());
    let mut legend = vec![
        now,
        (
            "<path class=\"budget\" d=\"M0 6H28\"/>",
            format!(
                "BUDGET: {} of delay, the age of the oldest unread element",
                shown::duration(budget)
            ),
        ),
    ];
    let stay = words::stay(drawing);
    legend.extend(stay.map(|words| ("<path class=\"stay\" d=\"M0 6H28\"/>", words)));
    let change = words::change(drawing);
    legend.extend(change.map(|words| ("<path class=\"change\" d=\"M0 6H28\"/>", words)));
    legend
}
