//! What files of jobs say.

use super::*;

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// Checks a file against images with their digests, `-` for none.
#[track_caller]
fn check(file: &str, content: &str, wanted: &[(&str, &str)]) {
    let content = content.replace("{A}", A).replace("{B}", B);
    let found = built_images(file, content.as_bytes()).unwrap();
    let found: Vec<_> = found
        .into_iter()
        .map(|built| (built.image, built.digest.unwrap_or("-".to_owned())))
        .collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(image, digest)| (*image, *digest))
        .map(|texts| (texts.0.replace("{A}", A), texts.1))
        .map(|texts| (texts.0.replace("{B}", B), texts.1.replace("{A}", A)))
        .map(|texts| (texts.0, texts.1.replace("{B}", B)))
        .collect();
    assert_eq!(found, wanted, "{content}");
}

#[test]
fn dotenv_with_one_image() {
    let wanted = [("acme.azurecr.io/shop/app:1.0", "{A}")];
    for content in [
        "IMAGE=acme.azurecr.io/shop/app:1.0\nDIGEST={A}\n",
        "\u{feff}# built\r\n\r\nexport IMAGE_REF=\"acme.azurecr.io/shop/app:1.0\"\r\nIMAGE_DIGEST='{A}'\r\n",
        "TOKEN=hunter2\nimage=acme.azurecr.io/shop/app:1.0\nMANIFEST_DIGEST={A}",
        "IMAGE=acme.azurecr.io/shop/app:1.0\nIMAGE_DIGEST=acme.azurecr.io/shop/app@{A}",
        "BASE_IMAGE=docker.io/library/alpine:3\nBASE_DIGEST={B}\nIMAGE=acme.azurecr.io/shop/app:1.0\nDIGEST={A}",
    ] {
        check("image.env", content, &wanted);
    }
    check(
        "image.env",
        "IMAGE=acme.azurecr.io/shop/app:1.0@{A}",
        &[("acme.azurecr.io/shop/app:1.0@{A}", "{A}")],
    );
    check("image.env", "IMAGE=shop/app:1.0", &[("shop/app:1.0", "-")]);
}

#[test]
fn dotenv_with_several_images() {
    check(
        "build.env",
        "WEB_DIGEST={B}\nAPP_IMAGE=r.example/app:1\nWEB_IMAGE=r.example/web:1\nAPP_IMAGE_DIGEST={A}\nIMAGE_OTHER=r.example/other:1",
        &[
            ("r.example/app:1", "{A}"),
            ("r.example/web:1", "{B}"),
            ("r.example/other:1", "-"),
        ],
    );
}

#[test]
fn without_a_tag_the_digest_is_written() {
    check(
        "image.env",
        "IMAGE=r.example/app\nDIGEST={A}",
        &[("r.example/app@{A}", "{A}")],
    );
    check(
        "image.env",
        "IMAGE_DIGEST=r.example/app@{A}",
        &[("r.example/app@{A}", "{A}")],
    );
    check(
        "metadata.json",
        r#"{"containerimage.digest":"{A}","image.name":"r.example/app"}"#,
        &[("r.example/app@{A}", "{A}")],
    );
}

#[test]
fn dotenv_without_images() {
    for content in [
        "",
        " \n",
        "IMAGE_TAG=1.4.0\nIMAGE_NAME=checkout\nIMAGE_REGISTRY=acme.azurecr.io",
        "IMAGE_REPOSITORY=acme.azurecr.io/shop/app",
        "IMAGE=$CI_REGISTRY_IMAGE:1\nOTHER=r.example/app:1\nSHA={A}",
        "DIGEST={A}",
    ] {
        check("image.env", content, &[]);
    }
}

#[test]
fn buildx_metadata() {
    check(
        "metadata.json",
        r#"{"buildx.build.provenance": {"buildType": "https://mobyproject.org/buildkit@v1", "materials": []},
            "buildx.build.ref": "mybuilder/mybuilder0/0fjb6ubs52xx3vygf6fgdl611",
            "containerimage.config.digest": "{B}",
            "containerimage.descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": "{A}", "size": 506},
            "containerimage.digest": "{A}",
            "image.name": "docker.io/acme/app:1.0, r.example/app:latest"}"#,
        &[
            ("docker.io/acme/app:1.0", "{A}"),
            ("r.example/app:latest", "{A}"),
        ],
    );
    check(
        "metadata.json",
        r#"{"db": {"containerimage.digest": "{A}", "image.name": "r.example/db:1"},
            "web": {"containerimage.digest": "{B}", "image.name": "r.example/web:1"},
            "local": {"buildx.build.ref": "x"}, "buildx.build.warnings": []}"#,
        &[("r.example/db:1", "{A}"), ("r.example/web:1", "{B}")],
    );
    for content in [
        r#"{"containerimage.digest":"{A}"}"#,
        r#"{"image.name":"r.example/app:1"}"#,
        r#"{"containerimage.digest":7,"image.name":"r.example/app:1"}"#,
        r#"{"version": 3}"#,
        "[1, \"a\", null]",
        "7",
    ] {
        check("metadata.json", content, &[]);
    }
}

#[test]
fn statements() {
    let hex = A.trim_start_matches("sha256:");
    let subjects = format!(
        r#"[{{"name": "script.sh", "digest": {{"sha256": "{hex}"}}}},
            {{"name": "out/app.jar", "digest": {{"sha256": "{hex}"}}}},
            {{"name": "lib.d/app", "digest": {{"sha256": "{hex}"}}}},
            {{"name": "r.example/app:1", "digest": {{"sha256": "{hex}"}}}},
            {{"name": "r.example/other:1", "digest": {{"sha1": "7"}}}},
            {{"digest": {{"sha256": "{hex}"}}}}, null]"#
    );
    let statement = |kind: &str, predicate: &str| {
        format!(
            r#"{{"_type": "https://in-toto.io/Statement/v1", "predicateType": "{kind}",
                 "subject": {subjects}, "predicate": {predicate}}}"#
        )
    };
    let (old, new) = (
        "https://slsa.dev/provenance/v0.2",
        "https://slsa.dev/provenance/v1",
    );
    let runner = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v17.1.0/PROVENANCE.md";
    let wanted = ("r.example/app:1", "{A}");
    for content in [
        statement(old, &format!(r#"{{"buildType": "{runner}"}}"#)),
        statement(
            new,
            &format!(r#"{{"buildDefinition": {{"buildType": "{runner}"}}}}"#),
        ),
    ] {
        check("artifacts-metadata.json", &content, &[wanted]);
    }
    let other = statement(
        new,
        r#"{"buildDefinition": {"buildType": "https://x.example"}}"#,
    );
    let loose = ("lib.d/app@{A}", "{A}");
    check("provenance.json", &other, &[loose, wanted]);
    check("provenance.json", &format!("[{other}]"), &[loose, wanted]);
    check(
        "sbom.json",
        &statement("https://spdx.dev/Document", "{}"),
        &[],
    );
}

#[test]
fn files_that_cannot_be_read_are_not_quoted() {
    for (file, content) in [
        ("image.env", &b"PASSWORD: hunter2"[..]),
        ("image.env", b"IMAGE=r.example/app:1\nhunter2\n"),
        ("image.env", b"<html lang=\"hunter2\">"),
        ("image.env", b"{\"a\": \"hunter2\""),
        ("metadata.json", b"hunter2"),
        ("metadata.json", b"\xff\xfehunter2"),
    ] {
        let error = built_images(file, content).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
