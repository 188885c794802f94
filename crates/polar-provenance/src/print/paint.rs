//! Answers as they appear: in colours on a terminal, and without what would steer one.

use std::io::{self, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const UNSURE: Style = AnsiColor::Yellow.on_default();
const REASON: Style = Style::new().dimmed();

/// How answers begin a line, after what draws a tree; or, with a blank before it, what is told
/// further on in it.
const WORDS: [(&str, Style); 13] = [
    ("NO ", BAD),
    ("NO:", BAD),
    ("not met ", BAD),
    ("deny:", BAD),
    ("never ", BAD),
    ("no longer ", BAD),
    ("yes:", GOOD),
    ("met ", GOOD),
    ("allow", GOOD),
    ("unknown ", UNSURE),
    ("? ", UNSURE),
    ("may be ", UNSURE),
    ("unlikely:", UNSURE),
];

/// Writes line by line what is written to it.
pub(crate) struct Painted<W: Write> {
    out: W,
    line: Vec<u8>,
    colours: bool,
}

/// Standard output, in colours if it is a terminal that wants them (`NO_COLOR`, `CLICOLOR_FORCE`).
pub(crate) fn stdout() -> Painted<StdoutLock<'static>> {
    let out = io::stdout();
    let colours = AutoStream::choice(&out) != ColorChoice::Never;
    Painted::new(out.lock(), colours)
}

impl<W: Write> Painted<W> {
    fn new(out: W, colours: bool) -> Self {
        let line = Vec::new();
        Self { out, line, colours }
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        let line = harmless(&line);
        let line = if self.colours { coloured(&line) } else { line };
        self.line.clear();
        self.out.write_all(line.as_bytes())
    }
}

impl<W: Write> Write for Painted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end_line()?;
        self.out.flush()
    }
}

/// The line with escapes for characters that steer a terminal: what somebody wrote into a commit is
/// shown, not obeyed.
pub(crate) fn harmless(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\n' => out.push(c),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn coloured(line: &str) -> String {
    let (line, end) = line
        .strip_suffix('\n')
        .map_or((line, ""), |line| (line, "\n"));
    let (text, reason) = match line.rfind("  [") {
        Some(at) if line.ends_with(']') => line.split_at(at),
        _ => (line, ""),
    };
    let begin = text.len() - text.trim_start_matches([' ', '│', '├', '└', '─']).len();
    let found = WORDS.iter().find_map(|(word, style)| {
        let rest = &text[begin..];
        let at = if rest.starts_with(word) {
            begin
        } else {
            // Two blanks or more part the columns of a table.
            begin
                + rest
                    .find(&format!("  {word}"))
                    .map(|at| at + 2)
                    .or_else(|| is_told(rest, word))?
        };
        Some((at, at + word.len(), *style))
    });
    let mut out = String::new();
    match found {
        Some((from, to, style)) => {
            let word = &text[from..to];
            out += &format!("{}{style}{word}{style:#}{}", &text[..from], &text[to..]);
        }
        None => out += text,
    }
    if !reason.is_empty() {
        out += &format!("{REASON}{reason}{REASON:#}");
    }
    out + end
}

/// Where a verdict such as `signed yes:` has its answer.
fn is_told(text: &str, word: &str) -> Option<usize> {
    let (what, rest) = text.split_once(' ')?;
    let is_verdict = ["signed", "verified", "attested", "scanned", "reviewed"].contains(&what);
    (is_verdict && rest.starts_with(word)).then_some(what.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(text: &str, colours: bool) -> String {
        let mut out = Painted::new(Vec::new(), colours);
        write!(out, "{text}").unwrap();
        out.flush().unwrap();
        String::from_utf8(out.out).unwrap()
    }

    #[test]
    fn a_terminal_shows_answers_in_colours() {
        for (text, wanted) in [
            (
                "├── signed yes: by x\n",
                "├── signed \u{1b}[32myes:\u{1b}[0m by x\n",
            ),
            ("└── ? not read", "└── \u{1b}[33m? \u{1b}[0mnot read"),
            (
                "runs a  [same-as 1.0: b]\n",
                "runs a\u{1b}[2m  [same-as 1.0: b]\u{1b}[0m\n",
            ),
            (
                " signed  not met  none\n",
                " signed  \u{1b}[1m\u{1b}[31mnot met \u{1b}[0m none\n",
            ),
            ("commit c \"yes: no\"\n", "commit c \"yes: no\"\n"),
            ("\n", "\n"),
        ] {
            assert_eq!(painted(text, true), wanted);
            assert_eq!(painted(text, false), text);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_shown() {
        let told = painted("a\u{1b}[2Jb\u{9b}1mc\rd\n", true);
        assert_eq!(told, "a\\u{1b}[2Jb\\u{9b}1mc\\u{d}d\n");
    }
}
