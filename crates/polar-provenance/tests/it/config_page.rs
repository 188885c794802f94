//! docs/configuration.md tells what can stand in the file, and its example is one.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::common::polar;

const PAGE: &str = include_str!("../../../../docs/configuration.md");

fn example() -> &'static str {
    let (_, rest) = PAGE.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn show(path: &Path) -> crate::common::Outcome {
    polar(
        &["config", "show", "--config", &path.display().to_string()],
        &[],
    )
}

#[test]
fn the_example_is_a_configuration_and_nothing_of_it_is_lost() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("example.toml");
    fs::write(&path, example()).unwrap();
    let shown = show(&path);
    assert_eq!(shown.code, 0, "{shown:?}");
    let shown: toml::Value = toml::from_str(&shown.stdout).unwrap();
    let wanted: toml::Value = toml::from_str(example()).unwrap();
    assert_eq!(shown, wanted);
}

/// The names that a table knows are told where one is unknown.
#[test]
fn each_name_that_the_file_knows_is_on_the_page() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("unknown.toml");
    let mut seen = 0;
    for table in [
        "",
        "[[keys]]\n",
        "[gitlab]\n",
        "[[registry]]\n",
        "[[kubernetes]]\n",
        "[polar]\n",
    ] {
        fs::write(&path, format!("{table}no_such_name = 1\n")).unwrap();
        let told = show(&path);
        assert_eq!(told.code, 2, "{told:?}");
        let (_, names) = told.stderr.split_once("expected ").unwrap();
        for name in names.split('`').skip(1).step_by(2) {
            seen += 1;
            let is_there = |line: &str| {
                let line = line.trim_start_matches('[');
                line.starts_with(name)
                    && !line[name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            };
            let is_told = example().lines().any(is_there)
                || PAGE.contains(&format!("{name}` "))
                || example().contains(&format!(".{name}]"))
                || example().contains(&format!("or {name}"));
            assert!(is_told, "{table}{name}");
        }
    }
    assert!(seen > 30, "{seen}");
}
