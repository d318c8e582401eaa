//! Who talks to whom, and what goes wrong between them.
//!
//! Tables have limits. What does not fit into the table of connections is counted and told in the
//! capture's last line; talkers beyond their limit are told to be there, without their names.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use super::packet::{About, Inner, IpPacket};
use super::tcp::Connections;
use super::told::{Alike, MOST_PORTS, Told, protocol_name};
use super::{dns, push_head};
use crate::io::binary::line::push_pair;

/// Entries of each table.
const MOST: usize = 65_536;

/// Client, server, protocol, port of the server.
type Pair = (IpAddr, IpAddr, u8, u16);

/// Where a line goes, and how many digits its time has.
pub(super) struct Teller<'a> {
    pub told: &'a mut Told,
    pub now: i64,
    pub digits: usize,
    pub out: &'a mut Vec<u8>,
}

impl Teller<'_> {
    pub(super) fn add(&mut self, time: i64, alike: Alike, client_port: Option<u16>) {
        self.told.add((time, self.now), alike, client_port, (self.digits, self.out));
    }
}

/// All that is remembered of a capture.
#[derive(Default)]
pub(super) struct Talk {
    pub digits: usize,
    now: i64,
    talkers: HashSet<Pair>,
    ports: HashMap<(IpAddr, IpAddr, u8), u32>,
    full: bool,
    cards: HashMap<Ipv4Addr, [u8; 6]>,
    connections: Connections,
    told: Told,
}

impl Talk {
    pub(super) fn connections(&self) -> u64 {
        self.connections.count
    }

    pub(super) fn twice(&self) -> u64 {
        self.connections.twice
    }

    pub(super) fn untracked(&self) -> u64 {
        self.connections.untracked
    }

    /// The capture has come to `now`: tells what waited for it.
    pub(super) fn pass(&mut self, now: i64, out: &mut Vec<u8>) {
        self.now = now;
        let digits = self.digits;
        self.connections.pass(&mut Teller { told: &mut self.told, now, digits, out });
        self.told.close(now, digits, out);
    }

