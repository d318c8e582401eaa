//! Login records: utmp, wtmp and btmp (`struct utmp` of glibc), and lastlog.
//!
//! Two layouts are in use: 32-bit times where 32-bit programs run too (x86-64 and most others), 64-bit ones
//! on aarch64. Both little-endian; a big-endian machine's files are not recognised. 32-bit times are read
//! without a sign: records end in 2106, not in 2038.

use std::io::{self, BufRead};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::line::{push_pair, push_time};
use super::losses::{Losses, together};
use super::{Render, number};

/// How wide the numbers of a record are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// x86-64 and most others: 384 bytes a record, 292 in lastlog.
    Narrow,
    /// aarch64: 400 and 296.
    Wide,
}

/// Records rendered in one go.
const AT_ONCE: usize = 64;

/// Nobody has that many users: what of a lastlog lies further (in bytes) is a hole, or damage.
const LASTLOG_END: u64 = 4 << 30;

/// Seconds since 1970 that a record of a living system can have: from 1990 on. A machine without a clock
/// starts in 1970.
const EARLIEST: i64 = 631_152_000;

impl Layout {
    fn size(self) -> usize {
        match self {
            Self::Narrow => 384,
            Self::Wide => 400,
        }
    }

    fn lastlog_size(self) -> usize {
        match self {
            Self::Narrow => 292,
            Self::Wide => 296,
        }
    }
}

/// One record, its texts without the NULs behind them.
struct Record<'a> {
    kind: u16,
    pid: i32,
    line: &'a [u8],
    id: &'a [u8],
    user: &'a [u8],
    host: &'a [u8],
    exit: (i16, i16),
    session: i64,
    seconds: i64,
    micros: i64,
    address: [u8; 16],
    unused: &'a [u8],
}

fn text(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    &bytes[..end]
}

impl<'a> Record<'a> {
    /// Takes a record apart; `None` if it is too short.
    fn new(bytes: &'a [u8], layout: Layout) -> Option<Self> {
        let short = |at: usize| number(bytes, at).map(i16::from_le_bytes);
        let narrow = |at: usize| number(bytes, at).map(u32::from_le_bytes);
        let wide = |at: usize| number(bytes, at).map(i64::from_le_bytes);
        let (session, seconds, micros, behind) = match layout {
            Layout::Narrow => {
                (i64::from(narrow(336)?.cast_signed()), i64::from(narrow(340)?), i64::from(narrow(344)?), 348)
            }
            Layout::Wide => (wide(336)?, wide(344)?, wide(352)?, 360),
        };
        Some(Self {
            kind: number(bytes, 0).map(u16::from_le_bytes)?,
            pid: number(bytes, 4).map(i32::from_le_bytes)?,
            line: text(bytes.get(8..40)?),
            id: text(bytes.get(40..44)?).trim_ascii_end(),
            user: text(bytes.get(44..76)?),
            host: text(bytes.get(76..332)?),
            exit: (short(332)?, short(334)?),
            session,
            seconds,
            micros,
            address: number(bytes, behind)?,
            unused: bytes.get(behind + 16..layout.size())?,
        })
    }

    /// Whether a login program can have written it.
    fn is_plausible(&self) -> bool {
        self.kind <= 9
            && (0..1_000_000).contains(&self.micros)
            && (0..=i64::from(u32::MAX) * 2).contains(&self.seconds)
            && self.unused.iter().all(|byte| *byte == 0)
            && self.pid >= 0
    }

    /// A slot that was never used.
    fn is_empty(&self) -> bool {
        self.kind == 0 && self.seconds == 0 && self.user.is_empty() && self.line.is_empty()
    }

    /// The address a login came from, as text.
    fn address(&self) -> Option<String> {
        let [a, b, c, d, rest @ ..] = self.address;
        if rest.iter().any(|byte| *byte != 0) {
            return Some(Ipv6Addr::from(self.address).to_canonical().to_string());
        }
        (self.address != [0; 16]).then(|| Ipv4Addr::new(a, b, c, d).to_string())
    }

