//! Executions, samples and checkpoints: what may be believed, and since when.

use std::time::Duration;

use outrider::observe::{CheckpointInterval, CheckpointsSeen, JobSeen, Observation, Unknown};
use outrider::scrape::{Aggregate, JobChoice, Scrape, SourceMetric, Unread};
use outrider::units::{Timestamp, Workers};

use crate::made::{
    START, after, cluster, count, execution_of, job_of, moment, observed, of, scrape, set, shared,
};

fn is_known(seen: &Observation) -> bool {
    seen.sources
        .iter()
        .all(|source| source.backlog_time.is_ok())
        && seen.utilization.is_ok()
}

/// A restart at `second`: from then on the counters have begun again.
fn restarted(scrape: &mut Scrape, second: u64) {
    let now = scrape.at.since(moment(0)).as_secs();
    let read = 1000.0 * count(now - second);
    execution_of(scrape).running_since = Some(moment(second));
    read_so_far(scrape, shared(read));
}

fn read_so_far(scrape: &mut Scrape, read: Aggregate) {
    let source = &mut job_of(scrape).sources[0];
    set(source, SourceMetric::ElementsRead, read);
    set(source, SourceMetric::RecordsIn, None);
}

// === samples ===

#[test]
fn a_repeated_sample_is_recognised_by_the_cpus_time_and_grows_old() {
    let seen = after(6, |tick, scrape| {
        if tick >= 4 {
            let at = scrape.at;
            *scrape = crate::made::scrape(30);
            scrape.at = at;
        }
    });
    assert_eq!(seen.metrics_age, Some(Duration::from_secs(20)));
    // What was known of the first four samples.
    assert_eq!(seen.sources[0].throughput.unwrap().get(), 500_000.0);
    assert!(!seen.sources[0].stalled);
}

#[test]
fn a_gap_of_ten_minutes_begins_a_new_window() {
    let mut scrapes: Vec<Scrape> = (0..4).map(|tick| scrape(10 * tick)).collect();
    scrapes.extend((0..3).map(|tick| scrape(630 + 10 * tick)));
    let seen = observed(scrapes);
    assert!(is_known(&seen[3]));
    assert!(seen[4].fresh && seen[4].warming_up && !is_known(&seen[4]));
    assert_eq!(seen[4].utilization, Err(Unknown::TooFewSamples));
    assert!(!seen[6].warming_up && is_known(&seen[6]));
}

#[test]
fn a_clock_that_is_set_back_begins_a_new_window() {
    let mut set_back: Vec<Scrape> = (100..104).map(|tick| scrape(10 * tick)).collect();
    set_back.extend((0..3).map(|tick| {
        let mut scrape = scrape(1040 + 10 * tick);
        scrape.at = moment(10 * tick);
        scrape
    }));
    let seen = observed(set_back);
    assert!(is_known(&seen[3]));
    assert!(seen[4].warming_up && !is_known(&seen[4]));
    assert_eq!(seen[6].metrics_age, Some(Duration::ZERO));
    assert_eq!(seen[6].sources[0].throughput.unwrap().get(), 500_000.0);
}

// === executions ===

#[test]
fn nothing_is_known_of_a_new_execution_until_all_of_its_counters_have_grown() {
    let scrapes = (0..12).map(|tick| {
        let mut scrape = scrape(10 * tick);
        if tick >= 3 {
            restarted(&mut scrape, 25);
        }
        scrape
    });
    let seen = observed(scrapes);
    let fresh: Vec<bool> = seen.iter().map(|seen| seen.fresh).collect();
    let settled: Vec<bool> = seen.iter().map(|seen| !seen.warming_up).collect();
    assert!(fresh[..3].iter().all(|it| *it) && !fresh[3] && fresh[4..].iter().all(|it| *it));
    assert_eq!(seen[3].sources[0].backlog_bytes, Err(Unknown::NotFresh));
    // 30 s after 25 s, and three samples: 60, 70, 80.
    assert_eq!(settled.iter().rposition(|it| !*it), Some(7));
}

