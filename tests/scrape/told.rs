//! A scrape in few lines.

use outrider::scrape::{
    Aggregate, Checkpoints, CpuTime, Execution, Job, JobChoice, Read, Scrape, Setup, Source,
    SourceMetric, TaskManager, Vertex,
};
use outrider::units::Timestamp;

pub fn told(scrape: &Scrape) -> String {
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
