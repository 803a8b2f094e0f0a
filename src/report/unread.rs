//! What a scrape did not bring, in one line for a person.
//!
//! Pure: values in, values out.

use crate::scrape::{JobChoice, Read, Scrape, Unread};

/// Each part that was not read and why, as `checkpoints: Flink did not answer in time`; `None` where
/// all was. What was not asked because of something before it is not named.
#[must_use]
pub fn unread(scrape: &Scrape) -> Option<String> {
    let mut parts = vec![part("cluster", &scrape.cluster), part("job", &scrape.job)];
    if let Ok(JobChoice::One(job)) = &scrape.job {
        parts.push(part("execution", &job.execution));
        parts.push(part("checkpoints", &job.checkpoints));
        parts.push(part("setup", &job.setup));
        parts.push(part("cpu", &job.cpu));
        for source in &job.sources {
            parts.push(part(
                &format!("metrics of {}", source.name),
                &source.metrics,
            ));
        }
    }
    let told: Vec<String> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn part<T>(name: &str, read: &Read<T>) -> Option<String> {
    match read {
        Ok(_) | Err(Unread::NotAsked) => None,
        Err(unread) => Some(format!("{name}: {unread}")),
    }
}
