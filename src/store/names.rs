//! A column of few different texts under construction: each stands once, rows name it.
//!
//! Where the next text will be is guessed by a hint of the caller's (the same file has the same host, a format's
//! second field comes after its first), so that nearly none is hashed: one comparison tells that the guess was right.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Int32Builder};
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BinaryArray, DictionaryArray, Int32Array, StringArray};

/// Hints are told apart up to here.
const HINTS: usize = 1 << 10;

/// A column under construction.
#[derive(Debug, Default)]
pub(super) struct Names {
    keys: Int32Builder,
    texts: Vec<Box<[u8]>>,
    ids: HashMap<Box<[u8]>, i32>,
    /// The last key of each hint.
    last: Vec<i32>,
    /// The hint for a text that follows the last one; 0 for the first of a sequence.
    next: usize,
}

impl Names {
    /// Adds a text.
    pub(super) fn push(&mut self, hint: usize, text: &[u8]) {
        let hint = hint % HINTS;
        let guess = self.last.get(hint).copied().unwrap_or(-1);
        let known = usize::try_from(guess).ok().and_then(|guess| self.texts.get(guess));
        let key = match known {
            Some(known) if **known == *text => guess,
            _ => self.find(hint, text),
        };
        self.next = key as usize + 1;
        self.keys.append_value(key);
    }

    /// Adds a text that mostly follows the one before it.
    pub(super) fn push_next(&mut self, text: &[u8]) {
        self.push(self.next, text);
    }

    /// Ends a sequence: what comes next is the first of another one.
    pub(super) fn restart(&mut self) {
        self.next = 0;
    }

    /// Adds a text, or none.
    pub(super) fn push_option(&mut self, hint: usize, text: Option<&[u8]>) {
        match text {
            Some(text) => self.push(hint, text),
            None => self.keys.append_null(),
        }
    }

    /// The key of a text, and from now on the guess for its hint.
    fn find(&mut self, hint: usize, text: &[u8]) -> i32 {
        let key = match self.ids.get(text) {
            Some(key) => *key,
            None => {
                let key = self.texts.len() as i32;
                self.texts.push(text.into());
                self.ids.insert(text.into(), key);
                key
            }
        };
        self.last.resize(HINTS, -1);
        self.last[hint] = key;
        key
    }

    fn array(keys: Int32Array, texts: Arc<dyn Array>) -> ArrayRef {
        match DictionaryArray::<Int32Type>::try_new(keys, texts) {
            Ok(array) => Arc::new(array),
            // Every key is a place among the texts.
            Err(_) => Arc::new(DictionaryArray::<Int32Type>::from_iter(std::iter::empty::<&str>())),
        }
    }

    fn strings(&self) -> Arc<dyn Array> {
        Arc::new(StringArray::from_iter_values(self.texts.iter().map(|text| String::from_utf8_lossy(text))))
    }

    /// The column as bytes.
    pub(super) fn finish_bytes(mut self) -> ArrayRef {
        let texts = Arc::new(BinaryArray::from_iter_values(self.texts.iter()));
        Self::array(self.keys.finish(), texts)
    }
}

impl ArrayBuilder for Names {
    fn len(&self) -> usize {
        self.keys.len()
    }

    fn finish(&mut self) -> ArrayRef {
        let texts = self.strings();
        let Self { mut keys, .. } = std::mem::take(self);
        Self::array(keys.finish(), texts)
    }

    fn finish_cloned(&self) -> ArrayRef {
        Self::array(self.keys.finish_cloned(), self.strings())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_box_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;

    use super::*;

    #[test]
    fn each_text_stands_once_whatever_was_guessed() {
        let mut names = Names::default();
        let texts = ["a", "b", "a", "", "b", "c", "c", "a"];
        for (at, text) in texts.iter().enumerate() {
            names.push(at % 3 + 5 * HINTS, text.as_bytes());
        }
        names.push_option(0, None);
        names.restart();
        for text in ["x", "y", "x", "y"] {
            names.push_next(text.as_bytes());
        }
        let array = names.finish();
        let array = array.as_dictionary::<Int32Type>();
        assert_eq!(array.values().len(), 6);
        let read: Vec<Option<&str>> =
            array.downcast_dict::<StringArray>().expect("strings").into_iter().collect();
        let mut expected: Vec<Option<&str>> = texts.iter().copied().map(Some).collect();
        expected.extend([None, Some("x"), Some("y"), Some("x"), Some("y")]);
        assert_eq!(read, expected);
    }
}
