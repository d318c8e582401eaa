//! Lines fitted to a screen: what is longer goes on below where its text begins. Nothing is cut.

use crate::text::{char_width, clean, width};

/// The text of a line keeps at least this many columns; where the cells before it leave less, what goes on below
/// begins further left.
const LEAST: usize = 24;

/// Columns before the text of a record's further lines: `        | `.
const BELOW: usize = 10;

/// Bytes of an escape sequence that begins here, none if there is none: ours are `ESC [ ... m`.
fn escape(text: &str) -> usize {
    match text.strip_prefix("\x1b[") {
        Some(rest) => rest.find('m').map_or(text.len(), |end| end + 3),
        None => 0,
    }
}

/// Columns that a text takes, colours aside.
pub(super) fn seen(text: &str) -> usize {
    let (mut at, mut columns) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        match escape(&text[at..]) {
            0 => {
                columns += char_width(c);
                at += c.len_utf8();
            }
            length => at += length,
        }
    }
    columns
}

/// Breaks what was appended since `start` to lines of at most `columns`; what goes on is indented by `indent`.
/// Words stay whole where they can.
pub(super) fn wrap(out: &mut Vec<u8>, start: usize, columns: usize, indent: usize) {
    // Bytes that are no text are left to the terminal.
    let Ok(text) = std::str::from_utf8(&out[start..]) else { return };
    let tabbed = text.contains('\t');
    if !tabbed && text.lines().all(|line| seen(line) <= columns) {
        return;
    }
    // How wide a tab is hangs on where it stands: blanks can be counted.
    let blank =
        if tabbed { text.split('\n').map(untabbed).collect::<Vec<_>>().join("\n") } else { String::new() };
    let text = if tabbed { &blank } else { text };
    let indent =
        if columns.saturating_sub(indent) < LEAST { columns.saturating_sub(LEAST).min(8) } else { indent };
    let mut fitted = String::with_capacity(text.len() + 64);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            fitted.push('\n');
        }
        // The lines of a record below its first have a margin of their own.
        let indent = if index > 0 { BELOW } else { indent };
        push_wrapped(&mut fitted, line, columns, indent);
    }
    out.truncate(start);
    out.extend_from_slice(fitted.as_bytes());
}

/// A line with blanks up to the next stop, every eight columns, where it has tabs.
fn untabbed(line: &str) -> String {
    const STOP: usize = 8;
    let mut blank = String::with_capacity(line.len() + STOP);
    let mut used = 0;
    for piece in line.split_inclusive('\t') {
        let text = piece.trim_end_matches('\t');
        blank.push_str(text);
        used += seen(text);
        if text.len() < piece.len() {
            let gap = STOP - used % STOP;
            blank.extend(std::iter::repeat_n(' ', gap));
            used += gap;
        }
    }
    blank
}

fn push_wrapped(fitted: &mut String, line: &str, columns: usize, indent: usize) {
    let (mut at, mut used) = (0, 0);
    // The last blank on this row: where it is in `fitted`, and how many columns are used behind it.
    let mut blank: Option<(usize, usize)> = None;
    let gap = " ".repeat(indent);
    while let Some(c) = line[at..].chars().next() {
        let sequence = escape(&line[at..]);
        if sequence > 0 {
            fitted.push_str(&line[at..at + sequence]);
            at += sequence;
            continue;
        }
        let wide = char_width(c);
        if used + wide > columns && used > indent {
            match blank.take() {
                // A word far longer than a row is broken where the row ends.
                Some((place, behind))
                    if behind > indent && used - behind < columns.saturating_sub(indent) / 2 =>
                {
                    fitted.replace_range(place..place + 1, &format!("\n{gap}"));
                    used = indent + (used - behind);
                }
                _ => {
                    fitted.push('\n');
                    fitted.push_str(&gap);
                    used = indent;
                }
            }
        }
        used += wide;
        fitted.push(c);
        at += c.len_utf8();
        if c == ' ' && used > indent + 1 {
            blank = Some((fitted.len() - 1, used));
        }
    }
}

/// What sentences are written on.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Columns that they are broken to; none where there is no screen.
    pub columns: Option<usize>,
    /// Names with blanks in them, as they are shown.
    pub names: Vec<String>,
}

