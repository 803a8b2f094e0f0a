//! Policies by name: ours and the rivals', with their settings.
//!
//! Pure: values in, values out.
//!
//! `rule` is the live step; `rule:COOLDOWN_UP_MIN=2min` is the live step with that setting.
//! `hpa_cpu` is a rival at the best setting that the sweep found; `hpa_cpu:target=0.5` has that knob
//! elsewhere, and `hpa_cpu:default` all of them where its documentation has them.

use crate::decide::model::parts::{Part, Parts};
use crate::settings::{PREFIX, Parsed, Settings};
use crate::simulate::rivals::{Knob, Named, RIVALS};

/// A policy that can be run.
#[derive(Clone)]
pub struct Policy {
    /// As it was named.
    pub name: String,
    /// What decides.
    pub brain: Brain,
}

/// What decides.
#[derive(Clone)]
pub enum Brain {
    /// The step of the live loop with these settings and these parts of the model.
    Live(Box<Parsed>, Parts),
    /// A rival, with a value for each of its knobs.
    Rival(&'static Named, Vec<f64>),
}

/// The policies of Outrider's own.
pub const RULE: &str = "rule";
/// … and the other one.
pub const MODEL: &str = "model";

/// The policy of this name; `variables` are those of the environment.
///
/// # Errors
/// In words, with what there is.
pub fn named(name: &str, variables: &[(String, String)]) -> Result<Policy, String> {
    let mut parts = name.split(':');
    let first = parts.next().unwrap_or_default();
    let choices: Vec<&str> = parts.collect();
    let brain = if first == RULE || first == MODEL {
        let parsed = live(first, variables, &choices)?;
        Brain::Live(Box::new(parsed), Parts::ALL)
    } else {
        let rival = RIVALS.iter().find(|rival| rival.name == first);
        let rival = rival.ok_or_else(|| unknown(first))?;
        Brain::Rival(rival, values(rival, &choices)?)
    };
    Ok(Policy {
        name: name.into(),
        brain,
    })
}

/// The model without one of its parts.
///
/// # Errors
/// In words, with the parts that there are.
pub fn without(part: &str, variables: &[(String, String)]) -> Result<Policy, String> {
    let known = Part::ALL.into_iter().find(|known| known.name() == part);
    let Some(part) = known else {
        let names: Vec<&str> = Part::ALL.iter().map(|part| part.name()).collect();
        return Err(format!(
            "the model has no part {part:?}; it has {}",
            names.join(", ")
        ));
    };
    let parts = Parts {
        left_out: Some(part),
    };
    let parsed = live(MODEL, variables, &[])?;
    Ok(Policy {
        name: format!("{MODEL} without {}", part.name()),
        brain: Brain::Live(Box::new(parsed), parts),
    })
}

/// Names and meanings of all policies.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = [
        (RULE, "the live step of this program, by the published rule"),
        (
            MODEL,
            "the live step of this program, by a model of the job",
        ),
    ];
    ours.into_iter()
        .chain(RIVALS.iter().map(|rival| (rival.name, rival.meaning)))
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = all().map(|(name, _)| name).collect();
    format!(
        "there is no policy {name:?}; there are {}",
        names.join(", ")
    )
}

fn live(policy: &str, variables: &[(String, String)], choices: &[&str]) -> Result<Parsed, String> {
    let mut variables = variables.to_vec();
    variables.push((format!("{PREFIX}POLICY"), policy.into()));
    for choice in choices {
        let (name, value) = in_two(choice)?;
        variables.push((format!("{PREFIX}{name}"), value.into()));
    }
    let parsed = Settings::parse(variables);
    if parsed.mistakes.is_empty() {
        Ok(parsed)
    } else {
        Err(parsed.mistakes.join("\n"))
    }
}

fn values(rival: &Named, choices: &[&str]) -> Result<Vec<f64>, String> {
    let mut values: Vec<f64> = rival.knobs.iter().map(|knob| knob.best).collect();
    for choice in choices {
        if *choice == "default" {
            values = rival.knobs.iter().map(|knob| knob.default).collect();
            continue;
        }
        let (name, value) = in_two(choice)?;
        let number = rival.knobs.iter().position(|knob| knob.name == name);
        let number = number.ok_or_else(|| no_knob(rival, name))?;
        values[number] = finite(name, value)?;
    }
    Ok(values)
}

fn no_knob(rival: &Named, name: &str) -> String {
    let names: Vec<&str> = rival.knobs.iter().map(|knob| knob.name).collect();
    format!(
        "{} has no knob {name:?}; it has {}",
        rival.name,
        names.join(", ")
    )
}

fn in_two(choice: &str) -> Result<(&str, &str), String> {
    let halves = choice.split_once('=');
    halves.ok_or_else(|| format!("{choice:?} is not of the form NAME=VALUE"))
}

fn finite(name: &str, value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(format!("{name} must be a number from 0 up, not {value:?}")),
    }
}

// === impl Policy ===

impl Policy {
    /// A rival with these values of its knobs, named by those that differ from its best.
    #[must_use]
    pub fn of_rival(rival: &'static Named, values: Vec<f64>) -> Self {
        let differs = |(knob, value): (&Knob, &f64)| {
            (knob.best.to_bits() != value.to_bits()).then(|| format!(":{}={value}", knob.name))
        };
        let choices = rival.knobs.iter().zip(&values).filter_map(differs);
        Self {
            name: std::iter::once(rival.name.to_owned())
                .chain(choices)
                .collect(),
            brain: Brain::Rival(rival, values),
        }
    }
}
