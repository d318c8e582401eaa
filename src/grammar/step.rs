//! A compiled pattern: a flat list of steps, and the loop that runs it over one line.
//!
//! Steps never go back except out of an optional group, so a line costs time linear in its length.
//! A step can be printed and blamed; a list of boxed parsers could not (see docs/decisions.md).

use memchr::{memchr, memchr2, memchr2_iter, memmem};

use super::slots::{Slots, Span};
use crate::base::{ByteSet, Level, Stamp};
use crate::time::{TimePattern, WrittenDay};

/// What a capture accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No blanks.
    Word,
    /// ASCII digits.
    Int,
    /// Digits with an optional sign and point.
    Num,
    /// Hexadecimal digits.
    Hex,
    /// A program name: no blanks, `[` or `:` (inside parentheses anything but blanks).
    Tag,
    /// A host name or address: letters, digits, `.`, `-`, `_`, `:`, not ending in `:`.
    Host,
    /// Between double quotes, which are not kept; a backslash keeps the next byte.
    Quoted,
    /// A word that names a level, such as `WARN`.
    Level,
    /// No blanks; `-` stands for nothing and is not kept.
    Dash,
    /// RFC 5424 structured data: `[id name="value"]`, one or more.
    Structured,
    /// Between a bracket and the one that closes it, which are not kept; such brackets inside are counted.
    Within(u8, u8),
    /// A cell of a CSV row, perhaps none: between quotes, where a quote is doubled, or up to a comma.
    Cell,
    /// Cells of a CSV row and the commas behind them, up to the first cell that begins with a date, its year first.
    Cells,
    /// A name of parts with `.` or `::` between them, as loggers and modules have.
    Dotted,
    /// A metric's name: a letter, then letters, digits and `_ : . - /`.
    Metric,
    /// Three to five capitals: an abbreviation of a zone that is not read, since it may mean several.
    Zone,
    /// A date without a time.
    Date,
    /// All that is left of the record, continuation lines included.
    Rest,
}

impl Kind {
    pub(super) const NAMES: [(&'static str, Self); 21] = [
        ("word", Self::Word),
        ("int", Self::Int),
        ("num", Self::Num),
        ("hex", Self::Hex),
        ("tag", Self::Tag),
        ("host", Self::Host),
        ("quoted", Self::Quoted),
        ("level", Self::Level),
        ("dash", Self::Dash),
        ("structured", Self::Structured),
        ("brackets", Self::Within(b'[', b']')),
        ("parens", Self::Within(b'(', b')')),
        ("braces", Self::Within(b'{', b'}')),
        ("angles", Self::Within(b'<', b'>')),
        ("cell", Self::Cell),
        ("cells", Self::Cells),
        ("dotted", Self::Dotted),
        ("metric", Self::Metric),
        ("zone", Self::Zone),
        ("date", Self::Date),
        ("rest", Self::Rest),
    ];
}

/// A slot number, or nothing for a capture named `_`.
pub(super) type Target = Option<u8>;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Byte(u8),
    Literal(Box<[u8]>),
    Blanks,
    Time(TimePattern),
    Take(Target, Kind),
    OneOf(Target, Box<[Box<[u8]>]>),
    UntilByte(Target, u8),
    UntilLiteral(Target, Box<[u8]>),
    /// To the end of the physical line.
    UntilBreak(Target),
    /// The end of a physical line, whichever way it is written.
    Break,
    Optional(Box<[Step]>),
}

/// What a run leaves behind besides slots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub stamp: Option<Stamp>,
}

