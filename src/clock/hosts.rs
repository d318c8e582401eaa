//! Which host a file was written on, as far as names tell: the folder above `var/log`, or the host that
//! its records name. Used to know that two files tell of one machine; an unknown host is no host.

use std::collections::{BTreeMap, BTreeSet};

/// Folders that begin a machine's own tree.
const ROOTS: [&str; 7] = ["var", "home", "opt", "root", "srv", "etc", "usr"];

/// For each file, given as (name, host that its records name), the host it belongs to.
pub(super) fn hosts(files: &[(&str, Option<&str>)]) -> Vec<Option<String>> {
    // Records know best; then the folder that holds a machine's tree; then the company a file keeps.
    let mut by_folder: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, host) in files {
        by_folder.entry(folder(name)).or_default().extend(host);
    }
    let all: BTreeSet<&str> = by_folder.values().flatten().copied().collect();
    let host = |(name, host): &(&str, Option<&str>)| {
        if let Some(machine) = machine(name) {
            return Some(machine.to_owned());
        }
        if let Some(host) = host {
            return Some((*host).to_owned());
        }
        let company = by_folder.get(folder(name)).filter(|hosts| !hosts.is_empty()).unwrap_or(&all);
        (company.len() == 1).then(|| company.first().map(|host| (*host).to_owned())).flatten()
    };
    files.iter().map(host).collect()
}

/// The folder right above a machine's own tree: `r1` of `dump/r1/var/log/messages`.
pub(super) fn machine(name: &str) -> Option<&str> {
    let mut above = None;
    for part in name.split('/') {
        if ROOTS.contains(&part) {
            return above;
        }
        above = Some(part);
    }
    None
}

fn folder(name: &str) -> &str {
    name.split_once('/').map_or("", |(first, _)| first)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_belongs_to_the_machine_it_was_copied_from() {
        let some = |hosts: &[(&str, Option<&str>)]| -> Vec<String> {
            super::hosts(hosts).into_iter().map(|host| host.unwrap_or_default()).collect()
        };
        assert_eq!(
            some(&[("r1/var/log/messages", Some("r1")), ("r1/var/log/frr/frr.log", None)]),
            ["r1", "r1"]
        );
        assert_eq!(some(&[("messages", Some("web1")), ("php-fpm/error.log", None)]), ["web1", "web1"]);
        assert_eq!(
            some(&[
                ("a/messages", Some("web1")),
                ("b/messages", Some("db1")),
                ("a/x.log", None),
                ("c.log", None)
            ]),
            ["web1", "db1", "web1", ""]
        );
        assert_eq!(some(&[("a.log", None), ("b.log", None)]), ["", ""]);
        assert_eq!(some(&[("var/log/messages", None)]), [""]);
    }
}
