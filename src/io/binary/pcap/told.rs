//! What happens again and again, told once per ten seconds.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::{push_head, seconds};
use crate::io::binary::line::push_pair;

/// Things of one kind within so long are one line.
const WINDOW: i64 = 10 * 1_000_000_000;

/// Kinds that may be open at once; beyond, all are told early.
const MOST: usize = 65_536;

/// Ports of one server that are told apart; a scan of all ports is one line for the rest.
pub(super) const MOST_PORTS: u32 = 16;

/// What is alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    pub what: &'static str,
    pub client: IpAddr,
    pub server: Option<IpAddr>,
    pub port: Option<u16>,
    pub protocol: Option<u8>,
    /// One more key and its value.
    pub detail: Option<(&'static str, Box<[u8]>)>,
}

#[derive(Clone, Debug)]
struct Burst {
    first: i64,
    last: i64,
    count: u64,
    /// While it is one and the same.
    client_port: Option<u16>,
}

/// Open bursts, in the order they began.
#[derive(Default)]
pub(super) struct Told {
    /// Open bursts that differ in nothing but the server's port.
    ports: BTreeMap<Alike, u32>,
    open: BTreeMap<Alike, Burst>,
    order: VecDeque<(i64, Alike)>,
}

impl Told {
    /// Something happened at `time`; the capture has come to `now`.
    pub(super) fn add(
        &mut self,
        (time, now): (i64, i64),
        mut alike: Alike,
        client_port: Option<u16>,
        (digits, out): (usize, &mut Vec<u8>),
    ) {
        let any_port = Alike { port: None, ..alike.clone() };
        let full = self.ports.get(&any_port).is_some_and(|ports| *ports >= MOST_PORTS);
        if full && !self.open.contains_key(&alike) {
            alike = any_port.clone();
        }
        if let Some(burst) = self.open.get_mut(&alike) {
            burst.first = burst.first.min(time);
            burst.last = burst.last.max(time);
            burst.count += 1;
            if burst.client_port != client_port {
                burst.client_port = None;
            }
            return;
        }
        if self.open.len() >= MOST {
            self.close(i64::MAX, digits, out);
        }
        if alike.port.is_some() {
            *self.ports.entry(any_port).or_default() += 1;
        }
        self.order.push_back((now, alike.clone()));
        self.open.insert(alike, Burst { first: time, last: time, count: 1, client_port });
    }

    /// Tells what began long enough before `now`.
    pub(super) fn close(&mut self, now: i64, digits: usize, out: &mut Vec<u8>) {
        while let Some((began, _)) = self.order.front()
            && (now == i64::MAX || now.saturating_sub(*began) >= WINDOW)
            && let Some((_, alike)) = self.order.pop_front()
        {
            if let Some(burst) = self.open.remove(&alike) {
                push(out, &alike, &burst, digits);
            }
            let had_port = alike.port.is_some();
            let any_port = Alike { port: None, ..alike };
            if had_port && let Some(ports) = self.ports.get_mut(&any_port) {
                *ports = ports.saturating_sub(1);
                if *ports == 0 {
                    self.ports.remove(&any_port);
                }
            }
        }
    }
}

/// The name of a protocol, or its number.
pub(super) fn protocol_name(protocol: u8) -> String {
    let name = match protocol {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        58 => "icmp6",
        89 => "ospf",
        112 => "vrrp",
        132 => "sctp",
        other => return other.to_string(),
    };
    name.to_owned()
}

fn push(out: &mut Vec<u8>, alike: &Alike, burst: &Burst, digits: usize) {
    push_head(out, burst.first, digits, alike.what);
    if let Some(protocol) = alike.protocol {
        push_pair(out, "proto", protocol_name(protocol).as_bytes());
    }
    push_pair(out, "client", alike.client.to_string().as_bytes());
    if let Some(port) = burst.client_port {
        push_pair(out, "client_port", port.to_string().as_bytes());
    }
    if let Some(server) = alike.server {
        push_pair(out, "server", server.to_string().as_bytes());
    }
    if let Some(port) = alike.port {
        push_pair(out, "port", port.to_string().as_bytes());
    }
    if let Some((key, value)) = &alike.detail {
        push_pair(out, key, value);
    }
    push_pair(out, "count", burst.count.to_string().as_bytes());
    if burst.count > 1 {
        push_pair(out, "seconds", seconds(burst.last.saturating_sub(burst.first)).as_bytes());
    }
    out.push(b'\n');
}
