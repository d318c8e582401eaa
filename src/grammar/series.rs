//! Which numbers of a record are samples of series, by `[[series]]` of its grammar: what a field is, how a series is
//! called, in which unit it counts. Making samples of a record is the business of `crate::series`.

use super::compile::Place;
use super::fault::Fault;
use super::model::Grammar;
use super::schema::{GrammarFile, SeriesFile};
use crate::text::glob;

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldRole {
    /// A value, if it is a number.
    Value,
    /// Tells one series from another.
    Label,
    /// Labels as a list: `method="post",code="200"`.
    Labels,
    /// Names the unit of the record's values.
    Unit,
    /// A value if it is a number, and else a label.
    ValueOrLabel,
    /// Neither.
    Nothing,
}

/// A piece of a series' name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePiece {
    /// As it is.
    Text(String),
    /// What a field of the record says.
    Field(String),
    /// The value's own name.
    Own,
}

/// One `[[series]]`: how records of a format, or some of them, become samples.
#[derive(Clone, Debug)]
pub struct SeriesSpec {
    typed: SeriesFile,
    name: Vec<NamePiece>,
}

impl SeriesSpec {
    fn new(place: &Place<'_>, typed: &SeriesFile) -> Result<Self, Fault> {
        let Some(template) = &typed.name else {
            return Ok(Self { typed: typed.clone(), name: vec![NamePiece::Own] });
        };
        let mut name = Vec::new();
        let mut rest = template.as_ref().as_str();
        while let Some((text, behind)) = rest.split_once('{') {
            let Some((field, after)) = behind.split_once('}') else {
                return Err(place.fault(template, 0, "a `{` without its `}`"));
            };
            if !text.is_empty() {
                name.push(NamePiece::Text(text.to_owned()));
            }
            name.push(match field {
                "field" => NamePiece::Own,
                _ => NamePiece::Field(field.to_owned()),
            });
            rest = after;
        }
        if !rest.is_empty() {
            name.push(NamePiece::Text(rest.to_owned()));
        }
        Ok(Self { typed: typed.clone(), name })
    }

    /// Whether it is meant for records with these fields; `has` tells of a name.
    fn fits(&self, program: Option<&[u8]>, has: impl Fn(&str) -> bool) -> bool {
        let of = self.typed.program.as_ref().is_none_or(|wanted| program == Some(wanted.as_bytes()));
        of && self.typed.with.as_deref().is_none_or(has)
    }

    /// Whether records without a stamp of their own tell samples as well.
    pub const fn takes_undated(&self) -> bool {
        self.typed.undated
    }

    /// How a series is called.
    pub fn name(&self) -> &[NamePiece] {
        &self.name
    }

    /// The label that keeps a value's own name, where the series is named by something else.
    pub fn own_label(&self) -> Option<&str> {
        self.typed.own.as_deref()
    }

    /// Whether a comma may stand for the point of a number.
    pub const fn has_commas(&self) -> bool {
        self.typed.commas
    }

    /// A field of a row by the row and the column, where its name has both; the label that keeps the row.
    pub fn row<'a>(&'a self, field: &'a str) -> Option<(Option<(&'a str, &'a str)>, &'a str)> {
        let rows = self.typed.rows.as_ref()?;
        let (row, column) = field.rsplit_once('.')?;
        if rows.numbered && !row.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match rows.except.iter().any(|name| name == row) {
            true => Some((None, column)),
            false => Some((Some((&rows.label, row)), column)),
        }
    }

    /// What a field is.
    pub fn role(&self, field: &str) -> FieldRole {
        let typed = &self.typed;
        let among = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(field));
        let is = |name: &Option<String>| name.as_deref() == Some(field);
        let names = self.name.iter().any(|piece| matches!(piece, NamePiece::Field(name) if name == field));
        if names || among(&typed.ignore) {
            FieldRole::Nothing
        } else if is(&typed.unit) {
            FieldRole::Unit
        } else if is(&typed.list) {
            FieldRole::Labels
        } else if among(&typed.labels) {
            FieldRole::Label
        } else if !typed.values.is_empty() {
            match (among(&typed.values), typed.others) {
                (true, _) => FieldRole::Value,
                (false, true) => FieldRole::Label,
                (false, false) => FieldRole::Nothing,
            }
        } else if typed.others {
            FieldRole::ValueOrLabel
        } else {
            FieldRole::Value
        }
    }

    /// The unit of a series by its name.
    pub fn unit(&self, series: &str) -> Option<&str> {
        self.typed.units.iter().find(|(names, _)| glob(names, series)).map(|(_, unit)| unit.as_str())
    }
}

/// The `[[series]]` of a grammar, compiled.
pub(super) fn compile(place: &Place<'_>, typed: &GrammarFile) -> Result<Vec<SeriesSpec>, Fault> {
    typed.series.iter().map(|series| SeriesSpec::new(place, series)).collect()
}

impl Grammar {
    /// Whether its records tell samples at all.
    pub fn has_series(&self) -> bool {
        !self.series.is_empty()
    }

    /// How a record of this program, with the fields that `has` tells of, becomes samples.
    pub fn series(&self, program: Option<&[u8]>, has: impl Fn(&str) -> bool) -> Option<&SeriesSpec> {
        self.series.iter().find(|spec| spec.fits(program, &has))
    }
}
