//! How to reach a Neo4j server: the environment variables every Polar consumer shares.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use zeroize::Zeroizing;

/// Where the server is and how to talk to it. `Debug` masks the password, and its memory is
/// overwritten when it is dropped.
#[derive(Clone)]
pub struct Neo4jSettings {
    /// `bolt://` or `neo4j://` address, with `+s` for TLS checked against public authorities.
    pub endpoint: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: Zeroizing<String>,
    /// Database; the server's default if absent.
    pub database: Option<String>,
    /// Trust.
    pub tls: Tls,
    /// How long the server may be silent before it is asked whether it is there, and how long it
    /// may take to answer that.
    pub timeout: Duration,
}

/// What is trusted, and what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// What the address's scheme says.
    Scheme,
    /// The server's certificate is signed by this authority (PEM file).
    ServerCa(PathBuf),
    /// As [`Tls::ServerCa`], and the client shows a certificate.
    Mutual {
        /// The server's authority (PEM file).
        ca: PathBuf,
        /// The client's certificate chain (PEM file).
        cert: PathBuf,
        /// The client's key (PEM file).
        key: PathBuf,
    },
}

/// A setting that is missing, malformed, or does not go with the others.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// A variable must be set.
    #[error("{0} is not set; set {0}, or use --graph embedded")]
    Missing(&'static str),
    /// Some but not all of the variables of mutual TLS.
    #[error(
        "set: {set}; missing: {missing}. GRAPH_CA_CERT alone names the server's CA; \
         GRAPH_CLIENT_CERT, GRAPH_CLIENT_KEY and GRAPH_CA_CERT together are mutual TLS; \
         any other mix is an error"
    )]
    TlsMix {
        /// What is set.
        set: String,
        /// What is missing.
        missing: String,
    },
    /// The address cannot be used.
    #[error(
        "GRAPH_ENDPOINT `{endpoint}`: {reason}; give bolt://HOST:PORT or neo4j://HOST:PORT \
         (bolt+s:// or neo4j+s:// for TLS)"
    )]
    Endpoint {
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The time-out is no length of time.
    #[error("GRAPH_TIMEOUT `{0}`: give a length of time such as 30s or 2m, at least 1s")]
    Timeout(String),
    /// A PEM file cannot be read or holds nothing usable.
    #[error("{variable}: {path}: {reason}")]
    Pem {
        /// The variable that names it.
        variable: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

const ENDPOINT: &str = "GRAPH_ENDPOINT";
const CA_CERT: &str = "GRAPH_CA_CERT";
const CLIENT_CERT: &str = "GRAPH_CLIENT_CERT";
const CLIENT_KEY: &str = "GRAPH_CLIENT_KEY";

impl Neo4jSettings {
    /// The time-out where nothing is said.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// Reads the settings through `get`, a look-up of environment variables; an empty variable
    /// counts as not set. Files are read and checked here, before any connection.
    ///
    /// # Errors
    /// [`SettingsError`] names the variables at fault.
    pub fn from_lookup(
        get: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let get = |name| get(name).filter(|value| !value.is_empty());
        let need = |name| get(name).ok_or(SettingsError::Missing(name));
        let settings = Self {
            endpoint: need(ENDPOINT)?,
            user: need("GRAPH_USER")?,
            password: need("GRAPH_PASSWORD")?.into(),
            database: get("GRAPH_DB"),
            tls: tls(get(CA_CERT), get(CLIENT_CERT), get(CLIENT_KEY))?,
            timeout: get("GRAPH_TIMEOUT").map_or(Ok(Self::TIMEOUT), |text| timeout(&text))?,
        };
        settings.check()?;
        Ok(settings)
    }

    /// Checks the address and the PEM files.
    ///
    /// # Errors
    /// [`SettingsError`] says what is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        let scheme = self.address()?.0;
        if self.tls != Tls::Scheme && scheme.ends_with("+ssc") {
            return Err(self.endpoint_error(
                "+ssc trusts any certificate, and GRAPH_CA_CERT asks for a certain one",
            ));
        }
        match &self.tls {
            Tls::Scheme => Ok(()),
            Tls::ServerCa(ca) => check_certificates(CA_CERT, ca),
            Tls::Mutual { ca, cert, key } => {
                check_certificates(CA_CERT, ca)?;
                check_certificates(CLIENT_CERT, cert)?;
                let pem = Zeroizing::new(read(CLIENT_KEY, key)?);
                PrivateKeyDer::from_pem_slice(&pem)
                    .map(|_| ())
                    .map_err(|error| pem_error(CLIENT_KEY, key, format!("no private key: {error}")))
            }
        }
    }

    /// The address for the driver, whose scheme alone decides on TLS: with certificates it must be
    /// an encrypted one, or they are ignored and the connection is plain.
    pub(crate) fn driver_address(&self) -> String {
        match (&self.tls, self.endpoint.split_once("://")) {
            (Tls::ServerCa(_) | Tls::Mutual { .. }, Some((scheme @ ("bolt" | "neo4j"), rest))) => {
                format!("{scheme}+s://{rest}")
            }
            _ => self.endpoint.clone(),
        }
    }

    /// Scheme, host and port of the address.
    pub(crate) fn address(&self) -> Result<(&str, &str, u16), SettingsError> {
        let (scheme, rest) = self
            .endpoint
            .split_once("://")
            .ok_or_else(|| self.endpoint_error("it has no scheme"))?;
        if ![
            "bolt",
            "bolt+s",
            "bolt+ssc",
            "neo4j",
            "neo4j+s",
            "neo4j+ssc",
        ]
        .contains(&scheme)
        {
            return Err(self.endpoint_error("unknown scheme"));
        }
        if rest.contains('@') {
            return Err(SettingsError::Endpoint {
                endpoint: format!("{scheme}://…"),
                reason: "it holds a user or password; use GRAPH_USER and GRAPH_PASSWORD".into(),
            });
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (
                host,
                port.parse()
                    .map_err(|_| self.endpoint_error("the port is no number"))?,
            ),
            _ => (authority, 7687),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(self.endpoint_error("it has no host"));
        }
        Ok((scheme, host, port))
    }

    fn endpoint_error(&self, reason: &str) -> SettingsError {
        SettingsError::Endpoint {
            endpoint: self.endpoint.clone(),
            reason: reason.to_owned(),
        }
    }
}

impl std::fmt::Debug for Neo4jSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neo4jSettings")
            .field("endpoint", &self.endpoint)
            .field("user", &self.user)
            .field("password", &"***")
            .field("database", &self.database)
            .field("tls", &self.tls)
            .field("timeout", &self.timeout)
            .finish()
    }
}

