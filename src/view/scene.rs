//! What a renderer must know besides events: files, sources, clocks, formats and the zone shown.

use crate::base::{Batch, Event, FileId, Flags};
use crate::clock::Clock;
use crate::grammar::{GrammarId, GrammarSet, Headers};
use crate::time::Zone;

/// A file as renderers see it.
#[derive(Debug)]
pub struct FileLabel {
    /// The `file` of the contract.
    pub name: String,
    /// The source's name.
    pub source: String,
    /// Its settled clock.
    pub clock: Clock,
    /// Modification time.
    pub mtime: Option<i64>,
    /// What the columns of a table are called.
    pub headers: Headers,
}

/// Everything around the events of a run.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The formats.
    pub set: &'a GrammarSet,
    /// Files by id.
    pub files: Vec<FileLabel>,
    /// Short names of the sources, by id, unique and cut to a common width.
    pub labels: Vec<String>,
    /// The zone times are shown in.
    pub zone: Zone,
}

impl Scene<'_> {
    /// The file of a batch.
    pub fn file(&self, id: FileId) -> &FileLabel {
        &self.files[id.0 as usize]
    }

    /// Whether what is worth printing of an event is the end of its text, as it is.
    #[inline]
    pub fn is_tail(&self, batch: &Batch, event: &Event) -> bool {
        if let Some((rows, row)) = batch.told(event) {
            return rows.is_tail(row);
        }
        event.flags.has(Flags::DERIVED) || self.set.get(GrammarId(event.layout)).message_is_tail()
    }

    /// The short name of a batch's source.
    pub fn label(&self, batch: &Batch) -> &str {
        &self.labels[batch.source.0 as usize]
    }
}

/// Labels for sources: short names, the longest cut on the left.
pub fn scene_labels(paths: &[&str]) -> Vec<String> {
    const WIDEST: usize = 24;
    short_names(paths)
        .into_iter()
        .map(|name| crate::text::clean(&name))
        .map(|name| match name.chars().count() {
            length if length > WIDEST => {
                format!("…{}", name.chars().skip(length - WIDEST + 1).collect::<String>())
            }
            _ => name,
        })
        .collect()
}

/// Short names for paths: as many trailing parts as it takes to tell them apart.
fn short_names(paths: &[&str]) -> Vec<String> {
    let tail = |path: &str, parts: usize| {
        let all: Vec<&str> = path.split('/').collect();
        all[all.len().saturating_sub(parts)..].join("/")
    };
    paths
        .iter()
        .map(|path| {
            let depth = path.split('/').count();
            (1..=depth)
                .map(|parts| tail(path, parts))
                .find(|name| {
                    paths.iter().filter(|other| tail(other, name.split('/').count()) == *name).count() == 1
                })
                .unwrap_or_else(|| (*path).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_unique() {
        let names =
            short_names(&["var/log/nginx/error.log", "var/log/php-fpm/error.log", "var/log/messages"]);
        assert_eq!(names, ["nginx/error.log", "php-fpm/error.log", "messages"]);
    }
}
