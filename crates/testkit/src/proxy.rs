//! A network that fails as a test says: a TCP proxy before a server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use polar_graph::Neo4jSettings;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    There,
    /// From the server to the client.
    Back,
}

/// What the network does. Bytes are counted from the last [`Proxy::set`] on, over all connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// All goes through.
    Fine,
    /// The connection that carries this byte one way is reset before it, once.
    ResetAt(Way, u64),
    /// The connection that carries the answer to the next Bolt commit is reset before it, once.
    LostCommit,
    /// From this byte on nothing goes that way, on any connection; none is closed.
    StalledFrom(Way, u64),
    /// Nothing goes either way, on any connection; none is closed, and new ones are taken.
    Stalled,
    /// So many bytes at a time go that way, with a wait before each.
    Trickle(Way, usize, Duration),
}

struct Shared {
    network: watch::Sender<Network>,
    passed: [AtomicU64; 2],
}

/// The proxy; it and its connections end when it is dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy before a port of this machine.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            network: watch::Sender::new(Network::Fine),
            passed: Default::default(),
        });
        let state = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connection(client, target, Arc::clone(&state)));
            }
        });
        Self {
            port,
            shared,
            accepting,
        }
    }

    /// As [`Proxy::start`], before the server of these settings.
    ///
    /// # Panics
    /// If it is not on this machine, or no port can be had.
    pub async fn before(settings: &Neo4jSettings) -> Self {
        let address = settings.endpoint.strip_prefix("bolt://").unwrap();
        let address: SocketAddr = address.parse().unwrap();
        assert!(address.ip().is_loopback());
        Self::start(address.port()).await
    }

    /// The settings that lead through the proxy.
    #[must_use]
    pub fn through(&self, settings: &Neo4jSettings) -> Neo4jSettings {
        Neo4jSettings {
            endpoint: format!("bolt://{}", self.address()),
            ..settings.clone()
        }
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Makes the network so, at once, and counts bytes from 0.
    pub fn set(&self, network: Network) {
        for passed in &self.shared.passed {
            passed.store(0, Ordering::SeqCst);
        }
        self.shared.network.send_replace(network);
    }

    /// How many bytes went that way.
    #[must_use]
    pub fn passed(&self, way: Way) -> u64 {
        self.shared.passed[way as usize].load(Ordering::SeqCst)
    }

    /// What the network is like now; a reset that has happened leaves it fine.
    #[must_use]
    pub fn network(&self) -> Network {
        *self.shared.network.borrow()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The connection is to be reset.
struct Reset;

/// Bolt's COMMIT, as one chunk and the end of the message.
const COMMIT: [u8; 6] = [0, 2, 0xB0, 0x12, 0, 0];

async fn connection(mut client: TcpStream, target: u16, shared: Arc<Shared>) {
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else {
        drop(client.set_zero_linger());
        return;
    };
    // A proxy that held packets back would make each question wait for the answer's acknowledgement.
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::try_join!(
        pump(from_client, to_server, Way::There, &shared),
        pump(from_server, to_client, Way::Back, &shared),
    );
    if ended.is_err() {
        // Closed with bytes unsent: the other side sees a reset.
        drop((client.set_zero_linger(), server.set_zero_linger()));
    }
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    way: Way,
    shared: &Shared,
) -> Result<(), Reset> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut buffer).await.map_err(|_| Reset)?;
        if read == 0 {
            return to.shutdown().await.map_err(|_| Reset);
        }
        let mut rest = &buffer[..read];
        if way == Way::There && rest.windows(COMMIT.len()).any(|part| part == COMMIT) {
            shared.commits();
        }
        while !rest.is_empty() {
            let goes = shared.next(way, rest.len()).await?;
            let (now, later) = rest.split_at(goes);
            to.write_all(now).await.map_err(|_| Reset)?;
            shared.passed[way as usize].fetch_add(goes as u64, Ordering::SeqCst);
            rest = later;
        }
    }
}

impl Shared {
    /// A commit is about to go to the server: its answer is the next that comes.
    fn commits(&self) {
        self.network.send_if_modified(|network| {
            let is_lost = *network == Network::LostCommit;
            if is_lost {
                *network = Network::ResetAt(
                    Way::Back,
                    self.passed[Way::Back as usize].load(Ordering::SeqCst),
                );
            }
            is_lost
        });
    }

    /// How many of some bytes may go now, at least one; waits until one may.
    async fn next(&self, way: Way, bytes: usize) -> Result<usize, Reset> {
        let mut network = self.network.subscribe();
        loop {
            let passed = self.passed[way as usize].load(Ordering::SeqCst);
            let up_to = |at: u64| {
                usize::try_from(at.saturating_sub(passed))
                    .unwrap()
                    .min(bytes)
            };
            let is_now = *network.borrow_and_update();
            let goes = match is_now {
                Network::Fine => bytes,
                Network::ResetAt(on, at) if on == way => {
                    let goes = up_to(at);
                    if goes == 0 {
                        self.network.send_replace(Network::Fine);
                        return Err(Reset);
                    }
                    goes
                }
                Network::StalledFrom(on, at) if on == way => up_to(at),
                Network::Stalled => 0,
                Network::Trickle(on, at_a_time, wait) if on == way => {
                    tokio::time::sleep(wait).await;
                    at_a_time.min(bytes)
                }
                Network::ResetAt(..)
                | Network::LostCommit
                | Network::StalledFrom(..)
                | Network::Trickle(..) => bytes,
            };
            if goes > 0 {
                return Ok(goes);
            }
            // An error would mean that the proxy is gone, and `self` holds it.
            drop(network.changed().await);
        }
    }
}
