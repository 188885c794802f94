//! One mapping file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A parsed mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The file's name without `.cypher`; edges drawn from Polar's nodes carry it as `mapping`.
    pub name: String,
    /// What it maps, in a few words.
    pub title: String,
    /// What becomes of its rows.
    pub effect: Effect,
    /// Polar's labels that must be in the graph for it to run.
    pub labels: Vec<String>,
    /// Properties of Polar's labels that it looks nodes up by: label, property.
    pub indexes: Vec<(String, String)>,
    /// The query.
    pub query: String,
}

/// What becomes of a mapping's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Each row is an observation.
    Observation {
        /// Its type.
        type_name: String,
        /// How columns are read that are not yet as the observation has them.
        convert: BTreeMap<String, Conversion>,
        /// Whether what the observation is about is gone.
        gone: bool,
    },
    /// Each row is a node of Polar's that identifies an `ImageReference`.
    Identifies {
        /// Its label.
        label: String,
        /// The properties that tell it from others.
        key: Vec<String>,
        /// The property with the reference as written.
        image: String,
        /// Whether a reference must say its tag.
        tagged: bool,
    },
}

/// How a column is read. Text that Polar writes for nothing (`""`, `null`, `unknown`) is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// Text.
    Text,
    /// Text in lower case: names of GitLab's enumerations.
    Lower,
    /// The first line of a text.
    Line,
    /// A number, or the one at the end of a GitLab's global id (`gid://gitlab/Ci::Pipeline/17`).
    Id,
    /// A time: RFC 3339, or milliseconds since 1970.
    Time,
    /// A time: seconds since 1970.
    Seconds,
    /// Polar's id of a GitLab, as the name of the instance.
    Instance,
    /// Polar's id of a cluster, as the cluster's name.
    Cluster,
    /// A reference that must say its tag, as it is.
    Tagged,
    /// A reference that must say its tag, as `registry`, `repository` and `tag`.
    SplitTagged,
    /// A reference, as `registry`, `repository` and `tag`.
    SplitImage,
    /// A repository's name, as `registry` and `repository`.
    SplitRepository,
}

/// What is wrong with a mapping file.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("mapping {mapping}, line {line}: {reason}")]
pub struct MappingError {
    /// The mapping's name.
    pub mapping: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    observation: Option<String>,
    #[serde(default)]
    gone: bool,
    #[serde(default)]
    convert: BTreeMap<String, Conversion>,
    identifies: Option<String>,
    #[serde(default)]
    key: Vec<String>,
    image: Option<String>,
    #[serde(default)]
    tagged: bool,
    labels: Vec<String>,
    #[serde(default)]
    indexes: Vec<String>,
}

/// Clauses that a query must not hold, since it only reads.
const REFUSED: [&str; 11] = [
    "CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "FOREACH", "CALL", "LOAD", "DROP",
    "FINISH",
];

impl Mapping {
    /// Parses a mapping file.
    ///
    /// # Errors
    /// [`MappingError`] names the line and what to change.
    pub fn parse(name: &str, text: &str) -> Result<Self, MappingError> {
        let error = |(line, reason): (usize, String)| MappingError {
            mapping: name.to_owned(),
            line,
            reason,
        };
        let header = header(text).map_err(error)?;
        let query = query(text).map_err(error)?;
        let fail = |reason: &str| error((1, reason.to_owned()));
        if header.labels.is_empty() {
            return Err(fail("`labels` must name the labels that the query needs"));
        }
        let index = |text: &String| {
            let (label, property) = text.split_once('.')?;
            (is_name(label) && is_name(property)).then(|| (label.to_owned(), property.to_owned()))
        };
        let indexes: Option<Vec<_>> = header.indexes.iter().map(index).collect();
        let indexes = indexes.ok_or_else(|| fail("an index is written as \"Label.property\""))?;
        let names = header.labels.iter().chain(&header.key);
        let names = names.chain(&header.image).chain(&header.identifies);
        for written in names {
            if !is_name(written) {
                let reason = format!("`{written}` must be letters, digits and underscores");
                return Err(fail(&reason));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            title: header.title.clone(),
            labels: header.labels.clone(),
            effect: effect(header).map_err(fail)?,
            indexes,
            query,
        })
    }
}

