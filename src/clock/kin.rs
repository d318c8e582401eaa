//! How the logs of two marks stand to each other: whether both are of one log, and whether both tell of one host.
//! A collector's file holds what several hosts said; what one of them says, another may say as well.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Related, Seen};
use super::witnessed::Nodes;
use crate::witness::SaidBy;

/// The hosts of all files, by number.
pub(super) struct Kin<'a> {
    nodes: &'a Nodes<'a>,
    hosts: &'a [Option<String>],
    /// Numbers of all hosts that files belong to, or that their records name.
    numbers: BTreeMap<&'a str, u32>,
    /// Those that files belong to.
    machines: BTreeSet<u32>,
}

impl<'a> Kin<'a> {
    pub(super) fn new(nodes: &'a Nodes<'a>, hosts: &'a [Option<String>]) -> Self {
        let mut kin = Self { nodes, hosts, numbers: BTreeMap::new(), machines: BTreeSet::new() };
        for host in hosts.iter().flatten() {
            let number = kin.enter(host);
            kin.machines.insert(number);
        }
        for host in nodes.files.iter().flat_map(|facts| &facts.testimony.hosts) {
            kin.enter(host);
        }
        kin
    }

    fn enter(&mut self, host: &'a str) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(short(host)).or_insert(next)
    }

    /// Whose a mark of a file is, by a number that holds for all files.
    pub(super) fn said_by(&self, file: usize, by: SaidBy) -> SaidBy {
        let SaidBy::Host(index) = by else { return by };
        let name = self.nodes.files[file].testimony.hosts.get(index as usize);
        let number = name.and_then(|name| self.numbers.get(short(name)));
        number.map_or(SaidBy::Unnamed, |number| SaidBy::Host(*number))
    }

    /// How the logs of two marks stand to each other.
    pub(super) fn related(&self, a: &Seen, b: &Seen) -> Related {
        let (one, other) = (self.nodes.file(a.node), self.nodes.file(b.node));
        let files = self.nodes.files;
        if files[one].source == files[other].source {
            return Related::Log;
        }
        // Without a name for the host, one folder's logs are of one.
        let same = self.hosts[one] == self.hosts[other]
            && (self.hosts[one].is_some() || folder(files[one].name) == folder(files[other].name));
        let strangers = match (a.by, b.by) {
            (SaidBy::Several, _) | (_, SaidBy::Several) => true,
            (SaidBy::Host(a), SaidBy::Host(b)) => a != b,
            (SaidBy::Host(number), SaidBy::Unnamed) => self.is_elsewhere(number, other),
            (SaidBy::Unnamed, SaidBy::Host(number)) => self.is_elsewhere(number, one),
            (SaidBy::Unnamed, SaidBy::Unnamed) => false,
        };
        if same && !strangers { Related::Host } else { Related::No }
    }

    /// Whether a host is another one than that of a file, and not just another name for it.
    fn is_elsewhere(&self, number: u32, file: usize) -> bool {
        let own = self.hosts[file].as_deref().and_then(|host| self.numbers.get(short(host)));
        self.machines.contains(&number) && own != Some(&number)
    }
}

/// The folder of a file.
fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A host's name without its domain, which some programs write and others leave out.
fn short(host: &str) -> &str {
    let address = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if address { host } else { host.split('.').next().unwrap_or(host) }
}
