//! `gate`.

use std::{fmt::Write as _, fs, path::Path, process::ExitCode};

use anyhow::Context;
use jiff::Timestamp;
use polar_query::{Decision, Gate as Answer, Policy, PolicyFile, gate, summary_attestation};
use sha2::{Digest, Sha256};

use super::{Asking, document};
use crate::{
    cli::{Gate, Global},
    exit, print, rules,
};

pub(crate) async fn run(global: &Global, args: &Gate) -> anyhow::Result<ExitCode> {
    let (policy, file) = read(global, &args.policy)?;
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let image = asking.image(&args.target).await?;
    let answer = gate(store, &image, &policy, file, Timestamp::now()).await?;
    if args.vsa {
        attest(args, &answer)?;
    } else {
        asking.tell(&answer, print::gated)?;
    }
    Ok(match answer.decision {
        Decision::Allow => ExitCode::SUCCESS,
        Decision::Deny => exit::NEGATIVE.into(),
    })
}

/// A policy, checked against the rules that there are.
fn read(global: &Global, path: &Path) -> anyhow::Result<(Policy, PolicyFile)> {
    let named = || format!("policy {}", path.display());
    let text = fs::read_to_string(path).with_context(named)?;
    let policy = Policy::parse(&text).with_context(named)?;
    let kinds = rules::finding_kinds(global)?;
    policy.check_kinds(&kinds).with_context(named)?;
    let file = PolicyFile {
        name: policy.name.clone(),
        file: path.display().to_string(),
        sha256: hex(&Sha256::digest(&text)),
    };
    Ok((policy, file))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Prints the verdict as a statement; on stderr, what goes with it.
fn attest(args: &Gate, answer: &Answer) -> anyhow::Result<()> {
    let uri = args.policy_uri.clone();
    let uri = uri.unwrap_or_else(|| relative_uri(&answer.policy.file));
    match summary_attestation(answer, &args.verifier, &uri) {
        Some(statement) => {
            eprintln!("the statement is not signed");
            document(&statement)
        }
        None => {
            for check in answer.checks.iter().filter(|check| !check.allowed) {
                eprintln!("{}: {}", check.requirement, check.detail);
            }
            eprintln!("no statement: there is not one digest that it could be about");
            Ok(())
        }
    }
}

/// A file's path as a URI reference.
fn relative_uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut uri = String::new();
    for byte in path.bytes() {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        for (path, wanted) in [
            ("policies/prod.toml", "policies/prod.toml"),
            ("a b:c%.toml", "a%20b%3Ac%25.toml"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(relative_uri(path), wanted);
        }
    }
}
