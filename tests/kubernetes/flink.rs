//! A Flink for sidecars that are processes: a recorded job on two TaskManagers, in motion, whatever
//! is asked of Kubernetes.

use std::sync::mpsc::channel;

use tokio::runtime::Builder;

use crate::support::moving::{Moving, now};
use crate::support::replay::Replay;

/// Where it listens, until the process of the tests ends.
pub fn job_on_two_taskmanagers() -> String {
    let (tell, told) = channel();
    // In a thread of its own, because these tests wait without a runtime.
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let today = now();
            let job = Moving::since(today);
            let replay = Replay::answering(today, move |now, target| job.answer(now, target)).await;
            tell.send(replay.url().to_string()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
}
