//! What is told while the demo runs: a line for each change of decision and what the job does
//! meanwhile, for people; an object for each change of decision, for programs.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::demo::world::{Moment, Side, Summary};
use crate::report::headline::headline;
use crate::report::shown::{self, duration, percent};
use crate::report::status::json::change;
use crate::report::status::{LastTick, Status};
use crate::simulate::load::Workload;
use crate::units::{Timestamp, Unit, count_as_f64, seconds};

/// A load is told anew when it has changed by this share.
const MOVED: f64 = 0.2;

/// The line's beginning and its rest are wiped: what stood there may have been longer.
const WIPED: &str = "\r\x1b[K";

/// How it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For people.
    Text {
        /// On a terminal the last line says how the job is, and is written anew each second.
        live: bool,
    },
    /// For programs: one object per line.
    Json,
}

/// Tells, and remembers what was told.
pub struct Teller<W> {
    form: Form,
    out: W,
    before: Option<Moment>,
    rate_told: f64,
    decision_told: Option<(Timestamp, u32)>,
}

// === impl Teller ===

impl<W: Write> Teller<W> {
    /// Has told nothing.
    pub fn new(form: Form, out: W) -> Self {
        Self {
            form,
            out,
            before: None,
            rate_told: 0.0,
            decision_told: None,
        }
    }

    /// What is to be seen, and where.
    pub(super) fn begin(
        &mut self,
        workload: &Workload,
        page: SocketAddr,
        flink: SocketAddr,
    ) -> io::Result<()> {
        self.rate_told = workload.rates[0];
        match self.form {
            Form::Json => self.object(&json!({
                "event": "started",
                "workload": workload.name,
                "page": format!("http://{page}/"),
                "flink": format!("http://{flink}"),
            })),
            Form::Text { .. } => {
                let rate = elements_per_second(self.rate_told);
                let workers = workload.model.workers;
                let workload = &workload.meaning;
                writeln!(
                    self.out,
                    "A simulated Flink job in real time ({workload}), and the sidecar that scales it.\n\n  \
                     page   http://{page}/\n  \
                     Flink  http://{flink}/jobs/overview\n\n\
                     {rate} come in, {workers} workers read them. Ctrl-C ends it with a summary.\n"
                )?;
                self.out.flush()
            }
        }
    }

