//! Signatures of cosign, of OpenSSL in cosign's formats, and of keys made here; then each part of
//! them changed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_verify::{
    KeyError, NotVerified, PublicKey, Subject, Verdict, bundle_signs_bytes, envelope,
    simple_signing,
};
use rcgen::{CertificateParams, KeyPair, SanType, SigningKey};
use serde_json::{Value, json};

const PAYLOAD: &[u8] = include_bytes!("vectors/payload.json");
/// What the payload is about.
const SUBJECT: &str = "sha256:8af25aee58ef8a5e28007250191e6d478b6fb5593ec2f22dc8770c68ae4c9039";
const OTHER: &str = "sha256:0af25aee58ef8a5e28007250191e6d478b6fb5593ec2f22dc8770c68ae4c9039";
const P256: &str = include_str!("vectors/p256.pem");
const P384: &str = include_str!("vectors/p384.pem");
const RSA: &str = include_str!("vectors/rsa.pem");
const ED25519: &str = include_str!("vectors/ed25519.pem");

fn key(name: &str, pem: &str) -> PublicKey {
    PublicKey::from_pem(name, pem.as_bytes()).unwrap()
}

fn names(verdict: Verdict<'_>) -> Result<Vec<String>, NotVerified> {
    let names = |keys: Vec<&PublicKey>| keys.iter().map(|key| key.name().to_owned()).collect();
    verdict.map(names)
}

/// A key, and what it signs.
struct Signer(KeyPair);

impl Signer {
    fn new(algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
        Self(KeyPair::generate_for(algorithm).unwrap())
    }

    fn public(&self, name: &str) -> PublicKey {
        key(name, &self.0.public_key_pem())
    }

    fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).unwrap())
    }

    fn dsse(&self, payload_type: &str, payload: &[u8]) -> Value {
        let head = format!(
            "DSSEv1 {} {payload_type} {} ",
            payload_type.len(),
            payload.len()
        );
        json!({"payloadType": payload_type, "payload": STANDARD.encode(payload),
            "signatures": [{"keyid": "", "sig": self.sign(&[head.as_bytes(), payload].concat())}]})
    }
}

fn statement(digest: &str) -> Vec<u8> {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    let statement = json!({"_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "other", "digest": {"sha256": "00"}},
                    {"name": "image", "digest": {algorithm: hex}}], "predicate": {}});
    statement.to_string().into_bytes()
}

const IN_TOTO: &str = "application/vnd.in-toto+json";

fn check<'k>(document: &Value, keys: &[&'k PublicKey]) -> Verdict<'k> {
    let subject = Subject {
        digest: SUBJECT,
        bytes: None,
    };
    envelope(document.to_string().as_bytes(), subject, keys)
}

#[test]
fn a_signature_that_cosign_made() {
    // Of the tests of sigstore-rs: a payload, its signature and the key.
    let pem = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENptdY/l3nB0yqkXLBWkZWQwo6+cu\n\
        OSWS1X9vPavpiQOoTTGC0xX57OojUadxF1cdQmrsiReWg2Wn4FneJfa8xw==\n\
        -----END PUBLIC KEY-----";
    let subject = "sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b";
    let payload = format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"registry-testing.svc.lan/busybox\"}},\
         \"image\":{{\"docker-manifest-digest\":\"{subject}\"}},\
         \"type\":\"cosign container image signature\"}},\"optional\":null}}"
    );
    let signature = "MEUCIQD6q/COgzOyW0YH1Dk+CCYSt4uAhm3FDHUwvPI55zwnlwIgE0ZK58ZOWpZw8YVmBapJhBqC\
        fdPekIknimuO0xH8Jh8=";
    let (made, other) = (key("cosign", pem), key("other", P256));
    let keys = [&other, &made];
    let verdict = simple_signing(payload.as_bytes(), Some(signature), None, subject, &keys);
    assert_eq!(names(verdict), Ok(vec!["cosign".to_owned()]));
}

#[test]
fn every_algorithm_that_cosign_signs_with() {
    for (pem, signature) in [
        (P256, include_str!("vectors/p256-sha256.sig")),
        (P384, include_str!("vectors/p384-sha256.sig")),
        (P384, include_str!("vectors/p384-sha384.sig")),
        (RSA, include_str!("vectors/rsa-pkcs1-sha256.sig")),
        (RSA, include_str!("vectors/rsa-pkcs1-sha512.sig")),
        (RSA, include_str!("vectors/rsa-pss-sha256.sig")),
        (ED25519, include_str!("vectors/ed25519.sig")),
    ] {
        let all = [P256, P384, RSA, ED25519].map(|pem| key(pem, pem));
        let keys: Vec<&PublicKey> = all.iter().collect();
        let check = |payload: &[u8], signature: &str| {
            names(simple_signing(
                payload,
                Some(signature),
                None,
                SUBJECT,
                &keys,
            ))
        };
        assert_eq!(
            check(PAYLOAD, signature),
            Ok(vec![pem.to_owned()]),
            "{signature}"
        );
        // Another byte that leaves the document what it is, and each byte of the signature.
        let mut payload = PAYLOAD.to_vec();
        payload.push(b' ');
        assert_eq!(
            check(&payload, signature),
            Err(NotVerified::OtherKey),
            "{signature}"
        );
        let bytes = STANDARD.decode(signature).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = STANDARD.encode(changed);
            assert_eq!(
                check(PAYLOAD, &changed),
                Err(NotVerified::OtherKey),
                "{pem} {at}"
            );
        }
    }
}