    /// What happened. A getty that waits writes the user LOGIN; any other record of its type is a login that
    /// failed. In a btmp (`failed`) every login is: sshd writes them as LOGIN_PROCESS, login of shadow as
    /// USER_PROCESS.
    fn what(&self, failed: bool) -> &'static str {
        match self.kind {
            6 | 7 if failed => "bad login",
            1 if self.user == b"shutdown" => "shutdown",
            1 => "runlevel",
            2 => "boot",
            3 => "clock set, new time",
            4 => "clock set, old time",
            5 => "init process",
            6 if self.user == b"LOGIN" && self.host.is_empty() => "login prompt",
            6 => "bad login",
            7 => "login",
            8 => "logout",
            9 => "accounting",
            _ => "empty slot",
        }
    }

    fn render(&self, out: &mut Vec<u8>, old: Option<(i64, i64)>, failed: bool) {
        push_time(out, self.seconds, self.micros as u32 * 1000, 6);
        out.extend_from_slice(b" utmp: ");
        out.extend_from_slice(self.what(failed).as_bytes());
        if let (3, Some((seconds, micros))) = (self.kind, old) {
            let by = (self.seconds - seconds) as f64 + (self.micros - micros) as f64 / 1e6;
            push_pair(out, "by", format!("{by:+.6}").as_bytes());
        }
        if self.kind == 1 {
            for (key, level) in [("to", self.pid & 0xff), ("from_level", self.pid >> 8 & 0xff)] {
                if level != 0 {
                    push_pair(out, key, &[level as u8]);
                }
            }
        }
        // The host of a start or a change of the run level is the kernel's release.
        let from = if matches!(self.kind, 1 | 2) { "kernel" } else { "from" };
        let texts = [("user", self.user), ("line", self.line), ("id", self.id), (from, self.host)];
        for (key, value) in texts.iter().filter(|(_, value)| !value.is_empty()) {
            push_pair(out, key, value);
        }
        if let Some(address) = self.address().filter(|address| address.as_bytes() != self.host) {
            push_pair(out, "address", address.as_bytes());
        }
        if self.kind != 1 && self.pid != 0 {
            push_pair(out, "pid", self.pid.to_string().as_bytes());
        }
        if self.session != 0 {
            push_pair(out, "session", self.session.to_string().as_bytes());
        }
        if self.exit != (0, 0) {
            push_pair(out, "signal", self.exit.0.to_string().as_bytes());
            push_pair(out, "exit", self.exit.1.to_string().as_bytes());
        }
        out.push(b'\n');
    }
}

/// The layout of login records, if every whole record of the head is one and one of them is in use.
pub(super) fn recognise(head: &[u8]) -> Option<Layout> {
    [Layout::Narrow, Layout::Wide].into_iter().find(|layout| {
        let mut used = false;
        let mut records = head.chunks_exact(layout.size());
        let fit = records.all(|bytes| match Record::new(bytes, *layout) {
            Some(record) if record.is_plausible() => {
                used |= record.kind != 0 && record.seconds >= EARLIEST;
                true
            }
            _ => false,
        });
        fit && used
    })
}

/// The layout of a lastlog: by its name if the head is all zeros (nobody with a low number ever logged in).
pub(super) fn recognise_lastlog(head: &[u8], named: bool) -> Option<Layout> {
    let layout = [Layout::Narrow, Layout::Wide].into_iter().find(|layout| {
        let mut used = false;
        let mut records = head.chunks_exact(layout.lastlog_size());
        let fit = records.all(|bytes| match LastLogin::new(bytes, *layout) {
            Some(None) => true,
            Some(Some(login)) => {
                used = true;
                login.is_plausible()
            }
            None => false,
        });
        fit && used
    });
    let zeros = named && !head.is_empty() && head.iter().all(|byte| *byte == 0);
    layout.or(zeros.then_some(Layout::Narrow))
}

/// The last login of one user.
struct LastLogin<'a> {
    seconds: i64,
    line: &'a [u8],
    host: &'a [u8],
}

impl<'a> LastLogin<'a> {
    /// A login, or none for a user who never did; `None` outside if the record is too short.
    fn new(bytes: &'a [u8], layout: Layout) -> Option<Option<Self>> {
        let (seconds, texts) = match layout {
            Layout::Narrow => (i64::from(number(bytes, 0).map(u32::from_le_bytes)?), 4),
            Layout::Wide => (number(bytes, 0).map(i64::from_le_bytes)?, 8),
        };
        let line = bytes.get(texts..texts + 32)?;
        let host = bytes.get(texts + 32..texts + 288)?;
        let used = seconds != 0 || line.iter().chain(host).any(|byte| *byte != 0);
        Some(used.then_some(Self { seconds, line, host }))
    }

