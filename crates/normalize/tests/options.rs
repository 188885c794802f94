//! Short names, aliases, and the facts a reference carries besides its forms.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use polar_normalize::{AliasTable, Code, Error, Options, ShortNames, parse, parse_bytes};

fn aliases(entries: &[(&str, &str)]) -> Options {
    let mut aliases = AliasTable::new();
    for (from, to) in entries {
        aliases.insert(from, to).unwrap();
    }
    Options {
        aliases,
        ..Options::default()
    }
}

#[track_caller]
fn check(input: &str, options: &Options, expected: Result<&str, &str>) {
    let found = parse(input, options).map(|image| image.primary().into_owned());
    assert_eq!(found.as_deref().map_err(Error::code), expected, "{input}");
}

#[test]
fn reject_short_names() {
    let options = Options {
        short_names: ShortNames::Reject,
        ..Options::default()
    };
    for short in [
        "nginx",
        "team/app:1",
        "test.com:5000",
        "docker://nginx",
        "/docker",
        "Foo/bar",
        "scratch",
    ] {
        check(short, &options, Err("short-name"));
    }
    check(
        "docker.io/nginx",
        &options,
        Ok("docker.io/library/nginx:latest"),
    );
    check("localhost/nginx", &options, Ok("localhost/nginx:latest"));
    // The checks before keep their codes.
    check("", &options, Err("empty"));
    check("dir:x", &options, Err("local-transport"));
    check("sha256:abc", &options, Err("invalid-digest"));
    check(":tag", &options, Err("missing-repository"));
    let error = parse("docker://nginx", &options).unwrap_err();
    assert_eq!(error.offset(), Some(9));
    assert_eq!(
        error.to_string(),
        r#"image reference "docker://nginx": no registry (byte 9): name the registry, docker.io/ for Docker Hub"#,
    );
}

#[test]
fn aliases_are_opt_in() {
    check(
        "k8s.gcr.io/pause:3.6",
        &Options::default(),
        Ok("k8s.gcr.io/pause:3.6"),
    );
    let options = aliases(&[("k8s.gcr.io", "registry.k8s.io")]);
    check(
        "k8s.gcr.io/pause:3.6",
        &options,
        Ok("registry.k8s.io/pause:3.6"),
    );
    check(
        "K8S.gcr.io:443/pause:3.6",
        &options,
        Ok("registry.k8s.io/pause:3.6"),
    );
    check(
        "k8s.gcr.io:5000/pause:3.6",
        &options,
        Ok("k8s.gcr.io:5000/pause:3.6"),
    );
    check(
        "gcr.io/k8s.gcr.io/pause",
        &options,
        Ok("gcr.io/k8s.gcr.io/pause:latest"),
    );
}

#[test]
fn rules_of_docker_hub_hold_after_an_alias() {
    let options = aliases(&[("mirror.example.com/dockerhub", "docker.io")]);
    check(
        "mirror.example.com/dockerhub/nginx",
        &options,
        Ok("docker.io/library/nginx:latest"),
    );
    check(
        "mirror.example.com/dockerhub/library/nginx",
        &options,
        Ok("docker.io/library/nginx:latest"),
    );
    check(
        "mirror.example.com/dockerhub/a/b:1",
        &options,
        Ok("docker.io/a/b:1"),
    );
    check(
        "mirror.example.com/dockerhub",
        &options,
        Ok("mirror.example.com/dockerhub:latest"),
    );
    check(
        "mirror.example.com/dockerhub/scratch",
        &options,
        Err("reserved-name"),
    );
    let long = "a".repeat(250);
    check(
        &format!("mirror.example.com/dockerhub/{long}"),
        &options,
        Err("repository-too-long"),
    );
}

#[test]
fn an_alias_of_docker_hub_moves_short_names() {
    let options = aliases(&[("registry-1.docker.io", "mirror.example.com:5000/hub")]);
    check(
        "nginx",
        &options,
        Ok("mirror.example.com:5000/hub/library/nginx:latest"),
    );
    let image = parse("nginx", &options).unwrap();
    assert!(image.registry_defaulted());
    assert_eq!(image.registry(), "mirror.example.com:5000");
    assert_eq!(image.repository(), "hub/library/nginx");
    let strict = Options {
        short_names: ShortNames::Reject,
        ..options
    };
    check("nginx", &strict, Err("short-name"));
    check(
        "docker.io/nginx",
        &strict,
        Ok("mirror.example.com:5000/hub/library/nginx:latest"),
    );
}

