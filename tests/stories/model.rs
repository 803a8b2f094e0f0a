//! What the policy `model` does where `rule` does something else, and what it says of it.

use expect_test::expect;

use crate::check;
use crate::story::Story;

const MODEL: (&str, &str) = ("OUTRIDER_POLICY", "model");

#[test]
fn a_step_is_met_once_and_its_end_is_believed_after_ten_minutes() {
    let mut story = Story::begins(2, 1500.0, &[MODEL]);
    story
        .goes_on(20)
        .then("the input rises from 1500/s to 5000/s", |job| {
            job.input = 5000.0
        })
        .goes_on(60)
        .then("the input falls to 1500/s", |job| job.input = 1500.0)
        .goes_on(40);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, hold: steady
            03:40  backlog    0k  2 workers, hold: stabilizing
            10:30  backlog    0k  2 workers, hold: steady
            -- the input rises from 1500/s to 5000/s
            20:10  backlog   30k  2 workers, hold: stabilizing
            20:20  backlog   60k  2 workers, scale to 10: delay_budget
            20:30  backlog   90k  2 workers, hold: rescale_in_progress
            21:00  backlog  200k  10 workers, hold: rescale_in_progress
            21:10  backlog  240k  10 workers, hold: warming_up
            22:00  backlog    0k  10 workers, hold: stabilizing
            23:00  backlog    0k  10 workers, hold: not_worthwhile
            30:40  backlog    0k  10 workers, scale to 6: idle
            30:50  backlog   50k  6 workers, hold: rescale_in_progress
            31:00  backlog   40k  6 workers, hold: warming_up
            31:50  backlog    0k  6 workers, hold: steady
            -- the input falls to 1500/s
            80:10  backlog    0k  6 workers, hold: steady
            80:30  backlog    0k  6 workers, hold: stabilizing
            91:00  backlog    0k  6 workers, hold: not_worthwhile
            92:30  backlog    0k  6 workers, scale to 2: idle
            92:40  backlog   15k  2 workers, hold: rescale_in_progress
            92:50  backlog   10k  2 workers, hold: warming_up
            93:40  backlog    0k  2 workers, hold: steady
        "#]],
    );
}

#[test]
fn until_it_has_learned_it_behaves_as_the_rule() {
    let mut story = Story::begins(2, 1200.0, &[MODEL]);
    story
        .goes_on(2)
        .then("the input rises from 1200/s to 4000/s", |job| {
            job.input = 4000.0
        })
        .goes_on(2);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the input rises from 1200/s to 4000/s
        02:10  backlog   20k  2 workers, hold: steady
        02:30  backlog   60k  2 workers, scale to 5: utilization
        02:40  backlog   80k  2 workers, hold: rescale_in_progress
        03:10  backlog  160k  5 workers, hold: rescale_in_progress
        03:20  backlog  195k  5 workers, hold: warming_up
    "#]],
    );
}

