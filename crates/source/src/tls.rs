//! Whom to trust, and what to show of oneself.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use reqwest::{Certificate, Client, Identity, redirect};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use zeroize::Zeroizing;

use crate::{HttpOptions, SourceError, http::causes};

/// A certificate with its key. It goes where credentials go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM file of the certificate, and of those between it and its authority.
    pub certificate: PathBuf,
    /// PEM file of its key.
    pub key: PathBuf,
}

/// A client that trusts as the options say; it shows the certificate if a server asks for one.
pub(crate) fn client(
    options: &HttpOptions,
    shown: Option<&ClientCertificate>,
) -> Result<Client, SourceError> {
    // Another part of the process may have chosen the same already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = Client::builder()
        .user_agent(concat!("polar-provenance/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .timeout(options.timeout)
        .referer(false);
    if let Some(path) = &options.ca_certificate {
        let certificates = certificates("CA certificate (`ca_cert`, PROXY_CA_CERT)", path)?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(shown) = shown {
        builder = builder.identity(identity(shown)?);
    }
    let built = builder.build();
    built.map_err(|error| {
        let reason = causes(&error);
        SourceError::Settings(format!("no HTTP client: {reason}"))
    })
}

fn certificates(what: &str, path: &Path) -> Result<Vec<Certificate>, SourceError> {
    let pem = fs::read(path).map_err(|error| wrong_file(what, path, &error))?;
    let found = Certificate::from_pem_bundle(&pem);
    let found = found.map_err(|error| wrong_file(what, path, &error))?;
    if found.is_empty() {
        let reason = "no certificate in PEM format in it";
        return Err(wrong_file(what, path, &reason));
    }
    Ok(found)
}

/// Both files together, as the client takes them.
fn identity(shown: &ClientCertificate) -> Result<Identity, SourceError> {
    let ClientCertificate { certificate, key } = shown;
    let of_certificate = "client certificate (`client_cert`)";
    certificates(of_certificate, certificate)?;
    let wrong = |error: &dyn fmt::Display| wrong_file("its key (`client_key`)", key, error);
    let secret = Zeroizing::new(fs::read(key).map_err(|error| wrong(&error))?);
    PrivateKeyDer::from_pem_slice(&secret)
        .map_err(|_| wrong(&"no private key in PEM format in it"))?;
    let chain = fs::read(certificate);
    let chain = chain.map_err(|error| wrong_file(of_certificate, certificate, &error))?;
    // As long as it gets, so that no copy of the key is left where it grew.
    let mut both = Zeroizing::new(Vec::with_capacity(chain.len() + secret.len() + 1));
    both.extend_from_slice(&chain);
    both.push(b'\n');
    both.extend_from_slice(&secret);
    Identity::from_pem(&both).map_err(|error| wrong(&causes(&error)))
}

fn wrong_file(what: &str, path: &Path, reason: &dyn fmt::Display) -> SourceError {
    SourceError::Settings(format!("{what} {}: {reason}", path.display()))
}
