//! The model's numbers, and what it says of them in a sentence.
//!
//! Pure: values in, values out.

use crate::decide::model::Model;
use crate::decide::model::effect::Blocked;
use crate::decide::model::fluid::Outlook;
use crate::decide::{Arithmetic, HoldReason};
use crate::units::{Unit, Workers};

// === impl Model ===

impl Model<'_> {
    /// What is seen and what is assumed.
    pub(super) fn read(&self, sums: &mut Arithmetic) {
        let per_second = self.seen.unit.per_second();
        let restarts = &self.learned.restarts;
        sums.reads("workers_in_use", self.seen.workers.as_f64(), "workers");
        let backlog = match self.seen.unit {
            Unit::Bytes => "backlog_bytes",
            Unit::Elements => "backlog_elements",
        };
        sums.reads(backlog, self.seen.backlog, self.seen.unit.name());
        sums.reads("throughput", self.seen.throughput, per_second);
        sums.reads("input_newest", self.forecast.newest, per_second);
        sums.reads("input_level", self.forecast.level, per_second);
        sums.reads("input_noise", self.forecast.noise, per_second);
        sums.reads("input_trend", self.forecast.slope * 3600.0, "1/s each hour");
        if let Some(season) = self.season {
            sums.reads("input_by_season", season.rate, per_second);
        }
        sums.reads("capacity", self.capacity(self.seen.workers), per_second);
        sums.reads("capacity_spread", self.learned.capacity.spread(), "");
        sums.reads("alpha", self.learned.capacity.alpha(), "");
        sums.reads("wait", restarts.wait.mean, "s");
        sums.reads("wait_spread", restarts.wait.spread(), "s");
        sums.reads("restart_pause_up", restarts.pause_up.mean, "s");
        sums.reads("restart_pause_up_spread", restarts.pause_up.spread(), "s");
        sums.reads("restart_pause_down", restarts.pause_down.mean, "s");
        sums.reads("replay", self.seen.replay_after(0.0), "s");
    }

    /// What doing nothing leads to and what the change does; what the next smaller size would have
    /// done; what it costs; what is assumed; what would change the mind.
    pub(super) fn says_up(&self, stay: Outlook, to: Workers, now: Outlook) -> String {
        let from = self.seen.workers;
        let sizes = self.sizes();
        let place = sizes.partition_point(|size| *size < to);
        let smaller = place.checked_sub(1).map(|place| sizes[place]);
        let smaller = smaller.filter(|smaller| *smaller > from);
        let smaller = smaller.map_or_else(String::new, |smaller| {
            format!(" ({smaller} would: {})", lateness(self.change(smaller)))
        });
        format!(
            "{from} to {to} workers: {} come in and {from} can read {}, which would be {}; with {to}: \
             {}{smaller}. It costs {} more and a restart. Assumed: {}. \
             Below {} coming in, {from} would do.",
            self.rate(self.forecast.newest),
            self.rate(self.capacity(from)),
            from_when(stay),
            lateness(now),
            many(to.0 - from.0),
            self.assumed(to),
            self.rate(self.capacity_at_least(from)),
        )
    }

    pub(super) fn says_not_yet(
        &self,
        reason: HoldReason,
        stay: Outlook,
        wanted: Workers,
        now: Outlook,
    ) -> String {
        let why = match reason {
            HoldReason::CatchingUp => "a restart would not be worth it",
            _ => "the input is still rising, to how much is clear in a moment",
        };
        format!(
            "{}: with that {}, with {wanted} {}; {why}. Assumed: {}.",
            self.stays(),
            from_when(stay),
            lateness(now),
            self.assumed(wanted),
        )
    }

    pub(super) fn says_down(
        &self,
        to: Workers,
        tighter: Option<Workers>,
        restart: Outlook,
    ) -> String {
        let from = self.seen.workers;
        let tighter = tighter.map_or_else(String::new, |tighter| {
            format!(", with {tighter} {}", self.why_too_few(tighter))
        });
        format!(
            "{from} to {to} workers: with {to} the last {} would have been at most {} late{tighter}. \
             It saves {} and costs a restart, which makes it at most {} late. Assumed: {}. \
             Above {} coming in, {to} would not do.",
            seconds(self.past()),
            seconds(self.replayed(to)),
            many(from.0 - to.0),
            seconds(restart.worst),
            self.assumed(to),
            self.rate(self.capacity_at_least(to)),
        )
    }

    pub(super) fn says_steady(&self, next: Workers) -> String {
        format!(
            "{}: with {next} the last {} would have been {}. Assumed: {}.",
            self.stays(),
            seconds(self.past()),
            self.why_too_few(next),
            self.assumed(next),
        )
    }

    /// Late, and there are no more.
    pub(super) fn says_all(&self, stay: Outlook) -> String {
        format!(
            "{}, and no more can be had: {}.",
            self.stays(),
            from_when(stay)
        )
    }

    pub(super) fn says_fewest(&self) -> String {
        format!("{}: no fewer can be had.", self.stays())
    }

    pub(super) fn says_too_early(&self, least: f64) -> String {
        format!(
            "{}: fewer are thought of when the load has been what it is for {}; it has for {}.",
            self.stays(),
            seconds(least),
            seconds(self.past()),
        )
    }

    pub(super) fn says_ineffective(&self, blocked: Blocked) -> String {
        format!(
            "From {} to more workers brought {:.0} % of what was expected; something else than workers is missing.",
            blocked.back_to,
            blocked.gained * 100.0
        )
    }

    fn stays(&self) -> String {
        let workers = self.seen.workers.0;
        format!(
            "{} {}",
            many(workers),
            if workers == 1 { "stays" } else { "stay" }
        )
    }

    fn why_too_few(&self, size: Workers) -> String {
        if self.has_room(size) {
            format!("up to {} late", seconds(self.replayed(size)))
        } else {
            format!(
                "more than the {} that can surely be read then, or nearly",
                self.rate(self.capacity_at_least(size))
            )
        }
    }

    fn assumed(&self, to: Workers) -> String {
        let restarts = &self.learned.restarts;
        let mut after = 0.0;
        let (wait, pause) = if to > self.seen.workers {
            after = restarts.wait.mean + restarts.wait.spread();
            (
                format!(
                    "a wait of {} ± {}, ",
                    seconds(restarts.wait.mean),
                    seconds(restarts.wait.spread())
                ),
                restarts.pause_up,
            )
        } else {
            (String::new(), restarts.pause_down)
        };
        let twice = if self.comes_in_two(to) {
            " twice, as workers come one by one"
        } else {
            ""
        };
        let season = self.season.filter(|it| it.rate > self.forecast.level);
        let season = season.map_or_else(String::new, |season| {
            let rate = self.rate(season.rate);
            format!(", {rate} within the hour, as {}", season.as_when)
        });
        format!(
            "capacity ± {:.0} %, {wait}a pause of {} ± {}{twice}, {} read again{season}",
            self.learned.capacity.spread() * 100.0,
            seconds(pause.mean),
            seconds(pause.spread()),
            seconds(self.seen.replay_after(after)),
        )
    }

    fn rate(&self, rate: f64) -> String {
        match (self.seen.unit, rate.abs()) {
            (Unit::Bytes, large) if large >= 1e6 => format!("{:.2} MB/s", rate / 1e6),
            (Unit::Bytes, large) if large >= 1e3 => format!("{:.1} kB/s", rate / 1e3),
            (unit, _) => format!("{rate:.0} {}", unit.per_second()),
        }
    }
}

