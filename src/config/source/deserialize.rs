//! Tree → any `Deserialize` type. An error knows the path of the value that it is about.
//!
//! A scalar counts as text wherever text is wanted (`account_id: 123456789012`), but quoted text never counts as a
//! number; a key with nothing behind it is an empty list or mapping where one is wanted.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer as _, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Kind, Node};
use super::{Meaning, Scalar};
use crate::config::{Blame, Path, Segment};

/// Reads a value out of a tree; values in `dropped` (by [`Node::identity`]) count as absent.
pub(in crate::config) fn deserialize<'s, T: Deserialize<'s>>(
    node: &Node<'s>,
    dropped: &HashSet<usize>,
) -> Result<T, Misfit> {
    T::deserialize(Reader { node, dropped })
}

/// Why a value does not fit the type.
#[derive(Debug)]
pub(in crate::config) struct Misfit {
    pub(in crate::config) message: String,
    /// From the innermost outwards.
    steps: Vec<Segment>,
    pub(in crate::config) blame: Blame,
}

impl Misfit {
    /// The path of the value, counting list items as the file does.
    pub(in crate::config) fn path(&self) -> Path {
        Path(self.steps.iter().rev().cloned().collect())
    }

    fn below(mut self, step: Segment) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), steps: Vec::new(), blame: Blame::Value }
    }

    fn missing_field(field: &'static str) -> Self {
        let message = format!("missing key `{field}`");
        Self { message, steps: Vec::new(), blame: Blame::Key }
    }
}

#[derive(Clone, Copy)]
struct Reader<'n, 's> {
    node: &'n Node<'s>,
    dropped: &'n HashSet<usize>,
}

impl<'n, 's> Reader<'n, 's> {
    fn at(self, node: &'n Node<'s>) -> Self {
        Self { node, ..self }
    }

    /// The value, if it is one that stands for an empty collection.
    fn is_absent(self) -> bool {
        matches!(self.node.value(), Kind::Scalar(scalar) if scalar.is_absent())
    }

    fn refuse(self, expected: &dyn de::Expected) -> Misfit {
        let found = match self.node.value() {
            Kind::Sequence(_) => Unexpected::Seq,
            Kind::Mapping(_) => Unexpected::Map,
            Kind::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => Unexpected::Unit,
                Meaning::Bool(value) => Unexpected::Bool(value),
                Meaning::Unsigned(value) => Unexpected::Unsigned(value),
                Meaning::Negative(value) => Unexpected::Signed(value),
                Meaning::Float(value) => Unexpected::Float(value),
                Meaning::Text => Unexpected::Str(&scalar.text),
            },
            Kind::Anchored(_) => Unexpected::Other("alias"),
        };
        de::Error::invalid_type(found, expected)
    }

    fn sequence<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Sequence(items) => {
                visitor.visit_seq(Items { reader: self, nodes: items, next: 0 })
            }
            Kind::Scalar(_) if self.is_absent() => {
                visitor.visit_seq(Items { reader: self, nodes: &[], next: 0 })
            }
            _ => Err(self.refuse(&visitor)),
        }
    }

    fn mapping<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Mapping(entries) => visitor.visit_map(Pairs::new(self, entries)),
            Kind::Scalar(_) if self.is_absent() => visitor.visit_map(Pairs::new(self, &[])),
            _ => Err(self.refuse(&visitor)),
        }
    }

    fn text<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Scalar(scalar) if scalar.meaning() != Meaning::Null => text(scalar, visitor),
            _ => Err(self.refuse(&visitor)),
        }
    }
}

fn text<'s, V: Visitor<'s>>(scalar: &Scalar<'s>, visitor: V) -> Result<V::Value, Misfit> {
    match scalar.borrowed() {
        Some(text) => visitor.visit_borrowed_str(text),
        None => visitor.visit_str(&scalar.text),
    }
}

impl<'s> Deserializer<'s> for Reader<'_, 's> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Sequence(_) => self.sequence(visitor),
            Kind::Mapping(_) => self.mapping(visitor),
            Kind::Anchored(_) => Err(self.refuse(&visitor)),
            Kind::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => visitor.visit_unit(),
                Meaning::Bool(value) => visitor.visit_bool(value),
                Meaning::Unsigned(value) => visitor.visit_u64(value),
                Meaning::Negative(value) => visitor.visit_i64(value),
                Meaning::Float(value) => visitor.visit_f64(value),
                Meaning::Text => text(scalar, visitor),
            },
        }
    }

    fn deserialize_str<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.text(visitor)
    }

    fn deserialize_char<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Scalar(scalar) if scalar.meaning() == Meaning::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'s>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.mapping(visitor)
    }

    fn deserialize_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.mapping(visitor)
    }

    fn deserialize_enum<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.node.value() {
            Kind::Scalar(scalar) => {
                let name: StrDeserializer<'_, Misfit> = scalar.text.as_ref().into_deserializer();
                visitor.visit_enum(name)
            }
            Kind::Mapping(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Pairs::new(self, entries)))
            }
            _ => Err(self.refuse(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'s>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct identifier
    }
}

struct Items<'n, 's> {
    reader: Reader<'n, 's>,
    nodes: &'n [Node<'s>],
    next: usize,
}

impl<'s> de::SeqAccess<'s> for Items<'_, 's> {
    type Error = Misfit;

    fn next_element_seed<T: de::DeserializeSeed<'s>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        while let Some(node) = self.nodes.get(self.next) {
            let at = self.next;
            self.next += 1;
            if !self.reader.dropped.contains(&node.identity()) {
                let read = seed.deserialize(self.reader.at(node));
                return read.map(Some).map_err(|error| error.below(Segment::Index(at)));
            }
        }
        Ok(None)
    }
}

struct Pairs<'n, 's> {
    reader: Reader<'n, 's>,
    entries: std::slice::Iter<'n, Entry<'s>>,
    current: Option<&'n Entry<'s>>,
}

impl<'n, 's> Pairs<'n, 's> {
    fn new(reader: Reader<'n, 's>, entries: &'n [Entry<'s>]) -> Self {
        Self { reader, entries: entries.iter(), current: None }
    }
}

impl<'s> de::MapAccess<'s> for Pairs<'_, 's> {
    type Error = Misfit;

    fn next_key_seed<K: de::DeserializeSeed<'s>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        let reader = self.reader;
        self.current = self.entries.find(|entry| !reader.dropped.contains(&entry.value.identity()));
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let read = seed.deserialize(KeyReader(&entry.key));
        read.map(Some).map_err(|error| {
            Misfit { blame: Blame::Key, ..error }.below(Segment::Key(entry.name().into()))
        })
    }

    fn next_value_seed<V: de::DeserializeSeed<'s>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some(entry) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let read = seed.deserialize(self.reader.at(&entry.value));
        read.map_err(|error| error.below(Segment::Key(entry.name().into())))
    }
}

/// Keys are always text, however they look.
struct KeyReader<'n, 's>(&'n Scalar<'s>);

impl<'s> Deserializer<'s> for KeyReader<'_, 's> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Misfit> {
        text(self.0, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let name: StrDeserializer<'_, Misfit> = self.0.text.as_ref().into_deserializer();
        visitor.visit_enum(name)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'s>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
