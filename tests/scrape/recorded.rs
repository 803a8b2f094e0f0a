//! What each version said.

use expect_test::{Expect, expect};
use outrider::flink::Flink;

use crate::support::replay::{Recording, Replay};
use crate::told::told;
use crate::{AFTER_SCALEUP, GROWING};

/// The first scrape of a recording, in few lines.
async fn check(recording: Recording, expected: Expect) {
    let replay = Replay::of(recording).await;
    let scrape = Flink::new(&replay.url()).scrape(&replay.clock()).await;
    expected.assert_eq(&told(&scrape));
}

#[tokio::test(start_paused = true)]
async fn flink_1_16_with_a_growing_backlog_is_read() {
    let folder = "flink-1.16.3-beam-2.59.0/growing-1tm";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.16.3, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795165640751), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(24147.0), bytes Some(0.0) -> Some(1299177.0), held up Some(0.0), busy Some(37393.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(24144.0) -> Some(0.0), bytes Some(1302527.0) -> Some(0.0), held up Some(0.0), busy Some(1263.0)
        checkpoints: 4 completed, 1 failed; 4 at 1795165685305 took 24ms, 80552 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 0ns; tm-1 (1 slots, 1 cores)
        cpu: 42.64 s of 1
        cpu of tm-1: 42.64 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 8666000..8666000, avg 8666000, sum 8666000
          ElementsRead 26422..26422, avg 26422, sum 26422
          BytesRead 13211000..13211000, avg 13211000, sum 13211000
          RecordsIn 26421..26421, avg 26421, sum 26421
          WatermarkLag 164..164, avg 164, sum 164
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_16_after_a_scale_up_is_read() {
    let folder = "flink-1.16.3-beam-2.59.0/after-scaleup-2tm";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.16.3, 2 TaskManagers, 2 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795165692281), max parallelism Some(12)
          Source: Read… x2 of Some(12), 2 there, 0 inputs
            records Some(0.0) -> Some(29493.0), bytes Some(0.0) -> Some(1547956.0), held up Some(0.0), busy Some(53186.0)
          CountPerKey … x2 of Some(12), 2 there, 1 inputs
            records Some(29452.0) -> Some(0.0), bytes Some(1591010.0) -> Some(0.0), held up Some(0.0), busy Some(2706.0)
        checkpoints: 7 completed, 1 failed; 7 at 1795165718539 took 62ms, 134722 bytes; restored 4 at 1795165692280
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 0ns; tm-2 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 97.61 s of 2
        cpu of tm-2: 28.52 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 19349500..20881500, avg 20115500, sum 40231000
          ElementsRead 13971..18060, avg 16015.5, sum 32031
          BytesRead 6985500..9030000, avg 8007750, sum 16015500
          RecordsIn 13970..18059, avg 16014.5, sum 32029
          WatermarkLag 39..87, avg 63, sum 126
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_only_just_created_has_no_execution_yet() {
    let folder = "flink-1.16.3-beam-2.59.0/job-created";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.16.3, 0 TaskManagers, 0 slots
        job rig is CREATED
        execution: CREATED since None, max parallelism None
        checkpoints: 0 completed, 0 failed
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 0ns; tm-1 (1 slots, 1 cores)
        cpu: 4.22 s of 1
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_is_up_before_its_job_has_none() {
    let folder = "flink-1.19.3-beam-2.62.0/no-job-yet";
    check(
        Recording::snapshot(folder),
        expect![[r#"
        Flink 1.19.3, 0 TaskManagers, 0 slots
        job: None
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_19_with_a_growing_backlog_is_read() {
    let poll = "flink-1.19.3-beam-2.62.0/growing-1tm/poll.jsonl";
    check(Recording::poll(poll), expect![[r#"
        Flink 1.19.3, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795165377272), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(7216.0), bytes Some(0.0) -> Some(372006.0), held up Some(0.0), busy Some(19920.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(7203.0) -> Some(0.0), bytes Some(387506.0) -> Some(0.0), held up Some(0.0), busy Some(1493.0)
        checkpoints: 2 completed, 1 failed; 2 at 1795165398921 took 272ms, 81075 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 21.12 s of 1
        cpu of tm-1: 21.12 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 9558500..9558500, avg 9558500, sum 9558500
          ElementsRead 7217..7217, avg 7217, sum 7217
          BytesRead 3608500..3608500, avg 3608500, sum 3608500
          RecordsIn 7216..7216, avg 7216, sum 7216
          WatermarkLag 82..82, avg 82, sum 82
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn before_any_input_there_are_few_metrics() {
    let folder = "flink-1.20.0-beam-2.70.0/before-any-input";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795163787233), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(0.0), bytes Some(0.0) -> Some(871.0), held up Some(0.0), busy Some(16667.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(0.0) -> Some(0.0), bytes Some(1510.0) -> Some(0.0), held up Some(0.0), busy Some(0.0)
        checkpoints: 7 completed, 1 failed; 7 at 1795163857992 took 25ms, 57744 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 16.35 s of 1
        cpu of tm-1: 16.35 s
        source Source: ReadEvents… splits None, partitions None
          PendingBytes 0..0, avg 0, sum 0
          RecordsIn 0..0, avg 0, sum 0
          WatermarkLag -69804..-69804, avg -69804, sum -69804
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn while_a_job_waits_for_its_first_slots_it_has_no_plan_and_so_no_vertices() {
    let poll = "flink-1.20.0-beam-2.70.0/before-any-input/poll-waiting-for-slots.jsonl";
    check(
        Recording::poll(poll),
        expect![[r#"
        Flink 1.20.0, 0 TaskManagers, 0 slots
        job rig is CREATED
        execution: CREATED since None, max parallelism None
        checkpoints: 0 completed, 0 failed
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s;
        cpu: Flink has none of these metrics at the moment
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_20_with_a_growing_backlog_is_read() {
    check(Recording::snapshot(GROWING), expect![[r#"
        Flink 1.20.0, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795163787233), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(100197.0), bytes Some(0.0) -> Some(3100280.0), held up Some(0.0), busy Some(201697.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(100117.0) -> Some(0.0), bytes Some(3110236.0) -> Some(0.0), held up Some(0.0), busy Some(0.0)
        checkpoints: 24 completed, 1 failed; 24 at 1795164027993 took 29ms, 62574 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 130.14 s of 1
        cpu of tm-1: 130.14 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 17250000..17250000, avg 17250000, sum 17250000
          SplitsBacklogElements 2587..2863, avg 32414, sum 32414
          ElementsRead 100197..100197, avg 100197, sum 100197
          BytesRead 50098500..50098500, avg 50098500, sum 50098500
          RecordsIn 100197..100197, avg 100197, sum 100197
          WatermarkLag 180..180, avg 180, sum 180
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_20_after_a_scale_up_is_read() {
    check(Recording::snapshot(AFTER_SCALEUP), expect![[r#"
        Flink 1.20.0, 2 TaskManagers, 2 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164045684), max parallelism Some(12)
          Source: Read… x2 of Some(12), 2 there, 0 inputs
            records Some(0.0) -> Some(159404.0), bytes Some(0.0) -> Some(4944014.0), held up Some(0.0), busy Some(182260.0)
          CountPerKey … x2 of Some(12), 2 there, 1 inputs
            records Some(159302.0) -> Some(0.0), bytes Some(5015394.0) -> Some(0.0), held up Some(0.0), busy Some(2553.0)
        checkpoints: 35 completed, 2 failed; 35 at 1795164148314 took 38ms, 74424 bytes; restored 25 at 1795164045671
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-2 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 335.39 s of 2
        cpu of tm-2: 97.59 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 6978000..9536000, avg 8257000, sum 16514000
          ElementsRead 83955..89091, avg 86523, sum 173046
          BytesRead 41977500..44545500, avg 43261500, sum 86523000
          RecordsIn 83954..89090, avg 86522, sum 173044
          WatermarkLag 93..113, avg 103, sum 206
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn flink_1_20_that_keeps_up_is_read() {
    let folder = "flink-1.20.0-beam-2.70.0/steady-1tm";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795163787233), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(22985.0), bytes Some(0.0) -> Some(688116.0), held up Some(0.0), busy Some(106115.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(22966.0) -> Some(0.0), bytes Some(717667.0) -> Some(0.0), held up Some(0.0), busy Some(0.0)
        checkpoints: 15 completed, 1 failed; 15 at 1795163937993 took 46ms, 65166 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 55.51 s of 1
        cpu of tm-1: 55.51 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 2000..2000, avg 2000, sum 2000
          SplitsBacklogElements -1..5, avg -4, sum -4
          ElementsRead 29047..29047, avg 29047, sum 29047
          BytesRead 14523500..14523500, avg 14523500, sum 14523500
          RecordsIn 29046..29046, avg 29046, sum 29046
          WatermarkLag 33..33, avg 33, sum 33
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_has_caught_up_says_minus_one_and_so_does_its_scrape() {
    let poll = "flink-1.20.0-beam-2.70.0/steady-1tm/poll-caught-up.jsonl";
    check(Recording::poll(poll), expect![[r#"
        Flink 1.20.0, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164412525), max parallelism Some(12)
          Source: Read… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(80844.0), bytes Some(0.0) -> Some(2502442.0), held up Some(0.0), busy Some(95586.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(80835.0) -> Some(0.0), bytes Some(2505206.0) -> Some(0.0), held up Some(0.0), busy Some(1259.0)
        checkpoints: 5 completed, 0 failed; 5 at 1795164505796 took 46ms, 67770 bytes
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 103.81 s of 1
        cpu of tm-1: 103.81 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes -1..-1, avg -1, sum -1
          ElementsRead 80845..80845, avg 80845, sum 80845
          BytesRead 40422500..40422500, avg 40422500, sum 40422500
          RecordsIn 80844..80844, avg 80844, sum 80844
          WatermarkLag 25..25, avg 25, sum 25
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_subtask_without_a_split_is_in_the_backlog_with_its_minus_one() {
    let folder = "flink-1.20.0-beam-2.70.0/idle-subtask";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 3 TaskManagers, 3 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164945937), max parallelism Some(12)
          Source: Read… x3 of Some(12), 3 there, 0 inputs
            records Some(0.0) -> Some(0.0), bytes Some(0.0) -> Some(39.0), held up Some(0.0), busy None
          CountPerKey … x3 of Some(12), 3 there, 1 inputs
            records Some(0.0) -> Some(0.0), bytes Some(4.0) -> Some(0.0), held up Some(0.0), busy None
        checkpoints: 5 completed, 0 failed; 5 at 1795164964760 took 63ms, 42563 bytes; restored 3 at 1795164945874
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-2 (1 slots, 1 cores) tm-3 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 76.54 s of 3
        cpu of tm-2: 21.74 s
        source Source: ReadEvents… splits Some(2), partitions Some(2)
          PendingBytes -1..11813500, avg 7482833, sum 22448499
          SplitsBacklogElements 20812..23648, avg 44460, sum 44460
          ElementsRead 8155..10992, avg 9573.5, sum 19147
          BytesRead 4077500..5496000, avg 4786750, sum 9573500
          RecordsIn 0..10991, avg 6381.666666666667, sum 19145
          WatermarkLag 74..102, avg 88, sum 176
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn totals_that_flink_calls_incomplete_are_none() {
    let folder = "flink-1.20.0-beam-2.70.0/deploying-after-rescale";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 3 TaskManagers, 3 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164945937), max parallelism Some(12)
          Source: Read… x3 of Some(12), 1 there, 0 inputs
            records None -> None, bytes None -> None, held up None, busy None
          CountPerKey … x3 of Some(12), 1 there, 1 inputs
            records None -> None, bytes None -> None, held up None, busy None
        checkpoints: 3 completed, 0 failed; 3 at 1795164939630 took 45ms, 20762 bytes; restored 3 at 1795164945874
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-2 (1 slots, 1 cores) tm-3 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 43.94 s of 3
        cpu of tm-2: 5.56 s
        source Source: ReadEvents… splits None, partitions None
          PendingBytes -1..-1, avg -1, sum -1
          RecordsIn 0..0, avg 0, sum 0
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn without_max_parallelism_there_is_one_split() {
    let folder = "flink-1.20.0-beam-2.70.0/without-max-parallelism";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 2 TaskManagers, 2 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164826066), max parallelism None
          Source: Read… x2 of Some(128), 2 there, 0 inputs
            records Some(0.0) -> Some(22637.0), bytes Some(0.0) -> Some(688154.0), held up Some(0.0), busy Some(27745.0)
          CountPerKey … x2 of Some(128), 2 there, 1 inputs
            records Some(22629.0) -> Some(0.0), bytes Some(701949.0) -> Some(0.0), held up Some(0.0), busy Some(457.0)
        checkpoints: 0 completed, 0 failed
        setup: checkpoints every None, reactive true, restarts true, gate 30s; tm-2 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 68.24 s of 2
        cpu of tm-2: 38.37 s
        source Source: ReadEvents… splits Some(1), partitions Some(12)
          PendingBytes 16585500..16585500, avg 16585500, sum 16585500
          SplitsBacklogElements 33606..33606, avg 33606, sum 33606
          ElementsRead 24433..24433, avg 24433, sum 24433
          BytesRead 12216500..12216500, avg 12216500, sum 12216500
          RecordsIn 24432..24432, avg 24432, sum 24432
          WatermarkLag 133..133, avg 133, sum 133
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_splittable_dofn_is_no_source_and_its_impulse_has_no_backlog() {
    let folder = "flink-1.20.0-beam-2.70.0/splittable-dofn";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 1.20.0, 1 TaskManagers, 1 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795164706573), max parallelism Some(12)
          Source: Impu… x1 of Some(12), 1 there, 0 inputs
            records Some(0.0) -> Some(12.0), bytes Some(0.0) -> Some(2041.0), held up Some(0.0), busy None
          ReadEvents/K… x1 of Some(12), 1 there, 1 inputs
            records Some(4.0) -> Some(12200.0), bytes Some(2045.0) -> Some(360448.0), held up Some(0.0), busy Some(27018.0)
          CountPerKey … x1 of Some(12), 1 there, 1 inputs
            records Some(12188.0) -> Some(0.0), bytes Some(377320.0) -> Some(0.0), held up Some(0.0), busy Some(504.0)
        checkpoints: 0 completed, 1 failed
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 30s; tm-1 (1 slots, 1 cores)
        cpu: 26.1 s of 1
        cpu of tm-1: 26.1 s
        source Source: Impulse ->… splits None, partitions None
          RecordsIn 0..0, avg 0, sum 0
    "#]]).await;
}

#[tokio::test(start_paused = true)]
async fn flink_2_1_is_read() {
    let folder = "flink-2.1.0-beam-2.70.0-source-only/after-scaleup-2tm";
    check(Recording::snapshot(folder), expect![[r#"
        Flink 2.1.0, 2 TaskManagers, 2 slots
        job rig is RUNNING
        execution: RUNNING since Some(1795166720122), max parallelism Some(12)
          Source: Read… x2 of Some(12), 2 there, 0 inputs
            records Some(44213.0) -> Some(0.0), bytes Some(0.0) -> Some(0.0), held up Some(0.0), busy Some(66624.0)
        checkpoints: 27 completed, 1 failed; 27 at 1795166756705 took 109ms, 44232 bytes; restored 23 at 1795166720108
        setup: checkpoints every Some(10s), reactive true, restarts true, gate 90s; tm-2 (1 slots, 1 cores) tm-1 (1 slots, 1 cores)
        cpu: 135.68 s of 2
        cpu of tm-2: 34.01 s
        source Source: ReadEvents… splits Some(12), partitions Some(12)
          PendingBytes 7162000..7468000, avg 7315000, sum 14630000
          ElementsRead 23754..24191, avg 23972.5, sum 47945
          BytesRead 11877000..12095500, avg 11986250, sum 23972500
          RecordsIn 23753..24190, avg 23971.5, sum 47943
          WatermarkLag 14..114, avg 64, sum 128
    "#]]).await;
}
