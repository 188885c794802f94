//! Answers of commands on the demo's graph, the same on both stores, letter by letter.
//!
//! Each case has a file in `tests/golden`; `UPDATE_GOLDEN=1` writes them from what the embedded store
//! answers.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use polar_testkit::{SharedNeo4j, neo4j};

use crate::common::{Outcome, embedded, polar, variables};

/// Runs each case, a name and its arguments, on both stores.
pub(crate) async fn golden(cases: &[(&str, &[&str])]) {
    let folder = tempfile::tempdir().unwrap();
    let file = embedded(&folder.path().join("demo.mars"));
    assert_eq!(polar(&["demo", "--graph", &file], &[]).code, 0);
    let shared = SharedNeo4j::take();
    let _emptied = neo4j(&shared).await;
    let settings = variables(&shared.settings);
    assert_eq!(polar(&["demo", "--graph", "neo4j"], &settings).code, 0);
    for (name, args) in cases {
        let run = |graph: &str, settings: &[(&str, &str)]| {
            let graph = ["--graph", graph];
            told(args, &polar(&[*args, &graph].concat(), settings))
        };
        let answer = run(&file, &[]);
        assert_eq!(
            run("neo4j", &settings),
            answer,
            "{name}: Neo4j and the embedded store"
        );
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(format!("{name}.txt"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &answer).unwrap();
        }
        let wanted = fs::read_to_string(&golden)
            .unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
        assert_eq!(answer, wanted, "{name}; UPDATE_GOLDEN=1 writes it anew");
    }
}

#[test]
fn the_pages_show_what_is_printed() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(tree.join("tests/golden")).unwrap();
    let printed: Vec<_> = files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for (page, least) in [
        ("stories.md", 12),
        ("stories/origins.md", 5),
        ("stories/images.md", 8),
        ("stories/checks.md", 4),
    ] {
        let text = fs::read_to_string(tree.join("../../docs").join(page)).unwrap();
        let blocks = text.split("```text\n").skip(1);
        let blocks: Vec<_> = blocks
            .filter_map(|block| block.split("```").next())
            .filter(|block| block.starts_with("$ "))
            .collect();
        assert!(blocks.len() >= least, "{page} has lost its examples");
        for block in blocks {
            let is_shown = printed.iter().any(|text| shows(block, text));
            assert!(is_shown, "{page} shows what is not printed:\n{block}");
        }
    }
}

/// Whether a block is the beginning of what is printed; `…` stands for lines that are left out.
fn shows(block: &str, printed: &str) -> bool {
    let mut parts = block.split("…\n");
    let begin = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(begin) else {
        return false;
    };
    parts.all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn told(args: &[&str], outcome: &Outcome) -> String {
    let text = format!(
        "$ polar-provenance {}\n{}{}[exit {}]\n",
        args.join(" "),
        outcome.stdout,
        outcome.stderr,
        outcome.code
    );
    timeless(&text)
}

/// The text with `<a moment ago>` for each time of this test's own. It is as long as a time to the
/// second, which is what tables show.
fn timeless(text: &str) -> String {
    let now = Timestamp::now();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, begin) = rest.split_at(at);
        out.push_str(before);
        let end = begin.find('Z').map_or(0, |at| at + 1);
        let time: Option<Timestamp> = begin.get(..end).and_then(|time| time.parse().ok());
        let is_own =
            |time: &Timestamp| now.duration_since(*time).abs() < SignedDuration::from_hours(1);
        if time.as_ref().is_some_and(is_own) {
            out.push_str("<....a moment ago..>");
            rest = &begin[end..];
        } else {
            out.push_str("20");
            rest = &begin[2..];
        }
    }
    out + rest
}
