//! The whole thing on one machine, without Java and without a cluster: a simulated job behind a
//! server that speaks Flink's REST, in real time, the sidecar's own loop that scales it, and the
//! sidecar's page.
//!
//! The loop, the client and the server are those of production. Only the target is the demo's own,
//! and it is handed to the loop: no setting leads to it, and none leads the demo to another.

pub mod cluster;
pub mod job;
pub mod rest;
pub mod told;
pub mod world;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{interval, sleep};

use crate::act::Actuator;
use crate::demo::cluster::Cluster;
use crate::demo::told::{Form, Teller};
use crate::demo::world::World;
use crate::report::Report;
use crate::report::status::Status;
use crate::run::{now, told_to_stop, turn};
use crate::server;
use crate::settings::{FlinkUrl, PREFIX, Parsed};
use crate::simulate::load::Workload;
use crate::simulate::model::ROOM;
use crate::simulate::rivals::Rival;

/// What is to be shown.
pub struct Demo {
    /// Settings without mistakes.
    pub parsed: Parsed,
    /// The job and its load, with at least one rate.
    pub workload: Workload,
    /// A rival that looks after the job in the sidecar's place; the sidecar then tells what it would do.
    pub rival: Option<Box<dyn Rival>>,
    /// The load begins anew when it has ended; else the demo ends with it.
    pub repeats: bool,
    /// The demo ends after so long; `None`: when it is told to.
    pub lasts: Option<Duration>,
    /// How it is told.
    pub form: Form,
}

/// Why a demo ended that was not told to.
#[derive(Debug)]
pub enum Trouble {
    /// It could not begin; what to do about it, in a sentence.
    Begin(String),
    /// It could not be written.
    Write(io::Error),
}

// === impl Demo ===

impl Demo {
    /// Runs until it is told to stop, until its time is over, or until its load has ended, and tells
    /// on `out` what happens and why, and in the end how it went.
    ///
    /// # Errors
    /// Where its addresses cannot be had, or `out` takes no more.
    pub async fn run(mut self, out: impl Write) -> Result<(), Trouble> {
        let page = listen(self.parsed.settings.listen).await?;
        let flink = listen((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let (page_address, flink_address) = (address(&page)?, address(&flink)?);
        self.parsed.settings.listen = page_address;
        self.parsed.settings.flink_url = FlinkUrl {
            host: flink_address.ip().to_string(),
            port: flink_address.port(),
        };
        let mut teller = Teller::new(self.form, out);
        teller
            .begin(&self.workload, page_address, flink_address)
            .map_err(Trouble::Write)?;
        let workers_max = self.parsed.settings.workers_max.unwrap_or(ROOM);
        let begins_with = self.rival.as_ref().and_then(|rival| rival.begins_with());
        if let Some(workers) = begins_with {
            self.workload.model.workers = workers.min(workers_max).0;
        }
        let mut world = World::begin(self.workload, self.repeats, now());
        if let Some(rival) = self.rival {
            world = world.looked_after_by(rival, workers_max);
        }
        let cluster = Cluster::of(world);
        let mut report = Report::new(&self.parsed, now());
        let status = report.status();
        let mut target = target(&cluster);
        let told = tokio::select! {
            () = cluster.clone().serve_flink(flink) => Ok(()),
            () = server::serve_on(page, status.clone(), now) => Ok(()),
            () = turn(&self.parsed, &mut target, &mut report) => Ok(()),
            told = live(&cluster, status, &mut teller) => told,
            () = over(self.lasts) => Ok(()),
            () = told_to_stop() => Ok(()),
        };
        told.map_err(Trouble::Write)?;
        let summary = cluster.world().summary();
        teller.end(&summary).map_err(Trouble::Write)
    }
}

/// A second of the job each second, and what is new told, until the load has ended.
async fn live(
    cluster: &Cluster,
    mut status: watch::Receiver<Arc<Status>>,
    teller: &mut Teller<impl Write>,
) -> io::Result<()> {
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = seconds.tick() => {
                let (moment, over) = {
                    let mut world = cluster.world();
                    world.live_until(now());
                    (world.moment(), world.is_over())
                };
                teller.second(&moment)?;
                if over {
                    return Ok(());
                }
            }
            Ok(()) = status.changed() => {
                let status = Arc::clone(&status.borrow_and_update());
                let moment = cluster.world().moment();
                teller.tick(&status, now(), &moment)?;
            }
        }
    }
}

/// What the loop scales.
fn target(cluster: &Cluster) -> Actuator {
    let cluster = cluster.clone();
    Actuator::Here(Box::new(move |workers| cluster.world().scale_to(workers)))
}

async fn over(lasts: Option<Duration>) {
    match lasts {
        Some(lasts) => sleep(lasts).await,
        None => std::future::pending().await,
    }
}

async fn listen(at: SocketAddr) -> Result<TcpListener, Trouble> {
    TcpListener::bind(at).await.map_err(|error| {
        Trouble::Begin(format!(
            "cannot listen on {at}: {error}; is another demo running? Set {PREFIX}LISTEN to a free \
             address, for example {PREFIX}LISTEN=127.0.0.1:9251"
        ))
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Trouble> {
    let address = listener.local_addr();
    address.map_err(|error| Trouble::Begin(format!("cannot tell the address: {error}")))
}
