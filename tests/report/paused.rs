//! A pause, and other bounds, as they are told.

use expect_test::expect;
use outrider::decide::overrides::Overrides;
use outrider::decide::{Action, HoldReason};
use outrider::report::headline::headline;
use outrider::report::metrics::exposition;
use outrider::report::page::{View, page};
use outrider::report::status::json::json;

use crate::situations::{Situation, active, after, busy};
use crate::told::told;
use crate::written::paused;

/// Behind, and paused.
fn situation() -> Situation {
    let mut situation = busy("orders");
    situation.overrides = paused();
    situation.decision.action = Action::Hold {
        reason: HoldReason::Paused,
        until: Some(after(400)),
    };
    situation
}

#[test]
fn the_page_says_what_is_paused_until_when_and_how_to_end_it() {
    let shown = |situation: &Situation| {
        let status = told(&active(), &[situation]);
        page(&status, after(100), View::asked_for(None))
    };
    let paused = shown(&situation());
    let (_, banner) = paused.split_once("<main>").unwrap();
    let (banner, _) = banner.split_once("<figure").unwrap();
    expect![[r#"
        <p class="bad">Scaling up and down is paused until 2026-01-31T12:06:40Z by outrider.dev/paused=2026-01-31T12:06:40Z. To end it: <code>kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-</code></p>
        <p class="bad">annotations of the target contain mistakes: outrider.dev/workers-min=two is not a whole number</p><h2>The last 15 min</h2><p class="spans">Show the last <a href="?span=15min" aria-current="page">15 min</a> <a href="?span=1h">1 h</a> <a href="?span=6h">6 h</a>. The page is made anew every 10 seconds; <a href="?span=15min&amp;still">keep it still</a>.</p>"#]].assert_eq(&banner.replace("</p><p", "</p>\n<p"));
    assert!(!shown(&busy("orders")).contains("is paused"));
}

#[test]
fn the_first_sentence_says_that_it_is_paused_and_for_how_long() {
    let status = told(&active(), &[&situation()]);
    let expected = "4 workers, holding: paused for another 5 min; would go to 6";
    assert_eq!(headline(&status, after(100)), expected);
}

#[test]
fn the_status_has_the_pauses_and_the_bounds_in_force() {
    let status = told(&active(), &[&situation()]);
    let json = json(&status, after(100));
    expect![[r#"
        {
          "pauses": [
            {
              "by": "outrider.dev/paused=2026-01-31T12:06:40Z",
              "direction": "up and down",
              "ended_by": "kubectl annotate --namespace flink flinkdeployment orders outrider.dev/paused-",
              "in_force": true,
              "until": 1769861200000
            }
          ],
          "workers_max": 6,
          "workers_min": null
        }
    "#]].assert_eq(&format!("{:#}\n", json["overrides"]));
    assert_eq!(json["workers"]["max"], 6);
    assert_eq!(json["troubles"][0]["name"], "paused");
    assert_eq!(json["troubles"][1]["name"], "annotations_invalid");
    let later = outrider::report::status::json::json(&status, after(400));
    assert_eq!(later["overrides"]["pauses"][0]["in_force"], false);
}

#[test]
fn the_metrics_have_the_condition_and_the_bounds_in_force() {
    let text = |overrides: Overrides| {
        let mut situation = busy("orders");
        situation.overrides = overrides;
        exposition(&told(&active(), &[&situation]), after(100))
    };
    let without = text(Overrides::default());
    assert!(without.contains("outrider_condition{type=\"paused\"} 0\n"));
    assert!(without.contains("outrider_workers_max 8\n"));
    let with = text(paused());
    assert!(with.contains("outrider_condition{type=\"paused\"} 1\n"));
    assert!(with.contains("outrider_workers_max 6\n"));
}
