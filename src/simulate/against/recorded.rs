//! A recorded run: what came in, which workers were there, and what was seen of the job.
//!
//! Pure: values in, values out.
//!
//! A CSV file with a header. Which columns it has says where it is from: those of this repository's
//! rig, or those of the runs that were published with Phoebe. Lines `# name = value` before it say
//! what is known of the job from elsewhere; all others that begin with `#` are remarks.

use crate::simulate::load::csv::{LONGEST, Mistake, number};
use crate::simulate::model::Model;
use crate::units::{Workers, f64_as_count};

/// A recorded run.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// The job: what the file says of it, and the usual one where it says nothing.
    pub model: Model,
    /// What the file says, as it says it.
    pub given: Vec<(String, String)>,
    /// What was seen, in order.
    pub rows: Vec<Row>,
    /// Seconds at which a worker failed.
    pub failures: Vec<u64>,
    /// Seconds at which a checkpoint was triggered; the first one of each execution will do.
    pub checkpoints: Vec<u64>,
    /// Seconds that an element takes through a job that has caught up.
    pub latency: f64,
    /// Values are means over so many seconds.
    pub measured_over: u64,
    /// Seconds in which nothing was read because of restarts, where somebody measured it.
    pub paused: Option<f64>,
    /// A change of workers was seen so many seconds late, on average.
    pub workers_late: u64,
    /// Of several that come, one registers so many seconds after the other.
    pub workers_apart: u64,
}

/// What was seen at one moment; `None` where it was not.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Row {
    /// Seconds since the beginning.
    pub second: u64,
    /// Elements per second that come in.
    pub offered: f64,
    /// Workers that are there; where it is known, those that the job runs on.
    pub workers: u32,
    /// Elements that have come in and are not read.
    pub backlog: Option<f64>,
    /// Seconds from an element's coming in to its end.
    pub delay: Option<f64>,
    /// Elements read per second.
    pub throughput: Option<f64>,
    /// CPU used over CPU allotted.
    pub utilization: Option<f64>,
}

/// The header of a file: how many fields it has, and where each of [`COLUMNS`] stands.
struct Header {
    fields: usize,
    places: Vec<Option<usize>>,
}

/// A column that is read: its names, and the factor that makes it of the unit in [`Row`].
struct Column {
    names: [&'static str; 2],
    factor: f64,
    required: bool,
}

const COLUMNS: [Column; 8] = [
    column(["second", "t_s"], 1.0, true),
    column(["offered_rate", "in_rate"], 1.0, true),
    column(["workers_present", "taskmanagers"], 1.0, true),
    // Elements where the model's bytes of an element are divided out.
    column(["true_backlog_bytes", "true_backlog_bytes"], 1.0, false),
    column(["latency_ms", "latency_ms"], 0.001, false),
    column(["read_rate", "out_rate"], 1.0, false),
    column(["utilization", "utilization"], 1.0, false),
    // Where it is there it says in which restart a worker was taken; not known while restarting.
    column(["workers_in_use", "workers_in_use"], 1.0, false),
];

/// The place of `workers_in_use` among the columns.
const IN_USE: usize = 7;

/// Reads a recorded run.
///
/// # Errors
/// The first line that cannot be understood.
pub fn recorded<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Recorded, Mistake> {
    let mut run = Recorded {
        model: Model::usual(),
        given: Vec::new(),
        rows: Vec::new(),
        failures: Vec::new(),
        checkpoints: Vec::new(),
        latency: 0.0,
        measured_over: 1,
        paused: None,
        workers_late: 0,
        workers_apart: 1,
    };
    let mut header: Option<Header> = None;
    for (index, line) in lines.enumerate().map(|(index, line)| (index, line.trim())) {
        let taken = match (line.strip_prefix('#'), &header) {
            (Some(remark), None) => run.take_remark(remark),
            (Some(_), Some(_)) => Ok(()),
            (None, _) if line.is_empty() => Ok(()),
            (None, None) => found(line).map(|found| header = Some(found)),
            (None, Some(header)) => run.take_row(line, header),
        };
        taken.map_err(|what| Mistake {
            line: Some(index + 1),
            what,
        })?;
    }
    let what = match run.rows.len() {
        0 => "has no row",
        1 => "has one row only",
        _ => return Ok(run),
    };
    Err(Mistake {
        line: None,
        what: what.into(),
    })
}

// === impl Recorded ===

impl Recorded {
    fn take_remark(&mut self, remark: &str) -> Result<(), String> {
        let Some((name, value)) = remark.split_once(" = ") else {
            return Ok(());
        };
        let (name, value) = (name.trim(), value.trim());
        let mut numbers = Vec::new();
        for field in value.split([' ', ',']).filter(|field| !field.is_empty()) {
            numbers.push(number(name, field)?);
        }
        self.set(name, &numbers)?;
        self.given.push((name.into(), value.into()));
        Ok(())
    }