/// What a line that fits `steps` may begin with: at least that. With `blanks` it is what may stand behind
/// leading blanks.
pub(super) fn first_bytes(steps: &[Step], blanks: bool) -> ByteSet {
    let mut set = ByteSet::default();
    for step in steps {
        match step {
            Step::Optional(inner) => {
                // An optional part of nothing but blanks adds nothing behind them.
                if !(blanks && inner.iter().all(|step| matches!(step, Step::Blanks))) {
                    set = set.union(first_bytes(inner, blanks));
                }
                continue;
            }
            Step::Blanks if blanks => continue,
            Step::Byte(byte) => return set.union(ByteSet::of([*byte])),
            Step::Literal(text) => return set.union(ByteSet::of(&text[..1])),
            Step::Blanks => return set.union(ByteSet::of(" \t")),
            Step::Time(pattern) => return set.union(pattern.first_bytes()).union(ByteSet::of([ESCAPE])),
            Step::OneOf(_, words) => {
                let firsts: Vec<u8> = words.iter().filter_map(|word| word.first().copied()).collect();
                return set.union(ByteSet::of(firsts));
            }
            Step::Take(_, kind) => {
                let firsts = match kind {
                    Kind::Int | Kind::Date => ByteSet::matching(|byte| byte.is_ascii_digit()),
                    Kind::Level => ByteSet::of("acdefinpstvwACDEFINPSTVW"),
                    Kind::Quoted => ByteSet::of("\""),
                    Kind::Within(open, _) => ByteSet::of([*open]),
                    Kind::Word | Kind::Dash | Kind::Tag => {
                        ByteSet::matching(|byte| !matches!(byte, b' ' | b'\t'))
                    }
                    Kind::Dotted => ByteSet::matching(|byte| byte.is_ascii_alphabetic()),
                    Kind::Metric => ByteSet::matching(starts_metric),
                    Kind::Hex => ByteSet::matching(|byte| byte.is_ascii_hexdigit()),
                    Kind::Num => {
                        ByteSet::matching(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.'))
                    }
                    Kind::Zone => ByteSet::matching(|byte| byte.is_ascii_uppercase()),
                    Kind::Host => ByteSet::matching(|byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':')
                    }),
                    Kind::Structured | Kind::Cell | Kind::Cells | Kind::Rest => ByteSet::ALL,
                };
                return set.union(firsts);
            }
            Step::Break => return set.union(ByteSet::of("\r\n")),
            Step::UntilByte(..) | Step::UntilLiteral(..) | Step::UntilBreak(_) => return ByteSet::ALL,
        }
    }
    // Nothing that must be there.
    ByteSet::ALL
}

/// What a terminal's control sequences begin with.
pub(super) const ESCAPE: u8 = 0x1b;

/// Where the colors at `at` end, if there are any: programs color their stamps even where no terminal shows them
/// (`ESC [ 2 m`), and containers keep what they write.
#[inline]
pub(super) fn past_colors(line: &[u8], at: usize) -> usize {
    if line.get(at) == Some(&ESCAPE) { after_colors(line, at) } else { at }
}

#[cold]
fn after_colors(line: &[u8], mut at: usize) -> usize {
    while let Some(rest) = line.get(at..).and_then(|rest| rest.strip_prefix(&[ESCAPE, b'['])) {
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if rest.get(length) != Some(&b'm') {
            break;
        }
        at += 2 + length + 1;
    }
    at
}

/// Runs `steps` over `line` from `at`; the end, or `None` where a step does not fit.
#[inline]
pub(super) fn run(
    steps: &[Step],
    line: &[u8],
    mut at: usize,
    slots: &mut Slots,
    found: &mut Found,
) -> Option<usize> {
    for step in steps {
        at = match step {
            Step::Byte(byte) => {
                if line.get(at) != Some(byte) {
                    return None;
                }
                at + 1
            }
            Step::Literal(literal) => {
                if !line.get(at..)?.starts_with(literal) {
                    return None;
                }
                at + literal.len()
            }
            Step::Blanks => {
                let end = skip(line, at, |byte| matches!(byte, b' ' | b'\t'));
                if end == at {
                    return None;
                }
                end
            }
            Step::Time(pattern) => {
                let at = past_colors(line, at);
                let (stamp, length) = pattern.read(line.get(at..)?, &mut slots.minute)?;
                found.stamp = Some(stamp);
                slots.put(super::slots::Known::Time as u8, Span::new(at, at + length));
                past_colors(line, at + length)
            }
            Step::Take(target, kind) => {
                let (span, end) = take(*kind, line, at)?;
                if let Some(slot) = target
                    && !(*kind == Kind::Dash && span.of(line) == b"-")
                {
                    slots.put(*slot, span);
                }
                end
            }
            Step::OneOf(target, words) => {
                let rest = line.get(at..)?;
                let end = at + words.iter().find(|word| rest.starts_with(word))?.len();
                keep(slots, *target, Span::new(at, end));
                end
            }
            Step::UntilByte(target, byte) => {
                let end = at + memchr2(*byte, b'\n', line.get(at..)?)?;
                if line[end] != *byte {
                    return None;
                }
                keep(slots, *target, trimmed(line, at, end));
                end
            }
            Step::UntilLiteral(target, literal) => {
                let end = at + memmem::find(first_line(line, at)?, literal)?;
                keep(slots, *target, trimmed(line, at, end));
                end
            }
            Step::UntilBreak(target) => {
                let end = break_at(line, at)?;
                keep(slots, *target, Span::new(at, end));
                end
            }
            Step::Break => break_end(line, at)?,
            Step::Optional(inner) => {
                let mark = slots.mark();
                match run(inner, line, at, slots, found) {
                    Some(end) => end,
                    None => {
                        slots.rewind(mark);
                        at
                    }
                }
            }
        };
    }
    Some(at)
}

