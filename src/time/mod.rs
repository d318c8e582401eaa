//! From characters to stamps, from civil time to UTC, and from what people type to a range.
//!
//! Nothing here decides what a stamp *means*: that is `clock`.

mod abbreviation;
mod cache;
mod day;
mod fold;
mod forms;
mod human;
mod known;
mod ordinal;
mod pattern;
mod rare;
mod tail;
mod turned;
mod zone;

pub use abbreviation::{Authority, usual_meaning};
pub use cache::MinuteCache;
pub use day::{DateOrder, WrittenDay, time_of_day};
pub use forms::month_and_time;
pub use human::{Bound, duration, local_time, parse_bound, pretty_span};
pub use known::{digits, epoch, iso, month, recognise, syslog};
pub use pattern::TimePattern;
pub use rare::offset_of;
pub use zone::{Offset, OffsetCursor, Zone, push_padded, render_rfc3339};
