//! Statements with their parameters filled in, to be pasted elsewhere.

use polar_graph::Statement;
use polar_model::Value;

/// The statement as text. A `$` in a string, a quoted name or a comment is none of a parameter.
pub(crate) fn filled(statement: &Statement) -> String {
    let mut out = String::new();
    let mut rest = statement.text.trim_end();
    while let Some(at) = rest.find(['$', '\'', '"', '`', '/']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = match from.as_bytes() {
            [b'$', ..] => {
                let name = from[1..].split(|c: char| !c.is_alphanumeric() && c != '_');
                let name = name.into_iter().next().unwrap_or_default();
                match statement.params.get(name) {
                    Some(value) => out.push_str(&literal(value)),
                    None => out.push_str(&from[..=name.len()]),
                }
                rest = &from[1 + name.len()..];
                continue;
            }
            [b'/', b'/', ..] => from.find('\n').unwrap_or(from.len()),
            [quote @ (b'\'' | b'"' | b'`'), ..] => quoted(from, *quote),
            _ => 1,
        };
        out.push_str(&from[..length]);
        rest = &from[length..];
    }
    out.push_str(rest);
    out
}

/// Length of what is quoted, with its quotes.
fn quoted(text: &str, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => string(text),
        Value::DateTime(instant) => format!("datetime({})", string(&instant.to_string())),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(name, value)| format!("`{name}`: {}", literal(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A string literal. Control characters are written as such, so that a line stays a line.
fn string(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_filled_in_and_nothing_else() {
        let statement = Statement::new("MATCH (a {k: $k}) // $k\nWHERE a.x = '$k \\' $k' AND a.`$k` = $k2 AND a.y / $n > 1 RETURN $other\n")
            .with("k", "it's \\ a\nline")
            .with("k2", vec![Value::Bool(true), Value::Null])
            .with("n", 2.0);
        assert_eq!(
            filled(&statement),
            "MATCH (a {k: 'it\\'s \\\\ a\\nline'}) // $k\nWHERE a.x = '$k \\' $k' AND a.`$k` = [true, null] AND a.y / 2.0 > 1 RETURN $other"
        );
    }

    #[test]
    fn values_as_literals() {
        let at: jiff::Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        assert_eq!(literal(&at.into()), "datetime('2026-11-24T06:00:00Z')");
        assert_eq!(literal(&Value::map([("a b", 1)])), "{`a b`: 1}");
        assert_eq!(string("\u{1}"), "'\\u0001'");
    }
}
