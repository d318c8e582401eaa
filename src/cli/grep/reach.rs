//! How far context reaches: `-C 3` or `-C 30s`.

use crate::base::{Error, Result};
use crate::time::duration;

/// A number of records or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Records(usize),
    Time(i64),
}

impl Reach {
    pub(super) const NONE: Self = Self::Records(0);

    pub(super) fn parse(text: Option<&String>) -> Result<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        if let Ok(records) = text.parse() {
            return Ok(Some(Self::Records(records)));
        }
        duration(text).map(|span| Some(Self::Time(span))).map_err(|_| {
            Error::new(format!(
                "cannot read `{text}` as context; write a number of records (3) or a duration (30s)"
            ))
        })
    }
}
