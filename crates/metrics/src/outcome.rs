//! What passes and readings come to.

/// What a pass looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassKind {
    /// The whole graph.
    Full,
    /// What had changed.
    Incremental,
    /// It did not come so far as to tell.
    Unknown,
}

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassOutcome {
    /// All rules have run.
    Done,
    /// The graph refused, or was out of reach.
    Failed,
    /// It was asked to stop, and stopped between two batches.
    Stopped,
    /// It was asked to stop, and took too long for it.
    CutOff,
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingOutcome {
    /// All of it was read.
    Complete,
    /// Something was left out.
    Incomplete,
    /// It broke off.
    Failed,
    /// It was asked to stop.
    Stopped,
}

impl PassKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Unknown => "unknown",
        }
    }
}

impl PassOutcome {
    pub(crate) const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Stopped, Self::CutOff];

    /// The kinds of passes that end like this.
    pub(crate) fn kinds(self) -> &'static [PassKind] {
        match self {
            Self::Done | Self::Stopped => &[PassKind::Full, PassKind::Incremental],
            Self::Failed | Self::CutOff => &[PassKind::Unknown],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::CutOff => "cut_off",
        }
    }
}

impl ReadingOutcome {
    pub(crate) const ALL: [Self; 4] = [
        Self::Complete,
        Self::Incomplete,
        Self::Failed,
        Self::Stopped,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}