    /// A second of the job is over.
    pub(super) fn second(&mut self, moment: &Moment) -> io::Result<()> {
        let before = self.before.replace(*moment);
        let Form::Text { live } = self.form else {
            return Ok(());
        };
        if (moment.input_rate / self.rate_told - 1.0).abs() > MOVED {
            let rate = elements_per_second(moment.input_rate);
            let old = elements_per_second(self.rate_told);
            self.rate_told = moment.input_rate;
            self.line(
                moment,
                &format!("the load: {rate} come in now, {old} before"),
            )?;
        }
        if let Some(wish) = moment.wish {
            let workers = shown::workers(wish.workers);
            let because = shown::words(wish.because);
            self.line(moment, &format!("the rival asks for {workers}: {because}"))?;
        }
        match (before, moment.in_use) {
            (Some(Moment { in_use: None, .. }), Some(workers)) => {
                let workers = shown::workers(workers);
                self.line(moment, &format!("the job has restarted on {workers}"))?;
            }
            (
                Some(Moment {
                    in_use: Some(_), ..
                }),
                None,
            ) => {
                self.line(moment, "the job is being restarted")?;
            }
            _ => {}
        }
        if live {
            write!(self.out, "{WIPED}{}", now(moment))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// A tick of the sidecar is over.
    pub(super) fn tick(
        &mut self,
        status: &Status,
        now: Timestamp,
        moment: &Moment,
    ) -> io::Result<()> {
        let (Some(last), Some(newest)) = (&status.last, status.history.changes.all().last()) else {
            return Ok(());
        };
        let taken_up = Some((newest.at, newest.times));
        if self.decision_told == taken_up {
            return Ok(());
        }
        self.decision_told = taken_up;
        let headline = headline(status, now);
        match self.form {
            Form::Json => {
                let mut decision = change(newest);
                decision["event"] = json!("decision");
                decision["second"] = json!(moment.second);
                decision["summary"] = json!(headline);
                decision["meaning"] = json!(newest.meaning);
                self.object(&decision)
            }
            // To and fro between two holds is told once.
            Form::Text { .. } if newest.times > 1 => Ok(()),
            Form::Text { .. } if newest.scale_to.is_some() => {
                self.line(moment, &headline)?;
                if let Some(sentence) = last.decision.arithmetic.sentence() {
                    writeln!(self.out, "          {sentence}")?;
                }
                for sum in decisive(last) {
                    writeln!(self.out, "          {sum}")?;
                }
                self.out.flush()
            }
            Form::Text { .. } => self.line(moment, &format!("{headline} – {}", newest.meaning)),
        }
    }

    /// How it went.
    pub(super) fn end(&mut self, summary: &Summary) -> io::Result<()> {
        match self.form {
            Form::Json => {
                let mut object = json!(summary);
                object["event"] = json!("summary");
                self.object(&object)
            }
            Form::Text { live } => {
                let wiped = if live { WIPED } else { "" };
                write!(self.out, "{wiped}{}", in_words(summary))?;
                self.out.flush()
            }
        }
    }

    fn line(&mut self, moment: &Moment, text: &str) -> io::Result<()> {
        let wiped = match self.form {
            Form::Text { live: true } => WIPED,
            _ => "",
        };
        writeln!(self.out, "{wiped}{:>7}   {text}", elapsed(moment.second))?;
        self.out.flush()
    }

    fn object(&mut self, object: &Value) -> io::Result<()> {
        writeln!(self.out, "{object}")?;
        self.out.flush()
    }
}

/// The steps that made the number.
fn decisive(last: &LastTick) -> impl Iterator<Item = String> {
    let lines = last.decision.arithmetic.lines().iter();
    lines
        .filter(|line| !line.formula.is_empty())
        .map(ToString::to_string)
}

/// How the job is, short enough for a narrow terminal.
fn now(moment: &Moment) -> String {
    let workers = moment
        .in_use
        .map_or_else(|| "restarting".into(), shown::workers);
    let asked = if moment.in_use.is_some_and(|in_use| in_use != moment.asked) {
        format!(" ({} asked for)", moment.asked)
    } else {
        String::new()
    };
    format!(
        "{:>7}   {:.0}/s in, {workers}{asked}, {} behind",
        elapsed(moment.second),
        moment.input_rate,
        duration(seconds(moment.delay)),
    )
}

fn in_words(summary: &Summary) -> String {
    let side = |side: &Side| {
        format!(
            "{:.2} worker-hours, more than 60 s behind {} of the time, {} behind at most",
            side.worker_hours,
            percent(side.late_60),
            duration(seconds(side.delay_max)),
        )
    };
    let rescales = match summary.rescales {
        1 => "1 rescale".into(),
        n => format!("{n} rescales"),
    };
    let fixed = format!("{} all along", shown::workers(summary.fixed_workers));
    format!(
        "\nIn {}, with up to {}:\n  {rescales:<20} {}\n  {fixed:<20} {}\n{}",
        duration(seconds(count_as_f64(summary.seconds))),
        elements_per_second(summary.input_rate_highest),
        side(&summary.scaled),
        side(&summary.fixed),
        saved(summary),
    )
}

/// Nothing where nothing was spent.
fn saved(summary: &Summary) -> String {
    let (scaled, fixed) = (summary.scaled.worker_hours, summary.fixed.worker_hours);
    let saved = 1.0 - scaled / fixed;
    if !saved.is_finite() {
        return String::new();
    }
    let than = if saved < 0.0 { "more" } else { "fewer" };
    let share = percent(saved.abs());
    format!("That is {share} {than} worker-hours than with a size for the highest load at 80 %.\n")
}

/// Not `1.20 k elements/s`: to be compared with 1000, which one worker does.
fn elements_per_second(rate: f64) -> String {
    format!("{rate:.0} {}", Unit::Elements.per_second())
}

/// `0:07`, `12:34`, `1:02:03`.
fn elapsed(second: u64) -> String {
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Workers;

    fn moment(second: u64, input_rate: f64, in_use: Option<u32>) -> Moment {
        Moment {
            second,
            input_rate,
            in_use: in_use.map(Workers),
            asked: Workers(5),
            wish: None,
            delay: 3.0,
        }
    }

    /// What is told of these seconds of a job that 1000/s came in to.
    fn told(live: bool, moments: &[Moment]) -> String {
        let mut teller = Teller::new(Form::Text { live }, Vec::new());
        teller.rate_told = 1000.0;
        for moment in moments {
            teller.second(moment).expect("a Vec takes it");
        }
        String::from_utf8(teller.out).expect("text")
    }

    #[test]
    fn a_load_that_moves_and_a_restart_are_told_once() {
        let moments = [
            moment(1, 1100.0, Some(2)),
            moment(2, 1300.0, Some(2)),
            moment(3, 1300.0, None),
            moment(4, 1300.0, None),
            moment(5, 1300.0, Some(5)),
        ];
        assert_eq!(
            told(false, &moments),
            "   0:02   the load: 1300 elements/s come in now, 1000 elements/s before\n   \
             0:03   the job is being restarted\n   \
             0:05   the job has restarted on 5 workers\n"
        );
    }

    #[test]
    fn on_a_terminal_the_last_line_is_written_anew() {
        let moments = [moment(59, 1000.0, Some(2)), moment(3605, 1000.0, Some(5))];
        assert_eq!(
            told(true, &moments),
            "\r\u{1b}[K   0:59   1000/s in, 2 workers (5 asked for), 3 s behind\
             \r\u{1b}[K1:00:05   1000/s in, 5 workers, 3 s behind"
        );
    }

    #[test]
    fn the_summary_compares_what_was_spent() {
        let side = |worker_hours| Side {
            worker_hours,
            late_60: 0.0,
            delay_max: 0.0,
        };
        let sentence = |scaled, fixed| {
            saved(&Summary {
                seconds: 0,
                input_rate_highest: 0.0,
                rescales: 0,
                scaled: side(scaled),
                fixed: side(fixed),
                fixed_workers: Workers(1),
            })
        };
        assert!(sentence(3.0, 4.0).contains("25 % fewer"));
        assert!(sentence(5.0, 4.0).contains("25 % more"));
        assert_eq!(sentence(0.0, 0.0), "");
    }
}
