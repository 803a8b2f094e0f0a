//! Our part among the sidecars of one job: whether there are others, and who acts.
//!
//! The lease is kept by a small task of its own, because a tick may take longer than a lease lasts.
//! Every write to the target asks it again, right before it is sent: a process that was stopped and
//! goes on may have lost the lease in the middle of anything.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn};
use tokio::time::{Instant, sleep, timeout};

use crate::act::kubernetes::answer::Answer;
use crate::act::kubernetes::ask::{Ask, Doing, Object};
use crate::act::kubernetes::connection::Connection;
use crate::act::kubernetes::flinkdeployment::FlinkDeployment;
use crate::act::kubernetes::lease::{Claimant, Heard, Moment, Next, WRITE_TAKES};
use crate::act::stop::Stop;
use crate::leadership::Leadership;
use crate::settings::Lease;
use crate::units::Timestamp;

/// Who is told to stop gives the lease back, if that takes no longer than this.
const LEAVING: Duration = Duration::from_secs(2);

/// Our part.
pub struct Leader {
    setting: Lease,
    connection: Connection,
    lease: Object,
    clock: Clock,
    part: Part,
    won: Arc<Notify>,
}

enum Part {
    /// Whether there are others is not known; why not, where it was asked.
    Undecided(Option<String>),
    /// There are none.
    Alone,
    /// There are, or it was said so. For good: a change of their number redeploys all of them.
    Shares(Claim),
}

struct Claim {
    claimant: Arc<Mutex<Claimant>>,
    /// Keeps the claim, and ends with it.
    task: AbortHandle,
    /// When a write to the target was sent that has not been answered.
    unanswered: Mutex<Option<Instant>>,
}

#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
    wall: fn() -> Timestamp,
}

// === impl Leader ===

impl Leader {
    /// Among the sidecars that scale this target. Asks nothing yet; `wall` reads the clock on the wall.
    pub fn of(
        target: &Object,
        setting: Lease,
        connection: Connection,
        wall: fn() -> Timestamp,
    ) -> Self {
        let lease = Object {
            group: "coordination.k8s.io".into(),
            version: "v1".into(),
            plural: "leases".into(),
            namespace: target.namespace.clone(),
            name: format!("outrider-{}", target.name),
        };
        Self {
            setting,
            connection,
            lease,
            clock: Clock {
                began: Instant::now(),
                wall,
            },
            part: Part::Undecided(None),
            won: Arc::default(),
        }
    }

    /// Takes in what a FlinkDeployment says of its JobManagers; once there are several, that stays.
    pub fn learn(&mut self, deployment: &FlinkDeployment) {
        if self.setting == Lease::On || deployment.jobmanagers() > 1 {
            self.share(deployment.owner_reference().as_ref());
        } else if !matches!(self.part, Part::Shares(_)) {
            self.part = Part::Alone;
        }
    }

    /// Takes in that it could not be read.
    pub fn learn_nothing(&mut self, stop: &Stop) {
        if let Part::Undecided(why) = &mut self.part {
            *why = Some(format!(
                "whether the job has several JobManagers is not known: {}",
                stop.why()
            ));
        }
    }

    /// Takes part in the lease, unless that is done already. It is deleted with its `owner`.
    pub fn share(&mut self, owner: Option<&Value>) {
        if let Part::Shares(claim) = &self.part
            && claim.is_kept()
        {
            return;
        }
        let metadata = json!({
            "name": self.lease.name,
            "namespace": self.lease.namespace,
            "ownerReferences": owner.map(|owner| [owner]),
        });
        let claimant = Arc::new(Mutex::new(Claimant::new(identity(), metadata)));
        let task = spawn(keep(
            claimant.clone(),
            self.connection.clone(),
            self.lease.clone(),
            self.clock,
            self.won.clone(),
        ));
        self.part = Part::Shares(Claim {
            claimant,
            task: task.abort_handle(),
            unanswered: Mutex::new(None),
        });
    }

    /// Our part, as it is now.
    pub fn leadership(&self) -> Leadership {
        match &self.part {
            Part::Undecided(why) => Leadership::Unknown { why: why.clone() },
            Part::Alone => Leadership::Alone,
            Part::Shares(claim) => claim.claimant().leadership(self.clock.now()),
        }
    }

