//! What people and machines are shown.
//!
//! Nothing here decides anything: events, marks and findings come in, bytes go out.

mod prose;
mod record;
mod rows;
mod scene;

pub use prose::{Prose, Style, day_rule};
pub use record::Record;
pub use rows::push_jsonl;
pub use scene::{FileLabel, Scene, scene_labels};