fn effect(header: Header) -> Result<Effect, &'static str> {
    match (header.observation, header.identifies) {
        (Some(type_name), None) => {
            if !polar_model::Observation::TYPES.contains(&type_name.as_str()) {
                return Err("`observation` names no type of observation");
            }
            if !header.key.is_empty() || header.image.is_some() || header.tagged {
                return Err("`key`, `image` and `tagged` go with `identifies`");
            }
            Ok(Effect::Observation {
                type_name,
                convert: header.convert,
                gone: header.gone,
            })
        }
        (None, Some(label)) => {
            if !header.convert.is_empty() || header.gone {
                return Err("`convert` and `gone` go with `observation`");
            }
            if header.key.is_empty() {
                return Err("`key` must name the properties that tell the nodes apart");
            }
            Ok(Effect::Identifies {
                label,
                key: header.key,
                image: header.image.ok_or("`image` must name a property")?,
                tagged: header.tagged,
            })
        }
        _ => Err("the header needs either observation = \"type\" or identifies = \"Label\""),
    }
}

/// The `//!` lines as TOML.
fn header(text: &str) -> Result<Header, (usize, String)> {
    // Lines that are no header become empty, so that TOML's line numbers are the file's.
    let lines = text
        .lines()
        .map(|line| line.trim_start().strip_prefix("//!").unwrap_or_default());
    let toml = lines.collect::<Vec<_>>().join("\n");
    toml::from_str(&toml).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + toml.get(..at).unwrap_or_default().matches('\n').count();
        (line, format!("header: {}", error.message()))
    })
}

/// What is no comment. Any word that could write is refused, also where it would be a name.
fn query(text: &str) -> Result<String, (usize, String)> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if let Some(word) = words.find(|word| REFUSED.contains(&word.to_ascii_uppercase().as_str()))
        {
            let reason = format!("`{word}` is not allowed: a mapping only reads");
            return Err((index + 1, reason));
        }
        if line.contains(';') {
            return Err((
                index + 1,
                "`;` is not allowed: a mapping is one query".to_owned(),
            ));
        }
        lines.push(line);
    }
    let query = lines.join("\n").trim().to_owned();
    if !query.starts_with("MATCH") {
        let last = text.lines().count().max(1);
        return Err((last, "the query must begin with MATCH".to_owned()));
    }
    Ok(query)
}

/// Whether a text can stand in a statement as a label or a property.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "//! title = \"t\"\n//! observation = \"git_commit\"\n//! labels = [\"A\"]\n";
    const NODE: &str = "//! title = \"t\"\n//! identifies = \"A\"\n//! labels = [\"A\"]\n";

    fn check(text: &str, says: &str, line: usize) {
        let error = Mapping::parse("x", text).unwrap_err();
        assert!(error.reason.contains(says), "{error}");
        assert_eq!(error.line, line, "{error}");
    }

    #[test]
    fn a_mapping_is_parsed() {
        let text = format!(
            "{HEAD}//! convert = {{ a = \"split_tagged\" }}\n//! indexes = [\"A.b\"]\n// why\nMATCH (a:A)\nRETURN a.a AS a\n"
        );
        let mapping = Mapping::parse("x", &text).unwrap();
        assert_eq!(mapping.query, "MATCH (a:A)\nRETURN a.a AS a");
        assert_eq!(mapping.indexes, [("A".to_owned(), "b".to_owned())]);
        let Effect::Observation { convert, .. } = mapping.effect else {
            panic!("an observation")
        };
        assert_eq!(convert["a"], Conversion::SplitTagged);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        check("//! title = \"t\"\n//! colour = 1\n", "colour", 2);
        check(&format!("{HEAD}MATCH (a:A)\nset a.x = 1"), "only reads", 5);
        check(
            &format!("{HEAD}MATCH (a:A) RETURN 1; MATCH"),
            "one query",
            4,
        );
        check(&format!("{HEAD}RETURN 1"), "begin with MATCH", 4);
        check(&HEAD.replace("git_commit", "weather"), "begin with", 3);
        let body = "MATCH (a:A) RETURN a.x AS x";
        let weather = format!("{}{body}", HEAD.replace("git_commit", "weather"));
        check(&weather, "no type", 1);
        check(
            &format!("{HEAD}//! key = [\"a\"]\n{body}"),
            "go with `identifies`",
            1,
        );
        check(
            &format!("{HEAD}//! indexes = [\"A\"]\n{body}"),
            "Label.property",
            1,
        );
        check(&format!("{NODE}{body}"), "`key` must", 1);
        check(&format!("{NODE}//! key = [\"a b\"]\n{body}"), "letters", 1);
        check(
            &format!("{NODE}//! key = [\"a\"]\n{body}"),
            "`image` must",
            1,
        );
    }
}
