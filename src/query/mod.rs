//! Questions about the text of records.

mod matcher;

pub use matcher::{Matcher, MatcherOptions};