    fn set(&mut self, name: &str, numbers: &[f64]) -> Result<(), String> {
        let seconds = || numbers.iter().copied().filter_map(f64_as_count);
        let whole = |value: f64| f64_as_count(value).unwrap_or(0);
        match (name, numbers) {
            ("failures", _) => self.failures.extend(seconds()),
            ("checkpoints", _) => self.checkpoints.extend(seconds()),
            ("measured_over", [value]) => self.measured_over = whole(*value).max(1),
            ("latency", [value]) => self.latency = *value,
            ("paused", [value]) => self.paused = Some(*value),
            ("workers_late", [value]) => self.workers_late = whole(*value),
            ("workers_apart", [value]) => self.workers_apart = whole(*value).max(1),
            _ => self.model.set(name, numbers)?,
        }
        Ok(())
    }

    fn take_row(&mut self, line: &str, header: &Header) -> Result<(), String> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != header.fields {
            let (has, header) = (fields.len(), header.fields);
            return Err(format!("has {has} fields, the header {header}"));
        }
        let value = |place: usize| -> Result<Option<f64>, String> {
            let column = &COLUMNS[place];
            match header.places[place].map_or("", |at| fields[at]) {
                "" if !column.required => Ok(None),
                field => Ok(Some(number(column.names[0], field)? * column.factor)),
            }
        };
        let required = |place: usize| value(place).map(Option::unwrap_or_default);
        let second = f64_as_count(required(0)?).unwrap_or(u64::MAX);
        let before = self.rows.last().map(|row| row.second);
        if let Some(before) = before.filter(|before| *before >= second) {
            return Err(format!("goes back in time, from {before} s to {second} s"));
        }
        if second > LONGEST {
            return Err("is more than a year after the beginning".into());
        }
        let lately = self.rows.last().map(|row| f64::from(row.workers));
        let workers = match header.places[IN_USE] {
            Some(_) => value(IN_USE)?.or(lately).unwrap_or(0.0),
            None => required(2)?,
        };
        // The mean of 10 s in which one joined is a fraction.
        let workers = Workers::rounded_up(workers - 0.5).unwrap_or(Workers(0));
        let row = Row {
            second,
            offered: required(1)?,
            workers: workers.0,
            backlog: value(3)?.map(|bytes| bytes / self.model.element_bytes),
            delay: value(4)?,
            throughput: value(5)?,
            utilization: value(6)?,
        };
        // Nothing can be said of a job before its first worker is there.
        if row.workers > 0 || before.is_some() {
            self.rows.push(row);
        }
        Ok(())
    }
}

