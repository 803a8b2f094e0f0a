//! Who of several sidecars acts: a claim on a Lease, by the rules of Kubernetes' own programs.
//!
//! Pure: values in, values out.
//!
//! The holder renews the lease every few seconds. Another may take it when it has seen it unchanged
//! for as long as the lease says, by its own clock: clocks of two nodes disagree, so the times that
//! are written are compared with nothing, only with themselves. Each write names the version that
//! was read, so that of two who take it at once the server refuses one.
//!
//! The holder counts from the moment in which it *sent* its last renewal, which is earlier than
//! anybody saw it: its claim is over before another's can begin. It counts by two clocks, and the
//! one that has run further is right: the steady one stands still while a machine sleeps, the other
//! one is set back.

use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::act::stop::Stop;
use crate::leadership::Leadership;
use crate::units::Timestamp;

/// Who is silent for so long has lost the lease: Kubernetes' own programs take the same.
pub const LEASE_DURATION: Duration = Duration::from_secs(15);
/// The holder renews, and the others look, so often: two renewals may be lost.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);
/// No write begins with less than this left. The server is told to give a write up after 3 s, and
/// we hang up after 5 s.
pub const WRITE_TAKES: Duration = Duration::from_secs(5);
/// A renewal that failed is tried again after this: until the lease is lost there are seconds.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// … but what is forbidden stays so until a person mends it.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Now, by both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Of the steady clock, since any beginning.
    pub steady: Duration,
    /// Of the clock on the wall.
    pub wall: Timestamp,
}

/// One sidecar's claim on the lease.
pub struct Claimant {
    identity: String,
    /// Metadata of a lease that we make.
    metadata: Value,
    stored: Stored,
    /// The lease as it was when it was last seen to change.
    seen: Option<Seen>,
    /// When the write was sent by which we last took or renewed the lease.
    renewed: Option<Moment>,
    not_before: Duration,
    why: Option<String>,
}

/// What is known of what the server has.
enum Stored {
    /// It has to be read.
    Unread,
    /// There was none.
    Absent { read: Duration },
    /// This was there.
    Lease {
        object: Value,
        spec: Spec,
        read: Duration,
    },
}

struct Seen {
    spec: Spec,
    changed: Duration,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    holder_identity: String,
    lease_duration_seconds: Option<u64>,
    renew_time: Option<String>,
    #[serde(default)]
    lease_transitions: u64,
}

/// What is to be asked of the server next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Read the lease.
    Read,
    /// Make it, like this.
    Create(String),
    /// Write it, like this.
    Replace(String),
    /// Nothing for so long.
    Wait(Duration),
}

/// What the server said.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// The lease, as it was read or written.
    Lease(Value),
    /// There is none.
    Absent,
    /// It is another than the one that was read, or it is there already.
    Conflict,
}

// === impl Moment ===

impl Moment {
    /// By the clock that has run further.
    fn since(self, earlier: Self) -> Duration {
        let steady = self.steady.saturating_sub(earlier.steady);
        steady.max(self.wall.since(earlier.wall))
    }
}

// === impl Claimant ===

impl Claimant {
    /// Who has read nothing yet. No two may have the same `identity`, not even one after the other;
    /// `metadata` is that of a lease that has to be made.
    #[must_use]
    pub const fn new(identity: String, metadata: Value) -> Self {
        Self {
            identity,
            metadata,
            stored: Stored::Unread,
            seen: None,
            renewed: None,
            not_before: Duration::ZERO,
            why: None,
        }
    }

    /// What to do now.
    #[must_use]
    pub fn next(&self, now: Moment) -> Next {
        if now.steady < self.not_before {
            return Next::Wait(self.not_before.saturating_sub(now.steady));
        }
        match &self.stored {
            Stored::Unread => Next::Read,
            Stored::Absent { read } => match self.held_by_another_until() {
                Some(until) if *read < until => self.look_again(now, *read, until),
                _ => Next::Create(self.created(now)),
            },
            Stored::Lease { object, spec, .. } if spec.holder_identity == self.identity => {
                let left = self
                    .renewed
                    .and_then(|sent| RENEW_EVERY.checked_sub(now.since(sent)));
                match left {
                    Some(left) if !left.is_zero() => Next::Wait(left),
                    _ => Next::Replace(self.claimed(object, spec, now)),
                }
            }
            Stored::Lease { object, spec, read } => match self.held_by_another_until() {
                Some(until) if *read < until => self.look_again(now, *read, until),
                _ => Next::Replace(self.claimed(object, spec, now)),
            },
        }
    }

    /// Takes in what the server said to what was sent at `sent`, and heard at `now`.
    pub fn heard(&mut self, asked: &Next, sent: Moment, now: Moment, answer: Result<Heard, Stop>) {
        let writes = !matches!(asked, Next::Read);
        match answer {
            Ok(Heard::Lease(object)) => self.has(object, writes, sent, now),
            Ok(Heard::Absent) => {
                self.why = None;
                self.stored = Stored::Absent { read: sent.steady };
            }
            // Somebody else wrote: whoever it was, the lease that we knew is no more.
            Ok(Heard::Conflict) => {
                self.not_before = now.steady + TRY_AGAIN;
                self.renewed = None;
                self.stored = Stored::Unread;
            }
            Err(stop) => {
                let pause = match stop {
                    Stop::Refused(_) | Stop::Denied(_) => ASK_AGAIN,
                    Stop::Failed(_) | Stop::Outdated(_) | Stop::Passing { .. } => TRY_AGAIN,
                };
                self.not_before = now.steady + pause;
                self.why = Some(stop.why().into());
                // It may have been written all the same.
                self.stored = Stored::Unread;
            }
        }
    }

