//! A row as an observation.

use jiff::Timestamp;
use polar_graph::Row;
use polar_model::{Observation, ParsedLine, SCHEMA_VERSION, Value, parse_line};
use polar_normalize::Options;
use serde_json::{Map, Value as Json};

use crate::{Conversion, image, names::Names, problem::Wrong};

/// What Polar writes where it knows nothing.
const PLACEHOLDERS: [&str; 3] = ["", "null", "unknown"];

/// What rows are read with.
pub(crate) struct Reader<'a> {
    pub(crate) names: &'a Names,
    pub(crate) options: &'a Options,
}

impl Reader<'_> {
    /// The observation of a row, its columns read as `convert` says.
    pub(crate) fn observation(
        &self,
        type_name: &str,
        convert: &std::collections::BTreeMap<String, Conversion>,
        row: &Row,
    ) -> Result<Observation, Wrong> {
        let mut body = Map::new();
        body.insert("v".to_owned(), SCHEMA_VERSION.into());
        body.insert("type".to_owned(), type_name.into());
        for (column, value) in row.columns().iter().zip(row.values()) {
            match convert.get(column) {
                Some(conversion) => self.convert(*conversion, column, value, &mut body)?,
                None => put(&mut body, column, value.to_json()),
            }
        }
        let wrong = |reason: String| Wrong::new(reason.clone(), reason);
        match parse_line(&Json::Object(body).to_string()) {
            Ok(ParsedLine::Known {
                observation,
                unknown_fields,
            }) if unknown_fields.is_empty() => Ok(*observation),
            Ok(ParsedLine::Known { unknown_fields, .. }) => Err(wrong(format!(
                "{type_name} has no `{}`",
                unknown_fields.join("`, `")
            ))),
            Ok(_) => Err(wrong(format!("`{type_name}` is no type of observation"))),
            // The place of an error in the line would be one in a line that nobody sees.
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    fn convert(
        &self,
        conversion: Conversion,
        column: &str,
        value: &Value,
        body: &mut Map<String, Json>,
    ) -> Result<(), Wrong> {
        let text = value
            .as_str()
            .filter(|text| !PLACEHOLDERS.contains(&text.trim()));
        let json = match conversion {
            Conversion::Text => match value {
                Value::String(_) => text.into(),
                other => other.to_json(),
            },
            Conversion::Lower => text.map(str::to_lowercase).into(),
            Conversion::Line => text.and_then(|text| text.lines().next()).into(),
            Conversion::Id => id(column, value, text)?,
            Conversion::Time => time(column, value, text, Timestamp::from_millisecond)?,
            Conversion::Seconds => time(column, value, text, Timestamp::from_second)?,
            Conversion::Instance => self.names.instance(text).into(),
            Conversion::Cluster => self.names.cluster(text).into(),
            Conversion::Tagged => {
                if let Some(text) = text {
                    image::read(text, true, self.options)?;
                }
                text.into()
            }
            Conversion::SplitTagged | Conversion::SplitImage | Conversion::SplitRepository => {
                return self.split(conversion, column, text, body);
            }
        };
        put(body, column, json);
        Ok(())
    }

    fn split(
        &self,
        conversion: Conversion,
        column: &str,
        text: Option<&str>,
        body: &mut Map<String, Json>,
    ) -> Result<(), Wrong> {
        let missing = || Wrong::new(format!("no {column}"), format!("there is no `{column}`"));
        let text = text.ok_or_else(missing)?;
        let tagged = conversion == Conversion::SplitTagged;
        let reference = image::read(text, tagged, self.options)?;
        put(body, "registry", reference.registry().into());
        put(body, "repository", reference.repository().into());
        if conversion != Conversion::SplitRepository {
            put(body, "tag", reference.tag().into());
        }
        Ok(())
    }
}

/// Adds a field; what is absent is left out.
fn put(body: &mut Map<String, Json>, field: &str, value: Json) {
    if !value.is_null() {
        body.insert(field.to_owned(), value);
    }
}

fn id(column: &str, value: &Value, text: Option<&str>) -> Result<Json, Wrong> {
    let Some(text) = text else {
        return Ok(value.as_int().into());
    };
    let last = text.rsplit('/').next().unwrap_or_default();
    let number: Result<i64, _> = last.parse();
    number.map(Json::from).map_err(|_| {
        let reason = format!("`{column}` is `{text}`, which ends with no number");
        Wrong::new("no-number", reason)
    })
}

fn time(
    column: &str,
    value: &Value,
    text: Option<&str>,
    since_1970: impl Fn(i64) -> Result<Timestamp, jiff::Error>,
) -> Result<Json, Wrong> {
    let parsed = match (value, text) {
        (Value::DateTime(time), _) => Ok(*time),
        (Value::Int(number), _) => since_1970(*number),
        (_, Some(text)) => text.parse(),
        _ => return Ok(Json::Null),
    };
    let wrong = |error| Wrong::new("no-time", format!("`{column}` is no time: {error}"));
    Ok(parsed.map_err(wrong)?.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(conversion: Conversion, value: impl Into<Value>, wanted: Result<Json, &str>) {
        let names = Names::default();
        let options = Options::default();
        let reader = Reader {
            names: &names,
            options: &options,
        };
        let mut body = Map::new();
        let value = value.into();
        let done = reader.convert(conversion, "x", &value, &mut body);
        let found = match done {
            Ok(()) if body.keys().eq(["x"]) => Ok(body.remove("x").unwrap()),
            Ok(()) if body.is_empty() => Ok(Json::Null),
            Ok(()) => Ok(Json::Object(body)),
            Err(wrong) => Err(wrong.kind),
        };
        let wanted = wanted.map_err(str::to_owned);
        assert_eq!(found, wanted, "{conversion:?} of {value:?}");
    }

    #[test]
    fn columns_are_read_as_polar_writes_them() {
        let split = |tag: &str| serde_json::json!({"registry": "r.example.com", "repository": "a/b", "tag": tag});
        for placeholder in ["", "null", "unknown"] {
            check(Conversion::Text, placeholder, Ok(Json::Null));
            check(Conversion::Time, placeholder, Ok(Json::Null));
            check(Conversion::Id, placeholder, Ok(Json::Null));
        }
        check(Conversion::Lower, "SUCCESS", Ok("success".into()));
        check(Conversion::Line, "One\n\nTwo", Ok("One".into()));
        check(
            Conversion::Id,
            "gid://gitlab/Ci::Pipeline/17",
            Ok(17.into()),
        );
        check(Conversion::Id, "17", Ok(17.into()));
        check(Conversion::Id, 17_i64, Ok(17.into()));
        check(
            Conversion::Id,
            "gid://gitlab/Ci::Pipeline/x",
            Err("no-number"),
        );
        let time = "2026-05-04T03:02:01Z";
        check(Conversion::Time, time, Ok(time.into()));
        check(Conversion::Time, 1_777_863_721_000_i64, Ok(time.into()));
        check(Conversion::Seconds, 1_777_863_721_i64, Ok(time.into()));
        check(Conversion::Time, "yesterday", Err("no-time"));
        check(Conversion::Time, i64::MAX, Err("no-time"));
        check(
            Conversion::SplitTagged,
            "r.example.com/a/b:V1",
            Ok(split("V1")),
        );
        check(Conversion::SplitTagged, "r.example.com/a/b", Err("no-tag"));
        check(
            Conversion::SplitImage,
            "r.example.com/a/b",
            Ok(split("latest")),
        );
        check(
            Conversion::SplitImage,
            "localhost/a/b",
            Err("host-relative"),
        );
        check(Conversion::SplitImage, Value::Null, Err("no x"));
        check(Conversion::Tagged, "r.example.com/a/b", Err("no-tag"));
    }
}
