//! The page for a person who was paged: what is done, why, and how to stop it. The same content as
//! `/status`, made by the server, without scripts and without anything from elsewhere.
//!
//! Pure: values in, values out.

mod history;
mod html;
mod picture;
mod sections;
mod view;

use crate::observe::JobSeen;
use crate::report::headline::headline;
use crate::report::page::html::Html;
pub use crate::report::page::view::View;
use crate::report::shown;
use crate::report::status::{LastTick, Status, VERSION};
use crate::units::Timestamp;

/// The whole style; it stands in the page, so that a saved page is complete.
const STYLE: &str = include_str!("page/page.css");

/// What a browser may do with the page: show it and its own style, nothing else. The hash is that of
/// the style; a test calculates it again.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-04bKMgc5MREm39bP1e3beJF36cmsk4XF1fiDOKm1mxo='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page as HTML, as it was asked for.
#[must_use]
pub fn page(status: &Status, now: Timestamp, view: View) -> String {
    let mut html = Html::default();
    head(&mut html, status, view);
    html.raw("<body><header><h1>Outrider: ");
    html.text(&job(status.last.as_ref()));
    html.raw("</h1><p class=\"headline\">");
    html.text(&headline(status, now));
    html.raw("</p>");
    why(&mut html, status, now);
    html.raw(PARTS);
    html.raw("</header><main>");
    sections::pauses(&mut html, status, now);
    sections::troubles(&mut html, status);
    picture::picture(&mut html, status, now, view);
    html.raw("<section id=\"decision\">");
    sections::decision(&mut html, status, now);
    html.raw("</section><section id=\"job\">");
    if let Some(last) = &status.last {
        sections::sources(&mut html, &last.observation);
        sections::vertices(&mut html, &last.observation);
        sections::observation(&mut html, last, now);
        sections::model(&mut html, last);
    }
    html.raw("</section><section id=\"history\">");
    history::history(&mut html, status, now);
    html.raw("</section><section id=\"stop\">");
    html.raw(STOP);
    html.raw("</section><section id=\"settings\">");
    sections::settings(&mut html, &status.parsed);
    html.raw("</section></main><footer><p>");
    html.text(&format!(
        "Outrider {VERSION}. This page is of {now}; it runs since {}. ",
        status.started
    ));
    for_programs(&mut html, view);
    html.raw("</p></footer></body></html>\n");
    html.done()
}

/// The ways to the parts of a page that is long on a phone.
const PARTS: &str = "<nav aria-label=\"Parts of this page\"><a href=\"#decision\">Decision</a> \
     <a href=\"#job\">Job</a> <a href=\"#history\">History</a> \
     <a href=\"#stop\">How to stop it</a> <a href=\"#settings\">Settings</a></nav>";

fn head(html: &mut Html, status: &Status, view: View) {
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    html.text(&job(status.last.as_ref()));
    html.raw(" – Outrider</title>");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    if !view.still {
        html.raw("<meta http-equiv=\"refresh\" content=\"10\">");
    }
    html.raw("<style>");
    html.raw(STYLE);
    html.raw("</style></head>");
}

/// Under the first sentence, because it is the next question.
fn why(html: &mut Html, status: &Status, now: Timestamp) {
    let Some(why) = status.why() else {
        return;
    };
    html.raw("<p class=\"why\">");
    if let Some(asked) = why.rescale {
        let at = shown::moment(now, asked);
        html.text(&format!("Why (decided at {at} UTC): "));
    }
    html.text(&why.sentence);
    html.raw("</p>");
}

fn job(last: Option<&LastTick>) -> String {
    match last.map(|last| &last.observation.job) {
        None => "no tick yet".into(),
        Some(JobSeen::Unreachable { .. }) => "Flink does not answer".into(),
        Some(JobSeen::None) => "no job".into(),
        Some(JobSeen::Several { jobs }) => format!("{jobs} jobs"),
        Some(JobSeen::One { name, state, .. }) => {
            format!("{name} ({})", shown::words(&state.to_lowercase()))
        }
    }
}

const STOP: &str = "<h2>How to stop it</h2>\
     <p>Set <code>OUTRIDER_MODE=observe</code> in the sidecar's environment and redeploy: it goes \
     on telling what it would do, and changes nothing. Or remove the sidecar from the pod \
     template: the job keeps the number of workers that it has. Both restart the JobManager. \
     To stop it at once and without a restart, annotate the FlinkDeployment: \
     <code>kubectl annotate flinkdeployment NAME outrider.dev/paused=true</code> is read before \
     each change. With another target in Kubernetes, delete the RoleBinding that lets it scale: it \
     is then refused, and says so here.</p>";

fn for_programs(html: &mut Html, view: View) {
    html.raw("The same for programs: <a href=\"status?span=");
    html.raw(view.span.name());
    html.raw(
        "\">status</a> with the points of the picture, <a href=\"status\">without</a>, \
         <a href=\"metrics\">metrics</a>.",
    );
}
