//! Stories of others who have a say in the number of workers: a GitOps tool, a rule of the cluster.

use expect_test::expect;
use outrider::units::Workers;

use crate::check;
use crate::story::Story;

#[test]
fn who_puts_the_number_back_each_time_is_not_fought_and_tried_again_after_an_hour() {
    let mut story = Story::begins(2, 1500.0, &[]);
    story.put_back = Some(2);
    story
        .goes_on(2)
        .then("the input rises to 2500/s", |job| job.input = 2500.0)
        .goes_on(80)
        .then("the tool was told to ignore the number", |job| {
            job.put_back = None;
        })
        .goes_on(50);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the input rises to 2500/s
        02:10  backlog    5k  2 workers, hold: steady
        02:20  backlog   10k  2 workers, scale to 3: utilization
        02:30  backlog   15k  2 workers, hold: rescale_in_progress
        02:50  backlog   25k  2 workers, hold: cooldown
        03:40  backlog   50k  2 workers, scale to 4: utilization
        03:50  backlog   55k  2 workers, hold: rescale_in_progress
        04:10  backlog   65k  2 workers, hold: reverted
        64:00  backlog 1860k  2 workers, scale to 10: backlog_time
        64:10  backlog 1865k  2 workers, hold: rescale_in_progress
        64:30  backlog 1875k  2 workers, hold: reverted
        -- the tool was told to ignore the number
        82:10  backlog 2405k  2 workers, hold: reverted
        124:20  backlog 3670k  2 workers, scale to 10: backlog_time
        124:30  backlog 3675k  2 workers, hold: rescale_in_progress
        125:00  backlog 3710k  10 workers, hold: rescale_in_progress
        125:10  backlog 3725k  10 workers, hold: warming_up
        126:00  backlog 3350k  10 workers, hold: at_bound
        128:30  backlog 2225k  10 workers, hold: catching_up
    "#]],
    );
    let rescales = story.autoscaler.rescales().all();
    let managers = rescales
        .iter()
        .filter_map(|rescale| rescale.manager.as_deref());
    assert_eq!(managers.collect::<Vec<_>>(), ["argocd-controller"; 3]);
}

#[test]
fn another_number_than_the_one_put_back_each_time_is_a_wish_and_frees_at_once() {
    let mut story = Story::begins(2, 1500.0, &[]);
    story.put_back = Some(2);
    story
        .goes_on(2)
        .then("the input rises to 2500/s", |job| job.input = 2500.0)
        .goes_on(10)
        .then("a person makes it 3", |job| {
            job.put_back = None;
            job.somebody_writes(3);
        })
        .goes_on(15);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the input rises to 2500/s
        02:10  backlog    5k  2 workers, hold: steady
        02:20  backlog   10k  2 workers, scale to 3: utilization
        02:30  backlog   15k  2 workers, hold: rescale_in_progress
        02:50  backlog   25k  2 workers, hold: cooldown
        03:40  backlog   50k  2 workers, scale to 4: utilization
        03:50  backlog   55k  2 workers, hold: rescale_in_progress
        04:10  backlog   65k  2 workers, hold: reverted
        -- a person makes it 3
        12:10  backlog  305k  2 workers, hold: reverted
        12:40  backlog  340k  3 workers, hold: job_not_running
        12:50  backlog  362k  3 workers, hold: external_change
        13:00  backlog  357k  3 workers, hold: warming_up
        13:40  backlog  337k  3 workers, hold: cooldown
        13:50  backlog  332k  3 workers, scale to 9: utilization
        14:00  backlog  327k  3 workers, hold: rescale_in_progress
        14:30  backlog  342k  9 workers, hold: rescale_in_progress
        14:40  backlog  358k  9 workers, hold: warming_up
        15:30  backlog   33k  9 workers, hold: catching_up
        15:40  backlog    0k  9 workers, hold: steady
        15:50  backlog    0k  9 workers, hold: stabilizing
        16:50  backlog    0k  9 workers, hold: cooldown
        19:40  backlog    0k  9 workers, scale to 4: idle
        19:50  backlog   25k  4 workers, hold: rescale_in_progress
        20:00  backlog   10k  4 workers, hold: warming_up
        20:50  backlog    0k  4 workers, hold: steady
    "#]],
    );
}

