//! Commands, their output and their exit codes.

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use crate::common::{command, dump_file, embedded, polar, polar_with_input};
use serde_json::{Value, json};

const BAD: &str = "\
{\"v\":1,\"type\":\"git_commit\",\"oid\":\"aa\",\"colour\":\"red\"}
{\"v\":1,\"type\":\"git_commit\"
{\"v\":1,\"type\":\"weather\",\"sky\":\"blue\"}
{\"v\":1,\"type\":\"weather\",\"sky\":\"grey\"}

{\"v\":2,\"type\":\"git_commit\",\"oid\":\"bb\"}
{\"v\":1,\"type\":\"kube_pod\",\"cluster\":\"c\",\"namespace\":\"n\",\"name\":\"p\",\"uid\":\"u\",\"containers\":[{\"name\":\"a\",\"image\":\"$X\"}]}
{\"v\":1,\"type\":\"git_commit\",\"oid\":\"cc\"}
";

#[test]
fn help_and_usage() {
    for command in [
        "demo",
        "explain",
        "ingest",
        "reconcile",
        "agent",
        "rules",
        "schema",
        "normalize",
    ] {
        let outcome = polar(&[command, "--help"], &[]);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, ""),
            "{command}"
        );
        assert!(outcome.stdout.contains("Usage:"), "{command}");
    }
    for wrong in [
        &["fly"][..],
        &["normalize"],
        &["agent", "--every", "0"],
        &["agent", "--lease", "soon"],
        &["explain"],
        &["ingest"],
        &["reconcile", "--graph", "x"],
    ] {
        assert_eq!(polar(wrong, &[]).code, 2, "{wrong:?}");
    }
}

#[test]
fn normalize_prints_one_object_a_line() {
    let outcome = polar(
        &["normalize", "nginx", "A B", "Ex.com:443/a:V1@sha256:0"],
        &[],
    );
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stdout.lines().next().unwrap(),
        "{\"input\":\"nginx\",\"tag_form\":\"docker.io/library/nginx:latest\",\"digest_form\":null,\
         \"uuid\":\"a45929bc-5b80-59c9-a61c-28467e37dc8b\",\"error\":null}"
    );
    let errors: Vec<_> = outcome
        .json()
        .iter()
        .map(|line| line["error"].clone())
        .collect();
    assert_eq!(
        errors,
        [
            Value::Null,
            json!("invalid-character"),
            json!("invalid-digest")
        ]
    );
    let refused = polar(&["normalize", "--reject-short-names", "nginx"], &[]);
    assert_eq!(refused.json()[0]["error"], "short-name");
    let alias = polar(
        &[
            "normalize",
            "--alias",
            "k8s.gcr.io=registry.k8s.io",
            "k8s.gcr.io/pause:3.9",
        ],
        &[],
    );
    assert_eq!(alias.json()[0]["tag_form"], "registry.k8s.io/pause:3.9");
    assert_eq!(polar(&["normalize", "--alias", "x", "nginx"], &[]).code, 2);
}

#[test]
fn normalize_reads_between_nuls() {
    let outcome = polar_with_input(&["normalize", "-0"], b"nginx\0\0a\nb\0\xff\0redis:7");
    let lines = outcome.json();
    let inputs: Vec<_> = lines
        .iter()
        .map(|line| line["input"].as_str().unwrap())
        .collect();
    assert_eq!(inputs, ["nginx", "", "a\nb", "\u{fffd}", "redis:7"]);
    assert_eq!(lines[1]["error"], "empty");
    assert_eq!(lines[3]["error"], "non-ascii");
    assert_eq!(polar_with_input(&["normalize", "-0"], b"").stdout, "");
}

#[cfg(target_os = "linux")]
#[test]
fn normalize_streams_a_million_in_constant_memory() {
    use std::io::Write;
    let mut child = command(&["normalize", "-0"], &[])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = std::io::BufWriter::new(child.stdin.take().unwrap());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut line = String::new();
        let mut lines = 0;
        while stdout.read_line(&mut line).unwrap() > 0 {
            lines += 1;
            line.clear();
        }
        lines
    });
    for number in 0..1_000_000 {
        write!(
            stdin,
            "registry.example.com/team/app-{}:{number}\0",
            number % 1000
        )
        .unwrap();
    }
    stdin.flush().unwrap();
    // Still running, since its input has not ended: the most memory it has had so far.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 64 * 1024, "{kilobytes} kB");
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(reader.join().unwrap(), 1_000_000);
}

#[tokio::test]
async fn bad_lines_are_reported_and_the_rest_lands() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.jsonl");
    std::fs::write(&facts, BAD).unwrap();
    let name = facts.display().to_string();
    let graph = embedded(&folder.path().join("graph.mars"));
    let outcome = polar(
        &[
            "ingest",
            &name,
            "/no/such/file",
            "--graph",
            &graph,
            "--format",
            "json",
        ],
        &[],
    );
    assert_eq!(outcome.code, 3, "{outcome:?}");
    for says in [
        ":1: unknown field `git_commit.colour` left out",
        ":2: left out: not JSON",
        ":3: left out: unknown type `weather`",
        ":6: left out: schema version `v` is 2",
        ":7: image `$X` joins nothing: ",
    ] {
        assert!(
            outcome.stderr.contains(&format!("{name}{says}")),
            "no `{says}` in {outcome:?}"
        );
    }
    assert!(
        outcome.stderr.contains("cannot read /no/such/file"),
        "{outcome:?}"
    );
    let report = &outcome.json()[0];
    assert_eq!(report["lines"], 8);
    assert_eq!(report["observations"], 3);
    assert_eq!(report["bad_lines"], 2);
    assert_eq!(report["unknown_types"], json!({"weather": 2}));
    assert_eq!(report["unresolvable_images"], 1);
    let graph_lines = dump_file(&folder.path().join("graph.mars"))
        .await
        .join("\n");
    assert!(graph_lines.contains("GitCommit aa") && graph_lines.contains("GitCommit cc"));
    assert!(!graph_lines.contains("GitCommit bb") && !graph_lines.contains("red"));

    let again = polar_with_input(
        &["ingest", "-", "--graph", &graph, "--format", "json"],
        BAD.as_bytes(),
    );
    assert_eq!(again.code, 1, "only bad lines: {again:?}");
    assert!(again.stderr.contains("-:2: left out"), "{again:?}");
    for counter in ["nodes_created", "edges_created", "properties_set"] {
        assert_eq!(again.json()[0][counter], 0, "{again:?}");
    }
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_a_pass_then_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mars");
    let graph = embedded(&file);
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/observations.jsonl");
    assert_eq!(polar(&["ingest", demo, "--graph", &graph], &[]).code, 0);
    let before = dump_file(&file).await;
    let dry = polar(
        &["reconcile", "--dry-run", "--exit-code", "--graph", &graph],
        &[],
    );
    assert_eq!(dry.code, 1, "{dry:?}");
    assert!(
        dry.stdout
            .contains("+ ContainerImageTag acme.azurecr.io/shop/catalog:3.1.2 -SAME_AS-> ACRImage"),
        "{dry:?}"
    );
    assert!(
        dry.stdout
            .contains("+ finding unresolvable-image: KubeContainer staging-weu/"),
        "{dry:?}"
    );
    assert_eq!(dump_file(&file).await, before);
    let pass = polar(&["reconcile", "--graph", &graph, "--format", "json"], &[]);
    let created = |name: &str| {
        let rules = &pass.json()[0]["pass"]["rules"];
        rules
            .as_array()
            .unwrap()
            .iter()
            .find(|rule| rule["rule"] == name)
            .unwrap()["created"]
            .clone()
    };
    let listed = dry
        .stdout
        .lines()
        .filter(|line| line.contains("-SAME_AS->"))
        .count();
    assert_eq!(created("same-as"), listed);
    let calm = polar(
        &["reconcile", "--dry-run", "--exit-code", "--graph", &graph],
        &[],
    );
    assert_eq!(calm.code, 0, "{calm:?}");
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let list = polar(&["rules", "list", "--format", "json"], &[]);
    let rows = &list.json()[0];
    let names: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    let place = |name: &str| names.iter().position(|other| *other == name).unwrap();
    assert!(place("same-as") < place("resulted-in") && place("resulted-in") < place("unbuilt"));
    let shown = polar(&["rules", "show", "same-as"], &[]);
    assert!(
        shown
            .stdout
            .contains("MERGE (from)-[own:SAME_AS {rule: $rule}]->(to)"),
        "{shown:?}"
    );
    let none = polar(&["rules", "show", "nothing"], &[]);
    assert!(
        none.code == 2 && none.stderr.contains("there are: "),
        "{none:?}"
    );
    let checked = polar(&["rules", "check"], &[]);
    assert_eq!(checked.code, 0, "{checked:?}");
}

