//! Cursor → any `Deserialize` type, with the meanings that the tree gives to values.

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer as _, Visitor};
use serde::forward_to_deserialize_any;

use super::GaveUp;
use super::cursor::{Cursor, Open, Shape};
use crate::config::source::{Meaning, Scalar};

/// Reads the whole text.
pub(super) fn document<'s, T: Deserialize<'s>>(cursor: &mut Cursor<'s>) -> Result<T, GaveUp> {
    let shape = cursor.root()?;
    let value = T::deserialize(Value { cursor, shape })?;
    cursor.end()?;
    Ok(value)
}

struct Value<'c, 's> {
    cursor: &'c mut Cursor<'s>,
    shape: Shape<'s>,
}

impl<'s> Value<'_, 's> {
    fn sequence<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.shape {
            Shape::Sequence(mut open) => {
                let value =
                    visitor.visit_seq(Items { cursor: self.cursor, open: Some(&mut open) })?;
                if open.has_ended() { Ok(value) } else { Err(GaveUp) }
            }
            Shape::Scalar(scalar, _) if scalar.is_absent() => {
                visitor.visit_seq(Items { cursor: self.cursor, open: None })
            }
            Shape::Scalar(..) | Shape::Mapping(_) => Err(GaveUp),
        }
    }

    fn mapping<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.shape {
            Shape::Mapping(mut open) => {
                let value =
                    visitor.visit_map(Pairs { cursor: self.cursor, open: Some(&mut open) })?;
                if open.has_ended() { Ok(value) } else { Err(GaveUp) }
            }
            Shape::Scalar(scalar, _) if scalar.is_absent() => {
                visitor.visit_map(Pairs { cursor: self.cursor, open: None })
            }
            Shape::Scalar(..) | Shape::Sequence(_) => Err(GaveUp),
        }
    }

    fn text<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.shape {
            Shape::Scalar(scalar, _) if !scalar.is_null() => text(&scalar, visitor),
            Shape::Scalar(..) | Shape::Sequence(_) | Shape::Mapping(_) => Err(GaveUp),
        }
    }
}

fn text<'s, V: Visitor<'s>>(scalar: &Scalar<'s>, visitor: V) -> Result<V::Value, GaveUp> {
    match scalar.borrowed() {
        Some(text) => visitor.visit_borrowed_str(text),
        None => visitor.visit_str(&scalar.text),
    }
}

impl<'s> Deserializer<'s> for Value<'_, 's> {
    type Error = GaveUp;

    fn deserialize_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match &self.shape {
            Shape::Sequence(_) => self.sequence(visitor),
            Shape::Mapping(_) => self.mapping(visitor),
            Shape::Scalar(scalar, _) => match scalar.meaning() {
                Meaning::Null => visitor.visit_unit(),
                Meaning::Bool(value) => visitor.visit_bool(value),
                Meaning::Unsigned(value) => visitor.visit_u64(value),
                Meaning::Negative(value) => visitor.visit_i64(value),
                Meaning::Float(value) => visitor.visit_f64(value),
                Meaning::Text => text(scalar, visitor),
            },
        }
    }

    fn deserialize_str<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.text(visitor)
    }

    fn deserialize_char<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match &self.shape {
            Shape::Scalar(scalar, _) if scalar.is_null() => visitor.visit_none(),
            Shape::Scalar(..) | Shape::Sequence(_) | Shape::Mapping(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'s>>(self, _: usize, visitor: V) -> Result<V::Value, GaveUp> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.mapping(visitor)
    }

    fn deserialize_struct<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        self.mapping(visitor)
    }

    fn deserialize_enum<V: Visitor<'s>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        match self.shape {
            Shape::Scalar(scalar, _) => {
                let name: StrDeserializer<'_, GaveUp> = scalar.text.as_ref().into_deserializer();
                visitor.visit_enum(name)
            }
            // a variant with content, which needs to know how many keys there are
            Shape::Sequence(_) | Shape::Mapping(_) => Err(GaveUp),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.cursor.skip(self.shape)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'s>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct identifier
    }
}

/// A list; none where nothing stands for an empty one.
struct Items<'c, 's> {
    cursor: &'c mut Cursor<'s>,
    open: Option<&'c mut Open<'s>>,
}

impl<'s> de::SeqAccess<'s> for Items<'_, 's> {
    type Error = GaveUp;

    fn next_element_seed<T: de::DeserializeSeed<'s>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, GaveUp> {
        let Some(open) = self.open.as_deref_mut().filter(|open| !open.has_ended()) else {
            return Ok(None);
        };
        let Some(shape) = self.cursor.next_item(open)? else { return Ok(None) };
        seed.deserialize(Value { cursor: self.cursor, shape }).map(Some)
    }
}

/// A mapping; none where nothing stands for an empty one.
struct Pairs<'c, 's> {
    cursor: &'c mut Cursor<'s>,
    open: Option<&'c mut Open<'s>>,
}

impl<'s> de::MapAccess<'s> for Pairs<'_, 's> {
    type Error = GaveUp;

    fn next_key_seed<K: de::DeserializeSeed<'s>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, GaveUp> {
        let Some(open) = self.open.as_deref_mut().filter(|open| !open.has_ended()) else {
            return Ok(None);
        };
        let Some((key, _)) = self.cursor.next_key(open)? else { return Ok(None) };
        // keys are always text, however they look
        let text: BorrowedStrDeserializer<'s, GaveUp> =
            BorrowedStrDeserializer::new(key.borrowed().ok_or(GaveUp)?);
        seed.deserialize(text).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'s>>(&mut self, seed: V) -> Result<V::Value, GaveUp> {
        let open = self.open.as_deref_mut().ok_or(GaveUp)?;
        let shape = self.cursor.value(open)?;
        seed.deserialize(Value { cursor: self.cursor, shape })
    }
}
