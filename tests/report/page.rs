//! The page, and the sentence at its top.

use expect_test::expect;
use outrider::decide::{Action, HoldReason};
use outrider::outcome::Outcome;
use outrider::report::headline::headline;
use outrider::report::page::{CONTENT_SECURITY_POLICY, View, page};
use outrider::report::span::Span;
use outrider::units::Workers;

use crate::evening::{END, evening};
use crate::situations::{START, active, after, busy, hold, scale_to, settings, silent};
use crate::told::told;

const VIEW: View = View {
    span: Span::QuarterHour,
    still: false,
};

#[test]
fn the_first_sentence_says_what_is_done_and_why() {
    let scaling = |outcome| {
        let mut situation = busy("orders");
        (situation.decision, situation.outcome) = (scale_to(8), outcome);
        situation
    };
    let refused = Outcome::Refused {
        why: "it is being upgraded".into(),
    };
    let mut out_of_date = busy("orders");
    out_of_date.decision.action = Action::Hold {
        reason: HoldReason::Cooldown,
        until: Some(after(90)),
    };
    let mut lost = silent();
    lost.workers_asked = Some(Workers(4));
    let mut restarting = busy("orders");
    restarting.observation.workers.in_use = None;
    restarting.decision = hold(HoldReason::RescaleInProgress, None);
    (restarting.rescales[0].from, restarting.rescales[0].to) = (Workers(2), Workers(5));
    (restarting.rescales[0].asked, restarting.rescales[0].end) = (after(88), None);
    let mut wants_more = busy("orders");
    wants_more.rescales = restarting.rescales.clone();
    wants_more.decision.action = restarting.decision.action;
    let cases = [
        (active(), restarting, 100),
        (active(), wants_more, 100),
        (active(), lost, 100),
        (active(), busy("orders"), 100),
        (active(), out_of_date, 100),
        (active(), silent(), 100),
        (active(), scaling(Outcome::Nothing), 100),
        (active(), scaling(refused), 100),
        (settings(&[]), scaling(Outcome::OnlyObserved), 100),
        (active(), busy("orders"), 1_000),
    ];
    let sentences: Vec<String> = cases
        .iter()
        .map(|(parsed, situation, at)| headline(&told(parsed, &[situation]), after(*at)))
        .collect();
    expect![[r#"
        rescaling from 2 to 5 workers, for 12 s
        rescaling from 2 to 5 workers, for 12 s; would go to 6
        4 workers asked for, holding: flink unreachable
        4 workers, holding: cooldown for another 42 s; would go to 6
        4 workers, holding: cooldown; would go to 6
        unknown workers, holding: flink unreachable
        4 workers, scaling to 8: a source would need too long to read its backlog
        4 workers, wanted 8, which was refused (it is being upgraded): a source would need too long to read its backlog
        4 workers, would scale to 8 but only observes (OUTRIDER_TARGET is not set): a source would need too long to read its backlog
        no tick for 15 min, so this is old: 4 workers, holding: cooldown; would go to 6"#]].assert_eq(&sentences.join("\n"));
}

#[test]
fn a_name_on_the_page_is_never_markup() {
    let status = told(&active(), &[&busy("<script>alert('x')</script>\"&")]);
    let page = page(&status, after(100), VIEW);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_no_script() {
    let page = page(&told(&active(), &[&busy("orders")]), after(100), VIEW);
    for foreign in [
        "<script",
        "src=",
        "@import",
        "url(",
        "<link",
        "onclick",
        "style=",
        "<foreignObject",
        "<image",
        "<animate",
    ] {
        assert!(!page.contains(foreign), "{foreign} in {page}");
    }
    assert!(page.contains("falls behind"), "{page}");
    assert!(page.contains("OUTRIDER_MODE=observe"), "{page}");
}

#[test]
fn the_page_stands_still_for_who_wants_to_read_it() {
    let status = told(&active(), &[&busy("orders")]);
    let refresh = "http-equiv=\"refresh\" content=\"10\"";
    assert!(page(&status, after(100), VIEW).contains(refresh));
    let still = View {
        still: true,
        ..VIEW
    };
    assert!(!page(&status, after(100), still).contains(refresh));
}

#[test]
fn every_link_stays_on_the_page_or_goes_to_its_neighbours() {
    let page = page(&evening(), END, VIEW);
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(until_quote).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(ids.len(), once.len(), "{ids:?}");
    for link in page.split("href=\"").skip(1).map(until_quote) {
        let known = match link.strip_prefix('#') {
            Some(id) => ids.contains(&id),
            None => ["?span=", "status", "metrics"]
                .iter()
                .any(|known| link.starts_with(known)),
        };
        assert!(known, "{link}");
    }
}

#[test]
fn a_span_is_chosen_by_a_link_that_keeps_the_page_still() {
    let links = |query| {
        let page = page(&evening(), END, View::asked_for(query));
        let (_, rest) = page.split_once("<p class=\"spans\">").unwrap();
        rest.split_once("</p>").unwrap().0.to_string()
    };
    assert_eq!(
        links(Some("still&span=1h")),
        "Show the last <a href=\"?span=15min&amp;still\">15 min</a> \
         <a href=\"?span=1h&amp;still\" aria-current=\"page\">1 h</a> \
         <a href=\"?span=6h&amp;still\">6 h</a>. \
         The page stands still; <a href=\"?span=1h\">make it anew</a>."
    );
    for other in [None, Some(""), Some("span=99"), Some("span"), Some("x=1&y")] {
        assert!(
            links(other).contains("?span=15min\" aria-current"),
            "{other:?}"
        );
    }
}

#[test]
fn headings_are_in_order_and_each_table_can_be_reached_by_the_keyboard() {
    let page = page(&evening(), END, VIEW);
    let headings = page.split("<h").filter_map(|rest| {
        let (level, rest) = rest.split_once('>')?;
        let text = rest.split('<').next()?;
        level
            .parse::<u8>()
            .ok()
            .map(|level| format!("{level} {text}"))
    });
    expect![[r#"
        1 Outrider: orders (running)
        2 The last 15 min
        2 Decision
        2 Workers
        2 Arithmetic
        2 Sources
        2 Vertices
        2 Observation
        2 Changes of decision
        2 Rescales
        2 Executions of the job
        2 Failures of actions
        2 How to stop it
        2 Settings"#]]
    .assert_eq(&headings.collect::<Vec<_>>().join("\n"));
    let tables = page.matches("<table>").count();
    assert_eq!(
        page.matches("role=\"region\" tabindex=\"0\" aria-label=")
            .count(),
        tables
    );
    assert_eq!(
        page.matches("<th scope=\"row\">").count(),
        page.matches("<tr><th scope=\"row\">").count()
    );
}

#[test]
fn the_history_is_on_the_page_with_what_became_of_it() {
    let page = page(&evening(), END, VIEW);
    for told in [
        "<th scope=\"row\">12:51:45</th><td>hold: catching up (14 times, to and fro)</td><td>4 min 37 s</td>",
        "<td>rescale 2 → 6</td><td>at most 26 s</td>",
        "<td>restart</td><td>at most 29 s</td>",
        "<td>goes on</td><td>–</td>",
        "<td>12:49:53</td><td>scale to 6</td><td>5</td><td>refused: flinkdeployment/orders is being upgraded</td>",
        "<td>flinkdeployment/orders</td><td>given</td>",
        "<td>10s</td><td>default</td>",
    ] {
        assert!(page.contains(told), "{told} in {page}");
    }
}

#[test]
fn an_execution_that_is_not_seen_to_run_does_not_go_on() {
    let mut dark = silent();
    dark.observation.at = after(60);
    let status = crate::evening::told(&active(), [crate::evening::at(0), dark]);
    let page = page(&status, after(62), VIEW);
    assert!(
        page.contains("<td>seen to run 62 s ago for the last time</td>"),
        "{page}"
    );
}

#[test]
fn the_security_policy_allows_the_style_of_the_page_and_no_other() {
    let page = page(&told(&active(), &[]), START, VIEW);
    let (_, rest) = page.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let source = format!("'sha256-{}'", base64(digest.as_ref()));
    assert!(
        CONTENT_SECURITY_POLICY.contains(&source),
        "put {source} into page.rs"
    );
}

fn until_quote(rest: &str) -> &str {
    rest.split('"').next().unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap();
            let there = digit <= u32::try_from(three.len()).unwrap();
            out.push(if there {
                char::from(DIGITS[value])
            } else {
                '='
            });
        }
    }
    out
}
