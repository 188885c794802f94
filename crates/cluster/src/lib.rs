//! An observer.
