//! What may come next in a layout, judged by what nine of ten records have there.

use super::column::{describe, is_identifying, is_prose, is_word};
use super::grow::{Growth, Names, Reach};
use super::levels::Words;
use crate::base::Level;

/// A part of a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub pattern: String,
    /// Names of its captures.
    pub names: Vec<String>,
    /// The separator it ends in, if it is a column's.
    pub separator: Option<u8>,
}

impl Piece {
    fn text(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), ..Self::default() }
    }

    fn capture(pattern: String, name: String) -> Self {
        Self { pattern, names: vec![name], separator: None }
    }

    fn then(mut self, byte: u8) -> Self {
        self.pattern.push_str(&literal(byte));
        if SEPARATORS.contains(&byte) {
            self.separator = Some(byte);
        }
        self
    }
}

/// Bytes that stand between columns whatever these hold.
const SEPARATORS: [u8; 4] = *b"|;,\t";

/// A column's value is not looked for further.
const MAX_VALUE: usize = 200;

/// A byte as patterns write it.
fn literal(byte: u8) -> String {
    match byte {
        b'{' => "{{".into(),
        b'}' => "}}".into(),
        byte => char::from(byte).into(),
    }
}

/// What the texts have at their beginning, if nine of ten have it.
fn values<'a>(rests: &[&'a [u8]], of: impl Fn(&'a [u8]) -> Option<&'a [u8]>) -> Option<Vec<&'a [u8]>> {
    let found: Vec<&[u8]> = rests.iter().filter_map(|rest| of(rest)).collect();
    (!found.is_empty() && found.len() * 10 >= rests.len() * 9).then_some(found)
}

/// Everything that may come next, the most telling first.
pub(super) fn proposals(growth: &Growth<'_>, rests: &[&[u8]]) -> Vec<Piece> {
    let blank = || values(rests, |rest| starts(rest, |byte| matches!(byte, b' ' | b'\t')));
    if blank().is_some() {
        return vec![Piece::text(" ")];
    }
    let found = match growth.reach {
        // An object is for a reader of objects.
        _ if values(rests, |rest| starts(rest, |byte| byte == b'{').filter(|_| braced(rest).is_none()))
            .is_some() =>
        {
            return Vec::new();
        }
        Reach::Message => vec![punctuation(rests)],
        Reach::Level => {
            vec![bracketed(growth, rests), punctuation(rests), padding(rests), level(growth, rests)]
        }
        Reach::Columns => vec![
            bracketed(growth, rests),
            quoted(growth, rests),
            punctuation(rests),
            padding(rests),
            level(growth, rests),
            program_and_pid(growth, rests),
            pair(growth, rests),
            number(growth, rests),
            cell(growth, rests),
            before_mark(growth, rests),
            before_colon(growth, rests),
            word(growth, rests),
        ],
    };
    found.into_iter().flatten().collect()
}

/// What sort of thing a record has next, if it is no plain word: what layouts of one file differ in.
pub(super) fn class(growth: &Growth<'_>, rest: &[u8]) -> Option<String> {
    let word = letters(rest);
    match () {
        () if rest.starts_with(b"[") => Some("[".into()),
        () if rest.starts_with(b"<") => Some("<".into()),
        () if tag_and_pid(rest).is_some() => Some("tag".into()),
        () if key(rest).is_some() => key(rest).map(|key| String::from_utf8_lossy(key).into_owned()),
        () if growth.names.free("level")
            && (Level::parse(word).is_some() || word.len() > 1 && growth.guesses.level(word).is_some()) =>
        {
            Some("level".into())
        }
        () => None,
    }
}

fn starts(rest: &[u8], fits: impl Fn(u8) -> bool) -> Option<&[u8]> {
    rest.first().filter(|byte| fits(**byte)).map(|_| &rest[..1])
}

/// The letters at the beginning, of any script; perhaps none.
fn letters(rest: &[u8]) -> &[u8] {
    let head = &rest[..rest.len().min(64)];
    let text = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    &rest[..end]
}

