//! Stories of sidecars and a server that keeps a lease as the real one does.

use proptest::prelude::*;

use super::*;

/// From asking to the answer.
const ROUND_TRIP: u64 = 10;
const STEP: u64 = 10;

/// The server: a write names the version that it changes, one that changes nothing makes none.
#[derive(Default)]
struct Server {
    lease: Option<Value>,
    version: u64,
}

/// A sidecar with clocks of its own.
struct Sidecar {
    claimant: Claimant,
    /// Its clock on the wall is wrong by so much.
    set_by: i64,
    /// A machine that slept: its steady clock stood still.
    slept: u64,
    runs: bool,
    reaches_the_server: bool,
    /// What it does is done, and it does not hear of it.
    hears: bool,
    busy_until: u64,
}

struct Story {
    server: Server,
    sidecars: Vec<Sidecar>,
    millis: u64,
}

// === impl Server ===

impl Server {
    fn does(&mut self, next: &Next) -> Heard {
        match (next, &self.lease) {
            (Next::Read, Some(lease)) => Heard::Lease(lease.clone()),
            (Next::Read | Next::Replace(_), None) => Heard::Absent,
            (Next::Create(_), Some(_)) => Heard::Conflict,
            (Next::Create(body), None) => self.stores(body),
            (Next::Replace(body), Some(lease)) => {
                let written: Value = serde_json::from_str(body).expect("JSON");
                if written["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"] {
                    Heard::Conflict
                } else if written == *lease {
                    Heard::Lease(written)
                } else {
                    self.stores(body)
                }
            }
            (Next::Wait(_), _) => panic!("nothing is asked while waiting"),
        }
    }

    fn stores(&mut self, body: &str) -> Heard {
        let mut lease: Value = serde_json::from_str(body).expect("JSON");
        self.version += 1;
        lease["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.lease = Some(lease.clone());
        Heard::Lease(lease)
    }

    fn spec(&self, name: &str) -> Value {
        self.lease.as_ref().expect("a lease")["spec"][name].clone()
    }
}

// === impl Sidecar ===

impl Sidecar {
    fn new(identity: &str) -> Self {
        Self {
            claimant: Claimant::new(identity.into(), json!({ "name": "outrider-orders" })),
            set_by: 0,
            slept: 0,
            runs: true,
            reaches_the_server: true,
            hears: true,
            busy_until: 0,
        }
    }

    fn moment(&self, millis: u64) -> Moment {
        let wall = 1_700_000_000_000_u64.saturating_add_signed(self.set_by) + millis;
        Moment {
            steady: Duration::from_millis(millis - self.slept),
            wall: Timestamp::from_millis(wall),
        }
    }

    fn turn(&mut self, millis: u64, server: &mut Server) {
        if !self.runs || millis < self.busy_until {
            return;
        }
        let sent = self.moment(millis);
        let next = self.claimant.next(sent);
        if let Next::Wait(_) = next {
            return;
        }
        let answer = if self.reaches_the_server {
            let heard = server.does(&next);
            if self.hears {
                Ok(heard)
            } else {
                Err(silence())
            }
        } else {
            Err(silence())
        };
        self.busy_until = millis + ROUND_TRIP;
        self.claimant
            .heard(&next, sent, self.moment(self.busy_until), answer);
    }
}

fn silence() -> Stop {
    Stop::Failed("renewing: no answer".into())
}

// === impl Story ===

impl Story {
    fn of(identities: &[&str]) -> Self {
        Self {
            server: Server::default(),
            sidecars: identities.iter().map(|name| Sidecar::new(name)).collect(),
            millis: 0,
        }
    }

    /// Lets time pass; never may two write.
    fn pass(&mut self, duration: Duration) {
        let end = self.millis + u64::try_from(duration.as_millis()).expect("short");
        while self.millis < end {
            self.millis += STEP;
            for sidecar in &mut self.sidecars {
                sidecar.turn(self.millis, &mut self.server);
            }
            let may_write = self.who_may_write();
            assert!(may_write.len() <= 1, "{may_write:?} at {}", self.millis);
        }
    }

    fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Whom its own clocks allow to write, whether it runs or not.
    fn who_may_write(&self) -> Vec<&str> {
        let may = |it: &&Sidecar| it.claimant.may_write(it.moment(self.millis));
        let all = self.sidecars.iter().filter(may);
        all.map(|it| it.claimant.identity.as_str()).collect()
    }

