//! What a request says of itself: condition keys and their values. N255

use std::{collections::BTreeMap, str::FromStr};

use thiserror::Error;

/// Condition keys and their values; the case of a key does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// By the key in lower case: the key as it was first given, and its values.
    entries: BTreeMap<String, (String, Vec<String>)>,
}

impl RequestContext {
    /// These keys and values; a key that comes again has several values.
    #[must_use]
    pub fn of<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut context = Self::default();
        for (key, value) in entries {
            context.add(key, value);
        }
        context
    }

    /// Another value of a key.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        let entry = self.entries.entry(key.to_lowercase());
        entry.or_insert_with(|| (key.to_owned(), Vec::new())).1.push(value.into());
    }

    /// Puts the keys of another in the place of those that are here.
    pub fn replace_by(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The values of a key, if the request has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.entries.get(&key.to_lowercase()).map(|(_, values)| &**values)
    }

    /// All keys with their values, by the key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.entries.values().map(|(key, values)| (&**key, &**values))
    }
}

/// Why a text gives no key and value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no condition key and value: expected `key=value`, such as `aws:PrincipalOrgID=o-a1b2c3d4e5`"
)]
pub struct NotAnEntry(String);

impl RequestContext {
    /// Reads `key=value` texts; the value may be empty.
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotAnEntry> {
        let mut context = Self::default();
        for text in texts {
            let Entry(key, value) = text.as_ref().parse()?;
            context.add(&key, value);
        }
        Ok(context)
    }
}

struct Entry(String, String);

impl FromStr for Entry {
    type Err = NotAnEntry;

    fn from_str(text: &str) -> Result<Self, NotAnEntry> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self(key.to_owned(), value.to_owned())),
            _ => Err(NotAnEntry(text.to_owned())),
        }
    }
}
