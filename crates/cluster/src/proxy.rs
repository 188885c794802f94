//! Whether a cluster is reached without the proxy of the environment. kube compares `NO_PROXY` with
//! the proxy instead of with the cluster, so it is done here, by the rules of `kubectl`.

use std::net::IpAddr;

/// Whether `host` needs no proxy: it is this machine, or in a list as `NO_PROXY` has it.
pub(crate) fn is_direct(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = host.parse().ok();
    if host.eq_ignore_ascii_case("localhost") || address.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    let mut entries = list.split(',').map(str::trim);
    entries.any(|entry| match entry {
        "" => false,
        "*" => true,
        entry => match address {
            Some(address) => is_address(address, port, entry),
            None => is_name(host, port, entry),
        },
    })
}

fn is_address(address: IpAddr, port: u16, entry: &str) -> bool {
    if let Some((network, length)) = entry.split_once('/') {
        return match (network.parse(), length.parse()) {
            (Ok(network), Ok(length)) => is_in(address, network, length),
            _ => false,
        };
    }
    if let Ok(socket) = entry.parse::<std::net::SocketAddr>() {
        return socket.ip() == address && socket.port() == port;
    }
    entry.parse() == Ok(address)
}

fn is_in(address: IpAddr, network: IpAddr, length: u32) -> bool {
    let (bits, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let differ: u128 = bits ^ network;
    length <= width && differ.checked_shr(width - length).unwrap_or(0) == 0
}

/// A domain stands for itself and all below it; one that begins with a dot, for those below it.
fn is_name(host: &str, port: u16, entry: &str) -> bool {
    let (entry, wanted) = entry.rsplit_once(':').unwrap_or((entry, ""));
    if !wanted.is_empty() && wanted.parse() != Ok(port) {
        return false;
    }
    let (host, entry) = (host.to_ascii_lowercase(), entry.to_ascii_lowercase());
    let domain = entry.trim_start_matches('*').trim_start_matches('.');
    let below = host.strip_suffix(domain);
    let is_below = below.is_some_and(|below| below.ends_with('.'));
    is_below || host == entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (host, list, wanted) in [
            ("127.0.0.1", "", true),
            ("localhost", "", true),
            ("[::1]", "", true),
            ("10.1.2.3", "", false),
            ("10.1.2.3", "*", true),
            ("10.1.2.3", "a, 10.0.0.0/8", true),
            ("10.1.2.3", "10.1.2.3/32", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("11.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.0.0.0/99,10.0.0.0/x,::/0", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.3:6443", true),
            ("10.1.2.3", "10.1.2.3:443", false),
            ("[fd00::1]", "fd00::/8", true),
            ("[fd00::1]", "::/0", true),
            ("k8s.acme.example", "acme.example", true),
            ("k8s.acme.example", ".acme.example", true),
            ("k8s.acme.example", "*.acme.example", true),
            ("K8s.acme.example", "k8s.ACME.example:6443", true),
            ("k8s.acme.example", "k8s.acme.example:443", false),
            ("k8sacme.example", "acme.example", false),
            ("acme.example", ".acme.example", false),
        ] {
            assert_eq!(is_direct(host, 6443, list), wanted, "{host} {list}");
        }
    }
}
