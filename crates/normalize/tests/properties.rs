//! Properties that hold for every input: nothing panics, forms are fixed points, errors point into the input.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use polar_normalize::{AliasTable, Code, ImageRef, Options, ShortNames, Uuid, parse, parse_bytes};
use proptest::prelude::*;

/// Pieces that references are made of, and what nearly is one.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "[a-z0-9]{1,6}",
        1 => "[A-Za-z0-9._:@/+-]{0,8}",
    ]
}

const PIECES: &[&str] = &[
    "/",
    ":",
    "@",
    ".",
    "-",
    "_",
    "__",
    "+",
    "[",
    "]",
    "::",
    "://",
    " ",
    "$",
    "{{",
    "\u{e9}",
    "\t",
    "docker://",
    "OCI://",
    "oci:",
    "docker-daemon:",
    "dir:",
    "https://",
    "nginx",
    "library",
    "scratch",
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "localhost",
    "LocalHost",
    "127.0.0.1",
    "r.example.com",
    "R.Example.COM",
    "my_host.com",
    "myhost",
    "[::1]",
    "[2001:DB8::0:1]",
    "[fe80::1%e]",
    "[::ffff:1.2.3.4]",
    ":443",
    ":0443",
    ":5000",
    ":0",
    ":65536",
    "latest",
    "v1.0-RC1",
    "team",
    "App",
    "sha256:",
    "SHA256:",
    "md5:",
    "blake3:abc",
    HEX,
    UPPER_HEX,
    DIGEST,
];
const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const UPPER_HEX: &str = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn near_miss() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

/// References that are valid by construction, in every spelling.
fn valid() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        Just(String::new()),
        "([A-Za-z0-9]([a-z0-9-]{0,6}[a-z0-9])?\\.){1,3}[a-z0-9]{1,5}/",
        "([A-Za-z0-9]([a-z0-9-]{0,6}[a-z0-9])?\\.){1,3}[a-z0-9]{1,5}:0{0,3}[1-9][0-9]{0,3}/",
        "[A-Za-z][a-z0-9]{0,8}:0{0,3}[1-9][0-9]{0,3}/",
        "(docker\\.io|index\\.docker\\.io|LOCALHOST|localhost:443|r\\.example\\.com:443|myhost:443)/",
        any::<[u16; 8]>()
            .prop_map(|groups| groups.map(|group| format!("{:X}", group % 3)).join(":"))
            .prop_map(|address| format!("[{address}]/")),
    ];
    let component = "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
    let path = proptest::collection::vec(component, 1..4).prop_map(|path| path.join("/"));
    let tag = proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}");
    let digest = proptest::option::of(proptest::sample::select(vec![
        format!("sha256:{HEX}"),
        format!("sha384:{HEX}{}", &HEX[..32]),
        format!("sha512:{HEX}{HEX}"),
    ]));
    (host, path, tag, digest).prop_map(|(host, mut path, tag, digest)| {
        if host.is_empty() {
            // A dot would make the first component a registry.
            path = path.replace('.', "-");
        }
        let tag = tag.map_or(String::new(), |tag| format!(":{tag}"));
        let digest = digest.map_or(String::new(), |digest| format!("@{digest}"));
        format!("{host}{path}{tag}{digest}")
    })
}

fn all_options() -> Vec<Options> {
    let mut aliases = AliasTable::new();
    for (from, to) in [
        ("r.example.com", "docker.io"),
        ("docker.io/library", "mirror.example.com/library"),
        ("localhost", "[::1]:5000/a"),
        ("mirror.example.com", "r.example.com"),
    ] {
        aliases.insert(from, to).unwrap();
    }
    [ShortNames::DockerHub, ShortNames::Reject]
        .into_iter()
        .flat_map(|short_names| {
            [AliasTable::new(), aliases.clone()].map(|aliases| Options {
                short_names,
                aliases,
            })
        })
        .collect()
}