    fn part(&self, index: usize) -> Leadership {
        let sidecar = &self.sidecars[index];
        sidecar.claimant.leadership(sidecar.moment(self.millis))
    }
}

fn follows(holder: &str) -> Leadership {
    Leadership::Follows {
        holder: holder.into(),
    }
}

fn leads(identity: &str) -> Leadership {
    Leadership::Leads {
        identity: identity.into(),
    }
}

#[test]
fn of_two_that_begin_at_once_one_leads_and_the_other_says_who() {
    let mut story = Story::of(&["a", "b"]);
    assert_eq!(story.part(0), Leadership::Unknown { why: None });
    story.seconds(6);
    assert_eq!((story.part(0), story.part(1)), (leads("a"), follows("a")));
    story.seconds(600);
    assert_eq!((story.part(0), story.part(1)), (leads("a"), follows("a")));
    assert_eq!(story.server.spec("leaseTransitions"), 0);
    // Created and renewed each 5 s, and nothing else was written.
    assert_eq!(story.server.version, 1 + 606 / 5);
}

#[test]
fn who_is_killed_is_succeeded_when_its_lease_has_run_out_and_no_sooner() {
    let mut story = Story::of(&["a", "b"]);
    story.seconds(62);
    story.sidecars[0].runs = false;
    // Renewed 2 s ago; seen at once or at the next look, 5 s later.
    story.seconds(12);
    assert_eq!(story.part(1), follows("a"));
    story.seconds(8);
    assert_eq!(story.part(1), leads("b"));
    assert_eq!(story.server.spec("leaseTransitions"), 1);
    let acquired = story.server.spec("acquireTime");
    assert!(acquired.as_str().is_some_and(|time| time.len() == 27));
}

#[test]
fn who_was_stopped_and_goes_on_does_not_write_even_before_it_hears_anything() {
    let mut story = Story::of(&["a", "b"]);
    story.seconds(60);
    story.sidecars[0].runs = false;
    story.seconds(30);
    assert_eq!(story.who_may_write(), ["b"]);
    story.sidecars[0].runs = true;
    assert_eq!(story.part(0), Leadership::Unknown { why: None });
    story.seconds(2);
    assert_eq!((story.part(0), story.part(1)), (follows("b"), leads("b")));
}

#[test]
fn who_was_stopped_alone_leads_again_once_it_has_renewed() {
    let mut story = Story::of(&["a"]);
    story.seconds(60);
    story.sidecars[0].runs = false;
    story.seconds(30);
    story.sidecars[0].runs = true;
    assert!(story.who_may_write().is_empty());
    story.seconds(1);
    assert_eq!(story.part(0), leads("a"));
}

#[test]
fn who_is_cut_off_stops_writing_before_another_begins_and_says_why() {
    let mut story = Story::of(&["a", "b"]);
    story.seconds(62);
    story.sidecars[0].reaches_the_server = false;
    // Of the 15 s since the renewal 5 are too few for a write.
    story.seconds(9);
    assert!(story.who_may_write().is_empty());
    assert_eq!(story.part(0).trouble(), Some("renewing: no answer"));
    story.seconds(11);
    assert_eq!(story.who_may_write(), ["b"]);
    story.sidecars[0].reaches_the_server = true;
    story.seconds(2);
    assert_eq!(story.part(0), follows("b"));
}

#[test]
fn a_renewal_that_is_lost_is_repeated_in_time() {
    let mut story = Story::of(&["a", "b"]);
    for hears in [true, false] {
        story.seconds(62);
        story.sidecars[0].hears = hears;
        story.sidecars[0].reaches_the_server = !hears;
        story.seconds(6);
        story.sidecars[0].hears = true;
        story.sidecars[0].reaches_the_server = true;
        story.seconds(3);
        assert_eq!((story.part(0), story.part(1)), (leads("a"), follows("a")));
    }
    assert_eq!(story.server.spec("leaseTransitions"), 0);
}

#[test]
fn a_lease_that_is_given_back_is_taken_at_the_next_look() {
    let mut story = Story::of(&["a", "b"]);
    story.seconds(62);
    let now = story.sidecars[0].moment(story.millis);
    assert_eq!(story.sidecars[1].claimant.released(now), None);
    let released = story.sidecars[0].claimant.released(now);
    let released = Next::Replace(released.expect("it is ours to give"));
    assert!(matches!(story.server.does(&released), Heard::Lease(_)));
    story.sidecars.remove(0);
    story.seconds(6);
    assert_eq!(story.part(0), leads("b"));
}

#[test]
fn a_lease_that_a_person_gives_to_another_is_lost_at_the_next_renewal() {
    let mut story = Story::of(&["a"]);
    story.seconds(62);
    let lease = story.server.lease.clone();
    let mut lease = lease.expect("a lease");
    lease["spec"]["holderIdentity"] = "b".into();
    let given = Next::Replace(lease.to_string());
    assert!(matches!(story.server.does(&given), Heard::Lease(_)));
    story.pass(Duration::from_millis(3_500));
    assert_eq!(story.part(0), Leadership::Unknown { why: None });
    story.seconds(1);
    assert_eq!(story.part(0), follows("b"));
}

#[test]
fn a_lease_that_is_deleted_is_made_again_by_its_holder() {
    let mut story = Story::of(&["a", "b"]);
    // After a renewal and before a look: it is the other that sees it first.
    story.pass(Duration::from_millis(65_500));
    story.server.lease = None;
    story.seconds(30);
    assert_eq!((story.part(0), story.part(1)), (leads("a"), follows("a")));
}

#[test]
fn a_lease_keeps_what_others_wrote_on_it_and_its_own_duration_counts() {
    let mut story = Story::of(&["b"]);
    story.server.does(&Next::Create(
        json!({
            "metadata": { "labels": { "team": "orders" } },
            "spec": { "holderIdentity": "a", "leaseDurationSeconds": 40, "leaseTransitions": 7 },
        })
        .to_string(),
    ));
    story.seconds(39);
    assert_eq!(story.part(0), follows("a"));
    story.seconds(2);
    assert_eq!(story.part(0), leads("b"));
    assert_eq!(story.server.spec("leaseTransitions"), 8);
    let lease = story.server.lease.expect("a lease");
    assert_eq!(lease["metadata"]["labels"]["team"], "orders");
}

#[test]
fn a_clock_that_is_set_takes_no_lease_from_another_and_gives_none_to_its_owner() {
    let hour = 3_600_000;
    for (set_by, index) in [(hour, 0), (-hour, 0), (hour, 1), (-hour, 1)] {
        let mut story = Story::of(&["a", "b"]);
        story.seconds(62);
        story.sidecars[index].set_by = set_by;
        let still = story.sidecars[0]
            .claimant
            .may_write(story.sidecars[0].moment(story.millis));
        // Ahead by an hour, it may be that the machine slept for it.
        assert_eq!(still, (set_by, index) != (hour, 0));
        story.seconds(30);
        assert_eq!((story.part(0), story.part(1)), (leads("a"), follows("a")));
    }
}

#[test]
fn a_machine_that_slept_has_lost_its_lease_although_its_steady_clock_stood_still() {
    let mut story = Story::of(&["a", "b"]);
    story.seconds(62);
    // What its steady clock shows while it sleeps nobody asks.
    story.sidecars[0].runs = false;
    story.seconds(60);
    story.sidecars[0].slept = 60_000;
    assert_eq!(story.who_may_write(), ["b"]);
}

#[test]
fn what_is_forbidden_is_asked_again_twice_a_minute() {
    let mut claimant = Sidecar::new("a");
    let mut asked = 0;
    for millis in (0..60_000).step_by(100) {
        let now = claimant.moment(millis);
        let next = claimant.claimant.next(now);
        if !matches!(next, Next::Wait(_)) {
            asked += 1;
            let refused = Err(Stop::Refused("reading the lease: no right".into()));
            claimant.claimant.heard(&next, now, now, refused);
        }
    }
    assert_eq!(asked, 2);
    let part = claimant.claimant.leadership(claimant.moment(60_000));
    assert_eq!(part.trouble(), Some("reading the lease: no right"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens to three of them, two never may write at once; `pass` looks each 10 ms.
    #[test]
    fn never_two_may_write_at_once(
        events in prop::collection::vec((0_usize..3, 0_u8..4, 0_u64..20_000), 1..30)
    ) {
        let mut story = Story::of(&["a", "b", "c"]);
        for (index, what, after) in events {
            let sidecar = &mut story.sidecars[index];
            match what {
                0 => sidecar.runs = !sidecar.runs,
                1 => sidecar.reaches_the_server = !sidecar.reaches_the_server,
                2 => sidecar.hears = !sidecar.hears,
                _ => {}
            }
            story.pass(Duration::from_millis(after));
        }
        for sidecar in &mut story.sidecars {
            (sidecar.runs, sidecar.reaches_the_server, sidecar.hears) = (true, true, true);
        }
        story.seconds(40);
        prop_assert_eq!(story.who_may_write().len(), 1);
    }
}
