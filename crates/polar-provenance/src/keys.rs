//! Public keys to verify signatures with: `[[keys]]` and `--key`.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use polar_registry::GivenKey;
use polar_verify::PublicKey;
use serde::{Deserialize, Serialize};

/// More than any public key needs; less than what would be read by mistake.
const LONGEST: u64 = 64 * 1024;

/// `[[keys]]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyConfig {
    /// What to call it.
    pub(crate) name: String,
    /// A file with the public key, PEM.
    pub(crate) file: PathBuf,
    /// Repositories for which it counts, as `registry/repository`, or `registry/path/` for all below;
    /// else all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) repositories: Vec<String>,
}

impl KeyConfig {
    /// A key that is given by its file alone, and called like it.
    pub(crate) fn from_file(file: &Path) -> Self {
        let name = file.file_stem().unwrap_or(file.as_os_str());
        Self {
            name: name.to_string_lossy().into_owned(),
            file: file.to_owned(),
            repositories: Vec::new(),
        }
    }

    fn read(&self) -> anyhow::Result<GivenKey> {
        let named = || format!("key `{}` in {}", self.name, self.file.display());
        let mut pem = Vec::new();
        let file = File::open(&self.file).with_context(named)?;
        file.take(LONGEST + 1)
            .read_to_end(&mut pem)
            .with_context(named)?;
        if pem.len() as u64 > LONGEST {
            bail!("{}: it is longer than any public key", named());
        }
        let key = PublicKey::from_pem(&self.name, &pem).with_context(named)?;
        let repositories = self.repositories.iter().map(|text| prefix(text));
        let repositories = repositories.collect::<Result<_, _>>().with_context(named)?;
        Ok(GivenKey { key, repositories })
    }
}

/// Reads all keys. The same key twice would count for one list of repositories or the other.
pub(crate) fn read(keys: &[KeyConfig]) -> anyhow::Result<Vec<GivenKey>> {
    let mut given: Vec<GivenKey> = Vec::new();
    for config in keys {
        let key = config.read()?;
        let same = |known: &&GivenKey| known.key.fingerprint() == key.key.fingerprint();
        if let Some(known) = given.iter().find(same) {
            let (name, known) = (&config.name, known.key.name());
            bail!("keys `{known}` and `{name}` are the same key; give it once");
        }
        given.push(key);
    }
    Ok(given)
}

/// Repositories are compared with a slash behind them, so that `shop/checkout` is no prefix of
/// `shop/checkout-tools`.
fn prefix(text: &str) -> anyhow::Result<String> {
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() || text.contains("://") || text.contains(['@', '*']) {
        bail!(
            "repositories: `{text}` is none, as in `acme.azurecr.io/shop/checkout`, or \
             `acme.azurecr.io/shop/` for all below"
        );
    }
    Ok(format!("{trimmed}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_at_a_part_of_the_name() {
        for text in ["a.example/shop", "a.example/shop/", "a.example/shop//"] {
            assert_eq!(prefix(text).unwrap(), "a.example/shop/");
        }
        for text in [
            "",
            "/",
            "https://a.example/shop",
            "a.example/*",
            "me@a.example",
        ] {
            assert!(prefix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_called_like_its_file() {
        let key = KeyConfig::from_file(Path::new("/etc/keys/release.pub"));
        assert_eq!(key.name, "release");
    }
}
