//! Helm's releases, from the secrets that it keeps them in: JSON, compressed by gzip, in Base64, in
//! the Base64 of every secret. Values and configuration in it are not read.

use std::{collections::BTreeMap, io::Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use polar_model::HelmRelease;
use serde::Deserialize;

use crate::{
    manifest::workloads,
    pages::shape,
    wire::{ReleaseMeta, ReleaseSecret},
};

/// Bytes of the largest release that is read.
const LARGEST: u64 = 32 << 20;

/// How gzip begins, as Helm looks for it; releases of its first versions are plain.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// How the name of a secret begins.
const PREFIX: &str = "sh.helm.release.v1.";

/// The newest revision of each release, as far as secrets were seen.
#[derive(Default)]
pub(crate) struct Releases {
    /// By namespace and name of the release.
    newest: BTreeMap<(String, String), Newest>,
}

struct Newest {
    revision: i64,
    release: Result<HelmRelease, String>,
}

impl Releases {
    /// Takes a secret in; older revisions are not even decoded.
    pub(crate) fn add(&mut self, cluster: &str, secret: &ReleaseSecret) -> Result<(), String> {
        let (name, revision) = identity(&secret.metadata)
            .ok_or("neither its labels nor its name say release and revision")?;
        let key = (secret.metadata.namespace.clone(), name);
        let known = self.newest.get(&key);
        if known.is_none_or(|known| known.revision < revision) {
            let release = release(cluster, &key.0, &secret.data.release);
            self.newest.insert(key, Newest { revision, release });
        }
        Ok(())
    }

    /// The releases by namespace and name; for each one that cannot be read, why.
    pub(crate) fn into_all(
        self,
    ) -> impl Iterator<Item = Result<HelmRelease, (String, String)>> + Send {
        self.newest.into_iter().map(|((namespace, name), newest)| {
            newest.release.map_err(|reason| {
                let place = format!("HelmRelease {namespace}/{name}");
                (place, format!("revision {}: {reason}", newest.revision))
            })
        })
    }
}

/// Name of the release and its revision.
fn identity(metadata: &ReleaseMeta) -> Option<(String, i64)> {
    let of_name = metadata.name.strip_prefix(PREFIX);
    let of_name = of_name.and_then(|name| name.rsplit_once(".v"));
    let labels = &metadata.labels;
    let name = labels.name.as_deref().or(of_name.map(|(name, _)| name))?;
    let revision = labels.version.as_deref();
    let revision = revision.or(of_name.map(|(_, revision)| revision))?;
    Some((name.to_owned(), revision.parse().ok()?))
}

#[derive(Deserialize)]
struct Release {
    name: String,
    version: Option<i64>,
    #[serde(default)]
    info: Info,
    chart: Chart,
    manifest: Option<String>,
}

#[derive(Default, Deserialize)]
struct Info {
    status: Option<String>,
    last_deployed: Option<String>,
}

#[derive(Deserialize)]
struct Chart {
    metadata: ChartMeta,
}

#[derive(Deserialize)]
struct ChartMeta {
    name: String,
    version: String,
}

/// Decodes a release. The reason of a failure holds nothing of what is in it.
fn release(cluster: &str, namespace: &str, data: &str) -> Result<HelmRelease, String> {
    let bytes = decode(data)?;
    let release: Release = serde_json::from_slice(&bytes).map_err(|error| shape(&error))?;
    let deployed_at = match release.info.last_deployed.as_deref() {
        // Helm writes a time that is not set as an empty text.
        None | Some("") => None,
        Some(text) => {
            let time: Result<Timestamp, _> = text.parse();
            Some(time.map_err(|_| "its `last_deployed` is no time")?)
        }
    };
    let status = release.info.status.filter(|status| !status.is_empty());
    // With `--keep-history` the secret outlives what was installed.
    let is_there = status.as_deref() != Some("uninstalled");
    let manifest = release.manifest.filter(|_| is_there).unwrap_or_default();
    Ok(HelmRelease {
        cluster: cluster.to_owned(),
        namespace: namespace.to_owned(),
        name: release.name,
        chart: release.chart.metadata.name,
        chart_version: release.chart.metadata.version,
        revision: release.version,
        status,
        deployed_at,
        workloads: workloads(&manifest, namespace),
    })
}

fn decode(data: &str) -> Result<Vec<u8>, String> {
    let wrong = |_| "it is not the Base64 of Base64";
    let inner = STANDARD.decode(data).map_err(wrong)?;
    let bytes = STANDARD.decode(inner.trim_ascii()).map_err(wrong)?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    let mut decoder = GzDecoder::new(bytes.as_slice()).take(LARGEST + 1);
    let read = decoder.read_to_end(&mut plain);
    read.map_err(|_| "its gzip is damaged")?;
    if plain.len() as u64 > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(plain: &[u8]) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        STANDARD.encode(STANDARD.encode(encoder.finish().unwrap()))
    }

    fn plain(text: &str) -> String {
        STANDARD.encode(STANDARD.encode(text))
    }

    fn fails(data: &str, said: &str) {
        let reason = release("c", "shop", data).unwrap_err();
        assert!(reason.contains(said), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
    }

    #[test]
    fn releases_packed_and_plain() {
        let text = r#"{"name":"a","version":3,"config":{"password":"hunter2"},
            "chart":{"metadata":{"name":"b","version":"1.0.0"},"values":{"x":1}},
            "info":{"status":"deployed","last_deployed":"2026-10-06T07:59:48.123456789+02:00"}}"#;
        for data in [packed(text.as_bytes()), plain(text)] {
            let release = release("c", "shop", &data).unwrap();
            assert_eq!((release.name.as_str(), release.revision), ("a", Some(3)));
            let deployed_at = release.deployed_at.unwrap().to_string();
            assert_eq!(deployed_at, "2026-10-06T05:59:48.123456789Z");
            assert!(!format!("{release:?}").contains("hunter2"));
        }
        let unset = text.replace("2026-10-06T07:59:48.123456789+02:00", "");
        let release = release("c", "shop", &plain(&unset)).unwrap();
        assert_eq!(release.deployed_at, None);
    }

    #[test]
    fn what_an_uninstalled_release_had_is_not_there() {
        let text = r#"{"name":"a","chart":{"metadata":{"name":"b","version":"1"}},"info":{"status":"S"},
            "manifest":"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n"}"#;
        for (status, count) in [("deployed", 1), ("failed", 1), ("uninstalled", 0)] {
            let release = release("c", "shop", &plain(&text.replace('S', status))).unwrap();
            assert_eq!(release.workloads.len(), count, "{status}");
        }
    }

    #[test]
    fn releases_that_cannot_be_read() {
        fails("***", "Base64");
        fails(&STANDARD.encode("***"), "Base64");
        let whole = STANDARD.decode(packed(b"{}")).unwrap();
        let whole = STANDARD.decode(whole).unwrap();
        let damaged = STANDARD.encode(STANDARD.encode(&whole[..whole.len() - 9]));
        fails(&damaged, "damaged");
        fails(&plain("no json"), "line 1");
        fails(&plain("{}"), "missing field `name`");
        fails(
            &plain(r#"{"name":"a","info":"hunter2"}"#),
            "invalid type: string …",
        );
        let bomb = vec![b' '; usize::try_from(LARGEST).unwrap() + 1];
        fails(&packed(&bomb), "larger than");
    }

    #[test]
    fn identities() {
        let check = |json: &str, wanted: Option<(&str, i64)>| {
            let metadata: ReleaseMeta = serde_json::from_str(json).unwrap();
            let wanted = wanted.map(|(name, revision)| (name.to_owned(), revision));
            assert_eq!(identity(&metadata), wanted, "{json}");
        };
        let name = "sh.helm.release.v1.my.v2app.v12";
        let meta = |labels: &str| format!(r#"{{"name":"{name}","namespace":"n"{labels}}}"#);
        check(&meta(""), Some(("my.v2app", 12)));
        check(
            &meta(r#","labels":{"version":"13"}"#),
            Some(("my.v2app", 13)),
        );
        check(
            &meta(r#","labels":{"name":"b","version":"1"}"#),
            Some(("b", 1)),
        );
        check(&meta(r#","labels":{"version":"x"}"#), None);
        check(r#"{"name":"other","namespace":"n"}"#, None);
    }
}
