//! Programs that tests run.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

/// A program that is where a variable says, or else on the path.
#[derive(Debug, Clone)]
pub struct Tool {
    path: PathBuf,
    hint: String,
}

impl Tool {
    /// The program `name`, or what `variable` says.
    #[must_use]
    pub fn new(variable: &str, name: &str) -> Self {
        Self {
            path: std::env::var_os(variable).map_or_else(|| name.into(), PathBuf::from),
            hint: format!(
                "no {name} to test with: run the tests with ./test, which fetches it, or set \
                 {variable} to it"
            ),
        }
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it is not there.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Output {
        let output = Command::new(&self.path).args(args).output();
        output.unwrap_or_else(|error| panic!("{}: {error}", self.hint))
    }

    /// Runs it, and hands out what it prints.
    ///
    /// # Panics
    /// If it is not there, or fails.
    #[must_use]
    pub fn prints(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{args:?}: {stdout}{stderr}");
        stdout
    }
}