fn many(workers: u32) -> String {
    match workers {
        1 => "1 worker".into(),
        more => format!("{more} workers"),
    }
}

/// Until the model can decide.
pub(super) fn learning(share: f64) -> String {
    if share < 1.0 {
        let percent = share * 100.0;
        return format!("The model has {percent:.0} % of what it has to learn; the rule decides.");
    }
    "Something that the model needs is not known now; the rule decides.".into()
}

/// One source is late, and all together are not.
pub(super) fn behind_alone(slowest: f64) -> String {
    let slowest = seconds(slowest);
    format!("One source alone is {slowest} behind, all together are not; the rule decides for it.")
}

/// `at most 41 s late`, or for how long it is over the budget.
fn lateness(outlook: Outlook) -> String {
    if outlook.late <= 0.0 {
        return format!("at most {} late", seconds(outlook.worst));
    }
    match outlook.back_at {
        Some(back) => format!(
            "up to {} late, within the budget again in {}",
            seconds(outlook.worst),
            seconds(back)
        ),
        None => "late for as long as can be seen".into(),
    }
}

fn from_when(outlook: Outlook) -> String {
    match outlook.late_from {
        Some(from) if outlook.back_at.is_none() => {
            format!(
                "over the budget in {} and for as long as can be seen",
                seconds(from)
            )
        }
        Some(from) => format!(
            "over the budget in {}, {}",
            seconds(from),
            lateness(outlook)
        ),
        None => lateness(outlook),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 600.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}