#[test]
fn what_a_rule_of_the_cluster_admits_is_asked_for_and_no_more_until_it_is_tried_again() {
    let mut story = Story::begins(2, 1500.0, &[]);
    story.admitted = 4;
    story
        .goes_on(2)
        .then("the input rises to 6000/s", |job| job.input = 6000.0)
        .goes_on(8)
        .then("the rule admits 8", |job| job.admitted = 8)
        .goes_on(15);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the input rises to 6000/s
        02:10  backlog   40k  2 workers, hold: steady
        02:20  backlog   80k  2 workers, scale to 5: utilization
        02:30  backlog  120k  2 workers, scale to 4: utilization
        02:40  backlog  160k  2 workers, hold: rescale_in_progress
        03:10  backlog  300k  4 workers, hold: rescale_in_progress
        03:20  backlog  356k  4 workers, hold: warming_up
        04:10  backlog  456k  4 workers, hold: at_bound
        -- the rule admits 8
        10:10  backlog 1176k  4 workers, hold: at_bound
        12:20  backlog 1436k  4 workers, scale to 10: backlog_time
        12:30  backlog 1456k  4 workers, scale to 8: backlog_time
        12:40  backlog 1476k  4 workers, hold: rescale_in_progress
        13:10  backlog 1576k  8 workers, hold: rescale_in_progress
        13:20  backlog 1628k  8 workers, hold: warming_up
        14:10  backlog 1528k  8 workers, hold: at_bound
        22:00  backlog  588k  8 workers, hold: catching_up
    "#]],
    );
    assert_eq!(
        story.autoscaler.rescales().workers_asked(),
        Some(Workers(8))
    );
}

#[test]
fn of_a_minimum_that_the_cluster_does_not_admit_as_much_is_taken_as_it_does() {
    let mut story = Story::begins(2, 1500.0, &[("OUTRIDER_WORKERS_MIN", "6")]);
    story.admitted = 4;
    story.goes_on(8);
    check(
        &story,
        &expect![[r#"
            00:10  backlog    0k  2 workers, hold: warming_up
            00:40  backlog    0k  2 workers, scale to 6: out_of_bounds
            00:50  backlog    0k  2 workers, scale to 4: out_of_bounds
            01:00  backlog    0k  2 workers, hold: rescale_in_progress
            01:30  backlog   15k  4 workers, hold: rescale_in_progress
            01:40  backlog   26k  4 workers, hold: warming_up
            02:30  backlog    0k  4 workers, hold: at_bound
        "#]],
    );
}

#[test]
fn a_number_beyond_the_rule_shows_that_it_is_no_rule_any_more() {
    let mut story = Story::begins(2, 1500.0, &[]);
    story.admitted = 2;
    story
        .goes_on(2)
        .then("the input rises to 6000/s", |job| job.input = 6000.0)
        .goes_on(2);
    assert!(story.autoscaler.cluster_bound().is_some());
    story
        .then("the rule is gone, and a person makes it 3", |job| {
            job.admitted = u32::MAX;
            job.somebody_writes(3);
        })
        .goes_on(5);
    assert_eq!(story.autoscaler.cluster_bound(), None);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the input rises to 6000/s
        02:10  backlog   40k  2 workers, hold: steady
        02:20  backlog   80k  2 workers, scale to 5: utilization
        02:30  backlog  120k  2 workers, hold: at_bound
        -- the rule is gone, and a person makes it 3
        04:10  backlog  520k  2 workers, hold: at_bound
        04:40  backlog  660k  3 workers, hold: job_not_running
        04:50  backlog  717k  3 workers, hold: external_change
        05:00  backlog  747k  3 workers, hold: warming_up
        05:40  backlog  867k  3 workers, hold: cooldown
        05:50  backlog  897k  3 workers, scale to 10: backlog_time
        06:00  backlog  927k  3 workers, hold: rescale_in_progress
        06:30  backlog 1047k  10 workers, hold: rescale_in_progress
        06:40  backlog 1097k  10 workers, hold: warming_up
        07:30  backlog  897k  10 workers, hold: catching_up
    "#]],
    );
}