fn tls(
    ca: Option<String>,
    cert: Option<String>,
    key: Option<String>,
) -> Result<Tls, SettingsError> {
    match (ca, cert, key) {
        (None, None, None) => Ok(Tls::Scheme),
        (Some(ca), None, None) => Ok(Tls::ServerCa(ca.into())),
        (Some(ca), Some(cert), Some(key)) => Ok(Tls::Mutual {
            ca: ca.into(),
            cert: cert.into(),
            key: key.into(),
        }),
        (ca, cert, key) => {
            let all = [(CA_CERT, ca), (CLIENT_CERT, cert), (CLIENT_KEY, key)];
            let names = |set: bool| {
                let named: Vec<_> = all
                    .iter()
                    .filter(|(_, value)| value.is_some() == set)
                    .map(|(name, _)| *name)
                    .collect();
                named.join(", ")
            };
            Err(SettingsError::TlsMix {
                set: names(true),
                missing: names(false),
            })
        }
    }
}

fn timeout(text: &str) -> Result<Duration, SettingsError> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let parsed = seconds.or_else(|| {
        let friendly: jiff::SignedDuration = text.parse().ok()?;
        Duration::try_from(friendly).ok()
    });
    let timeout = parsed.filter(|timeout| *timeout >= Duration::from_secs(1));
    timeout.ok_or_else(|| SettingsError::Timeout(text.to_owned()))
}

fn read(variable: &'static str, path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|error| pem_error(variable, path, error.to_string()))
}

fn check_certificates(variable: &'static str, path: &Path) -> Result<(), SettingsError> {
    let pem = read(variable, path)?;
    let mut roots = rustls::RootCertStore::empty();
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate
            .map_err(|error| pem_error(variable, path, format!("malformed PEM: {error}")))?;
        roots.add(certificate).map_err(|error| {
            pem_error(variable, path, format!("malformed certificate: {error}"))
        })?;
        found += 1;
    }
    if found == 0 {
        return Err(pem_error(variable, path, "holds no PEM certificate".into()));
    }
    Ok(())
}

