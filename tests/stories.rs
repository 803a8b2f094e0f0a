//! What the core does in situations that a person on call would recognise. Each story is a timeline:
//! one line for each change of decision or of workers.

#[path = "stories/leading.rs"]
mod leading;
#[path = "stories/misleading.rs"]
mod misleading;
#[path = "stories/model.rs"]
mod model;
#[path = "stories/others.rs"]
mod others;
#[path = "stories/paused.rs"]
mod paused;
#[path = "support/story.rs"]
mod story;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use outrider::units::Workers;

use crate::story::{Lacking, Story};

fn check(story: &Story, timeline: &Expect) {
    timeline.assert_eq(story.timeline());
}

#[test]
fn a_step_up_and_down_is_followed_both_ways() {
    let mut story = Story::begins(2, 1200.0, &[]);
    story
        .goes_on(5)
        .then("the input rises from 1200/s to 4000/s", |job| {
            job.input = 4000.0
        })
        .goes_on(20)
        .then("the input falls to 1200/s", |job| job.input = 1200.0)
        .goes_on(30);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: steady
            -- the input rises from 1200/s to 4000/s
            05:10  backlog   20k  2 workers, hold: steady
            05:30  backlog   60k  2 workers, scale to 5: utilization
            05:40  backlog   80k  2 workers, hold: rescale_in_progress
            06:10  backlog  160k  5 workers, hold: rescale_in_progress
            06:20  backlog  195k  5 workers, hold: warming_up
            07:10  backlog  145k  5 workers, hold: catching_up
            10:00  backlog    0k  5 workers, hold: steady
            -- the input falls to 1200/s
            25:10  backlog    0k  5 workers, hold: stabilizing
            26:10  backlog    0k  5 workers, scale to 2: idle
            26:20  backlog   12k  2 workers, hold: rescale_in_progress
            26:30  backlog    4k  2 workers, hold: warming_up
            27:20  backlog    0k  2 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_short_spike_costs_one_change_up_and_one_down() {
    let mut story = Story::begins(2, 1200.0, &[]);
    story
        .goes_on(5)
        .then("a spike of 5000/s", |job| job.input = 5000.0)
        .goes_on(3)
        .then("the spike is over", |job| job.input = 1200.0)
        .goes_on(25);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: steady
            -- a spike of 5000/s
            05:10  backlog   30k  2 workers, hold: steady
            05:30  backlog   90k  2 workers, scale to 6: utilization
            05:40  backlog  120k  2 workers, hold: rescale_in_progress
            06:10  backlog  230k  6 workers, hold: rescale_in_progress
            06:20  backlog  274k  6 workers, hold: warming_up
            07:10  backlog  224k  6 workers, hold: catching_up
            -- the spike is over
            08:10  backlog  126k  6 workers, hold: catching_up
            08:50  backlog    0k  6 workers, hold: stabilizing
            09:50  backlog    0k  6 workers, hold: cooldown
            11:20  backlog    0k  6 workers, scale to 2: idle
            11:30  backlog   12k  2 workers, hold: rescale_in_progress
            11:40  backlog    4k  2 workers, hold: warming_up
            12:30  backlog    0k  2 workers, hold: steady
        "#]],
    );
}

