use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::flink::setup;

/// Every recorded body, whatever endpoint it is of.
fn payloads() -> Vec<(PathBuf, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads");
    let files = |folder: PathBuf| {
        fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
    };
    let versions = files(root).filter(|path| path.is_dir());
    let situations = versions.flat_map(files).filter(|path| path.is_dir());
    let bodies = situations.flat_map(files);
    let bodies = bodies.filter(|path| path.extension().is_some_and(|end| end == "json"));
    bodies
        .map(|path| {
            let body = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (path, body)
        })
        .collect()
}

/// Reads a body as each of the answers, whichever it is: some will be malformed, none may panic.
fn read_as_everything(body: &[u8]) -> usize {
    let mut understood = 0;
    let mut count = |good: bool| understood += usize::from(good);
    count(read::<JobsOverview>(body).is_some_and(|all| !all.alive().is_empty()));
    count(read::<Overview>(body).is_some_and(|all| all.cluster().is_ok()));
    count(read::<JobDetail>(body).is_some_and(|all| all.execution().is_ok()));
    count(read::<CheckpointStatistics>(body).is_some_and(|all| all.checkpoints().is_ok()));
    count(read::<CheckpointConfig>(body).is_some_and(|all| all.interval().is_some()));
    count(read::<TaskManagers>(body).is_some_and(|all| all.list().is_ok()));
    count(read::<Vec<Metric>>(body).is_some());
    let config = read::<Vec<ConfigEntry>>(body);
    count(config.is_some_and(|all| setup::setup("1.20.0", &all, None, Vec::new()).reactive));
    let aggregated = read::<Vec<AggregatedMetric>>(body).unwrap_or_default();
    count(aggregated.iter().any(|all| all.aggregate().sum.is_finite()));
    understood
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// Puts `new` (or nothing) where the `place`-th value of the tree stands.
fn mutate(body: &mut Value, place: &mut usize, new: &Option<Value>) {
    let hit = |place: &mut usize| {
        *place = place.wrapping_sub(1);
        *place == usize::MAX
    };
    match body {
        Value::Array(items) => {
            items.retain_mut(|item| keep(item, hit(place), place, new));
        }
        Value::Object(fields) => {
            fields.retain(|_, field| keep(field, hit(place), place, new));
        }
        _ => {}
    }
}

fn keep(value: &mut Value, hit: bool, place: &mut usize, new: &Option<Value>) -> bool {
    match (hit, new) {
        (true, Some(new)) => *value = new.clone(),
        (true, None) => return false,
        (false, _) => mutate(value, place, new),
    }
    true
}

fn anything() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        any::<f64>().prop_map(|number| Some(json!(number))),
        any::<i64>().prop_map(|number| Some(json!(number))),
        any::<u64>().prop_map(|number| Some(json!(number))),
        any::<bool>().prop_map(|flag| Some(json!(flag))),
        ".*".prop_map(|text| Some(json!(text))),
        prop::sample::select(vec!["NaN", "Infinity", "-Infinity", "-1", "1e400"])
            .prop_map(|text| Some(json!(text))),
        Just(Some(Value::Null)),
        Just(Some(json!([]))),
        Just(Some(json!({}))),
        Just(Some(json!([null, {"id": null}]))),
    ]
}

#[test]
fn every_recorded_body_is_understood_as_something() {
    let payloads = payloads();
    assert!(payloads.len() > 100, "{} payloads", payloads.len());
    for (path, body) in payloads {
        let empty = body == json!({"jobs": []});
        let understood = read_as_everything(body.to_string().as_bytes());
        // Checkpointing that is off is understood as no interval.
        let off = body["interval"] == json!(i64::MAX);
        assert!(understood > 0 || empty || off, "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn no_change_to_a_recorded_body_makes_reading_panic(
        which in any::<prop::sample::Index>(),
        place in 0_usize..400,
        new in anything(),
        cut in any::<prop::sample::Index>(),
    ) {
        thread_local!(static PAYLOADS: Vec<(PathBuf, Value)> = payloads());
        let mut body = PAYLOADS.with(|payloads| which.get(payloads).1.clone());
        mutate(&mut body, &mut { place }, &new);
        let text = body.to_string();
        read_as_everything(text.as_bytes());
        read_as_everything(&text.as_bytes()[..cut.index(text.len())]);
    }
}
