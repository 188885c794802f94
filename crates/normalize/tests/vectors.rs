//! Every vector of `vectors/image-references.tsv`: input, tag form, digest form, error, note, separated by
//! TABs. `-` stands for none; in the input `\e` is the empty string and `\t` a TAB.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use std::fs;

use polar_normalize::{Code, Options, Uuid, parse, parse_bytes};

const VECTORS: usize = 148;

struct Vector {
    line: usize,
    input: String,
    tag_form: Option<String>,
    digest_form: Option<String>,
    error: Option<String>,
    note: String,
}

fn vectors() -> Vec<Vector> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/image-references.tsv"
    );
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().enumerate();
    assert_eq!(
        lines.next().unwrap().1,
        "input\ttag_form\tdigest_form\terror\tnote"
    );
    lines
        .map(|(index, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [input, tag_form, digest_form, error, note] = fields[..] else {
                panic!("line {}: {} fields", index + 1, fields.len());
            };
            let optional = |field: &str| (field != "-").then(|| field.to_owned());
            Vector {
                line: index + 1,
                input: if input == "\\e" {
                    String::new()
                } else {
                    input.replace("\\t", "\t")
                },
                tag_form: optional(tag_form),
                digest_form: optional(digest_form),
                error: optional(error),
                note: note.to_owned(),
            }
        })
        .collect()
}

/// What the crate makes of a vector, and whether that is what the vector says.
fn failure(vector: &Vector) -> Option<String> {
    let Vector {
        line, input, note, ..
    } = vector;
    let describe = |what: String| Some(format!("line {line}: {input:?} ({note}): {what}"));
    let options = Options::default();
    let result = parse(input, &options);
    if result != parse_bytes(input.as_bytes(), &options) {
        return describe("parse and parse_bytes differ".into());
    }
    let found = match &result {
        Ok(image) => (image.tag_form(), image.digest_form(), None),
        Err(error) => (None, None, Some(error.code())),
    };
    let expected = (
        vector.tag_form.as_deref().map(Into::into),
        vector.digest_form.as_deref().map(Into::into),
        vector.error.as_deref(),
    );
    if found != expected {
        return describe(format!("{found:?} instead of {expected:?}"));
    }
    let Ok(image) = &result else { return None };
    if let Some(exact) = note.split("exact_tag=").nth(1) {
        let exact = exact.split([' ', ';']).next();
        if image.tag() != exact {
            return describe(format!("exact tag {:?} instead of {exact:?}", image.tag()));
        }
    }
    let uuid = |form: &str| Uuid::new_v5(&Uuid::NAMESPACE_URL, form.as_bytes());
    let expected = vector.digest_form.as_ref().or(vector.tag_form.as_ref());
    (Some(image.primary_uuid()) != expected.map(|form| uuid(form))
        || image.tag_uuid() != vector.tag_form.as_deref().map(uuid)
        || image.digest_uuid() != vector.digest_form.as_deref().map(uuid))
    .then(|| describe("UUIDs differ".into()))?
}

#[test]
fn all_vectors() {
    let vectors = vectors();
    let failures: Vec<String> = vectors.iter().filter_map(failure).collect();
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert_eq!(vectors.len(), VECTORS, "vectors run");
}

#[test]
fn every_code_but_the_option_only_one_has_a_vector() {
    let vectors = vectors();
    for code in Code::ALL {
        let covered = vectors
            .iter()
            .any(|vector| vector.error.as_deref() == Some(code.as_str()));
        assert_eq!(covered, code != Code::ShortName, "{code}");
    }
    for vector in vectors {
        if let Some(error) = vector.error {
            assert!(
                Code::ALL.iter().any(|code| code.as_str() == error),
                "{error}"
            );
        }
    }
}
