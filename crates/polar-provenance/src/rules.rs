//! The rules of a command: the built-in ones and those of `--rules`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use polar_rules::{Rule, builtin_rules, in_order};

use crate::{cli::Global, config::Config};

/// A rule and where it stands.
pub(crate) struct LoadedRule {
    pub(crate) rule: Rule,
    /// The file, if it is none of the built-in ones.
    pub(crate) file: Option<PathBuf>,
}

/// All rules, unordered. A file replaces the rule of its name.
pub(crate) fn load(global: &Global) -> anyhow::Result<Vec<LoadedRule>> {
    let mut loaded: Vec<_> = builtin_rules()?
        .into_iter()
        .map(|rule| LoadedRule { rule, file: None })
        .collect();
    let config = Config::load(global)?;
    for folder in config.rules.iter().chain(&global.rules) {
        for file in files(folder)? {
            let rule = read(&file)?;
            loaded.retain(|other| other.rule.name != rule.name);
            loaded.push(LoadedRule {
                rule,
                file: Some(file),
            });
        }
    }
    Ok(loaded)
}

/// All rules in the order they run.
pub(crate) fn ordered(global: &Global) -> anyhow::Result<Vec<Rule>> {
    let rules = load(global)?.into_iter().map(|loaded| loaded.rule);
    Ok(in_order(rules.collect())?)
}

/// The rule in a file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Rule> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the rule file {}", file.display()))?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    Rule::parse(&name, &text).with_context(|| file.display().to_string())
}

/// The rule files of a folder, by name.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the rules folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "cypher")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
