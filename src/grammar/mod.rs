//! Formats as data: from `grammars/*.toml` to something that reads lines.
//!
//! A grammar says where a record begins, where its stamp stands and what the rest means. It never
//! decides what instant a stamp names, and it never sees more than one record.

mod below;
mod bodies;
mod card;
mod check;
mod compile;
mod content;
mod detect;
mod fault;
mod json;
mod layout;
mod load;
mod logfmt;
mod model;
mod pairs;
mod propose;
mod schema;
mod sections;
mod series;
mod slots;
mod stated;
mod step;
mod syntax;
mod table;

pub use check::{CheckReport, check_company, check_grammar, check_newcomer};
pub use detect::{Candidate, Detection, detect};
pub use fault::Fault;
pub use load::GrammarSet;
pub use model::{Grammar, GrammarId, Head, MAX_HEAD, Reading};
pub use propose::{Ask, Proposal, propose};
pub use sections::Sections;
pub use series::{FieldRole, NamePiece, SeriesSpec};
pub use slots::{Known, Slots, Span};
pub use stated::{Stated, What};
pub use table::{Columns, Headers, Role, TableSpec};
