//! The parameters of the model by their names: what a recorded run says of itself, and `--model`.
//!
//! Pure: values in, values out.

use crate::simulate::model::Model;
use crate::units::f64_as_count;

// === impl Model ===

impl Model {
    /// Sets the parameter of this name, the field's: one number, or the two ends of a range.
    ///
    /// # Errors
    /// In words that follow the name of who gives it: `gives ORDINAL, which no model has`.
    pub fn set(&mut self, name: &str, numbers: &[f64]) -> Result<(), String> {
        match numbers {
            [from, to] if from <= to => match self.range(name) {
                Some(range) => *range = (*from, *to),
                None => return Err(format!("gives two numbers for {name}")),
            },
            [_] if self.range(name).is_some() => {
                return Err(format!("gives one number for {name}"));
            }
            [value] => self.set_one(name, *value)?,
            _ => return Err(format!("gives {} numbers for {name}", numbers.len())),
        }
        Ok(())
    }

    fn range(&mut self, name: &str) -> Option<&mut (f64, f64)> {
        Some(match name {
            "pod_wait" => &mut self.pod_wait,
            "pause_up" => &mut self.pause_up,
            "pause_down" => &mut self.pause_down,
            "pause_lost" => &mut self.pause_lost,
            _ => return None,
        })
    }

    fn set_one(&mut self, name: &str, value: f64) -> Result<(), String> {
        let whole = f64_as_count(value).and_then(|count| u32::try_from(count).ok());
        match name {
            "capacity" | "alpha" | "element_bytes" | "checkpoint_interval" if value <= 0.0 => {
                return Err(format!("gives {value} for {name}, which must be above 0"));
            }
            "capacity" => self.capacity = value,
            "capacity_noise" => self.capacity_noise = value,
            "alpha" => self.alpha = value,
            "element_bytes" => self.element_bytes = value,
            "new_nodes" => self.new_nodes = value,
            "together" => self.together = value > 0.0,
            "warm_up" => self.warm_up = value,
            "warm_up_from" => self.warm_up_from = value,
            "checkpoint_interval" => self.checkpoint_interval = value,
            "checkpoint_duration" => self.checkpoint_duration = value,
            "rescale_cooldown" => self.rescale_cooldown = value,
            "stabilization" => self.stabilization = value,
            "partitions" => self.partitions = whole.filter(|partitions| *partitions > 0),
            "max_parallelism" => self.max_parallelism = whole.unwrap_or(u32::MAX).max(1),
            "cpu_idle" => self.cpu_idle = value.min(1.0),
            "losses_per_day" => self.losses_per_day = value,
            _ => return Err(format!("gives {name}, which no model has")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, numbers: &[f64], expected: Result<(), &str>) {
        let set = Model::usual().set(name, numbers);
        assert_eq!(
            set.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|e| *e)
        );
    }

    #[test]
    fn a_parameter_is_set_by_its_name() {
        let mut model = Model::usual();
        model.set("alpha", &[0.8]).expect("a parameter");
        model.set("pause_up", &[60.0, 180.0]).expect("a range");
        model.set("together", &[1.0]).expect("a parameter");
        assert_eq!(
            (model.alpha, model.pause_up, model.together),
            (0.8, (60.0, 180.0), true)
        );
    }

    #[test]
    fn what_is_no_parameter_is_named() {
        check("beta", &[1.0], Err("gives beta, which no model has"));
        check(
            "alpha",
            &[0.0],
            Err("gives 0 for alpha, which must be above 0"),
        );
        check("alpha", &[0.8, 0.9], Err("gives two numbers for alpha"));
        check("pause_up", &[20.0], Err("gives one number for pause_up"));
        check(
            "pause_up",
            &[40.0, 20.0],
            Err("gives 2 numbers for pause_up"),
        );
    }
}
