//! The target `flink`, against a server that answers what a real one answered.

use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use outrider::act::Actuator;
use outrider::settings::Settings;
use serde_json::{Value, json};

use crate::decisions::{hold, scale_to};
use crate::loopback::{Call, Loopback, Recorded, Reply, payload};
use crate::shown;

const JOB: &str = "/jobs/4e9268921c373982b79dbb0c3796cecb";

/// A Flink, by what it answers.
#[derive(Clone)]
struct Flink {
    jobs: String,
    overview: String,
    job: String,
    requirements: Arc<Mutex<String>>,
    /// What reading and writing the requirements answers instead; the status 0 hangs up.
    get: Option<(u16, String)>,
    put: Option<(u16, String)>,
}

fn recorded(name: &str) -> String {
    payload(&format!("flink-resource-requirements/{name}.json"))
}

impl Flink {
    fn recorded() -> Self {
        Self {
            jobs: recorded("jobs-overview"),
            overview: recorded("overview"),
            job: recorded("job"),
            requirements: Arc::new(Mutex::new(recorded("resource-requirements"))),
            get: None,
            put: None,
        }
    }

    /// Every vertex between these numbers of slots.
    fn requires(self, lower: u32, upper: u32) -> Self {
        let mut all: Value = serde_json::from_str(&self.requirements.lock().unwrap()).unwrap();
        for vertex in all.as_object_mut().unwrap().values_mut() {
            vertex["parallelism"] = json!({"lowerBound": lower, "upperBound": upper});
        }
        *self.requirements.lock().unwrap() = all.to_string();
        self
    }

    fn answer(&self, call: &Call) -> Reply {
        let requirements = format!("{JOB}/resource-requirements");
        let answer = match (call.method.as_str(), call.path.as_str()) {
            ("GET", "/jobs/overview") => Recorded::json(200, &self.jobs),
            ("GET", "/overview") => Recorded::json(200, &self.overview),
            ("GET", JOB) => Recorded::json(200, &self.job),
            (method, path) if path == requirements => {
                let instead = if method == "GET" {
                    &self.get
                } else {
                    &self.put
                };
                match instead {
                    Some((0, _)) => return Reply::Closes,
                    Some((status, body)) => Recorded::json(*status, body),
                    None => self.required(method, call),
                }
            }
            (_, path) => Recorded::json(404, format!("{{\"errors\":[\"Not found: {path}\"]}}")),
        };
        Reply::Answers(answer)
    }

    fn required(&self, method: &str, call: &Call) -> Recorded {
        let mut requirements = self.requirements.lock().unwrap();
        if method == "GET" {
            return Recorded::json(200, requirements.as_str());
        }
        requirements.clone_from(&call.body);
        Recorded::json(200, "{}")
    }

    async fn start(&self) -> (Loopback, Actuator) {
        let flink = self.clone();
        let server = Loopback::start(move |call| flink.answer(call)).await;
        let url = format!("http://{}", server.address);
        let variables = [("OUTRIDER_TARGET", "flink"), ("OUTRIDER_FLINK_URL", &url)];
        let parsed = Settings::parse(variables.map(|(name, value)| (name.into(), value.into())));
        assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
        (server, Actuator::new(&parsed.settings))
    }

