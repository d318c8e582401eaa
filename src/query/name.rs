//! The names an expression may use: the parts every event has, and beside them the fields of its record.

/// A part of an event that is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The stamp as written.
    Stamp,
    /// The source.
    Source,
    /// The file.
    File,
    /// The host.
    Host,
    /// The program.
    Program,
    /// The format.
    Format,
    /// The message.
    Message,
}

/// A part of an event that is an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Time,
    Earliest,
    Latest,
    Start,
}

/// A part of an event that is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Line,
    Lines,
    Pid,
}

/// What a name in an expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Moment(Moment),
    /// The wall clock of the best instant in the zone shown.
    Local,
    Count(Count),
    Level,
    Pattern,
    Marks,
    Basis,
    Text(Part),
    Field(String),
}

/// Every name that is no field, as it is typed.
pub(super) const NAMES: [(&str, Name); 20] = [
    ("time", Name::Moment(Moment::Time)),
    ("earliest", Name::Moment(Moment::Earliest)),
    ("latest", Name::Moment(Moment::Latest)),
    ("start", Name::Moment(Moment::Start)),
    ("local", Name::Local),
    ("line", Name::Count(Count::Line)),
    ("lines", Name::Count(Count::Lines)),
    ("pid", Name::Count(Count::Pid)),
    ("level", Name::Level),
    ("pattern", Name::Pattern),
    ("mark", Name::Marks),
    ("marks", Name::Marks),
    ("basis", Name::Basis),
    ("stamp", Name::Text(Part::Stamp)),
    ("source", Name::Text(Part::Source)),
    ("file", Name::Text(Part::File)),
    ("format", Name::Text(Part::Format)),
    ("host", Name::Text(Part::Host)),
    ("program", Name::Text(Part::Program)),
    ("message", Name::Text(Part::Message)),
];

/// What fields stand below in the contract's JSON.
const FIELDS: &str = "fields.";

impl Name {
    /// What a typed name stands for; a quoted one is always a field.
    pub(super) fn read(text: &str, quoted: bool) -> Self {
        if quoted {
            return Self::Field(text.to_owned());
        }
        match text.strip_prefix(FIELDS) {
            Some("start") => Self::Moment(Moment::Start),
            Some(field) => Self::Field(field.to_owned()),
            None => NAMES
                .iter()
                .find(|(name, _)| *name == text)
                .map_or_else(|| Self::Field(text.to_owned()), |(_, name)| name.clone()),
        }
    }
}

/// The one of some words that a mistyped one is closest to, if it is close at all.
pub(super) fn closest<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let near = words.into_iter().map(|word| (distance(&typed, &word.to_lowercase()), word));
    let (far, word) = near.min_by_key(|(far, _)| *far)?;
    // One slip in a short word, two in a longer one.
    (far <= 1 + usize::from(typed.chars().count() > 5)).then_some(word)
}

/// The name that a mistyped name of a field is closest to: one of `known`, or of the parts of every event.
pub fn closest_name<'a>(typed: &str, known: &'a [String]) -> Option<&'a str> {
    let names = NAMES.iter().map(|(name, _)| *name);
    closest(typed, names.chain(known.iter().map(String::as_str).filter(|name| *name != typed)))
}

/// How many characters must be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parts_or_fields() {
        assert_eq!(Name::read("host", false), Name::Text(Part::Host));
        assert_eq!(Name::read("host", true), Name::Field("host".to_owned()));
        assert_eq!(Name::read("fields.host", false), Name::Field("host".to_owned()));
        assert_eq!(Name::read("fields.start", false), Name::Moment(Moment::Start));
        assert_eq!(Name::read("status", false), Name::Field("status".to_owned()));
    }

    #[test]
    fn slips_are_found() {
        assert_eq!(closest("warnn", ["trace", "warn", "error"]), Some("warn"));
        assert_eq!(closest("statsu", ["status", "state"]), Some("status"));
        assert_eq!(closest("bananas", ["warn", "error"]), None);
        assert_eq!(closest("", ["warn"]), None);
    }
}
