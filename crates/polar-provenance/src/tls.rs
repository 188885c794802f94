//! TLS with GitLab and registries: whom to trust, and what to show.

use std::path::PathBuf;

use anyhow::bail;
use polar_source::{ClientCertificate, HttpOptions};

use crate::config::variable;

/// Files for TLS with a source.
pub(crate) struct TlsFiles {
    pub(crate) ca: Option<PathBuf>,
    /// Certificate and key.
    pub(crate) shown: [Option<PathBuf>; 2],
}

impl TlsFiles {
    /// How requests are made; `is_plain` if the address is one without TLS.
    pub(crate) fn http(self, is_plain: bool) -> anyhow::Result<HttpOptions> {
        let client_certificate = match self.shown {
            [Some(certificate), Some(key)] => Some(ClientCertificate { certificate, key }),
            [None, None] => None,
            [Some(_), None] => {
                bail!("`client_cert` is set and `client_key` is not: give both or neither")
            }
            [None, Some(_)] => {
                bail!("`client_key` is set and `client_cert` is not: give both or neither")
            }
        };
        // Who gives certificates does not mean to speak without them.
        if is_plain && (self.ca.is_some() || client_certificate.is_some()) {
            bail!("certificates are given, and the address is plain HTTP: give an https address");
        }
        Ok(HttpOptions {
            ca_certificate: self
                .ca
                .or_else(|| variable("PROXY_CA_CERT").map(PathBuf::from)),
            client_certificate,
            ..HttpOptions::default()
        })
    }
}
