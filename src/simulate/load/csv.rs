//! A load from a file: `seconds,rate` in each line, or a rate alone. A rate stands until the next.
//!
//! Pure: values in, values out.

use std::fmt;

use crate::units::f64_as_count;

/// No more seconds than these are simulated: a year.
pub(in crate::simulate) const LONGEST: u64 = 366 * 86_400;

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The line, counted from 1; `None` where it is the file as a whole.
    pub line: Option<usize>,
    /// What is wrong with it, in words that follow it.
    pub what: String,
}

struct Reader {
    /// Seconds between lines that have a rate alone.
    every: f64,
    fields: usize,
    first: f64,
    last: Option<(f64, f64)>,
    step: f64,
    rates: Vec<f64>,
}

/// A rate for each second. `every` is the time between lines that have a rate alone. A first line
/// that is no numbers is a header; empty lines and those that begin with `#` are passed over.
///
/// # Errors
/// The first line that cannot be understood.
pub fn rates<'a>(lines: impl Iterator<Item = &'a str>, every: f64) -> Result<Vec<f64>, Mistake> {
    let mut reader = Reader {
        every,
        fields: 0,
        first: 0.0,
        last: None,
        step: every,
        rates: Vec::new(),
    };
    for (index, line) in lines.enumerate() {
        reader.take(line.trim()).map_err(|what| Mistake {
            line: Some(index + 1),
            what,
        })?;
    }
    reader.finish().map_err(|what| Mistake { line: None, what })
}

// === impl Mistake ===

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} {}", self.what),
            None => write!(f, "it {}", self.what),
        }
    }
}

// === impl Reader ===

impl Reader {
    fn take(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let is_first = self.fields == 0;
        if is_first && fields.iter().all(|field| field.parse::<f64>().is_err()) {
            self.fields = fields.len();
            return Ok(());
        }
        if !is_first && fields.len() != self.fields {
            return Err(format!(
                "has {} fields, those before it {}",
                fields.len(),
                self.fields
            ));
        }
        self.fields = fields.len();
        let next = self.last.map_or(0.0, |(second, _)| second + self.every);
        let (second, rate) = match fields[..] {
            [rate] => (next, number("rate", rate)?),
            [second, rate, ..] => (number("time", second)?, number("rate", rate)?),
            [] => return Ok(()),
        };
        match self.last {
            None => self.first = second,
            Some((before, _)) if second <= before => {
                return Err(format!("goes back in time, from {before} s to {second} s"));
            }
            Some((before, rate)) => {
                self.step = second - before;
                self.fill(second, rate)?;
            }
        }
        self.last = Some((second, rate));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<f64>, String> {
        let (second, rate) = self.last.ok_or("has no line with a rate")?;
        self.fill(second + self.step, rate)?;
        Ok(self.rates)
    }

    /// The rate stands until this second.
    fn fill(&mut self, until: f64, rate: f64) -> Result<(), String> {
        let seconds = f64_as_count(until - self.first).filter(|seconds| *seconds <= LONGEST);
        let seconds = seconds.and_then(|seconds| usize::try_from(seconds).ok());
        let seconds = seconds.ok_or("is more than a year after the first")?;
        self.rates.resize(seconds.max(self.rates.len()), rate);
        Ok(())
    }
}

/// A number that is 0 or more, or what is wrong with it.
pub(in crate::simulate) fn number(name: &str, field: &str) -> Result<f64, String> {
    match field.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        Ok(_) => Err(format!("has a {name} of {field}, which must be 0 or more")),
        Err(_) if field.is_empty() => Err(format!("has no {name}")),
        Err(_) => Err(format!("has a {name} of {field:?}, which is not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[f64], &str>) {
        let read = rates(text.lines(), 2.0).map_err(|mistake| mistake.to_string());
        assert_eq!(
            read.as_deref().map_err(String::as_str),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn a_rate_stands_until_the_next() {
        check("t_s,rate\n10,1\n12,5\n13,2\n", Ok(&[1.0, 1.0, 5.0, 2.0]));
        check("7\n8\n", Ok(&[7.0, 7.0, 8.0, 8.0]));
    }

    #[test]
    fn the_first_line_that_is_not_understood_is_named() {
        check("0,1\n1,\n", Err("line 2 has no rate"));
        check(
            "0,1\n1,-3\n",
            Err("line 2 has a rate of -3, which must be 0 or more"),
        );
        check(
            "0,1\n1,5 MB\n",
            Err("line 2 has a rate of \"5 MB\", which is not a number"),
        );
        check(
            "0,1\n0,2\n",
            Err("line 2 goes back in time, from 0 s to 0 s"),
        );
        check("0,1\n5\n", Err("line 2 has 1 fields, those before it 2"));
        check("# nothing\n\n", Err("it has no line with a rate"));
        check(
            "0,1\n1e12,2\n",
            Err("line 2 is more than a year after the first"),
        );
    }
}
