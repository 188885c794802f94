//! What is in an observation is data: whatever text stands in whichever field, the graph has the
//! shape that it has with harmless text, and the text in it byte by byte.

use std::{collections::BTreeSet, sync::Arc};

use polar_explain::{ExplainError, explain};
use polar_graph::{EmbeddedStore, GraphStore, Statement, schema_items};
use polar_ingest::{Ingest, LONGEST_KEY, LONGEST_LINE, Report};
use polar_model::{Observation, Value};
use polar_normalize::{Code, Options};
use polar_query::{Kind, findings, orphans, resolve, trace, unreviewed, unverified};
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{Rule, builtin_rules, in_order};
use polar_testkit::on_both;
use serde_json::{Map, Value as Json, json};

const PAGE: &str = include_str!("../../../../docs/observations.md");

/// Texts that do harm where text is taken for something else. All begin like the harmless ones, and
/// none is an image reference either, so that both make the same graph.
const HOSTILE: [&str; 5] = [
    "harmless '\"`\\ }) DETACH DELETE n //",
    "harmless ' OR 1=1 `) CREATE (:Owned {key: 'x'}) WITH 1 AS x MATCH (n) DETACH DELETE n /* -- #",
    "harmless \\u0027 \\u0060 \\' \u{0} $rows $key {{label}} {{narrow}} ${x} :Label:`Other` -[:EDGE]->",
    "harmless \r\n\t\u{1b}[2J\u{7f} <script>alert(1)</script> %00 %s ;DROP INDEX polar_gitcommit_key;",
    "harmless \u{202e}desrever\u{202c} \u{200f} e\u{301}\u{327} \u{1f469}\u{200d}\u{1f4bb} \u{feff}\u{fffd}",
];

fn harmless(number: usize) -> String {
    format!("harmless text {number:02}")
}

/// The fields of a section's table, with their types.
fn fields(title: &str) -> Vec<(&'static str, &'static str)> {
    let section = PAGE
        .split("\n## ")
        .find(|section| section.lines().next() == Some(title))
        .unwrap_or_else(|| panic!("no section {title}"));
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let name = cells.next().unwrap().trim_matches('`');
        (name, cells.next().unwrap())
    })
    .collect()
}

/// An object with all fields of a section, each text in it the given one.
fn filled(title: &str, text: &str, number: usize) -> Map<String, Json> {
    let value = |name: &str, kind: &str| match kind {
        "string" => json!(text),
        "list of strings" => json!([text]),
        "object of strings" => json!({
            text: text,
            "org.opencontainers.image.revision": text,
            "org.opencontainers.image.source": text,
        }),
        "object of integers" => json!({text: 7, "critical": 7}),
        "integer" => json!(number),
        "boolean" => json!(true),
        "time" => json!("2026-10-05T13:24:41Z"),
        "object, see below" => Json::Object(nested(name, text, number)),
        "list of objects, see below" => json!([nested(name, text, number)]),
        // The names of what can stand there.
        kind if kind.starts_with('`') => json!(kind.split('`').nth(1).unwrap()),
        kind => panic!("a field of the kind `{kind}`: say here what to put into it"),
    };
    let fields = fields(title).into_iter();
    fields
        .map(|(name, kind)| (name.to_owned(), value(name, kind)))
        .collect()
}

fn nested(name: &str, text: &str, number: usize) -> Map<String, Json> {
    let mut titles = PAGE
        .split("\n## ")
        .filter_map(|section| section.lines().next());
    let title = titles
        .find(|title| {
            let names = title.strip_prefix("Objects: ").unwrap_or_default();
            names.split(", ").any(|known| known == name)
        })
        .unwrap_or_else(|| panic!("no section about the objects of `{name}`"));
    filled(title, text, number)
}

/// One observation of each type for each text.
fn lines<T: AsRef<str>>(texts: &[T]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        for name in Observation::TYPES {
            let mut line = filled(name, text.as_ref(), number);
            line.insert("v".to_owned(), json!(1));
            line.insert("type".to_owned(), json!(name));
            lines.extend(Json::Object(line).to_string().into_bytes());
            lines.push(b'\n');
        }
    }
    lines
}

async fn take_in(store: &dyn GraphStore, lines: &[u8]) -> (Report, Vec<String>) {
    let mut problems = Vec::new();
    let mut intake = Ingest::new(store, |problem| problems.push(problem.to_string()));
    intake.lines(lines, |_| ()).await.unwrap();
    let report = intake.report().clone();
    drop(intake);
    (report, problems)
}

fn rules() -> Vec<Rule> {
    in_order(builtin_rules().unwrap()).unwrap()
}