#[test]
fn an_outage_of_the_sink_is_no_reason_to_scale() {
    let mut story = Story::begins(3, 2000.0, &[]);
    story
        .goes_on(5)
        .then("the sink takes nothing any more", |job| job.sink = 0.0)
        .goes_on(15)
        .then("the sink is back", |job| job.sink = 1.0)
        .goes_on(30);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  3 workers, hold: warming_up
            00:40  backlog    0k  3 workers, hold: steady
            -- the sink takes nothing any more
            05:10  backlog   20k  3 workers, hold: steady
            05:20  backlog   40k  3 workers, hold: stalled
            -- the sink is back
            20:10  backlog 1790k  3 workers, hold: warming_up
            20:30  backlog 1770k  3 workers, scale to 10: backlog_time
            20:40  backlog 1760k  3 workers, hold: rescale_in_progress
            21:10  backlog 1760k  10 workers, hold: rescale_in_progress
            21:20  backlog 1770k  10 workers, hold: warming_up
            22:10  backlog 1370k  10 workers, hold: catching_up
            25:10  backlog    0k  10 workers, hold: steady
            25:20  backlog    0k  10 workers, hold: stabilizing
            26:20  backlog    0k  10 workers, scale to 4: idle
            26:30  backlog   20k  4 workers, hold: rescale_in_progress
            26:40  backlog    0k  4 workers, hold: warming_up
            27:30  backlog    0k  4 workers, hold: stabilizing
            28:30  backlog    0k  4 workers, hold: cooldown
            31:40  backlog    0k  4 workers, scale to 3: idle
            31:50  backlog   20k  3 workers, hold: rescale_in_progress
            32:00  backlog   10k  3 workers, hold: warming_up
            32:50  backlog    0k  3 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_restart_in_the_middle_is_waited_out() {
    let mut story = Story::begins(3, 2300.0, &[]);
    story
        .goes_on(5)
        .then(
            "the job fails and restarts from its last checkpoint",
            Story::restart,
        )
        .goes_on(10);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  3 workers, hold: warming_up
            00:40  backlog    0k  3 workers, hold: steady
            -- the job fails and restarts from its last checkpoint
            05:10  backlog   20k  3 workers, hold: warming_up
            06:00  backlog    0k  3 workers, hold: steady
        "#]],
    );
}

