//! The image file and the unit: what their linters say, and what must be in them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use polar_testkit::Tool;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// Instructions with their arguments, lines put together, comments left out.
fn instructions(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(what, rest)| (what.to_owned(), rest.trim().to_owned()))
        .collect()
}

#[test]
fn the_image_file_is_sound() {
    let file = deploy().join("Containerfile");
    let hadolint = Tool::new("TEST_HADOLINT", "hadolint");
    let strict = ["--no-color", "--failure-threshold", "style"];
    let said = hadolint.prints(&[&strict[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(said, "");

    let all = instructions(&fs::read_to_string(&file).unwrap());
    let stages: Vec<_> = all.split(|(what, _)| what == "FROM").skip(1).collect();
    let [build, last] = stages[..] else {
        panic!("{stages:#?}")
    };
    let values = |stage: &[(String, String)], wanted: &str| -> Vec<String> {
        let found = stage.iter().filter(|(what, _)| what == wanted);
        found.map(|(_, rest)| rest.clone()).collect()
    };
    let images: BTreeMap<_, _> = values(&all, "ARG")
        .iter()
        .map(|arg| arg.split_once('=').unwrap())
        .map(|(name, image)| (name.to_owned(), image.to_owned()))
        .collect();
    let of_rust = include_str!("../../../../rust-toolchain.toml");
    let (_, version) = of_rust.split_once("channel = \"").unwrap();
    let (version, _) = version.split_once(".0\"").unwrap();
    assert!(
        images["RUST_IMAGE"].contains(&format!("/rust:{version}-")),
        "{images:?}"
    );
    assert!(
        images["BASE_IMAGE"].contains("/distroless/cc-debian12:nonroot"),
        "{images:?}"
    );
    // Both stages have the same C library.
    assert!(images["RUST_IMAGE"].ends_with("-bookworm"), "{images:?}");
    // What the build needs is copied: the workspace, and files that the program has built in.
    let copied = values(build, "COPY").join(" ");
    for needed in ["Cargo.lock", "rust-toolchain.toml", "crates", "demo"] {
        assert!(copied.contains(needed), "{needed}");
    }
    assert!(values(build, "RUN")[0].contains("--locked"));
    // Nothing runs in the last one: it has no shell.
    assert_eq!(values(last, "RUN"), [""; 0]);
    assert_eq!(values(last, "USER"), ["65532:65532"]);
    let program = "/usr/local/bin/polar-provenance";
    assert_eq!(
        values(last, "COPY"),
        [format!(
            "--from=build /src/target/release/polar-provenance {program}"
        )]
    );
    assert_eq!(values(last, "ENTRYPOINT"), [format!("[\"{program}\"]")]);
    // What it starts with are arguments of this program.
    let arguments: Vec<String> = serde_json::from_str(&values(last, "CMD")[0]).unwrap();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--graph", "no such graph"]);
    let run = crate::common::polar(&arguments, &[]);
    assert!(
        run.stderr.contains("'no such graph' for '--graph"),
        "{run:?}"
    );
}

#[test]
fn the_unit_is_sound_and_gives_little_away() {
    let text = fs::read_to_string(deploy().join("polar-provenance.service")).unwrap();
    // The program is not installed here.
    let program = "/usr/local/bin/polar-provenance";
    assert!(text.contains(&format!("\nExecStart={program} agent\n")));
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("polar-provenance.service");
    fs::write(
        &unit,
        text.replace(program, env!("CARGO_BIN_EXE_polar-provenance")),
    )
    .unwrap();
    let unit = unit.to_str().unwrap();
    let analyze = |args: &[&str]| {
        let output = Command::new("systemd-analyze").args(args).output();
        let output = output.unwrap_or_else(|error| {
            panic!("systemd-analyze: {error}: install systemd (Debian: systemd)")
        });
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
        said
    };
    // An unknown name is only told, so nothing must be.
    assert_eq!(analyze(&["verify", "--man=no", unit]), "");
    // In tenths; above it, the command fails. 12 is what it has with a network to reach.
    analyze(&[
        "security",
        "--offline=true",
        "--no-pager",
        "--threshold=15",
        unit,
    ]);
    let says = |line: &str| text.contains(&format!("\n{line}\n"));
    for line in [
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "StateDirectory=polar-provenance",
        "Environment=XDG_DATA_HOME=%S",
        "RestartPreventExitStatus=2",
    ] {
        assert!(says(line), "{line}");
    }
}
