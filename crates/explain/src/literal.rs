//! Statements with their parameters filled in, to be pasted elsewhere.

use polar_graph::{Statement, literal};

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

#[cfg(test)]
mod tests {
    use polar_model::Value;

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
}
