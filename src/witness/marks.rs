//! What makes a record recognisable in another file: identifiers that are used once, and the message as
//! a whole where two files hold the same event.
//!
//! Only hashes are kept. Every file keeps the smallest ones, so two files that saw the same identifiers
//! keep the same ones (coordinated sampling: Cohen and Kaplan, "Summarizing data using bottom-k
//! sketches", PODC 2007).

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::testimony::Written;

/// What a mark is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkKind {
    /// A word that names one request, object, connection or the like, wherever it is written.
    Id,
    /// The text of a whole message, its numbers included.
    Message,
    /// A request, told by who made it and for what: two logs of one web server both have it.
    Request,
    /// The end of a process, told by its pid: the kernel and its parent both log it.
    Death,
}

/// Which host's record a mark stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SaidBy {
    /// It names none.
    Unnamed,
    /// The one of this number among those that the file's records name.
    Host(u32),
    /// Records of several hosts: nobody knows whose it is.
    Several,
}

impl SaidBy {
    /// Who says what both say.
    pub fn with(self, other: Self) -> Self {
        if self == other { self } else { Self::Several }
    }
}

/// Where and when one mark was seen in one stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Hash of the mark.
    pub hash: u64,
    /// What it is made of.
    pub kind: MarkKind,
    /// The stretch of the file.
    pub piece: u32,
    /// How much the stamps of its records say.
    pub written: Written,
    /// First and last of those stamps, nanoseconds.
    pub span: (i64, i64),
    /// Offset of the first record with it.
    pub offset: u64,
    /// How many records had it.
    pub count: u32,
    /// Whose they are.
    pub by: SaidBy,
}

/// The marks of one file.
#[derive(Debug)]
pub(super) struct Marks {
    /// Marks kept.
    most: usize,
    sights: HashMap<(u32, MarkKind, Written, u64), Sight>,
    /// Hashes from this on are not kept.
    limit: Option<u64>,
}

impl Marks {
    /// Keeps up to `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, sights: HashMap::new(), limit: None }
    }

    /// Adds a mark seen at `at` in the record at `offset`, and whose that is.
    pub(super) fn add(
        &mut self,
        piece: u32,
        kind: MarkKind,
        written: Written,
        hash: u64,
        (at, offset): (i64, u64),
        by: SaidBy,
    ) {
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        let sight = self.sights.entry((piece, kind, written, hash)).or_insert(Sight {
            hash,
            kind,
            piece,
            written,
            span: (at, at),
            offset,
            count: 0,
            by,
        });
        sight.count += 1;
        sight.by = sight.by.with(by);
        if at < sight.span.0 {
            sight.offset = offset;
        }
        sight.span = (sight.span.0.min(at), sight.span.1.max(at));
        if self.sights.len() > self.most {
            self.thin();
        }
    }

    /// Halves the number of marks: those with the smaller hashes stay.
    fn thin(&mut self) {
        let mut hashes: Vec<u64> = self.sights.keys().map(|key| key.3).collect();
        let middle = hashes.len() / 2;
        let (_, limit, _) = hashes.select_nth_unstable(middle);
        self.limit = Some(*limit);
        let limit = *limit;
        self.sights.retain(|key, _| key.3 < limit);
    }

    /// The marks, by stretch, kind, way of writing and hash.
    pub(super) fn finish(self) -> Vec<Sight> {
        let mut sights: Vec<Sight> = self.sights.into_values().collect();
        sights.sort_unstable_by_key(|sight| (sight.piece, sight.kind, sight.written, sight.hash));
        sights
    }
}

/// A hash of some texts, eight bytes a step and finished with a mixer (MurmurHash3's), so that the smallest
/// hashes are a fair sample. The same for the same texts, in every run and on every machine.
pub(super) fn hash(parts: &[&[u8]]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let mut words = part.chunks_exact(8);
        for word in words.by_ref() {
            let word = word.iter().rev().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            state = (state.rotate_left(29) ^ word).wrapping_mul(ODD);
        }
        let rest =
            words.remainder().iter().fold(part.len() as u64, |word, byte| (word << 8) | u64::from(*byte));
        state = (state.rotate_left(29) ^ rest).wrapping_mul(ODD);
    }
    let mixed = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

