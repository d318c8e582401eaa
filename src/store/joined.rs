//! Numbers joined by dots, and the rows of a part that hold them: addresses (`10.0.1.117`) above all, versions as well.
//!
//! It is exact: a text of digits and dots with at least three numbers can only stand within such a run of digits and
//! dots, and all runs of all records are here, whatever they stand in. So it is looked for in some ten thousand
//! addresses, and the rows are known without a record being read.

use std::collections::HashMap;

use super::packing::{BitReader, BitWriter, low_bits, push_bytes, push_number, take_bytes, take_number};

/// Addresses of a block: what is read to know whether its rows are wanted.
const BLOCK: usize = 64;

/// Most runs of a part that are remembered: records that are lists of numbers have no index.
const MOST_RUNS: usize = 4 << 20;

/// Calls `visit` for every run of digits and dots that joins three numbers at least, without dots at its ends.
fn runs<'a>(text: &'a [u8], mut visit: impl FnMut(&'a [u8])) {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let inside = |at: usize| text.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    let mut from = 0;
    while let Some(dot) = text.get(from..).and_then(|rest| memchr::memchr(b'.', rest)) {
        let (mut start, mut end) = (from + dot, from + dot + 1);
        if !digit(end) || !digit(start.wrapping_sub(1)) {
            from = end;
            continue;
        }
        while start > 0 && inside(start - 1) {
            start -= 1;
        }
        while inside(end) {
            end += 1;
        }
        from = end;
        let run = core(&text[start..end]);
        if is_joined(run) {
            visit(run);
        }
    }
}

/// A run without the dots at its ends.
fn core(mut run: &[u8]) -> &[u8] {
    while let [b'.', rest @ ..] | [rest @ .., b'.'] = run {
        run = rest;
    }
    run
}

/// Whether a run joins three numbers somewhere.
fn is_joined(run: &[u8]) -> bool {
    let mut numbers = 0;
    run.split(|byte| *byte == b'.').any(|number| {
        numbers = if number.is_empty() { 0 } else { numbers + 1 };
        numbers == 3
    })
}

/// The address that a run is, as it is usually written.
fn address(run: &[u8]) -> Option<u32> {
    let mut numbers = run.split(|byte| *byte == b'.');
    let mut address = 0;
    for _ in 0..4 {
        let number = numbers.next().filter(|number| (1..=3).contains(&number.len()))?;
        let value = number.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        if value > 255 || number.len() > 1 && number[0] == b'0' {
            return None;
        }
        address = address << 8 | value;
    }
    numbers.next().is_none().then_some(address)
}

/// Runs of the rows of a part, under way.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Addresses, each before a row.
    addresses: Vec<(u32, u32)>,
    /// Other runs, by their places, each before a row.
    others: Vec<(u32, u32)>,
    places: HashMap<Box<[u8]>, u32>,
}

impl Joiner {
    /// Notes the runs of a row.
    pub(super) fn push(&mut self, row: u32, text: &[u8]) {
        if self.addresses.len() + self.others.len() > MOST_RUNS {
            return;
        }
        runs(text, |run| match address(run) {
            Some(address) => self.addresses.push((address, row)),
            None => {
                let place = match self.places.get(run) {
                    Some(place) => *place,
                    None => {
                        let place = self.places.len() as u32;
                        self.places.insert(run.into(), place);
                        place
                    }
                };
                self.others.push((place, row));
            }
        });
    }

    /// As bytes, of a part of so many rows; nothing where there were too many.
    pub(super) fn finish(self, rows: u32) -> Vec<u8> {
        let Self { mut addresses, mut others, places } = self;
        let mut out = Vec::new();
        if addresses.len() + others.len() > MOST_RUNS {
            return out;
        }
        let mut texts: Vec<(Box<[u8]>, u32)> = places.into_iter().collect();
        texts.sort_unstable();
        let mut ranks = vec![0; texts.len()];
        texts.iter().enumerate().for_each(|(rank, (_, place))| ranks[*place as usize] = rank as u32);
        others.iter_mut().for_each(|(place, _)| *place = ranks[*place as usize]);
        push_number(&mut out, u64::from(rows));
        push_table(&mut out, &mut addresses, rows);
        push_number(&mut out, texts.len() as u64);
        texts.iter().for_each(|(text, _)| push_bytes(&mut out, text));
        push_table(&mut out, &mut others, rows);
        out
    }
}

