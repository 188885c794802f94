//! Running the program.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use polar_graph::{EmbeddedStore, Neo4jSettings};
use polar_testkit::dump;

/// What a run did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The lines of stdout as JSON.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The program with only the variables given, and a data directory that nobody has.
pub(crate) fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_polar-provenance"));
    command
        .args(args)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", "/nonexistent")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn polar(args: &[&str], variables: &[(&str, &str)]) -> Outcome {
    outcome(command(args, variables).output().unwrap())
}

pub(crate) fn polar_with_input(args: &[&str], input: &[u8]) -> Outcome {
    let mut child = command(args, &[]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    outcome(output)
}

pub(crate) fn outcome(output: std::process::Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The variables that lead to a Neo4j.
pub(crate) fn variables(settings: &Neo4jSettings) -> [(&'static str, &str); 3] {
    [
        ("GRAPH_ENDPOINT", settings.endpoint.as_str()),
        ("GRAPH_USER", settings.user.as_str()),
        ("GRAPH_PASSWORD", settings.password.as_str()),
    ]
}

/// `--graph` for a file.
pub(crate) fn embedded(path: &Path) -> String {
    format!("embedded:{}", path.display())
}

/// The graph in a file.
pub(crate) async fn dump_file(path: &Path) -> Vec<String> {
    dump(&EmbeddedStore::open(path).unwrap()).await
}

/// A graph as [`dump`] has it, without the times of readings, which stand for the times that a
/// registry does not tell.
pub(crate) fn facts(mut graph: Vec<String>) -> Vec<String> {
    graph.retain(|line| !line.contains("(Source "));
    for line in &mut graph {
        let from = line
            .find("\"from\":\"")
            .filter(|_| line.contains("-POINTED_TO->"));
        if let Some(begin) = from {
            let value = begin + "\"from\":\"".len();
            let end = line[value..]
                .find('"')
                .map_or(line.len(), |end| value + end);
            line.replace_range(value..end, "");
        }
    }
    graph
}
