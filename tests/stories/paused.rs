//! What a person writes at the target while the job runs.

use std::time::Duration;

use expect_test::expect;
use outrider::decide::overrides::{Direction, Overrides, Pause};
use outrider::units::{Timestamp, Workers};

use crate::check;
use crate::story::Story;

/// When a story begins.
const BEGIN: Timestamp = Timestamp::from_millis(1_000_000_000);

fn paused(until: Option<Timestamp>) -> Overrides {
    Overrides {
        pauses: vec![Pause {
            direction: Direction::Both,
            until,
            by: "a person".into(),
            ended_by: "a command".into(),
        }],
        ..Overrides::default()
    }
}

#[test]
fn a_pause_written_meanwhile_is_found_before_the_change_and_its_end_by_a_look() {
    let mut story = Story::begins(2, 1200.0, &[]);
    story
        .goes_on(5)
        .then(
            "somebody pauses it, then the input rises to 4000/s",
            |job| {
                job.written = paused(None);
                job.input = 4000.0;
            },
        )
        .goes_on(3)
        .then("the pause is taken back", |job| {
            job.written = Overrides::default();
        })
        .goes_on(1)
        .then("the target is looked at", Story::looks)
        .goes_on(2);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- somebody pauses it, then the input rises to 4000/s
        05:10  backlog   20k  2 workers, hold: steady
        05:30  backlog   60k  2 workers, scale to 5: utilization
        05:40  backlog   80k  2 workers, hold: paused
        -- the pause is taken back
        08:10  backlog  380k  2 workers, hold: paused
        -- the target is looked at
        09:10  backlog  500k  2 workers, scale to 10: backlog_time
        09:20  backlog  520k  2 workers, hold: rescale_in_progress
        09:50  backlog  600k  10 workers, hold: rescale_in_progress
        10:00  backlog  630k  10 workers, hold: warming_up
        10:50  backlog  330k  10 workers, hold: catching_up
    "#]],
    );
    assert_eq!(story.rescales, 1);
}

#[test]
fn a_pause_with_an_end_ends_without_anybody_looking() {
    let mut story = Story::begins(2, 4000.0, &[]);
    let until = BEGIN + Duration::from_secs(4 * 60 + 5);
    story.written = paused(Some(until));
    story.looks();
    story.goes_on(5);
    check(
        &story,
        &expect![[r#"
        00:10  backlog   20k  2 workers, hold: warming_up
        00:40  backlog   80k  2 workers, hold: paused
        04:10  backlog  500k  2 workers, scale to 10: backlog_time
        04:20  backlog  520k  2 workers, hold: rescale_in_progress
        04:50  backlog  600k  10 workers, hold: rescale_in_progress
        05:00  backlog  630k  10 workers, hold: warming_up
    "#]],
    );
}

#[test]
fn a_bound_written_meanwhile_is_decided_with_in_the_next_tick() {
    let mut story = Story::begins(2, 4000.0, &[]);
    story.written.workers_max = Some(Workers(3));
    story.goes_on(3);
    check(
        &story,
        &expect![[r#"
        00:10  backlog   20k  2 workers, hold: warming_up
        00:40  backlog   80k  2 workers, scale to 6: utilization
        00:50  backlog  100k  2 workers, scale to 3: utilization
        01:00  backlog  120k  2 workers, hold: rescale_in_progress
        01:30  backlog  200k  3 workers, hold: rescale_in_progress
        01:40  backlog  237k  3 workers, hold: warming_up
        02:30  backlog  287k  3 workers, hold: at_bound
    "#]],
    );
}