/// What holds for every parsed reference, whatever the options it was parsed with.
fn check_image(image: &ImageRef) -> Result<(), TestCaseError> {
    let (tag_form, digest_form) = (image.tag_form(), image.digest_form());
    prop_assert_eq!(tag_form.is_some(), image.tag().is_some());
    prop_assert_eq!(digest_form.is_some(), image.digest().is_some());
    prop_assert!(tag_form.is_some() || digest_form.is_some());
    prop_assert_eq!(
        image.name(),
        format!("{}/{}", image.registry(), image.repository())
    );
    let primary = image.primary();
    prop_assert_eq!(Some(&primary), digest_form.as_ref().or(tag_form.as_ref()));
    prop_assert_eq!(image.to_string(), primary.as_ref());
    if let Some(form) = &tag_form {
        prop_assert!(!form.bytes().any(|b| b.is_ascii_uppercase()), "{form}");
        prop_assert!(!form.contains('@'), "{form}");
    }
    for (form, uuid) in [
        (tag_form, image.tag_uuid()),
        (digest_form, image.digest_uuid()),
        (Some(primary), Some(image.primary_uuid())),
    ] {
        let Some(form) = form else {
            prop_assert_eq!(uuid, None);
            continue;
        };
        prop_assert_eq!(
            uuid,
            Some(Uuid::new_v5(&Uuid::NAMESPACE_URL, form.as_bytes()))
        );
        for short_names in [ShortNames::DockerHub, ShortNames::Reject] {
            let again = parse(
                &form,
                &Options {
                    short_names,
                    ..Options::default()
                },
            );
            let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(&again.primary(), &form);
            prop_assert_eq!(again.registry(), image.registry());
            prop_assert_eq!(again.repository(), image.repository());
            prop_assert_eq!(again.host_relative(), image.host_relative());
            prop_assert!(!again.registry_defaulted() && !again.tag_defaulted());
        }
    }
    Ok(())
}

fn check(input: &str) -> Result<(), TestCaseError> {
    let plain = parse(input, &Options::default());
    for options in all_options() {
        let result = parse(input, &options);
        prop_assert_eq!(&result, &parse_bytes(input.as_bytes(), &options));
        match &result {
            Ok(image) => check_image(image)?,
            Err(error) => {
                prop_assert!(
                    error.offset().is_none_or(|offset| offset <= input.len()),
                    "{error}"
                );
                prop_assert_eq!(error.input(), input);
                prop_assert_eq!(error.digest().is_some(), error.kind() == Code::DigestOnly);
                prop_assert!(error.to_string().starts_with("image reference \""));
            }
        }
        // `Reject` refuses what would have been defaulted, and nothing else.
        if options.short_names == ShortNames::Reject && options.aliases.is_empty() {
            match (&plain, result) {
                (Ok(image), Err(error)) => {
                    prop_assert!(image.registry_defaulted());
                    prop_assert_eq!(error.kind(), Code::ShortName);
                }
                (plain, result)
                    if result.as_ref().err().map(|e| e.kind()) != Some(Code::ShortName) =>
                {
                    prop_assert_eq!(plain, &result);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn near_misses(input in near_miss()) {
        check(&input)?;
    }

    #[test]
    fn any_text(input in any::<String>()) {
        check(&input)?;
    }

    #[test]
    fn any_bytes(input in any::<Vec<u8>>()) {
        for options in all_options() {
            if let Err(error) = parse_bytes(&input, &options) {
                prop_assert!(error.offset().is_none_or(|offset| offset <= input.len()));
                if str::from_utf8(&input).is_err() {
                    prop_assert!(matches!(error.kind(), Code::NonAscii | Code::UnexpandedVariable));
                }
            }
        }
    }

    #[test]
    fn valid_ones_are_accepted(input in valid()) {
        let image = parse(&input, &Options::default());
        // A component may happen to be a name that is refused.
        let refused = image.as_ref().err().map(|error| error.kind());
        prop_assert!(matches!(refused, None | Some(Code::ReservedName | Code::LocalTransport)), "{image:?}");
        check(&input)?;
    }

    #[test]
    fn case_of_the_registry_does_not_matter(input in valid()) {
        if let Some((registry, rest)) = input.split_once('/') {
            let forms = [registry.to_lowercase(), registry.to_uppercase()].map(|registry| {
                parse(&format!("{registry}/{rest}"), &Options::default()).map(|image| image.primary().into_owned())
            });
            if let [Ok(lower), Ok(upper)] = forms {
                prop_assert_eq!(lower, upper);
            }
        }
    }
}
