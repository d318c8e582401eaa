//! Packet captures (pcap, pcapng) as events: what an operator looks for in one, a line each, and not packet
//! by packet.
//!
//! Told are: start and end of the capture, silences in it, the first packet between each two talkers, TCP
//! connections that got no answer, were refused or reset, segments sent again, closed windows, ICMP errors,
//! failed DNS lookups, two cards with one address. What happens often is told once per ten seconds with its
//! count. A line bears the time of the first packet it is about, and may stand a little behind later ones.
//!
//! Addresses are given as `client` and `server`: who sent the SYN, else who has the higher port.

mod dns;
mod frames;
mod packet;
mod talk;
mod tcp;
mod told;

use std::io::{self, BufRead, Write as _};

use super::Render;
use super::line::{push_pair, push_time};
use super::losses::{Losses, together};
use frames::{Frame, Frames, Next};
use packet::Packet;
use talk::Talk;

pub(in crate::io::binary) use frames::is_capture;

/// Packets looked at in one go.
const AT_ONCE: usize = 512;

/// A capture that is silent for so long is worth a line.
const SILENCE: i64 = 10 * 1_000_000_000;

/// Renders a capture, in file order.
pub struct Capture {
    frames: Frames,
    talk: Talk,
    /// Time of the first packet, of the last one by time, and digits of its seconds.
    seen: Option<(i64, i64, usize)>,
    packets: u64,
    bytes: u64,
    other: u64,
    bad: Losses,
    cut: Losses,
    damaged: Losses,
}

impl Capture {
    /// A capture, from its first byte.
    pub fn new(source: Box<dyn BufRead + Send>) -> Self {
        Self {
            frames: Frames::new(source),
            talk: Talk::default(),
            seen: None,
            packets: 0,
            bytes: 0,
            other: 0,
            bad: Losses::new("packets with headers that make no sense or are cut off"),
            cut: Losses::new("packets cut off where the capture ends"),
            damaged: Losses::new("places that make no sense, behind which nothing is read"),
        }
    }

    fn frame(&mut self, frame: &Frame, at: u64, out: &mut Vec<u8>) {
        self.packets += 1;
        self.bytes += u64::from(frame.wire);
        match &mut self.seen {
            None => {
                self.seen = Some((frame.time, frame.time, frame.digits));
                push_head(out, frame.time, frame.digits, "capture starts");
                push_pair(out, "link", link_name(frame.link).as_bytes());
                out.push(b'\n');
            }
            Some((_, last, digits)) => {
                if frame.time.saturating_sub(*last) > SILENCE {
                    self.talk.pass(frame.time, out);
                    push_head(out, *last, *digits, "no packets");
                    push_pair(out, "seconds", seconds(frame.time.saturating_sub(*last)).as_bytes());
                    out.push(b'\n');
                }
                *last = (*last).max(frame.time);
                *digits = frame.digits;
            }
        }
        let now = self.seen.map_or(frame.time, |(_, last, _)| last);
        self.talk.digits = frame.digits;
        self.talk.pass(now, out);
        match Packet::new(frame.link, &self.frames.bytes, frame.wire) {
            Packet::Ip(packet) => self.talk.ip(frame.time, &packet, &self.frames.bytes, out),
            Packet::Arp { address, mac } => self.talk.arp(frame.time, address, mac, out),
            Packet::Other => self.other += 1,
            Packet::Bad => self.bad.add(at),
        }
    }
}

impl Render for Capture {
    fn more(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        for _ in 0..AT_ONCE {
            let at = self.frames.at;
            match self.frames.next()? {
                Next::Frame(frame) => self.frame(&frame, at, out),
                Next::Other => {}
                Next::End => return Ok(false),
                Next::Cut => {
                    self.cut.add(at);
                    return Ok(false);
                }
                Next::Damaged => {
                    self.damaged.add(at);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.talk.end(out);
        let Some((first, last, digits)) = self.seen else { return };
        push_head(out, last, digits, "capture ends");
        push_pair(out, "seconds", seconds(last.saturating_sub(first)).as_bytes());
        let totals = [
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("connections", self.talk.connections()),
            ("not_looked_into", self.other),
            ("bad", self.bad.count()),
            ("twice", self.talk.twice()),
            ("dropped", self.frames.dropped),
            ("untracked", self.talk.untracked()),
        ];
        for (index, (key, count)) in totals.into_iter().enumerate() {
            if index < 3 || count > 0 {
                push_pair(out, key, count.to_string().as_bytes());
            }
        }
        out.push(b'\n');
    }

    fn loss(&self) -> Option<String> {
        together([&self.bad, &self.frames.timeless, &self.cut, &self.damaged])
    }
}

/// Appends the beginning of a line.
fn push_head(out: &mut Vec<u8>, time: i64, digits: usize, what: &str) {
    push_time(out, time.div_euclid(1_000_000_000), time.rem_euclid(1_000_000_000) as u32, digits);
    let _ = write!(out, " pcap: {what}");
}

/// A duration in seconds, to the millisecond.
fn seconds(nanos: i64) -> String {
    format!("{}.{:03}", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000_000)
}

fn link_name(link: u16) -> String {
    let name = match link {
        0 | 108 => "loopback",
        1 => "ethernet",
        12 | 14 | 101 | 228 | 229 => "ip",
        113 | 276 => "any",
        other => return other.to_string(),
    };
    name.to_owned()
}
