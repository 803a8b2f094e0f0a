//! A scrape of each recorded Flink says what that Flink said, and a broken one breaks nothing.

mod support;

use std::time::Duration;

use expect_test::{Expect, expect};
use outrider::flink::Flink;
use outrider::scrape::{
    Aggregate, Checkpoints, CpuTime, CpuTimeOfOne, Execution, Job, JobChoice, Read, Scrape, Setup,
    Source, SourceMetric, TaskManager, Unread, Vertex,
};
use outrider::units::Timestamp;
use support::replay::{Fault, Recording, Replay};
use tokio::time::{Instant, advance};

const GROWING: &str = "flink-1.20.0-beam-2.70.0/growing-1tm";
const AFTER_SCALEUP: &str = "flink-1.20.0-beam-2.70.0/after-scaleup-2tm";
const SCALEUP: &str = "flink-1.20.0-beam-2.70.0/growing-1tm/poll-scaleup.jsonl";

/// The first scrape of a recording, in few lines.
async fn check(recording: Recording, expected: Expect) {
    let replay = Replay::of(recording).await;
    let scrape = Flink::new(&replay.url()).scrape(&replay.clock()).await;
    expected.assert_eq(&told(&scrape));
}

fn told(scrape: &Scrape) -> String {
    let cluster = match &scrape.cluster {
        Ok(c) => format!(
            "Flink {}, {} TaskManagers, {} slots\n",
            c.flink_version, c.taskmanagers, c.slots_total
        ),
        Err(why) => format!("cluster: {why}\n"),
    };
    cluster
        + &match &scrape.job {
            Ok(JobChoice::One(job)) => told_job(job),
            Ok(other) => format!("job: {other:?}\n"),
            Err(why) => format!("job: {why}\n"),
        }
}

fn told_job(job: &Job) -> String {
    let told_cpu = |cpu: &CpuTime| format!(" {} s of {}\n", cpu.seconds, cpu.reporting);
    let mut text = format!("job {} is {}\n", job.name, job.state);
    text += &told_part("execution", &job.execution, told_execution);
    text += &told_part("checkpoints", &job.checkpoints, told_checkpoints);
    text += &told_part("setup", &job.setup, told_setup);
    text += &told_part("cpu", &job.cpu, told_cpu);
    if let Some(one) = &job.cpu_of_one {
        text += &format!("cpu of {}: {} s\n", one.taskmanager, one.seconds);
    }
    text + &job.sources.iter().map(told_source).collect::<String>()
}

fn told_part<T>(name: &str, part: &Read<T>, tell: impl Fn(&T) -> String) -> String {
    match part {
        Ok(part) => format!("{name}:{}", tell(part)),
        Err(why) => format!("{name}: {why}\n"),
    }
}

fn told_execution(execution: &Execution) -> String {
    let since = execution.running_since.map(Timestamp::millis);
    let (state, most) = (&execution.state, execution.max_parallelism);
    let vertices: String = execution.vertices.iter().map(told_vertex).collect();
    format!(" {state} since {since:?}, max parallelism {most:?}\n{vertices}")
}

fn told_vertex(v: &Vertex) -> String {
    format!(
        "  {:.12}… x{} of {:?}, {} there, {} inputs\n    \
         records {:?} -> {:?}, bytes {:?} -> {:?}, held up {:?}, busy {:?}\n",
        v.name,
        v.parallelism,
        v.max_parallelism,
        v.tasks_there,
        v.inputs.len(),
        v.read_records,
        v.write_records,
        v.read_bytes,
        v.write_bytes,
        v.backpressured_millis,
        v.busy_millis,
    )
}

fn told_checkpoints(checkpoints: &Checkpoints) -> String {
    let (completed, failed) = (checkpoints.completed, checkpoints.failed);
    let mut text = format!(" {completed} completed, {failed} failed");
    if let Some(last) = &checkpoints.last_completed {
        let (at, took) = (last.triggered.millis(), last.duration);
        text += &format!(
            "; {} at {at} took {took:?}, {} bytes",
            last.id, last.state_bytes
        );
    }
    if let Some(restored) = &checkpoints.last_restored {
        text += &format!("; restored {} at {}", restored.id, restored.at.millis());
    }
    text + "\n"
}

