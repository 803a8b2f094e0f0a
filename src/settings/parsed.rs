//! What was read from the environment, with all that was wrong with it.
//!
//! Pure: values in, values out.

use crate::settings::{PREFIX, Setting, Settings, TABLE};

/// What was read from the environment: settings to run with, and all that was wrong with them.
#[derive(Clone, PartialEq, Debug)]
pub struct Parsed {
    /// Usable even with mistakes, for what does not scale anything: the address to listen on, the
    /// log. Where a value is wrong, its default stands.
    pub settings: Settings,
    /// Names of the settings that were given.
    pub given: Vec<&'static str>,
    /// Each a sentence; while there is one, nothing is scaled.
    pub mistakes: Vec<String>,
    /// Each a sentence; nothing is held for them.
    pub warnings: Vec<String>,
}

// === impl Parsed ===

impl Parsed {
    /// Where a setting's value comes from: `given` or `default`.
    #[must_use]
    pub fn origin(&self, setting: &Setting) -> &'static str {
        if self.given.contains(&setting.name) {
            "given"
        } else {
            "default"
        }
    }

    pub(super) fn take(&mut self, name: &str, value: &str) {
        let Some(setting) = TABLE.iter().find(|setting| setting.name == name) else {
            if !is_of_a_service(name) {
                self.warnings.push(unknown(name));
            }
            return;
        };
        // A chart that leaves a value open sets an empty variable: that is "not given".
        if value.is_empty() {
            return;
        }
        self.given.push(setting.name);
        if let Err(wrong) = (setting.set)(&mut self.settings, value) {
            self.mistakes
                .push(format!("{PREFIX}{name}={value:?} {wrong}"));
        }
    }
}

/// Kubernetes tells every pod of a service that is named `outrider` by variables such as
/// `OUTRIDER_SERVICE_HOST` and `OUTRIDER_PORT_9250_TCP_ADDR`: nobody's mistake.
fn is_of_a_service(name: &str) -> bool {
    name == "PORT" || name.starts_with("PORT_") || name.starts_with("SERVICE_")
}

fn unknown(name: &str) -> String {
    let upper = name.to_uppercase();
    let nearest = TABLE
        .iter()
        .map(|setting| {
            (
                strsim::damerau_levenshtein(&upper, setting.name),
                setting.name,
            )
        })
        .min();
    match nearest {
        Some((distance, nearest)) if distance <= 1 + nearest.len() / 3 => {
            format!("{PREFIX}{name} is not a setting; did you mean {PREFIX}{nearest}?")
        }
        _ => format!("{PREFIX}{name} is not a setting; `outrider settings` lists them"),
    }
}
