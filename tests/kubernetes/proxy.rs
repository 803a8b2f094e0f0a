//! A way to the API server that can be cut, as a network is: bytes get lost, nobody is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::spawn;

pub struct Proxy {
    /// Where it listens, until the process of the tests ends.
    pub url: String,
    is_cut: Arc<AtomicBool>,
}

impl Proxy {
    /// To a server such as `https://127.0.0.1:6443`.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("https://").to_owned();
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = is_cut.clone();
        spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (there_cut, back_cut) = (cut.clone(), cut.clone());
                spawn(move || copy(client, server, &there_cut));
                spawn(move || copy(back.0, back.1, &back_cut));
            }
        });
        Self { url, is_cut }
    }

    /// What is sent from now on gets lost.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    /// New connections work again; those from before have lost bytes.
    pub fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    let mut lost = false;
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        lost |= is_cut.load(Ordering::SeqCst);
        // A connection that has lost bytes goes on losing them.
        if !lost && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if !lost {
        let _ = to.shutdown(Shutdown::Write);
    }
}
