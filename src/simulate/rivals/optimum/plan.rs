//! The cheapest way through the future.
//!
//! Pure: values in, values out.

use std::cmp::Ordering;

use crate::simulate::rivals::ASKED_EVERY;
use crate::simulate::rivals::optimum::future::{After, Course, DELAYS, Epoch, Future};
use crate::units::{Workers, f64_as_count, len_as_f64};

/// Worker-seconds that a second with a delay over a minute costs: so many that the plan is late only
/// where nothing helps, and catches up after an outage with all the workers that it may have …
pub(super) const LATE: f64 = 300.0;
/// … and over two minutes, besides.
pub(super) const VERY_LATE: f64 = 300.0;

const BUCKETS: usize = DELAYS.len();

/// For each size and delay, what an epoch and all after it cost.
#[derive(Clone)]
struct Costs(Vec<[f64; BUCKETS]>);

/// The costs by what the job does in that epoch; the size is that which it is to have.
struct Courses {
    on: Costs,
    fewer: Costs,
    more: Costs,
    first_wave: Costs,
    second_wave: Costs,
    warm_up: Costs,
    /// For each size the cheapest way to a smaller one.
    down: Vec<(f64, usize)>,
}

/// For each epoch, size and delay the size to go to.
struct Choices {
    to: Vec<u8>,
    sizes: usize,
}

/// The plan: from each second on so many workers.
pub(super) fn plan(future: &Future, rescale_cost: f64) -> Vec<(u64, Workers)> {
    let (choices, first) = choices(future, rescale_cost);
    followed(future, &choices, first)
}

/// From the last epoch back to the first; with the size to begin with.
fn choices(future: &Future, rescale_cost: f64) -> (Choices, usize) {
    let sizes = future.sizes();
    // From the next epoch on: as ever, and if that is in the middle of a rescale.
    let mut then = Costs(vec![future.left_over(); sizes]);
    let (mut second_wave, mut warm_up) = (then.clone(), then.clone());
    let mut choices = Choices {
        to: vec![0; future.epochs * sizes * BUCKETS],
        sizes,
    };
    let mut courses = Courses::new(sizes);
    for number in (0..future.epochs).rev() {
        let epoch = future.epoch(number);
        courses.fill(future, &epoch, [&then, &second_wave, &warm_up]);
        for bucket in 0..BUCKETS {
            let chosen = |size: usize, (cost, to): (f64, usize)| {
                then.0[size][bucket] = cost;
                let place = choices.place(number, size, bucket);
                choices.to[place] = u8::try_from(to).unwrap_or(u8::MAX);
            };
            courses.choose(future, rescale_cost, bucket, chosen);
        }
        std::mem::swap(&mut second_wave, &mut courses.second_wave);
        std::mem::swap(&mut warm_up, &mut courses.warm_up);
    }
    let cheapest = (0..sizes).min_by(|a, b| then.0[*a][0].total_cmp(&then.0[*b][0]));
    (choices, cheapest.unwrap_or(0))
}

/// The plan that the choices make, followed from the first epoch to the last.
fn followed(future: &Future, choices: &Choices, first: usize) -> Vec<(u64, Workers)> {
    let mut plan = vec![(0, workers(first))];
    let (mut size, mut delay, mut course) = (first, 0.0, Course::On);
    for number in 0..future.epochs {
        let epoch = future.epoch(number);
        let to = match course {
            Course::FirstWave | Course::SecondWave => size,
            _ => choices.at(number, size, nearest(delay)),
        };
        course = match (course, to.cmp(&size)) {
            (Course::FirstWave, _) => Course::SecondWave,
            (Course::SecondWave, _) => Course::WarmUp,
            (_, Ordering::Equal) => Course::On,
            (_, Ordering::Less) => Course::Fewer,
            (_, Ordering::Greater) if future.two_waves && to > size + 1 => Course::FirstWave,
            (_, Ordering::Greater) => Course::More,
        };
        if to != size {
            let lead = if to > size { future.lead } else { 0.0 };
            let second = len_as_f64(number) * future.epoch_seconds - lead;
            let second = f64_as_count(second.max(0.0)).unwrap_or(0);
            let soonest = plan.last().map_or(0, |(before, _)| before + ASKED_EVERY);
            plan.push((second.max(soonest), workers(to)));
        }
        let before = future.before(&epoch, delay);
        let after = future.pass(&epoch, course, future.speed(&epoch, to), before);
        delay = future.delay(&epoch, after.waiting);
        size = to;
    }
    plan
}

