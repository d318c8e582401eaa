//! From what was typed to a tree, by recursive descent: no name is understood yet, every word keeps its place.
//!
//! ```text
//! any   = all { ("or" | "||") all }
//! all   = part { ("and" | "&&") part }
//! part  = ("not" | "!") part | "(" any ")" | "has" NAME | NAME operator values
//! values = value | "(" value { "," value } ")"          the second form behind `in`
//! value = WORD [ ".." WORD ]
//! ```
//! By hand and not with nom: nearly all of it is saying what is wrong, where, and what was meant.

use super::fault::Fault;
use super::measure::Number;
use super::name::{Name, closest};
use super::tree::{Item, Operator, Tree, Word};

/// Parentheses and `not` within each other: far more than anybody types, far less than a stack holds.
const DEEPEST: usize = 64;

/// What ends a word that is not in quotes.
const SPECIAL: &[char] = &['(', ')', ',', '=', '!', '<', '>', '~', '"', '\'', '&', '|'];

/// Operators of signs, longer ones first. `==`, `=~` and `<>` are taken for what they mean elsewhere.
const SIGNS: [(&str, Operator); 11] = [
    ("==", Operator::Equal),
    ("=~", Operator::Matches),
    ("!=", Operator::Unequal),
    ("<>", Operator::Unequal),
    ("!~", Operator::MatchesNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::More),
    ("~", Operator::Matches),
];

