//! The page without a mouse, and without seeing it.

use serde_json::{Value, json};

use crate::chromium::{ARROW_RIGHT, Chromium, TAB};
use crate::demo::Demo;
use crate::seen::Seen;
use crate::until;

/// Where the focus is among all that should have it, how it is shown, and what it is on.
const FOCUS: &str = r#"
    const all = [...document.querySelectorAll('a[href], [role=region]')];
    const it = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const { top, bottom } = it.getBoundingClientRect();
    return {
        all: all.length,
        at: all.indexOf(it),
        outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth),
        in_view: bottom > 0 && top < innerHeight,
        name: it.ariaLabel ?? it.innerText,
        hidden: it.scrollWidth - it.clientWidth,
        scrolled: it.scrollLeft,
    };
"#;

#[test]
fn the_tab_key_reaches_every_link_and_every_table_and_one_sees_where_it_is() {
    let (demo, chromium) = (Demo::start(), Chromium::start("keyboard"));
    // As narrow as a phone, so that tables have something to scroll to.
    chromium.resize(360);
    until("a decision with its arithmetic", || {
        let status = demo.status();
        (status["decision"]["arithmetic"][0])
            .is_object()
            .then_some(())
    });
    chromium.open(&format!("{}?still", demo.page));
    let focus = || chromium.script(FOCUS).expect("the page stands still");
    let count = focus()["all"]
        .as_u64()
        .and_then(|all| usize::try_from(all).ok());
    let count = count.expect("a count");
    let seen = Seen::by(&chromium).expect("the page stands still");
    // Parts, spans, still or not, tables, addresses for programs.
    assert_eq!(count, 5 + 3 + 1 + seen.tables.len() + 3);
    let mut scrolled = 0;
    for n in 0..count {
        chromium.press(TAB);
        let now = focus();
        assert_eq!(now["at"], n, "{now}");
        assert!(now["outline"].as_f64() >= Some(2.0), "{now}");
        assert_eq!(now["in_view"], true, "{now}");
        // Links do not scroll.
        if now["hidden"].as_f64() > Some(0.0) {
            chromium.press(ARROW_RIGHT);
            until("a table that is scrolled", || {
                (focus()["scrolled"].as_f64() > Some(0.0)).then_some(())
            });
            scrolled += 1;
        }
    }
    assert!(scrolled >= 3, "{scrolled} tables were too wide");
}

#[test]
fn the_picture_and_the_tables_have_a_name_for_who_cannot_see_them() {
    let (demo, chromium) = (Demo::start(), Chromium::start("names"));
    chromium.open(&format!("{}?still&span=1h", demo.page));
    let seen = until("the page", || Seen::by(&chromium));
    let tree = chromium.devtools("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"].as_array().expect("nodes");
    let of_role = |role: &str| -> Vec<&Value> {
        let found = nodes.iter().filter(|node| node["role"]["value"] == role);
        found.collect()
    };
    let pictures = of_role("image");
    assert_eq!(pictures.len(), 1, "{pictures:?}");
    let name = "Workers, backlog_time and utilization over the last 1 h";
    assert_eq!(pictures[0]["name"]["value"], name);
    assert_eq!(pictures[0]["description"]["value"], seen.picture);
    let mut regions: Vec<_> = of_role("region")
        .iter()
        .filter_map(|it| it["name"]["value"].as_str())
        .collect();
    regions.sort_unstable();
    assert_eq!(regions, seen.tables.keys().collect::<Vec<_>>());
}