#[test]
fn a_subtask_of_the_old_execution_that_stands_still_spoils_the_sum() {
    // The second subtask is new and reads; the first is still served as it was.
    let seen = after(8, |tick, scrape| {
        if tick >= 3 {
            restarted(scrape, 25);
            let new = 1000.0 * count(10 * tick - 25);
            read_so_far(scrape, of(&[515_000.0, new]));
        }
    });
    assert!(!seen.fresh && seen.warming_up);
    assert_eq!(seen.sources[0].backlog_bytes, Err(Unknown::NotFresh));
}

#[test]
fn a_counter_that_falls_is_a_restart_even_where_flink_names_none() {
    let seen = |ticks| {
        after(ticks, |tick, scrape| {
            if tick >= 3 {
                read_so_far(scrape, shared(100.0 * count(tick)));
            }
        })
    };
    assert!(seen(3).fresh);
    // An hour after its start Flink serves nothing of the execution before: one sample, no rate.
    let fallen = seen(4);
    assert_eq!(fallen.sources[0].throughput, Err(Unknown::TooFewSamples));
    assert!(fallen.warming_up);
}

#[test]
fn splits_and_partitions_are_not_told_while_their_names_still_come_in() {
    let young = after(4, |_, scrape| restarted(scrape, 0));
    assert!(young.fresh && young.warming_up);
    assert_eq!(
        (young.sources[0].splits, young.sources[0].partitions),
        (None, None)
    );
    let settled = after(7, |_, scrape| restarted(scrape, 0));
    assert_eq!(settled.sources[0].splits, Some(12));
}

#[test]
fn the_first_backlogs_of_an_execution_are_no_growth() {
    // 0, then 1 MB, then the 12 MB that there always were: not 0.2 MB/s of growth.
    let seen = after(7, |tick, scrape| {
        restarted(scrape, 0);
        let served = [0.0, 1e6, 6e6, 12e6, 12e6, 12e6, 12e6];
        let bytes = shared(served[usize::try_from(tick).unwrap()]);
        set(
            &mut job_of(scrape).sources[0],
            SourceMetric::PendingBytes,
            bytes,
        );
    });
    assert!(!seen.warming_up);
    assert_eq!(seen.sources[0].backlog_growth.unwrap().rate.get(), 0.0);
}

#[test]
fn another_job_is_another_execution() {
    let seen = after(6, |tick, scrape| {
        if tick == 5 {
            job_of(scrape).id = "fedcba9876543210fedcba9876543210".into();
        }
    });
    assert!(seen.warming_up);
    assert_eq!(seen.sources[0].throughput, Err(Unknown::TooFewSamples));
}

// === the job ===

#[test]
fn a_job_that_waits_for_slots_runs_on_nobody_and_not_on_its_maximum() {
    let seen = after(6, |_, scrape| {
        job_of(scrape).state = "CREATED".into();
        let execution = execution_of(scrape);
        execution.state = "CREATED".into();
        execution.running_since = None;
        for vertex in &mut execution.vertices {
            (vertex.parallelism, vertex.max_parallelism) = (128, Some(128));
            vertex.tasks_there = 0;
        }
    });
    assert_eq!((seen.workers.in_use, seen.workers.usable), (None, None));
    assert_eq!(seen.workers.present, Some(Workers(2)));
    assert_eq!(seen.running_since, None);
    assert!(seen.warming_up && !seen.fresh && seen.metrics_age.is_none());
}

#[test]
fn where_flinks_two_answers_contradict_each_other_the_job_does_not_run() {
    for overview in [true, false] {
        let seen = after(6, |tick, scrape| {
            if tick == 5 && overview {
                job_of(scrape).state = "RESTARTING".into();
            } else if tick == 5 {
                execution_of(scrape).state = "RESTARTING".into();
            }
        });
        assert_eq!(seen.running_since, None);
        assert_eq!(seen.workers.in_use, None);
        assert!(!is_known(&seen));
    }
}

#[test]
fn a_contradiction_of_one_tick_forgets_nothing() {
    let seen = after(6, |tick, scrape| {
        if tick == 4 {
            job_of(scrape).state = "RESTARTING".into();
        }
    });
    assert!(!seen.warming_up && is_known(&seen));
}

