//! Rules of one's own: what `rules check` refuses, and where each rule comes from.

use std::{fs, path::Path};

use crate::common::{Outcome, polar, variables};
use polar_graph::{GraphStore, Neo4jStore, Statement};
use polar_testkit::SharedNeo4j;
use serde_json::Value;
use tempfile::TempDir;

/// How many rules are built in.
fn builtin() -> usize {
    polar_rules::builtin_rules().unwrap().len()
}

/// A rule about containers: its effect, what it reads, and its body.
fn rule(effect: &str, reads: &str, body: &str) -> String {
    format!(
        "//! title = \"T\"\n//! {effect}\n//! reads = [{reads}]\n//! evidence = \"from.key\"\n{body}\n"
    )
}

fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// `rules check` in a folder, of the files named, as lines for people.
fn check(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let mut command = crate::common::command(&[&["rules", "check"], args].concat(), variables);
    crate::common::outcome(command.current_dir(folder).output().unwrap())
}

const BODY: &str = "MATCH (from:KubePod)-[:HAS_CONTAINER]->(to:KubeContainer)";

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let folder = folder(&[
        (
            "good.cypher",
            rule("link = \"L\"", "\"HAS_CONTAINER\"", BODY),
        ),
        (
            "writes.cypher",
            rule(
                "colour = \"L\"",
                "",
                &format!("{BODY}\nWHERE 1\n  SET to.x = 1"),
            ),
        ),
        (
            "reads.cypher",
            rule(
                "link = \"M\"",
                "\"HAS_POD\"",
                &format!("{BODY}, (from)-[:L]->(to)"),
            ),
        ),
    ]);
    fs::write(
        folder.path().join("latin.cypher"),
        b"//! title = \"t\"\n// \xe9",
    )
    .unwrap();
    let outcome = check(folder.path(), &["--rules", "."], &[]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    for says in [
        "ok       ./good.cypher\n",
        "ok       built-in same-as\n",
        "refused  ./writes.cypher\n",
        "\n./latin.cypher:2: this is no UTF-8 text\n  hint: ",
        "\n./writes.cypher:2: unknown header `colour`\n  hint: the keys are title, ",
        "\n./writes.cypher:7: `SET` is not allowed\n  hint: ",
        "\n./reads.cypher:3: `reads` has HAS_POD, which the rule never walks\n  hint: ",
        "\n./reads.cypher:3: `reads` lacks L, which the rule walks and `good` derives\n  hint: ",
        &format!("\n3 of {} refused; planned on embedded; ", builtin() + 4),
    ] {
        assert!(outcome.stdout.contains(says), "no `{says}` in {outcome:?}");
    }
    // What runs rules tells the same, and does nothing.
    let rules = folder.path().display().to_string();
    let list = polar(&["rules", "list", "--rules", &rules], &[]);
    assert_eq!((list.code, list.stdout.as_str()), (2, ""));
    assert!(list.stderr.contains("writes.cypher:7: `SET`"), "{list:?}");
    assert!(list.stderr.contains("latin.cypher:2: "), "{list:?}");
}

