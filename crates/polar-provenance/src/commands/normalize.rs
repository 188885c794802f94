//! `normalize`.

use std::{
    borrow::Cow,
    io::{BufRead, BufWriter, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use polar_normalize::{AliasTable, ImageRef, Options, ShortNames, parse_bytes};
use serde::Serialize;

use crate::{
    cli::{Format, Global, Normalize},
    print,
};

#[derive(Serialize)]
struct Line<'a> {
    input: Cow<'a, str>,
    tag_form: Option<Cow<'a, str>>,
    digest_form: Option<Cow<'a, str>>,
    uuid: Option<String>,
    error: Option<&'static str>,
}

pub(crate) fn run(global: &Global, args: &Normalize) -> anyhow::Result<ExitCode> {
    let options = options(args)?;
    if global.format == Some(Format::Table) {
        if args.null {
            bail!("-0 prints JSON; --format table is for references given as arguments");
        }
        print::references(&mut std::io::stdout().lock(), &args.references, &options)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    if args.null {
        each_from(std::io::stdin().lock(), |input| {
            line(&mut out, input, &options)
        })?;
    } else {
        for input in &args.references {
            line(&mut out, input.as_bytes(), &options)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn options(args: &Normalize) -> anyhow::Result<Options> {
    let mut aliases = AliasTable::default();
    for alias in &args.alias {
        let (from, to) = alias
            .split_once('=')
            .with_context(|| format!("--alias {alias}: give FROM=TO"))?;
        aliases
            .insert(from, to)
            .with_context(|| format!("--alias {alias}"))?;
    }
    Ok(Options {
        short_names: if args.reject_short_names {
            ShortNames::Reject
        } else {
            ShortNames::DockerHub
        },
        aliases,
    })
}

/// Hands out what stands before each NUL, and after the last one if it is not empty.
fn each_from(
    mut source: impl BufRead,
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut input = Vec::new();
    loop {
        input.clear();
        let read = source
            .read_until(0, &mut input)
            .context("cannot read standard input")?;
        if read == 0 {
            return Ok(());
        }
        each(input.strip_suffix(&[0]).unwrap_or(&input))?;
    }
}

fn line(out: &mut impl Write, input: &[u8], options: &Options) -> anyhow::Result<()> {
    let parsed = parse_bytes(input, options);
    let image = parsed.as_ref().ok();
    let line = Line {
        input: String::from_utf8_lossy(input),
        tag_form: image.and_then(ImageRef::tag_form),
        digest_form: image.and_then(ImageRef::digest_form),
        uuid: image.map(|image| image.primary_uuid().to_string()),
        error: parsed.as_ref().err().map(polar_normalize::Error::code),
    };
    serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}
