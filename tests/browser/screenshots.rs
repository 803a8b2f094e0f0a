//! Pictures of the page for people, into `target/screenshots`; and what can be checked of its looks
//! without them.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::chromium::Chromium;
use crate::demo::Demo;
use crate::until;

const LOOKS: &str = "
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth, ink: getComputedStyle(document.body).color };
";

#[test]
fn screenshots_at_two_widths_in_both_colour_schemes_and_nothing_beyond_the_edge() {
    let demos = ["rule", "model"].map(|policy| (policy, Demo::by(policy)));
    let chromium = Chromium::start("screenshots");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).expect("a place for them");
    for (policy, demo) in &demos {
        until("the first scale-up", || {
            demo.status()["rescales"][0]["restarted"]
                .is_number()
                .then_some(())
        });
        screenshots(&chromium, demo, policy, &folder);
    }
}

fn screenshots(chromium: &Chromium, demo: &Demo, policy: &str, folder: &Path) {
    for (scheme, ink) in [("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)")] {
        let wanted = json!({ "name": "prefers-color-scheme", "value": scheme });
        chromium.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [wanted] }),
        );
        for width in [360, 1280] {
            chromium.resize(width);
            for span in ["15min", "1h"] {
                chromium.open(&format!("{}?still&span={span}", demo.page));
                let looks = chromium.script(LOOKS).expect("the page stands still");
                assert_eq!(
                    looks,
                    json!({ "scrollWidth": width, "clientWidth": width, "ink": ink })
                );
                let image = photograph(chromium);
                // A PNG's width stands after its signature and the head of its first chunk.
                assert_eq!(image[16..20], width.to_be_bytes(), "{width} {scheme}");
                let name = format!("{policy}-{width}-{scheme}-{span}.png");
                fs::write(folder.join(name), image).expect("a place for it");
            }
        }
    }
}

/// The whole page, as far down as it goes.
fn photograph(chromium: &Chromium) -> Vec<u8> {
    let wanted = json!({ "format": "png", "captureBeyondViewport": true });
    let taken = chromium.devtools("Page.captureScreenshot", &wanted);
    decoded(taken["data"].as_str().expect("a picture"))
}

/// Base64: six bits a digit.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<usize> = text
        .bytes()
        .map_while(|byte| DIGITS.iter().position(|digit| *digit == byte))
        .collect();
    let bytes = digits.chunks(4).flat_map(|four| {
        let bits = (0..4).fold(0, |bits, n| bits << 6 | four.get(n).unwrap_or(&0));
        let bytes = [bits >> 16, bits >> 8 & 255, bits & 255];
        bytes.into_iter().take(four.len() * 6 / 8)
    });
    bytes
        .map(|byte| u8::try_from(byte).expect("eight bits"))
        .collect()
}
