//! What is believed of a recorded job that is not restarted. Amounts are in MB.

use expect_test::{Expect, expect};
use outrider::decide::HoldReason;
use outrider::flink::Flink;

use crate::made::later;
use crate::support::replay::{Recording, Replay};
use crate::watch::{Sequence, Tick, UNKNOWN, assert_near_truth, autoscaler, tick, timeline, watch};

const BEAM_2_70: &str = "flink-1.20.0-beam-2.70.0/growing-1tm";

async fn check(sequence: Sequence, within: f64, expected: Expect) {
    let (_, ticks) = watch(&sequence).await;
    expected.assert_eq(&timeline(&ticks));
    assert_near_truth(&ticks, within);
}

/// 600 records/s, and one worker can do 950. Some seconds `-1` is served, some 0: caught up.
#[tokio::test(start_paused = true)]
async fn a_job_that_keeps_up_has_caught_up() {
    let sequence = Sequence {
        name: "flink-1.20-keeps-up",
        over: BEAM_2_70,
        began: 1_795_164_488_743,
        every: 10,
        truth: &[717, 454, 540],
    };
    check(sequence, 0.4, expect![[r#"
        000 s RUNNING 1/1 warming up | true 0.4 | left 0.14 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 131 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING 1/1 warming up | true 0.2 | left 0.00 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 123 ms | cpu ?too_few_samples, highest 84% | warming_up
        020 s RUNNING 1/1 warming up | true 0.3 | left 0.00 at 0.30, grows ?too_few_samples, 0 s, lag 125 ms | cpu 79%, highest 79% | warming_up
    "#]]).await;
}

/// 0 is served before the first record, then `-1` for half a minute, by a job that keeps up.
#[tokio::test(start_paused = true)]
async fn the_first_input_makes_a_known_backlog_of_nothing() {
    let sequence = Sequence {
        name: "flink-1.20-first-input",
        over: BEAM_2_70,
        began: 1_795_163_893_370,
        every: 10,
        truth: &[226, 88, 180, 571, 360],
    };
    check(sequence, 0.4, expect![[r#"
        000 s RUNNING 1/1 warming up | true 0.1 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING 1/1 warming up | true 0.0 | ?minus_one | cpu ?too_few_samples, highest 84% | warming_up
        020 s RUNNING 1/1 warming up | true 0.1 | left 0.00 at 0.30, grows ?too_few_samples, 0 s, lag 187 ms | cpu 80%, highest 80% | warming_up
        030 s RUNNING 1/1 settled | true 0.3 | left 0.00 at 0.30, grows 0.00±0.01, 0 s, 12 splits, lag 185 ms | cpu 75%, highest 70% | steady
        040 s RUNNING 1/1 settled | true 0.2 | left 0.00 at 0.30, grows 0.00±0.01, 0 s, 12 splits, lag 197 ms | cpu 74%, highest 71% | steady
    "#]]).await;
}

/// Where nothing was ever read, a backlog of 0 may be a size that is not known yet: no time to
/// drain it, and no scaling down.
#[tokio::test(start_paused = true)]
async fn before_any_input_nothing_is_known() {
    let sequence = Sequence {
        name: "flink-2.1-no-input",
        over: "flink-2.1.0-beam-2.70.0-source-only/after-scaleup-2tm",
        began: 1_795_166_539_961,
        every: 10,
        truth: &[0, 0, 0, 0, 0, 0],
    };
    check(sequence, 0.0, expect![[r#"
        000 s RUNNING 1/1 not fresh | true 0.0 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 1/1 warming up | true 0.0 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu ?too_few_samples, highest 8% | warming_up
        020 s RUNNING 1/1 warming up | true 0.0 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu 7%, highest 7% | warming_up
        030 s RUNNING 1/1 settled | true 0.0 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu 6%, highest 6% | backlog_unknown
        040 s RUNNING 1/1 settled | true 0.0 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu 7%, highest 7% | backlog_unknown
        050 s RUNNING 1/1 settled | true 0.0 | left 0.00 at ?not_offered, grows ?not_offered, ?not_offered | cpu 6%, highest 5% | backlog_unknown
    "#]]).await;
}

/// The input ends; the backlog is read, and is 0. Answers are up to 10 s old: 2 MB at this speed.
#[tokio::test(start_paused = true)]
async fn a_backlog_that_was_drained_is_0() {
    let sequence = Sequence {
        name: "flink-1.20-drained",
        over: BEAM_2_70,
        began: 1_795_164_185_747,
        every: 10,
        truth: &[32749, 20195, 6899, 0, 0],
    };
    check(sequence, 2.0, expect![[r#"
        000 s RUNNING 2/2 warming up | true 16.4 | left 17.71 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 31 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING 2/2 warming up | true 10.1 | left 12.06 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 198 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        020 s RUNNING 2/2 warming up | true 3.4 | left 5.31 at 0.67, grows ?too_few_samples, 8 s, lag 33 ms | cpu 68%, highest ?too_few_samples | warming_up
        030 s RUNNING 2/2 settled | true 0.0 | left 0.00 at 0.60, grows -0.60±0.08, 0 s, 12 splits, lag 16 ms | cpu 62%, highest 71% | steady
        040 s RUNNING 2/2 settled | true 0.0 | left 0.00 at 0.40, grows -0.41±0.22, 0 s, 12 splits | cpu 44%, highest 43% | steady
    "#]]).await;
}

const OUTAGE: Sequence = Sequence {
    name: "flink-1.20-kafka-outage",
    over: BEAM_2_70,
    began: 1_795_166_183_987,
    every: 10,
    // Not recorded, but for the end: 26.5 MB at 34 s.
    truth: &[UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 53_000, UNKNOWN],
};

/// Kafka stands still from 3 to 33 s. Its end offsets are frozen, so the backlog seems to shrink
/// while the reader uses up what it had fetched; then it jumps.
#[tokio::test(start_paused = true)]
async fn an_outage_of_kafka_is_not_read_as_drained() {
    let (_, ticks) = watch(&OUTAGE).await;
    expect![[r#"
        000 s RUNNING 1/1 not fresh | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 1/1 not fresh | ?not_fresh | cpu ?not_fresh, highest 84% | warming_up
        020 s RUNNING 1/1 warming up | left 4.09 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 25 ms | cpu ?too_few_samples, highest 92% | warming_up
        030 s RUNNING 1/1 warming up | left 3.05 at 0.10, grows ?too_few_samples, 29 s | cpu 30%, highest 30% | warming_up
        040 s RUNNING 1/1 settled | true 26.5 | left 27.42 at 0.16, grows 1.17±1.47, 172 s, 12 splits, lag 58 ms | cpu 41%, highest 52% | backlog_time
        050 s RUNNING 1/1 settled | left 30.74 at 0.24, grows 1.04±0.67, 126 s, 12 splits, lag 74 ms | cpu 57%, highest 89% | backlog_time
    "#]].assert_eq(&timeline(&ticks));
}

/// The same outage, had it gone on: the recorded answers of 30 s again and again, while the CPU's
/// time goes on.
#[tokio::test(start_paused = true)]
async fn an_outage_of_kafka_that_goes_on_is_a_stall() {
    let (mut autoscaler, mut ticks) = watch(&Sequence {
        truth: &[UNKNOWN; 4],
        ..OUTAGE
    })
    .await;
    ticks.drain(..3);
    for second in [40, 50, 60, 70, 80, 90] {
        let scrape = later(&ticks.last().unwrap().scrape, 10, 0.0);
        ticks.push(tick(&mut autoscaler, second, UNKNOWN, scrape));
    }
    expect![[r#"
        030 s RUNNING 1/1 warming up | left 3.05 at 0.10, grows ?too_few_samples, 29 s | cpu 30%, highest 30% | warming_up
        040 s RUNNING 1/1 settled | left 3.05 at 0.05, grows -0.05±0.06, 58 s, 12 splits | cpu 30%, highest 30% | steady
        050 s RUNNING 1/1 settled | left 3.05 at 0.03, grows -0.03±0.04, ?stalled, stalled, 12 splits | cpu 30%, highest 30% | stalled
        060 s RUNNING 1/1 settled | left 3.05 at 0.03, grows -0.02±0.02, ?stalled, stalled, 12 splits | cpu 30%, highest 30% | stalled
        070 s RUNNING 1/1 settled | left 3.05 at 0.02, grows -0.01±0.02, ?stalled, stalled, 12 splits | cpu 30%, highest 30% | stalled
        080 s RUNNING 1/1 settled | left 3.05 at 0.02, grows -0.01±0.01, ?stalled, stalled, 12 splits | cpu 30%, highest 30% | stalled
        090 s RUNNING 1/1 settled | left 3.05 at 0.00, grows 0.00±0.00, ?stalled, stalled, 12 splits | cpu 30%, highest 30% | stalled
    "#]].assert_eq(&timeline(&ticks));
    let stalled = HoldReason::Stalled.name();
    assert!(ticks[2..].iter().all(|it| it.decision.reason() == stalled));
}

/// KafkaIO as a splittable DoFn reads in the second vertex; its source is an impulse, and no
/// backlog can be believed.
#[tokio::test(start_paused = true)]
async fn a_splittable_dofn_has_no_backlog_that_could_be_believed() {
    let (mut autoscaler, mut ticks) = watch(&Sequence {
        name: "flink-1.20-splittable-dofn",
        over: "flink-1.20.0-beam-2.70.0/splittable-dofn",
        began: 1_795_164_704_720,
        every: 10,
        truth: &[163, 12600, 23575, 32200],
    })
    .await;
    for second in [40, 50, 60, 70, 80, 90] {
        let scrape = later(&ticks.last().unwrap().scrape, 10, 0.0);
        ticks.push(tick(&mut autoscaler, second, UNKNOWN, scrape));
    }
    expect![[r#"
        000 s no job | true 0.1 | cpu ?not_read, highest ?not_read | no_job
        010 s RUNNING 1/1 not fresh | true 6.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        020 s RUNNING 1/1 not fresh | true 11.8 | ?not_fresh | cpu ?not_fresh, highest 66% | warming_up
        030 s RUNNING 1/1 not fresh | true 16.1 | ?not_fresh | cpu ?not_fresh, highest 68% | warming_up
        040 s RUNNING 1/1 not fresh | ?not_fresh | cpu ?not_fresh, highest 68% | warming_up
        050 s RUNNING 1/1 not fresh | ?not_fresh | cpu ?not_fresh, highest 68% | warming_up
        060 s RUNNING 1/1 not fresh | ?not_fresh | cpu ?not_fresh, highest 68% | warming_up
        070 s RUNNING 1/1 warming up | ?not_offered | cpu ?too_few_samples, highest 68% | warming_up
        080 s RUNNING 1/1 warming up | ?not_offered | cpu 30%, highest 68% | warming_up
        090 s RUNNING 1/1 settled | ?not_offered | cpu 30%, highest 68% | checkpoints_failing
    "#]].assert_eq(&timeline(&ticks));
}

/// 2 partitions, 3 TaskManagers: the third subtask is FINISHED, and its `-1` stays in the sum for
/// good. Two subtasks of three have counters, so only the minute proves them fresh. Here both read
/// 3000 records each 10 s, for 50 s; then the bytes are not known, and what the splits say in
/// elements is a stall.
#[tokio::test(start_paused = true)]
async fn a_subtask_without_a_partition_leaves_a_minus_one_behind() {
    let folder = "flink-1.20.0-beam-2.70.0/idle-subtask";
    let replay = Replay::of(Recording::snapshot(folder)).await;
    let mut scrape = Flink::new(&replay.url()).scrape(&replay.clock()).await;
    let mut autoscaler = autoscaler();
    let mut ticks: Vec<Tick> = Vec::new();
    for second in (0..=80).step_by(10) {
        ticks.push(tick(&mut autoscaler, second, UNKNOWN, scrape.clone()));
        let reads = if second < 50 { 3000.0 } else { 0.0 };
        scrape = later(&scrape, 10, reads);
    }
    expect![[r#"
        000 s RUNNING 3/3 not fresh | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 3/3 not fresh | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        020 s RUNNING 3/3 not fresh | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        030 s RUNNING 3/3 not fresh | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        040 s RUNNING 3/3 warming up | left ?minus_one (44460) at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 102 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        050 s RUNNING 3/3 warming up | left 22.45 (44460) at 0.30, grows ?too_few_samples, 75 s, lag 102 ms | cpu 30%, highest ?too_few_samples | warming_up
        060 s RUNNING 3/3 settled | left ?minus_one (44460) at 0.00, grows 0.00±0.00, 148 s, 2 splits, lag 102 ms | cpu 30%, highest ?too_few_samples | at_bound
        070 s RUNNING 3/3 settled | left ?minus_one (44460) at 0.00, grows 0.00±0.00, ?stalled, stalled, 2 splits, lag 102 ms | cpu 30%, highest ?too_few_samples | stalled
        080 s RUNNING 3/3 settled | left ?minus_one (44460) at 0.00, grows 0.00±0.00, ?stalled, stalled, 2 splits, lag 102 ms | cpu 30%, highest ?too_few_samples | stalled
    "#]].assert_eq(&timeline(&ticks));
}
