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

    /// Why nothing is scaled, whatever is decided; `None` where decisions are executed.
    #[must_use]
    pub fn why_not_acting(&self) -> Option<&'static str> {
        if self.mistakes.is_empty() {
            self.settings.why_only_observing()
        } else {
            Some("the settings contain mistakes")
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

/// What is said about a name that is no setting's: the nearest that is one.
#[must_use]
pub fn unknown(name: &str) -> String {
    let names = TABLE.iter().map(|setting| setting.name);
    match nearest(&name.to_uppercase(), names) {
        Some(nearest) => {
            format!("{PREFIX}{name} is not a setting; did you mean {PREFIX}{nearest}?")
        }
        None => format!("{PREFIX}{name} is not a setting; `outrider settings` lists them"),
    }
}

/// The name that was probably meant; `None` where none of them is near.
pub fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, nearest) = names
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .min()?;
    (distance <= 1 + nearest.len() / 3).then_some(nearest)
}
