//! What stands before a server: TLS with any certificate, or none; it keeps what it was sent.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::Certificates;

/// How a [`Front`] meets those who connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// In plain text.
    Plain,
    /// TLS, with the certificate of this name.
    Tls(&'static str),
    /// TLS with `server`, and only with clients that `ca.pem` vouches for.
    Mutual,
}

/// Passes connections on to a server; it ends when it is dropped.
pub struct Front {
    /// e.g. `127.0.0.1:40123`.
    pub host: String,
    seen: Arc<Mutex<Seen>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    wire: Vec<u8>,
    inside: Vec<u8>,
}

impl Front {
    /// Stands before the server at an address, e.g. `127.0.0.1:7687`.
    ///
    /// # Panics
    /// If no port can be had, or the certificates are no good.
    pub async fn before(server: &str, certificates: &Certificates, speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let tls = match speaks {
            Speaks::Plain => None,
            Speaks::Tls(name) => Some(certificates.acceptor(name, false)),
            Speaks::Mutual => Some(certificates.acceptor("server", true)),
        };
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (server, shared) = (server.to_owned(), Arc::clone(&seen));
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, server, seen) = (tls.clone(), server.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let wire = Arc::clone(&seen);
                    // Plain text to look at, whoever speaks it.
                    let (near, far) = tokio::io::duplex(1 << 16);
                    let outside = pass(stream, near, move |bytes| {
                        wire.lock().unwrap().wire.extend_from_slice(bytes);
                    });
                    let inside = async {
                        let stream: Box<dyn Both> = match &tls {
                            None => Box::new(far),
                            // A client that does not want it goes away.
                            Some(tls) => Box::new(tls.accept(far).await.ok()?),
                        };
                        let server = TcpStream::connect(server).await.ok()?;
                        let note = |bytes: &[u8]| {
                            seen.lock().unwrap().inside.extend_from_slice(bytes);
                        };
                        pass(stream, server, note).await;
                        Some(())
                    };
                    tokio::join!(outside, inside);
                });
            }
        });
        Self {
            host,
            seen,
            accepting,
        }
    }

    /// All bytes that came over the wire.
    ///
    /// # Panics
    /// If a connection panicked.
    #[must_use]
    pub fn wire(&self) -> Vec<u8> {
        self.seen.lock().unwrap().wire.clone()
    }

    /// All bytes that came within TLS, if it speaks TLS.
    ///
    /// # Panics
    /// If a connection panicked.
    #[must_use]
    pub fn inside(&self) -> Vec<u8> {
        self.seen.lock().unwrap().inside.clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// Copies both ways until both have ended, and notes what comes from `from`.
async fn pass(
    from: impl AsyncRead + AsyncWrite,
    to: impl AsyncRead + AsyncWrite,
    note: impl Fn(&[u8]),
) {
    let (mut from_read, mut from_write) = tokio::io::split(from);
    let (mut to_read, mut to_write) = tokio::io::split(to);
    let there = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from_read.read(&mut buffer).await {
            note(&buffer[..count]);
            if to_write.write_all(&buffer[..count]).await.is_err()
                || to_write.flush().await.is_err()
            {
                break;
            }
        }
        // An error says that the other side has gone already.
        drop(to_write.shutdown().await);
    };
    let back = async {
        drop(tokio::io::copy(&mut to_read, &mut from_write).await);
        drop(from_write.shutdown().await);
    };
    tokio::join!(there, back);
}
