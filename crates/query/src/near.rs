//! What somebody may have meant.

use polar_graph::{GraphError, GraphStore, Statement};
use polar_model::Label;

/// What is told at most.
const TOLD: usize = 5;

/// Names in the graph that begin like `wanted`, the most similar first. It looks at what shares as long
/// a beginning as anything does, so that each look goes by the index of keys.
///
/// # Errors
/// If the graph is out of reach.
pub async fn similar(store: &dyn GraphStore, wanted: &str) -> Result<Vec<String>, GraphError> {
    let (label, key) = match split_label(wanted) {
        Some((label, key)) => (Some(label), key),
        None => (None, wanted),
    };
    let mut prefix = key;
    if prefix.is_empty() {
        return Ok(Vec::new());
    }
    loop {
        let mut all = beginning(store, label, prefix).await?;
        if !all.is_empty() {
            all.sort_by_cached_key(|name| {
                let bare = split_label(name).map_or(name.as_str(), |(_, key)| key);
                (distance(bare, key), name.clone())
            });
            all.dedup();
            all.truncate(TOLD);
            return Ok(all);
        }
        match prefix.trim_end_matches(SEPARATORS).rfind(SEPARATORS) {
            Some(at) => prefix = &prefix[..=at],
            None => return Ok(Vec::new()),
        }
    }
}

const SEPARATORS: [char; 5] = ['/', ':', '@', '!', '-'];

async fn beginning(
    store: &dyn GraphStore,
    label: Option<Label>,
    prefix: &str,
) -> Result<Vec<String>, GraphError> {
    let mut all = Vec::new();
    for label in Label::ALL
        .iter()
        .filter(|other| label.is_none_or(|label| label == **other))
    {
        let text = cypher_text!("near-keys").replace("{{label}}", label.as_str());
        let rows = store
            .read(Statement::new(text).with("prefix", prefix))
            .await?;
        let named = rows
            .iter()
            .map(|row| format!("{label}:{}", row.text("key"), label = label.as_str()));
        all.extend(named);
    }
    if label.is_none() {
        let name = prefix.rsplit('/').next().unwrap_or_default();
        if !name.is_empty() {
            let asked = cypher!("near-pods").with("prefix", name);
            for row in store.read(asked).await? {
                let (cluster, namespace) = (row.text("cluster"), row.text("namespace"));
                all.push(format!("{cluster}/{namespace}/{}", row.text("name")));
            }
        }
    }
    Ok(all)
}

/// `Label:key`, if it begins with a label.
#[must_use]
pub fn split_label(text: &str) -> Option<(Label, &str)> {
    let (label, key) = text.split_once(':')?;
    let label = Label::ALL.iter().find(|known| known.as_str() == label)?;
    Some((*label, key))
}

/// How many characters must be added, left out or replaced to make one of the other (Levenshtein).
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, wanted) in [
            ("", "ab", 2),
            ("1.4.0", "1.4.1", 1),
            ("kitten", "sitting", 3),
            ("a", "a", 0),
        ] {
            assert_eq!(distance(one, other), wanted);
            assert_eq!(distance(other, one), wanted);
        }
    }
}