#[test]
fn the_schema_is_shown_and_applied() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("graph.mars"));
    let states = |args: &[&str]| {
        let mut all = vec!["schema", "--graph", &graph, "--format", "json"];
        all.extend(args);
        let rows = polar(&all, &[]).json().remove(0);
        let states = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["state"].as_str().unwrap().to_owned());
        let mut states: Vec<_> = states.collect();
        states.sort();
        states.dedup();
        states
    };
    assert_eq!(states(&["show"]), ["missing"]);
    assert_eq!(states(&["apply"]), ["created"]);
    assert_eq!(states(&["apply"]), ["present"]);
}

#[test]
fn the_agent_repeats_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("graph.mars"));
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/observations.jsonl");
    assert_eq!(polar(&["ingest", demo, "--graph", &graph], &[]).code, 0);
    for signal in ["TERM", "INT"] {
        let variables = [("PROVENANCE_INTERVAL", "200ms")];
        let mut child = command(&["agent", "--graph", &graph], &variables)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut passes = 0;
        while passes < 2 {
            let line = lines.next().expect("the agent goes on").unwrap();
            passes += usize::from(line.contains("pass done"));
        }
        let mut kill = std::process::Command::new("kill");
        kill.args(["-s", signal, &child.id().to_string()]);
        assert!(kill.status().unwrap().success());
        let rest: Vec<_> = lines.map_while(Result::ok).collect();
        assert!(child.wait().unwrap().success(), "{rest:?}");
        assert!(
            rest.iter().any(|line| line.contains("agent stopped")),
            "{rest:?}"
        );
    }
}

