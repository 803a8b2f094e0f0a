//! The page in a real browser: the demo's page, in Debian's chromium, read over `WebDriver`. Run by
//! `tests/run browser`, which installs the browser.
//!
//! Each story has a demo and a browser of its own, so none waits for another.

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/demo.rs"]
mod demo;
#[path = "browser/http.rs"]
mod http;
#[path = "browser/keyboard.rs"]
mod keyboard;
#[path = "browser/numbers.rs"]
mod numbers;
#[path = "browser/screenshots.rs"]
mod screenshots;
#[path = "browser/seen.rs"]
mod seen;

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::chromium::Chromium;
use crate::demo::Demo;
use crate::seen::{Row, Seen};

/// The load rises after 15 s, the demo scales up after about 45 s, and its job runs again after 60 s.
const PATIENCE_SECONDS: u32 = 240;

/// Looks until there is something to see; a generous limit.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..4 * PATIENCE_SECONDS {
        if let Some(seen) = look() {
            return seen;
        }
        sleep(Duration::from_millis(250));
    }
    panic!("not within {PATIENCE_SECONDS} s: {what}");
}

/// Of what the browser did since the last time, all that it should not have done.
fn amiss(chromium: &Chromium, demo: &Demo) -> Vec<String> {
    let requests = chromium.requests().into_iter();
    let foreign = requests.filter(|url| !url.starts_with(&demo.page));
    foreign.chain(chromium.console()).collect()
}

#[test]
fn the_page_follows_a_scale_up_by_itself() {
    let (demo, chromium) = (Demo::start(), Chromium::start("scale-up"));
    chromium.open(&demo.page);
    let first = until("how many workers are in use", || {
        Seen::by(&chromium).filter(|seen| seen.workers_in_use().is_some())
    });
    let before = first.workers_in_use();
    assert!(first.table("Rescales").is_empty(), "{first:#?}");
    assert!(
        first.picture.contains("Rescales asked for: 0."),
        "{first:#?}"
    );

    // From here on nobody reloads it but the page.
    let mut loaded = 0.0;
    let last = until("more workers", || {
        let seen = Seen::by(&chromium)?;
        if seen.loaded > loaded {
            loaded = seen.loaded;
            let seconds = (loaded - first.loaded) / 1000.0;
            println!("{seconds:.0} s: {}; {}", seen.headline, seen.picture);
            assert!(!seen.headline.starts_with("unknown"), "{}", seen.headline);
        }
        (seen.workers_in_use() > before).then_some(seen)
    });

    let [before, now] = [&first, &last].map(|seen| seen.workers_in_use().expect("known"));
    let rescale = &last.table("Rescales")[0];
    assert_eq!(rescale["workers"], format!("{before} → {now}"));
    let decided = format!("scale to {now}: {}", rescale["because of"]);
    let is_told =
        |row: &Row| row["decision"] == decided && row["arithmetic"].contains("workers_wanted");
    assert!(
        last.table("Changes of decision").iter().any(is_told),
        "{last:#?}"
    );
    assert!(
        last.picture.contains(&format!("workers: {now} in use")),
        "{last:#?}"
    );
    assert!(
        last.picture
            .contains(&format!("in use were {before} to {now}")),
        "{last:#?}"
    );
    assert!(
        last.picture.contains("Rescales asked for: 1. Restarts: 1."),
        "{last:#?}"
    );
    assert!(
        first.in_use.is_some() && first.in_use != last.in_use,
        "{last:#?}"
    );
    assert_eq!(amiss(&chromium, &demo), [""; 0]);
}

#[test]
fn the_page_asks_nobody_else_and_has_nothing_to_say_to_the_console() {
    let (demo, chromium) = (Demo::start(), Chromium::start("console"));
    chromium.open(&demo.page);
    for link in [
        "nav a[href='#history']",
        ".spans a[href='?span=1h']",
        ".spans a[href='?span=6h']",
    ] {
        chromium.click(link);
    }
    let chosen = until("the page", || Seen::by(&chromium));
    until("the page made anew", || {
        Seen::by(&chromium).filter(|seen| seen.loaded > chosen.loaded)
    });
    let requests = chromium.requests();
    assert_eq!(requests.last(), Some(&format!("{}?span=6h", demo.page)));
    assert!(requests.len() >= 4, "{requests:?}");
    assert!(
        requests.iter().all(|url| url.starts_with(&demo.page)),
        "{requests:?}"
    );
    assert_eq!(amiss(&chromium, &demo), [""; 0]);

    // What is looked for would be seen: an error, and an image from elsewhere, which is refused.
    let wrong = "console.error('wrong'); new Image().src = 'http://elsewhere.invalid/'";
    chromium.script(wrong).expect("the page is there");
    let mut amiss_now = Vec::new();
    until("what was done wrong", || {
        amiss_now.extend(amiss(&chromium, &demo));
        let told = amiss_now.join("\n");
        let seen = [
            "\"wrong\"",
            "http://elsewhere.invalid/",
            "Content Security Policy",
        ];
        seen.iter().all(|what| told.contains(what)).then_some(())
    });
}

#[test]
fn without_javascript_the_page_shows_its_numbers_and_is_made_anew() {
    const OFF: u32 = 2;
    let preferences = json!({ "profile.managed_default_content_settings.javascript": OFF });
    let demo = Demo::start();
    let chromium = Chromium::with_preferences("no-javascript", &preferences);
    chromium.open("data:text/html,<title>off</title><script>document.title = 'on'</script>");
    assert_eq!(chromium.title(), "off");
    amiss(&chromium, &demo);
    chromium.open(&demo.page);
    let first = until("the page", || Seen::by(&chromium));
    let second = until("the page made anew", || {
        Seen::by(&chromium).filter(|seen| seen.loaded > first.loaded)
    });
    assert_eq!(second.workers_in_use(), Some(2));
    assert_ne!(first.picture, second.picture);
    assert!(!second.table("Settings").is_empty(), "{second:#?}");
    assert_eq!(amiss(&chromium, &demo), [""; 0]);
}
