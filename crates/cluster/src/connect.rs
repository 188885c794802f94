//! A client, from a kubeconfig or from the pod's service account.
//!
//! kube's errors may quote the kubeconfig or what a credential plugin printed; their texts are
//! passed on only where they cannot.

use std::{env, fmt, io, path::Path};

use kube::{
    Client, Config,
    client::AuthError,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use polar_source::{SourceError, header::HeaderValue};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::ExposeSecret;

use crate::{ClusterOptions, proxy::is_direct};

const NO_HEADER: &str = "kubeconfig: its credentials hold characters that no header can";

/// A client and what it talks to.
pub(crate) struct Connected {
    pub(crate) client: Client,
    /// Name of the context, or `in-cluster`.
    pub(crate) name: String,
    /// Address of the server for people, without a slash at its end.
    pub(crate) address: String,
}

/// Makes a client. It asks nothing of the cluster.
pub(crate) async fn connect(options: &ClusterOptions) -> Result<Connected, SourceError> {
    // Another part of the process may have chosen the same already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (mut config, name) = config(options).await?;
    if let Some(path) = &options.ca_certificate {
        trust(&mut config, path)?;
    }
    if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
        return Err(settings(
            "kubeconfig: no certificate in its certificate-authority",
        ));
    }
    // kube would panic.
    let token = config.auth_info.token.as_ref();
    if token.is_some_and(|token| HeaderValue::from_str(token.expose_secret()).is_err()) {
        return Err(settings(NO_HEADER));
    }
    if config.accept_invalid_certs {
        tracing::warn!(
            cluster = name,
            "the certificate is not verified: insecure-skip-tls-verify in the kubeconfig says so"
        );
    }
    // Answers are waited for, and requests repeated, as this crate's options say.
    config.default_retry = false;
    config.read_timeout = None;
    config.connect_timeout = Some(options.timeout);
    let address = address(&config);
    // A credential plugin is a program that it waits for.
    let made = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
    let client = match made {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(no_client(&error)),
        // kube panics at a plugin's token that is no header either.
        Err(error) if error.is_panic() => return Err(settings(NO_HEADER)),
        Err(_) => return Err(settings("no Kubernetes client: the program is ending")),
    };
    Ok(Connected {
        client,
        name,
        address,
    })
}

async fn config(options: &ClusterOptions) -> Result<(Config, String), SourceError> {
    let Some(kubeconfig) = kubeconfig(options)? else {
        let config = Config::incluster().map_err(|error| {
            settings(format!(
                "no kubeconfig, and no service account of a pod either ({error}): give a \
                 kubeconfig, or run it in the cluster"
            ))
        })?;
        return Ok((config, "in-cluster".to_owned()));
    };
    let context = options.context.clone();
    let Some(context) = context.or_else(|| kubeconfig.current_context.clone()) else {
        return Err(settings(
            "kubeconfig: it has no current context: choose a context",
        ));
    };
    let selected = KubeConfigOptions {
        context: Some(context.clone()),
        ..KubeConfigOptions::default()
    };
    let own_proxy = has_own_proxy(&kubeconfig, &context);
    let config = Config::from_custom_kubeconfig(kubeconfig, &selected).await;
    let mut config = config.map_err(|error| wrong_kubeconfig(&error))?;
    let list = env::var("NO_PROXY").or_else(|_| env::var("no_proxy"));
    let url = &config.cluster_url;
    // The proxy of the environment that kube takes is the one for https.
    let is_https = url.scheme_str() == Some("https");
    let (host, port) = (
        url.host().unwrap_or_default(),
        url.port_u16().unwrap_or(443),
    );
    if !own_proxy && (!is_https || is_direct(host, port, &list.unwrap_or_default())) {
        config.proxy_url = None;
    }
    Ok((config, context))
}

/// The kubeconfig; `None` if there is none and none was asked for.
fn kubeconfig(options: &ClusterOptions) -> Result<Option<Kubeconfig>, SourceError> {
    let is_wanted = options.context.is_some() || options.kubeconfig.is_some();
    let read = match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    match read {
        Ok(kubeconfig) if kubeconfig.contexts.is_empty() && !is_wanted => Ok(None),
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
        Err(KubeconfigError::FindPath) if !is_wanted => Ok(None),
        Err(KubeconfigError::ReadConfig(error, _))
            if error.kind() == io::ErrorKind::NotFound && !is_wanted =>
        {
            Ok(None)
        }
        Err(error) => Err(wrong_kubeconfig(&error)),
    }
}