    /// Comes back when we have just begun to lead.
    pub async fn won(&self) {
        self.won.notified().await;
    }

    /// Sends a write to the target, if we lead for longer than it may take.
    pub async fn write(&self, ask: &Ask<'_>) -> Result<Answer, Stop> {
        let claim = match &self.part {
            Part::Alone => return self.connection.send(ask).await,
            Part::Undecided(_) => return Err(self.not_ours(ask)),
            Part::Shares(claim) => claim,
        };
        let ours = || {
            if !claim.claimant().may_write(self.clock.now()) {
                return Err(self.not_ours(ask));
            }
            *lock(&claim.unanswered) = Some(Instant::now());
            Ok(())
        };
        let answer = self.connection.send_if(ask, ours).await;
        if answer.is_ok() {
            *lock(&claim.unanswered) = None;
        }
        answer
    }

    /// Gives the lease back, so that another need not wait until it has run out. Not while a write
    /// of ours may be on its way.
    pub async fn leave(&mut self) {
        let part = std::mem::replace(&mut self.part, Part::Undecided(None));
        let Part::Shares(claim) = part else {
            return;
        };
        let unanswered = *lock(&claim.unanswered);
        if unanswered.is_some_and(|sent| sent.elapsed() < WRITE_TAKES) {
            return;
        }
        let Some(released) = claim.claimant().released(self.clock.now()) else {
            return;
        };
        drop(claim);
        let ask = self.lease.ask(Doing::Replacing(released));
        match timeout(LEAVING, self.connection.send(&ask)).await {
            Ok(Ok(answer)) if answer.status < 300 => tracing::info!("the lease is given back"),
            _ => tracing::debug!("the lease could not be given back, it runs out by itself"),
        }
    }

    fn not_ours(&self, ask: &Ask<'_>) -> Stop {
        let Object {
            namespace, name, ..
        } = &self.lease;
        Stop::Refused(format!(
            "{ask}: not sent, because the lease {namespace}/{name} is not ours for long enough; \
             another sidecar of this job may act"
        ))
    }
}

// === impl Claim ===

impl Claim {
    fn claimant(&self) -> MutexGuard<'_, Claimant> {
        lock(&self.claimant)
    }

    /// A defect of ours in the task would be the end of it: then the claim begins anew.
    fn is_kept(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Clock ===

impl Clock {
    fn now(self) -> Moment {
        Moment {
            steady: self.began.elapsed(),
            wall: (self.wall)(),
        }
    }
}

/// Claims the lease and renews it, for ever.
async fn keep(
    claimant: Arc<Mutex<Claimant>>,
    connection: Connection,
    lease: Object,
    clock: Clock,
    won: Arc<Notify>,
) {
    loop {
        let sent = clock.now();
        let next = lock(&claimant).next(sent);
        if let Next::Wait(pause) = next {
            sleep(pause).await;
            continue;
        }
        let led = lock(&claimant).may_write(sent);
        let answer = ask(&connection, &lease, &next).await;
        let now = clock.now();
        let mut claimant = lock(&claimant);
        claimant.heard(&next, sent, now, answer);
        if claimant.may_write(now) && !led {
            tracing::info!(
                lease = lease.name,
                "of this job's sidecars this one acts now"
            );
            won.notify_one();
        }
    }
}

async fn ask(connection: &Connection, lease: &Object, next: &Next) -> Result<Heard, Stop> {
    let ask = lease.ask(match next {
        Next::Create(object) => Doing::Creating(object.clone()),
        Next::Replace(object) => Doing::Replacing(object.clone()),
        Next::Read | Next::Wait(_) => Doing::Reading,
    });
    let answer = connection.send(&ask).await?;
    match (answer.status, next) {
        // A namespace that is missing is told in the same way.
        (404, Next::Read | Next::Replace(_)) => Ok(Heard::Absent),
        (409, _) => Ok(Heard::Conflict),
        _ => answer.read(&ask).map(Heard::Lease),
    }
}

/// The pod's name, for people, and what no other process has, not even the one before in this pod.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let random = RandomState::new().hash_one(0_u8);
    format!("{}_{random:016x}", host.trim())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
