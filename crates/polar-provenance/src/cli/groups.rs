//! The commands by their purpose, as `--help` lists them.

use std::fmt::Write;

use clap::{Command, CommandFactory};

use super::Cli;

const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Questions",
        &[
            "trace",
            "who-built",
            "commit",
            "deployed",
            "where",
            "retags",
            "unverified",
            "unreviewed",
            "orphans",
            "findings",
            "status",
            "diff",
            "gate",
            "export",
        ],
    ),
    ("Explaining", &["explain", "rules", "normalize"]),
    ("Taking in", &["observe", "ingest"]),
    ("Running", &["reconcile", "agent"]),
    (
        "Setting up",
        &["demo", "config", "schema", "completions", "man"],
    ),
];

/// The command line, its commands grouped.
pub(crate) fn grouped() -> Command {
    let command = Cli::command();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}{{after-help}}",
        listed(&command)
    );
    command.help_template(template)
}

/// Each group with what its commands do.
fn listed(command: &Command) -> String {
    let mut text = String::new();
    for (title, names) in GROUPS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{title}:");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {name:<12} {about}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_in_one_group() {
        let command = Cli::command();
        let mut all: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        let mut listed: Vec<_> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        all.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, all);
    }
}
