//! What a file of a job says the job pushed. Pure; goes by the content, and by the file's name only
//! where the content could be either.
//!
//! - dotenv: `KEY=value` lines. A value under a key with `IMAGE` or `DIGEST` that names an image; a
//!   digest under a key with `DIGEST` belongs to the image under the same key without these words
//!   (`APP_IMAGE`, `APP_DIGEST`), or to the only image there is. Keys of images that something is
//!   made from (`BASE_IMAGE`) are no news.
//! - buildx `--metadata-file`: `image.name` and `containerimage.digest`, for bake in an object for
//!   each target
//!   (<https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file>).
//! - in-toto statements of SLSA provenance, v0.2 and v1: subjects that name an image
//!   (<https://slsa.dev/spec/v1.1/provenance>). GitLab's runner writes them for the files of an
//!   artifact (`artifacts-metadata.json`), which are no images.

use polar_normalize::{ImageRef, Options, parse};
use serde_json::{Map, Value};

/// An image that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    /// As written; with the digest where there is no tag, so that nobody reads `latest` into it.
    pub(crate) image: String,
    pub(crate) digest: Option<String>,
}

/// The images that a file names. The error says why the file cannot be read, and quotes nothing of
/// it: dotenv files hold secrets too.
pub(crate) fn built_images(file: &str, body: &[u8]) -> Result<Vec<Built>, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("not UTF-8: {error}"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if text.starts_with(['{', '[']) || file.ends_with(".json") {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        json(&value, &mut found);
    } else {
        dotenv(text, &mut found)?;
    }
    let mut unique = Vec::with_capacity(found.len());
    for built in found {
        if !unique.contains(&built) {
            unique.push(built);
        }
    }
    Ok(unique)
}

fn json(value: &Value, found: &mut Vec<Built>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| json(value, found)),
        Value::Object(object) if object.contains_key("predicateType") => statement(object, found),
        Value::Object(object) => {
            buildx(object, found);
            let targets = object.values().filter_map(Value::as_object);
            targets.for_each(|target| buildx(target, found));
        }
        _ => {}
    }
}

fn buildx(object: &Map<String, Value>, found: &mut Vec<Built>) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let digest = text("containerimage.digest").filter(|digest| is_digest(digest));
    let (Some(digest), Some(names)) = (digest, text("image.name")) else {
        return;
    };
    for name in names.split(',').map(str::trim) {
        if let Some(image) = reference(name) {
            found.extend(built(name, &image, Some(digest)));
        }
    }
}

fn statement(object: &Map<String, Value>, found: &mut Vec<Built>) {
    let predicate_type = object.get("predicateType").and_then(Value::as_str);
    if !predicate_type.is_some_and(|name| name.starts_with("https://slsa.dev/provenance/")) {
        return;
    }
    let build_type = object.get("predicate").and_then(|predicate| {
        let v1 = predicate.pointer("/buildDefinition/buildType");
        v1.or_else(|| predicate.get("buildType"))?.as_str()
    });
    // A path such as `a.b/c` reads like an image; with a tag it does not read like a file.
    let of_files = build_type.is_some_and(|name| name.contains("/gitlab-runner/"));
    let subjects = object.get("subject").and_then(Value::as_array);
    for subject in subjects.into_iter().flatten() {
        let name = subject.get("name").and_then(Value::as_str);
        let digest = subject.pointer("/digest/sha256").and_then(Value::as_str);
        let (Some(name), Some(digest)) = (name, digest) else {
            continue;
        };
        let digest = format!("sha256:{digest}");
        let image = reference(name).filter(|image| {
            let is_named = image.tag().is_some() && !image.tag_defaulted();
            !image.registry_defaulted() && (is_named || !of_files)
        });
        if let Some(image) = image.filter(|_| is_digest(&digest)) {
            found.extend(built(name, &image, Some(&digest)));
        }
    }
}

/// A digest in a dotenv file.
struct Digest<'a> {
    stem: String,
    digest: &'a str,
    /// What it is a digest of, where it is written `repository@digest`.
    of: Option<(&'a str, ImageRef)>,
}

fn dotenv(text: &str, found: &mut Vec<Built>) -> Result<(), String> {
    let (mut images, mut digests) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) =
            assignment(line).ok_or_else(|| format!("line {} is not KEY=value", number + 1))?;
        let key = key.to_ascii_uppercase();
        let (of_digest, of_image) = (key.contains("DIGEST"), key.contains("IMAGE"));
        if !(of_digest || of_image) || is_of_input(&key) {
            continue;
        }
        let stem = stem(&key);
        if is_digest(value) {
            digests.extend(of_digest.then_some(Digest {
                stem,
                digest: value,
                of: None,
            }));
        } else if let Some(image) = reference(value).filter(is_pushable) {
            match value.rsplit_once('@').filter(|_| image.tag().is_none()) {
                Some((_, digest)) => digests.push(Digest {
                    stem,
                    digest,
                    of: Some((value, image)),
                }),
                None => images.push((stem, value, image)),
            }
        }
    }
    pair(&images, &mut digests, found);
    Ok(())
}

/// Gives each image its digest, and lets digests that name their repository stand for themselves.
fn pair(images: &[(String, &str, ImageRef)], digests: &mut Vec<Digest>, found: &mut Vec<Built>) {
    let are_one = images.len() == 1 && digests.len() == 1;
    for (stem, written, image) in images {
        let is_its = |digest: &Digest| match &digest.of {
            Some((_, of)) => of.name() == image.name(),
            None => digest.stem == *stem || are_one,
        };
        let its = digests.iter().position(is_its);
        let digest = its.map(|at| digests[at].digest);
        found.extend(built(written, image, digest));
        if let Some(at) = its.filter(|at| digests[*at].of.is_some()) {
            digests.remove(at);
        }
    }
    for (written, image) in digests.iter().filter_map(|digest| digest.of.as_ref()) {
        found.extend(built(written, image, None));
    }
}

/// `None` where neither tag nor digest is known: that names no image in particular.
fn built(written: &str, image: &ImageRef, digest: Option<&str>) -> Option<Built> {
    let digest = image.digest().or(digest).map(str::to_owned);
    let image = match &digest {
        Some(digest) if image.tag_defaulted() => format!("{written}@{digest}"),
        None if image.tag_defaulted() => return None,
        _ => written.to_owned(),
    };
    Some(Built { image, digest })
}

fn reference(text: &str) -> Option<ImageRef> {
    parse(text, &Options::default()).ok()
}

/// Whether it can be meant as an image that somebody pushes: `app` or `1.4.0` alone reads as one of
/// Docker's own.
fn is_pushable(image: &ImageRef) -> bool {
    !image.registry_defaulted()
        || !image.tag_defaulted() && !image.repository().starts_with("library/")
}

fn is_digest(text: &str) -> bool {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_hex))
}

/// `KEY=value`, also `export KEY="value"`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if key.is_empty() || !key.bytes().all(is_name) {
        return None;
    }
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    });
    Some((key, quoted.unwrap_or(value)))
}

/// What a key is about, without the words that say image or digest.
fn stem(key: &str) -> String {
    let key = key.replace("IMAGE", "_").replace("DIGEST", "_");
    let words = key.split('_').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Whether a key is about an image that something is made from.
fn is_of_input(key: &str) -> bool {
    let is_input = |word| ["BASE", "FROM", "PARENT", "BUILDER", "CACHE"].contains(&word);
    key.split('_').any(is_input)
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
