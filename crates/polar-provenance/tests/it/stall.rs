//! A way to a server that can be held up, so that connections stay and nothing comes through, or cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
};

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Way {
    /// It comes through.
    #[default]
    Open,
    /// It waits.
    Held,
    /// There is no connection, and none comes about.
    Cut,
}

#[derive(Default)]
struct Gate {
    way: Mutex<Way>,
    changed: Condvar,
    connections: Mutex<Vec<TcpStream>>,
}

pub(crate) struct Stall {
    port: u16,
    gate: Arc<Gate>,
}

impl Stall {
    /// A way to an address of this machine.
    pub(crate) fn start(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Arc::new(Gate::default());
        let (shared, to) = (Arc::clone(&gate), to.to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if *shared.way.lock().unwrap() == Way::Cut {
                    continue;
                }
                let far = TcpStream::connect(&to).unwrap();
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let kept = from.try_clone().unwrap();
                    shared.connections.lock().unwrap().push(kept);
                    let gate = Arc::clone(&shared);
                    std::thread::spawn(move || pass_on(from, to, &gate));
                }
            }
        });
        Self { port, gate }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, way: Way) {
        *self.gate.way.lock().unwrap() = way;
        self.gate.changed.notify_all();
        if way == Way::Cut {
            for connection in self.gate.connections.lock().unwrap().drain(..) {
                drop(connection.shutdown(Shutdown::Both));
            }
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, gate: &Gate) {
    let mut bytes = [0; 16384];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let way = gate.way.lock().unwrap();
        let way = gate.changed.wait_while(way, |way| *way == Way::Held);
        drop(way.unwrap());
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}
