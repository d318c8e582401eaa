//! What a packet says in its headers: addresses, ports, TCP's numbers; no more.
//!
//! Link types: Ethernet with VLAN tags, raw IP, Linux' "any" device (both versions), BSD's loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::io::binary::number;

/// A packet taken apart.
#[derive(Clone, Debug)]
pub(super) enum Packet {
    Ip(IpPacket),
    /// Who says to have an address.
    Arp {
        address: Ipv4Addr,
        mac: [u8; 6],
    },
    /// Something that is not looked into: another protocol or link type.
    Other,
    /// Its headers make no sense, or are not all there.
    Bad,
}

/// An IP packet.
#[derive(Clone, Debug)]
pub(super) struct IpPacket {
    pub source: IpAddr,
    pub target: IpAddr,
    pub protocol: u8,
    pub inner: Inner,
}

/// What an IP packet carries.
#[derive(Clone, Debug)]
pub(super) enum Inner {
    Tcp(Tcp),
    Udp {
        source: u16,
        target: u16,
        payload: Range<usize>,
    },
    /// Type and code, and what the message is about.
    Icmp {
        kind: u8,
        code: u8,
        about: Option<About>,
    },
    /// A further part of a packet that was cut in pieces, or a protocol without ports.
    None,
}

/// A TCP header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp {
    pub source: u16,
    pub target: u16,
    pub sequence: u32,
    pub acknowledged: u32,
    pub flags: u8,
    pub window: u16,
    /// Bytes of data.
    pub length: u32,
    /// The number of the IP packet: the same in two copies of one packet.
    pub id: u16,
}

/// Flags of TCP.
pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const ACK: u8 = 16;

/// The packet that an ICMP message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub source: IpAddr,
    pub target: IpAddr,
    pub protocol: u8,
    pub port: Option<u16>,
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    number(bytes, at).map(u16::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    number(bytes, at).map(u32::from_be_bytes)
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const ARP: u16 = 0x0806;

impl Packet {
    /// Takes a frame apart; `wire` is its length on the wire.
    pub(super) fn new(link: u16, bytes: &[u8], wire: u32) -> Self {
        let read = |at: usize| short(bytes, at);
        let place = match link {
            1 => ethernet(bytes),
            0 => number(bytes, 0).map(u32::from_le_bytes).map(|family| (family_type(family), 4)),
            108 => long(bytes, 0).map(|family| (family_type(family), 4)),
            12 | 14 | 101 | 228 | 229 => bytes.first().map(|first| (version_type(*first), 0)),
            113 => read(14).map(|kind| (kind, 16)),
            276 => read(0).map(|kind| (kind, 20)),
            _ => return Self::Other,
        };
        let Some((kind, start)) = place else { return Self::Bad };
        let Some(rest) = bytes.get(start..) else { return Self::Bad };
        let packet = match kind {
            IPV4 => ipv4(rest, wire.saturating_sub(start as u32)),
            IPV6 => ipv6(rest),
            ARP => return arp(rest),
            _ => return Self::Other,
        };
        packet.map_or(Self::Bad, |mut packet| {
            if let Inner::Udp { payload, .. } = &mut packet.inner {
                *payload = payload.start + start..payload.end + start;
            }
            Self::Ip(packet)
        })
    }
}

/// Ethernet's type of what is inside, behind any VLAN tags.
fn ethernet(bytes: &[u8]) -> Option<(u16, usize)> {
    let mut at = 12;
    loop {
        match short(bytes, at)? {
            0x8100 | 0x88a8 | 0x9100 => at += 4,
            kind => return Some((kind, at + 2)),
        }
    }
}

/// BSD's loopback names a family in the byte order of whoever captured.
fn family_type(family: u32) -> u16 {
    match if family > 0xffff { family.swap_bytes() } else { family } {
        2 => IPV4,
        10 | 24 | 28 | 30 => IPV6,
        _ => 0,
    }
}

fn version_type(first: u8) -> u16 {
    match first >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => 0,
    }
}

