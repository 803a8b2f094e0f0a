//! The demo's Flink, read by the sidecar's own client, says what the simulated one meant, and it
//! says it in the form of a real one.

use std::time::Duration;

use outrider::demo::cluster::Cluster;
use outrider::demo::job;
use outrider::demo::world::World;
use outrider::flink::Flink;
use outrider::scrape::{Cost, CpuTimeOfOne, JobChoice, Scrape};
use outrider::settings::FlinkUrl;
use outrider::simulate::load::Workload;
use outrider::simulate::model::{Fault, FaultKind};
use outrider::units::Workers;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::START;

/// The Flink of this world, which stands still, and where it listens.
async fn served(world: World) -> (Cluster, FlinkUrl) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let cluster = Cluster::of(world);
    tokio::spawn(cluster.clone().serve_flink(listener));
    let host = "127.0.0.1".into();
    (cluster, FlinkUrl { host, port })
}

/// What the client reads is what was meant, but for the last digits of a number. Gives it in words.
async fn check(world: World) -> Scrape {
    let (cluster, url) = served(world).await;
    let mut meant = cluster.world().scrape().clone();
    let mut flink = Flink::new(&url);
    // The second tick knows the names of the metrics, and asks for no more than the first.
    for tick in 0..2 {
        let read = Scrape {
            cost: Cost::default(),
            ..flink.scrape(&|| meant.at).await
        };
        // Whose turn it is among the TaskManagers is the client's choice: the next one's in each tick.
        if let (Some(of_one), Some(asked)) = (cpu_of_one(&mut meant), cpu_of_one(&mut read.clone()))
        {
            assert_eq!(&*asked.taskmanager, format!("tm-{tick}"));
            let there = cluster.world().cpu_of_taskmanager(&asked.taskmanager);
            assert!((there.expect("it is there") - asked.seconds).abs() < 1e-6);
            *of_one = asked.clone();
        }
        assert_eq!(
            format!("{read:#.3?}"),
            format!("{meant:#.3?}"),
            "tick {tick}"
        );
    }
    meant
}

fn cpu_of_one(scrape: &mut Scrape) -> Option<&mut CpuTimeOfOne> {
    match &mut scrape.job {
        Ok(JobChoice::One(job)) => job.cpu_of_one.as_mut(),
        _ => None,
    }
}

fn workload() -> Workload {
    let mut workload = job::workload();
    workload.model.sources = vec![0.7, 0.3];
    workload.model.partitions = Some(12);
    workload
}

fn lived(workload: Workload, seconds: u64) -> World {
    let mut world = World::begin(workload, true, START);
    live(&mut world, seconds);
    world
}

/// Until so many seconds after the start.
fn live(world: &mut World, seconds: u64) {
    for second in world.moment().second..=seconds {
        world.live_until(START + Duration::from_secs(second));
    }
}

fn shown(scrape: &Scrape) -> String {
    format!("{:?}", scrape.job)
}

