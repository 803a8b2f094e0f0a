//! Which setting of a policy is its best: every combination that its knobs are tried at.
//!
//! Pure: values in, values out.
//!
//! A rival is given its best setting over *all* workloads. Ours is chosen on the tuning half only,
//! and shown on the half that was held back: an advantage for the rivals.

use crate::settings::TABLE;
use crate::simulate::benchmark::table::{Rows, aligned, piped, summary};
use crate::simulate::benchmark::{Load, Plan, Results};
use crate::simulate::load::Half;
use crate::simulate::policy::{self, Policy, RULE};
use crate::simulate::rivals::{Named, RIVALS};

/// Seeds of a sweep: none of a benchmark's.
const FIRST_SEED: u64 = 1001;
/// Settings that are shown, the best first.
const SHOWN: usize = 5;

/// What is tried of `rule`, by the names of its settings; the published numbers stay as they are.
const RULE_TRIED: [(&str, &[&str]); 5] = [
    ("COOLDOWN_UP_MIN", &["60s", "120s", "300s"]),
    ("COOLDOWN_DOWN_MIN", &["300s", "600s", "1200s"]),
    ("UTILIZATION_TARGET", &["70%", "80%", "85%"]),
    ("GROWTH_NOISE", &["2%", "5%", "10%"]),
    ("STABILIZATION_DOWN", &["60s", "300s", "600s"]),
];

/// The sweep of one policy.
pub struct Sweep {
    /// Its one name.
    pub name: &'static str,
    /// All settings on the workloads that they are chosen on.
    pub plan: Plan,
    /// The places, within the plan, of the settings in force.
    in_force: usize,
}

/// The sweep of `rule` or a rival; `None` for one without knobs.
#[must_use]
pub fn of(name: &str, seeds: u64) -> Option<Sweep> {
    let (name, policies, half) = if name == RULE {
        (RULE, of_rule(), Some(Half::Tuning))
    } else {
        let rival = RIVALS.iter().find(|rival| rival.name == name)?;
        (rival.name, of_rival(rival), None)
    };
    let in_force = policies.iter().position(|policy| policy.name == name);
    Some(Sweep {
        name,
        in_force: in_force?,
        plan: Plan {
            loads: Load::all(half),
            parameters: Vec::new(),
            policies,
            first_seed: FIRST_SEED,
            seeds,
        },
    })
    .filter(|sweep| sweep.plan.policies.len() > 1)
}

/// What a policy's best setting does on the workloads that were held back, beside that in force.
#[must_use]
pub fn held_back(best: &Policy, seeds: u64) -> Option<Plan> {
    let in_force = policy::named(RULE, &[]).ok()?;
    let policies = if best.name == in_force.name {
        vec![in_force]
    } else {
        vec![best.clone(), in_force]
    };
    Some(Plan {
        loads: Load::all(Some(Half::HeldBack)),
        parameters: Vec::new(),
        policies,
        first_seed: FIRST_SEED,
        seeds,
    })
}

/// Every combination of what is tried, what is in force, and what the documentation has.
fn of_rival(rival: &'static Named) -> Vec<Policy> {
    let mut settings: Vec<Vec<f64>> = vec![Vec::new()];
    for knob in rival.knobs {
        settings = times(&settings, knob.tried);
    }
    let in_force = rival.knobs.iter().map(|knob| knob.best).collect();
    let documented = rival.knobs.iter().map(|knob| knob.default).collect();
    for setting in [documented, in_force] {
        if !settings.contains(&setting) {
            settings.push(setting);
        }
    }
    let of = |values| Policy::of_rival(rival, values);
    settings.into_iter().map(of).collect()
}

fn of_rule() -> Vec<Policy> {
    let mut settings: Vec<Vec<String>> = vec![Vec::new()];
    for (name, values) in RULE_TRIED {
        let default = TABLE.iter().find(|setting| setting.name == name);
        let default = default.map_or("", |setting| setting.default);
        let choices: Vec<String> = values
            .iter()
            .map(|value| match *value == default {
                true => String::new(),
                false => format!(":{name}={value}"),
            })
            .collect();
        settings = times(&settings, &choices);
    }
    let of = |choices: Vec<String>| policy::named(&format!("{RULE}{}", choices.concat()), &[]);
    settings
        .into_iter()
        .map(|choices| of(choices).expect("settings of ours"))
        .collect()
}

/// Every one of these with every one of those behind it.
fn times<T: Clone>(these: &[Vec<T>], those: &[T]) -> Vec<Vec<T>> {
    let with = |this: &Vec<T>| {
        let this = this.clone();
        those.iter().map(move |that| {
            let mut longer = this.clone();
            longer.push(that.clone());
            longer
        })
    };
    these.iter().flat_map(with).collect()
}

// === impl Sweep ===

impl Sweep {
    /// Places of all settings, the lowest price first.
    #[must_use]
    pub fn ranked(&self, results: &Results) -> Vec<usize> {
        let workloads: Vec<usize> = (0..results.workloads.len()).collect();
        let price = |policy: usize| {
            let figures = results.figures(policy, &workloads);
            figures.map_or(f64::INFINITY, |figures| figures.price.mean)
        };
        let mut ranked: Vec<(f64, usize)> = (0..self.plan.policies.len())
            .map(|place| (price(place), place))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.into_iter().map(|(_, place)| place).collect()
    }

    /// The best settings, and the one in force.
    #[must_use]
    pub fn told(&self, results: &Results, markdown: bool) -> String {
        let workloads: Vec<usize> = (0..results.workloads.len()).collect();
        let all = summary(results, &workloads);
        let ranked = self.ranked(results);
        let mut shown: Vec<usize> = ranked.iter().copied().take(SHOWN).collect();
        if !shown.contains(&self.in_force) {
            shown.push(self.in_force);
        }
        let mut rows: Rows = vec![all[0].clone()];
        rows.extend(shown.into_iter().map(|place| all[place + 1].clone()));
        let place = ranked.iter().position(|place| *place == self.in_force);
        format!(
            "{}: {} settings on {} workloads; that in force is number {}\n\n{}\n",
            self.name,
            self.plan.policies.len(),
            results.workloads.len(),
            place.unwrap_or(0) + 1,
            rendered(&rows, markdown)
        )
    }
}

/// A table as text or as Markdown.
#[must_use]
pub fn rendered(rows: &Rows, markdown: bool) -> String {
    if markdown { piped(rows) } else { aligned(rows) }
}