/// A stretch without the blanks that pad it.
#[inline]
fn trimmed(line: &[u8], mut start: usize, mut end: usize) -> Span {
    while start < end && line[end - 1] == b' ' {
        end -= 1;
    }
    while start < end && line[start] == b' ' {
        start += 1;
    }
    Span::new(start, end)
}

#[inline]
fn keep(slots: &mut Slots, target: Target, span: Span) {
    if let Some(slot) = target {
        slots.put(slot, span);
    }
}

/// Where the physical line ends.
fn break_at(line: &[u8], at: usize) -> Option<usize> {
    let rest = first_line(line, at)?;
    Some(at + rest.strip_suffix(b"\r").unwrap_or(rest).len())
}

/// Where the next one begins, if the line ends at `at`.
fn break_end(line: &[u8], at: usize) -> Option<usize> {
    let at = at + usize::from(line.get(at) == Some(&b'\r'));
    (line.get(at) == Some(&b'\n')).then_some(at + 1)
}

/// What is left of the first physical line: literals are never searched for past it.
fn first_line(line: &[u8], at: usize) -> Option<&[u8]> {
    let rest = line.get(at..)?;
    Some(memchr(b'\n', rest).map_or(rest, |end| &rest[..end]))
}

#[inline]
fn skip(line: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    let mut end = at;
    while line.get(end).is_some_and(|byte| fits(*byte)) {
        end += 1;
    }
    end
}

const fn starts_metric(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':')
}

fn metric_end(line: &[u8], at: usize) -> Option<usize> {
    let goes_on =
        |byte: u8| starts_metric(byte) || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'/');
    line.get(at).filter(|byte| starts_metric(**byte))?;
    Some(skip(line, at, goes_on))
}

/// Runs one capture: what it keeps, and where it ends.
#[inline]
fn take(kind: Kind, line: &[u8], at: usize) -> Option<(Span, usize)> {
    let end = match kind {
        Kind::Word | Kind::Dash => skip(line, at, |byte| !matches!(byte, b' ' | b'\t' | b'\n')),
        Kind::Level => {
            let end = skip(line, at, |byte| byte.is_ascii_alphabetic());
            Level::parse(&line[at..end])?;
            end
        }
        Kind::Structured => {
            let mut end = at;
            while line.get(end) == Some(&b'[') {
                end = element_end(line, end)?;
            }
            end
        }
        Kind::Int => skip(line, at, |byte| byte.is_ascii_digit()),
        Kind::Hex => skip(line, at, |byte| byte.is_ascii_hexdigit()),
        Kind::Num => {
            let start = at + usize::from(matches!(line.get(at), Some(b'-' | b'+')));
            let end = skip(line, start, |byte| byte.is_ascii_digit() || byte == b'.');
            if end == start {
                return None;
            }
            end
        }
        Kind::Tag => {
            let end = skip(line, at, |byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'[' | b':' | b'('));
            match line.get(end) {
                Some(b'(') => {
                    let close = end + memchr(b')', first_line(line, end)?)?;
                    if memchr(b' ', &line[end..close]).is_some() {
                        return None;
                    }
                    skip(line, close + 1, |byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'[' | b':'))
                }
                _ => end,
            }
        }
        Kind::Host => {
            let end = skip(line, at, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':')
            });
            if end == at || line[end - 1] == b':' || is_level(&line[at..end]) {
                return None;
            }
            end
        }
        Kind::Quoted => {
            if line.get(at) != Some(&b'"') {
                return None;
            }
            let mut end = at + 1;
            loop {
                match line.get(end)? {
                    b'"' => break,
                    b'\\' => end += 2,
                    b'\n' => return None,
                    _ => end += 1,
                }
            }
            return Some((Span::new(at + 1, end), end + 1));
        }
        Kind::Within(open, close) => {
            let end = closing(line, at, open, close)?;
            return Some((trimmed(line, at + 1, end), end + 1));
        }
        Kind::Cell => return cell(line, at),
        Kind::Cells => cells_before_date(line, at)?,
        Kind::Dotted => dotted_end(line, at)?,
        Kind::Metric => metric_end(line, at)?,
        Kind::Zone => {
            let end = skip(line, at, |byte| byte.is_ascii_uppercase());
            if !(3..=5).contains(&(end - at)) || line.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                return None;
            }
            end
        }
        Kind::Date => at + WrittenDay::read(line.get(at..)?)?.1,
        Kind::Rest => return Some((Span::new(at, line.len()), line.len())),
    };
    (end > at).then(|| (Span::new(at, end), end))
}