    /// Our part, as it is now.
    #[must_use]
    pub fn leadership(&self, now: Moment) -> Leadership {
        if self.may_write(now) {
            return Leadership::Leads {
                identity: self.identity.clone(),
            };
        }
        match (&self.seen, self.held_by_another_until()) {
            (Some(seen), Some(until)) if now.steady < until => Leadership::Follows {
                holder: seen.spec.holder_identity.clone(),
            },
            _ => Leadership::Unknown {
                why: self.why.clone(),
            },
        }
    }

    /// Whether the lease is ours for longer than a write that begins now may take.
    #[must_use]
    pub fn may_write(&self, now: Moment) -> bool {
        self.left(now) > WRITE_TAKES
    }

    /// The lease without a holder, for one who goes; `None` where it is not ours to give.
    #[must_use]
    pub fn released(&self, now: Moment) -> Option<String> {
        let Stored::Lease { object, spec, .. } = &self.stored else {
            return None;
        };
        if spec.holder_identity != self.identity || self.left(now).is_zero() {
            return None;
        }
        let mut object = object.clone();
        object["spec"]["holderIdentity"] = "".into();
        object["spec"]["renewTime"] = written(now.wall).into();
        Some(object.to_string())
    }

    /// How long the lease is ours.
    fn left(&self, now: Moment) -> Duration {
        self.renewed.map_or(Duration::ZERO, |sent| {
            LEASE_DURATION.saturating_sub(now.since(sent))
        })
    }

    fn has(&mut self, object: Value, by_our_write: bool, sent: Moment, now: Moment) {
        let Ok(spec) = Spec::deserialize(&object["spec"]) else {
            self.not_before = now.steady + ASK_AGAIN;
            self.why = Some("reading the lease: its spec was not understood".into());
            self.stored = Stored::Unread;
            return;
        };
        if by_our_write && spec.holder_identity == self.identity {
            self.renewed = Some(sent);
        } else if spec.holder_identity != self.identity {
            self.renewed = None;
        }
        self.why = None;
        let is_known = |seen: &Seen| {
            seen.spec.renew_time == spec.renew_time
                && seen.spec.holder_identity == spec.holder_identity
        };
        if !self.seen.as_ref().is_some_and(is_known) {
            self.seen = Some(Seen {
                spec: spec.clone(),
                changed: now.steady,
            });
        }
        self.stored = Stored::Lease {
            object,
            spec,
            read: sent.steady,
        };
    }

    /// Until when another's claim counts, by our steady clock, if it does not renew it; `None` where
    /// nobody has one. A lease that was deleted counts on: its holder does not know yet.
    fn held_by_another_until(&self) -> Option<Duration> {
        let seen = self.seen.as_ref()?;
        let holder = &seen.spec.holder_identity;
        if holder.is_empty() || *holder == self.identity {
            return None;
        }
        let seconds = seen.spec.lease_duration_seconds;
        let lasts = seconds.map_or(LEASE_DURATION, Duration::from_secs);
        Some(seen.changed.saturating_add(lasts))
    }

    /// Another has it: it is looked at in time, and once more when it may be taken.
    fn look_again(&self, now: Moment, read: Duration, until: Duration) -> Next {
        let due = until.min(read + RENEW_EVERY);
        match due.saturating_sub(now.steady) {
            Duration::ZERO => Next::Read,
            left => Next::Wait(left),
        }
    }

    fn created(&self, now: Moment) -> String {
        let time = written(now.wall);
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": self.metadata,
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": LEASE_DURATION.as_secs(),
                "acquireTime": time,
                "renewTime": time,
                "leaseTransitions": 0,
            },
        })
        .to_string()
    }

    /// The lease as it was read, with us as its holder: what others wrote on it stays.
    fn claimed(&self, object: &Value, spec: &Spec, now: Moment) -> String {
        let mut object = object.clone();
        let time = written(now.wall);
        if spec.holder_identity != self.identity {
            object["spec"]["holderIdentity"] = self.identity.as_str().into();
            object["spec"]["acquireTime"] = time.as_str().into();
            object["spec"]["leaseTransitions"] = spec.lease_transitions.saturating_add(1).into();
        }
        object["spec"]["leaseDurationSeconds"] = LEASE_DURATION.as_secs().into();
        object["spec"]["renewTime"] = time.into();
        object.to_string()
    }
}

/// The server takes times with six decimals, and with none other.
fn written(time: Timestamp) -> String {
    let since_epoch = Duration::from_millis(time.millis());
    humantime::format_rfc3339_micros(UNIX_EPOCH + since_epoch).to_string()
}

#[cfg(test)]
mod tests;
