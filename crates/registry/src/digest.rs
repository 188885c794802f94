//! Digests of bytes.

use sha2::{Digest, Sha256, Sha512};

/// The SHA-256 digest of bytes, as `sha256:…`.
pub(crate) fn of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Whether bytes have a digest; `None` if its algorithm is not known here.
pub(crate) fn matches(digest: &str, bytes: &[u8]) -> Option<bool> {
    let (algorithm, wanted) = digest.split_once(':')?;
    match algorithm {
        "sha256" => Some(hex(&Sha256::digest(bytes)) == wanted),
        "sha512" => Some(hex(&Sha512::digest(bytes)) == wanted),
        _ => None,
    }
}

/// Whether it reads like a digest.
pub(crate) fn is_one(text: &str) -> bool {
    let (hex, wanted) = match text.split_once(':') {
        Some(("sha256", hex)) => (hex, 64),
        Some(("sha512", hex)) => (hex, 128),
        _ => return false,
    };
    hex.len() == wanted && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
