//! Packets out of pcap and pcapng files, with their times.
//!
//! pcap: both byte orders, microseconds and nanoseconds. pcapng: any number of sections and interfaces with
//! their own resolution and offset of time; packets without a time (simple packet blocks) are counted only.

use std::io::{self, BufRead};

use crate::io::binary::{Losses, number};

/// No packet is longer: `tcpdump` takes 256 KiB of one at most.
const MOST: u32 = 1 << 20;

/// One packet as it was captured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Digits of a second that its time has.
    pub digits: usize,
    /// What kind of network it came from.
    pub link: u16,
    /// Its length on the wire.
    pub wire: u32,
}

/// What comes next in a capture.
pub(super) enum Next {
    Frame(Frame),
    /// Something that is no packet, or has no time.
    Other,
    End,
    /// The file ends within a packet.
    Cut,
    /// From here on the file makes no sense.
    Damaged,
}

/// An interface that packets were captured on (pcapng).
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    resolution: u8,
    offset: i64,
}

/// Reads a capture from its beginning.
pub(super) struct Frames {
    source: Box<dyn BufRead + Send>,
    /// Bytes read so far.
    pub at: u64,
    /// The packet's bytes.
    pub bytes: Vec<u8>,
    /// Packets that the capturing system says it lost.
    pub dropped: u64,
    /// Packets without a time.
    pub timeless: Losses,
    format: Format,
}

enum Format {
    Unknown,
    Pcap { big: bool, nanos: bool, link: u16 },
    PcapNg { big: bool, interfaces: Vec<Interface> },
}

/// The magic numbers, as their bytes lie in the file.
const PCAP: [([u8; 4], bool, bool); 4] = [
    ([0xd4, 0xc3, 0xb2, 0xa1], false, false),
    ([0xa1, 0xb2, 0xc3, 0xd4], true, false),
    ([0x4d, 0x3c, 0xb2, 0xa1], false, true),
    ([0xa1, 0xb2, 0x3c, 0x4d], true, true),
];
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Interfaces of a section: more are damage.
const MOST_INTERFACES: usize = 4096;

/// Whether a file begins like a capture.
pub(in crate::io::binary) fn is_capture(head: &[u8]) -> bool {
    let pcap = PCAP.iter().any(|(magic, ..)| head.starts_with(magic)) && head.len() >= 24;
    let section = head.starts_with(&SECTION)
        && matches!(head.get(8..12), Some([0x4d, 0x3c, 0x2b, 0x1a] | [0x1a, 0x2b, 0x3c, 0x4d]));
    pcap || section
}

