//! Parsers of what others write, against inputs that nobody thought of: each begins as one that is
//! kept in `corpus`, or that a page or a rule has, and is then spoilt here and there.
//!
//! A run of the suite tries a few hundred of each kind, and all of the corpus. To look longer:
//! `PROPTEST_CASES=1000000 cargo test --release -p polar-testkit --test fuzz`. What fails is told
//! in its smallest form; put it into the corpus with what mends it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_model::{Observation, ParsedLine, parse_line, to_line};
use polar_normalize::{Options, parse};
use polar_registry::{GivenKey, Registry, RegistryOptions};
use polar_rules::{Dialect, Rule, builtin_rules};
use polar_source::{HttpOptions, Sink};
use polar_testkit::{
    Answer, FakeServer, Signer,
    oci::{self, Image},
    referrer, signed,
};
use polar_verify::{PublicKey, Subject, envelope, simple_signing};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{TestCaseError, TestRunner},
};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../docs/observations.md");

/// Pieces that have a meaning to one of the parsers.
const PIECES: [&str; 36] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "`",
    "\\",
    ",",
    ":",
    "null",
    "-1",
    "1e400",
    "0",
    "[]",
    "{}",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\n",
    "\r",
    "//",
    "//! ",
    "/*",
    "*/",
    "MATCH ",
    "WHERE ",
    "EXISTS { ",
    "(from:",
    ")-[:X]->(",
    "SET ",
    "=",
    "\u{e9}",
    "\u{1f469}",
    "9223372036854775808",
    "sha256:",
];

/// One way to spoil an input.
#[derive(Debug, Clone)]
enum Spoil {
    Insert(Index, usize),
    Cut(Index, Index),
    Repeat(Index, Index),
    Flip(Index, u8),
}

fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
    let one = prop_oneof![
        (any::<Index>(), 0..PIECES.len()).prop_map(|(at, piece)| Spoil::Insert(at, piece)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Spoil::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Spoil::Repeat(from, to)),
        (any::<Index>(), 1_u8..).prop_map(|(at, bits)| Spoil::Flip(at, bits)),
    ];
    proptest::collection::vec(one, 0..6)
}

fn spoil(mut input: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
    // Most of a part, or a few bytes: both are likely.
    let span = |from: &Index, to: &Index, length: usize| {
        let from = from.index(length);
        (from, from + to.index((length - from).min(24)))
    };
    for one in spoils {
        if input.is_empty() {
            break;
        }
        let length = input.len();
        match one {
            Spoil::Insert(at, piece) => {
                let at = at.index(length);
                input.splice(at..at, PIECES[*piece].bytes());
            }
            Spoil::Cut(from, to) => {
                let (from, to) = span(from, to, length);
                input.drain(from..to);
            }
            Spoil::Repeat(from, to) => {
                let (from, to) = span(from, to, length);
                let part = input[from..to].to_vec();
                input.splice(from..from, part);
            }
            Spoil::Flip(at, bits) => input[at.index(length)] ^= bits,
        }
    }
    input
}

