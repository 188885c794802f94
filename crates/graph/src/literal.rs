//! Values as they are written in Cypher.

use polar_model::Value;

/// A value as it is written in Cypher.
#[must_use]
pub fn literal(value: &Value) -> String {
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
    let mut follows_backslash = false;
    for c in text.chars() {
        match c {
            // One engine reads a `\u` as an escape before it looks at what stands before it.
            'u' if follows_backslash => out.push_str("\\u0075"),
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        follows_backslash = c == '\\';
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_literals() {
        let at: jiff::Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        assert_eq!(literal(&at.into()), "datetime('2026-11-24T06:00:00Z')");
        assert_eq!(literal(&Value::map([("a b", 1)])), "{`a b`: 1}");
        assert_eq!(string("\u{1}"), "'\\u0001'");
        assert_eq!(string("\\user"), "'\\\\\\u0075ser'");
    }
}
