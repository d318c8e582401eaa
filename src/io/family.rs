//! Rotation families: which files are one log, and in which order they were written.
//!
//! Only names are looked at. `error.log`, `error.log-20141214`, `error.log.1` and `error.log.2.gz` are
//! one source; so are `app-2014-12-12.log` and `app.log`. Members of an archive (`logs.tar!error.log.1`) form
//! families among themselves.

/// Where a file stands in its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The file being written.
    Live,
    /// `.1`, `.2`...: the higher, the older.
    Number(u32),
    /// A date in the name: year, month, day, and what follows it.
    Date(i32, u32, u32, String),
}

impl Rotation {
    /// Sorts a family from the oldest file to the live one.
    pub fn age_order(&self, other: &Self) -> std::cmp::Ordering {
        use Rotation::{Date, Live, Number};
        match (self, other) {
            (Date(y1, m1, d1, rest1), Date(y2, m2, d2, rest2)) => (y1, m1, d1)
                .cmp(&(y2, m2, d2))
                .then_with(|| rest1.len().cmp(&rest2.len()))
                .then_with(|| rest1.cmp(rest2)),
            (Number(a), Number(b)) => b.cmp(a),
            (Live, Live) => std::cmp::Ordering::Equal,
            (Date(..), _) | (Number(_), Live) => std::cmp::Ordering::Less,
            (_, Date(..)) | (Live, Number(_)) => std::cmp::Ordering::Greater,
        }
    }
}

/// The source a file name (a path with `/`) belongs to, and the file's place in it.
pub fn family(name: &str) -> (String, Rotation) {
    let (folder, mut base) = match name.rfind(['/', '!']) {
        Some(at) => name.split_at(at + 1),
        None => ("", name),
    };
    // More than one: `.gz.zst`.
    while let Some(shorter) = [".gz", ".xz", ".zst", ".zstd", ".bz2", ".lz4", ".Z"]
        .iter()
        .find_map(|extension| base.strip_suffix(extension))
        .filter(|shorter| !shorter.is_empty())
    {
        base = shorter;
    }
    let (stem, rotation) = rotated(base).unwrap_or_else(|| (base.to_owned(), Rotation::Live));
    (format!("{folder}{stem}"), rotation)
}

fn rotated(base: &str) -> Option<(String, Rotation)> {
    if let Some(stem) = base.strip_suffix(".old").filter(|stem| !stem.is_empty()) {
        return Some((stem.to_owned(), Rotation::Number(1)));
    }
    if let Some((stem, number)) = base.rsplit_once('.')
        && !stem.is_empty()
        && (1..=4).contains(&number.len())
        && let Ok(number) = number.parse::<u32>()
    {
        // `app-2014-12-12.log.3`: the date tells more than the number.
        return match dated(stem) {
            Some((stem, Rotation::Date(year, month, day, _))) => {
                Some((stem, Rotation::Date(year, month, day, number.to_string())))
            }
            _ => Some((stem.to_owned(), Rotation::Number(number))),
        };
    }
    dated(base)
}

/// A date set off by `-`, `.` or `_`, at the end or before the extension.
fn dated(base: &str) -> Option<(String, Rotation)> {
    for (at, _) in base.match_indices(['-', '.', '_']) {
        let Some((year, month, day, used)) = date(&base[at + 1..]) else { continue };
        let rest = &base[at + 1 + used..];
        let stem = &base[..at];
        if stem.is_empty() || rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        // `-20141214`, `-2014121403`, `-20141214-1`, `-2014-12-14.log`, `-2014-12-14.0.log`
        let (extra, extension) = match rest.rfind('.') {
            Some(dot) if rest[dot + 1..].starts_with(|c: char| c.is_ascii_alphabetic()) => rest.split_at(dot),
            _ => (rest, ""),
        };
        if !extra.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | '_' | ':' | 'T')) {
            continue;
        }
        return Some((format!("{stem}{extension}"), Rotation::Date(year, month, day, extra.to_owned())));
    }
    None
}

/// `YYYYMMDD` or `YYYY-MM-DD` at the start of a text: the date and its length.
fn date(text: &str) -> Option<(i32, u32, u32, usize)> {
    let number = |at: usize, width: usize| -> Option<u32> {
        let field = text.as_bytes().get(at..at + width)?;
        field.iter().all(u8::is_ascii_digit).then(|| text[at..at + width].parse().ok())?
    };
    let (year, month, day, used) = match text.as_bytes().get(4) {
        Some(b'-' | b'.' | b'_') if text.as_bytes().get(7) == text.as_bytes().get(4) => {
            (number(0, 4)?, number(5, 2)?, number(8, 2)?, 10)
        }
        _ => (number(0, 4)?, number(4, 2)?, number(6, 2)?, 8),
    };
    let real = (1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then_some((year as i32, month, day, used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_log_meet() {
        let date = |y, m, d, rest: &str| Rotation::Date(y, m, d, rest.into());
        for (name, source, rotation) in [
            ("var/log/error.log", "var/log/error.log", Rotation::Live),
            ("var/log/error.log.1", "var/log/error.log", Rotation::Number(1)),
            (
                "sos.tar.xz!sos/var/log/messages-20141214.gz",
                "sos.tar.xz!sos/var/log/messages",
                date(2014, 12, 14, ""),
            ),
            ("messages.1.gz.zst", "messages", Rotation::Number(1)),
            ("logs-2014.1.zip!messages.1", "logs-2014.1.zip!messages", Rotation::Number(1)),
            ("error.log.12.gz", "error.log", Rotation::Number(12)),
            ("error.log-20141214", "error.log", date(2014, 12, 14, "")),
            ("messages-20141214.gz", "messages", date(2014, 12, 14, "")),
            ("app-2014-12-14.log", "app.log", date(2014, 12, 14, "")),
            ("app.2014-12-14.0.log.gz", "app.log", date(2014, 12, 14, ".0")),
            ("app.log.2014-12-14", "app.log", date(2014, 12, 14, "")),
            ("access_log-2014121403", "access_log", date(2014, 12, 14, "03")),
            ("Xorg.0.log.old", "Xorg.0.log", Rotation::Number(1)),
            ("python3.11", "python3", Rotation::Number(11)),
            ("release-20141301", "release-20141301", Rotation::Live),
            ("20141214", "20141214", Rotation::Live),
        ] {
            assert_eq!(family(name), (source.to_owned(), rotation), "{name}");
        }
    }

    #[test]
    fn the_oldest_comes_first() {
        let mut names = ["a.log", "a.log.1", "a.log-20141214", "a.log.10.gz", "a.log-20141207.gz", "a.log.2"];
        names.sort_by(|a, b| family(a).1.age_order(&family(b).1));
        assert_eq!(
            names,
            ["a.log-20141207.gz", "a.log-20141214", "a.log.10.gz", "a.log.2", "a.log.1", "a.log"]
        );
    }
}
