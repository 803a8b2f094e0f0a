//! What is injected, checked before any text is looked at.
//!
//! Pure: values in, values out.

use std::net::SocketAddr;

use crate::settings::{self, PREFIX, Settings, TABLE};

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
        mistakes.extend(out_of_reach(listen));
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

    /// These with a pod's own settings, which count more, and what is told about them.
    ///
    /// In the order of the table, so that it does not matter who said what. A name that is no setting is left out, so
    /// is an address that the probe cannot reach. Any other value stands: with a wrong one the
    /// sidecar scales nothing and says why, where the default in its place would scale.
    pub(super) fn with_those_of_a_pod<'a>(
        &self,
        own: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let mut taken: Vec<(&str, &str)> = Vec::new();
        for (name, value) in own {
            if !TABLE.iter().any(|setting| setting.name == name) {
                warnings.push(format!("{}, it is left out", settings::unknown(name)));
            } else if name == "LISTEN" && !is_for_everybody(value) {
                warnings.push(format!(
                    "{PREFIX}LISTEN={value:?} is left out, the probe reaches 0.0.0.0:PORT and [::]:PORT"
                ));
            } else {
                taken.push((name, value));
            }
        }
        let value_of = |name: &str| {
            let own = taken.iter().find(|(own, _)| *own == name);
            own.map(|(_, value)| *value).or_else(|| self.given(name))
        };
        let of_table = TABLE.iter().map(|setting| setting.name);
        let set: Vec<(String, String)> = of_table
            .filter_map(|name| Some((name.to_owned(), value_of(name)?.to_owned())))
            .collect();
        let variables = set
            .iter()
            .map(|(name, value)| (format!("{PREFIX}{name}"), value.clone()));
        let parsed = Settings::parse(variables);
        let scales_nothing = |mistake| format!("{mistake}; the sidecar scales nothing with that");
        warnings.extend(parsed.mistakes.into_iter().map(scales_nothing));
        let options = Self {
            set,
            port: parsed.settings.listen.port(),
            ..self.clone()
        };
        (options, warnings)
    }

    /// The value that a setting was given.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        let found = self.set.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why an address cannot be that of a container's port.
fn out_of_reach(listen: SocketAddr) -> Option<String> {
    if listen.port() == 0 {
        return Some(format!(
            "{PREFIX}LISTEN={listen} is no port that others could know: say which, for example 0.0.0.0:9250"
        ));
    }
    listen.ip().is_loopback().then(|| {
        format!(
            "{PREFIX}LISTEN={listen} is out of reach for the liveness probe, which would restart \
             the sidecar over and over: listen on 0.0.0.0:{}",
            listen.port()
        )
    })
}

/// Any interface, and a port that is known: what a probe reaches in every pod.
fn is_for_everybody(listen: &str) -> bool {
    let listen = listen.parse::<SocketAddr>();
    listen.is_ok_and(|listen| listen.ip().is_unspecified() && listen.port() != 0)
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
