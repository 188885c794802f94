//! What to log in with, as Docker keeps it.

use std::{fs::File, io, path::Path};

use docker_credential::{CredentialRetrievalError as Cause, DockerCredential};
use polar_source::{Secret, SourceError};

/// What to log in to a registry with.
#[derive(Debug, Clone)]
pub enum Login {
    /// Nothing.
    Anonymous,
    /// A user and a password.
    Password {
        /// Name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// A token to be exchanged for access (an OAuth 2 refresh token), as `docker login` and
    /// `az acr login` keep it.
    Identity(Secret),
    /// An access token of Microsoft Entra ID, to be exchanged at an ACR.
    EntraId(Secret),
}

impl Login {
    /// What `config.json` in a folder (`DOCKER_CONFIG`) has for a registry, credential helpers
    /// included; anonymous if there is no file or nothing for the registry in it.
    ///
    /// # Errors
    /// [`SourceError::Settings`] if the file cannot be read, or a helper fails.
    pub fn from_docker_config(folder: &Path, registry: &str) -> Result<Self, SourceError> {
        let path = folder.join("config.json");
        let wrong = |reason: String| {
            SourceError::Settings(format!("DOCKER_CONFIG {}: {reason}", path.display()))
        };
        // As Docker itself writes them, Docker Hub's own name first.
        let mut names = vec![registry.to_owned(), format!("https://{registry}")];
        if registry == "docker.io" {
            names.insert(0, "https://index.docker.io/v1/".to_owned());
        }
        for name in names {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(wrong(error.to_string())),
            };
            let reason = match docker_credential::get_credential_from_reader(file, &name) {
                Ok(DockerCredential::IdentityToken(token)) => {
                    return Ok(Self::Identity(Secret::new(&token)));
                }
                Ok(DockerCredential::UsernamePassword(user, password)) => {
                    let password = Secret::new(&password);
                    return Ok(Self::Password { user, password });
                }
                Err(Cause::NoCredentialConfigured) => continue,
                // What a helper prints may hold secrets.
                Err(Cause::HelperFailure { helper, .. }) => {
                    // The usual answer of a helper that has nothing for the registry is a failure.
                    tracing::debug!(helper, registry, "the helper has no credentials");
                    continue;
                }
                Err(Cause::HelperCommunicationError) => {
                    "its credential helper (docker-credential-…) cannot be run".to_owned()
                }
                Err(cause) => format!("credentials of {registry}: {cause}"),
            };
            return Err(wrong(reason));
        }
        Ok(Self::Anonymous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(config: &str, registry: &str) -> Result<Login, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        Login::from_docker_config(folder.path(), registry).map_err(|error| error.to_string())
    }

    #[test]
    fn credentials_as_docker_keeps_them() {
        // "me:secret" in Base64.
        let config = r#"{"auths": {"r.example.com": {"auth": "bWU6c2VjcmV0"},
            "https://index.docker.io/v1/": {"auth": "bWU6c2VjcmV0"},
            "acr.example.com": {"auth": "MDAwOg==", "identitytoken": "refresh"}}}"#;
        for registry in ["r.example.com", "docker.io"] {
            let found = login(config, registry).unwrap();
            let Login::Password { user, password } = &found else {
                panic!("{found:?}");
            };
            assert_eq!((user.as_str(), password.expose()), ("me", "secret"));
            assert!(!format!("{found:?}").contains("secret"));
        }
        let found = login(config, "acr.example.com").unwrap();
        assert!(matches!(&found, Login::Identity(token) if token.expose() == "refresh"));
        let found = login(config, "other.example.com").unwrap();
        assert!(matches!(found, Login::Anonymous));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let error = login("{", "r.example.com").unwrap_err();
        assert!(
            error.contains("DOCKER_CONFIG") && error.contains("config.json"),
            "{error}"
        );
        let helper = r#"{"credHelpers": {"r.example.com": "no-such-helper"}}"#;
        let error = login(helper, "r.example.com").unwrap_err();
        assert!(error.contains("helper"), "{error}");
        let none = Login::from_docker_config(Path::new("/no/such/folder"), "r.example.com");
        assert!(matches!(none, Ok(Login::Anonymous)));
    }
}
