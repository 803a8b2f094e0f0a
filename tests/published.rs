//! The published rule, to the letter, and what closes its holes: each with the sum in a comment.

#[path = "support/situation.rs"]
mod situation;

use outrider::decide::cluster_bound::ClusterBound;
use outrider::decide::{Action, Bound, Decision, HoldReason, Trigger};
use outrider::observe::Unknown;
use outrider::units::{Timestamp, Workers};

use crate::situation::{Given, NOW, job_on, percent, settings, source};

fn scales(given: &Given, workers: u32, because: Trigger) -> Decision {
    let decision = given.decision();
    let workers = Workers(workers);
    let lines: Vec<String> = decision
        .arithmetic
        .lines()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        decision.action,
        Action::ScaleTo { workers, because },
        "{lines:#?}"
    );
    decision
}

fn holds(given: &Given, reason: HoldReason) -> Decision {
    let decision = given.decision();
    assert_eq!(decision.reason(), reason.name(), "{decision:#?}");
    decision
}

#[test]
fn a_backlog_asks_for_enough_workers_to_drain_it_in_time() {
    // 180 000 bytes at 1000/s are 180 s. They do not grow: required 4.
    // extra = 4 * 180 s / 60 s = 12. Together 16.
    let mut job = job_on(4);
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    scales(&job, 16, Trigger::BacklogTime);
}

#[test]
fn a_growing_backlog_asks_for_the_input_and_the_backlog() {
    // required = 4 * (500 + 1000) / 1000 = 6; extra = 4 * 150 s / 60 s = 10. Together 16.
    let mut job = job_on(4);
    job.observation.sources = vec![source(150_000.0, 1000.0, 500.0)];
    let decision = scales(&job, 16, Trigger::BacklogTime);
    let lines: Vec<String> = decision
        .arithmetic
        .lines()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        lines.contains(&"workers_required = 4 * (500.0 + 1000.0) / 1000.0 = 6 workers".into()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"workers_extra = 4 * 150.0 s / 60.0 s = 10 workers".into()),
        "{lines:#?}"
    );
}

#[test]
fn two_minutes_of_backlog_are_still_borne() {
    let mut job = job_on(4);
    job.observation.sources = vec![source(120_000.0, 1000.0, 0.0)];
    holds(&job, HoldReason::Steady);
}

#[test]
fn the_sum_is_capped_by_the_most_that_is_allowed() {
    let mut job = job_on(4);
    job.settings = settings(&[("OUTRIDER_WORKERS_MAX", "10")]).settings;
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    let decision = scales(&job, 10, Trigger::BacklogTime);
    assert_eq!(decision.bound, Some(Bound::WorkersMax));
}

#[test]
fn an_idle_job_goes_to_the_fewest_workers_that_stay_under_the_target() {
    // 10 workers at 40 %: 10 / 5 * 0.4 = 0.8, below the target of 0.85; 4 would be at 100 %.
    let mut job = job_on(10).settled_at(5);
    job.observation.utilization = Ok(percent(40.0));
    scales(&job, 5, Trigger::Idle);
}

#[test]
fn an_idle_cpu_with_a_backlog_or_with_growth_keeps_its_workers() {
    let mut job = job_on(10).settled_at(5);
    job.observation.utilization = Ok(percent(40.0));
    job.observation.sources = vec![source(10_000.0, 1000.0, 0.0)];
    holds(&job, HoldReason::Steady);
    job.observation.sources = vec![source(0.0, 1000.0, 30.0)];
    holds(&job, HoldReason::Steady);
}

#[test]
fn a_growth_within_its_noise_is_none() {
    // 19/s on 1000/s, where 20/s is noise.
    let mut job = job_on(10).settled_at(5);
    job.observation.utilization = Ok(percent(40.0));
    job.observation.sources = vec![source(0.0, 1000.0, 19.0)];
    scales(&job, 5, Trigger::Idle);
}

#[test]
fn a_busy_cpu_without_backlog_asks_for_workers_at_the_target() {
    // The published sum would be 4 + 0. 4 * 0.96 / 0.85 = 4.52, rounded up 5.
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(96.0));
    scales(&job, 5, Trigger::Utilization);
}

#[test]
fn a_source_that_reads_nothing_under_a_backlog_is_stalled_not_infinitely_behind() {
    let mut job = job_on(4).settled_at(1);
    job.observation.utilization = Ok(percent(5.0));
    job.observation.sources = vec![source(1e9, 0.0, 0.0)];
    holds(&job, HoldReason::Stalled);
}

#[test]
fn being_behind_is_no_reason_while_the_backlog_will_be_gone_in_time() {
    // 200 000 bytes shrinking by 1000/s are gone in 200 s, within 300 s; by 500/s they are not.
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(100.0));
    job.observation.sources = vec![source(200_000.0, 1000.0, -1000.0)];
    holds(&job, HoldReason::CatchingUp);
    job.observation.sources = vec![source(200_000.0, 1000.0, -500.0)];
    // required 4, extra = 4 * 200 / 60 = 13.33, together 17.33
    scales(&job, 18, Trigger::BacklogTime);
}

#[test]
fn the_source_that_needs_most_decides() {
    // 130 s and 240 s: 4 + 4 * 240 / 60 = 20.
    let mut job = job_on(4);
    job.observation.sources = vec![source(130_000.0, 1000.0, 0.0), source(2_400.0, 10.0, 0.0)];
    scales(&job, 20, Trigger::BacklogTime);
}

#[test]
fn a_backlog_with_an_idle_cpu_is_the_sinks() {
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(15.0));
    job.observation.sources = vec![source(200_000.0, 1000.0, 100.0)];
    holds(&job, HoldReason::SinkBound);
}