fn short(bytes: &[u8], at: usize, big: bool) -> Option<u16> {
    let bytes = number(bytes, at)?;
    Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

fn long(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let bytes = number(bytes, at)?;
    Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

impl Frames {
    pub(super) fn new(source: Box<dyn BufRead + Send>) -> Self {
        Self {
            source,
            at: 0,
            bytes: Vec::new(),
            dropped: 0,
            timeless: Losses::new("packets without a time"),
            format: Format::Unknown,
        }
    }

    /// The next packet; its bytes are in `self.bytes`.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        match self.format {
            Format::Unknown => self.begin(),
            Format::Pcap { big, nanos, link } => self.next_pcap(big, nanos, link),
            Format::PcapNg { big, .. } => self.next_block(big),
        }
    }

    /// Reads `count` bytes into `self.bytes`; how many there were.
    fn take(&mut self, count: usize) -> io::Result<usize> {
        self.bytes.clear();
        while self.bytes.len() < count {
            let ahead = match self.source.fill_buf() {
                Ok(ahead) => ahead,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if ahead.is_empty() {
                break;
            }
            let got = ahead.len().min(count - self.bytes.len());
            self.bytes.extend_from_slice(&ahead[..got]);
            self.source.consume(got);
        }
        self.at += self.bytes.len() as u64;
        Ok(self.bytes.len())
    }

    fn begin(&mut self) -> io::Result<Next> {
        let got = self.take(4)?;
        if self.bytes == SECTION {
            self.format = Format::PcapNg { big: false, interfaces: Vec::new() };
            return self.section();
        }
        let Some((_, big, nanos)) = PCAP.into_iter().find(|(magic, ..)| self.bytes == *magic) else {
            return Ok(if got == 0 { Next::End } else { Next::Damaged });
        };
        if self.take(20)? < 20 {
            return Ok(Next::Cut);
        }
        // The upper half of the field tells of checksums behind frames.
        let link = long(&self.bytes, 16, big).unwrap_or(0) as u16;
        self.format = Format::Pcap { big, nanos, link };
        Ok(Next::Other)
    }

    fn next_pcap(&mut self, big: bool, nanos: bool, link: u16) -> io::Result<Next> {
        match self.take(16)? {
            0 => return Ok(Next::End),
            16 => {}
            _ => return Ok(Next::Cut),
        }
        let field = |at| long(&self.bytes, at, big).unwrap_or(0);
        let (seconds, fraction, length, wire) = (field(0), field(4), field(8), field(12));
        if length > MOST || fraction >= 1_000_000_000 {
            return Ok(Next::Damaged);
        }
        let fraction = i64::from(fraction) * if nanos { 1 } else { 1000 };
        let time = i64::from(seconds) * 1_000_000_000 + fraction;
        if self.take(length as usize)? < length as usize {
            return Ok(Next::Cut);
        }
        Ok(Next::Frame(Frame { time, digits: if nanos { 9 } else { 6 }, link, wire: wire.max(length) }))
    }

    /// A block of pcapng: its kind, its length, its content, its length again.
    fn next_block(&mut self, big: bool) -> io::Result<Next> {
        match self.take(4)? {
            0 => return Ok(Next::End),
            4 => {}
            _ => return Ok(Next::Cut),
        }
        if self.bytes == SECTION {
            return self.section();
        }
        let kind = long(&self.bytes, 0, big).unwrap_or(0);
        if self.take(4)? < 4 {
            return Ok(Next::Cut);
        }
        let length = long(&self.bytes, 0, big).unwrap_or(0);
        if length < 12 || !length.is_multiple_of(4) {
            return Ok(Next::Damaged);
        }
        let content = length - 8;
        if !matches!(kind, 1 | 2 | 3 | 5 | 6) {
            // Names, secrets, what vendors add: not needed, and of any length.
            return self.skip(content.into());
        }
        if content > MOST {
            return Ok(Next::Damaged);
        }
        if self.take(content as usize)? < content as usize {
            return Ok(Next::Cut);
        }
        self.bytes.truncate(content as usize - 4);
        Ok(self.block(kind, big))
    }

    fn skip(&mut self, mut left: u64) -> io::Result<Next> {
        while left > 0 {
            let got = self.take(left.min(64 * 1024) as usize)?;
            if got == 0 {
                return Ok(Next::Cut);
            }
            left -= got as u64;
        }
        Ok(Next::Other)
    }

    /// The rest of a section's header, behind its kind: its length, and the byte order it is written in.
    fn section(&mut self) -> io::Result<Next> {
        if self.take(8)? < 8 {
            return Ok(Next::Cut);
        }
        let big = match self.bytes[4..] {
            [0x4d, 0x3c, 0x2b, 0x1a] => false,
            [0x1a, 0x2b, 0x3c, 0x4d] => true,
            _ => return Ok(Next::Damaged),
        };
        let length = long(&self.bytes, 0, big).unwrap_or(0);
        if length < 28 || !length.is_multiple_of(4) {
            return Ok(Next::Damaged);
        }
        self.format = Format::PcapNg { big, interfaces: Vec::new() };
        self.skip(u64::from(length) - 12)
    }

    fn block(&mut self, kind: u32, big: bool) -> Next {
        match kind {
            1 => self.interface(big),
            3 => {
                self.timeless.add(self.at);
                Next::Other
            }
            5 => {
                self.statistics(big);
                Next::Other
            }
            2 => {
                let (id, lost) = (short(&self.bytes, 0, big), short(&self.bytes, 2, big));
                self.dropped += u64::from(lost.filter(|lost| *lost != u16::MAX).unwrap_or(0));
                self.packet(id.map(u32::from), big)
            }
            _ => self.packet(long(&self.bytes, 0, big), big),
        }
    }

    fn interface(&mut self, big: bool) -> Next {
        let (Some(link), true) = (short(&self.bytes, 0, big), self.bytes.len() >= 8) else {
            return Next::Damaged;
        };
        let mut interface = Interface { link, resolution: 6, offset: 0 };
        for (code, value) in options(self.bytes.get(8..).unwrap_or_default(), big) {
            match (code, value) {
                (9, [resolution, ..]) => interface.resolution = *resolution,
                (14, value) => {
                    let bytes = number(value, 0).unwrap_or([0; 8]);
                    interface.offset =
                        if big { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) };
                }
                _ => {}
            }
        }
        match &mut self.format {
            Format::PcapNg { interfaces, .. } if interfaces.len() < MOST_INTERFACES => {
                interfaces.push(interface);
                Next::Other
            }
            _ => Next::Damaged,
        }
    }

    /// What an interface says of packets it lost; the last word of each counts.
    fn statistics(&mut self, big: bool) {
        for (code, value) in options(self.bytes.get(12..).unwrap_or_default(), big) {
            if code == 5
                && let Some(bytes) = number(value, 0)
            {
                let lost = if big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) };
                self.dropped = self.dropped.max(lost);
            }
        }
    }

    fn packet(&mut self, id: Option<u32>, big: bool) -> Next {
        let Format::PcapNg { interfaces, .. } = &self.format else { return Next::Damaged };
        let interface = id.and_then(|id| interfaces.get(id as usize));
        let field = |at| long(&self.bytes, at, big).unwrap_or(0);
        let (Some(interface), true) = (interface, self.bytes.len() >= 20) else { return Next::Damaged };
        let units = u64::from(field(4)) << 32 | u64::from(field(8));
        let (length, wire) = (field(12) as usize, field(16));
        if length > self.bytes.len() - 20 {
            return Next::Damaged;
        }
        let Some(time) = time(units, interface) else { return Next::Damaged };
        let digits = if matches!(interface.resolution, 0..=6) { 6 } else { 9 };
        let frame = Frame { time, digits, link: interface.link, wire: wire.max(length as u32) };
        self.bytes.truncate(20 + length);
        self.bytes.drain(..20);
        Next::Frame(frame)
    }
}

/// Nanoseconds since 1970 of a time in an interface's units; `None` if 64 bits do not hold it.
fn time(units: u64, interface: &Interface) -> Option<i64> {
    let per_second: u128 = match interface.resolution {
        power @ 0x80.. => 1_u128 << (power & 0x7f).min(100),
        power => 10_u128.checked_pow(power.into())?,
    };
    let nanos = u128::from(units).checked_mul(1_000_000_000)? / per_second;
    i64::try_from(nanos).ok()?.checked_add(interface.offset.checked_mul(1_000_000_000)?)
}

/// Options of a block: code and value.
fn options(mut rest: &[u8], big: bool) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (code, length) = (short(rest, 0, big)?, usize::from(short(rest, 2, big)?));
        let value = rest.get(4..4 + length)?;
        rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
        (code != 0).then_some((code, value))
    })
}
