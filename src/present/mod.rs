//! What people and machines are shown.
//!
//! Nothing here decides anything: events, marks and findings come in, bytes go out.

mod beginning;
mod cells;
mod clocks;
mod columns;
mod contrast;
mod explain;
mod explain_json;
mod explain_prose;
mod findings;
mod fit;
mod orders;
mod patterns;
mod prose;
mod report;
mod rows;
mod rules;
mod sources;
mod style;
mod summary;

pub use cells::tie_cell;
pub use columns::Column;
pub use contrast::{Contrasted, Side, Sides, push_contrast_rows, push_contrasts};
pub use explain::{
    Covers, DayRow, DerivedRow, Explanation, How, Neighbour, Ordered, PatternRow, WriterRow, YearRow, ZoneRow,
};
pub use explain_json::explanation_json;
pub use explain_prose::push_explanation;
pub use findings::Report;
pub use patterns::{CountedPattern, patterns_document, push_pattern_rows, push_patterns};
pub use prose::{Decorate, Prose};
pub use report::{report_json, report_markdown};
pub use rows::{push_found_jsonl, push_jsonl, start_text};
pub use rules::{day_rule, gap_rule};
pub use sources::{
    SegmentRow, SourceRow, push_remarks, push_sources, sources_document, sources_json, thousands, time_json,
};
pub use style::{Ends, Gaps, Style};
pub use summary::{SummaryStyle, push_summary};
