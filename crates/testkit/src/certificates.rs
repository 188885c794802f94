//! Certificates for tests of TLS.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// PEM files in a folder that goes with this value: two authorities (`ca.pem`, `other-ca.pem`), and
/// certificates with their keys (`NAME.pem`, `NAME.key`):
///
/// - `server`, good for `localhost` and 127.0.0.1; the same but `expired`, for another host
///   (`elsewhere`), or signed by the other authority (`stranger`);
/// - `client`; the same but signed by the other authority (`other-client`).
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes them.
    ///
    /// # Panics
    /// If they cannot be made or written.
    #[must_use]
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        let (ca, other) = (authority("test authority"), authority("another authority"));
        write("ca.pem", ca.pem());
        write("other-ca.pem", other.pem());
        let (serves, asks) = (
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        );
        let here: &[&str] = &["localhost", "127.0.0.1"];
        let there: &[&str] = &["elsewhere.example"];
        for (name, usage, hosts, until, signer) in [
            ("server", &serves, here, 4096, &ca),
            ("expired", &serves, here, 2020, &ca),
            ("elsewhere", &serves, there, 4096, &ca),
            ("stranger", &serves, here, 4096, &other),
            ("client", &asks, here, 4096, &ca),
            ("other-client", &asks, here, 4096, &other),
        ] {
            let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
            let mut params = CertificateParams::new(hosts).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![usage.clone()];
            params.not_after = date_time_ymd(until, 1, 1);
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, signer).unwrap();
            write(&format!("{name}.pem"), certificate.pem());
            write(&format!("{name}.key"), key.serialize_pem());
        }
        Self { folder }
    }

    /// The path of a file, e.g. `ca.pem`.
    ///
    /// # Panics
    /// If there is no such file.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        assert!(path.is_file(), "no {name}");
        path
    }

    /// How a server answers with the certificate of a name; `mutual` wants one of a client, which
    /// `ca.pem` signed.
    ///
    /// # Panics
    /// If the files are no good.
    #[must_use]
    pub fn acceptor(&self, name: &str, mutual: bool) -> TlsAcceptor {
        let pem = |file: &str| CertificateDer::pem_file_iter(self.path(file)).unwrap();
        let chain = pem(&format!("{name}.pem")).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = RootCertStore::empty();
            pem("ca.pem").for_each(|certificate| roots.add(certificate.unwrap()).unwrap());
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let config = builder.with_single_cert(chain, key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Lines for a server's configuration: TLS only, and a client certificate if `mutual`.
    ///
    /// # Panics
    /// If the folder of trusted certificates cannot be made.
    #[must_use]
    pub fn server_conf(&self, mutual: bool) -> String {
        let base = self.folder.path();
        let trusted = base.join("trusted");
        fs::create_dir_all(&trusted).unwrap();
        fs::copy(self.path("ca.pem"), trusted.join("ca.pem")).unwrap();
        let client_auth = if mutual { "REQUIRE" } else { "NONE" };
        format!(
            "server.bolt.tls_level=REQUIRED\n\
             dbms.ssl.policy.bolt.enabled=true\n\
             dbms.ssl.policy.bolt.base_directory={}\n\
             dbms.ssl.policy.bolt.private_key=server.key\n\
             dbms.ssl.policy.bolt.public_certificate=server.pem\n\
             dbms.ssl.policy.bolt.trusted_dir=trusted\n\
             dbms.ssl.policy.bolt.client_auth={client_auth}\n",
            base.display()
        )
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