#[test]
fn without_checkpoints_nothing_is_restarted() {
    let mut story = Story::begins(1, 3000.0, &[]);
    story.checkpoints_on = false;
    story.goes_on(10);
    check(
        &story,
        &expect![[r#"
            00:10  backlog   20k  1 workers, hold: warming_up
            00:40  backlog   80k  1 workers, hold: no_checkpoint
        "#]],
    );
}

#[test]
fn metrics_missing_for_ten_minutes_change_nothing() {
    let mut story = Story::begins(4, 400.0, &[("OUTRIDER_COOLDOWN_DOWN_MIN", "2h")]);
    story
        .goes_on(5)
        .then("Flink has no metrics", |job| job.lacking = Lacking::Metrics)
        .goes_on(10)
        .then("Flink does not answer at all", |job| {
            job.lacking = Lacking::Flink
        })
        .goes_on(5)
        .then("all is back", |job| job.lacking = Lacking::Nothing)
        .goes_on(3);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: stabilizing
            01:40  backlog    0k  4 workers, hold: cooldown
            -- Flink has no metrics
            05:10  backlog    0k  4 workers, hold: metrics_missing
            -- Flink does not answer at all
            15:10  backlog    0k  4 workers, hold: flink_unreachable
            -- all is back
            20:10  backlog    0k  4 workers, hold: warming_up
            20:30  backlog    0k  4 workers, hold: stabilizing
            21:30  backlog    0k  4 workers, hold: cooldown
        "#]],
    );
}

#[test]
fn one_tick_without_metrics_does_not_begin_the_waiting_anew() {
    let mut story = Story::begins(4, 400.0, &[("OUTRIDER_STABILIZATION_DOWN", "2m")]);
    story
        .goes_on(1)
        .then("a tick lacks the metrics", |job| {
            job.lacking = Lacking::Metrics
        })
        .ticks(1)
        .then("all is back", |job| job.lacking = Lacking::Nothing)
        .goes_on(3);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: stabilizing
            -- a tick lacks the metrics
            01:10  backlog    0k  4 workers, hold: metrics_missing
            -- all is back
            01:20  backlog    0k  4 workers, hold: utilization_unknown
            01:30  backlog    0k  4 workers, hold: stabilizing
            02:40  backlog    0k  4 workers, scale to 1: idle
            02:50  backlog    4k  1 workers, hold: rescale_in_progress
            03:00  backlog    0k  1 workers, hold: warming_up
            03:50  backlog    0k  1 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_lost_taskmanager_is_waited_for() {
    let mut story = Story::begins(4, 3000.0, &[]);
    story
        .goes_on(5)
        .then("a TaskManager is lost", |job| {
            job.workers = 3;
            job.restart();
        })
        .goes_on(2)
        .then("Kubernetes has replaced it", |job| {
            job.workers = 4;
            job.restart();
        })
        .goes_on(10);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: steady
            -- a TaskManager is lost
            05:10  backlog   27k  3 workers, hold: warming_up
            06:00  backlog   27k  3 workers, hold: workers_pending
            -- Kubernetes has replaced it
            07:10  backlog   53k  4 workers, hold: warming_up
            08:00  backlog    3k  4 workers, hold: catching_up
            08:20  backlog    0k  4 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_taskmanager_that_does_not_come_back_is_given_up_after_the_timeout() {
    let mut story = Story::begins(4, 3500.0, &[]);
    story
        .goes_on(5)
        .then("a TaskManager is lost for good", |job| {
            job.workers = 3;
            job.restart();
        })
        .goes_on(20);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: steady
            -- a TaskManager is lost for good
            05:10  backlog   32k  3 workers, hold: warming_up
            06:00  backlog   57k  3 workers, hold: workers_pending
            15:10  backlog  332k  3 workers, hold: cooldown
            16:10  backlog  362k  3 workers, scale to 10: backlog_time
            16:20  backlog  367k  3 workers, hold: rescale_in_progress
            16:50  backlog  412k  10 workers, hold: rescale_in_progress
            17:00  backlog  437k  10 workers, hold: warming_up
            17:50  backlog  112k  10 workers, hold: catching_up
            18:20  backlog    0k  10 workers, hold: steady
            18:30  backlog    0k  10 workers, hold: stabilizing
            19:30  backlog    0k  10 workers, hold: cooldown
            22:00  backlog    0k  10 workers, scale to 5: idle
            22:10  backlog   35k  5 workers, hold: rescale_in_progress
            22:20  backlog   20k  5 workers, hold: warming_up
            23:10  backlog    0k  5 workers, hold: steady
        "#]],
    );
}

#[test]
fn fewer_than_asked_for_are_accepted_after_the_timeout_and_not_asked_for_again_at_once() {
    let mut story = Story::begins(2, 1200.0, &[("OUTRIDER_RESCALE_TIMEOUT", "5m")]);
    story.room = 4;
    story
        .goes_on(5)
        .then("the input rises from 1200/s to 4500/s", |job| {
            job.input = 4500.0;
        })
        .goes_on(12);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: steady
            -- the input rises from 1200/s to 4500/s
            05:10  backlog   25k  2 workers, hold: steady
            05:30  backlog   75k  2 workers, scale to 6: utilization
            05:40  backlog  100k  2 workers, hold: rescale_in_progress
            06:10  backlog  195k  4 workers, hold: rescale_in_progress
            10:40  backlog  366k  4 workers, hold: cooldown
            11:40  backlog  396k  4 workers, scale to 10: utilization
            11:50  backlog  401k  4 workers, hold: rescale_in_progress
            16:50  backlog  627k  4 workers, hold: cooldown
        "#]],
    );
}

#[test]
fn what_somebody_else_changes_is_adopted_not_fought() {
    let mut story = Story::begins(4, 3000.0, &[("OUTRIDER_COOLDOWN_DOWN_MIN", "1h")]);
    story
        .goes_on(5)
        .then("somebody scales to 7", |job| {
            job.workers = 7;
            job.restart();
        })
        .goes_on(10);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: steady
            -- somebody scales to 7
            05:10  backlog   23k  7 workers, hold: external_change
            05:20  backlog    0k  7 workers, hold: warming_up
            06:00  backlog    0k  7 workers, hold: stabilizing
            07:00  backlog    0k  7 workers, hold: cooldown
        "#]],
    );
    assert_eq!(
        story.autoscaler.rescales().workers_asked(),
        Some(Workers(7))
    );
}