const fn column(names: [&'static str; 2], factor: f64, required: bool) -> Column {
    Column {
        names,
        factor,
        required,
    }
}

fn found(line: &str) -> Result<Header, String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let at = |column: &Column| fields.iter().position(|field| column.names.contains(field));
    let places: Vec<Option<usize>> = COLUMNS.iter().map(at).collect();
    let mut pairs = COLUMNS.iter().zip(&places);
    if let Some((column, _)) = pairs.find(|(column, place)| column.required && place.is_none()) {
        let [one, other] = column.names;
        return Err(format!("has no column {one} or {other}"));
    }
    if places[3].is_none() && places[4].is_none() {
        return Err("has neither true_backlog_bytes nor latency_ms to compare with".into());
    }
    let fields = fields.len();
    Ok(Header { fields, places })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_those_that_were_taken_where_that_is_known() {
        let text = "second,offered_rate,true_backlog_bytes,workers_in_use,workers_present\n\
                    1,600,,,0\n11,600,,1,1\n21,600,,,3\n31,600,,2,3\n41,600,,3,3\n";
        let run = recorded(text.lines()).expect("a run");
        let workers: Vec<u32> = run.rows.iter().map(|row| row.workers).collect();
        assert_eq!(workers, [1, 1, 2, 3]);
    }

    #[test]
    fn both_kinds_of_files_are_read() {
        let ours = "# capacity = 900\n# element_bytes = 500\nsecond,offered_rate,true_backlog_bytes,\
                    utilization,workers_present\n1,600,,,0\n11,600,5000,0.5,1\n21,600,,,2\n";
        let run = recorded(ours.lines()).expect("a run");
        assert_eq!(run.model.capacity, 900.0);
        assert_eq!(run.given[0], ("capacity".into(), "900".into()));
        let row = run.rows[0];
        assert_eq!((row.second, row.workers), (11, 1));
        // 5000 bytes are 10 elements.
        assert_eq!((row.backlog, row.utilization), (Some(10.0), Some(0.5)));
        assert_eq!((run.rows[1].backlog, run.rows[1].delay), (None, None));

        let public = "# failures = 20 400\n# an unnamed remark\nt_s,in_rate,out_rate,latency_ms,\
                      taskmanagers\n0,100,90,1500,4\n10,100,,,4.7\n";
        let run = recorded(public.lines()).expect("a run");
        assert_eq!(run.failures, [20, 400]);
        let row = run.rows[0];
        assert_eq!((row.delay, row.throughput), (Some(1.5), Some(90.0)));
        assert_eq!(run.rows[1].workers, 5);
    }

    #[test]
    fn the_first_line_that_is_not_understood_is_named() {
        let header = "second,offered_rate,true_backlog_bytes,workers_present";
        let cases = [
            ("1,2\n", "line 1 has no column second or t_s"),
            (
                "second,offered_rate,workers_present\n",
                "line 1 has neither true_backlog_bytes nor latency_ms to compare with",
            ),
            ("# speed = 3\n", "line 1 gives speed, which no model has"),
            (
                "# alpha = 0\n",
                "line 1 gives 0 for alpha, which must be above 0",
            ),
            ("# pause_up = 3\n", "line 1 gives one number for pause_up"),
            (
                "# capacity = 3 4\n",
                "line 1 gives two numbers for capacity",
            ),
            (
                "# capacity = fast\n",
                "line 1 has a capacity of \"fast\", which is not a number",
            ),
            (
                &format!("{header}\n1,5,0,1\n1,5,0,1\n"),
                "line 3 goes back in time, from 1 s to 1 s",
            ),
            (
                &format!("{header}\n1,5,0,\n"),
                "line 2 has no workers_present",
            ),
            (
                &format!("{header}\n1,5,0\n"),
                "line 2 has 3 fields, the header 4",
            ),
            (
                &format!("{header}\n1e12,5,0,1\n"),
                "line 2 is more than a year after the beginning",
            ),
            (header, "it has no row"),
            (&format!("{header}\n1,5,0,1\n"), "it has one row only"),
        ];
        for (text, said) in cases {
            let mistake = recorded(text.lines()).expect_err("a mistake");
            assert_eq!(mistake.to_string(), said, "{text:?}");
        }
    }
}
