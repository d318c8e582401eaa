//! What people and machines are shown.
//!
//! Nothing here decides anything: events, marks and findings come in, bytes go out.

mod cells;
mod clocks;
mod explain;
mod explain_json;
mod explain_prose;
mod findings;
mod orders;
mod patterns;
mod prose;
mod report;
mod rows;
mod sources;
mod summary;

pub use cells::tie_cell;
pub use explain::{
    Covers, DayRow, DerivedRow, Explanation, How, Neighbour, Ordered, PatternRow, WriterRow, YearRow, ZoneRow,
};
pub use explain_json::explanation_json;
pub use explain_prose::push_explanation;
pub use findings::Report;
pub use patterns::patterns_document;
pub use prose::{Decorate, Prose, Style, day_rule};
pub use report::{report_json, report_markdown};
pub use rows::{push_jsonl, start_text};
pub use sources::{
    SegmentRow, SourceRow, push_remarks, push_sources, sources_document, sources_json, thousands, time_json,
};
pub use summary::{SummaryStyle, push_summary};