fn told_setup(setup: &Setup) -> String {
    let taskmanager =
        |one: &TaskManager| format!(" {} ({} slots, {} cores)", one.id, one.slots, one.cpu_cores);
    let taskmanagers: String = setup.taskmanagers.iter().map(taskmanager).collect();
    format!(
        " checkpoints every {:?}, reactive {}, restarts {}, gate {:?};{taskmanagers}\n",
        setup.checkpoint_interval, setup.reactive, setup.restarts, setup.rescale_gate
    )
}

fn told_source(source: &Source) -> String {
    let metric = |(metric, of): &(SourceMetric, Aggregate)| {
        let Aggregate { min, max, avg, sum } = of;
        format!("  {metric:?} {min}..{max}, avg {avg}, sum {sum}\n")
    };
    let metrics = match &source.metrics {
        Ok(metrics) => metrics.iter().map(metric).collect(),
        Err(why) => format!("  {why}\n"),
    };
    let (splits, partitions) = (source.splits, source.partitions);
    format!(
        "source {:.18}… splits {splits:?}, partitions {partitions:?}\n{metrics}",
        source.name
    )
}

fn one(scrape: &Scrape) -> &Job {
    match &scrape.job {
        Ok(JobChoice::One(job)) => job,
        other => panic!("not one job: {other:?}"),
    }
}

fn sum(scrape: &Scrape, wanted: SourceMetric) -> Option<f64> {
    let metrics = one(scrape).sources[0].metrics.as_ref();
    let metric = metrics
        .expect("metrics")
        .iter()
        .find(|(metric, _)| *metric == wanted);
    metric.map(|(_, aggregate)| aggregate.sum)
}

fn listings(requests: &[String]) -> usize {
    let names = |target: &&String| target.ends_with("/subtasks/metrics");
    requests.iter().filter(names).count()
}

// === what each version said ===

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

// === which job ===