fn arp(bytes: &[u8]) -> Packet {
    let ethernet_and_ip = bytes.get(..6).is_some_and(|head| head == [0, 1, 8, 0, 6, 4]);
    match (number(bytes, 8), number(bytes, 14)) {
        (Some(mac), Some(address)) if ethernet_and_ip => {
            Packet::Arp { address: Ipv4Addr::from(address), mac }
        }
        _ if ethernet_and_ip => Packet::Bad,
        _ => Packet::Other,
    }
}

fn ipv4(bytes: &[u8], wire: u32) -> Option<IpPacket> {
    let header = usize::from(bytes.first()? & 15) * 4;
    if bytes[0] >> 4 != 4 || header < 20 {
        return None;
    }
    let total = match short(bytes, 2)? {
        // A packet that the network card was to cut up has no length yet.
        0 => wire as usize,
        total => total.into(),
    };
    let address = |at| number::<4>(bytes, at).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
    let (source, target) = (address(12)?, address(16)?);
    let protocol = *bytes.get(9)?;
    let later = short(bytes, 6)? & 0x1fff != 0;
    let inner = match later {
        true => Inner::None,
        false => inner(bytes, header, total.checked_sub(header)?, protocol, short(bytes, 4)?)?,
    };
    Some(IpPacket { source, target, protocol, inner })
}

fn ipv6(bytes: &[u8]) -> Option<IpPacket> {
    if bytes.first()? >> 4 != 6 {
        return None;
    }
    let address = |at| number::<16>(bytes, at).map(|bytes| IpAddr::from(Ipv6Addr::from(bytes)));
    let (source, target) = (address(8)?, address(24)?);
    let total = 40 + usize::from(short(bytes, 4)?);
    let (mut protocol, mut at) = (*bytes.get(6)?, 40);
    let mut later = false;
    // Headers between: options, routing, the parts of a packet.
    while matches!(protocol, 0 | 43 | 44 | 60) && !later {
        let length = match protocol {
            44 => {
                later = short(bytes, at + 2)? & 0xfff8 != 0;
                8
            }
            _ => (usize::from(*bytes.get(at + 1)?) + 1) * 8,
        };
        protocol = *bytes.get(at)?;
        at += length;
    }
    let inner = match later {
        true => Inner::None,
        false => inner(bytes, at, total.checked_sub(at)?, protocol, 0)?,
    };
    Some(IpPacket { source, target, protocol, inner })
}

/// What lies at `at`, of `length` bytes on the wire.
fn inner(bytes: &[u8], at: usize, length: usize, protocol: u8, id: u16) -> Option<Inner> {
    let rest = bytes.get(at..)?;
    Some(match protocol {
        6 => {
            let header = usize::from(*rest.get(12)? >> 4) * 4;
            let data = length.checked_sub(header).filter(|_| header >= 20)?;
            Inner::Tcp(Tcp {
                source: short(rest, 0)?,
                target: short(rest, 2)?,
                sequence: long(rest, 4)?,
                acknowledged: long(rest, 8)?,
                flags: *rest.get(13)?,
                window: short(rest, 14)?,
                length: u32::try_from(data).ok()?,
                id,
            })
        }
        17 => {
            let end = bytes.len().min(at + length);
            let payload = (at + 8).min(end)..end;
            Inner::Udp { source: short(rest, 0)?, target: short(rest, 2)?, payload }
        }
        1 | 58 => Inner::Icmp { kind: *rest.first()?, code: *rest.get(1)?, about: about(rest.get(8..)) },
        _ => Inner::None,
    })
}

/// The beginning of a packet that ICMP quotes.
fn about(quoted: Option<&[u8]>) -> Option<About> {
    let bytes = quoted?;
    let address4 = |at| number::<4>(bytes, at).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
    let address6 = |at| number::<16>(bytes, at).map(|bytes| IpAddr::from(Ipv6Addr::from(bytes)));
    let (source, target, protocol, at) = match bytes.first()? >> 4 {
        4 => (address4(12)?, address4(16)?, *bytes.get(9)?, usize::from(bytes[0] & 15) * 4),
        6 => (address6(8)?, address6(24)?, *bytes.get(6)?, 40),
        _ => return None,
    };
    let port = if matches!(protocol, 6 | 17) { short(bytes, at + 2) } else { None };
    Some(About { source, target, protocol, port })
}
