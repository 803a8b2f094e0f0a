use super::*;

const SOURCE: &str =
    "Source__ReadEvents/KafkaIO_Read_ReadFromKafkaViaUnbounded/Read(KafkaUnboundedSou";
const PATH: &str = "/jobs/4e9268921c373982b79dbb0c3796cecb/vertices/0cfaeec06aa0f2a12067fc306f3547cb/subtasks/metrics";

fn find(names: &[String]) -> SourceIds {
    SourceIds::find(names.iter().map(String::as_str))
}

/// Names of a source of `splits` splits, in no order.
fn names(splits: u32, pending_bytes: bool) -> Vec<String> {
    let mut names = vec![
        "numRecordsIn".to_string(),
        "Flat_Map.numRecordsIn".to_string(),
        "Shuffle.Netty.Input.numBytesInLocal".to_string(),
        format!("{SOURCE}.numRecordsIn"),
        format!("{SOURCE}.numRecordsInPerSecond"),
        format!("{SOURCE}.source_elements_read"),
        format!("{SOURCE}.source_bytes_read"),
        format!("{SOURCE}.watermarkLag"),
        format!("{SOURCE}.split.0.watermark.currentWatermark"),
    ];
    if pending_bytes {
        names.push(format!("{SOURCE}.pendingBytes"));
    }
    for split in 0..splits {
        for of_split in [
            "backlog_bytes",
            "backlog_elements",
            "bytes_read",
            "elements_read",
        ] {
            names.push(format!("{SOURCE}.source_splits_{split}_{of_split}"));
        }
        names.push(format!("{SOURCE}.KafkaIOReader_rawSize/my-topic-{split}"));
    }
    names
}

fn aggregate(value: f64) -> Aggregate {
    Aggregate {
        min: value,
        max: value,
        avg: value,
        sum: value,
    }
}

/// What Flink answers when each id has the value 1.
fn ones(ids: &SourceIds) -> HashMap<String, Aggregate> {
    let urls = ids.urls(PATH);
    let lists = urls.iter().map(|url| url.split_once("&get=").unwrap().1);
    lists
        .flat_map(|list| list.split(','))
        .map(|id| {
            let id = percent_encoding::percent_decode_str(id);
            (id.decode_utf8().unwrap().into_owned(), aggregate(1.0))
        })
        .collect()
}

fn metrics(ids: &SourceIds) -> Vec<SourceMetric> {
    let combined = ids.combine(&ones(ids));
    combined.into_iter().map(|(metric, _)| metric).collect()
}

#[test]
fn the_source_operators_metrics_are_found_whatever_it_is_called() {
    let ids = find(&names(12, true));
    assert_eq!((ids.splits, ids.partitions), (Some(12), Some(12)));
    assert_eq!(
        metrics(&ids),
        [
            SourceMetric::PendingBytes,
            SourceMetric::SplitsBacklogElements,
            SourceMetric::ElementsRead,
            SourceMetric::BytesRead,
            SourceMetric::RecordsIn,
            SourceMetric::WatermarkLag,
        ]
    );
    assert!(!ids.urls(PATH).concat().contains("rawSize"));
}

#[test]
fn a_wrapper_under_another_name_is_read_only_where_no_source_operator_tells() {
    let legacy: Vec<String> = ["source_elements_read", "source_backlog_bytes"]
        .map(|metric| format!("Read/UnboundedSourceWrapper.{metric}"))
        .into();
    let alone = find(&legacy);
    assert_eq!(
        metrics(&alone),
        [SourceMetric::BacklogBytes, SourceMetric::ElementsRead]
    );
    let mut both = names(1, true);
    both.extend(legacy);
    assert_eq!(find(&both), find(&names(1, true)));
}

#[test]
fn splits_and_partitions_are_counted_once_and_names_may_hold_dashes() {
    let names = [
        "source_splits_a_b_backlog_bytes",
        "source_splits_a_b_bytes_read",
        "source_splits_c_elements_read",
        "KafkaIOReader_rawSize/my-topic-0",
        "KafkaIOReader_rawSize/my-topic-10",
        "KafkaIOReader_rawSize/backlogBytes_my-topic-3",
        "KafkaIOReader_rawSize/no_number",
        "KafkaIOReader_checkpointMarkCommitsEnqueued",
    ]
    .map(|metric| format!("Source__X.{metric}"));
    let ids = find(&names);
    assert_eq!((ids.splits, ids.partitions), (Some(2), Some(2)));
    // One of two splits has a gauge: half a total is none.
    assert!(ids.is_empty());
    assert_eq!(find(&[]).splits, None);
}

