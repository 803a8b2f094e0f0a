//! What is injected, checked before any text is looked at.
//!
//! Pure: values in, values out.

use crate::settings::{PREFIX, Settings, TABLE};

/// What is injected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The container's image.
    pub image: String,
    /// Settings by their name without the prefix, as they were given.
    pub set: Vec<(String, String)>,
    /// Where it listens.
    pub port: u16,
    /// Whether the pod gets the `prometheus.io` annotations.
    pub annotations: bool,
    /// Whether it starts before Flink, as an init container that stays.
    pub native_sidecar: bool,
}

// === impl Options ===

impl Options {
    /// Checks everything that was given; settings are `NAME=VALUE`, with the prefix or without.
    ///
    /// # Errors
    ///
    /// All mistakes, each a sentence.
    pub fn new(
        image: &str,
        set: &[String],
        annotations: bool,
        native_sidecar: bool,
    ) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        if image.is_empty() || image.contains(|c: char| c.is_whitespace() || c.is_control()) {
            mistakes.push(format!("--image {image:?} is not the name of an image"));
        }
        let mut taken: Vec<(String, String)> = Vec::new();
        for given in set {
            match setting(given) {
                Ok((name, _)) if taken.iter().any(|(other, _)| *other == name) => {
                    mistakes.push(format!("--set {name} is given twice"));
                }
                Ok(setting) => taken.push(setting),
                Err(why) => mistakes.push(why),
            }
        }
        let variables = taken
            .iter()
            .map(|(name, value)| (format!("{PREFIX}{name}"), value.clone()));
        let parsed = Settings::parse(variables);
        mistakes.extend(parsed.mistakes);
        // A misspelt name would be injected into every job and do nothing there.
        mistakes.extend(parsed.warnings);
        let listen = parsed.settings.listen;
        if listen.ip().is_loopback() {
            mistakes.push(format!(
                "{PREFIX}LISTEN={listen} is out of reach for the liveness probe, which would restart \
                 the sidecar over and over: listen on 0.0.0.0:{}",
                listen.port()
            ));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            image: image.to_owned(),
            set: taken,
            port: listen.port(),
            annotations,
            native_sidecar,
        })
    }

    /// The value that a setting was given.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        let found = self.set.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn setting(given: &str) -> Result<(String, String), String> {
    let Some((name, value)) = given.split_once('=') else {
        return Err(format!("--set {given:?} is not NAME=VALUE"));
    };
    let name = name.trim();
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    let value = value.trim();
    if value.is_empty() {
        return Err(format!("--set {name} has no value"));
    }
    // What belongs to a Kubernetes service is nobody's mistake in the environment, but it is here.
    if ["PORT", "SERVICE"]
        .iter()
        .any(|word| name.starts_with(word))
    {
        return Err(format!(
            "{PREFIX}{name} is not a setting; `outrider settings` lists {} of them",
            TABLE.len()
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}