/// The same, if a word ends there.
fn whole_letters(rest: &[u8]) -> Option<&[u8]> {
    let word = letters(rest);
    let ends = rest.get(word.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    Some(word).filter(|word| !word.is_empty() && ends)
}

/// Up to the first of some bytes, which must come within the line's first few hundred.
fn until(rest: &[u8], ends: impl Fn(u8) -> bool) -> Option<&[u8]> {
    rest.iter().take(MAX_VALUE).position(|byte| ends(*byte)).map(|at| &rest[..at])
}

/// No blanks: all up to the first one or the end.
fn run(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
    &rest[..end]
}

/// The capture of a column that ends where `ends` stands, without that end.
fn column(growth: &Growth<'_>, values: &[&[u8]], bracketed: bool) -> Piece {
    let trimmed: Vec<&[u8]> = values.iter().map(|value| value.trim_ascii()).collect();
    let pad = |padded: &dyn Fn(&&[u8]) -> bool| match values.iter().filter(|value| padded(value)).count() {
        0 => "",
        all if all == values.len() => " ",
        _ => "{? }",
    };
    let before = pad(&|value| value.starts_with(b" "));
    let after = pad(&|value| value.ends_with(b" "));
    let filled = !trimmed.iter().any(|value| value.is_empty());
    let words = trimmed.iter().all(|value| is_word(value));
    let free = |name: &str| match words && after == " " {
        true => format!("{before}{{{name}:word}} "),
        false => format!("{before}{{{name}}}"),
    };
    if growth.names.free("level")
        && let Some(words) = growth.guesses.column(&trimmed)
    {
        let pattern = match words {
            Words::Common => format!("{before}{{level:level}}{after}"),
            _ => free("level"),
        };
        return Piece::capture(pattern, "level".into());
    }
    let described = describe(values, bracketed);
    let name = growth.names.fresh(described.name);
    let pattern = match described.kind.filter(|_| filled) {
        Some(kind) => format!("{before}{{{name}:{kind}}}{after}"),
        None => free(&name),
    };
    Piece::capture(pattern, name)
}

/// What stands between the braces that a text begins with, if it is a name and not the inside of an object.
fn braced(rest: &[u8]) -> Option<&[u8]> {
    let inside = until(rest.strip_prefix(b"{")?, |byte| byte == b'}')?;
    let plain = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=' | b',' | b'{');
    (!inside.is_empty() && inside.iter().all(plain)).then_some(inside)
}

/// `[main]`, `(4711)`, `<web1>`, `{main}`
fn bracketed(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    [(b'[', b']'), (b'(', b')'), (b'<', b'>'), (b'{', b'}')].into_iter().find_map(|(open, close)| {
        let inside = values(rests, |rest| {
            let inside = match open {
                b'{' => braced(rest)?,
                _ => until(rest.strip_prefix(&[open])?, |byte| byte == close)?,
            };
            // `[cart[4711]]` is taken apart from the inside.
            Some(inside).filter(|inside| !inside.trim_ascii().is_empty() && !inside.contains(&open))
        })?;
        let priority = |value: &&[u8]| {
            let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u8>().ok());
            number.is_some_and(|number| number < 192)
        };
        if open == b'<' && growth.at_start() && inside.iter().all(priority) {
            return Some(Piece::capture("<{pri:int}>".into(), "pri".into()));
        }
        let mut piece = column(growth, &inside, true);
        // Where only the level is looked for, other brackets belong to the message.
        if growth.reach == Reach::Level && piece.names != ["level"] {
            return None;
        }
        piece.pattern = format!("{}{}{}", literal(open), piece.pattern, literal(close));
        Some(piece)
    })
}

fn quoted(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    let inside = values(rests, quotes)?;
    let name = growth.names.fresh(describe(&inside, false).name);
    Some(Piece::capture(format!("{{{name}:quoted}}"), name))
}

/// What stands between the quotes that a text begins with.
fn quotes(rest: &[u8]) -> Option<&[u8]> {
    let mut at = 1;
    rest.strip_prefix(b"\"")?;
    loop {
        match rest.get(at)? {
            b'"' => return Some(&rest[1..at]),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// A mark that stands between columns. Others, such as `/` and `%`, begin what belongs to the message.
fn punctuation(rests: &[&[u8]]) -> Option<Piece> {
    let mark = |byte: u8| b"|;,:-[]()<>=#*~".contains(&byte);
    let count = |byte: u8| rests.iter().filter(|rest| rest.first() == Some(&byte)).count();
    let found = (b'!'..=b'~').filter(|byte| mark(*byte)).find(|byte| count(*byte) * 10 >= rests.len() * 9)?;
    Some(Piece::default().then(found))
}

/// Blanks before a mark that some records have, since a column is padded: `WARN |`, `ERROR|`.
fn padding(rests: &[&[u8]]) -> Option<Piece> {
    let padded = |rest: &&&[u8]| rest.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    let some = rests.iter().any(|rest| padded(&rest));
    let trimmed: Vec<&[u8]> = rests.iter().map(|rest| rest.trim_ascii_start()).collect();
    let mark = punctuation(&trimmed).filter(|_| some)?;
    Some(Piece { pattern: format!("{{? }}{}", mark.pattern), ..mark })
}

fn level(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    if !growth.names.free("level") {
        return None;
    }
    let found = values(rests, whole_letters)?;
    let words = growth.guesses.column(&found)?;
    if words == Words::Common {
        return Some(Piece::capture("{level:level}".into(), "level".into()));
    }
    let behind = |byte: u8| {
        values(rests, |rest| whole_letters(rest).filter(|word| rest.get(word.len()) == Some(&byte))).is_some()
    };
    if behind(b' ') || behind(b'\t') {
        return Some(Piece::capture("{level:word}".into(), "level".into()));
    }
    if let Some(byte) = (b'!'..=b'~').filter(u8::is_ascii_punctuation).find(|byte| behind(*byte)) {
        return Some(Piece::capture("{level}".into(), "level".into()).then(byte));
    }
    // Nothing stands between level and stamp: `I1212 10:10:59`.
    let seen = found.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    let mut choice: Vec<String> = match words {
        Words::Letters => {
            let like = String::from_utf8_lossy(found.first()?).into_owned();
            seen.chain(growth.guesses.usual(&like).map(|(letter, _)| letter)).collect()
        }
        _ => seen.collect(),
    };
    choice.sort_by_key(|word| (usize::MAX - word.len(), word.clone()));
    choice.dedup();
    Some(Piece::capture(format!("{{level:{}}}", choice.join("|")), "level".into()))
}

/// `checkout[4711]`
fn program_and_pid(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    values(rests, tag_and_pid)?;
    let (program, pid) = (growth.names.fresh("program"), growth.names.fresh("pid"));
    let pattern = format!("{{{program}:tag}}[{{{pid}:int}}]");
    Some(Piece { pattern, names: vec![program, pid], separator: None })
}

fn tag_and_pid(rest: &[u8]) -> Option<&[u8]> {
    let tag =
        until(rest, |byte| matches!(byte, b' ' | b'\t' | b'[' | b':' | b';' | b'|' | b',' | b'(' | b'"'))?;
    let pid = until(rest.get(tag.len() + 1..)?, |byte| byte == b']')?;
    let digits = !pid.is_empty() && pid.len() <= 9 && pid.iter().all(u8::is_ascii_digit);
    (rest[tag.len()] == b'[' && !tag.is_empty() && digits).then_some(tag)
}

/// The key of `key=value`.
pub(super) fn key(rest: &[u8]) -> Option<&[u8]> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let key = until(rest, |byte| !inner(byte))?;
    (key.first()?.is_ascii_alphabetic() && rest.get(key.len()) == Some(&b'=')).then_some(key)
}

/// What a key is called as a field.
pub(super) fn field_name(key: &[u8], names: &Names) -> String {
    let plain =
        |byte: &u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() as char } else { '_' };
    let name: String = key.iter().map(plain).collect();
    names.fresh(match name.as_str() {
        "hostname" => "host",
        "app" | "service" => "program",
        "msg" => "message",
        "lvl" | "severity" => "level",
        name => name,
    })
}

/// `user=jo`, if all have the same key here.
fn pair(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    let keys = values(rests, key)?;
    let key = keys[0];
    let behind: Vec<&[u8]> = values(rests, |rest| rest.strip_prefix(key)?.strip_prefix(b"="))?;
    let text = String::from_utf8_lossy(key).into_owned();
    let mut name = field_name(key, &growth.names);
    let inside = values(&behind, quotes);
    let words: Vec<&[u8]> = behind.iter().map(|rest| run(rest)).collect();
    let ended =
        |byte: u8| words.iter().filter(|word| word.ends_with(&[byte])).count() * 10 >= words.len() * 9;
    let end = [b',', b';', b'|'].into_iter().find(|byte| ended(*byte));
    let shown: Vec<&[u8]> = match (&inside, end) {
        (Some(inside), _) => inside.clone(),
        (None, Some(end)) => words.iter().filter_map(|word| until(word, |byte| byte == end)).collect(),
        (None, None) => words,
    };
    let all_int = shown.iter().all(|value| !value.is_empty() && value.iter().all(u8::is_ascii_digit));
    if name == "level" && growth.guesses.column(&shown).is_none() || name == "pid" && !all_int {
        name = format!("{name}_text");
    }
    let (pattern, end) = match (inside.is_some(), all_int, end) {
        (true, ..) => (format!("{text}={{{name}:quoted}}"), None),
        (false, true, _) => (format!("{text}={{{name}:int}}"), None),
        (false, false, Some(end)) => (format!("{text}={{{name}}}"), Some(end)),
        (false, false, None) => (format!("{text}={{{name}:word}}"), None),
    };
    let piece = Piece::capture(pattern, name);
    Some(end.map_or_else(|| piece.clone(), |end| piece.clone().then(end)))
}

fn number(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    values(rests, |rest| {
        let digits = until(rest, |byte| !byte.is_ascii_digit()).unwrap_or(rest);
        let ends = match rest.get(digits.len()..)? {
            [] => true,
            [b':', next, ..] => !next.is_ascii_digit(),
            [byte, ..] => b" \t]),;|:".contains(byte),
        };
        Some(digits).filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && ends)
    })?;
    let name = growth.names.fresh("number");
    Some(Piece::capture(format!("{{{name}:int}}"), name))
}

/// A column up to `|`, `;`, `,` or a tab.
fn cell(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    SEPARATORS.into_iter().find_map(|separator| {
        let cells = values(rests, |rest| until(rest, |byte| byte == separator))?;
        let filled: Vec<&[u8]> =
            cells.iter().map(|cell| cell.trim_ascii()).filter(|cell| !cell.is_empty()).collect();
        let words = filled.iter().filter(|cell| is_word(cell) && cell.len() <= 64).count();
        let plain = words * 10 >= filled.len() * 9;
        let same = growth.separator == Some(separator);
        let behind = |rest: &&&[u8]| {
            let at = until(rest, |byte| byte == separator).map_or(rest.len(), <[u8]>::len);
            matches!(rest.get(at + 1), None | Some(b' '))
        };
        // The commas of a sentence have a blank behind them.
        let sentence = separator == b',' && rests.iter().filter(behind).count() * 10 > rests.len();
        let first = !filled.is_empty() && plain && !sentence;
        if !(same || first) {
            return None;
        }
        if separator == b'\t' {
            // In a pattern a tab is a blank, so only words end at it.
            let described = describe(&cells, false);
            let name = growth.names.fresh(described.name);
            let kind = described.kind.unwrap_or("word");
            let whole = plain && filled.len() == cells.len();
            return whole.then(|| Piece::capture(format!("{{{name}:{kind}}} "), name));
        }
        let mut piece = column(growth, &cells, false);
        let prose = filled.iter().filter(|cell| is_prose(cell)).count() * 2 > filled.len();
        if prose && growth.names.free("message") {
            piece = Piece::capture("{message}".into(), "message".into());
        }
        Some(piece.then(separator))
    })
}

/// A word before a mark between blanks: `cart - message`.
fn before_mark(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    let words = values(rests, |rest| {
        let word = run(rest);
        let behind = rest.get(word.len()..)?.trim_ascii_start();
        let mark = run(behind);
        let marks =
            !mark.is_empty() && mark.len() <= 3 && mark.iter().all(|byte| b"-|:>=#~*/".contains(byte));
        (marks && !word.is_empty()).then_some(word)
    })?;
    Some(plain_word(growth, &words))
}

fn plain_word(growth: &Growth<'_>, words: &[&[u8]]) -> Piece {
    let described = describe(words, false);
    // A single word is no message, whatever it looks like.
    let base = if described.name == "message" { "field" } else { described.name };
    let name = growth.names.fresh(base);
    Piece::capture(format!("{{{name}:{}}}", described.kind.unwrap_or("word")), name)
}

/// `checkout: message`, `cart.js:31: message`, `cart.js:31] message`
fn before_colon(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    [b':', b']'].into_iter().find_map(|end| {
        let words = values(rests, |rest| run(rest).strip_suffix(&[end]).filter(|word| !word.is_empty()))?;
        let described = describe(&words, false);
        if described.name == "caller" {
            let (file, line) = (growth.names.fresh("file"), growth.names.fresh("line"));
            let pattern = format!("{{{file}}}:{{{line}:int}}");
            return Some(Piece { pattern, names: vec![file, line], separator: None }.then(end));
        }
        let name = growth.names.fresh(described.name);
        match described.name {
            "field" | "message" if end == b':' => None,
            "program" if end == b':' => Some(Piece::capture(format!("{{{name}:tag}}:"), name)),
            _ => Some(Piece::capture(format!("{{{name}}}"), name).then(end)),
        }
    })
}

/// A word that is no part of a sentence: by its looks, or because a level stands behind it.
fn word(growth: &Growth<'_>, rests: &[&[u8]]) -> Option<Piece> {
    let words = values(rests, |rest| Some(run(rest)).filter(|word| !word.is_empty()))?;
    if growth.front {
        // Everything up to the stamp is a column; a word ends at a blank or at the mark before the stamp.
        let last = *words.first()?.last()?;
        return match values(rests, |rest| rest.get(run(rest).len()).map(|_| run(rest))) {
            Some(words) => Some(plain_word(growth, &words)),
            None if last.is_ascii_punctuation() => {
                let words = values(rests, |rest| rest.strip_suffix(&[last]).filter(|word| !word.is_empty()))?;
                Some(column(growth, &words, false).then(last))
            }
            None => None,
        };
    }
    // Neither `done.` nor `<web1>` nor `a=b` is a plain name.
    let odd = |word: &&&[u8]| {
        word.last().is_some_and(|byte| b":,;.!?]>".contains(byte))
            || word.first().is_some_and(u8::is_ascii_punctuation)
            || key(word).is_some()
    };
    let ends = words.iter().filter(odd).count();
    let column = ends * 10 <= words.len() && (is_identifying(&words) || leads(growth, rests));
    column.then(|| plain_word(growth, &words))
}

/// Whether one to three words lead to a level, or one to brackets.
fn leads(growth: &Growth<'_>, rests: &[&[u8]]) -> bool {
    let mut behind: Vec<&[u8]> = rests.to_vec();
    (1..=3).any(|words| {
        for rest in &mut behind {
            *rest = rest[run(rest).len()..].trim_ascii_start();
        }
        let brackets = || values(&behind, |rest| rest.strip_prefix(b"[").filter(|rest| rest.contains(&b']')));
        level(growth, &behind).is_some()
            || words == 1 && (brackets().is_some() || values(&behind, tag_and_pid).is_some())
    })
}