#[test]
fn what_simple_signing_is_not() {
    let made = key("made", P256);
    let signature = include_str!("vectors/p256-sha256.sig");
    let check = |payload: &str, signature, subject| {
        simple_signing(payload.as_bytes(), signature, None, subject, &[&made]).unwrap_err()
    };
    let payload = std::str::from_utf8(PAYLOAD).unwrap();
    assert_eq!(
        check(payload, Some(signature), OTHER),
        NotVerified::OtherSubject
    );
    // The signature is good, but for other bytes.
    let forged = payload.replace(SUBJECT, OTHER);
    assert_eq!(
        check(&forged, Some(signature), OTHER),
        NotVerified::OtherKey
    );
    assert_eq!(check(payload, None, SUBJECT), NotVerified::Unsigned);
    assert_eq!(check(payload, Some(" "), SUBJECT), NotVerified::Unsigned);
    let twice = payload.replace(
        "\"image\"",
        "\"image\":{\"docker-manifest-digest\":\"x\"},\"image\"",
    );
    for (payload, signature, said) in [
        (payload, "%%", "base64"),
        ("{}", signature, "none of cosign's"),
        (twice.as_str(), signature, "duplicate"),
        (
            &payload.replace("cosign container", "atomic container"),
            signature,
            "of the type",
        ),
    ] {
        let error = check(payload, Some(signature), SUBJECT).to_string();
        assert!(error.contains(said), "{error}");
    }
    let none = simple_signing(PAYLOAD, Some(signature), None, SUBJECT, &[]);
    assert_eq!(none, Err(NotVerified::OtherKey));
}

#[test]
fn attestations() {
    let signer = Signer::new(&rcgen::PKCS_ECDSA_P384_SHA384);
    let (made, other) = (signer.public("made"), key("other", P256));
    let keys = [&other, &made];
    let good = signer.dsse(IN_TOTO, &statement(SUBJECT));
    assert_eq!(names(check(&good, &keys)), Ok(vec!["made".to_owned()]));
    let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "x"}, "tlogEntries": []},
        "dsseEnvelope": good});
    assert_eq!(names(check(&bundle, &keys)), Ok(vec!["made".to_owned()]));
    assert_eq!(check(&good, &[&other]), Err(NotVerified::OtherKey));

    let other_subject = signer.dsse(IN_TOTO, &statement(OTHER));
    assert_eq!(check(&other_subject, &keys), Err(NotVerified::OtherSubject));
    let mut nothing: Value = serde_json::from_slice(&statement(SUBJECT)).unwrap();
    nothing["subject"] = json!([]);
    let nothing = signer.dsse(IN_TOTO, nothing.to_string().as_bytes());
    assert_eq!(check(&nothing, &keys), Err(NotVerified::OtherSubject));

    let mut forged = good.clone();
    forged["payload"] = STANDARD
        .encode([&statement(SUBJECT)[..], b" "].concat())
        .into();
    assert_eq!(check(&forged, &keys), Err(NotVerified::OtherKey));
    // Signed as it stands, without its type and the lengths.
    let mut bare = good.clone();
    bare["signatures"][0]["sig"] = signer.sign(&statement(SUBJECT)).into();
    assert_eq!(check(&bare, &keys), Err(NotVerified::OtherKey));
    let mut unsigned = good.clone();
    unsigned["signatures"] = json!([]);
    assert_eq!(check(&unsigned, &keys), Err(NotVerified::Unsigned));
    let statement: Value = serde_json::from_slice(&statement(SUBJECT)).unwrap();
    assert_eq!(check(&statement, &keys), Err(NotVerified::Unsigned));
}

#[test]
fn one_good_signature_is_enough() {
    let signer = Signer::new(&rcgen::PKCS_ED25519);
    let made = signer.public("made");
    let mut envelope = signer.dsse(IN_TOTO, &statement(SUBJECT));
    let good = envelope["signatures"][0].clone();
    envelope["signatures"] = json!([{"sig": "%"}, {"sig": "AAAA"}, good, good]);
    assert_eq!(
        names(check(&envelope, &[&made])),
        Ok(vec!["made".to_owned()])
    );
    envelope["signatures"] = json!([{"sig": "%"}, {"sig": "AAAA"}]);
    let error = check(&envelope, &[&made]).unwrap_err().to_string();
    assert!(error.contains("base64"), "{error}");
}