    /// What becomes of asking for so many workers, and the bounds of each vertex afterwards.
    async fn check(self, workers: u32, outcome: Expect, bounds: Option<(u32, u32)>) {
        let (server, mut target) = self.start().await;
        let became = shown(&target.apply(&scale_to(workers)).await);
        outcome.assert_eq(&became.replace(&server.address.to_string(), "FLINK"));
        if let Some((lower, upper)) = bounds {
            let now = self.requirements.lock().unwrap().clone();
            let now: Value = serde_json::from_str(&now).unwrap();
            for vertex in now.as_object().unwrap().values() {
                let wanted = json!({"lowerBound": lower, "upperBound": upper});
                assert_eq!(vertex["parallelism"], wanted);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_vertex_may_use_the_slots_of_that_many_workers() {
    let asked = expect!["asked: Some(12) -> 3"];
    Flink::recorded().check(3, asked, Some((1, 3))).await;
    // 6 slots on 3 workers: 2 slots each.
    let mut two_slots = Flink::recorded();
    two_slots.overview = r#"{"taskmanagers":3,"slots-total":6}"#.into();
    let asked = expect!["asked: Some(6) -> 4"];
    two_slots.check(4, asked, Some((1, 8))).await;
}

#[tokio::test(start_paused = true)]
async fn no_vertex_is_asked_for_more_than_its_max_parallelism() {
    let few = Flink::recorded().requires(1, 2);
    few.check(20, expect!["asked: Some(2) -> 20"], Some((1, 12)))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lower_bound_comes_down_with_the_upper_one_and_never_to_0() {
    let asked = expect!["asked: Some(8) -> 2"];
    Flink::recorded()
        .requires(4, 8)
        .check(2, asked, Some((2, 2)))
        .await;
    let asked = expect!["asked: Some(8) -> 2"];
    Flink::recorded()
        .requires(0, 8)
        .check(2, asked, Some((1, 2)))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_asks_flink_nothing() {
    let (server, mut target) = Flink::recorded().start().await;
    target.apply(&hold()).await;
    assert_eq!(server.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_is_not_written() {
    let (server, mut target) = Flink::recorded().requires(1, 3).start().await;
    let became = target.apply(&scale_to(3)).await;
    assert_eq!(shown(&became), "asked: Some(3) -> 3");
    assert!(server.calls().iter().all(|call| call.method == "GET"));
}

#[tokio::test(start_paused = true)]
async fn requirements_that_somebody_else_wrote_are_adopted() {
    let flink = Flink::recorded();
    let (_server, mut target) = flink.start().await;
    target.apply(&scale_to(20)).await;
    assert_eq!(target.look().await, None);
    let _written = flink.requires(1, 5);
    let became = target.apply(&scale_to(4)).await;
    assert_eq!(shown(&became), "changed: 5 by None");
    let became = target.apply(&scale_to(4)).await;
    assert_eq!(shown(&became), "asked: Some(5) -> 4");
}

#[tokio::test(start_paused = true)]
async fn reactive_mode_and_other_schedulers_are_refused_with_what_to_do() {
    let mut reactive = Flink::recorded();
    reactive.put = Some((500, recorded("put-500-reactive")));
    reactive.check(3, expect!["refused: writing http://FLINK/jobs/4e9268921c373982b79dbb0c3796cecb/resource-requirements: the job runs in Reactive Mode, where it uses whatever TaskManagers are there; set OUTRIDER_TARGET to what runs them, for example flinkdeployment/NAME"], Some((1, 12))).await;
    let mut default = Flink::recorded();
    default.get = Some((500, recorded("get-500-default-scheduler")));
    default.check(3, expect!["refused: reading http://FLINK/jobs/4e9268921c373982b79dbb0c3796cecb/resource-requirements: the job's scheduler cannot change its parallelism; set jobmanager.scheduler: adaptive in Flink's configuration"], None).await;
}

#[tokio::test(start_paused = true)]
async fn what_flink_refuses_is_told_without_its_stack_trace() {
    let mut flink = Flink::recorded();
    flink.put = Some((400, recorded("put-400-max-parallelism")));
    flink.check(3, expect!["refused: writing http://FLINK/jobs/4e9268921c373982b79dbb0c3796cecb/resource-requirements: Flink refuses it (400): org.apache.flink.runtime.rest.handler.RestHandlerException: The newly requested parallelism 500 for the job vertex a4cc22fd56fe0a9847db926bb046532d exceeds its maximum parallelism 12. The newly requested parallelism 500 for the job vertex 0cfaeec06aa0f2a12067fc306f3547cb exceeds its maximum parallelism 12."], Some((1, 12))).await;
}

#[tokio::test(start_paused = true)]
async fn a_flink_without_resource_requirements_is_refused() {
    let body = recorded("resource-requirements-1.16");
    let job = "21fd273b27896ab8505822dd90c6899a";
    let mut old = Flink::recorded();
    old.jobs = old.jobs.replace("4e9268921c373982b79dbb0c3796cecb", job);
    assert!(body.contains(&format!("Not found: /jobs/{job}/")));
    old.check(3, expect!["refused: reading http://FLINK/jobs/21fd273b27896ab8505822dd90c6899a/resource-requirements: this Flink has no resource requirements (404), which came with 1.18; set OUTRIDER_TARGET to what runs the TaskManagers"], None).await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_one_job_or_without_workers_is_left_alone() {
    let mut none = Flink::recorded();
    none.jobs = none.jobs.replace("RUNNING", "FINISHED");
    none.check(
        3,
        expect!["refused: finding the job: Flink runs none"],
        Some((1, 12)),
    )
    .await;
    let mut two = Flink::recorded();
    two.jobs =
        r#"{"jobs":[{"jid":"a","state":"RUNNING"},{"jid":"b","state":"RESTARTING"}]}"#.into();
    two.check(3, expect!["refused: finding the job: Flink runs 2 of them, and which to scale is not for us to guess"], Some((1, 12))).await;
    let mut empty = Flink::recorded();
    empty.overview = r#"{"taskmanagers":0,"slots-total":0}"#.into();
    empty.check(3, expect!["failed (None): finding the slots of a worker: no TaskManager is registered to count them"], Some((1, 12))).await;
}

#[tokio::test(start_paused = true)]
async fn a_flink_in_trouble_is_asked_three_times() {
    let overloaded = r#"{"errors":["Service temporarily unavailable"]}"#;
    for (status, body) in [(503, overloaded), (0, "")] {
        let mut flink = Flink::recorded();
        flink.put = Some((status, body.into()));
        let (server, mut target) = flink.start().await;
        let became = shown(&target.apply(&scale_to(3)).await);
        assert!(
            became.starts_with("failed (None): writing http://"),
            "{became}"
        );
        let writes = server
            .calls()
            .iter()
            .filter(|call| call.method == "PUT")
            .count();
        assert_eq!(writes, 3, "{became}");
    }
}