#[test]
fn an_alias_keeps_tag_and_digest() {
    let options = aliases(&[
        ("a.example.com", "b.example.com/x"),
        ("b.example.com", "c.example.com"),
    ]);
    let digest = format!("sha256:{}", "0".repeat(64));
    let image = parse(&format!("a.example.com/app:V1@{digest}"), &options).unwrap();
    assert_eq!(image.tag(), Some("V1"));
    assert_eq!(image.tag_form().unwrap(), "b.example.com/x/app:v1");
    assert_eq!(
        image.digest_form().unwrap(),
        format!("b.example.com/x/app@{digest}")
    );
}

#[test]
fn uuids() {
    for (input, uuid) in [
        ("nginx", "a45929bc-5b80-59c9-a61c-28467e37dc8b"),
        (
            "registry.gitlab.com/group/project/app:v1.0-RC1",
            "8cc557c2-015a-599d-9e5d-c05ba5888310",
        ),
    ] {
        let image = parse(input, &Options::default()).unwrap();
        assert_eq!(image.tag_uuid().unwrap().to_string(), uuid);
        assert_eq!(image.primary_uuid().to_string(), uuid);
        assert_eq!(image.digest_uuid(), None);
    }
}

#[test]
fn facts() {
    let digest = format!("sha256:{}", "0".repeat(64));
    for (input, tag, tag_defaulted, registry_defaulted, host_relative) in [
        ("nginx", Some("latest"), true, true, false),
        ("nginx:latest", Some("latest"), false, true, false),
        ("docker.io/nginx", Some("latest"), true, false, false),
        (&format!("nginx@{digest}"), None, false, true, false),
        (
            &format!("localhost:5000/a:B@{digest}"),
            Some("B"),
            false,
            false,
            true,
        ),
        ("LOCALHOST:443/a:1", Some("1"), false, false, true),
        ("127.0.0.1/a:1", Some("1"), false, false, true),
        ("127.0.0.1:5000/a:1", Some("1"), false, false, true),
        ("[0:0::1]:5000/a:1", Some("1"), false, false, true),
        ("[::2]:5000/a:1", Some("1"), false, false, false),
        ("127.0.0.1.nip.io/a:1", Some("1"), false, false, false),
        ("localhost.localdomain/a:1", Some("1"), false, false, false),
        (
            "oci://a.example.com/chart:1+B",
            Some("1_B"),
            false,
            false,
            false,
        ),
    ] {
        let image = parse(input, &Options::default()).unwrap();
        assert_eq!(image.tag(), tag, "{input}");
        assert_eq!(image.tag_defaulted(), tag_defaulted, "{input}");
        assert_eq!(image.registry_defaulted(), registry_defaulted, "{input}");
        assert_eq!(image.host_relative(), host_relative, "{input}");
    }
}

#[test]
fn digest_only_carries_the_digest() {
    let hex = "0123456789abcdef".repeat(4);
    for input in [
        hex.clone(),
        format!("sha256:{hex}"),
        format!("docker://sha256:{hex}"),
    ] {
        let error = parse(&input, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), Code::DigestOnly);
        assert_eq!(error.digest(), Some(format!("sha256:{hex}").as_str()));
    }
}

#[test]
fn the_earlier_check_wins_over_the_earlier_byte() {
    let options = Options::default();
    for (input, code, offset) in [
        (&b"\xff $x"[..], "unexpanded-variable", 2),
        (b" \xff", "non-ascii", 1),
        (b"Foo_!\t", "invalid-character", 5),
        (b"http://\xc3\xa9", "non-ascii", 7),
        (b"docker://", "empty", 9),
        (b"docker://oci://a/b:1", "unsupported-scheme", 9),
        (b"docker://oci:x", "local-transport", 9),
        (b"a_b.com/Foo:-x@y", "invalid-registry", 1),
        (b"a_b.com/", "invalid-registry", 1),
        (b"a.com/Foo/-:-x@y", "invalid-repository", 10),
        (b"a.com/Foo:-x@y", "uppercase-repository", 6),
        (b"a.com/foo:-x@y", "invalid-tag", 10),
        (b"docker://a.com/foo:x@y", "invalid-digest", 21),
        (b"oci://a.com/foo", "missing-tag", 15),
        (b"oci://a.com/foo:", "invalid-tag", 16),
        (b"docker.io/:1", "missing-repository", 10),
    ] {
        let error = parse_bytes(input, &options).unwrap_err();
        assert_eq!(
            (error.code(), error.offset()),
            (code, Some(offset)),
            "{error}"
        );
    }
}

#[test]
fn a_result_is_small() {
    assert!(size_of::<Result<polar_normalize::ImageRef, Error>>() <= 32);
}
