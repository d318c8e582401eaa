//! Binary logs as lines of text: login records, systemd journals, packet captures.
//!
//! A renderer is pure: bytes in, whole lines out, the same lines whoever asks for how much. From there on a
//! binary log is text like any other: a grammar reads its lines, and `file:line` names a rendered line. No
//! code above this module knows a binary format.
//!
//! Each line starts with the record's own time in UTC, because that is what all these formats keep. What is
//! no whole record is counted with its place and told at the end ([`Losses`]), never dropped in silence.
//! Memory is bounded: by one record, or by tables with a stated limit; never by the file.

pub mod journal;
mod line;
mod losses;
pub mod pcap;
mod rendered;
pub mod utmp;

use std::io;

pub use journal::is_journal;
pub use losses::Losses;
pub use rendered::Rendered;

/// A kind of binary log that is read from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// utmp, wtmp: login records, in one of two layouts.
    Utmp(utmp::Layout),
    /// btmp: the same records, of logins that failed.
    Btmp(utmp::Layout),
    /// The last login of each user, by number.
    Lastlog(utmp::Layout),
    /// Captured packets: pcap, pcapng.
    Packets,
}

impl Kind {
    /// Tells a binary log by its first bytes. Login records have no magic: every record of the head must be
    /// one. `name` counts only where bytes cannot tell: a lastlog's head may hold nothing but zeros, and some
    /// login programs write the same record for a login that failed as others for one that did not.
    pub fn recognise(head: &[u8], name: &str) -> Option<Self> {
        if pcap::is_capture(head) {
            return Some(Self::Packets);
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        utmp::recognise_lastlog(head, base.starts_with("lastlog")).map(Self::Lastlog).or_else(|| {
            match base.starts_with("btmp") {
                true => utmp::recognise(head).map(Self::Btmp),
                false => utmp::recognise(head).map(Self::Utmp),
            }
        })
    }

    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utmp(_) | Self::Btmp(_) => "utmp",
            Self::Lastlog(_) => "lastlog",
            Self::Packets => "capture",
        }
    }
}

/// Renders a binary log piece by piece.
pub trait Render: Send {
    /// Appends the next whole lines, some or none; `false` at the end of the log. After an error nothing
    /// more can be read.
    fn more(&mut self, out: &mut Vec<u8>) -> io::Result<bool>;

    /// Appends what is only known at the end. Called once, after the end or an error.
    fn end(&mut self, _out: &mut Vec<u8>) {}

    /// What could not be rendered, as a sentence.
    fn loss(&self) -> Option<String>;
}

/// Bytes that can be read at any place.
pub trait ReadAt: Send {
    /// Fills `out` with the bytes at `offset`: how many there were, fewer only where they end.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let count = out.len().min(self.len() - start);
        out[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }
}

/// A little-endian or big-endian number of up to eight bytes at a place; `None` where the bytes end.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
