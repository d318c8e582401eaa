//! The first pass: where records begin, of which formats, and what range of stamps each chunk holds.
//!
//! Its findings are all that settling clocks needs, and small enough to keep for every chunk of every
//! file. The read pass asks the same question of every line, so both cut a file alike.

mod abbreviated;
mod dayless;
mod file;
mod gaps;
mod layouts;
mod scan;
mod stream;
mod unset;
mod uptimes;

pub use abbreviated::{Abbreviated, Part};
pub use dayless::{DAY, DayMark, DayPlace, Dayless, Days, MOST_SECTIONS, NO_SECTION, Track, midnights, wall};
pub use file::{FileSurvey, Overlong, STEP_BACK};
pub use gaps::Gaps;
pub use layouts::{FileFormat, Layouts, lines};
pub use scan::{
    ChunkSurvey, JUMP, REPEATED, Range, Seen, Surveyed, Yearless, across_years, is_small, survey_plain,
    turn_between,
};
pub use stream::{stretch_end, survey_stream};
pub use unset::drop_unset;
pub use uptimes::{Rest, Stretch, Uptimes, uptime};