#[test]
fn every_url_is_short_enough_and_all_ids_are_asked_for_once() {
    for splits in [0, 1, 12, 60, 200] {
        let ids = find(&names(splits, false));
        let urls = ids.urls(PATH);
        assert!(urls.iter().all(|url| url.len() <= URL_LIMIT), "{splits}");
        let commas: usize = urls.iter().map(|url| url.matches(',').count()).sum();
        // Three commas of each URL stand in `agg`.
        let asked = commas - 3 * urls.len() + urls.len();
        assert_eq!(asked, ones(&ids).len(), "{splits}");
        assert!(urls.len() <= URLS_WITHOUT_PENDING_BYTES);
    }
}

#[test]
fn gauges_of_the_splits_are_asked_for_all_or_not_at_all() {
    let elements = |splits, pending_bytes| {
        let ids = find(&names(splits, pending_bytes));
        let asked = metrics(&ids).contains(&SourceMetric::SplitsBacklogElements);
        (asked, ids.urls(PATH).len())
    };
    assert_eq!(elements(12, true), (true, 1));
    assert_eq!(elements(40, true), (true, 2));
    assert_eq!(elements(60, true), (false, 1));
    assert!(elements(60, false).0);
    assert_eq!(elements(1000, false), (false, 1));
}

#[test]
fn what_is_not_asked_for_is_not_kept() {
    for splits in [12, 1000] {
        let all = find(&names(splits, true));
        let kept = all.clone().that_fit(PATH);
        assert_eq!(kept.urls(PATH), all.urls(PATH));
        assert_eq!(kept.splits, Some(splits));
        let family = kept.ids.contains_key(&SourceMetric::SplitsBacklogElements);
        assert_eq!(family, splits == 12);
    }
}

#[test]
fn gauges_of_the_splits_are_added_up_and_a_missing_one_leaves_them_out() {
    let ids = find(&names(3, false));
    let mut answers = ones(&ids);
    let id = format!("{SOURCE}.source_splits_1_backlog_elements");
    answers.insert(id.clone(), aggregate(-1.0));
    let of = |answers: &HashMap<String, Aggregate>| {
        let combined = ids.combine(answers);
        let found = combined
            .into_iter()
            .find(|(metric, _)| *metric == SourceMetric::SplitsBacklogElements);
        found.map(|(_, aggregate)| aggregate)
    };
    // 1 + -1 + 1, the lowest -1.
    let expected = Aggregate {
        min: -1.0,
        max: 1.0,
        avg: 1.0,
        sum: 1.0,
    };
    assert_eq!(of(&answers), Some(expected));
    answers.insert(id.clone(), aggregate(f64::NAN));
    let poisoned = of(&answers).unwrap();
    assert!(poisoned.min.is_nan() && poisoned.max.is_nan() && poisoned.sum.is_nan());
    answers.remove(&id);
    assert_eq!(of(&answers), None);
}

#[test]
fn a_split_of_which_two_subtasks_speak_leaves_the_splits_out() {
    let ids = find(&names(3, true));
    let mut answers = ones(&ids);
    let two = |min: f64, max: f64| Aggregate {
        min,
        max,
        avg: f64::midpoint(min, max),
        sum: min + max,
    };
    for of_two in [two(3.0, 5.0), two(-1.0, 1.0), two(-1.0, -1.0)] {
        let id = format!("{SOURCE}.source_splits_1_backlog_elements");
        answers.insert(id, of_two);
        answers.insert(format!("{SOURCE}.pendingBytes"), of_two);
        let told: Vec<SourceMetric> = ids.combine(&answers).iter().map(|(m, _)| *m).collect();
        assert!(!told.contains(&SourceMetric::SplitsBacklogElements));
        assert!(told.contains(&SourceMetric::PendingBytes));
    }
}

#[test]
fn what_a_url_cannot_hold_is_encoded() {
    let odd = "Source__a[b] c#d+e%f&g?hü(i)/j.pendingBytes".to_string();
    let urls = find(&[odd]).urls("/p");
    assert_eq!(
        urls,
        ["/p?agg=min,max,avg,sum&get=\
             Source__a%5Bb%5D%20c%23d%2Be%25f%26g%3Fh%C3%BC(i)/j.pendingBytes"]
    );
    assert_eq!(path_segment("a/b:1"), "a%2Fb%3A1");
}
