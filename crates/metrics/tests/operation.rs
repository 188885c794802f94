//! docs/operation.md and the alerts are about the numbers that this build tells, and Prometheus' own
//! tool takes both.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use polar_metrics::{Metrics, PassKind, PassOutcome, ReadingOutcome, RuleFigures, Setup};
use polar_testkit::Tool;
use serde_json::Value;

const TEXT: &str = include_str!("../../../docs/operation.md");
const ALERTS: &str = include_str!("../../../deploy/alerts.yaml");

/// With a sample of all that there is.
fn rendered() -> String {
    let metrics = Metrics::new(&Setup {
        version: "0.1.0".to_owned(),
        graph: "neo4j",
        rules: vec!["same-as".to_owned()],
        sources: vec!["kubernetes prod".to_owned()],
    });
    let second = Duration::from_secs(1);
    metrics.pass(PassKind::Full, PassOutcome::Done, second);
    let figures = RuleFigures {
        created: 1,
        removed: 0,
        matched: Some(1),
        took: second,
    };
    metrics.rule("same-as", &figures);
    metrics.findings([("unsigned", "high", 1)]);
    let now = SystemTime::now();
    metrics.reading_begins("kubernetes prod", now, None);
    metrics.reading("kubernetes prod", ReadingOutcome::Complete, second, now);
    metrics.render(now)
}

/// Names with their types, as Prometheus is told.
fn told() -> BTreeMap<String, String> {
    let text = rendered();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

#[test]
fn the_table_has_each_number_with_its_type() {
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let kind = cells.next()?;
        name.starts_with("polar_provenance_")
            .then(|| (name.to_owned(), kind.to_owned()))
    };
    let table: BTreeMap<String, String> = TEXT.lines().filter_map(row).collect();
    assert_eq!(table, told());
}

fn alerts() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(ALERTS).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap().clone());
    rules.collect()
}

/// The numbers that an expression asks for.
fn asked(expression: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_name(c));
    words
        .filter(|word| word.starts_with("polar_provenance"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn alerts_ask_for_what_there_is() {
    let told = told();
    let alerts = alerts();
    assert!(alerts.len() >= 8, "{alerts:#?}");
    for alert in alerts {
        let name = alert["alert"].as_str().unwrap();
        let expression = alert["expr"].as_str().unwrap();
        let asked = asked(expression);
        assert!(!asked.is_empty(), "{name}");
        for number in asked {
            assert!(told.contains_key(&number), "{name} asks for {number}");
        }
        for text in ["summary", "description"] {
            let text = alert["annotations"][text].as_str().unwrap();
            assert!(!text.is_empty(), "{name}");
        }
        assert!(alert["labels"]["severity"].is_string(), "{name}");
        assert!(TEXT.contains(&format!("\n| `{name}` |")), "{name}");
    }
}

#[test]
fn prometheus_takes_the_numbers() {
    // Only the tool itself reads from its standard input.
    let path = std::env::var_os("TEST_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let child = Command::new(&path)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{path:?}: {error}: run ./test"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(rendered().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(output.status.success());
}

#[test]
fn prometheus_takes_the_alerts_and_they_fire_when_they_should() {
    let promtool = Tool::new("TEST_PROMTOOL", "promtool");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let alerts = here.join("../../deploy/alerts.yaml");
    let said = promtool.prints(&["check", "rules", alerts.to_str().unwrap()]);
    assert!(said.contains("rules found"), "{said}");
    let tests = here.join("tests/alerts.test.yaml");
    let said = promtool.prints(&["test", "rules", tests.to_str().unwrap()]);
    assert!(said.contains("SUCCESS"), "{said}");
}