/// How many low bits of the distances between rows are written as they are, of a number that stands in `count` rows.
fn row_bits(rows: u32, count: u32) -> u32 {
    low_bits(u64::from(rows / count.max(1)))
}

/// Appends numbers with their rows, a block after the other, behind how many numbers there are.
fn push_table(out: &mut Vec<u8>, pairs: &mut Vec<(u32, u32)>, rows: u32) {
    pairs.sort_unstable();
    pairs.dedup();
    let lists: Vec<&[(u32, u32)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    push_number(out, lists.len() as u64);
    let mut before = 0;
    for block in lists.chunks(BLOCK) {
        let last = block[block.len() - 1][0].0;
        let low = low_bits(u64::from(last - before) / block.len() as u64);
        let (mut numbers, mut places) = (BitWriter::default(), BitWriter::default());
        for list in block {
            numbers.push_rice(u64::from(list[0].0 - before), low);
            numbers.push_count(list.len() as u32);
            before = list[0].0;
            let low = row_bits(rows, list.len() as u32);
            let mut next = 0;
            for (_, row) in *list {
                places.push_rice(u64::from(row - next), low);
                next = row + 1;
            }
        }
        push_number(out, u64::from(low));
        push_bytes(out, &numbers.finish());
        push_bytes(out, &places.finish());
    }
}

/// Rows of those numbers of a table that are wanted.
fn take_table(rest: &mut &[u8], rows: u32, wanted: impl Fn(u32) -> bool, found: &mut Vec<u32>) -> Option<()> {
    let mut left = take_number(rest)?;
    let mut number = 0_u32;
    while left > 0 {
        let low = u32::try_from(take_number(rest)?).ok().filter(|low| *low <= 32)?;
        let (mut numbers, mut places) =
            (BitReader::new(take_bytes(rest)?), BitReader::new(take_bytes(rest)?));
        let count = left.min(BLOCK as u64);
        left -= count;
        let (mut lists, mut until) = ([(0, false); BLOCK], 0);
        for (index, list) in lists.iter_mut().enumerate().take(count as usize) {
            number = number.checked_add(u32::try_from(numbers.take_rice(low)?).ok()?)?;
            *list = (numbers.take_count()?, wanted(number));
            if list.1 {
                until = index + 1;
            }
        }
        for (count, wanted) in &lists[..until] {
            let low = row_bits(rows, *count);
            let mut next = 0_u64;
            for _ in 0..*count {
                let row = next.checked_add(places.take_rice(low)?)?;
                next = row.checked_add(1)?;
                if *wanted {
                    found.push(u32::try_from(row).ok().filter(|row| *row < rows)?);
                }
            }
        }
    }
    Some(())
}

/// Numbers joined by dots, as they are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    text: Vec<u8>,
    /// Whether they are all that is looked for: then the rows that hold them are those that are.
    pub(super) whole: bool,
}

