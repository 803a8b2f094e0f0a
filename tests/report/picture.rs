//! The picture on the page: where on the paper everything lies, and what is said of it in words.

use std::time::Duration;

use expect_test::expect;
use outrider::decide::rescale::Rescale;
use outrider::outcome::Outcome;
use outrider::report::page::{View, page};
use outrider::report::span::Span;
use outrider::report::status::Status;
use outrider::units::{Timestamp, Utilization, Workers};

use crate::evening::{END, at, evening, told};
use crate::situations::{Situation, active, after, busy, silent};

// The paper is 600 wide; 15 min are 900 s, so a second is 2/3. The panels' plots are 90 high, with
// their feet at 146, 264 and 382.

#[test]
fn workers_are_steps_and_each_stands_until_the_next() {
    // Asked for six at 600 s, there at 610 s, used at 630 s; the picture ends at 660 s.
    let story = [0, 590, 600, 610, 620, 630, 640, 650].map(|seconds| {
        let mut now = at(seconds);
        let six_from = |moment| Some(Workers(if seconds < moment { 2 } else { 6 }));
        now.workers_asked = six_from(600);
        now.observation.workers.present = six_from(610);
        now.observation.workers.in_use = six_from(630);
        now
    });
    let svg = picture(&told(&active(), story), after(660), Span::QuarterHour);
    // Six are at the top, at 56; two are at 146 - 90 * 2/6 = 116. Of 660 s ago is 160; a value is
    // believed for 30 s, and so the first ends at 160 + 20.
    // 590 s: 600 - 70 * 2/3 = 553.3, 600 s: 560, 610 s: 566.7, 630 s: 580.
    assert_eq!(path(&svg, "asked"), "M160 116H180M553.3 116H560V56H600");
    assert_eq!(path(&svg, "present"), "M160 116H180M553.3 116H566.7V56H600");
    assert_eq!(path(&svg, "in-use"), "M160 116H180M553.3 116H580V56H600");
}

#[test]
fn backlog_time_and_utilization_are_lines_on_a_scale_with_the_thresholds() {
    let story = [(870, 0, 50), (880, 60, 100), (890, 120, 75)].map(|(seconds, behind, load)| {
        let mut now = at(seconds);
        now.observation.sources[0].backlog_time = Ok(Duration::from_secs(behind));
        now.observation.utilization = Ok(Utilization::from_percent(load));
        now
    });
    let svg = picture(&told(&active(), story), after(900), Span::QuarterHour);
    // 880 s is 600 - 20 * 2/3 = 586.7. The scale ends at BACKLOG_TIME_HIGH, 120 s.
    let lines = paths(&svg, "value");
    assert_eq!(lines[0], "M580 264h0L586.7 219L593.3 174");
    assert_eq!(lines[1], "M580 337h0L586.7 292L593.3 314.5");
    // 120 s and 10 s of 120 s; 90 %, 85 % and 70 % of 100 %.
    assert_eq!(paths(&svg, "high"), ["M0 174H600", "M0 301H600"]);
    assert_eq!(paths(&svg, "target"), ["M0 305.5H600"]);
    assert_eq!(paths(&svg, "low"), ["M0 256.5H600", "M0 319H600"]);
    assert!(
        svg.contains(">2 min</text>") || svg.contains(">120 s</text>"),
        "{svg}"
    );
}

#[test]
fn what_is_not_known_is_a_gap_and_never_0() {
    let mut dark = silent();
    dark.observation.at = after(880);
    let story = [at(860), at(870), dark, at(890)];
    let svg = picture(&told(&active(), story), after(900), Span::QuarterHour);
    // Four in use are at the top. What was known at 870 s stood until 880 s, 586.7; the tick at
    // 890 s, 593.3, knows again.
    assert_eq!(path(&svg, "in-use"), "M573.3 56H586.7M593.3 56H600");
    // 180 s of 240 s are at 264 - 67.5: one line of two points, and a dot.
    assert_eq!(
        paths(&svg, "value")[0],
        "M573.3 196.5h0L580 196.5M593.3 196.5h0"
    );
}

#[test]
fn a_loop_that_stands_still_is_a_gap() {
    // No tick from 100 s on, until 800 s: 30 s are three ticks.
    let svg = picture(
        &told(&active(), [at(90), at(100), at(800)]),
        after(900),
        Span::QuarterHour,
    );
    // 100 s + 30 s: 600 - 770 * 2/3 = 86.7. 800 s + 30 s: 600 - 70 * 2/3 = 553.3.
    assert_eq!(path(&svg, "in-use"), "M60 56H86.7M533.3 56H553.3");
    assert_eq!(
        paths(&svg, "value")[0],
        "M60 196.5h0L66.7 196.5M533.3 196.5h0"
    );
}