/// Operators that are words.
const WORDS: [(&str, Operator); 4] = [
    ("contains", Operator::Contains),
    ("starts", Operator::Starts),
    ("ends", Operator::Ends),
    ("in", Operator::In),
];

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.skip();
    if parser.is_over() {
        let hint = "an expression compares parts of records: level >= warn and status in 500..599";
        return Err(Fault::new(0..text.len(), "nothing is asked", hint));
    }
    let tree = parser.any()?;
    if parser.is_over() {
        return Ok(tree);
    }
    let rest = parser.at..parser.at + parser.rest().chars().next().map_or(0, char::len_utf8);
    Err(match parser.rest().starts_with(')') {
        true => Fault::new(rest, "this parenthesis closes nothing", ""),
        false => {
            let word = parser.peek_word();
            let at = parser.at..parser.at + word.len().max(1);
            Fault::new(at, "a comparison ends here and nothing joins the next one to it", {
                "join them with `and` or `or`; a value with blanks or signs in it stands in quotes"
            })
        }
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn is_over(&self) -> bool {
        self.rest().is_empty()
    }

    fn skip(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The word that begins here, without taking it.
    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || SPECIAL.contains(&c)).unwrap_or(rest.len());
        // `..` parts two values.
        &rest[..rest[..end].find("..").unwrap_or(end)]
    }

    fn take(&mut self, sign: &str) -> bool {
        let there = self.rest().starts_with(sign);
        if there {
            self.at += sign.len();
            self.skip();
        }
        there
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let there = self.peek_word().eq_ignore_ascii_case(keyword);
        if there {
            self.at += keyword.len();
            self.skip();
        }
        there
    }

    fn any(&mut self) -> Result<Tree, Fault> {
        let mut parts = vec![self.all()?];
        while self.take("||") || self.take_keyword("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Tree::Or))
    }

    fn all(&mut self) -> Result<Tree, Fault> {
        let mut parts = vec![self.part()?];
        while self.take("&&") || self.take_keyword("and") {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Tree::And))
    }

    fn part(&mut self) -> Result<Tree, Fault> {
        let start = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            let what = format!("more than {DEEPEST} parentheses and `not` within each other");
            return Err(Fault::new(start..start + 1, what, ""));
        }
        let is_sign = self.rest().starts_with('!') && !self.rest().starts_with(['=', '~']);
        let tree = if is_sign && self.take("!") || self.take_keyword("not") {
            Tree::Not(Box::new(self.part()?))
        } else if self.take("(") {
            let inner = self.any()?;
            if !self.take(")") {
                return Err(Fault::new(start..start + 1, "this parenthesis is never closed", ""));
            }
            inner
        } else if self.take_keyword("has") {
            Tree::Has(self.name()?)
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(tree)
    }

    /// A name: a word, or anything in quotes, also behind `fields.`.
    fn name(&mut self) -> Result<Word, Fault> {
        let start = self.at;
        let text = self.peek_word();
        if text == "fields." {
            self.at += text.len();
        }
        if self.rest().starts_with(['"', '\'']) {
            let mut word = self.quoted()?;
            word.at.start = start;
            self.skip();
            return Ok(word);
        }
        self.at = start;
        let at = start..start + text.len();
        if text.is_empty() || text == "fields." {
            let end = self.rest().chars().next().map_or(at.end, |c| start + c.len_utf8().max(text.len()));
            let hint = "write NAME OPERATOR VALUE, such as status = 500; odd names stand in quotes";
            return Err(Fault::new(start..end, "a name is missing here", hint));
        }
        if let Some(keyword) = ["and", "or", "not", "has"].iter().find(|word| text.eq_ignore_ascii_case(word))
        {
            let what = format!("a name is missing before `{keyword}`");
            return Err(Fault::new(
                at,
                what,
                format!("a field that is called so stands in quotes: '{text}'"),
            ));
        }
        self.at = at.end;
        self.skip();
        Ok(Word { text: text.to_owned(), quoted: false, at })
    }

    fn test(&mut self) -> Result<Tree, Fault> {
        let name = self.name()?;
        if !name.quoted && Number::read(&name.text).is_some() {
            let what = format!("`{}` is a value, and no name", name.text);
            return Err(Fault::new(name.at, what, "write the name first: status >= 500"));
        }
        let operator = self.operator(&name)?;
        let is_time = matches!(Name::read(&name.text, name.quoted), Name::Moment(_));
        let listed = matches!(operator, Operator::In | Operator::NotIn);
        let open = self.at;
        if !listed || !self.take("(") {
            let item = self.item(is_time)?;
            self.skip();
            return Ok(Tree::Test(name, operator, vec![item]));
        }
        let mut items = Vec::new();
        loop {
            items.push(self.item(is_time)?);
            self.skip();
            if self.take(")") {
                return Ok(Tree::Test(name, operator, items));
            }
            if !self.take(",") {
                return Err(match self.is_over() {
                    true => Fault::new(open..open + 1, "this parenthesis is never closed", ""),
                    false => {
                        let at = self.at..self.at + self.peek_word().len().max(1);
                        Fault::new(at, "values of a list have commas between them", "in (500, 502, 504)")
                    }
                });
            }
        }
    }

    fn operator(&mut self, name: &Word) -> Result<Operator, Fault> {
        for (sign, operator) in SIGNS {
            if self.take(sign) {
                return Ok(operator);
            }
        }
        let start = self.at;
        if self.take_keyword("not") {
            if self.take_keyword("in") {
                return Ok(Operator::NotIn);
            }
            let hint = format!("only `not in` stands behind a name; else write: not {} ...", name.text);
            return Err(Fault::new(start..start + 3, "`not` stands before what it turns around", hint));
        }
        for (word, operator) in WORDS {
            if self.take_keyword(word) {
                return Ok(operator);
            }
        }
        let typed = self.peek_word();
        let joins = ["and", "or"].iter().any(|word| typed.eq_ignore_ascii_case(word));
        if typed.is_empty() || joins {
            let what = format!("`{}` is not compared with anything", name.text);
            let hint =
                format!("`has {0}` asks whether a record has it; `{0} = VALUE` compares it", name.text);
            return Err(Fault::new(name.at.clone(), what, hint));
        }
        let hint = match typed.to_lowercase().as_str() {
            "is" | "eq" | "equals" => "write `=`".to_owned(),
            "like" => "write `contains`, `starts`, `ends`, or `~` with a regular expression".to_owned(),
            "matches" | "regex" => "write `~`".to_owned(),
            "between" => "write `in A..B`".to_owned(),
            lower => match closest(lower, WORDS.map(|(word, _)| word)) {
                Some(word) => format!("did you mean `{word}`?"),
                None => "operators are = != < <= > >= ~ !~ contains starts ends in; a name with blanks stands in quotes".to_owned(),
            },
        };
        Err(Fault::new(start..start + typed.len(), format!("`{typed}` is no operator"), hint))
    }

    /// A value, or two with `..` between them.
    fn item(&mut self, is_time: bool) -> Result<Item, Fault> {
        let from = self.value(is_time)?;
        if !self.rest().starts_with("..") {
            return Ok(Item::One(from));
        }
        self.at += 2;
        let to = self.value(is_time)?;
        if self.rest().starts_with("..") {
            let at = self.at..self.at + 2;
            return Err(Fault::new(at, "a range has two ends", "a value with dots in it stands in quotes"));
        }
        Ok(Item::Range(from, to))
    }

    fn value(&mut self, is_time: bool) -> Result<Word, Fault> {
        let start = self.at;
        if self.rest().starts_with(['"', '\'']) {
            return self.quoted();
        }
        let text = self.peek_word();
        if text.is_empty() {
            let end = self.rest().chars().next().map_or(start, |c| start + c.len_utf8());
            let hint = "a value with blanks or signs in it stands in quotes; the empty one is ''";
            return Err(Fault::new(start..end, "a value is missing here", hint));
        }
        self.at += text.len();
        if is_time && let Some(more) = self.rest_of_time(text) {
            self.at += more;
            let text = self.text[start..self.at].to_owned();
            return Ok(Word { text, quoted: true, at: start..self.at });
        }
        if self.rest().starts_with(|c| SPECIAL.contains(&c) && !matches!(c, ')' | ',' | '&' | '|')) {
            let what = format!("the value `{text}` is followed by a sign");
            let hint = "a value with signs in it stands in quotes: ~ 'fork\\(\\) failed'";
            return Err(Fault::new(self.at..self.at + 1, what, hint));
        }
        Ok(Word { text: text.to_owned(), quoted: false, at: start..self.at })
    }

    /// How long the rest of a time of two words is: of `today 09:00`, `2014-12-12 10:10` and `30m ago`.
    fn rest_of_time(&self, first: &str) -> Option<usize> {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start().len();
        let second = Parser { text: self.text, at: self.at + blanks, depth: 0 }.peek_word();
        let is_clock = second.contains(':') && second.starts_with(|c: char| c.is_ascii_digit());
        let is_day = ["today", "yesterday"].iter().any(|day| first.eq_ignore_ascii_case(day))
            || first.len() == 10 && first.as_bytes()[4] == b'-';
        let fits = is_day && is_clock || second.eq_ignore_ascii_case("ago");
        (blanks > 0 && fits).then_some(blanks + second.len())
    }

    /// A text in quotes. In double ones `\"` and `\\` stand for `"` and `\`; every other backslash, and all in
    /// single quotes, stands for itself, so that regular expressions need no second escaping.
    fn quoted(&mut self) -> Result<Word, Fault> {
        let start = self.at;
        let quote = self.rest().chars().next().unwrap_or('"');
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at = start + at + 1;
                    return Ok(Word { text, quoted: true, at: start..self.at });
                }
                '\\' if quote == '"' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, escaped)) => text.push(escaped),
                    None => text.push('\\'),
                },
                c => text.push(c),
            }
        }
        Err(Fault::new(start..start + 1, "this quote is never closed", ""))
    }
}

