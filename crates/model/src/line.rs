//! One line of a JSON Lines file: an observation with its schema version.

use crate::Observation;

/// The version of the schema that this build reads and writes: the field `v` of each line.
pub const SCHEMA_VERSION: i64 = 1;

/// What a line held.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsedLine {
    /// An observation, and the names of its fields that are not in the schema.
    Known {
        /// The observation, without the unknown fields.
        observation: Box<Observation>,
        /// Unknown fields as paths, e.g. `containers[0].color`.
        unknown_fields: Vec<String>,
    },
    /// Valid JSON of a type that this build does not know.
    UnknownType(String),
    /// Nothing but white space.
    Blank,
}

/// Why a line is no observation.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The line is not JSON.
    #[error("not JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The line is JSON but no object.
    #[error("not a JSON object; a line is like {{\"v\":1,\"type\":\"git_commit\",\"oid\":\"…\"}}")]
    NotAnObject,
    /// `v` is missing or another version.
    #[error("schema version `v` is {found}; this build reads version 1")]
    Version {
        /// What stands in its place.
        found: String,
    },
    /// `type` is missing or no string.
    #[error("field `type` is missing or not a string")]
    NoType,
    /// A field is missing or has the wrong shape.
    #[error("{type_name}: {source}")]
    Body {
        /// The observation's type.
        type_name: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads one line.
///
/// # Errors
/// [`LineError`] says what is wrong with the line.
pub fn parse_line(line: &str) -> Result<ParsedLine, LineError> {
    if line.trim().is_empty() {
        return Ok(ParsedLine::Blank);
    }
    let json: serde_json::Value = serde_json::from_str(line).map_err(LineError::Json)?;
    let serde_json::Value::Object(mut fields) = json else {
        return Err(LineError::NotAnObject);
    };
    let version = fields.remove("v");
    if version.as_ref().and_then(serde_json::Value::as_i64) != Some(SCHEMA_VERSION) {
        let found = version.map_or_else(|| "missing".to_owned(), |value| value.to_string());
        return Err(LineError::Version { found });
    }
    let Some(serde_json::Value::String(type_name)) = fields.remove("type") else {
        return Err(LineError::NoType);
    };
    let body = serde_json::Value::Object(fields);
    match Observation::from_body(&type_name, body.clone()) {
        None => Ok(ParsedLine::UnknownType(type_name)),
        Some(Err(source)) => Err(LineError::Body { type_name, source }),
        Some(Ok(observation)) => {
            let unknown_fields = unknown_fields(&body, &observation);
            Ok(ParsedLine::Known {
                observation: Box::new(observation),
                unknown_fields,
            })
        }
    }
}

/// Writes an observation as one line, without the line's end. What is absent is left out.
///
/// # Errors
/// None that is known: an observation is made of what JSON can hold.
pub fn to_line(observation: &Observation) -> Result<String, serde_json::Error> {
    let mut body = serde_json::to_value(observation)?;
    drop_absent(&mut body);
    if let Some(fields) = body.as_object_mut() {
        fields.remove("type");
    }
    let body = body.to_string();
    let rest = body.strip_prefix('{').unwrap_or(&body);
    let joint = if rest == "}" { "" } else { "," };
    let type_name = observation.type_name();
    Ok(format!(
        "{{\"v\":{SCHEMA_VERSION},\"type\":\"{type_name}\"{joint}{rest}"
    ))
}

fn drop_absent(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_absent);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(drop_absent),
        _ => {}
    }
}

/// The fields of `body` that did not survive the round trip through the typed observation.
fn unknown_fields(body: &serde_json::Value, observation: &Observation) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Ok(known) = serde_json::to_value(observation) {
        compare(body, &known, String::new(), &mut unknown);
    }
    unknown
}

fn compare(
    given: &serde_json::Value,
    known: &serde_json::Value,
    path: String,
    out: &mut Vec<String>,
) {
    use serde_json::Value::{Array, Object};
    match (given, known) {
        (Object(given), Object(known)) => {
            for (name, value) in given {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match known.get(name) {
                    Some(known) => compare(value, known, path, out),
                    None => out.push(path),
                }
            }
        }
        (Array(given), Array(known)) => {
            for (index, (given, known)) in given.iter().zip(known).enumerate() {
                compare(given, known, format!("{path}[{index}]"), out);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_unknown_fields_keeps_the_rest() {
        let line = r#"{"v":1,"type":"kube_pod","cluster":"c","namespace":"n","name":"p","uid":"u",
            "colour":"red","containers":[{"name":"a","image":"nginx","size":1}]}"#;
        let Ok(ParsedLine::Known {
            observation,
            unknown_fields,
        }) = parse_line(line)
        else {
            panic!("known")
        };
        assert_eq!(observation.type_name(), "kube_pod");
        assert_eq!(unknown_fields, ["colour", "containers[0].size"]);
    }

    #[test]
    fn a_line_that_was_written_reads_as_the_same() {
        let line = r#"{"v":1,"type":"kube_pod","cluster":"c","name":"p","namespace":"n","uid":"u",
            "containers":[{"name":"a","image":"nginx","image_id":null}]}"#;
        let Ok(ParsedLine::Known { observation, .. }) = parse_line(line) else {
            panic!("known")
        };
        let written = to_line(&observation).unwrap();
        assert!(
            written.starts_with(r#"{"v":1,"type":"kube_pod","cluster":"c","#),
            "{written}"
        );
        assert!(!written.contains("null"), "{written}");
        let unknown_fields = Vec::new();
        let wanted = ParsedLine::Known {
            observation,
            unknown_fields,
        };
        assert_eq!(parse_line(&written).unwrap(), wanted);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |line| parse_line(line).unwrap_err().to_string();
        assert!(error("{").starts_with("not JSON"));
        assert!(error("[]").starts_with("not a JSON object"));
        assert!(error("{}").contains("`v` is missing"));
        assert!(error(r#"{"v":2,"type":"git_commit"}"#).contains("`v` is 2"));
        assert!(error(r#"{"v":1}"#).contains("`type`"));
        let body = error(r#"{"v":1,"type":"git_commit"}"#);
        assert_eq!(body, "git_commit: missing field `oid`");
    }

    #[test]
    fn unknown_types_and_blank_lines_are_no_errors() {
        assert_eq!(parse_line("  ").unwrap(), ParsedLine::Blank);
        assert_eq!(
            parse_line(r#"{"v":1,"type":"x"}"#).unwrap(),
            ParsedLine::UnknownType("x".into())
        );
    }
}
