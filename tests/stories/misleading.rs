//! What would mislead a rate over the last minute: a reading that is older than it seems, and an
//! outage.

use expect_test::expect;

use crate::check;
use crate::story::Story;

#[test]
fn a_sidecar_that_starts_again_does_not_take_an_old_reading_for_a_busy_job() {
    // 2 * 700/s: utilization is 2 * 0.1 + 2 * 0.9 * 0.7 = 73 %. The store is 10 s old when the
    // second sidecar reads it first: taken for now, 20 s of CPU time would count as 10 s.
    let mut story = Story::begins(2, 1400.0, &[]);
    story
        .goes_on(5)
        .then(
            "the sidecar is killed and starts again",
            Story::sidecar_starts_again,
        )
        .goes_on(5);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the sidecar is killed and starts again
        05:10  backlog    0k  2 workers, hold: warming_up
        05:40  backlog    0k  2 workers, hold: steady
    "#]],
    );
}

#[test]
fn after_an_outage_the_job_is_judged_by_what_it_reads_again_not_by_the_outage() {
    // 2 workers read 2000/s: the 120k elements of two minutes at 1000/s are gone in two more.
    // Over the whole window they would seem to read 10 s of 60, and 10 workers would be asked for.
    let mut story = Story::begins(2, 1000.0, &[]);
    story
        .goes_on(5)
        .then("the broker hangs", |job| job.sink = 0.0)
        .goes_on(2)
        .then("it is back", |job| job.sink = 1.0)
        .goes_on(5);
    check(
        &story,
        &expect![[r#"
        00:10  backlog    0k  2 workers, hold: warming_up
        00:40  backlog    0k  2 workers, hold: steady
        -- the broker hangs
        05:10  backlog   10k  2 workers, hold: steady
        05:20  backlog   20k  2 workers, hold: stalled
        -- it is back
        07:10  backlog  110k  2 workers, hold: warming_up
        07:30  backlog   90k  2 workers, hold: catching_up
        09:10  backlog    0k  2 workers, hold: steady
    "#]],
    );
}
