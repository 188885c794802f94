//! Go's reference library, in a process of its own that does a round when it is asked to.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Tally;

pub(crate) struct Go {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Go {
    /// Builds and starts it, or says why it cannot.
    pub(crate) fn start(corpus: &str) -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/normalize/go");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = folder.join("normalize-go");
        let built = Command::new("go")
            .args(["build", "-mod=readonly", "-o"])
            .arg(&program)
            .current_dir(source)
            .status()
            .map_err(|error| format!("`go` cannot be started: {error}"))?;
        if !built.success() {
            return Err("`go build` failed".to_owned());
        }
        let path = folder.join("references.txt");
        fs::write(&path, corpus).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut child = Command::new(program)
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or("it has no pipes")?;
        Ok(Self {
            child,
            pipes: RefCell::new((stdin, BufReader::new(stdout))),
        })
    }

    /// One round, timed by itself.
    pub(crate) fn round(&self, command: &str) -> (Duration, Tally) {
        let [nanoseconds, valid, form_bytes] = self.numbers(command);
        let tally = Tally { valid, form_bytes };
        (Duration::from_nanos(nanoseconds as u64), tally)
    }

    /// Bytes of the heap that so many kept values hold.
    pub(crate) fn kept(&self, command: &str) -> (usize, usize) {
        let [bytes, count] = self.numbers(command);
        (bytes, count)
    }

    /// Prints on how many references it gives another form than ours, with one of each kind.
    pub(crate) fn agreement(&self, corpus: &[&str], ours: impl Fn(&str) -> Option<String>) {
        let theirs = self.lines("forms", corpus.len());
        let mut kinds = [
            ("another form", Vec::new()),
            ("valid in Go only", Vec::new()),
            ("valid with ours only", Vec::new()),
        ];
        for (input, theirs) in corpus.iter().zip(&theirs) {
            match (ours(input), theirs.as_str()) {
                (Some(_), "") => kinds[2].1.push(*input),
                (None, "") => (),
                (None, _) => kinds[1].1.push(*input),
                (Some(ours), theirs) if ours != theirs => kinds[0].1.push(*input),
                _ => (),
            }
        }
        let number: usize = kinds.iter().map(|(_, inputs)| inputs.len()).sum();
        println!(
            "\nGo's library and ours differ on {number} of {} references",
            corpus.len()
        );
        for (kind, mut inputs) in kinds {
            let times = inputs.len();
            inputs.sort_unstable();
            inputs.dedup();
            println!("{kind:<42}{times:>12}  {}", inputs.join(", "));
        }
    }

    /// The numbers that it answers a command with.
    fn numbers<const N: usize>(&self, command: &str) -> [usize; N] {
        let line = self.lines(command, 1).remove(0);
        let numbers: Vec<usize> = line
            .split(' ')
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers
            .try_into()
            .unwrap_or_else(|_| panic!("Go answers {command} with {line:?}"))
    }

    fn lines(&self, command: &str, number: usize) -> Vec<String> {
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        writeln!(stdin, "{command}").expect("Go's process is there");
        let lines: Result<Vec<String>, _> = stdout.lines().take(number).collect();
        let lines = lines.expect("Go's process answers");
        assert_eq!(lines.len(), number, "Go's process has ended");
        lines
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        // An error says that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
