//! The page, and the sentence at its top.

use expect_test::expect;
use outrider::decide::{Action, HoldReason};
use outrider::outcome::Outcome;
use outrider::report::headline::headline;
use outrider::report::page::{CONTENT_SECURITY_POLICY, View, page};
use outrider::report::span::Span;

use crate::situations::{START, active, after, busy, scale_to, settings, silent};
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
    let cases = [
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
        "<script", "src=", "@import", "url(", "<link", "onclick", "style=",
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