/// Where the first cell that begins with `2014-1`, `2014/1` or `2014.1` begins, and at least one stands before it.
fn cells_before_date(line: &[u8], start: usize) -> Option<usize> {
    const MOST: usize = 64;
    let mut at = start;
    for _ in 0..MOST {
        (_, at) = cell(line, at)?;
        at += 1;
        let inner = at + usize::from(line.get(at) == Some(&b'"'));
        if let Some([year @ .., b'-' | b'/' | b'.', month]) = line.get(inner..inner + 6)
            && year.iter().chain([month]).all(u8::is_ascii_digit)
        {
            return (line.get(at - 1) == Some(&b',')).then_some(at);
        }
    }
    None
}

/// Whether a word is what programs write for a level just where syslog has its host: no host is called so.
fn is_level(word: &[u8]) -> bool {
    const WORDS: [&str; 8] = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "critical"];
    matches!(word.len(), 4 | 5 | 7 | 8) && WORDS.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Where the bracket that opens at `at` closes, on the same line.
fn closing(line: &[u8], at: usize, open: u8, close: u8) -> Option<usize> {
    if line.get(at) != Some(&open) {
        return None;
    }
    let mut depth = 1_usize;
    let rest = first_line(line, at + 1)?;
    for place in memchr2_iter(open, close, rest) {
        depth = if rest[place] == open { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return Some(at + 1 + place);
        }
    }
    None
}

/// A cell of a CSV row and where it ends: at a comma or the end of the line.
fn cell(line: &[u8], at: usize) -> Option<(Span, usize)> {
    if line.get(at) != Some(&b'"') {
        let rest = first_line(line, at)?;
        let end = at + memchr(b',', rest).unwrap_or(rest.len());
        return Some((Span::new(at, end), end));
    }
    let mut end = at + 1;
    loop {
        end += memchr(b'"', line.get(end..)?)?;
        if line.get(end + 1) != Some(&b'"') {
            return Some((Span::new(at + 1, end), end + 1));
        }
        end += 2;
    }
}

/// Where a dotted name ends: the last letter or digit of a run that has `.` or `::` inside.
fn dotted_end(line: &[u8], at: usize) -> Option<usize> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    let mut end = skip(line, at, part);
    let mut parts = 1;
    loop {
        let joint = match line.get(end..) {
            Some([b'.', ..]) => 1,
            Some([b':', b':', ..]) => 2,
            _ => break,
        };
        let next = skip(line, end + joint, part);
        if next == end + joint {
            break;
        }
        (end, parts) = (next, parts + 1);
    }
    (parts > 1 && line.get(at).is_some_and(u8::is_ascii_alphabetic)).then_some(end)
}