async fn run_rules(store: &dyn GraphStore) {
    let stop = Stop::default();
    pass(store, &rules(), Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
}

/// Each node and each edge with its labels, its type and its properties, as `told` has the texts.
async fn graph(store: &dyn GraphStore, told: impl Fn(&str) -> String) -> Vec<String> {
    let nodes = "MATCH (n) RETURN labels(n) AS labels, properties(n) AS props";
    let edges = "MATCH (a)-[r]->(b) RETURN labels(a) AS from_labels, a.key AS from_key, \
                 type(r) AS type, properties(r) AS props, labels(b) AS to_labels, b.key AS to_key";
    let mut lines = Vec::new();
    for text in [nodes, edges] {
        for row in store.read(Statement::new(text)).await.unwrap() {
            let cells = row.columns().iter().zip(row.values());
            let mut cells: Vec<_> = cells
                .map(|(name, value)| format!("{name} {}", tell(value, &told)))
                .collect();
            // Neo4j's driver hands columns out in any order.
            cells.sort();
            if !cells[0].contains("ProvenanceRun") {
                lines.push(cells.join(" | "));
            }
        }
    }
    lines.sort();
    lines
}

/// A value as text, without times of writing, and without codes that tell how a text is no image.
fn tell(value: &Value, told: &impl Fn(&str) -> String) -> String {
    const APART: [&str; 7] = [
        "touched_at",
        "first_seen",
        "since",
        "change",
        "last",
        "until",
        "image_error",
    ];
    match value {
        Value::String(text) if Code::ALL.iter().any(|code| code.as_str() == text) => "…".to_owned(),
        Value::String(text) => told(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| tell(item, told)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| {
                let apart = APART.contains(&name.as_str());
                let value = if apart {
                    "…".to_owned()
                } else {
                    tell(value, told)
                };
                format!("{name}: {value}")
            });
            entries.collect::<Vec<_>>().join(", ")
        }
        other => other.to_json().to_string(),
    }
}

/// The hostile texts in a text as the harmless ones of the same number.
fn disarm(text: &str) -> String {
    let mut text = text.to_owned();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        text = text.replace(hostile, &harmless(number));
    }
    text
}

#[tokio::test]
async fn whatever_stands_in_whichever_field_is_data() {
    // What both stores must look like.
    let plain: Vec<_> = (0..HOSTILE.len()).map(harmless).collect();
    let store = EmbeddedStore::in_memory().unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    let (report, told) = take_in(&store, &lines(&plain)).await;
    assert_eq!(report.bad_lines, 0, "{told:?}");
    assert!(report.unknown_fields.is_empty(), "{report:?}");
    run_rules(&store).await;
    let wanted = graph(&store, str::to_owned).await;
    assert!(
        wanted.iter().any(|line| line.contains("Finding")),
        "{wanted:#?}"
    );
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let (hostile, told) = take_in(store, &lines(&HOSTILE)).await;
        assert_eq!(hostile.bad_lines, 0, "{told:?}");
        assert_eq!(hostile.observations, report.observations);
        let made = |report: &Report| (report.written.nodes_created, report.written.edges_created);
        assert_eq!(made(&hostile), made(&report));
        run_rules(store).await;
        let found = graph(store, disarm).await;
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found, wanted);
        }
        assert_eq!(found.len(), wanted.len());
        // Known facts write nothing: what came back is what was written.
        let (again, _) = take_in(store, &lines(&HOSTILE)).await;
        assert!(again.written.is_zero(), "{again:?}");
        ask(store).await;
        assert_eq!(graph(store, disarm).await.len(), wanted.len());
    })
    .await;
}

/// Asks with each of the texts; no answer is an answer, an error of the store is none.
async fn ask(store: &dyn GraphStore) {
    let options = Options::default();
    for (number, text) in HOSTILE.iter().enumerate() {
        let kinds = [Kind::Running, Kind::Image, Kind::Commit][number % 3];
        match resolve(store, &options, text, &[kinds]).await {
            Ok(target) => drop(trace(store, text, &target, None).await.unwrap()),
            Err(polar_query::TargetError::Graph(error)) => panic!("{text}: {error}"),
            Err(_) => {}
        }
        let node = [(*text).to_owned(), format!("GitCommit:{text}")][number % 2].clone();
        if let Err(ExplainError::Graph(error)) = explain(store, &rules(), &options, &node).await {
            panic!("{node}: {error}");
        }
    }
    findings(store).await.unwrap();
    orphans(store).await.unwrap();
    unreviewed(store, None).await.unwrap();
    unverified(store, None, false).await.unwrap();
}

