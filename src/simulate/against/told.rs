//! The comparison, told for a person, a program or a document.
//!
//! Pure: values in, values out.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::simulate::against::{Compared, Comparison};

/// For a person.
#[must_use]
pub fn text(comparisons: &[Comparison]) -> String {
    let mut text = String::new();
    for comparison in comparisons {
        writeln!(text, "{}\n  {}", comparison.name, model(comparison)).expect("a string takes it");
        writeln!(
            text,
            "  {:<28} {:>12} {:>12} {:>8}  of 21 runs",
            "quantity", "recorded", "simulated", "off by"
        )
        .expect("a string takes it");
        for one in &comparison.compared {
            writeln!(
                text,
                "  {:<28} {:>12} {:>12} {:>8}  {} to {}",
                format!("{}, {}", one.name, one.unit),
                shown(one.recorded),
                shown(one.simulated),
                off_by(one),
                shown(one.least),
                shown(one.most),
            )
            .expect("a string takes it");
        }
        text.push('\n');
    }
    text.push_str(&summary(comparisons));
    text.push_str(
        "\n\nThe load and the workers are those of the recording; the rest is the model's, which is given what stands\n\
         below the name. Behind: more than 10 s late. Drain time: from the highest backlog until a tenth is left. Where\n\
         the delay was recorded, the backlog is what came in within it. Simulated: the middle of 21 runs.\n",
    );
    text
}

/// For a document.
#[must_use]
pub fn markdown(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "| run | quantity | recorded | simulated | of 21 runs | off by |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for comparison in comparisons {
        for one in &comparison.compared {
            writeln!(
                text,
                "| {} | {}, {} | {} | {} | {} to {} | {} |",
                comparison.name,
                one.name,
                one.unit,
                shown(one.recorded),
                shown(one.simulated),
                shown(one.least),
                shown(one.most),
                off_by(one)
            )
            .expect("a string takes it");
        }
    }
    writeln!(text, "\n{}.", summary(comparisons)).expect("a string takes it");
    text
}

/// For a program.
#[must_use]
pub fn json(comparisons: &[Comparison]) -> Value {
    let one = |one: &Compared| {
        json!({
            "quantity": one.name,
            "unit": one.unit,
            "recorded": one.recorded,
            "simulated": one.simulated,
            "simulated_least": one.least,
            "simulated_most": one.most,
            "off_by": one.off_by(),
        })
    };
    let all = comparisons.iter().map(|comparison| {
        json!({
            "run": comparison.name,
            "model": comparison.model.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "compared": comparison.compared.iter().map(one).collect::<Vec<_>>(),
        })
    });
    Value::Array(all.collect())
}

/// `12 quantities of 3 runs: half are off by at most 8 %, the worst by 30 % (drain time of rig)`.
#[must_use]
pub fn summary(comparisons: &[Comparison]) -> String {
    let mut all: Vec<(f64, &str, &str)> = Vec::new();
    for run in comparisons {
        let known = run.compared.iter();
        let known =
            known.filter_map(|one| Some((one.off_by()?.abs(), one.name, run.name.as_str())));
        all.extend(known);
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some((worst, name, run)) = all.last() else {
        return "nothing could be compared".into();
    };
    format!(
        "{} quantities: half of them are off by at most {:.0} %, the worst by {:.0} % ({name}, {run})",
        all.len(),
        all[all.len() / 2].0 * 100.0,
        worst * 100.0,
    )
}

fn model(comparison: &Comparison) -> String {
    let one = |(name, value): &(String, String)| format!("{name} = {value}");
    let all: Vec<String> = comparison.model.iter().map(one).collect();
    all.join(", ")
}

fn off_by(one: &Compared) -> String {
    let known = one.off_by().map(|share| format!("{:+.0} %", share * 100.0));
    known.unwrap_or_default()
}

/// Three digits that mean something.
fn shown(value: f64) -> String {
    match value.abs() {
        large if large >= 999_500.0 => format!("{:.1} M", value / 1e6),
        large if large >= 9_995.0 => format!("{:.1} k", value / 1e3),
        large if large >= 99.5 => format!("{value:.0}"),
        _ => format!("{value:.1}"),
    }
}