#[test]
fn a_circle_is_told_at_each_of_its_rules() {
    let walking = |link: &str| format!("{BODY} WHERE EXISTS {{ (from)-[:{link}]->(to) }}");
    let folder = folder(&[
        (
            "a.cypher",
            rule("link = \"A\"", "\"HAS_CONTAINER\", \"B\"", &walking("B")),
        ),
        (
            "b.cypher",
            rule("link = \"B\"", "\"HAS_CONTAINER\", \"A\"", &walking("A")),
        ),
        (
            "c.cypher",
            rule("link = \"C\"", "\"HAS_CONTAINER\", \"A\"", &walking("A")),
        ),
    ]);
    let outcome = check(folder.path(), &["a.cypher", "b.cypher", "c.cypher"], &[]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    for file in ["a", "b"] {
        let says = format!("\n{file}.cypher:3: rules read what each other derive, in a circle: ");
        assert!(outcome.stdout.contains(&says), "{outcome:?}");
    }
    assert!(outcome.stdout.contains("ok       c.cypher"), "{outcome:?}");
    assert!(
        outcome
            .stdout
            .contains("`a` reads B of `b`, `b` reads A of `a`")
    );
}

#[test]
fn what_an_engine_refuses_is_told_with_its_name_and_line() {
    let condition = |text: &str| {
        let body = format!("{BODY}\n// why\nWHERE from.name = 'a'\n  AND {text}");
        rule("link = \"L\"", "\"HAS_CONTAINER\"", &body)
    };
    let folder = folder(&[
        ("both.cypher", condition("from.x +* 2 > 1")),
        ("name.cypher", condition("nope.x = 1")),
        ("embedded.cypher", condition("from.x =~ 'a.*'")),
        ("neo4j.cypher", condition("isEmpty(from.x)")),
    ]);
    let files = ["both.cypher", "name.cypher", "embedded.cypher"];
    let shared = SharedNeo4j::take();
    let args = [&files[..], &["--graph", "neo4j", "--format", "json"]].concat();
    let outcome = check(folder.path(), &args, &variables(&shared.settings));
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let answer = &outcome.json()[0];
    assert_eq!(answer["engines"], serde_json::json!(["embedded", "neo4j"]));
    let told: Vec<_> = answer["rules"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| rule["problems"].as_array().unwrap())
        .map(|told| {
            let text = |key: &str| told[key].as_str().unwrap().to_owned();
            (
                text("place"),
                text("engine"),
                told["line"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("both.cypher", "embedded", 8),
        ("both.cypher", "neo4j", 8),
        ("name.cypher", "embedded", 8),
        ("name.cypher", "neo4j", 8),
        ("embedded.cypher", "embedded", 8),
    ];
    let expected =
        expected.map(|(place, engine, line)| (place.to_owned(), engine.to_owned(), line));
    assert_eq!(told, expected);
    assert!(answer["rules"][0]["problems"][0]["hint"].is_string());
}

#[tokio::test]
async fn a_label_needs_an_index_on_its_key() {
    let body = "MATCH (from:KubeContainer)-[:OWNED_BY]->(to:Team)";
    let folder = folder(&[
        ("team.cypher", rule("link = \"L\"", "\"OWNED_BY\"", body)),
        (
            "case.cypher",
            rule(
                "link = \"L\"",
                "\"OWNED_BY\"",
                &body.replace("Team", "kubepod"),
            ),
        ),
    ]);
    let outcome = check(folder.path(), &["team.cypher", "case.cypher"], &[]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let statement =
        "CREATE CONSTRAINT polar_team_key IF NOT EXISTS FOR (n:Team) REQUIRE n.key IS UNIQUE";
    assert!(
        outcome
            .stdout
            .contains("team.cypher:5: `to` is a Team, which has no unique index on `key`"),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains(statement), "{outcome:?}");
    assert!(
        outcome.stdout.contains("hint: it is written KubePod\n"),
        "{outcome:?}"
    );

    // The statement of the hint mends it.
    let shared = SharedNeo4j::take();
    let store = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
    let args = ["team.cypher", "--graph", "neo4j"];
    let before = check(folder.path(), &args, &variables(&shared.settings));
    assert_eq!(before.code, 1, "{before:?}");
    store.write(vec![Statement::new(statement)]).await.unwrap();
    let after = check(folder.path(), &args, &variables(&shared.settings));
    let drop = Statement::new("DROP CONSTRAINT polar_team_key");
    store.write(vec![drop]).await.unwrap();
    assert_eq!(after.code, 0, "{after:?}");
}

#[test]
fn the_list_says_where_each_rule_comes_from() {
    let folder = folder(&[
        (
            "mine.cypher",
            rule("link = \"L\"", "\"HAS_CONTAINER\"", BODY),
        ),
        (
            "same-as.cypher",
            rule("link = \"SAME_AS\"", "\"HAS_CONTAINER\"", BODY),
        ),
        ("notes.txt", "no rule".to_owned()),
    ]);
    let rules = folder.path().display().to_string();
    let list = polar(
        &["rules", "list", "--rules", &rules, "--format", "json"],
        &[],
    );
    let rows = &list.json()[0];
    let row = |name: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!(rows.as_array().unwrap().len(), builtin() + 1);
    assert_eq!(row("mine")["origin"], "added");
    assert_eq!(row("same-as")["origin"], "replaced");
    assert_eq!(
        row("same-as")["reads"],
        serde_json::json!(["HAS_CONTAINER"])
    );
    assert_eq!(
        (&row("retag")["origin"], &row("retag")["file"]),
        (&"built-in".into(), &Value::Null)
    );
    let file = folder.path().join("mine.cypher").display().to_string();
    assert_eq!(row("mine")["file"], file);
    let shown = polar(&["rules", "show", "same-as", "--rules", &rules], &[]);
    assert!(shown.stdout.contains("(from:KubePod)"), "{shown:?}");
}