#[test]
fn a_target_that_fails_is_asked_again_ever_more_rarely_each_time_from_a_new_decision() {
    let mut story = Story::begins(2, 3000.0, &[]);
    story.target_fails = true;
    story
        .goes_on(10)
        .then("the target is back", |job| job.target_fails = false)
        .goes_on(8);
    check(
        &story,
        &expect![[r#"
            00:10  backlog   10k  2 workers, hold: warming_up
            00:40  backlog   40k  2 workers, scale to 4: utilization
            00:50  backlog   50k  2 workers, hold: target_unavailable
            01:10  backlog   70k  2 workers, scale to 5: utilization
            01:20  backlog   80k  2 workers, hold: target_unavailable
            02:10  backlog  130k  2 workers, scale to 6: utilization
            02:20  backlog  140k  2 workers, hold: target_unavailable
            04:10  backlog  250k  2 workers, scale to 8: backlog_time
            04:20  backlog  260k  2 workers, hold: target_unavailable
            06:10  backlog  370k  2 workers, scale to 10: backlog_time
            06:20  backlog  380k  2 workers, hold: target_unavailable
            08:10  backlog  490k  2 workers, scale to 10: backlog_time
            08:20  backlog  500k  2 workers, hold: target_unavailable
            -- the target is back
            10:10  backlog  610k  2 workers, scale to 10: backlog_time
            10:20  backlog  620k  2 workers, hold: rescale_in_progress
            10:50  backlog  670k  10 workers, hold: rescale_in_progress
            11:00  backlog  690k  10 workers, hold: warming_up
            11:50  backlog  340k  10 workers, hold: catching_up
            12:50  backlog    0k  10 workers, hold: steady
            13:00  backlog    0k  10 workers, hold: stabilizing
            14:00  backlog    0k  10 workers, hold: cooldown
            16:00  backlog    0k  10 workers, scale to 5: idle
            16:10  backlog   30k  5 workers, hold: rescale_in_progress
            16:20  backlog   10k  5 workers, hold: warming_up
            17:10  backlog    0k  5 workers, hold: stabilizing
        "#]],
    );
}

#[test]
fn a_cluster_that_is_not_in_reactive_mode_is_left_alone() {
    let mut story = Story::begins(2, 3000.0, &[]);
    story.reactive = false;
    story.goes_on(5);
    check(
        &story,
        &expect![[r#"
            00:10  backlog   10k  2 workers, hold: warming_up
            00:40  backlog   40k  2 workers, hold: not_reactive
        "#]],
    );
}

proptest! {
    #[test]
    fn the_same_history_gives_the_same_decisions(
        inputs in prop::collection::vec(0.0_f64..8000.0, 1..12),
        workers in 1_u32..8,
    ) {
        let told = |_| {
            let mut story = Story::begins(workers, inputs[0], &[]);
            for input in &inputs {
                story.input = *input;
                story.goes_on(3);
            }
            story.timeline().to_owned()
        };
        prop_assert_eq!(told(1), told(2));
    }

    #[test]
    fn no_load_makes_it_restart_more_often_than_the_cooldown_allows(
        inputs in prop::collection::vec(0.0_f64..8000.0, 1..20),
    ) {
        let mut story = Story::begins(2, inputs[0], &[]);
        for input in &inputs {
            story.input = *input;
            story.goes_on(5);
        }
        // The floor of the upward cooldown is a minute after each restart.
        let minutes = 5 * u32::try_from(inputs.len()).expect("few");
        prop_assert!(story.rescales <= minutes);
    }
}