impl Joined {
    /// The longest run of joined numbers in a text.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut longest: &[u8] = &[];
        runs(text, |run| {
            if run.len() > longest.len() {
                longest = run;
            }
        });
        (!longest.is_empty()).then(|| Self { text: longest.to_vec(), whole: longest.len() == text.len() })
    }

    /// For each number of an address what it may be, where these numbers begin with it: the last may go on, the first
    /// may have begun before.
    fn fits(&self) -> Vec<Vec<[bool; 256]>> {
        let numbers: Vec<&[u8]> = self.text.split(|byte| *byte == b'.').collect();
        let last = numbers.len() - 1;
        let all = [true; 256];
        (0..5_usize.saturating_sub(numbers.len()))
            .map(|first| {
                let mut fits = vec![all; 4];
                for (index, number) in numbers.iter().enumerate() {
                    fits[first + index] = std::array::from_fn(|value| {
                        let text = value.to_string();
                        match index {
                            0 => text.as_bytes().ends_with(number),
                            _ if index == last => text.as_bytes().starts_with(number),
                            _ => text.as_bytes() == *number,
                        }
                    });
                }
                fits
            })
            .collect()
    }

    /// Rows that hold these numbers, ascending, of those that [`Joiner::finish`] wrote; `None` where nothing is known.
    pub(super) fn rows(&self, mut bytes: &[u8]) -> Option<Vec<u32>> {
        let rest = &mut bytes;
        let rows = u32::try_from(take_number(rest)?).ok()?;
        let mut found = Vec::new();
        let fits = self.fits();
        let holds = |address: u32| {
            let address = address.to_be_bytes();
            fits.iter().any(|fits| fits.iter().zip(address).all(|(fits, number)| fits[usize::from(number)]))
        };
        take_table(rest, rows, holds, &mut found)?;
        let finder = memchr::memmem::Finder::new(&self.text);
        let mut texts = Vec::new();
        for _ in 0..take_number(rest)? {
            texts.push(finder.find(take_bytes(rest)?).is_some());
        }
        take_table(rest, rows, |place| texts.get(place as usize).is_some_and(|holds| *holds), &mut found)?;
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 14] = [
        "Failed password for root from 10.0.1.117 port 4711",
        "from 110.0.1.117 and 10.0.1.1170, 10.0.1.11.",
        "v8.2112.0 at 10.0.01.117",
        "1.2.3.4.5.6 ... 1..2 .1.2.3. 300.1.2.3",
        "took 12.5 s, 7.1, 3.",
        "10.0.1.117,10.0.1.118;10.0.1.117",
        "a1.2.3b 주소 10.0.1.9",
        "",
        "255.255.255.255 0.0.0.0",
        "1.2..3.4.5",
        "...",
        "1.2.3.4:80->5.6.7.8:90",
        "x10.0.1",
        "198.18.7.1 198.18.7.2 198.18.70.1",
    ];

    fn index(texts: &[&[u8]]) -> Vec<u8> {
        let mut joiner = Joiner::default();
        texts.iter().enumerate().for_each(|(row, text)| joiner.push(row as u32, text));
        joiner.finish(texts.len() as u32)
    }

    #[test]
    fn rows_are_those_that_a_search_finds() {
        // More than a block of them, some of them often.
        let many: Vec<String> =
            (0..500).map(|n| format!("10.7.{}.{} 192.168.0.{}", n / 9, n * 7 % 256, n % 3)).collect();
        let texts: Vec<&[u8]> =
            TEXTS.iter().map(|text| text.as_bytes()).chain(many.iter().map(String::as_bytes)).collect();
        let bytes = index(&texts);
        let mut exact = 0;
        for text in &texts {
            for start in 0..text.len() {
                for end in start + 1..=text.len().min(start + 18) {
                    let Some(joined) = Joined::of(&text[start..end]) else { continue };
                    let holds =
                        |row: &u32| memchr::memmem::find(texts[*row as usize], &text[start..end]).is_some();
                    let (rows, all) = (joined.rows(&bytes).expect("an index"), 0..texts.len() as u32);
                    let found: Vec<u32> = all.filter(holds).collect();
                    if joined.whole {
                        assert_eq!(rows, found, "{}", String::from_utf8_lossy(&text[start..end]));
                        exact += 1;
                    }
                    assert!(found.iter().all(|row| rows.contains(row)));
                }
            }
        }
        assert!(exact > 1_000, "{exact}");
    }

    #[test]
    fn only_what_surely_stands_in_a_run_is_looked_for() {
        let of = |text: &str| {
            Joined::of(text.as_bytes()).map(|it| (String::from_utf8_lossy(&it.text).into_owned(), it.whole))
        };
        assert_eq!(of("10.0.1.117"), Some(("10.0.1.117".to_owned(), true)));
        assert_eq!(of("from 10.0.1. "), Some(("10.0.1".to_owned(), false)));
        assert_eq!(of("10.0.1."), Some(("10.0.1".to_owned(), false)));
        for none in ["10.0", "10.0.", ".", "1..2.3", "a.b.c", "1.b.2.c"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn damaged_bytes_are_no_rows_out_of_the_part() {
        let bytes = index(&TEXTS.map(str::as_bytes));
        let joined = Joined::of(b"10.0.1.117").expect("joined");
        for at in 0..bytes.len() {
            assert_eq!(joined.rows(&bytes[..at]), None);
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                let _ = joined.rows(&bytes);
            }
        }
    }
}