#[test]
fn a_sink_that_takes_less_is_not_helped_by_workers() {
    let mut story = Story::begins(4, 3000.0, &[MODEL]);
    story
        .goes_on(20)
        .then("the sink takes half of what the workers could do", |job| {
            job.sink = 0.5
        })
        .goes_on(60)
        .then("the sink is as it was", |job| job.sink = 1.0)
        .goes_on(30);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  4 workers, hold: warming_up
            00:40  backlog    0k  4 workers, hold: steady
            03:40  backlog    0k  4 workers, hold: stabilizing
            10:30  backlog    0k  4 workers, hold: steady
            -- the sink takes half of what the workers could do
            20:10  backlog   10k  4 workers, hold: steady
            23:10  backlog  190k  4 workers, hold: sink_bound
            -- the sink is as it was
            80:10  backlog 3590k  4 workers, hold: sink_bound
            80:20  backlog 3580k  4 workers, scale to 10: delay_budget
            80:30  backlog 3570k  4 workers, hold: rescale_in_progress
            81:00  backlog 3580k  10 workers, hold: rescale_in_progress
            81:10  backlog 3600k  10 workers, hold: warming_up
            82:00  backlog 3250k  10 workers, hold: catching_up
            89:10  backlog  240k  10 workers, hold: steady
            89:40  backlog   30k  10 workers, hold: stabilizing
            90:40  backlog    0k  10 workers, hold: not_worthwhile
            93:00  backlog    0k  10 workers, scale to 4: idle
            93:10  backlog   30k  4 workers, hold: rescale_in_progress
            93:20  backlog   20k  4 workers, hold: warming_up
            94:10  backlog    0k  4 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_load_beyond_the_bound_gets_all_that_there_is_at_once() {
    let mut story = Story::begins(2, 1500.0, &[MODEL, ("OUTRIDER_WORKERS_MAX", "6")]);
    story
        .goes_on(20)
        .then("the input rises from 1500/s to 9000/s", |job| {
            job.input = 9000.0
        })
        .goes_on(60);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        03:40  backlog    0k  2 workers, hold: stabilizing
        10:30  backlog    0k  2 workers, hold: steady
        -- the input rises from 1500/s to 9000/s
        20:10  backlog   70k  2 workers, hold: stabilizing
        20:20  backlog  140k  2 workers, scale to 6: delay_budget
        20:30  backlog  210k  2 workers, hold: rescale_in_progress
        21:00  backlog  440k  6 workers, hold: rescale_in_progress
        21:10  backlog  524k  6 workers, hold: warming_up
        22:00  backlog  674k  6 workers, hold: at_bound
    "#]],
    );
}

#[test]
fn an_outage_of_the_sink_is_no_reason_to_scale_for_the_model_either() {
    let mut story = Story::begins(3, 2000.0, &[MODEL]);
    story
        .goes_on(20)
        .then("the sink takes nothing any more", |job| job.sink = 0.0)
        .goes_on(15)
        .then("the sink is back", |job| job.sink = 1.0)
        .goes_on(60);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  3 workers, hold: warming_up
            00:40  backlog    0k  3 workers, hold: steady
            03:40  backlog    0k  3 workers, hold: stabilizing
            10:30  backlog    0k  3 workers, hold: steady
            -- the sink takes nothing any more
            20:10  backlog   20k  3 workers, hold: steady
            20:20  backlog   40k  3 workers, hold: stalled
            -- the sink is back
            35:10  backlog 1790k  3 workers, hold: warming_up
            35:30  backlog 1770k  3 workers, scale to 10: delay_budget
            35:40  backlog 1760k  3 workers, hold: rescale_in_progress
            36:10  backlog 1760k  10 workers, hold: rescale_in_progress
            36:20  backlog 1770k  10 workers, hold: warming_up
            37:10  backlog 1370k  10 workers, hold: catching_up
            39:40  backlog  170k  10 workers, hold: steady
            39:50  backlog   90k  10 workers, hold: stabilizing
            40:50  backlog    0k  10 workers, hold: not_worthwhile
            42:00  backlog    0k  10 workers, scale to 3: idle
            42:10  backlog   20k  3 workers, hold: rescale_in_progress
            42:20  backlog   10k  3 workers, hold: warming_up
            43:10  backlog    0k  3 workers, hold: steady
        "#]],
    );
}

#[test]
fn a_restart_in_the_middle_is_waited_out_by_the_model_too() {
    let mut story = Story::begins(3, 2300.0, &[MODEL]);
    story
        .goes_on(20)
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
            03:40  backlog    0k  3 workers, hold: stabilizing
            10:30  backlog    0k  3 workers, hold: steady
            -- the job fails and restarts from its last checkpoint
            20:10  backlog   20k  3 workers, hold: warming_up
            21:00  backlog    0k  3 workers, hold: steady
        "#]],
    );
}
