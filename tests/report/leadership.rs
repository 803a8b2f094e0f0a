//! Which of several sidecars acts: what a person and a program see of it.

use outrider::decide::HoldReason;
use outrider::leadership::Leadership;
use outrider::outcome::Outcome;
use outrider::report::metrics::exposition;
use outrider::report::page::{View, page};
use outrider::report::span::Span;
use outrider::report::status::Status;
use outrider::report::status::json::json;

use crate::situations::{Situation, active, after, busy, hold, scale_to};
use crate::told::told;

const VIEW: View = View {
    span: Span::QuarterHour,
    still: true,
};

fn following() -> Situation {
    let mut following = busy("orders");
    following.decision = hold(HoldReason::NotLeader, None);
    following.leadership = Leadership::Follows {
        holder: "orders-b_1".into(),
    };
    following
}

fn leading() -> Situation {
    let mut leading = busy("orders");
    leading.leadership = Leadership::Leads {
        identity: "orders-a_2".into(),
    };
    leading
}

fn condition(status: &Status) -> Option<String> {
    let text = exposition(status, after(100));
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix("outrider_condition{type=\"leader\"} "));
    values.next().map(str::to_owned)
}

#[test]
fn a_sidecar_among_others_tells_whether_it_leads_and_one_alone_does_not() {
    let cases = [
        (busy("orders"), None),
        (leading(), Some("1")),
        (following(), Some("0")),
    ];
    for (situation, expected) in cases {
        let status = told(&active(), &[&situation]);
        assert_eq!(condition(&status).as_deref(), expected);
    }
}

#[test]
fn page_and_status_name_the_one_that_acts() {
    for (situation, name, sentence) in [
        (leading(), "orders-a_2", "this one acts"),
        (following(), "orders-b_1", "Another JobManager"),
    ] {
        let status = told(&active(), &[&situation]);
        let page = page(&status, after(100), VIEW);
        assert!(page.contains(name) && page.contains(sentence), "{name}");
        let leadership = json(&status, after(100))["leadership"].to_string();
        assert!(leadership.contains(name), "{leadership}");
    }
}

#[test]
fn a_lease_that_cannot_be_had_is_a_trouble_until_somebody_leads() {
    let mut unknown = following();
    unknown.leadership = Leadership::Unknown {
        why: Some("reading leases: the right is missing".into()),
    };
    let names = |situations: &[&Situation]| -> Vec<&str> {
        let troubles = told(&active(), situations).troubles.clone();
        troubles.iter().map(|(trouble, _)| trouble.name()).collect()
    };
    assert_eq!(names(&[&unknown]), ["lease_unavailable"]);
    assert!(names(&[&unknown, &following()]).is_empty());
    unknown.leadership = Leadership::Unknown { why: None };
    assert!(names(&[&unknown]).is_empty());
}

#[test]
fn a_refusal_is_no_trouble_of_a_sidecar_that_no_longer_leads() {
    let mut refused = leading();
    refused.decision = scale_to(8);
    refused.outcome = Outcome::Refused { why: "no".into() };
    let troubles = |situations: &[&Situation]| told(&active(), situations).troubles.len();
    assert_eq!(troubles(&[&refused]), 1);
    assert_eq!(troubles(&[&refused, &following()]), 0);
}