/// Most words of one record that are kept.
const MOST_WORDS: usize = 24;

/// Calls `found` for every word of a message that names one thing: request ids, UUIDs, hashes, ports with
/// their address, long numbers.
pub(super) fn ids(message: &[u8], mut found: impl FnMut(&[u8])) {
    let mut words = 0;
    let mut at = 0;
    while at < message.len() && words < MOST_WORDS {
        if !is_word(message[at]) {
            at += 1;
            continue;
        }
        let length = message[at..].iter().take_while(|byte| is_word(**byte)).count();
        let word = trim(&message[at..at + length]);
        if names_one_thing(word) {
            words += 1;
            found(word);
        }
        at += length;
    }
}

/// A message without the name of who says it, which a program writes into its own file (`AGENT: `, `main - `)
/// and hands to syslog beside the message.
pub(super) fn behind_name(message: &[u8]) -> &[u8] {
    const LONGEST: usize = 40;
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let length = message.iter().take(LONGEST).take_while(|byte| name(byte)).count();
    match &message[length..] {
        [b':', b' ', rest @ ..] | [b' ', b'-', b' ', rest @ ..] if length > 0 => rest.trim_ascii_start(),
        _ => message,
    }
}

/// Calls `found` for what a message tells that others on the host tell as well: a request, the end of a
/// process.
pub(super) fn deeds(message: &[u8], mut found: impl FnMut(MarkKind, u64)) {
    if let Some((client, request)) = request(message) {
        found(MarkKind::Request, hash(&[client, request]));
    }
    if DEATHS.iter().any(|death| death.find(message).is_some()) {
        pids(message, |pid| found(MarkKind::Death, hash(&[b"pid", pid])));
    }
}

/// Words of messages that tell of a process's end.
static DEATHS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| ["segfault at", "on signal ", "illed process", "general protection"].map(Finder::new));

