//! Sends what is written at once.
//!
//! The driver leaves Nagle's algorithm on and hands the network a message of more than 8 KiB in several
//! writes. The last of them then waits until the server acknowledges the others, which a server that
//! has nothing to answer yet does after 40 ms: each statement with many rows took that much longer. The
//! driver hands out no socket, so the option is set on this process's sockets to the server's port.

#[cfg(target_os = "linux")]
pub(crate) fn set(port: u16) {
    use std::os::fd::RawFd;

    use nix::sys::socket::{SockaddrStorage, getpeername, setsockopt, sockopt::TcpNoDelay};

    let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    for name in open.flatten().map(|entry| entry.file_name()) {
        let Some(fd) = name.to_str().and_then(|name| name.parse::<RawFd>().ok()) else {
            continue;
        };
        // Of what is no socket, or none that is connected, there is no peer.
        let peer = getpeername::<SockaddrStorage>(fd).ok();
        let peer = peer.and_then(|peer| {
            let v4 = peer.as_sockaddr_in().map(|address| address.port());
            v4.or_else(|| peer.as_sockaddr_in6().map(|address| address.port()))
        });
        if peer == Some(port) {
            // One that was closed meanwhile needs nothing.
            let _ = setsockopt(fd, TcpNoDelay, &true);
        }
    }
}

/// Elsewhere it stays as it is: slower, and right.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set(_port: u16) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn connections_to_the_port_alone_send_at_once() {
        let [to, other] = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let [to, other] = [&to, &other].map(|at| at.local_addr().unwrap());
        let [one, beside] = [to, other].map(|at| TcpStream::connect(at).unwrap());
        assert!(!one.nodelay().unwrap());
        super::set(to.port());
        assert!(one.nodelay().unwrap());
        assert!(!beside.nodelay().unwrap());
    }
}