#[test]
fn the_agent_waits_for_a_graph_that_is_not_there_yet() {
    let variables = [
        ("GRAPH_ENDPOINT", "bolt://127.0.0.1:1"),
        ("GRAPH_USER", "u"),
        ("GRAPH_PASSWORD", "hunter2"),
    ];
    let mut child = command(&["agent", "--lease", "300ms"], &variables)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..2 {
        let failed = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains("cannot ask for the writer's lease"));
        let failed = failed.expect("the agent goes on");
        assert!(
            failed.contains("cannot reach the graph at bolt://127.0.0.1:1"),
            "{failed}"
        );
        assert!(!failed.contains("hunter2"));
    }
    std::thread::sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_rule_that_is_gone_is_pruned_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("graph.mars"));
    let text = "//! title = \"t\"\n//! link = \"LIKES\"\n//! reads = []\n//! evidence = \"from.key\"\n\
                MATCH (from:ACRImage)-[:IDENTIFIES]->(to:ImageReference)\n";
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    std::fs::write(rules.join("mine.cypher"), text).unwrap();
    let rules = rules.display().to_string();
    let run = |args: &[&str]| {
        let outcome = polar(&[args, &["--graph", &graph]].concat(), &[]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.stdout
    };
    run(&["demo"]);
    run(&["reconcile", "--rules", &rules]);
    assert!(run(&["rules", "prune", "--rules", &rules]).contains("nothing is left"));
    let shown = run(&["rules", "prune"]);
    assert!(shown.starts_with("mine: 30 links, 0 findings\n"), "{shown}");
    assert!(shown.contains("--apply"), "{shown}");
    assert!(run(&["rules", "prune", "--apply"]).contains("30 removed"));
    assert!(run(&["rules", "prune"]).contains("nothing is left"));
}
