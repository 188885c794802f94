//! Why something of a source could not be read.

/// Why something of a source could not be read. Its text is one line and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Settings that can never work.
    #[error("{0}")]
    Settings(String),
    /// No answer, after all attempts.
    #[error("{place}: no answer: {reason}")]
    Unreachable {
        /// Address without its query.
        place: String,
        /// Why.
        reason: String,
    },
    /// An answer that is a refusal, after all attempts where it may pass.
    #[error("{place}: {status}{hint}")]
    Refused {
        /// Address without its query.
        place: String,
        /// HTTP status.
        status: u16,
        /// What to do about it, beginning with `: `; may be empty.
        hint: String,
    },
    /// An answer that is not what the API promises.
    #[error("{place}: unreadable answer: {reason}")]
    Unreadable {
        /// Address without its query.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody takes what is read any more.
    #[error("stopped")]
    Closed,
}

impl SourceError {
    /// Whether the thing asked for is not there, or not for these credentials to see.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether nothing else of the source can be read either: the credentials are no good, or
    /// nobody listens.
    #[must_use]
    pub fn ends_reading(&self) -> bool {
        match self {
            Self::Settings(_) | Self::Closed | Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 401,
            Self::Unreadable { .. } => false,
        }
    }
}
