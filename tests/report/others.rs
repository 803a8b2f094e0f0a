//! What is told of others who have a say: who puts the number back, and what a rule admits.

use expect_test::expect;
use outrider::decide::HoldReason;
use outrider::decide::cluster_bound::ClusterBound;
use outrider::decide::rescale::Author;
use outrider::decide::reverts::Reverted;
use outrider::outcome::Outcome;
use outrider::report::headline::headline;
use outrider::report::metrics::exposition;
use outrider::report::page::{View, page};
use outrider::report::span::Span;
use outrider::report::status::Status;
use outrider::units::Workers;

use crate::situations::{Situation, active, after, busy, hold, scale_to};
use crate::told::told;

fn put_back() -> Situation {
    let mut put_back = busy("orders");
    put_back.decision = hold(HoldReason::Reverted, Some(after(3_700)));
    put_back.reverted = Some(Reverted {
        to: Workers(2),
        times: 2,
        by: Some("argocd-controller".into()),
        until: after(3_700),
    });
    put_back.rescales[0].by = Author::SomebodyElse;
    put_back.rescales[0].manager = Some("argocd-controller".into());
    put_back
}

fn troubles(status: &Status) -> String {
    let told = |(trouble, why): &(outrider::report::health::Trouble, String)| {
        format!("{}: {why}", trouble.name())
    };
    let lines: Vec<String> = status.troubles.iter().map(told).collect();
    lines.join("\n")
}

#[test]
fn who_puts_the_number_back_is_named_with_the_remedy() {
    let status = told(&active(), &[&put_back()]);
    expect!["reverted: argocd-controller has put it back to 2 workers 2 times in a row; let argocd-controller ignore spec.taskManager.replicas (of another object: spec.replicas). Argo CD: ignoreDifferences with managedFieldsManagers: [outrider], and the sync option RespectIgnoreDifferences=true; any tool: take the field out of what it applies. Tried again at 2026-01-31T13:01:40Z, or when somebody sets another number"].assert_eq(&troubles(&status));
    expect!["4 workers, holding: reverted for another 60 min"]
        .assert_eq(&headline(&status, after(100)));
    let view = View {
        span: Span::QuarterHour,
        still: true,
    };
    let page = page(&status, after(100), view);
    for shown in [
        "each change of the number of workers is put back: argocd-controller has",
        "<td>external change: argocd-controller</td>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn a_condition_says_that_changes_are_put_back_while_they_are() {
    let line = |holds: u8| format!("outrider_condition{{type=\"reverted\"}} {holds}\n");
    let metrics = |of: Situation| exposition(&told(&active(), &[&of]), after(100));
    assert!(metrics(put_back()).contains(&line(1)));
    assert!(metrics(busy("orders")).contains(&line(0)));
}

#[test]
fn what_a_rule_of_the_cluster_admits_is_told_in_its_words() {
    let mut denied = busy("orders");
    denied.decision = scale_to(8);
    let why = "patching flinkdeployments/scale flink/orders: the team has room for 6";
    denied.outcome = Outcome::Denied {
        wanted: Workers(8),
        admitted: Workers(6),
        why: why.into(),
    };
    let learnt = ClusterBound::learnt(after(100), Workers(8), Workers(6), why);
    denied.cluster_bound = Some(learnt);
    let status = told(&active(), &[&denied]);
    expect!["cluster_bound: at most 6 until 2026-01-31T12:11:40Z: patching flinkdeployments/scale flink/orders: the team has room for 6"].assert_eq(&troubles(&status));
    expect!["4 workers, wanted 8, of which the cluster admits 6 (patching flinkdeployments/scale flink/orders: the team has room for 6): a source would need too long to read its backlog"].assert_eq(&headline(&status, after(100)));
    let failures: Vec<_> = status.history.failures.all().collect();
    assert_eq!(
        (failures[0].kind, failures[0].why.as_str()),
        ("denied", why)
    );
    assert_eq!(status.counts.actions_failed, 1);
}