    fn is_plausible(&self) -> bool {
        let printable = |bytes: &[u8]| {
            let text = text(bytes);
            text.iter().all(|byte| *byte > 0x20 && *byte != 0x7f)
                && bytes[text.len()..].iter().all(|byte| *byte == 0)
        };
        // No host's name fills its place: what does is a line of text without blanks.
        (EARLIEST..i64::from(u32::MAX) * 2).contains(&self.seconds)
            && self.host.last() == Some(&0)
            && printable(self.line)
            && printable(self.host)
    }

    fn render(&self, out: &mut Vec<u8>, uid: u64) {
        push_time(out, self.seconds, 0, 0);
        out.extend_from_slice(b" lastlog: last login");
        push_pair(out, "uid", uid.to_string().as_bytes());
        for (key, value) in [("line", text(self.line)), ("from", text(self.host))] {
            if !value.is_empty() {
                push_pair(out, key, value);
            }
        }
        out.push(b'\n');
    }
}

/// Whose records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Logins,
    FailedLogins,
    LastLogins,
}

/// Renders login records or a lastlog, in file order.
pub struct Records {
    source: Box<dyn BufRead + Send>,
    layout: Layout,
    what: What,
    at: u64,
    /// Time of the record before, if it is the old one of a clock that was set.
    old: Option<(i64, i64)>,
    record: Vec<u8>,
    damaged: Losses,
    cut: Losses,
}

impl Records {
    /// utmp, wtmp; btmp, where all logins `failed`.
    pub fn utmp(source: Box<dyn BufRead + Send>, layout: Layout, failed: bool) -> Self {
        Self::new(source, layout, if failed { What::FailedLogins } else { What::Logins })
    }

    /// lastlog.
    pub fn lastlog(source: Box<dyn BufRead + Send>, layout: Layout) -> Self {
        Self::new(source, layout, What::LastLogins)
    }

    fn new(source: Box<dyn BufRead + Send>, layout: Layout, what: What) -> Self {
        Self {
            source,
            layout,
            what,
            at: 0,
            old: None,
            record: Vec::new(),
            damaged: Losses::new("damaged records"),
            cut: Losses::new("records cut off"),
        }
    }

    /// Reads the next record; whether there is a whole one.
    fn next(&mut self) -> io::Result<bool> {
        let size = match self.what {
            What::LastLogins => self.layout.lastlog_size(),
            _ => self.layout.size(),
        };
        self.record.clear();
        while self.record.len() < size {
            let ahead = self.source.fill_buf()?;
            if ahead.is_empty() {
                break;
            }
            let count = ahead.len().min(size - self.record.len());
            self.record.extend_from_slice(&ahead[..count]);
            self.source.consume(count);
        }
        if !self.record.is_empty() && self.record.len() < size {
            self.cut.add(self.at);
        }
        Ok(self.record.len() == size)
    }

    fn render(&mut self, out: &mut Vec<u8>) {
        if self.what == What::LastLogins {
            let uid = self.at / self.layout.lastlog_size() as u64;
            match LastLogin::new(&self.record, self.layout) {
                Some(Some(login)) if login.is_plausible() => login.render(out, uid),
                Some(None) => {}
                _ => self.damaged.add(self.at),
            }
            return;
        }
        match Record::new(&self.record, self.layout) {
            Some(record) if record.is_plausible() => {
                if !record.is_empty() {
                    record.render(out, self.old, self.what == What::FailedLogins);
                }
                self.old = (record.kind == 4).then_some((record.seconds, record.micros));
            }
            _ => {
                self.damaged.add(self.at);
                self.old = None;
            }
        }
    }
}

impl Render for Records {
    fn more(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        for _ in 0..AT_ONCE {
            if self.what == What::LastLogins && self.at >= LASTLOG_END {
                self.cut.add(self.at);
                return Ok(false);
            }
            if !self.next()? {
                return Ok(false);
            }
            self.render(out);
            self.at += self.record.len() as u64;
        }
        Ok(true)
    }

    fn loss(&self) -> Option<String> {
        together([&self.damaged, &self.cut])
    }
}
