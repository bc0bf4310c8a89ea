//! A mapping of a file, in the file's order: a key that comes twice is an error, where a map would let the last one win
//! in silence.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// Named entries in the order of the file; no name comes twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(Vec<(Box<str>, T)>);

impl<T> Entries<T> {
    /// The entries in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> + DoubleEndedIterator {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// The entry of a name; looks at each entry in turn.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.iter().find(|(found, _)| *found == key).map(|(_, value)| value)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for Entries<T> {
    type Item = (Box<str>, T);
    type IntoIter = std::vec::IntoIter<(Box<str>, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::new();
        let mut seen: HashSet<Box<str>> = HashSet::new();
        while let Some(key) = map.next_key::<Box<str>>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Entries(entries))
    }
}

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": entry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_the_file() {
        let entries: Entries<u8> = serde_yaml::from_str("b: 1\na: 2\n").unwrap();
        assert_eq!(entries.iter().collect::<Vec<_>>(), [("b", &1), ("a", &2)]);
        assert_eq!((entries.get("a"), entries.get("c"), entries.len()), (Some(&2), None, 2));
        assert_eq!(serde_json::to_string(&entries).unwrap(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn refuses_a_key_that_comes_twice() {
        let error = serde_yaml::from_str::<Entries<u8>>("b: 1\na: 2\nb: 3\n").unwrap_err();
        assert!(error.to_string().contains("duplicate key `b`"), "{error}");
    }

    #[test]
    fn is_an_object_in_the_schema() {
        let schema = schemars::schema_for!(Entries<u8>);
        assert_eq!(schema.get("type"), Some(&"object".into()));
        assert!(schema.get("additionalProperties").is_some_and(serde_json::Value::is_object));
    }
}
