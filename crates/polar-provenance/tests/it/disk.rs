//! The embedded graph on a disk that is full, or that may not be written to.
//!
//! A limit on the size of files (`ulimit -f`) is a full disk that needs no rights.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    common::{Outcome, command, dump_file, embedded, outcome, polar},
    crash::observations,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// The program, where no file may grow beyond so many KiB. The limit can be lifted from outside.
fn limited(args: &[&str], kib: u64) -> Command {
    let program = command(args, &[]);
    let mut shell = Command::new("bash");
    shell
        .arg("-c")
        // Whoever does not ignore the signal is ended by it; full disks send none.
        .arg(r#"trap "" XFSZ; ulimit -S -f "$0"; exec "$@""#)
        .arg(kib.to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

fn assert_told(outcome: &Outcome, file: &Path) {
    let told = &outcome.stderr;
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let line = told.trim_end().lines().last().unwrap();
    assert!(line.starts_with("error: "), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    for says in [
        file.display().to_string().as_str(),
        "is the disk full?",
        "make room",
    ] {
        assert!(line.contains(says), "no `{says}` in {told}");
    }
}

/// In KiB.
fn size(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len().div_ceil(1024)
}

/// Facts taken in, and the graph of an undisturbed run.
struct Estate {
    folder: TempDir,
    facts: String,
    taken_in: PathBuf,
    wanted: Vec<String>,
}

impl Estate {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        observations(&file("facts.jsonl"), 0..4, 50);
        let facts = file("facts.jsonl").display().to_string();
        let (calm, taken_in) = (file("calm.mars"), file("taken-in.mars"));
        let graph = embedded(&calm);
        assert_eq!(polar(&["ingest", &facts, "--graph", &graph], &[]).code, 0);
        fs::copy(&calm, &taken_in).unwrap();
        assert_eq!(polar(&["reconcile", "--graph", &graph], &[]).code, 0);
        let wanted = dump_file(&calm).await;
        Self {
            folder,
            facts,
            taken_in,
            wanted,
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_with_room_the_same_command_ends_in_the_same_graph() {
    let estate = Estate::new().await;
    let full = estate.folder.path().join("full.mars");
    let graph = embedded(&full);
    let ingest = vec!["ingest", estate.facts.as_str(), "--graph", &graph];
    let reconcile = vec!["reconcile", "--graph", &graph];
    let whole = size(&estate.taken_in);
    let mut failed = [0, 0];
    for (number, args) in [&ingest, &reconcile].into_iter().enumerate() {
        for part in [1, 4, 7] {
            drop(fs::remove_file(&full));
            if number == 1 {
                fs::copy(&estate.taken_in, &full).unwrap();
            }
            let kib = whole * part / 8;
            let outcome = outcome(limited(args, kib).output().unwrap());
            eprintln!("{}: {kib} KiB of {whole}: {}", args[0], outcome.code);
            if outcome.code != 0 {
                assert_told(&outcome, &full);
                failed[number] += 1;
            }
            let again = polar(args, &[]);
            assert_eq!(again.code, 0, "{again:?}");
            if number == 0 {
                assert_eq!(polar(&reconcile, &[]).code, 0);
            }
            let same = dump_file(&full).await == estate.wanted;
            assert!(same, "{args:?} with {kib} KiB");
        }
    }
    assert!(
        failed.iter().all(|times| *times >= 2),
        "hardly ever full: {failed:?}"
    );
}

#[tokio::test]
async fn an_agent_goes_on_once_there_is_room_again() {
    let estate = Estate::new().await;
    let full = estate.folder.path().join("full.mars");
    fs::copy(&estate.taken_in, &full).unwrap();
    let kib = size(&full) / 2;
    let graph = embedded(&full);
    let mut agent = limited(&["agent", "--every", "200ms", "--graph", &graph], kib)
        .spawn()
        .unwrap();
    let (sender, lines) = mpsc::channel();
    let stderr = BufReader::new(agent.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            drop(sender.send(line));
        }
    });
    let mut log = Vec::new();
    let mut wait_for = |what: &str, times: usize| {
        let begin = Instant::now();
        let mut seen = 0;
        while seen < times {
            let line = lines.recv_timeout(PATIENCE).unwrap();
            seen += usize::from(line.contains(what));
            log.push(line);
            assert!(begin.elapsed() < PATIENCE, "never {what}: {log:#?}");
        }
    };
    // Each tick tries again, and says what is wrong.
    wait_for("make room", 3);
    let pid = agent.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited:unlimited"])
        .status()
        .expect("prlimit cannot be run; Debian: util-linux");
    assert!(lifted.success());
    wait_for("pass done", 2);
    let stopped = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(stopped.success());
    assert!(agent.wait().unwrap().success(), "{log:#?}");
    assert!(dump_file(&full).await == estate.wanted);
}

#[test]
fn a_file_that_may_not_be_written_to_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // Also for root, which may write to any file that is one.
    let place = folder.path().join("graph.mars");
    fs::create_dir(&place).unwrap();
    let below_a_file = folder.path().join("file").join("graph.mars");
    fs::write(folder.path().join("file"), "").unwrap();
    let null = Path::new("/proc/version").to_owned();
    for file in [place, below_a_file, null] {
        let outcome = polar(&["reconcile", "--graph", &embedded(&file)], &[]);
        assert_eq!(outcome.code, 3, "{outcome:?}");
        let line = outcome.stderr.trim_end();
        assert_eq!(line.lines().count(), 1, "{outcome:?}");
        assert!(line.contains(&file.display().to_string()), "{outcome:?}");
        assert!(
            line.starts_with("error: cannot use the graph file"),
            "{outcome:?}"
        );
    }
}