fn pem_error(variable: &'static str, path: &Path, reason: String) -> SettingsError {
    SettingsError::Pem {
        variable,
        path: path.display().to_string(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &str)]) -> Result<Neo4jSettings, String> {
        let base = [
            ("GRAPH_ENDPOINT", "bolt://h:1"),
            ("GRAPH_USER", "u"),
            ("GRAPH_PASSWORD", "hunter2"),
        ];
        Neo4jSettings::from_lookup(|name| {
            let found = pairs.iter().chain(&base).find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn each_wrong_mix_names_the_variables() {
        let mixes: [&[&'static str]; 5] = [
            &[CLIENT_CERT],
            &[CLIENT_KEY],
            &[CLIENT_CERT, CLIENT_KEY],
            &[CA_CERT, CLIENT_CERT],
            &[CA_CERT, CLIENT_KEY],
        ];
        for mix in mixes {
            let pairs: Vec<_> = mix.iter().map(|name| (*name, "/x.pem")).collect();
            let error = check(&pairs).unwrap_err();
            let (set, missing) = error.split_once("; missing: ").unwrap();
            for name in [CA_CERT, CLIENT_CERT, CLIENT_KEY] {
                assert_eq!(set.contains(name), mix.contains(&name), "{error}");
                let missing = missing.split(". ").next().unwrap();
                assert_eq!(missing.contains(name), !mix.contains(&name), "{error}");
            }
        }
    }

    #[test]
    fn a_missing_variable_is_named_and_an_empty_one_is_missing() {
        assert!(
            check(&[("GRAPH_USER", "")])
                .unwrap_err()
                .starts_with("GRAPH_USER is not set")
        );
    }

    #[test]
    fn pem_files_are_checked_before_connecting() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let missing = check(&[(CA_CERT, &path("none.pem"))]).unwrap_err();
        assert!(missing.starts_with("GRAPH_CA_CERT: ") && missing.contains("No such file"));
        for (name, content, says) in [
            ("empty.pem", "hello", "holds no PEM certificate"),
            (
                "cut.pem",
                "-----BEGIN CERTIFICATE-----\nAAAA\n",
                "malformed PEM",
            ),
            (
                "junk.pem",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "malformed certificate",
            ),
        ] {
            std::fs::write(dir.path().join(name), content).unwrap();
            let error = check(&[(CA_CERT, &path(name))]).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn endpoints() {
        let address = |endpoint| check(&[("GRAPH_ENDPOINT", endpoint)]);
        let parsed = address("neo4j+s://[::1]:99/x").unwrap();
        assert_eq!(parsed.address().unwrap(), ("neo4j+s", "::1", 99));
        assert_eq!(address("bolt://h").unwrap().address().unwrap().2, 7687);
        for wrong in ["h:1", "http://h:1", "bolt://:1", "bolt://h:x"] {
            assert!(
                address(wrong).unwrap_err().contains("bolt://HOST:PORT"),
                "{wrong}"
            );
        }
        let error = address("bolt://neo4j:hunter2@h:1").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn certificates_make_the_driver_encrypt() {
        let address = |endpoint: &str, tls| {
            let settings = Neo4jSettings {
                endpoint: endpoint.to_owned(),
                user: String::new(),
                password: String::new().into(),
                database: None,
                tls,
                timeout: Neo4jSettings::TIMEOUT,
            };
            settings.driver_address()
        };
        let ca = || Tls::ServerCa("/ca.pem".into());
        assert_eq!(address("bolt://h:1", Tls::Scheme), "bolt://h:1");
        assert_eq!(address("bolt://h:1", ca()), "bolt+s://h:1");
        assert_eq!(address("neo4j://h:1", ca()), "neo4j+s://h:1");
        assert_eq!(address("neo4j+s://h:1", ca()), "neo4j+s://h:1");
    }

    #[test]
    fn time_outs() {
        let timeout = |text| check(&[("GRAPH_TIMEOUT", text)]).map(|settings| settings.timeout);
        assert_eq!(timeout(""), Ok(Neo4jSettings::TIMEOUT));
        assert_eq!(timeout("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(timeout("5"), Ok(Duration::from_secs(5)));
        for wrong in ["0", "10ms", "-1s", "soon", "99999999999999999999"] {
            let error = timeout(wrong).unwrap_err();
            assert!(
                error.starts_with(&format!("GRAPH_TIMEOUT `{wrong}`: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn debug_masks_the_password() {
        assert!(!format!("{:?}", check(&[]).unwrap()).contains("hunter2"));
    }
}
