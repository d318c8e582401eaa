//! Events in their surroundings: which file, source and format they belong to, and all that a record
//! says when it is read again in full.

mod coarse;
mod copies;
mod place;
mod record;
mod row;
mod scene;

pub use copies::{Copies, Entry, second};
pub use place::Place;
pub use record::Record;
pub use row::Asked;
pub use scene::{FileLabel, Scene, scene_labels};