// === impl Costs ===

impl Costs {
    /// What this size costs after an epoch that ended so.
    fn of(&self, size: usize, after: &After) -> f64 {
        let row = &self.0[size];
        row[after.bucket] + after.along * (row[after.bucket + 1] - row[after.bucket])
    }
}

// === impl Courses ===

impl Courses {
    fn new(sizes: usize) -> Self {
        let nothing = || Costs(vec![[0.0; BUCKETS]; sizes]);
        Self {
            on: nothing(),
            fewer: nothing(),
            more: nothing(),
            first_wave: nothing(),
            second_wave: nothing(),
            warm_up: nothing(),
            down: vec![(f64::INFINITY, 0); sizes],
        }
    }

    fn fill(&mut self, future: &Future, epoch: &Epoch, [then, second_wave, warm_up]: [&Costs; 3]) {
        let befores = DELAYS.map(|delay| future.before(epoch, delay));
        for size in 0..future.sizes() {
            let speed = future.speed(epoch, size);
            let paid = workers(size).as_f64() * future.epoch_seconds;
            for (bucket, before) in befores.iter().enumerate() {
                let cost = |course, then: &Costs| {
                    let after = future.pass(epoch, course, speed, *before);
                    paid + LATE * after.late + VERY_LATE * after.very_late + then.of(size, &after)
                };
                self.on.0[size][bucket] = cost(Course::On, then);
                self.fewer.0[size][bucket] = cost(Course::Fewer, then);
                self.more.0[size][bucket] = cost(Course::More, then);
                self.first_wave.0[size][bucket] = cost(Course::FirstWave, second_wave);
                self.second_wave.0[size][bucket] = cost(Course::SecondWave, warm_up);
                self.warm_up.0[size][bucket] = cost(Course::WarmUp, then);
            }
        }
    }

    /// Tells for each size the cheapest way on at this delay: what it costs, and where it goes.
    fn choose(
        &mut self,
        future: &Future,
        rescale_cost: f64,
        bucket: usize,
        mut chosen: impl FnMut(usize, (f64, usize)),
    ) {
        let sizes = future.sizes();
        for size in 1..sizes {
            let smaller = (self.fewer.0[size - 1][bucket], size - 1);
            self.down[size] = cheaper(self.down[size - 1], smaller);
        }
        let many = if future.two_waves {
            &self.first_wave
        } else {
            &self.more
        };
        // New workers are paid from the asking on: up to the size that is gone to, less those that
        // are there.
        let asked = |size: usize| workers(size).as_f64() * future.lead;
        let mut up = (f64::INFINITY, 0);
        for size in (0..sizes).rev() {
            let one = self
                .more
                .0
                .get(size + 1)
                .map(|more| more[bucket] + asked(size + 1));
            let change = cheaper(up, (one.unwrap_or(f64::INFINITY), size + 1));
            let change = cheaper(self.down[size], (change.0 - asked(size), change.1));
            let stay = (self.on.0[size][bucket], size);
            chosen(size, cheaper(stay, (change.0 + rescale_cost, change.1)));
            up = cheaper(up, (many.0[size][bucket] + asked(size), size));
        }
    }
}

// === impl Choices ===

impl Choices {
    fn at(&self, epoch: usize, size: usize, bucket: usize) -> usize {
        usize::from(self.to[self.place(epoch, size, bucket)])
    }

    const fn place(&self, epoch: usize, size: usize, bucket: usize) -> usize {
        (epoch * self.sizes + size) * BUCKETS + bucket
    }
}

fn cheaper(one: (f64, usize), other: (f64, usize)) -> (f64, usize) {
    if other.0 < one.0 { other } else { one }
}

fn nearest(delay: f64) -> usize {
    let off = |bucket: &usize| (DELAYS[*bucket] - delay).abs();
    let nearest = (0..BUCKETS).min_by(|a, b| off(a).total_cmp(&off(b)));
    nearest.unwrap_or(0)
}

fn workers(size: usize) -> Workers {
    Workers(u32::try_from(size + 1).unwrap_or(u32::MAX))
}
