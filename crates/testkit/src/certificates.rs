//! Certificates for tests of TLS.

use std::{fs, path::PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use tempfile::TempDir;

/// PEM files in a folder that goes with this value: an authority, a server and a client signed by
/// it, and an authority that signed neither.
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
        let ca = authority("test authority");
        write("ca.pem", ca.pem());
        write("other-ca.pem", authority("another authority").pem());
        for (name, usage) in [
            ("server", ExtendedKeyUsagePurpose::ServerAuth),
            ("client", ExtendedKeyUsagePurpose::ClientAuth),
        ] {
            let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
            let mut params = CertificateParams::new(names).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![usage];
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &ca).unwrap();
            write(&format!("{name}.pem"), certificate.pem());
            write(&format!("{name}.key"), key.serialize_pem());
        }
        Self { folder }
    }

    /// The path of `ca.pem`, `other-ca.pem`, `server.pem`, `server.key`, `client.pem` or
    /// `client.key`.
    ///
    /// # Panics
    /// If there is no such file.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        assert!(path.is_file(), "no {name}");
        path
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