fn one_or(mut parts: Vec<Tree>, several: impl FnOnce(Vec<Tree>) -> Tree) -> Tree {
    match parts.len() {
        1 => parts.remove(0),
        _ => several(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        let tree = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        let printed = tree.to_string();
        assert_eq!(parse(&printed).as_ref(), Ok(&tree), "{printed}");
        printed
    }

    #[test]
    fn what_is_printed_reads_back() {
        for (text, expected) in [
            ("a=1", "a = 1"),
            ("a == 1 && b <> x||c !~ d", "a = 1 and b != x or c !~ d"),
            ("NOT (a=1 OR b=2) and !has c", "not (a = 1 or b = 2) and not has c"),
            ("((a=1))", "a = 1"),
            ("(a=1 or b=2) or c=3", "(a = 1 or b = 2) or c = 3"),
            ("a in (1,2..3 , '4 5')", "a in (1, 2..3, '4 5')"),
            ("a not in (x)", "a not in x"),
            ("ip in 10.0.0.0/8", "ip in 10.0.0.0/8"),
            ("time >= today 09:00 and x=1", "time >= 'today 09:00' and x = 1"),
            ("time in 2014-12-12 10:00..2014-12-12 11:00", "time in '2014-12-12 10:00'..'2014-12-12 11:00'"),
            ("time > -2h or time < 30m ago", "time > -2h or time < '30m ago'"),
            (r#"m ~ "a\d \"b\" \\ it's""#, r#"m ~ "a\\d \"b\" \\ it's""#),
            ("fields.'odd name' = '' and \"not\" = and", "'odd name' = '' and 'not' = and"),
            ("메시지 contains '메모리 부족'", "메시지 contains '메모리 부족'"),
            ("%iowait>70&&rxkB/s<1", "%iowait > 70 and rxkB/s < 1"),
        ] {
            assert_eq!(printed(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, place) in [
            ("", ""),
            ("a", "a"),
            ("a and b=1", "a"),
            ("a=1 b=2", "b"),
            ("a=", ""),
            ("a=1)", ")"),
            ("(a=1", "("),
            ("a in (1 2)", "2"),
            ("a in (1", "("),
            ("a like b", "like"),
            ("a not b", "not"),
            ("m ~ fork()", "("),
            ("m = 'x", "'"),
            ("100 < a", "100"),
            ("and a=1", "and"),
            ("a=1..2..3", ".."),
            ("has", ""),
        ] {
            let fault = parse(text).expect_err(text);
            assert_eq!(text.get(fault.at.clone()), Some(place), "{text}: {fault:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&"(".repeat(100_000)).is_err() && parse(&"not ".repeat(100_000)).is_err());
        assert!(parse(&format!("{}a=1{}", "(".repeat(60), ")".repeat(60))).is_ok());
    }
}