/// Whether the cluster of a context names a proxy for itself.
fn has_own_proxy(kubeconfig: &Kubeconfig, context: &str) -> bool {
    let mut contexts = kubeconfig.contexts.iter();
    let context = contexts.find(|named| named.name == context);
    let Some(context) = context.and_then(|named| named.context.as_ref()) else {
        return false;
    };
    let mut clusters = kubeconfig.clusters.iter();
    let cluster = clusters.find(|named| named.name == context.cluster);
    let proxy = cluster.and_then(|named| named.cluster.as_ref()?.proxy_url.as_deref());
    proxy.is_some_and(|proxy| !proxy.is_empty())
}

/// Trusts the authorities in a file besides those of the kubeconfig, or of the system.
fn trust(config: &mut Config, path: &Path) -> Result<(), SourceError> {
    let wrong =
        |reason: &dyn fmt::Display| settings(format!("authority {}: {reason}", path.display()));
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|error| wrong(&error))?;
    if certificates.is_empty() {
        return Err(wrong(&"no certificate in PEM format in it"));
    }
    let trusted = config.root_cert.get_or_insert_with(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        found.iter().map(|found| found.to_vec()).collect()
    });
    trusted.extend(certificates.iter().map(|found| found.to_vec()));
    // It would be read instead of them.
    config.root_cert_file = None;
    Ok(())
}

/// The server's address without credentials and without a query.
fn address(config: &Config) -> String {
    let url = &config.cluster_url;
    let scheme = url.scheme_str().unwrap_or("https");
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().map(|port| format!(":{port}"));
    let path = url.path().trim_end_matches('/');
    format!("{scheme}://{host}{}{path}", port.unwrap_or_default())
}

fn settings(text: impl Into<String>) -> SourceError {
    SourceError::Settings(text.into())
}

fn wrong_kubeconfig(error: &KubeconfigError) -> SourceError {
    settings(match error {
        // Its text quotes lines of the file.
        KubeconfigError::Parse(_) => "kubeconfig: it is no YAML, or not of a kubeconfig".to_owned(),
        KubeconfigError::ReadConfig(error, path) => {
            format!("kubeconfig {}: {error}", path.display())
        }
        KubeconfigError::LoadContext(name) => format!("kubeconfig: it has no context {name}"),
        KubeconfigError::LoadClusterOfContext(name) => {
            format!("kubeconfig: it has no cluster {name}, which the context names")
        }
        // All the others tell what is wrong, and nothing of the values.
        error => format!("kubeconfig: {error}"),
    })
}

fn no_client(error: &kube::Error) -> SourceError {
    match error {
        kube::Error::Auth(error) => no_credentials(error),
        kube::Error::InferKubeconfig(error) => wrong_kubeconfig(error),
        kube::Error::RustlsTls(error) => settings(format!("kubeconfig: {error}")),
        // Their texts hold the proxy's address, which may hold a password.
        kube::Error::ProxyProtocolUnsupported { .. }
        | kube::Error::ProxyProtocolDisabled { .. } => {
            settings("the proxy in the kubeconfig or in HTTPS_PROXY is none of http or https")
        }
        _ => settings("kubeconfig: no Kubernetes client can be made with it"),
    }
}

/// Why there are no credentials, without what a plugin printed or was given.
pub(crate) fn no_credentials(error: &AuthError) -> SourceError {
    let reason = match error {
        AuthError::AuthExecStart(error) => {
            format!("its credential plugin (exec) cannot be started: {error}")
        }
        AuthError::AuthExecRun { out, .. } => format!(
            "its credential plugin (exec) failed with {}: run it by hand to see why",
            out.status
        ),
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            "its credential plugin (exec) printed no ExecCredential".to_owned()
        }
        AuthError::ReadTokenFile(error, path) => {
            format!("its token file {}: {error}", path.display())
        }
        AuthError::MissingCommand => "its credential plugin (exec) has no command".to_owned(),
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            return settings(NO_HEADER);
        }
        _ => "its user's credentials cannot be had".to_owned(),
    };
    settings(format!("kubeconfig: {reason}"))
}