#[test]
fn of_what_is_too_near_for_paper_the_lowest_and_the_highest_are_drawn_and_a_gap_stays() {
    // Of six hours a column is 72 s: from 110 s to 150 s are all in one, that of 720 s to 792 s ago.
    let story = [(110, 50), (120, 100), (130, 75), (140, 0), (800, 50)].map(|(seconds, load)| {
        let mut now = at(seconds);
        now.observation.utilization = Ok(Utilization::from_percent(load));
        now
    });
    let svg = picture(&told(&active(), story), after(900), Span::SixHours);
    // 120 s: 600 * (1 - 780/21600) = 578.3, 140 s: 578.9, 800 s: 597.2.
    assert_eq!(
        paths(&svg, "value")[1],
        "M578.3 292h0L578.9 382M597.2 337h0"
    );
}

#[test]
fn what_happened_is_marked_at_its_time() {
    let mut restarted = at(600);
    restarted.observation.running_since = Some(after(595));
    let mut refused = at(750);
    refused.observation.running_since = Some(after(595));
    refused.outcome = Outcome::Refused { why: "no".into() };
    let mut asked = at(780);
    asked.observation.running_since = Some(after(595));
    asked.rescales = vec![Rescale {
        asked: after(780),
        ..busy("orders").rescales[0].clone()
    }];
    // What the first tick finds did not happen in it, and nothing happened until the second.
    let mut first = at(5);
    first.rescales = busy("orders").rescales;
    let svg = picture(
        &told(&active(), [first, at(15), restarted, refused, asked]),
        after(900),
        Span::QuarterHour,
    );
    // 600 s: 400, two thirds of 86 % are 57.33 %. 750 s: 500. 780 s: 520.
    assert_eq!(path(&svg, "restart"), "M400 34V388");
    assert_eq!(path(&svg, "rescale"), "M520 34V388");
    // One was triggered at 0 s, before the first tick; others at 600 s, 750 s and 780 s.
    assert_eq!(
        path(&svg, "checkpoint"),
        "M400 388V394M500 388V394M520 388V394"
    );
    for sign in [
        "#sign-restart\" x=\"57.33%\" y=\"28\"",
        "#sign-failure\" x=\"71.67%\" y=\"6\"",
        "#sign-rescale\" x=\"74.53%\" y=\"17\"",
    ] {
        assert!(svg.contains(sign), "{sign} in {svg}");
    }
}

#[test]
fn what_happened_before_the_span_is_not_in_it() {
    let mut restarted = at(100);
    restarted.observation.running_since = Some(after(99));
    let mut later = at(120);
    later.observation.running_since = Some(after(99));
    let status = told(&active(), [at(0), restarted, later]);
    let restarts = |now| {
        let svg = picture(&status, after(now), Span::QuarterHour);
        let told = svg.contains("Restarts: 1.");
        (told, paths(&svg, "restart").len())
    };
    assert_eq!(restarts(999), (true, 1));
    assert_eq!(restarts(1_001), (false, 0));
    // What was known before it stands at its edge: 120 s are 12.7, and what is
    // known then is believed for 30 s, until 32.7.
    let svg = picture(&status, after(1_001), Span::QuarterHour);
    assert_eq!(path(&svg, "in-use"), "M0 56H32.7");
}

#[test]
fn names_of_thresholds_do_not_lie_on_each_other() {
    let svg = picture(&told(&active(), [at(0)]), after(0), Span::QuarterHour);
    let labels = svg.split("<text class=\"limit\"").skip(1).map(|label| {
        let (attributes, rest) = label.split_once('>').unwrap();
        let y = attributes.split('"').nth(5).unwrap();
        format!("{} {y}", rest.split('<').next().unwrap())
    });
    // 10 s and 120 s of 240 s, 4 below the line: 260.3 and 219. 70 % are at 319, 85 % at 305.5, 90 %
    // at 301: names are 12 apart.
    assert_eq!(
        labels.collect::<Vec<_>>().join(", "),
        "LOW 264.3, HIGH 223, LOW 323, TARGET 309.5, HIGH 297.5, UTC 408"
    );
}