#[test]
fn what_is_no_attestation() {
    let signer = Signer::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let made = signer.public("made");
    let v1 = String::from_utf8(statement(SUBJECT)).unwrap();
    let twice = v1.replacen('{', "{\"subject\":[],", 1);
    for (document, said) in [
        (
            signer.dsse("text/plain", v1.as_bytes()),
            "of the type `text/plain`",
        ),
        (signer.dsse(IN_TOTO, b"{}"), "no in-toto statement"),
        (
            signer.dsse(IN_TOTO, twice.as_bytes()),
            "duplicate field `subject`",
        ),
        (
            signer.dsse(IN_TOTO, v1.replace("in-toto.io", "x.example").as_bytes()),
            "of the type `https://x.example",
        ),
        (
            json!({"payloadType": IN_TOTO, "payload": "%", "signatures": []}),
            "payload is no base64",
        ),
        (json!([]), "neither an envelope nor a bundle"),
    ] {
        let error = check(&document, &[&made]).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn bundles_over_the_manifest_itself() {
    let signer = Signer::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let made = signer.public("made");
    let manifest = b"{\"schemaVersion\":2}".as_slice();
    let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {}},
        "messageSignature": {"messageDigest": {"algorithm": "SHA2_256", "digest": "AA=="},
                             "signature": signer.sign(manifest)}});
    let text = bundle.to_string();
    assert!(bundle_signs_bytes(text.as_bytes()));
    assert!(!bundle_signs_bytes(PAYLOAD));
    let check = |bytes| {
        let subject = Subject {
            digest: SUBJECT,
            bytes,
        };
        names(envelope(text.as_bytes(), subject, &[&made]))
    };
    assert_eq!(check(Some(manifest)), Ok(vec!["made".to_owned()]));
    assert_eq!(
        check(Some(b"{\"schemaVersion\":1}")),
        Err(NotVerified::OtherKey)
    );
    assert!(check(None).unwrap_err().to_string().contains("not at hand"));
}

#[test]
fn signed_with_a_certificate() {
    let signer = Signer::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let mut params = CertificateParams::default();
    let identity = "https://gitlab.example.com/shop/checkout//.gitlab-ci.yml@refs/heads/main";
    params.subject_alt_names = vec![SanType::URI(identity.try_into().unwrap())];
    let certificate = params.self_signed(&signer.0).unwrap();
    let keyless = Err(NotVerified::Keyless(identity.to_owned()));
    let (made, other) = (signer.public("made"), key("other", P256));
    let signature = signer.sign(PAYLOAD);
    let pem = certificate.pem();
    let simple = |keys: &[&PublicKey]| {
        names(simple_signing(
            PAYLOAD,
            Some(&signature),
            Some(&pem),
            SUBJECT,
            keys,
        ))
    };
    assert_eq!(simple(&[&other]), keyless);
    // A key that is given counts, whatever certificate lies beside it.
    assert_eq!(simple(&[&other, &made]), Ok(vec!["made".to_owned()]));

    let raw = json!({"rawBytes": STANDARD.encode(certificate.der())});
    let envelope = signer.dsse(IN_TOTO, &statement(SUBJECT));
    for material in [
        json!({"certificate": raw}),
        json!({"x509CertificateChain": {"certificates": [raw]}}),
    ] {
        let bundle = json!({"verificationMaterial": material, "dsseEnvelope": envelope});
        assert_eq!(names(check(&bundle, &[&other])), keyless);
    }
    let unreadable = simple_signing(PAYLOAD, Some(&signature), Some("x"), SUBJECT, &[&other]);
    let error = unreadable.unwrap_err().to_string();
    assert_eq!(
        error,
        "signed without a key (certificate of nobody: it cannot be read)"
    );
}

#[test]
fn keys() {
    // `openssl pkey -pubin -in p256.pem -outform DER | sha256sum`
    let fingerprint = "sha256:6476df1e395402dcf5fd0133424bf7c97544fcf95ca33b4e1a06b5f663747e53";
    assert_eq!(key("x", P256).fingerprint(), fingerprint);
    let read = |text: &str| PublicKey::from_pem("x", text.as_bytes()).unwrap_err();
    let private = Signer::new(&rcgen::PKCS_ECDSA_P256_SHA256)
        .0
        .serialize_pem();
    let secret = private.lines().nth(1).unwrap();
    for text in [
        private.clone(),
        format!("{P256}{private}"),
        private.replace("PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY"),
        private.replace("PRIVATE KEY", "EC PRIVATE KEY"),
    ] {
        let error = read(&text);
        assert!(matches!(error, KeyError::Private(_)), "{error}");
        assert!(!error.to_string().contains(secret), "{error}");
    }
    for (text, said) in [
        ("", "no PEM"),
        ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "no PEM"),
        (&P256.repeat(2), "`PUBLIC KEY`, `PUBLIC KEY`"),
        (&P256.replace("PUBLIC KEY", "CERTIFICATE"), "`CERTIFICATE`"),
        (&P256.replace("MFkw", "MFkx"), "cannot be read"),
        (&P256.replace("-----END", "----END"), "cannot be read"),
        (include_str!("vectors/rsa-1024.pem"), "RSA of 1024 bits"),
        (
            include_str!("vectors/p521.pem"),
            "1.2.840.10045.2.1 with 1.3.132.0.35",
        ),
    ] {
        let error = read(text).to_string();
        assert!(error.contains(said), "{error}");
    }
}