#[tokio::test(start_paused = true)]
async fn of_several_jobs_none_is_read_and_those_that_ended_do_not_count() {
    let job = |jid: &str, state| format!(r#"{{"jid":"{jid}","name":"rig","state":"{state}"}}"#);
    let running = job("4e9268921c373982b79dbb0c3796cecb", "RUNNING");
    let other = job("00000000000000000000000000000001", "RESTARTING");
    let ended = job("00000000000000000000000000000002", "FAILED");
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    let jobs = [
        (vec![&running, &other, &ended], Ok(JobChoice::Several(2))),
        (vec![&ended], Ok(JobChoice::None)),
    ];
    for (jobs, expected) in jobs {
        let jobs: Vec<&str> = jobs.into_iter().map(String::as_str).collect();
        let body = format!(r#"{{"jobs":[{}]}}"#, jobs.join(","));
        replay.fail("/jobs/overview", Fault::Answer(200, body));
        assert_eq!(flink.scrape(&replay.clock()).await.job, expected);
    }
    let body = format!(r#"{{"jobs":[{ended},{running}]}}"#);
    replay.fail("/jobs/overview", Fault::Answer(200, body));
    assert_eq!(one(&flink.scrape(&replay.clock()).await).state, "RUNNING");
}

// === what is asked, and how often ===

#[tokio::test(start_paused = true)]
async fn a_steady_tick_takes_eight_requests_and_less_than_twenty_kilobytes() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut steady = 0;
    for tick in 0..60 {
        let cost = flink.scrape(&replay.clock()).await.cost;
        let requests = replay.take_requests();
        assert_eq!(cost.requests as usize, requests.len());
        assert!(requests.iter().all(|target| target.len() <= 3_500));
        if tick > 0 && listings(&requests) == 0 {
            steady += 1;
            assert_eq!(cost.requests, 8, "{requests:?}");
            assert!(cost.bytes <= 20_000, "{} bytes", cost.bytes);
            assert!(cost.duration < Duration::from_millis(1_100));
        }
        advance(Duration::from_secs(9)).await;
    }
    // Ten minutes: listed at once, then ever more rarely, and every three minutes at the end.
    assert_eq!(steady, 60 - 8);
    assert_eq!(replay.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn names_are_listed_again_as_long_as_the_source_has_not_read() {
    let quiet = "flink-1.20.0-beam-2.70.0/before-any-input";
    let replay = Replay::of(Recording::snapshot(quiet)).await;
    let mut flink = Flink::new(&replay.url());
    for _ in 0..30 {
        flink.scrape(&replay.clock()).await;
        advance(Duration::from_secs(9)).await;
    }
    replay.take_requests();
    for _ in 0..6 {
        flink.scrape(&replay.clock()).await;
        advance(Duration::from_secs(9)).await;
    }
    // A minute: every half of it.
    assert_eq!(listings(&replay.take_requests()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_execution_is_set_up_and_its_names_are_listed_again() {
    let replay = Replay::of(Recording::poll(SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut seen = Vec::new();
    for round in [1_795_164_040_000, 1_795_164_050_000, 1_795_164_060_000] {
        replay.set_time(round);
        let scrape = flink.scrape(&replay.clock()).await;
        let requests = replay.take_requests();
        let config = requests.iter().any(|target| target == "/jobmanager/config");
        let since = one(&scrape).execution.as_ref().unwrap().running_since;
        let taskmanagers = one(&scrape).setup.as_ref().unwrap().taskmanagers.len();
        seen.push((
            since.unwrap().millis(),
            taskmanagers,
            config,
            listings(&requests) > 0,
            sum(&scrape, SourceMetric::PendingBytes).unwrap(),
        ));
    }
    // In the second round the store has the old and the new execution added together.
    let expected = [
        (1_795_163_787_233, 1, true, true, 20_077_500.0),
        (1_795_164_045_684, 2, true, true, 33_370_500.0),
        (1_795_164_045_684, 2, false, true, 28_130_000.0),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_has_the_names_listed_again_and_asked_for_once_more() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    flink.scrape(&replay.clock()).await;
    // The same vertex, but its splits have not registered anything yet.
    replay.load(Recording::snapshot(
        "flink-1.20.0-beam-2.70.0/before-any-input",
    ));
    let (job, now) = ("4e9268921c373982b79dbb0c3796cecb", replay.clock()());
    let detail = Recording::snapshot(AFTER_SCALEUP).answer(now.millis(), &format!("/jobs/{job}"));
    replay.fail(&format!("/jobs/{job}"), Fault::Answer(200, detail.unwrap()));
    // Only the job's own answer is the old one: its metrics are those of the quiet source.
    replay.pass(&format!("/jobs/{job}/"));
    replay.take_requests();
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::PendingBytes), Some(0.0));
    assert_eq!(sum(&scrape, SourceMetric::ElementsRead), None);
    let requests = replay.take_requests();
    let asked = |target: &&String| target.contains("/subtasks/metrics?");
    assert_eq!(listings(&requests), 1);
    assert_eq!(requests.iter().filter(asked).count(), 2, "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn taskmanagers_take_turns() {
    let replay = Replay::of(Recording::snapshot(AFTER_SCALEUP)).await;
    let mut flink = Flink::new(&replay.url());
    let mut turns = Vec::new();
    for _ in 0..3 {
        let scrape = flink.scrape(&replay.clock()).await;
        turns.push(one(&scrape).cpu_of_one.clone().unwrap());
    }
    let of = |taskmanager: &str, seconds| CpuTimeOfOne {
        taskmanager: taskmanager.into(),
        seconds,
    };
    let expected = [of("tm-2", 97.59), of("tm-1", 237.8), of("tm-2", 97.59)];
    assert_eq!(turns, expected);
}

// === what goes wrong ===

/// A tick in which every request whose target contains `part` fails, and how long it took.
async fn failing(part: &str, fault: Fault) -> (Scrape, Vec<String>, Duration) {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.fail(part, fault);
    let began = Instant::now();
    let scrape = flink.scrape(&replay.clock()).await;
    (scrape, replay.take_requests(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_does_not_answer_is_asked_once() {
    let (scrape, requests, took) = failing("/", Fault::Hang).await;
    assert_eq!(scrape.job, Err(Unread::TimedOut));
    assert_eq!(scrape.cluster, Err(Unread::TimedOut));
    assert_eq!(requests.len(), 1);
    assert!(took < Duration::from_millis(5_200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_is_not_there_is_unreachable() {
    let mut replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.stop().await;
    let scrape = flink.scrape(&replay.clock()).await;
    let Err(Unread::Unreachable(why)) = scrape.job else {
        panic!("{:?}", scrape.job);
    };
    assert!(why.contains("refused"), "{why}");
    assert_eq!(scrape.cost.requests, 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_closed_or_breaks_off_is_unreachable() {
    for fault in [Fault::Close, Fault::HalfBody] {
        let (scrape, requests, _) = failing("/", fault.clone()).await;
        let unreachable = matches!(scrape.job, Err(Unread::Unreachable(_)));
        assert!(unreachable, "{fault:?}: {:?}", scrape.job);
        assert_eq!(requests.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_part_that_is_not_answered_leaves_the_others() {
    let (scrape, _, took) = failing("/subtasks/metrics", Fault::Hang).await;
    let job = one(&scrape);
    assert_eq!(job.sources[0].metrics, Err(Unread::TimedOut));
    assert!(job.cpu.is_ok() && job.checkpoints.is_ok() && job.execution.is_ok());
    assert!(took < Duration::from_millis(6_300), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn after_two_requests_without_an_answer_the_rest_is_not_asked() {
    let (scrape, _, took) = failing("/jobs/4e", Fault::Hang).await;
    let job = one(&scrape);
    assert_eq!(job.execution, Err(Unread::TimedOut));
    assert_eq!(job.setup, Err(Unread::TimedOut));
    assert_eq!(job.cpu, Err(Unread::NotAsked));
    assert_eq!(job.checkpoints, Err(Unread::NotAsked));
    assert!(took < Duration::from_millis(11_500), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_cut_off() {
    let (scrape, _, _) = failing("/checkpoints?", Fault::Endless).await;
    assert!(one(&scrape).checkpoints.is_ok());
    let (scrape, _, _) = failing("/checkpoints", Fault::Endless).await;
    let job = one(&scrape);
    assert_eq!(job.checkpoints, Err(Unread::TooLarge));
    assert_eq!(job.setup, Err(Unread::TooLarge));
    assert!(job.cpu.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_flink_is_its_status() {
    let leaderless = Fault::Answer(503, r#"{"errors":["leader election"]}"#.into());
    let (scrape, _, _) = failing("/", leaderless).await;
    assert_eq!(scrape.job, Err(Unread::Status(503)));
    assert_eq!(scrape.cluster, Err(Unread::Status(503)));
    let (scrape, _, _) = failing("/subtasks/metrics?", Fault::Answer(404, "{}".into())).await;
    assert_eq!(one(&scrape).sources[0].metrics, Err(Unread::Status(404)));
}

#[tokio::test(start_paused = true)]
async fn without_checkpointing_there_is_no_interval() {
    let none = Fault::Answer(
        404,
        r#"{"errors":["Checkpointing has not been enabled."]}"#.into(),
    );
    let (scrape, _, _) = failing("/checkpoints", none).await;
    let setup = one(&scrape).setup.as_ref().unwrap();
    assert_eq!(setup.checkpoint_interval, None);
    let off = r#"{"mode":"at_least_once","interval":9223372036854775807}"#;
    let (scrape, _, _) = failing("/checkpoints/config", Fault::Answer(200, off.into())).await;
    let setup = one(&scrape).setup.as_ref().unwrap();
    assert_eq!(setup.checkpoint_interval, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_flinks_json_is_malformed() {
    let (scrape, _, _) = failing("/overview", Fault::Answer(200, "<html>".into())).await;
    assert!(matches!(scrape.job, Err(Unread::Malformed(_))));
    assert!(matches!(scrape.cluster, Err(Unread::Malformed(_))));
}

#[tokio::test(start_paused = true)]
async fn metrics_that_flink_does_not_have_are_empty_not_zero() {
    let (scrape, _, _) = failing("/metrics", Fault::Answer(200, "[]".into())).await;
    let job = one(&scrape);
    assert_eq!(job.sources[0].metrics, Err(Unread::Empty));
    assert_eq!(job.cpu, Err(Unread::Empty));
    assert_eq!(job.cpu_of_one, None);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_flink_closed_between_ticks_is_opened_again() {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    flink.scrape(&replay.clock()).await;
    replay.drop_connections();
    advance(Duration::from_secs(9)).await;
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::ElementsRead), Some(100_197.0));
    assert_eq!(replay.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flink_that_comes_back_is_read_again() {
    let replay = Replay::of(Recording::snapshot(GROWING)).await;
    let mut flink = Flink::new(&replay.url());
    replay.fail("/", Fault::Hang);
    assert!(flink.scrape(&replay.clock()).await.job.is_err());
    replay.mend();
    let scrape = flink.scrape(&replay.clock()).await;
    assert_eq!(sum(&scrape, SourceMetric::PendingBytes), Some(17_250_000.0));
}
