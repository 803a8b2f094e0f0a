//! What the reporters say where the policy `model` decides.

use std::time::Duration;

use expect_test::expect;
use outrider::decide::forecast::{Course, POINTS};
use outrider::decide::rescale::Rescale;
use outrider::decide::{HoldReason, Trigger};
use outrider::outcome::Outcome;
use outrider::report::Report;
use outrider::report::page::{View, page};
use outrider::report::span::Span;
use outrider::report::status::Status;
use outrider::report::status::json::json as to_json;
use outrider::settings::Parsed;
use outrider::units::{Timestamp, Workers, len_as_f64};
use serde_json::Value;

use crate::evening::{at, told};
use crate::picture::{path, paths, picture, wild};
use crate::situations::{Situation, after, busy, figures, hold, settings};
use crate::story::Story;

const MODEL: (&str, &str) = ("OUTRIDER_POLICY", "model");

fn by_model() -> Parsed {
    settings(&[
        ("TARGET", "flinkdeployment/orders"),
        ("WORKERS_MAX", "8"),
        ("POLICY", "model"),
    ])
}

/// Up by so many seconds each half minute from so much on, but never over the top.
fn course(from: f64, each: f64, most: f64) -> Course {
    let mut delays = [0.0; POINTS];
    for (moment, delay) in delays.iter_mut().enumerate() {
        *delay = (from + each * len_as_f64(moment)).clamp(0.0, most);
    }
    Course {
        delays,
        worst: delays.into_iter().fold(0.0, f64::max),
    }
}

/// At `seconds` it is 30 s late, would be 20 s later each half minute, and with 8 workers in time
/// after a minute.
fn foreseeing(seconds: u64) -> Situation {
    let mut now = at(seconds);
    let sums = &mut now.decision.arithmetic;
    sums.foresees(course(30.0, 20.0, 900.0));
    sums.foresees_with(Workers(8), course(30.0, -15.0, 900.0));
    sums.says("4 to 8 workers: because <they> are too few.".into());
    now.model = Some(figures());
    now
}

/// Eight were asked for at 600 s, and nothing can be judged since.
fn rescaling() -> Vec<Situation> {
    let mut asked = foreseeing(600);
    let sums = asked.decision.arithmetic;
    asked.decision = crate::situations::scale_to(8);
    (asked.decision.at, asked.decision.arithmetic) = (after(600), sums);
    asked.outcome = Outcome::Asked {
        from: Some(Workers(4)),
        to: Workers(8),
    };
    asked.rescales = vec![Rescale {
        from: Workers(4),
        to: Workers(8),
        by: outrider::decide::rescale::Author::Outrider(Trigger::DelayBudget),
        asked: after(600),
        workers_there: None,
        restarted: None,
        checkpointed: None,
        caught_up: None,
        end: None,
        ended: None,
        ..busy("orders").rescales[0].clone()
    }];
    let mut waiting = at(660);
    waiting.decision = hold(HoldReason::RescaleInProgress, None);
    waiting.decision.at = after(660);
    waiting.rescales = asked.rescales.clone();
    waiting.model = Some(figures());
    vec![asked, waiting]
}

fn status_of(situations: Vec<Situation>, now: Timestamp) -> (Status, Value) {
    let status = Status::clone(&told(&by_model(), situations));
    let json = to_json(&status, now);
    (status, json)
}

fn text(status: &Status, now: Timestamp) -> String {
    page(
        status,
        now,
        View {
            span: Span::QuarterHour,
            still: true,
        },
    )
}

#[test]
fn the_sentence_stands_under_the_headline_and_once() {
    let (status, json) = status_of(vec![foreseeing(600)], after(600));
    let page = text(&status, after(600));
    let sentence = "4 to 8 workers: because &lt;they&gt; are too few.</p>";
    assert!(page.contains(&format!("</p><p class=\"why\">{sentence}<nav")));
    assert_eq!(page.matches(sentence).count(), 1, "{page}");
    assert_eq!(json["why"], "4 to 8 workers: because <they> are too few.");
}

