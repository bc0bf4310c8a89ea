//! The text that the running topology was read from.

use std::sync::Arc;

/// What is known of that text.
#[derive(Clone, Debug)]
pub struct Written {
    /// The text, or why there is none.
    pub text: Result<Arc<str>, NoText>,
    /// Whether the running topology was changed since it was read.
    pub changed: bool,
}

/// Why the text of the running topology is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    /// It is longer than what is kept.
    TooLong,
    /// It did not come from a text.
    NoneRead,
}

impl Written {
    /// A text that was just read; none where it is too long to be kept.
    #[must_use]
    pub fn read(text: Option<Arc<str>>) -> Self {
        Self { text: text.ok_or(NoText::TooLong), changed: false }
    }

    /// No text.
    #[must_use]
    pub fn none() -> Self {
        Self { text: Err(NoText::NoneRead), changed: false }
    }
}