#[test]
fn a_backlog_with_one_busy_worker_among_idle_ones_is_skew() {
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(40.0));
    job.observation.utilization_highest = Ok(percent(99.0));
    job.observation.sources = vec![source(200_000.0, 1000.0, 100.0)];
    holds(&job, HoldReason::Skewed);
}

#[test]
fn the_cooldown_is_counted_in_checkpoints_from_the_last_restart() {
    // Up: 3 checkpoints of 60 s are 180 s, more than the floor of 60 s.
    let mut job = job_on(4);
    job.observation.checkpoints.interval = Ok(outrider::observe::CheckpointInterval::Every(
        std::time::Duration::from_secs(60),
    ));
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    job.observation.running_since = Some(Timestamp::from_millis(NOW.millis() - 179_000));
    let decision = holds(&job, HoldReason::Cooldown);
    assert_eq!(
        decision.until(),
        Some(Timestamp::from_millis(NOW.millis() + 1_000))
    );
    assert_eq!(decision.workers_recommended, Some(Workers(16)));
    job.observation.running_since = Some(Timestamp::from_millis(NOW.millis() - 180_000));
    scales(&job, 16, Trigger::BacklogTime);
}

#[test]
fn no_decision_before_a_checkpoint_triggered_after_the_resume_has_completed() {
    let mut job = job_on(4);
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    job.observation.checkpoints.completed_since_resume = false;
    holds(&job, HoldReason::NoCheckpoint);
}

#[test]
fn a_job_that_is_not_started_again_is_not_scaled_down_but_up() {
    let mut job = job_on(10).settled_at(5);
    job.observation.restarts = Some(false);
    job.observation.utilization = Ok(percent(40.0));
    holds(&job, HoldReason::NoRestartStrategy);
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    scales(&job, 40, Trigger::BacklogTime);
}

#[test]
fn an_unknown_backlog_or_cpu_takes_no_worker_away() {
    let mut job = job_on(10).settled_at(5);
    job.observation.utilization = Err(Unknown::NotRead);
    holds(&job, HoldReason::UtilizationUnknown);
    job.observation.utilization = Ok(percent(40.0));
    job.observation.sources[0].backlog_time = Err(Unknown::MinusOne);
    holds(&job, HoldReason::BacklogUnknown);
    job.observation.sources.clear();
    holds(&job, HoldReason::BacklogUnknown);
}

#[test]
fn an_unknown_backlog_does_not_forbid_to_help_a_busy_cpu() {
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(96.0));
    job.observation.sources[0].backlog_time = Err(Unknown::MinusOne);
    scales(&job, 5, Trigger::Utilization);
}

#[test]
fn workers_beyond_splits_or_max_parallelism_are_not_asked_for() {
    let mut job = job_on(4);
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    job.observation.sources[0].splits = Some(12);
    assert_eq!(
        scales(&job, 12, Trigger::BacklogTime).bound,
        Some(Bound::Splits)
    );
    // With 8 at most, two have one split more than the others and set the pace: 6 are as fast.
    job.observation.workers.usable = Some(Workers(8));
    assert_eq!(
        scales(&job, 6, Trigger::BacklogTime).bound,
        Some(Bound::MaxParallelism)
    );
}

#[test]
fn what_a_rule_of_the_cluster_does_not_admit_is_not_asked_for() {
    let mut job = job_on(4);
    job.observation.sources = vec![source(180_000.0, 1000.0, 0.0)];
    job.cluster_bound = denied(20, 10);
    let decision = scales(&job, 10, Trigger::BacklogTime);
    assert_eq!(decision.bound, Some(Bound::Cluster));
    let last = decision.arithmetic.lines().iter().map(ToString::to_string);
    assert!(
        last.clone()
            .any(|line| line == "cluster = 16 becomes = 10 workers"),
        "{:#?}",
        last.collect::<Vec<_>>()
    );
    job.cluster_bound = denied(5, 4);
    holds(&job, HoldReason::AtBound);
    // 10 workers at 40 % would do with 5.
    let mut idle = job_on(10).settled_at(5);
    idle.observation.utilization = Ok(percent(40.0));
    idle.cluster_bound = denied(5, 7);
    assert_eq!(scales(&idle, 7, Trigger::Idle).bound, Some(Bound::Cluster));
    // Of a minimum, too.
    job.settings = settings(&[("OUTRIDER_WORKERS_MIN", "6")]).settings;
    job.observation.sources.clear();
    job.cluster_bound = denied(6, 5);
    let decision = scales(&job, 5, Trigger::OutOfBounds);
    assert_eq!(decision.bound, Some(Bound::Cluster));
}

fn denied(wanted: u32, admitted: u32) -> Option<ClusterBound> {
    let (wanted, admitted) = (Workers(wanted), Workers(admitted));
    Some(ClusterBound::learnt(NOW, wanted, admitted, "a rule"))
}

#[test]
fn a_size_that_shares_the_splits_unevenly_is_rounded_to_one_that_does_not() {
    // 4 * 0.96 / 0.85 = 4.52, so 5; but of 12 splits five workers have 3, 3, 2, 2, 2: 6.
    let mut job = job_on(4);
    job.observation.utilization = Ok(percent(96.0));
    job.observation.sources[0].splits = Some(12);
    assert_eq!(
        scales(&job, 6, Trigger::Utilization).bound,
        Some(Bound::UsefulSize)
    );
}

#[test]
fn workers_out_of_bounds_are_brought_back() {
    let mut job = job_on(4);
    job.settings =
        settings(&[("OUTRIDER_WORKERS_MIN", "6"), ("OUTRIDER_WORKERS_MAX", "8")]).settings;
    scales(&job, 6, Trigger::OutOfBounds);
}