#[test]
fn tasks_that_are_not_there_yet_are_not_in_use() {
    let seen = after(6, |_, scrape| {
        execution_of(scrape).vertices[1].tasks_there = 1
    });
    assert_eq!(seen.workers.in_use, None);
}

#[test]
fn an_overview_without_taskmanagers_gives_way_to_the_list_of_them() {
    let seen = after(6, |_, scrape| scrape.cluster = Ok(cluster(0)));
    assert_eq!(seen.workers.present, Some(Workers(2)));
    assert_eq!(seen.workers.in_use, Some(Workers(2)));
    // With nobody in the list either, there is nobody.
    let seen = after(6, |_, scrape| {
        scrape.cluster = Ok(cluster(0));
        let setup = job_of(scrape).setup.as_mut().unwrap();
        setup.taskmanagers.clear();
    });
    assert_eq!(seen.workers.present, Some(Workers(0)));
    assert_eq!(seen.workers.in_use, None);
}

#[test]
fn no_answer_no_job_and_several_jobs_are_told_apart() {
    let seen = |job: Result<JobChoice, Unread>| {
        let seen = after(6, |_, scrape| scrape.job = job.clone());
        assert!(seen.warming_up && seen.sources.is_empty());
        seen.job
    };
    assert!(matches!(
        seen(Err(Unread::TimedOut)),
        JobSeen::Unreachable { .. }
    ));
    assert_eq!(seen(Ok(JobChoice::None)), JobSeen::None);
    assert_eq!(
        seen(Ok(JobChoice::Several(3))),
        JobSeen::Several { jobs: 3 }
    );
}

// === checkpoints ===

/// After 200 s, with the youngest checkpoint triggered at that second and an interval of 10 s.
fn checkpoints(change: impl Fn(&mut Scrape)) -> CheckpointsSeen {
    let mut scrape = scrape(200);
    change(&mut scrape);
    observed([scrape]).remove(0).checkpoints
}

fn last_triggered(scrape: &mut Scrape, at: Timestamp) {
    let checkpoints = job_of(scrape).checkpoints.as_mut().unwrap();
    checkpoints.last_completed.as_mut().unwrap().triggered = at;
}

#[test]
fn checkpoints_that_are_off_or_not_read_are_told_apart() {
    let off = checkpoints(|scrape| {
        job_of(scrape).setup.as_mut().unwrap().checkpoint_interval = None;
    });
    assert_eq!(off.interval, Ok(CheckpointInterval::Off));
    let unread = checkpoints(|scrape| {
        job_of(scrape).setup = Err(Unread::TimedOut);
        job_of(scrape).checkpoints = Err(Unread::TimedOut);
    });
    assert_eq!(unread.interval, Err(Unknown::NotRead));
    assert!(!unread.completed_since_resume && !unread.failing);
    assert_eq!((unread.failed, unread.last_triggered), (None, None));
}

#[test]
fn only_a_checkpoint_triggered_after_the_resume_counts() {
    let resumed = |triggered| {
        checkpoints(|scrape| {
            execution_of(scrape).running_since = Some(moment(100));
            last_triggered(scrape, moment(triggered));
        })
    };
    assert!(!resumed(99).completed_since_resume);
    assert!(!resumed(100).completed_since_resume);
    assert!(resumed(101).completed_since_resume);
    let never = checkpoints(|scrape| {
        job_of(scrape).checkpoints.as_mut().unwrap().last_completed = None;
    });
    assert!(!never.completed_since_resume);
}

#[test]
fn checkpoints_fail_when_none_completes_for_three_intervals_and_a_minute() {
    let failing =
        |triggered| checkpoints(|scrape| last_triggered(scrape, moment(triggered))).failing;
    assert!(!failing(141));
    assert!(failing(139));
    // Counted from the resume where that is later, and never where they are off.
    let young = checkpoints(|scrape| {
        execution_of(scrape).running_since = Some(moment(150));
        last_triggered(scrape, moment(10));
    });
    assert!(!young.failing);
    let off = checkpoints(|scrape| {
        last_triggered(scrape, Timestamp::from_millis(START - 1_000_000));
        job_of(scrape).setup.as_mut().unwrap().checkpoint_interval = None;
    });
    assert!(!off.failing);
}