/// The kept inputs of a kind.
fn corpus(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(kind);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Checks all of the corpus as it is, and `cases` spoilt inputs.
fn fuzz(
    kind: &str,
    more: Vec<Vec<u8>>,
    cases: u32,
    check: impl Fn(&[u8]) -> Result<(), TestCaseError>,
) {
    let kept = corpus(kind);
    let seeds: Vec<_> = kept.into_iter().chain(more).collect();
    for seed in &seeds {
        if let Err(error) = check(seed) {
            panic!("{error}: {}", String::from_utf8_lossy(seed));
        }
    }
    let default = ProptestConfig::default();
    let is_told = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig {
        cases: if is_told { default.cases } else { cases },
        failure_persistence: None,
        ..default
    };
    let mut runner = TestRunner::new(config);
    let strategy = (any::<Index>(), spoils());
    let outcome = runner.run(&strategy, |(at, spoils)| {
        let input = spoil(seeds[at.index(seeds.len())].clone(), &spoils);
        check(&input).map_err(|error| {
            TestCaseError::fail(format!("{error}: {:?}", String::from_utf8_lossy(&input)))
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn examples() -> Vec<Vec<u8>> {
    let blocks = PAGE.split("```json\n").skip(1);
    let lines = blocks.map(|block| block.lines().next().unwrap().as_bytes().to_vec());
    let lines: Vec<_> = lines.collect();
    assert!(lines.len() >= Observation::TYPES.len());
    lines
}

#[test]
fn lines_of_observations() {
    fuzz("line", examples(), 1000, |input| {
        let Ok(text) = str::from_utf8(input) else {
            return Ok(());
        };
        let Ok(ParsedLine::Known { observation, .. }) = parse_line(text) else {
            return Ok(());
        };
        let written =
            to_line(&observation).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let wanted = ParsedLine::Known {
            observation,
            unknown_fields: Vec::new(),
        };
        prop_assert_eq!(parse_line(&written).unwrap(), wanted);
        Ok(())
    });
}

#[test]
fn references() {
    let seeds = [
        "acme.azurecr.io/shop/checkout:1.4.0",
        "[::1]:5000/a/b@sha256:",
        "docker-pullable://nginx",
    ];
    fuzz(
        "line",
        seeds.map(|seed| seed.as_bytes().to_vec()).into(),
        300,
        |input| {
            let text = String::from_utf8_lossy(input);
            if let Ok(image) = parse(&text, &Options::default()) {
                let form = image.primary().into_owned();
                let again = parse(&form, &Options::default()).unwrap();
                prop_assert_eq!(again.primary(), form.as_str());
            }
            Ok(())
        },
    );
}

#[test]
fn files_of_rules() {
    let builtin = builtin_rules().unwrap();
    let texts = builtin.iter().map(|rule| rule.text.clone().into_bytes());
    fuzz("rule", texts.collect(), 400, |input| {
        let Ok(text) = str::from_utf8(input) else {
            return Ok(());
        };
        let Ok(rule) = Rule::parse("fuzzed", text) else {
            return Ok(());
        };
        prop_assert_eq!(&Rule::parse("fuzzed", &rule.text).unwrap(), &rule);
        for dialect in [Dialect::Key, Dialect::ElementId] {
            let derived = rule.derive(dialect);
            let reading = [&derived.all, &derived.around];
            let texts = reading
                .into_iter()
                .flat_map(|one| one.stale.iter().chain([&one.missing]));
            for text in texts.chain([&derived.count]) {
                // What reads holds no word that writes, but in a text or a comment, which a rule cannot
                // end early.
                prop_assert!(balanced(text), "{}", text);
            }
        }
        drop(rule.probes(&rule.anchor_label));
        Ok(())
    });
}

/// Whether quotes and brackets outside of texts and comments match.
fn balanced(text: &str) -> bool {
    let mut open = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' | '`' => loop {
                match chars.next() {
                    None => return false,
                    Some('\\') if c != '`' => drop(chars.next()),
                    Some(end) if end == c => break,
                    Some(_) => {}
                }
            },
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|c| c != '\n') {},
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

fn statement(subject: &str) -> Value {
    let digest = subject.strip_prefix("sha256:").unwrap();
    json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "a", "digest": {"sha256": digest}}],
        "predicate": {"runDetails": {"builder": {"id": "https://gitlab.example.com/a/b/-/runners/1"}},
            "buildDefinition": {"externalParameters": {"source": "https://gitlab.example.com/a/b"},
                "resolvedDependencies": [{"uri": "git+https://gitlab.example.com/a/b",
                    "digest": {"gitCommit": "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed"}}]}}})
}

