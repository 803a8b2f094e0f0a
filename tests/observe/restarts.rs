//! What is believed of a recorded job while it restarts, and what was true. Amounts are in MB.

use expect_test::{Expect, expect};

use crate::watch::{Sequence, assert_near_truth, timeline, watch};

const BEAM_2_70: &str = "flink-1.20.0-beam-2.70.0/growing-1tm";

async fn check(sequence: Sequence, within: f64, expected: Expect) {
    let (_, ticks) = watch(&sequence).await;
    expected.assert_eq(&timeline(&ticks));
    assert_near_truth(&ticks, within);
}

/// At 10 and 20 s subtask 0 is the old one with 20 MB of all splits, subtask 1 the new one with
/// 13 MB of its half: 33 MB, where 28 were left.
#[tokio::test(start_paused = true)]
async fn a_scale_up_adds_old_and_new_together_and_is_not_believed() {
    let sequence = Sequence {
        name: "flink-1.20-scale-up",
        over: BEAM_2_70,
        began: 1_795_164_039_267,
        every: 10,
        truth: &[
            43024, 54364, 56517, 54613, 52353, 49114, 45778, 42905, 38534, 34819, 31983,
        ],
    };
    check(sequence, 1.5, expect![[r#"
        000 s RUNNING 1/1 warming up | true 21.5 | left 20.08 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 72 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING ?/2 not fresh | true 27.2 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | job_not_running
        020 s RUNNING 2/2 not fresh | true 28.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | external_change
        030 s RUNNING 2/2 not fresh | true 27.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        040 s RUNNING 2/2 warming up | true 26.2 | left 25.98 at 0.86, grows ?too_few_samples, 30 s, lag 164 ms | cpu 88%, highest 95% | warming_up
        050 s RUNNING 2/2 warming up | true 24.6 | left 24.38 at 0.88, grows ?too_few_samples, 28 s, lag 171 ms | cpu 90%, highest 95% | warming_up
        060 s RUNNING 2/2 settled | true 22.9 | left 22.89 at 0.88, grows -0.15±0.02, 26 s, 12 splits, lag 160 ms | cpu 91%, highest 93% | catching_up
        070 s RUNNING 2/2 settled | true 21.5 | left 21.22 at 0.89, grows -0.16±0.02, 24 s, 12 splits, lag 165 ms | cpu 93%, highest 93% | catching_up
        080 s RUNNING 2/2 settled | true 19.3 | left 19.30 at 0.90, grows -0.17±0.02, 21 s, 12 splits, lag 163 ms | cpu 93%, highest 95% | catching_up
        090 s RUNNING 2/2 settled | true 17.4 | left 17.24 at 0.92, grows -0.17±0.02, 19 s, 12 splits, lag 137 ms | cpu 97%, highest 98% | catching_up
        100 s RUNNING 2/2 settled | true 16.0 | left 15.31 at 0.93, grows -0.18±0.02, 16 s, 12 splits, lag 151 ms | cpu 97%, highest 99% | catching_up
    "#]]).await;
}

/// The sum of the two old subtasks is served for 10 s more, and then a `-1`.
#[tokio::test(start_paused = true)]
async fn a_scale_down_leaves_the_old_sum_behind_and_it_is_not_believed() {
    let sequence = Sequence {
        name: "flink-1.20-scale-down",
        over: BEAM_2_70,
        began: 1_795_164_237_620,
        every: 10,
        truth: &[671, 629, 7745, 8693, 8687, 8755, 11126, 11606, 10982, 9399],
    };
    check(sequence, 1.0, expect![[r#"
        000 s RUNNING 2/2 warming up | true 0.3 | left 0.00 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING 2/2 warming up | true 0.3 | ?minus_one | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        020 s RUNNING 1/1 not fresh | true 3.9 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        030 s RUNNING 1/1 not fresh | true 4.3 | ?not_fresh | cpu ?not_fresh, highest 61% | warming_up
        040 s RUNNING 1/1 warming up | true 4.3 | left 4.02 at 0.41, grows ?too_few_samples, 10 s, lag 16 ms | cpu 81%, highest 81% | warming_up
        050 s RUNNING 1/1 warming up | true 4.4 | left 4.02 at 0.40, grows ?too_few_samples, 10 s, lag 16 ms | cpu 79%, highest 77% | warming_up
        060 s RUNNING 1/1 warming up | true 5.6 | left 4.91 at 0.37, grows ?too_few_samples, 13 s, lag 33 ms | cpu 72%, highest 56% | warming_up
        070 s RUNNING 1/1 settled | true 5.8 | left 4.91 at 0.28, grows 0.04±0.05, 18 s, 12 splits, lag 20 ms | cpu 68%, highest 71% | workers_pending
        080 s RUNNING 1/1 settled | true 5.5 | left 5.51 at 0.29, grows 0.04±0.02, 19 s, 12 splits, lag 17 ms | cpu 71%, highest 86% | workers_pending
        090 s RUNNING 1/1 settled, 10 s old | true 4.7 | left 5.51 at 0.29, grows 0.04±0.02, 19 s, 12 splits, lag 17 ms | cpu 71%, highest 86% | workers_pending
    "#]]).await;
}

/// Flink restores four times within 4.5 s, onto the dead TaskManager first; for a while the names
/// of some metrics are gone. Here its store was refreshed every 500 ms.
#[tokio::test(start_paused = true)]
async fn a_killed_taskmanager_makes_four_restores_and_none_is_believed() {
    let sequence = Sequence {
        name: "flink-1.20-killed",
        over: BEAM_2_70,
        began: 1_795_164_607_706,
        every: 4,
        truth: &[
            32618, 31917, 55718, 54511, 53196, 51537, 49812, 48419, 46647, 44608,
        ],
    };
    check(sequence, 0.4, expect![[r#"
        000 s RUNNING 2/2 warming up | true 16.3 | left 16.59 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 127 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        004 s RESTARTING ?/2 not fresh | true 16.0 | ?not_fresh | cpu ?too_few_samples, highest ?too_few_samples | job_not_running
        008 s RUNNING ?/1 not fresh | true 27.9 | ?not_fresh | cpu ?too_few_samples, highest ?too_few_samples | job_not_running
        012 s RUNNING 1/1 not fresh | true 27.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        016 s RUNNING 1/1 not fresh | true 26.6 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        020 s RUNNING 1/1 warming up | true 25.8 | left 25.55 at 0.46, grows ?too_few_samples, 56 s, lag 150 ms | cpu ?too_few_samples, highest 93% | warming_up
        024 s RUNNING 1/1 warming up | true 24.9 | left 24.67 at 0.46, grows ?too_few_samples, 53 s, lag 150 ms | cpu 100%, highest 93% | warming_up
        028 s RUNNING 1/1 warming up | true 24.2 | left 23.93 at 0.45, grows ?too_few_samples, 53 s, lag 158 ms | cpu 98%, highest 93% | warming_up
        032 s RUNNING 1/1 warming up | true 23.3 | left 23.09 at 0.45, grows ?too_few_samples, 51 s, lag 140 ms | cpu 101%, highest 93% | warming_up
        036 s RUNNING 1/1 warming up | true 22.3 | left 22.17 at 0.46, grows ?too_few_samples, 48 s, lag 152 ms | cpu 98%, highest 106% | warming_up
    "#]]).await;
}

/// 6.2 MB are served with the first element, 12.2 a second later; where the average sizes are still
/// 0, the job warms up.
#[tokio::test(start_paused = true)]
async fn a_start_with_a_backlog_warms_up_before_it_is_judged() {
    let sequence = Sequence {
        name: "flink-1.20-starts-behind",
        over: BEAM_2_70,
        began: 1_795_164_416_618,
        every: 10,
        truth: &[25312, 23236, 19912, 16387],
    };
    check(sequence, 0.4, expect![[r#"
        000 s RUNNING 1/1 not fresh | true 12.7 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 1/1 not fresh | true 11.6 | ?not_fresh | cpu ?not_fresh, highest 121% | warming_up
        020 s RUNNING 1/1 warming up | true 10.0 | left 9.73 at 0.47, grows ?too_few_samples, 21 s, lag 9 ms | cpu 103%, highest 103% | warming_up
        030 s RUNNING 1/1 warming up | true 8.2 | left 8.03 at 0.47, grows ?too_few_samples, 17 s, lag 8 ms | cpu 104%, highest 104% | warming_up
    "#]]).await;
}

/// Beam's defaults: all partitions in one split, so that the second TaskManager has a subtask that
/// is FINISHED. For 25 s after the rescale 1 to 9 MB are served where 13 to 15 are left.
#[tokio::test(start_paused = true)]
async fn one_split_of_many_partitions_tells_too_little_for_25_s() {
    let sequence = Sequence {
        name: "flink-1.20-one-split",
        over: "flink-1.20.0-beam-2.70.0/without-max-parallelism",
        began: 1_795_164_815_736,
        every: 10,
        truth: &[10649, 17641, 26518, 29822, 33144],
    };
    check(sequence, 1.6, expect![[r#"
        000 s RUNNING 1/1 not fresh | true 5.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 1/2 not fresh | true 8.8 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        020 s RUNNING 2/2 not fresh | true 13.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | external_change
        030 s RUNNING 2/2 not fresh | true 14.9 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        040 s RUNNING 2/2 not fresh | true 16.6 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
    "#]]).await;
}

/// Flink 2 uses a new TaskManager a minute after it came.
#[tokio::test(start_paused = true)]
async fn flink_2_1_scales_up_a_minute_late() {
    let sequence = Sequence {
        name: "flink-2.1-scale-up",
        over: "flink-2.1.0-beam-2.70.0-source-only/after-scaleup-2tm",
        began: 1_795_166_660_551,
        every: 10,
        truth: &[
            2840, 7303, 11875, 15587, 19989, 23433, 30535, 35522, 34503, 32418,
        ],
    };
    check(sequence, 1.1, expect![[r#"
        000 s RUNNING 1/2 warming up | true 1.4 | left 0.43 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 51 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        010 s RUNNING 1/2 warming up | true 3.7 | left 2.87 at ?too_few_samples, grows ?too_few_samples, ?too_few_samples, lag 16 ms | cpu ?too_few_samples, highest ?too_few_samples | warming_up
        020 s RUNNING 1/2 warming up | true 5.9 | left 4.90 at 0.43, grows ?too_few_samples, 11 s, lag 16 ms | cpu 44%, highest ?too_few_samples | warming_up
        030 s RUNNING 1/2 settled | true 7.8 | left 6.98 at 0.43, grows 0.21±0.01, 16 s, 12 splits, lag 26 ms | cpu 45%, highest ?too_few_samples | workers_pending
        040 s RUNNING 1/2 settled | true 10.0 | left 9.11 at 0.43, grows 0.21±0.01, 21 s, 12 splits, lag 16 ms | cpu 45%, highest 83% | workers_pending
        050 s RUNNING 1/2 settled | true 11.7 | left 10.82 at 0.44, grows 0.20±0.01, 24 s, 12 splits, lag 22 ms | cpu 47%, highest 93% | workers_pending
        060 s RUNNING ?/2 not fresh | true 15.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | job_not_running
        070 s RUNNING 2/2 not fresh | true 17.8 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        080 s RUNNING 2/2 warming up | true 17.3 | left 16.55 at 0.68, grows ?too_few_samples, 24 s, lag 171 ms | cpu 73%, highest ?too_few_samples | warming_up
        090 s RUNNING 2/2 warming up | true 16.2 | left 16.17 at 0.68, grows ?too_few_samples, 24 s, lag 178 ms | cpu 71%, highest 79% | warming_up
    "#]]).await;
}

/// Beam up to 2.62 assigns every split twice after a restore, and serves 1.4 times the truth: too
/// much, which takes no worker away.
#[tokio::test(start_paused = true)]
async fn flink_1_16_scales_up_and_its_beam_reads_twice() {
    let sequence = Sequence {
        name: "flink-1.16-scale-up",
        over: "flink-1.16.3-beam-2.59.0/growing-1tm",
        began: 1_795_165_688_390,
        every: 10,
        truth: &[21011, 33130, 42554, 52357],
    };
    check(sequence, 11.0, expect![[r#"
        000 s RUNNING 1/1 not fresh | true 10.5 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING 2/2 not fresh | true 16.6 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | external_change
        020 s RUNNING 2/2 not fresh | true 21.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        030 s RUNNING 2/2 warming up | true 26.2 | left 36.86 at 0.61, grows ?too_few_samples, 61 s, lag 180 ms | cpu 75%, highest ?too_few_samples | warming_up
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_19_scales_up_and_its_beam_reads_twice() {
    let sequence = Sequence {
        name: "flink-1.19-scale-up",
        over: "flink-1.19.3-beam-2.62.0/growing-1tm",
        began: 1_795_165_416_964,
        every: 10,
        truth: &[33061, 44803, 56593, 69062],
    };
    check(sequence, 15.0, expect![[r#"
        000 s RUNNING 1/1 not fresh | true 16.5 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
        010 s RUNNING ?/2 not fresh | true 22.4 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | job_not_running
        020 s RUNNING 2/2 not fresh | true 28.3 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | external_change
        030 s RUNNING 2/2 not fresh | true 34.5 | ?not_fresh | cpu ?not_fresh, highest ?too_few_samples | warming_up
    "#]]).await;
}
