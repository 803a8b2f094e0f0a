//! Several sidecars of one job: the one that does not act is ready to.

use expect_test::expect;
use outrider::leadership::Leadership;

use crate::check;
use crate::story::Story;

fn follows(job: &mut Story) {
    let holder = "another".into();
    job.autoscaler
        .heard_who_leads(Leadership::Follows { holder });
}

fn leads(job: &mut Story) {
    let identity = "this one".into();
    job.autoscaler
        .heard_who_leads(Leadership::Leads { identity });
}

#[test]
fn who_follows_holds_and_scales_in_the_first_tick_in_which_it_leads() {
    let mut story = Story::begins(2, 1200.0, &[]);
    story
        .then("another leads", follows)
        .goes_on(5)
        .then("the input rises, and the other is gone", |job| {
            job.input = 4000.0;
        })
        .goes_on(2)
        .then("this one leads", leads)
        .goes_on(2);
    check(
        &story,
        &expect![[r#"
            -- another leads
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: not_leader
            -- the input rises, and the other is gone
            05:10  backlog   20k  2 workers, hold: not_leader
            -- this one leads
            07:10  backlog  260k  2 workers, scale to 9: backlog_time
            07:20  backlog  280k  2 workers, hold: rescale_in_progress
            07:50  backlog  360k  9 workers, hold: rescale_in_progress
            08:00  backlog  391k  9 workers, hold: warming_up
            08:50  backlog  141k  9 workers, hold: catching_up
        "#]],
    );
}

#[test]
fn who_follows_takes_the_rescales_of_the_one_that_leads_as_they_come() {
    let mut story = Story::begins(2, 1200.0, &[]);
    story
        .then("another leads", follows)
        .goes_on(5)
        .then("the other scales to 4", |job| {
            job.workers = 4;
            job.restart();
        })
        .goes_on(5)
        .then("this one leads", leads)
        .goes_on(2);
    check(
        &story,
        &expect![[r#"
            -- another leads
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: not_leader
            -- the other scales to 4
            05:10  backlog    8k  4 workers, hold: not_leader
            05:20  backlog    0k  4 workers, hold: warming_up
            06:00  backlog    0k  4 workers, hold: not_leader
            -- this one leads
            10:10  backlog    0k  4 workers, scale to 2: idle
            10:20  backlog   12k  2 workers, hold: rescale_in_progress
            10:30  backlog    4k  2 workers, hold: warming_up
            11:20  backlog    0k  2 workers, hold: steady
        "#]],
    );
}
