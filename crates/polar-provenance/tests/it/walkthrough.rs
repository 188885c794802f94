//! docs/rules.md, performed: its files are written, its commands run, its outputs compared.

use std::{collections::HashMap, fs, path::Path, process::Command};

use crate::common::{outcome, variables};
use polar_testkit::SharedNeo4j;

const TEXT: &str = include_str!("../../../../docs/rules.md");

/// A fenced block: what stands after the fence, the line it begins at, and its lines.
struct Block<'a> {
    info: &'a str,
    line: usize,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (line, text) in text.lines().enumerate() {
        match (text.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block {
                    info,
                    line: line + 2,
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(text),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is never closed");
    blocks
}

/// A reader's shell: a folder, and what was exported.
struct Shell<'a> {
    folder: &'a Path,
    variables: HashMap<String, String>,
}

impl Shell<'_> {
    /// Performs the commands of a block, each followed by what it prints, and returns how many.
    fn perform(&mut self, block: &Block<'_>) -> usize {
        let starts = (0..block.lines.len()).filter(|at| block.lines[*at].starts_with("$ "));
        let starts: Vec<_> = starts.collect();
        assert_eq!(starts.first(), Some(&0), "line {}", block.line);
        for (number, start) in starts.iter().enumerate() {
            let end = starts
                .get(number + 1)
                .unwrap_or(&block.lines.len())
                .to_owned();
            let command = &block.lines[*start][2..];
            if let Some((name, value)) = exported(command) {
                self.variables.insert(name.to_owned(), value.to_owned());
                continue;
            }
            let printed = self.run(command);
            let printed: Vec<_> = printed.lines().collect();
            let expected = &block.lines[start + 1..end];
            assert!(
                lines_match(expected, &printed),
                "docs/rules.md, line {}: `{command}` prints\n{}\nand not\n{}",
                block.line + start,
                printed.join("\n"),
                expected.join("\n")
            );
        }
        starts.len()
    }

    fn run(&self, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_polar-provenance"));
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.folder)
            .env_clear()
            .env("HOME", self.folder)
            .env(
                "PATH",
                format!("{}:{path}", program.parent().unwrap().display()),
            )
            .envs(&self.variables);
        outcome(shell.output().unwrap()).stdout
    }
}

fn exported(command: &str) -> Option<(&str, &str)> {
    command.strip_prefix("export ")?.split_once('=')
}

/// Whether lines are as expected, where a line `…` stands for any lines.
fn lines_match(expected: &[&str], printed: &[&str]) -> bool {
    match (expected, printed) {
        ([], rest) => rest.is_empty(),
        (["…", expected @ ..], _) => {
            (0..=printed.len()).any(|skipped| lines_match(expected, &printed[skipped..]))
        }
        ([first, expected @ ..], [line, printed @ ..]) => {
            line_matches(first, line) && lines_match(expected, printed)
        }
        (_, []) => false,
    }
}

/// Whether a line is as expected, where `…` in it stands for any text, with the blanks around it.
fn line_matches(expected: &str, printed: &str) -> bool {
    match expected.split_once('…') {
        None => expected == printed,
        Some((before, after)) => printed.strip_prefix(before.trim_end()).is_some_and(|rest| {
            let after = after.trim_start();
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn the_text_about_rules_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let neo4j = SharedNeo4j::take();
    let variables =
        variables(&neo4j.settings).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut shell = Shell {
        folder: folder.path(),
        variables: HashMap::from(variables),
    };
    let (mut files, mut commands) = (0, 0);
    for block in blocks(TEXT) {
        match block.info.split_once(' ') {
            Some(("cypher", file)) => {
                let text = block.lines.join("\n") + "\n";
                fs::write(folder.path().join(file), text).unwrap();
                files += 1;
            }
            None if block.info == "console" => commands += shell.perform(&block),
            _ => panic!("line {}: what is a block of `{}`?", block.line, block.info),
        }
    }
    assert!(
        files >= 6 && commands >= 20,
        "{files} files, {commands} commands"
    );
}

#[test]
fn the_text_about_rules_has_each_key_of_a_header() {
    let refused = polar_rules::Rule::parse("x", "//! colour = 1").unwrap_err();
    let unknown = refused
        .problems
        .iter()
        .find(|problem| problem.what.contains("colour"));
    let keys = unknown.unwrap().hint.strip_prefix("the keys are ").unwrap();
    for key in keys.split(", ") {
        let mut rows = TEXT.lines().filter(|line| line.starts_with("| `"));
        let cell = |row: &str| {
            row.split('|')
                .nth(1)
                .unwrap_or_default()
                .contains(&format!("`{key}`"))
        };
        assert!(rows.any(cell), "no row for `{key}`");
    }
}

#[test]
fn what_is_left_out_may_be_anything_and_nothing_else() {
    let check = |expected: &str, printed: &str, matches: bool| {
        let expected: Vec<_> = expected.lines().collect();
        let printed: Vec<_> = printed.lines().collect();
        assert_eq!(
            lines_match(&expected, &printed),
            matches,
            "{expected:?} {printed:?}"
        );
    };
    check("a\n…\nd", "a\nb\nc\nd", true);
    check("a\n…\nd", "a\nd", true);
    check("a\n…", "a\nb", true);
    check("a\n…\nd", "a\nd\ne", false);
    check("a…c…", "abc", true);
    check("a…c", "abcd", false);
    check("a", "a\nb", false);
    check("a\nb", "a", false);
}