#[test]
fn while_a_rescale_goes_on_the_page_says_why_it_was_asked_for_and_what_it_promised() {
    let (status, json) = status_of(rescaling(), after(660));
    let page = text(&status, after(660));
    assert!(page.contains(
        "rescaling from 4 to 8 workers, for 60 s</p>\
         <p class=\"why\">Why (decided at 12:10:00 UTC): a source would need too long to read its \
         backlog. 4 to 8 workers: because"
    ));
    let why = json["why"].as_str().unwrap();
    assert!(why.ends_with("its backlog. 4 to 8 workers: because <they> are too few."));
    assert_eq!(json["forecast"]["at"], 1_769_861_400_000_u64);
    assert_eq!(json["forecast"]["workers"], 8);
    assert!(page.contains("delay foreseen at 12:10 with 8 workers: up to 30 s"));
    // At the moment of the decision the headline has the reason already.
    let (_, json) = status_of(rescaling().into_iter().take(1).collect(), after(600));
    assert_eq!(json["why"], "4 to 8 workers: because <they> are too few.");
    // The job runs, and it is said of it as it is now.
    let mut story = rescaling();
    let mut runs = foreseeing(700);
    runs.decision.arithmetic.says("8 workers stay.".into());
    runs.rescales = story[0].rescales.clone();
    runs.rescales[0].restarted = Some(after(670));
    story.push(runs);
    let (_, json) = status_of(story, after(700));
    assert_eq!(json["why"], "8 workers stay.");
    assert_eq!(json["forecast"]["at"], 1_769_861_500_000_u64);
}

#[test]
fn a_rescale_of_a_policy_without_a_sentence_is_explained_by_its_reason() {
    let mut story = rescaling();
    story[0].decision = crate::situations::scale_to(8);
    story[0].decision.at = after(600);
    let (_, json) = status_of(story, after(660));
    assert_eq!(
        json["why"],
        "a source would need too long to read its backlog"
    );
    assert_eq!(json["forecast"], Value::Null);
}

#[test]
fn a_whole_rescale_is_explained_from_the_asking_until_the_job_can_be_judged() {
    let mut story = Story::begins(2, 1500.0, &[MODEL]);
    story.report = Some(Report::new(&by_model(), after(0)));
    story.goes_on(20).then("more", |job| job.input = 5000.0);
    let newest = |story: &Story| {
        let status = story.report.as_ref().unwrap().status().borrow().clone();
        let now = status.last.as_ref().unwrap().ended;
        (to_json(&status, now), text(&status, now))
    };
    let mut asked = None;
    let mut explained = Vec::new();
    for _ in 0..12 {
        story.ticks(1);
        let (status, page) = newest(&story);
        if status["decision"]["action"] == "scale_to" {
            let decision = &status["decision"];
            asked = Some((decision["sentence"].clone(), decision["at"].clone()));
        }
        let reason = status["decision"]["reason"].as_str().unwrap().to_owned();
        if let Some((sentence, at)) = &asked
            && ["rescale_in_progress", "warming_up"].contains(&&*reason)
        {
            let why = status["why"].as_str().unwrap();
            assert!(why.ends_with(sentence.as_str().unwrap()), "{reason}: {why}");
            assert_eq!(status["forecast"]["at"], *at, "{reason}");
            assert!(page.contains("Why (decided at "), "{page}");
            assert!(!paths(&page, "change").is_empty(), "{reason}");
            explained.push(reason);
        }
    }
    explained.dedup();
    assert_eq!(explained, ["rescale_in_progress", "warming_up"]);

    // Ten workers can read five times as much as two; the model thought that they do not quite add up.
    story.goes_on(5);
    let (status, _) = newest(&story);
    let number = |name| status["model"][name].as_f64().unwrap_or(f64::NAN);
    let (predicted, gain) = (number("rescale_gain_predicted"), number("rescale_gain"));
    assert!((3.5..4.9).contains(&predicted), "{}", status["model"]);
    assert!((4.5..5.5).contains(&gain), "{}", status["model"]);
    // Nothing but the step was not foreseen, and that for three minutes of 25.
    assert!(
        (0.01..0.25).contains(&number("forecast_error")),
        "{}",
        status["model"]
    );
}

#[test]
fn the_delay_goes_on_dashed_beyond_now() {
    let before = at(590);
    let svg = picture(
        &told(&by_model(), [before, foreseeing(600)]),
        after(600),
        Span::QuarterHour,
    );
    // 15 min and 10 min ahead: 1500 s are 600 wide, so half a minute is 12, and now is at 360. The
    // delay's panel is the second: 90 high, its foot at 264. Four times the budget are 4 min.
    let y = |delay: f64| 264.0 - 90.0 * delay / 240.0;
    assert_eq!(paths(&svg, "value")[0], "M360 252.8h0");
    assert_eq!(y(60.0), 241.5);
    assert_eq!(path(&svg, "budget"), "M0 241.5H600");
    // Until it leaves the paper: 30 s, 50 s, … 230 s, 250 s.
    let stay = path(&svg, "stay");
    assert!(
        stay.starts_with("M360 252.8h0L372 245.3L384 237.8"),
        "{stay}"
    );
    assert!(stay.ends_with("L480 177.8L492 174"), "{stay}");
    // As far as the paper goes.
    let change = path(&svg, "change");
    assert!(change.starts_with("M360 252.8h0L372 258.4L384 264L396 264"));
    assert!(change.ends_with("L600 264"), "{change}");
    assert!(svg.contains("height=\"530\""), "four panels: {svg}");
}