#[test]
fn the_time_axis_has_round_times_in_utc() {
    let times = |span| {
        let svg = picture(&evening(), END + Duration::from_secs(60), span);
        let labels = svg.split("class=\"time\"").skip(1);
        let labels = labels.map(|label| {
            let (attributes, rest) = label.split_once('>').unwrap();
            let x = attributes.split('"').nth(1).unwrap();
            format!("{} at {x}", rest.split('<').next().unwrap())
        });
        labels.collect::<Vec<_>>().join(", ")
    };
    // 18:01: what is too near to an edge has a line and no label. 17:55 is 6 min of 15 min ago:
    // 86 % * 9/15 = 51.6 %.
    assert_eq!(
        times(Span::QuarterHour),
        "17:50 at 22.93%, 17:55 at 51.6%, 18:00 at 80.27%"
    );
    assert_eq!(
        times(Span::Hour),
        "17:15 at 20.07%, 17:30 at 41.57%, 17:45 at 63.07%"
    );
    assert_eq!(
        times(Span::SixHours),
        "13:00 at 14.09%, 14:00 at 28.43%, 15:00 at 42.76%, 16:00 at 57.09%, 17:00 at 71.43%"
    );
}

#[test]
fn the_picture_is_told_in_words() {
    let svg = picture(&evening(), END, Span::SixHours);
    let between = |from: &str, to: &str| {
        let (_, rest) = svg.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_string()
    };
    expect![[r#"
        Workers, backlog_time and utilization over the last 6 h
        Until 18:00 UTC. workers: 2 in use, 2 present, 2 asked; in use were 2 to 6. backlog_time: 5 s, max 5 min; BACKLOG_TIME_HIGH is 2 min, BACKLOG_TIME_LOW 10 s. utilization: 68 %, max 83 %; UTILIZATION_HIGH is 90%, UTILIZATION_TARGET 85%, UTILIZATION_LOW 70%. Rescales asked for: 4. Restarts: 6. Failed actions: 10. Checkpoints completed: 713.
    "#]].assert_eq(&format!(
        "{}\n{}\n",
        between("<title id=\"picture-title\">", "</title>"),
        between("<desc id=\"picture-desc\">", "</desc>"),
    ));
}

#[test]
fn before_the_first_tick_the_picture_says_that_nothing_is_known() {
    let svg = picture(&told(&active(), []), after(0), Span::Hour);
    assert!(svg.contains("backlog_time: not known"), "{svg}");
    assert!(!svg.contains("NaN"), "{svg}");
}

#[test]
fn six_hours_of_anything_are_a_small_page() {
    let calm = page(&evening(), END, view(Span::SixHours));
    assert!(calm.len() < 60_000, "{} bytes", calm.len());
    // Everything is another at every tick, and every tick fails.
    let wild = told(&active(), (0..2_108).map(|n| wild(n * 41 / 4)));
    let all = page(&wild, END, view(Span::SixHours));
    let picture = picture(&wild, END, Span::SixHours);
    assert!(picture.len() < 56_000, "{} bytes", picture.len());
    assert!(all.len() < 100_000, "{} bytes", all.len());
}

pub fn wild(seconds: u64) -> Situation {
    let mut now = at(seconds);
    let small = u32::try_from(seconds % 97).unwrap();
    now.workers_asked = Some(Workers(small));
    now.observation.workers.present = Some(Workers(97 - small));
    now.observation.workers.in_use = Some(Workers(small * 7 % 97));
    now.observation.running_since = Some(after(seconds));
    now.observation.checkpoints.last_triggered = Some(after(seconds));
    now.observation.sources[0].backlog_time = Ok(Duration::from_secs(seconds * 7_919 % 9_973));
    let load = u8::try_from(seconds * 7_919 % 101).unwrap();
    now.observation.utilization = Ok(Utilization::from_percent(load));
    now.rescales = vec![Rescale {
        asked: after(seconds),
        ..busy("orders").rescales[0].clone()
    }];
    now.decision = crate::situations::scale_to(5 + small);
    now.decision.at = after(seconds);
    now.outcome = Outcome::Refused {
        why: format!("it was {seconds} s too early"),
    };
    now
}

const fn view(span: Span) -> View {
    View { span, still: false }
}

/// The picture out of the page, without the legend.
pub fn picture(status: &Status, now: Timestamp, span: Span) -> String {
    let page = page(status, now, view(span));
    let (_, rest) = page.split_once("<figure>").unwrap();
    rest.split_once("<figcaption>").unwrap().0.into()
}

pub fn paths(svg: &str, class: &str) -> Vec<String> {
    let begin = format!("<path class=\"{class}\" d=\"");
    let paths = svg.split(&begin).skip(1);
    paths
        .map(|rest| rest.split('"').next().unwrap().into())
        .collect()
}

pub fn path(svg: &str, class: &str) -> String {
    let [path] = &paths(svg, class)[..] else {
        panic!("not one {class} in {svg}");
    };
    path.clone()
}