/// What is told to be signed is what was signed.
#[test]
fn signed_documents() {
    let signer = Signer::new();
    let key = PublicKey::from_pem("k", signer.public_pem().as_bytes()).unwrap();
    let image = Image::linux("amd64", &json!({}));
    let subject = image.manifest.digest.as_str();
    let statement = statement(subject);
    let payload = statement.to_string();
    let document = signer.envelope(&statement).to_string();
    let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "x"}}, "dsseEnvelope": signer.envelope(&statement)});
    let simple = signed(subject, "a/b", &[&signer]);
    let layer = simple
        .blobs
        .iter()
        .find(|blob| blob.media_type.contains("simplesigning"))
        .unwrap();
    let signature = signer.sign(&layer.bytes);
    let seeds = vec![
        document.into_bytes(),
        bundle.to_string().into_bytes(),
        layer.bytes.clone(),
    ];
    fuzz("statement", seeds, 1000, |input| {
        let about = Subject {
            digest: subject,
            bytes: Some(&image.manifest.bytes),
        };
        if envelope(input, about, &[&key]).is_ok() {
            // Text that is not read may be no UTF-8, which only a whole reading minds.
            let Ok(outer) = serde_json::from_slice::<Value>(input) else {
                return Ok(());
            };
            let found = outer.get("dsseEnvelope").unwrap_or(&outer);
            let found = STANDARD.decode(found["payload"].as_str().unwrap()).unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&found), payload.as_str());
        }
        if simple_signing(input, Some(&signature), None, subject, &[&key]).is_ok() {
            prop_assert_eq!(input, layer.bytes.as_slice());
        }
        // A key that is none, and a certificate that is none.
        let _ = PublicKey::from_pem("x", input);
        let text = String::from_utf8_lossy(input);
        let _ = simple_signing(&layer.bytes, Some(&text), Some(&text), subject, &[&key]);
        Ok(())
    });
}

/// A registry that answers with the input where a manifest, an index, a list or a statement is asked
/// for: what it says is read or refused, and the reading ends.
#[test]
fn answers_of_a_registry() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let image = Image::linux("amd64", &json!({"org.opencontainers.image.revision": "x"}));
    let index = oci::index(&[(&image, "amd64")]);
    let input = Arc::new(Mutex::new(Vec::new()));
    let (served, shared) = (image.clone(), Arc::clone(&input));
    let server = runtime.block_on(FakeServer::start(move |asked| {
        let input = shared.lock().unwrap().clone();
        let document = || serde_json::from_slice(&input).unwrap_or(Value::Null);
        let attached = || {
            referrer(
                &served.manifest,
                "application/vnd.in-toto+json",
                &document(),
            )
        };
        match asked.path.rsplit_once('/').unwrap() {
            (_, "list") => Answer::json(&json!({"tags": ["image", "spoilt"]})),
            (_, "spoilt") => Answer::bytes(oci::INDEX, input),
            (_, "image") => {
                Answer::bytes(&served.manifest.media_type, served.manifest.bytes.clone())
            }
            ("/v2/a/b/referrers", digest) if digest == served.manifest.digest => {
                Answer::json(&json!({"manifests": [attached().manifest.descriptor()]}))
            }
            ("/v2/a/b/referrers", _) => Answer::bytes(oci::INDEX, input),
            (_, digest) => {
                let attached = attached();
                let mut blobs = served
                    .blobs
                    .iter()
                    .chain([&served.manifest])
                    .chain(&attached.blobs)
                    .chain([&attached.manifest]);
                match blobs.find(|blob| blob.digest == digest) {
                    Some(blob) => Answer::bytes(&blob.media_type, blob.bytes.clone()),
                    None => Answer::bytes("application/json", input),
                }
            }
        }
    }));
    let key = PublicKey::from_pem("k", Signer::new().public_pem().as_bytes()).unwrap();
    let registry = Registry::new(RegistryOptions {
        repositories: vec!["a/b".to_owned()],
        plain_http: true,
        keys: vec![GivenKey {
            key,
            repositories: Vec::new(),
        }],
        http: HttpOptions {
            attempts: 1,
            timeout: Duration::from_secs(30),
            ..HttpOptions::default()
        },
        ..RegistryOptions::new(&server.host)
    })
    .unwrap();
    let statement = statement(&image.manifest.digest);
    let seeds = vec![
        index.bytes.clone(),
        image.manifest.bytes.clone(),
        statement.to_string().into_bytes(),
        Signer::new().envelope(&statement).to_string().into_bytes(),
    ];
    fuzz("manifest", seeds, 60, |spoilt| {
        *input.lock().unwrap() = spoilt.to_vec();
        server.reset();
        let (outcome, observations, problems) =
            runtime.block_on(Sink::collect(async |sink| registry.observe(sink).await));
        if let Ok(outcome) = outcome {
            prop_assert_eq!(outcome.complete, problems.is_empty());
        }
        for observation in &observations {
            let line = to_line(observation).unwrap();
            prop_assert!(parse_line(&line).is_ok(), "{}", line);
        }
        Ok(())
    });
}