impl Sheet {
    /// A sheet for sentences that speak of these files.
    pub fn new<'a>(columns: Option<usize>, files: impl Iterator<Item = &'a str>) -> Self {
        let names = files.filter(|name| name.contains(' ')).map(clean).collect();
        Self { columns, names }
    }

    /// Whether so many columns are there.
    pub(super) fn has(&self, columns: usize) -> bool {
        self.columns.is_none_or(|most| columns <= most)
    }

    /// Appends `lead` and the words of a text, broken to lines below where the text begins. A word stays whole, and
    /// a name with blanks is one: what is copied off a screen must be all of it. One that is too wide for the room
    /// behind `lead` stands on a line of its own, further left.
    pub(super) fn push(&self, out: &mut Vec<u8>, lead: &str, text: &str) {
        let indent = width(lead);
        if self.has(indent + width(text)) {
            out.extend_from_slice(format!("{lead}{text}").trim_end().as_bytes());
            return out.push(b'\n');
        }
        let columns = self.columns.unwrap_or(usize::MAX);
        let mut line = lead.to_owned();
        let mut used = indent;
        let mut begins = true;
        for word in self.words(text) {
            let gap = usize::from(!begins);
            let wide = width(word);
            let own = columns.saturating_sub(wide);
            if used + gap + wide > columns && (!begins || own > 1) {
                out.extend_from_slice(line.trim_end().as_bytes());
                // A lead of blanks says nothing that needs a line.
                if !(begins && line.trim_end().is_empty()) {
                    out.push(b'\n');
                }
                used = if own > 1 { own.min(indent) } else { indent };
                line = " ".repeat(used);
                begins = true;
            }
            if begins && word.is_empty() {
                continue;
            }
            if !begins {
                line.push(' ');
            }
            line.push_str(word);
            used += usize::from(!begins) + wide;
            begins = false;
        }
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }

    /// The same into a text.
    pub(super) fn write(&self, text: &mut String, lead: &str, words: &str) {
        let mut out = Vec::new();
        self.push(&mut out, lead, words);
        text.push_str(&String::from_utf8_lossy(&out));
    }

    /// A text at its blanks, those in names aside.
    fn words<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut inside = Vec::new();
        for name in &self.names {
            inside.extend(text.match_indices(name.as_str()).map(|(at, name)| at..at + name.len()));
        }
        let mut words = Vec::new();
        let mut from = 0;
        for (at, _) in text.match_indices(' ') {
            if !inside.iter().any(|name| name.contains(&at)) {
                words.push(&text[from..at]);
                from = at + 1;
            }
        }
        words.push(&text[from..]);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(sheet: &Sheet, lead: &str, text: &str) -> String {
        let mut out = Vec::new();
        sheet.push(&mut out, lead, text);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn sentences_are_broken_and_names_are_not() {
        let name = "새 폴더/서버 로그/messages";
        let sheet = Sheet::new(Some(40), [name, "plain"].into_iter());
        assert_eq!(
            written(&sheet, "  clock   ", &format!("its kernel booted as its uptime at {name}:12 says")),
            "  clock   its kernel booted as its\n          uptime at\n          새 폴더/서버 로그/messages:12\n          says\n"
        );
        // Wider than the room behind the lead: further left; wider than the screen: the terminal's.
        let path = "var/log/very/long/name/of/a/file.log:1";
        assert_eq!(
            written(&sheet, "          ", &format!("at {path} says")),
            format!("          at\n  {path}\n          says\n")
        );
        let path = path.repeat(2);
        assert_eq!(
            written(&sheet, "  clock   ", &format!("at {path} says")),
            format!("  clock   at\n          {path}\n          says\n")
        );
        assert_eq!(written(&Sheet::default(), "  clock   ", &path), format!("  clock   {path}\n"));
        assert_eq!(written(&Sheet::default(), "  clock   ", ""), "  clock\n");
    }

    #[test]
    fn sentences_lose_no_word_and_no_line_is_too_wide() {
        let text = "메모리 부족 오류가 발생했습니다: 할당할 수 없습니다 (12) one  two three four";
        for columns in 24..90 {
            let sheet = Sheet { columns: Some(columns), names: Vec::new() };
            let written = written(&sheet, "    lead: ", text);
            assert!(written.lines().all(|row| seen(row) <= columns), "{columns}: {written}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&written)[1..], words(text), "{columns}");
        }
    }

    fn wrapped(line: &str, columns: usize, indent: usize) -> String {
        let mut out = line.as_bytes().to_vec();
        wrap(&mut out, 0, columns, indent);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn long_lines_go_on_below_their_text() {
        let line = "10:10:59 web  one two three four five six seven eight nine ten";
        let text = wrapped(line, 40, 14);
        assert_eq!(text, "10:10:59 web  one two three four five\n              six seven eight nine ten");
        assert_eq!(wrapped(line, 100, 14), line);
    }

    #[test]
    fn tabs_are_blanks_up_to_the_next_stop() {
        assert_eq!(wrapped("a\tb\t\tc", 40, 4), "a       b               c");
        assert_eq!(wrapped("\x1b[1mab\x1b[0m\tc\n\tat x", 40, 4), "\x1b[1mab\x1b[0m      c\n        at x");
        let line = "10:10 web\tone two three four five six seven eight nine ten";
        assert!(wrapped(line, 40, 16).lines().all(|row| seen(row) <= 40));
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_wide() {
        for line in [
            "10:10 web 메모리 부족 오류가 발생했습니다: 할당할 수 없습니다 (12) 다시 시도합니다",
            "10:10 web \x1b[1;31mfork() failed\x1b[0m: Cannot allocate memory and so on and on and on",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "              leading blanks and a veryverylongwordthatfitsnowhereatallinthisnarrowcolumn end",
        ] {
            for columns in 30..60 {
                let text = wrapped(line, columns, 10);
                assert!(text.lines().all(|row| seen(row) <= columns), "{columns}: {text}");
                let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                assert_eq!(letters(&text), letters(line), "{columns}");
            }
        }
    }
}
