//! The message with its variable parts made holes.
//!
//! A pattern's identity is a pure function of one message: it depends on no order, no neighbour and
//! no thread count.

mod level;
mod skeleton;

pub use level::LevelRules;
pub use skeleton::{Piece, Skeleton, pieces, skeleton_text};
