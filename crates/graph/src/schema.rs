//! Indexes and uniqueness constraints: declared once, applied by each store in its own words.

use polar_model::{CHANGE, KEY, Label, TOUCHED_AT};

use crate::Engine;

/// An index on one property of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemaItem {
    /// The label.
    pub label: String,
    /// The property.
    pub property: String,
    /// Whether values must be unique.
    pub unique: bool,
}

/// What this project needs: each label's merge key unique, and an index on each other property that
/// a rule or a question looks nodes up by.
#[must_use]
pub fn schema_items() -> Vec<SchemaItem> {
    let item = |label: Label, property: &str, unique| SchemaItem {
        label: label.as_str().to_owned(),
        property: property.to_owned(),
        unique,
    };
    let mut items: Vec<_> = Label::ALL
        .iter()
        .map(|label| item(*label, KEY, true))
        .collect();
    let driving = Label::ALL.iter().filter(|label| label.drives_rules());
    items.extend(driving.map(|label| item(*label, CHANGE, false)));
    for (label, property) in [
        (Label::ImageReference, TOUCHED_AT),
        (Label::KubePod, "name"),
        (Label::KubeDeployment, "name"),
        (Label::KubeContainer, "repository"),
        (Label::AcrImage, "repository"),
        (Label::ContainerImageTag, "repository"),
    ] {
        items.push(item(label, property, false));
    }
    items
}

impl SchemaItem {
    /// The statement that creates it.
    #[must_use]
    pub fn statement(&self, engine: Engine) -> String {
        self.fill(match (engine, self.unique) {
            (Engine::Neo4j, true) => include_str!("../cypher/neo4j/constraint.cypher"),
            (Engine::Neo4j, false) => include_str!("../cypher/neo4j/index.cypher"),
            (Engine::Embedded, true) => include_str!("../cypher/embedded/unique.cypher"),
            (Engine::Embedded, false) => include_str!("../cypher/embedded/index.cypher"),
        })
    }

    /// Fills a template's `{{label}}`, `{{property}}` and `{{name}}`. The names come from this
    /// program, not from data; they are checked all the same.
    fn fill(&self, template: &str) -> String {
        debug_assert!(is_name(&self.label) && is_name(&self.property));
        let name = format!("polar_{}_{}", self.label, self.property).to_lowercase();
        template
            .replace("{{label}}", &self.label)
            .replace("{{property}}", &self.property)
            .replace("{{name}}", &name)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
