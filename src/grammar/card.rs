//! What must be known of every grammar before any line is read: its name, its place among the others and the
//! bytes its records can begin with. A run needs a few grammars, and compiling all of them would be half of its
//! start.
//!
//! Only a compiled grammar knows these things, so the cards of the embedded ones are kept in `grammars/cards.txt`,
//! each with a hash of the text it was made of. A card that does not fit its text is none: such a grammar is
//! compiled at the start, as a user's is, and only costs time.

use std::borrow::Cow;

use super::model::Grammar;
use crate::base::ByteSet;

/// A grammar from the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub name: Cow<'static, str>,
    pub title: Cow<'static, str>,
    pub rank: u8,
    pub weight: u32,
    pub primary_only: bool,
    pub peeks: bool,
    /// What a record may begin with.
    pub first: ByteSet,
}

impl Card {
    /// The card of a grammar that is compiled.
    pub(super) fn of(grammar: &Grammar) -> Self {
        Self {
            name: grammar.name.clone().into(),
            title: grammar.title.clone().into(),
            rank: grammar.rank,
            weight: grammar.weight,
            primary_only: grammar.primary_only,
            peeks: grammar.peeks,
            first: grammar.first,
        }
    }

    /// Reads a line of `cards.txt` without its hash: `rank weight flags first name title`.
    pub(super) fn read(line: &'static str) -> Option<Self> {
        let mut parts = line.splitn(6, ' ');
        let (rank, weight) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let flags = parts.next()?;
        Some(Self {
            rank,
            weight,
            primary_only: flags.contains('p'),
            peeks: flags.contains('b'),
            first: ByteSet::from_hex(parts.next()?)?,
            name: parts.next()?.into(),
            title: parts.next()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::grammar::load::compile_alone;

    /// FNV-1a, as `build.rs` has it.
    fn hash(text: &str) -> u64 {
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    fn line(card: &Card) -> String {
        let flags = match (card.primary_only, card.peeks) {
            (true, true) => "pb",
            (true, false) => "p",
            (false, true) => "b",
            (false, false) => "-",
        };
        let Card { rank, weight, first, name, title, .. } = card;
        format!("{rank} {weight} {flags} {} {name} {title}", first.to_hex())
    }

    #[test]
    fn cards_are_those_of_the_grammars() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
        let mut paths: Vec<_> = std::fs::read_dir(&folder)
            .expect("the grammars")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        paths.sort();
        let mut cards = String::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("text");
            let (grammar, _) = compile_alone("x", &text).unwrap_or_else(|fault| panic!("{fault}"));
            let card = Card::of(&grammar);
            let shown: &'static str = Box::leak(line(&card).into_boxed_str());
            assert_eq!(Card::read(shown), Some(card));
            writeln!(cards, "{:016x} {shown}", hash(&text)).expect("in memory");
        }
        let kept = folder.join("cards.txt");
        if std::env::var_os("UPDATE_CASES").is_some() {
            return std::fs::write(kept, cards).expect("written");
        }
        let known = std::fs::read_to_string(kept).unwrap_or_default();
        assert!(
            known == cards,
            "grammars changed: `UPDATE_CASES=1 cargo test --lib cards` writes grammars/cards.txt"
        );
    }
}