/// The client's address and the request (`POST /login`) of a web server's record.
fn request(message: &[u8]) -> Option<(&[u8], &[u8])> {
    const METHODS: [&[u8]; 6] = [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"PATCH"];
    let slash = memchr::memchr_iter(b'/', message).filter_map(|slash| slash.checked_sub(1)).find(|at| {
        let Some(before) = message[..=*at].strip_suffix(b" ") else { return false };
        METHODS.iter().any(|method| {
            before
                .strip_suffix(*method)
                .is_some_and(|rest| rest.last().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
        })
    })?;
    let start = message[..slash].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
    let path = message[slash + 1..].iter().position(|byte| matches!(byte, b' ' | b'"' | b'?'))?;
    let client = message.split(|byte| !(byte.is_ascii_digit() || *byte == b'.')).find(|word| {
        word.iter().filter(|byte| **byte == b'.').count() == 3
            && word.split(|byte| *byte == b'.').all(|part| (1..=3).contains(&part.len()))
    })?;
    Some((client, &message[start..slash + 1 + path]))
}

/// The pids in a message: `php-fpm[9401]`, `child 9401`, `process 9401`, `pid 9401`.
fn pids(message: &[u8], mut found: impl FnMut(&[u8])) {
    const BEFORE: [&[u8]; 4] = [b"[", b"child ", b"rocess ", b"pid "];
    let mut at = 0;
    while let Some(start) = message[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) {
        let length = message[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let behind = BEFORE.iter().any(|before| message[..start].ends_with(before));
        let whole = message.get(start + length).is_none_or(|next| matches!(next, b']' | b' ' | b':' | b','));
        if (3..=7).contains(&length) && behind && whole {
            found(&message[start..start + length]);
        }
        at = start + length;
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')
}

/// A word without the punctuation around it.
fn trim(word: &[u8]) -> &[u8] {
    let start = word.iter().position(u8::is_ascii_alphanumeric).unwrap_or(word.len());
    let end = word.iter().rposition(u8::is_ascii_alphanumeric).map_or(start, |at| at + 1);
    &word[start..end.max(start)]
}

/// Whether a word is specific enough: `req-be273409-e89f`, `0af7651916cd43dd`, `10.0.20.24:56312`,
/// `184473901`. Not: dates, versions, addresses, names with a number.
fn names_one_thing(word: &[u8]) -> bool {
    if !(8..=80).contains(&word.len()) {
        return false;
    }
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let hexes = word.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    let colons = word.iter().filter(|byte| **byte == b':').count();
    let dots = word.iter().filter(|byte| **byte == b'.').count();
    if colons == 1 && dots == 3 && digits + colons + dots == word.len() {
        // An address with a port that the system chose for one connection.
        let port = word.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        return port.len() == 5;
    }
    if colons > 0 || dots > 0 {
        return false;
    }
    let dashes = word.iter().filter(|byte| matches!(byte, b'-' | b'_')).count();
    let letters = word.len() - digits - dashes;
    // A number of eight digits or fewer is a date, a size or a counter.
    if letters == 0 {
        return digits > 8 && dashes == 0;
    }
    // Hexadecimal of some length, or a mixture that no name would be.
    (hexes >= 12 && digits >= 4) || (digits >= 6 && letters >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_names() {
        let mut found = Vec::new();
        let message = b"[req-be273409-e89f-4ef7-8f33-c29d4ceb44f1 - -] from 10.0.20.24:56312 10.0.0.1:80 \
            trace=0af7651916cd43dd8448eb211c80319c 2018-06-26 20180626 python2.7 nova-compute-01 184473901 v1.2.3";
        ids(message, |word| found.push(String::from_utf8_lossy(word).into_owned()));
        assert_eq!(
            found,
            [
                "req-be273409-e89f-4ef7-8f33-c29d4ceb44f1",
                "10.0.20.24:56312",
                "0af7651916cd43dd8448eb211c80319c",
                "184473901"
            ]
        );
    }

    #[test]
    fn a_name_before_a_message_is_no_part_of_it() {
        for (message, rest) in [
            ("AGENT: heartbeat 12 ok", "heartbeat 12 ok"),
            ("com.shop.Order - placed 7", "placed 7"),
            ("heartbeat 12: ok", "heartbeat 12: ok"),
            (": empty", ": empty"),
            ("AGENT:", "AGENT:"),
            ("", ""),
        ] {
            assert_eq!(behind_name(message.as_bytes()), rest.as_bytes(), "{message}");
        }
    }

    #[test]
    fn a_request_and_a_death_are_told_alike_by_all_who_tell_them() {
        let told = |message: &[u8]| {
            let mut told = Vec::new();
            deeds(message, |kind, hash| told.push((kind, hash)));
            told
        };
        let access =
            br#""remote_addr":"203.0.113.73","request":"POST /wp-comments-post.php HTTP/1.1","status":502"#;
        let error = br#"recv() failed (104: x), client: 203.0.113.73, server: m, request: "POST /wp-comments-post.php HTTP/1.1", host: "m""#;
        assert_eq!(told(access), told(error));
        assert_eq!(told(access).len(), 1);
        let kernel = b"[604065.445632] php-fpm[9401]: segfault at 80001000321 ip 00000000005c8407";
        let parent = b"WARNING: [pool www] child 9401 exited on signal 11 (SIGSEGV) after 42.463774 seconds";
        assert_eq!(told(kernel), told(parent));
        assert_eq!(told(b"sshd[9401]: session closed"), []);
    }

    #[test]
    fn thinning_keeps_the_same_marks_in_every_file() {
        const MOST: usize = 4096;
        let mut small = Marks::new(MOST);
        let mut large = Marks::new(MOST);
        for number in 0..3 * MOST as u64 {
            let hash = hash(&[&number.to_le_bytes()]);
            large.add(0, MarkKind::Id, Written::Local, hash, (1, number), SaidBy::Unnamed);
            if number % 3 == 0 {
                small.add(0, MarkKind::Id, Written::Local, hash, (2, number), SaidBy::Unnamed);
            }
        }
        let large: Vec<u64> = large.finish().iter().map(|sight| sight.hash).collect();
        let small: Vec<u64> = small.finish().iter().map(|sight| sight.hash).collect();
        let common = large.iter().filter(|hash| small.contains(hash)).count();
        assert!(large.len() <= MOST && common * 4 > large.len(), "{common} of {}", large.len());
    }
}