#[tokio::test(start_paused = true)]
async fn a_job_that_falls_behind_is_read_as_it_is() {
    let scrape = check(lived(workload(), 40)).await;
    let Ok(JobChoice::One(job)) = &scrape.job else {
        panic!("{scrape:?}");
    };
    assert_eq!(job.sources.len(), 2);
    assert_eq!(job.sources[0].splits, Some(12));
    let (_, backlog) = job.sources[0].metrics.as_ref().unwrap()[0];
    assert!(backlog.sum > 1e6, "{backlog:?}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_has_caught_up_says_minus_one_now_and_then() {
    let mut world = lived(job::workload(), 0);
    let mut seconds = (3..60).step_by(3);
    let mut says_so = |second| {
        live(&mut world, second);
        shown(world.scrape()).contains("min: -1.0")
    };
    assert!(seconds.any(&mut says_so));
    check(world).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_read_as_it_is_and_the_mixture_after_it_too() {
    let mut world = lived(workload(), 40);
    let _asked = world.scale_to(Workers(5));
    let mut second = 40;
    while world.moment().in_use.is_some() {
        second += 1;
        live(&mut world, second);
    }
    live(&mut world, second + 2);
    assert!(shown(world.scrape()).contains("RESTARTING"));
    check(world).await;

    let mut world = lived(workload(), 40);
    let _asked = world.scale_to(Workers(5));
    second = 40;
    while world.moment().in_use != Some(Workers(5)) {
        second += 1;
        live(&mut world, second);
    }
    live(&mut world, second + 3);
    let scrape = check(world).await;
    let Ok(JobChoice::One(job)) = &scrape.job else {
        panic!("{scrape:?}");
    };
    let (_, read) = job.sources[0].metrics.as_ref().unwrap()[1];
    assert!(read.max > read.min, "old and new are not mixed: {read:?}");
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_not_a_number_or_not_there_are_read_as_that() {
    for (kind, word) in [
        (FaultKind::MetricsNan, "NaN"),
        (FaultKind::MetricsMissing, "Empty"),
    ] {
        let mut workload = workload();
        workload.model.faults = vec![Fault {
            from: 20,
            to: 60,
            kind,
        }];
        let scrape = check(lived(workload, 40)).await;
        assert!(shown(&scrape).contains(word), "{word}");
    }
}

#[tokio::test]
async fn where_flink_has_nothing_it_says_so_as_flink_does() {
    let (_, url) = served(lived(workload(), 0)).await;
    for request in ["GET /nothing", "GET /jobs/ffff", "PUT /jobs/overview"] {
        let mut stream = TcpStream::connect((url.host.as_str(), url.port))
            .await
            .unwrap();
        let text = format!("{request} HTTP/1.1\r\nHost: flink\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let path = request.split(' ').nth(1).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        let body = format!("{{\"errors\":[\"Not found: {path}\"]}}");
        assert!(answer.ends_with(&body), "{answer}");
    }
}

#[test]
fn metrics_are_answered_as_they_are_asked_for_all_or_none() {
    let mut world = lived(workload(), 40);
    let mut asked = |query| {
        let path = "/taskmanagers/metrics";
        world.answer(path, query).expect("it is there")
    };
    let names = json!([{ "id": "Status.JVM.CPU.Time" }]);
    assert_eq!(asked(""), names);
    let sum = asked("get=Status%2EJVM.CPU.Time&agg=sum");
    let fields: Vec<&String> = sum[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "sum"]);
    assert_eq!(asked("get=Status.JVM.CPU.Time,Status.Gone"), json!([]));
}

#[test]
fn every_field_is_one_that_flink_1_20_has_and_of_its_type() {
    const JOB: &str = "/jobs/00000000000000000000000000000000";
    let metrics = format!("{JOB}/vertices/00000000000000000000000000000000/subtasks/metrics");
    let cases = [
        ("/overview", "", "overview"),
        ("/jobs/overview", "", "jobs-overview"),
        (JOB, "", "job"),
        (&format!("{JOB}/checkpoints"), "", "checkpoints"),
        (
            &format!("{JOB}/checkpoints/config"),
            "",
            "checkpoints-config",
        ),
        ("/jobmanager/config", "", "jobmanager-config"),
        ("/taskmanagers", "", "taskmanagers"),
        (
            "/taskmanagers/metrics",
            "get=Status.JVM.CPU.Time",
            "taskmanagers-cpu",
        ),
        (
            "/taskmanagers/tm-0/metrics",
            "get=Status.JVM.CPU.Time",
            "taskmanager0-cpu",
        ),
        (&metrics, "", "vertex0-subtasks-metrics-names"),
        (&metrics, "get=Source__0.pendingBytes", "taskmanagers-cpu"),
    ];
    let mut world = lived(workload(), 40);
    for (path, query, recorded) in cases {
        let ours = world.answer(path, query).expect(path);
        let folder = "tests/payloads/flink-1.20.0-beam-2.70.0/growing-1tm";
        let recorded = std::fs::read(format!("{folder}/{recorded}.json")).unwrap();
        is_like(path, &ours, &serde_json::from_slice(&recorded).unwrap());
    }
}

/// The same types, and no field that the other has not.
fn is_like(place: &str, ours: &Value, recorded: &Value) {
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            for (name, value) in ours {
                let place = format!("{place} {name}");
                let recorded = recorded.get(name);
                is_like(&place, value, recorded.unwrap_or_else(|| panic!("{place}")));
            }
        }
        (Value::Array(ours), Value::Array(recorded)) => {
            assert!(!ours.is_empty(), "{place}");
            for value in ours {
                is_like(place, value, &recorded[0]);
            }
        }
        (Value::Null, _) => {}
        // So Flink writes a number that JSON has not.
        (Value::String(text), Value::Number(_)) => assert_eq!(text, "NaN", "{place}"),
        _ => assert_eq!(
            std::mem::discriminant(ours),
            std::mem::discriminant(recorded),
            "{place}: {ours} and {recorded}"
        ),
    }
}
