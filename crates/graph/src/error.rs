//! Why a store could not do something.

/// An error of a store.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// Nothing answers at the address, or the connection broke.
    #[error("cannot reach the graph at {endpoint}: {reason}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// What the connection said.
        reason: String,
    },
    /// The server does not accept the user or the password.
    #[error("the graph at {endpoint} refuses user `{user}`: {reason}")]
    Unauthorized {
        /// Where.
        endpoint: String,
        /// Who.
        user: String,
        /// What the server said.
        reason: String,
    },
    /// TLS could not be set up as asked.
    #[error("TLS with the graph at {endpoint} failed: {reason}")]
    Tls {
        /// Where.
        endpoint: String,
        /// What is wrong.
        reason: String,
    },
    /// The file of the embedded store cannot be opened, or not be used further.
    #[error("cannot use the graph file {path}: {reason}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A node is to be created whose key another one has.
    #[error("the graph has a node of this key already: {reason}")]
    Exists {
        /// What the store said.
        reason: String,
    },
    /// The statement is wrong.
    #[error("the graph refused a statement: {reason}\n  in: {statement}")]
    Statement {
        /// What the store said.
        reason: String,
        /// The first line of the statement's text.
        statement: String,
    },
    /// A condition of the transaction does not hold; see [`Statement::required`].
    ///
    /// [`Statement::required`]: crate::Statement::required
    #[error("nothing was written: {otherwise}")]
    Refused {
        /// The reason, as the statement gives it.
        otherwise: &'static str,
    },
}

impl GraphError {
    /// A statement that cannot be run, or whose answer is not what it must be.
    pub fn statement(text: &str, reason: impl ToString) -> Self {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"));
        Self::Statement {
            reason: reason.to_string(),
            statement: lines.next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether the graph is out of reach (rather than a statement being wrong, or a
    /// condition not holding).
    #[must_use]
    pub fn is_out_of_reach(&self) -> bool {
        !matches!(
            self,
            Self::Statement { .. } | Self::Exists { .. } | Self::Refused { .. }
        )
    }
}