/// One past the `]` of an element of structured data; quoted values may hold a `]`.
fn element_end(line: &[u8], mut at: usize) -> Option<usize> {
    let mut quoted = false;
    loop {
        match line.get(at)? {
            b'\n' => return None,
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(kind: Kind, line: &str) -> Option<&str> {
        take(kind, line.as_bytes(), 0).map(|(span, _)| &line[span.start as usize..span.end as usize])
    }

    /// A level that begins with any other byte would be missed.
    #[test]
    fn the_first_bytes_of_levels_are_all_there() {
        let firsts = first_bytes(&[Step::Take(None, Kind::Level)], false);
        for first in (0..=u8::MAX).filter(|byte| !firsts.has(*byte)) {
            for rest in [
                "race", "rc", "inest", "erbose", "ebug", "nfo", "onfig", "otice", "arn", "rror", "evere",
                "atal", "lert", "anic", "merg",
            ] {
                let word = [&[first], rest.as_bytes()].concat();
                assert_eq!(Level::parse(&word), None, "{}", String::from_utf8_lossy(&word));
            }
        }
        let blank = [Step::Blanks, Step::Optional([Step::Byte(b'[')].into()), Step::Take(None, Kind::Int)];
        let behind = first_bytes(&blank, true);
        assert!(behind.has(b'[') && behind.has(b'7') && !behind.has(b' ') && !behind.has(b'x'));
        assert!(first_bytes(&blank, false).has(b' ') && !first_bytes(&blank, false).has(b'7'));
    }

    #[test]
    fn captures_stop_where_they_should() {
        assert_eq!(taken(Kind::Tag, "wordpress(miconblog.com)[8434]: x"), Some("wordpress(miconblog.com)"));
        assert_eq!(taken(Kind::Tag, "(systemd)[1]: x"), Some("(systemd)"));
        assert_eq!(taken(Kind::Tag, "last message"), Some("last"));
        assert_eq!(taken(Kind::Host, "fe80::1 x"), Some("fe80::1"));
        assert_eq!(taken(Kind::Host, "rsyslogd: x"), None);
        assert_eq!(taken(Kind::Host, "ospfd[3]: x"), Some("ospfd"));
        assert_eq!(taken(Kind::Host, "INFO my_app: x"), None);
        assert_eq!(taken(Kind::Quoted, r#""a \" b" c"#), Some(r#"a \" b"#));
        assert_eq!(taken(Kind::Quoted, r#""a \"#), None);
        assert_eq!(taken(Kind::Num, "-1.5s"), Some("-1.5"));
        assert_eq!(taken(Kind::Num, "-s"), None);
        assert_eq!(taken(Kind::Level, "WARN] x"), Some("WARN"));
        assert_eq!(taken(Kind::Level, "web1 x"), None);
        assert_eq!(taken(Kind::Structured, r#"[a x="]"][b y="\"]"] c"#), Some(r#"[a x="]"][b y="\"]"]"#));
        assert_eq!(taken(Kind::Structured, "- c"), None);
        assert_eq!(taken(Kind::Structured, "[a"), None);
        let brackets = Kind::Within(b'[', b']');
        assert_eq!(taken(brackets, "[  a [b] ] c]"), Some("a [b]"));
        assert_eq!(taken(brackets, "[a [b] c"), None);
        assert_eq!(taken(brackets, "[a\n]"), None);
        assert_eq!(taken(Kind::Within(b'<', b'>'), "<<WLS Kernel>> <x>"), Some("<WLS Kernel>"));
        assert_eq!(taken(Kind::Cell, r#""a, ""b""",c"#), Some(r#"a, ""b"""#));
        assert_eq!(taken(Kind::Cell, ",c"), Some(""));
        assert_eq!(taken(Kind::Cell, "ab"), Some("ab"));
        assert_eq!(taken(Kind::Cell, r#""ab"#), None);
        assert_eq!(taken(Kind::Cells, r#"7,"a, b",,2014-12-12 10:10:59,x"#), Some(r#"7,"a, b",,"#));
        assert_eq!(taken(Kind::Cells, r#"7,"2014/12/12","#), Some("7,"));
        for none in ["", "7", "7,8,9", "2014-12-12,7", "7,20141212,8"] {
            assert_eq!(taken(Kind::Cells, none), None, "{none}");
        }
        assert_eq!(taken(Kind::Dotted, "org.apache.x.Y$Z: x"), Some("org.apache.x.Y$Z"));
        assert_eq!(taken(Kind::Dotted, "my_app::server: x"), Some("my_app::server"));
        assert_eq!(taken(Kind::Dotted, "main.: x"), None);
        assert_eq!(taken(Kind::Dotted, "1.5: x"), None);
        assert_eq!(taken(Kind::Zone, "EST] x"), Some("EST"));
        assert_eq!(taken(Kind::Zone, "UTC+9"), Some("UTC"));
        assert_eq!(taken(Kind::Zone, "Est"), None);
    }
}