/// A line with one of its fields.
fn commit(oid: &str, title: &str) -> String {
    json!({"v": 1, "type": "git_commit", "oid": oid, "title": title}).to_string()
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_left_out_by_itself() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut all = Vec::new();
    let long = "k".repeat(10 << 20);
    let beyond = "b".repeat(64 << 20);
    let edge = "e".repeat(LONGEST_KEY);
    let artifact = |count: &str| {
        format!(
            "{{\"v\":1,\"type\":\"artifact\",\"kind\":\"scan\",\"digest\":\"d\",\"subject\":\"s\",\
             \"vulnerabilities\":{{\"high\":{count}}}}}"
        )
    };
    let job = |id: &str| {
        format!(
            "{{\"v\":1,\"type\":\"gitlab_job\",\"instance\":\"i\",\"project\":\"p\",\"name\":\"n\",\
             \"pipeline\":1,\"id\":{id}}}"
        )
    };
    let image = json!({"v": 1, "type": "pipeline_image", "instance": "i", "project": "p",
        "pipeline": 1, "image": &long})
    .to_string();
    // What it says, or an empty text where it is taken in.
    for (line, said) in [
        (commit("aaaaaaaa1", &long), ""),
        (commit(&edge, "as long as it may be"), ""),
        (
            commit(&format!("{edge}x"), "longer"),
            "git_commit: the key of its GitCommit would have 4097 bytes",
        ),
        (commit(&long, "x"), "would have 10485760 bytes"),
        (
            image,
            "pipeline_image: the key of its ContainerImageTag would have 10485760 bytes",
        ),
        (commit("aaaaaaaa2", &beyond), "a line of 67108"),
        (
            commit("aaaaaaaa3", "x").replace("\"x\"", &deep),
            "recursion limit exceeded",
        ),
        (
            commit("aaaaaaaa4", "x").replace("\"x\"", "\"\\ud800\""),
            "hex escape",
        ),
        (job("9223372036854775807"), ""),
        (job("9223372036854775808"), "gitlab_job: "),
        (job("1e400"), "number out of range"),
        (job("1.5"), "gitlab_job: "),
        (artifact("-1"), "a number of things cannot be negative"),
        (artifact("99999999999999999999"), "artifact: "),
        (
            format!("{{\"v\":1,\"type\":\"{long}\"}}"),
            "unknown type `kkkk",
        ),
        (commit("aaaaaaaa5", "after all of them"), ""),
    ] {
        all.push((line, said));
    }
    let text: String = all.iter().map(|(line, _)| format!("{line}\n")).collect();
    assert!(text.len() > LONGEST_LINE);
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let (report, problems) = take_in(store, text.as_bytes()).await;
        let mut told = problems.iter();
        for (number, (_, said)) in all
            .iter()
            .enumerate()
            .filter(|(_, (_, said))| !said.is_empty())
        {
            let problem = told.next().unwrap();
            let place = format!("{}: left out: ", number + 1);
            assert!(
                problem.starts_with(&place) && problem.contains(said),
                "{said}: {problem}"
            );
            assert!(problem.len() < 1000, "{} bytes", problem.len());
        }
        assert_eq!(told.next(), None);
        assert_eq!(report.lines, all.len() as u64);
        let fine = all.iter().filter(|(_, said)| said.is_empty()).count();
        assert_eq!(report.observations, fine as u64);
        assert_eq!(report.bad_lines + fine as u64 + 1, report.lines);
        let query = "MATCH (c:GitCommit) RETURN c.oid AS oid, size(c.title) AS size";
        let rows = store.read(Statement::new(query)).await.unwrap();
        let found: BTreeSet<_> = rows
            .iter()
            .map(|row| (row.text("oid").len(), row.get("size").as_int().unwrap()))
            .collect();
        assert_eq!(
            found,
            BTreeSet::from([(9, 10 << 20), (LONGEST_KEY, 20), (9, 17)])
        );
    })
    .await;
}

/// A reading within which something was left out does not say what is gone.
#[tokio::test]
async fn a_reading_in_which_something_was_left_out_is_not_complete() {
    let pod = |name: &str, uid: &str| {
        json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": name,
               "uid": uid, "containers": [], "workload": {"kind": "Deployment", "name": "w"}})
    };
    let mark = |name: &str, time: &str, at: &str| json!({"v": 1, "type": name, "kind": "kubernetes", "scope": "c", time: at});
    let reading = |facts: &[Json], day: u8| {
        let mut lines = vec![mark(
            "source_started",
            "started_at",
            &format!("2026-01-0{day}T00:00:00Z"),
        )];
        lines.extend(facts.iter().cloned());
        lines.push(mark(
            "source_complete",
            "complete_at",
            &format!("2026-01-0{day}T01:00:00Z"),
        ));
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let gone = async || {
            let text = "MATCH (p:KubePod) WHERE p.gone_at IS NOT NULL RETURN p.key AS key";
            store.read(Statement::new(text)).await.unwrap().len()
        };
        take_in(
            store,
            reading(&[pod("a", "1"), pod("b", "2")], 1).as_bytes(),
        )
        .await;
        let broken = [pod("a", "1"), pod(&"x".repeat(LONGEST_KEY + 1), "2")];
        let (report, told) = take_in(store, reading(&broken, 2).as_bytes()).await;
        assert_eq!(report.bad_lines, 1);
        assert!(told[0].contains("the name of its KubePod"), "{told:?}");
        assert!(
            told[1].contains("kubernetes c does not count as read completely"),
            "{told:?}"
        );
        assert_eq!(gone().await, 0);
        let (_, told) = take_in(store, reading(&[pod("a", "1")], 3).as_bytes()).await;
        assert_eq!(told, [] as [&str; 0]);
        assert_eq!(gone().await, 1);
    })
    .await;
}
