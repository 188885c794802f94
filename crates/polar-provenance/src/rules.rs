//! The rules of a command: the built-in ones and those of `--rules`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use polar_rules::{Circle, Effect, Problem, Rule, RuleError, builtin_rules, in_order};
use serde::Serialize;

use crate::{cli::Global, config::Config};

/// A rule that can run, and where it comes from.
pub(crate) struct LoadedRule {
    pub(crate) rule: Rule,
    pub(crate) origin: Origin,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    BuiltIn,
    /// A file beside the built-in rules.
    Added(PathBuf),
    /// A file with the name of a built-in rule.
    Replaced(PathBuf),
}

impl Origin {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Added(_) => "added",
            Self::Replaced(_) => "replaced",
        }
    }

    /// The file as the user gave it.
    pub(crate) fn file(&self) -> Option<String> {
        match self {
            Self::BuiltIn => None,
            Self::Added(file) | Self::Replaced(file) => Some(file.display().to_string()),
        }
    }

    /// How a rule of this origin is called.
    pub(crate) fn place(&self, rule: &str) -> String {
        self.file().unwrap_or_else(|| format!("built-in {rule}"))
    }
}

/// A rule file, sound or not.
pub(crate) struct RuleFile {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) parsed: Result<Rule, RuleError>,
}

/// A problem with the file that it is in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Told {
    /// The file, or `built-in NAME`.
    pub(crate) place: String,
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// The engine that refuses it, if one does.
    pub(crate) engine: Option<&'static str>,
}

impl Told {
    pub(crate) fn new(place: String, problem: Problem) -> Self {
        let Problem { line, what, hint } = problem;
        Self {
            place,
            line,
            what,
            hint,
            engine: None,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            line,
            what,
            hint,
            engine,
        } = self;
        let engine = engine.map(|engine| format!("on {engine}: "));
        let engine = engine.unwrap_or_default();
        write!(f, "{place}:{line}: {engine}{what}\n  hint: {hint}")
    }
}

/// All that keeps rules from running.
#[derive(Debug, thiserror::Error)]
#[error("the rules cannot run\n{}", .0.iter().map(Told::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct Refused(Vec<Told>);

/// All rules, unordered, those that are refused included. A file replaces the rule of its name;
/// `files` come after those of the folders.
pub(crate) fn files(global: &Global, files: &[PathBuf]) -> anyhow::Result<Vec<RuleFile>> {
    let mut all: Vec<_> = builtin_rules()?
        .into_iter()
        .map(|rule| RuleFile {
            name: rule.name.clone(),
            origin: Origin::BuiltIn,
            parsed: Ok(rule),
        })
        .collect();
    let built_in: Vec<_> = all.iter().map(|rule| rule.name.clone()).collect();
    let config = Config::load(global)?;
    let mut given = Vec::new();
    for folder in config.rules.iter().chain(&global.rules) {
        given.extend(of_folder(folder)?);
    }
    given.extend(files.iter().cloned());
    for path in given {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        let parsed = read(&name, &path)?;
        all.retain(|other| other.name != name);
        let origin = if built_in.contains(&name) {
            Origin::Replaced(path)
        } else {
            Origin::Added(path)
        };
        all.push(RuleFile {
            name,
            origin,
            parsed,
        });
    }
    Ok(all)
}

/// All rules, unordered; an error with all that is wrong with any of them.
pub(crate) fn load(global: &Global) -> anyhow::Result<Vec<LoadedRule>> {
    let mut loaded = Vec::new();
    let mut told = Vec::new();
    for file in files(global, &[])? {
        match file.parsed {
            Ok(rule) => loaded.push(LoadedRule {
                rule,
                origin: file.origin,
            }),
            Err(error) => told.extend(problems(&file.origin, error)),
        }
    }
    if told.is_empty() {
        Ok(loaded)
    } else {
        Err(Refused(told).into())
    }
}

/// All rules in the order they run.
pub(crate) fn in_running_order(global: &Global) -> anyhow::Result<Vec<LoadedRule>> {
    let mut loaded = load(global)?;
    let rules = loaded.iter().map(|loaded| loaded.rule.clone());
    let ordered = in_order(rules.collect()).map_err(|circle| {
        Refused(around(&circle, |rule| {
            let found = loaded.iter().find(|loaded| loaded.rule.name == rule);
            found.map_or(Origin::BuiltIn, |loaded| loaded.origin.clone())
        }))
    })?;
    loaded.sort_by_key(|loaded| {
        ordered
            .iter()
            .position(|rule| rule.name == loaded.rule.name)
    });
    Ok(loaded)
}

/// All rules in the order they run.
pub(crate) fn ordered(global: &Global) -> anyhow::Result<Vec<Rule>> {
    let loaded = in_running_order(global)?;
    Ok(loaded.into_iter().map(|loaded| loaded.rule).collect())
}

/// What is wrong with a file.
pub(crate) fn problems(origin: &Origin, error: RuleError) -> Vec<Told> {
    let place = origin.place(&error.rule);
    let problems = error.problems.into_iter();
    problems
        .map(|problem| Told::new(place.clone(), problem))
        .collect()
}

/// What is wrong with each rule of a circle.
pub(crate) fn around(circle: &Circle, origin: impl Fn(&str) -> Origin) -> Vec<Told> {
    let told = circle.0.iter().map(|step| {
        let problem = Problem::new(
            step.line,
            circle.to_string(),
            format!(
                "a rule runs after those it reads: let one of these ask for observed edges instead, \
                 here for other ones than {}",
                step.reads
            ),
        );
        Told::new(origin(&step.rule).place(&step.rule), problem)
    });
    told.collect()
}

/// The rule in a file. Only what is no text is no rule file at all.
fn read(name: &str, file: &Path) -> anyhow::Result<Result<Rule, RuleError>> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the rule file {}", file.display()))?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Rule::parse(name, text.strip_prefix('\u{feff}').unwrap_or(&text)),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            let problem = Problem::new(line, "this is no UTF-8 text", "save the file as UTF-8");
            Err(RuleError {
                rule: name.to_owned(),
                problems: vec![problem],
            })
        }
    })
}

/// The rule files of a folder, by name.
fn of_folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the rules folder {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(cannot)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(cannot)?.path();
        let extension = path.extension();
        if extension.is_some_and(|extension| extension == "cypher") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The kinds of findings that rules make, each with the label of what it concerns.
pub(crate) fn finding_kinds(global: &Global) -> anyhow::Result<Vec<(String, String)>> {
    let kind = |loaded: LoadedRule| match loaded.rule.effect {
        Effect::Finding { kind, subject, .. } => Some((kind, subject)),
        _ => None,
    };
    Ok(load(global)?.into_iter().filter_map(kind).collect())
}