#[test]
fn what_was_promised_is_drawn_from_where_it_was_promised() {
    let svg = picture(
        &told(&by_model(), rescaling()),
        after(660),
        Span::QuarterHour,
    );
    // A minute ago is 24 to the left of now.
    assert!(path(&svg, "stay").starts_with("M336 252.8h0L348"));
    let change = path(&svg, "change");
    assert!(change.starts_with("M336 252.8h0L348"), "{change}");
    assert!(change.ends_with("L600 264"), "{change}");
}

#[test]
fn without_a_forecast_there_is_a_panel_and_no_dashed_line() {
    let svg = picture(&told(&by_model(), [at(600)]), after(600), Span::Hour);
    assert!(svg.contains("delay: not known"), "{svg}");
    assert!(svg.contains("nothing is foreseen"), "{svg}");
    assert_eq!(
        (paths(&svg, "stay"), paths(&svg, "change")),
        (vec![], vec![])
    );
    assert!(!svg.contains("NaN"), "{svg}");
}

#[test]
fn what_is_foreseen_is_told_in_words() {
    let svg = picture(
        &told(&by_model(), [foreseeing(600)]),
        after(600),
        Span::QuarterHour,
    );
    let between = |from: &str, to: &str| {
        let (_, rest) = svg.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_string()
    };
    expect![[r#"
        Workers, delay, backlog_time and utilization over the last 15 min, and the delay that is foreseen
        delay: 30 s, max 30 s; DELAY_BUDGET is 60 s; delay foreseen if nothing is done: up to 10 min 30 s, delay foreseen with 8 workers: up to 30 s. backlog_time: 3 min, max 3 min; 
    "#]].assert_eq(&format!(
        "{}\n{}\n",
        between("<title id=\"picture-title\">", "</title>"),
        between("; in use were 4 to 4. ", "BACKLOG_TIME_HIGH"),
    ));
}

#[test]
fn the_status_has_the_forecast_and_what_was_learned() {
    let (_, json) = status_of(vec![foreseeing(600)], after(600));
    let mut forecast = json["forecast"].clone();
    let rows = forecast["rows"].as_array_mut().unwrap();
    assert_eq!((rows.len(), rows[30][0].as_f64()), (31, Some(900.0)));
    rows.truncate(3);
    expect![[r#"
        {"at":1769861400000,"columns":["seconds","if_nothing_is_done_seconds","if_scaled_seconds"],"rows":[[0.0,30.0,30.0],[30.0,50.0,15.0],[60.0,70.0,0.0]],"workers":8}
        {
          "alpha": 0.85,
          "forecast_error": 0.12,
          "model_learned": 1.0,
          "rescale_gain": 1.6,
          "rescale_gain_predicted": 1.8,
          "restart_pause_down_seconds": 30.0,
          "restart_pause_up_seconds": 22.5,
          "wait_seconds": 50.0
        }
    "#]].assert_eq(&format!("{forecast}\n{:#}\n", json["model"]));
    // Another policy has neither.
    let rule = told(&crate::situations::active(), [at(600)]);
    let rule = to_json(&rule, after(600));
    assert_eq!(
        (&rule["forecast"], &rule["model"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn the_page_has_what_was_learned() {
    let (status, _) = status_of(vec![foreseeing(600)], after(600));
    let page = text(&status, after(600));
    for row in [
        "<th scope=\"row\">alpha</th><td>0.85</td>",
        "<th scope=\"row\">restart_pause_up</th><td>22 s</td>",
        "<th scope=\"row\">forecast_error</th><td>12 %</td>",
        "<th scope=\"row\">rescale_gain_predicted</th><td>1.80 times</td>",
        "<th scope=\"row\">rescale_gain</th><td>1.60 times</td>",
    ] {
        assert!(page.contains(row), "{row} in {page}");
    }
}

#[test]
fn six_hours_of_anything_are_a_small_page_with_a_panel_more() {
    let story = (0..2_108).map(|n| {
        let seconds = n * 41 / 4;
        let mut now = wild(seconds);
        let late = Duration::from_secs(seconds * 7_919 % 9_973).as_secs_f64();
        let sums = &mut now.decision.arithmetic;
        sums.foresees(course(late, 33.3, 9_999.0));
        sums.foresees_with(Workers(8), course(late, -17.7, 9_999.0));
        now
    });
    let status = told(&by_model(), story);
    let svg = picture(&status, crate::evening::END, Span::SixHours);
    assert!(svg.len() < 68_000, "{} bytes", svg.len());
}
