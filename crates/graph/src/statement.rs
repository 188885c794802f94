//! What goes to a store and what comes back.

use std::{borrow::Cow, collections::BTreeMap, ops::AddAssign, sync::Arc};

use jiff::Timestamp;
use polar_model::Value;

/// Cypher text with its parameters. Data goes into parameters, never into the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The Cypher text.
    pub text: Cow<'static, str>,
    /// Parameters by name, without the `$`.
    pub params: BTreeMap<String, Value>,
    /// What is wrong if the statement yields no row; see [`Statement::required`].
    pub(crate) required: Option<&'static str>,
    /// See [`Statement::keyed`].
    pub(crate) keyed: bool,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            params: BTreeMap::new(),
            required: None,
            keyed: false,
        }
    }

    /// A statement that begins at keys, so that its best plan is the same however much the graph
    /// holds: a store that keeps plans need not look for a better one while a graph grows. It says so
    /// in lines `USING INDEX SEEK …`, since Neo4j takes an index for empty until it has counted it,
    /// and would read all of it; the embedded store always begins at a key, and leaves them out.
    pub fn keyed(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            keyed: true,
            ..Self::new(text)
        }
    }

    /// The statement with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Makes the statement a condition of its transaction: if it yields no row, all of the
    /// transaction is rolled back, and the write fails with [`GraphError::Refused`] for the reason
    /// `otherwise`.
    ///
    /// What it changes itself is not counted: a write that changes nothing else is told as such.
    ///
    /// [`GraphError::Refused`]: crate::GraphError::Refused
    #[must_use]
    pub fn required(mut self, otherwise: &'static str) -> Self {
        self.required = Some(otherwise);
        self
    }
}

/// What writes really changed, as the store counted it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Nodes created.
    pub nodes_created: u64,
    /// Nodes deleted.
    pub nodes_deleted: u64,
    /// Edges created.
    pub edges_created: u64,
    /// Edges deleted.
    pub edges_deleted: u64,
    /// Properties set or removed.
    pub properties_set: u64,
}

impl Counters {
    /// Whether nothing was written.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// All changes together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.nodes_created
            + self.nodes_deleted
            + self.edges_created
            + self.edges_deleted
            + self.properties_set
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.nodes_created += other.nodes_created;
        self.nodes_deleted += other.nodes_deleted;
        self.edges_created += other.edges_created;
        self.edges_deleted += other.edges_deleted;
        self.properties_set += other.properties_set;
    }
}

/// One row of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of a column; [`Value::Null`] if there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &Value {
        const NULL: &Value = &Value::Null;
        let index = self.columns.iter().position(|name| name == column);
        index.and_then(|at| self.values.get(at)).unwrap_or(NULL)
    }

    /// The text in a column; empty if it holds no text.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.get(column).as_str().unwrap_or_default()
    }

    /// The time in a column, if it holds one.
    #[must_use]
    pub fn time(&self, column: &str) -> Option<Timestamp> {
        self.get(column).as_time()
    }

    /// Takes the value of a column out of the row, which has [`Value::Null`] there then.
    pub fn take(&mut self, column: &str) -> Value {
        let index = self.columns.iter().position(|name| name == column);
        let value = index.and_then(|at| self.values.get_mut(at));
        value.map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
    }

    /// Column names, in the order that the driver has them in.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}