    /// The capture ends: what is not answered by now is told, and all that is open.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        let (now, digits) = (self.now, self.digits);
        self.connections.end(&mut Teller { told: &mut self.told, now, digits, out });
        self.told.close(i64::MAX, digits, out);
    }

    /// Somebody says to have an address.
    pub(super) fn arp(&mut self, time: i64, address: Ipv4Addr, mac: [u8; 6], out: &mut Vec<u8>) {
        if address.is_unspecified() || mac == [0; 6] {
            return;
        }
        let full = self.cards.len() >= MOST;
        let before = match self.cards.get_mut(&address) {
            Some(known) => std::mem::replace(known, mac),
            None if full => return,
            None => self.cards.insert(address, mac).unwrap_or(mac),
        };
        if before == mac {
            return;
        }
        let show = |mac: [u8; 6]| mac.map(|byte| format!("{byte:02x}")).join(":");
        let alike = Alike {
            what: "address at another card",
            client: address.into(),
            server: None,
            port: None,
            protocol: None,
            detail: Some(("macs", format!("{}>{}", show(before), show(mac)).into_bytes().into())),
        };
        let digits = self.digits;
        Teller { told: &mut self.told, now: self.now, digits, out }.add(time, alike, None);
    }

    /// An IP packet; `frame` is the whole frame it came in.
    pub(super) fn ip(&mut self, time: i64, packet: &IpPacket, frame: &[u8], out: &mut Vec<u8>) {
        let (source, target) = (packet.source, packet.target);
        match &packet.inner {
            Inner::Tcp(tcp) => {
                let (now, digits) = (self.now, self.digits);
                let mut teller = Teller { told: &mut self.told, now, digits, out };
                let ends = [(source, tcp.source), (target, tcp.target)];
                let (client, server) = self.connections.segment(time, ends, tcp, &mut teller);
                self.talker(time, (client.0, server.0, 6, server.1), out);
            }
            Inner::Udp { source: from, target: to, payload } => {
                let asked = (target, source, 17, *from);
                // The lower port serves. With equal ones, whoever was spoken to first does.
                let answer = from < to || (from == to && self.talkers.contains(&asked));
                let pair = if answer { asked } else { (source, target, 17, *to) };
                self.talker(time, pair, out);
                if *from == 53
                    && let Some((what, name)) = dns::failure(frame.get(payload.clone()).unwrap_or_default())
                {
                    let detail = Some(("name", name));
                    let alike = Alike {
                        what,
                        client: target,
                        server: Some(source),
                        port: None,
                        protocol: None,
                        detail,
                    };
                    let digits = self.digits;
                    Teller { told: &mut self.told, now: self.now, digits, out }.add(time, alike, None);
                }
            }
            Inner::Icmp { kind, code, about } => {
                let answer = matches!((packet.protocol, kind), (1, 0) | (58, 129));
                if let (Some(what), Some(about)) = (icmp_error(packet.protocol, *kind, *code), about) {
                    self.icmp(time, what, source, about, out);
                } else if matches!((packet.protocol, kind), (1, 8) | (58, 128)) || answer {
                    let (client, server) = if answer { (target, source) } else { (source, target) };
                    self.talker(time, (client, server, packet.protocol, 0), out);
                }
            }
            Inner::None if matches!(packet.protocol, 6 | 17 | 1 | 58) => {}
            Inner::None => self.talker(time, (source, target, packet.protocol, 0), out),
        }
    }

    fn icmp(&mut self, time: i64, what: &'static str, by: IpAddr, about: &About, out: &mut Vec<u8>) {
        let alike = Alike {
            what,
            client: about.source,
            server: Some(about.target),
            port: about.port,
            protocol: Some(about.protocol),
            detail: Some(("by", by.to_string().into_bytes().into())),
        };
        let digits = self.digits;
        Teller { told: &mut self.told, now: self.now, digits, out }.add(time, alike, None);
    }

    /// Tells the first packet of a pair.
    fn talker(&mut self, time: i64, pair: Pair, out: &mut Vec<u8>) {
        if self.talkers.contains(&pair) {
            return;
        }
        let (client, server, protocol, port) = pair;
        if self.talkers.len() >= MOST {
            if !std::mem::replace(&mut self.full, true) {
                push_head(out, time, self.digits, "more talkers than are kept: further ones are not told");
                push_pair(out, "kept", MOST.to_string().as_bytes());
                out.push(b'\n');
            }
            return;
        }
        self.talkers.insert(pair);
        let ports = self.ports.entry((client, server, protocol)).or_default();
        *ports += 1;
        if *ports > MOST_PORTS {
            let alike = Alike {
                what: "first packets to further ports",
                client,
                server: Some(server),
                port: None,
                protocol: Some(protocol),
                detail: None,
            };
            let digits = self.digits;
            Teller { told: &mut self.told, now: self.now, digits, out }.add(time, alike, None);
            return;
        }
        push_head(out, time, self.digits, "first packet");
        push_pair(out, "proto", protocol_name(protocol).as_bytes());
        push_pair(out, "client", client.to_string().as_bytes());
        push_pair(out, "server", server.to_string().as_bytes());
        if matches!(protocol, 6 | 17) {
            push_pair(out, "port", port.to_string().as_bytes());
        }
        out.push(b'\n');
    }
}

/// What an ICMP error says.
fn icmp_error(protocol: u8, kind: u8, code: u8) -> Option<&'static str> {
    Some(match (protocol, kind, code) {
        (1, 3, 0) | (58, 1, 0) => "icmp network unreachable",
        (1, 3, 1) | (58, 1, 3) => "icmp host unreachable",
        (1, 3, 2) => "icmp protocol unreachable",
        (1, 3, 3) | (58, 1, 4) => "icmp port unreachable",
        (1, 3, 4) | (58, 2, _) => "icmp packet too big",
        (1, 3, 9 | 10 | 13) | (58, 1, 1 | 5) => "icmp prohibited",
        (1, 3, _) | (58, 1, _) => "icmp unreachable",
        (1, 11, 0) | (58, 3, 0) => "icmp time exceeded",
        (1, 11, _) | (58, 3, _) => "icmp parts of a packet missing",
        _ => return None,
    })
}
