//! Testimony by runs: which run every anchor and mark belongs to, by which clock it counts, and the votes
//! and links that follow.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{self, FRESH, QUARTER, Seen, TIGHT, split};
use super::kin::Kin;
use super::settle::FileFacts;
use super::stretches::{LONGEST_USUAL, Stretch};
use super::years;
use super::zones::{Vote, VoteKind};
use crate::base::NANOS_PER_SECOND;
use crate::survey::{Gaps, Seen as Stamped};
use crate::witness::Written;

/// Stretches written in one zone: a node whose clock is to be found.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The source: index of the group of files.
    pub source: usize,
    /// Its stretches, in order.
    pub stretches: Vec<Stretch>,
}

impl Run {
    /// Smallest and largest wall clock, nanoseconds.
    pub(super) fn range(&self) -> Option<(i64, i64)> {
        self.stretches.iter().filter_map(|stretch| stretch.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// A source whose stamps name one offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labelled {
    /// Its program: see [`Nodes::log`].
    pub log: usize,
    /// What the stamps name, nanoseconds.
    pub named: i64,
    /// First and last instant that they tell.
    pub range: (i64, i64),
}

/// All nodes: runs first, then one for the stamps with an offset of each file that has some.
#[derive(Debug)]
pub(super) struct Nodes<'a> {
    pub files: &'a [FileFacts<'a>],
    /// Per file, the year of the first stamp of each of its chunks.
    pub years: Vec<Vec<i32>>,
    pub runs: Vec<Run>,
    /// Run of each (file, stretch).
    run_of: BTreeMap<(usize, u32), usize>,
    /// Node of each file's stamps with an offset.
    zoned_of: Vec<Option<usize>>,
    /// File of each node: its first, for a run.
    file_of: Vec<usize>,
    /// Program of each file: see `log`.
    logs: Vec<usize>,
    /// Number of nodes.
    pub count: usize,
}

/// Files changed within so long of each other were changed in one go.
pub const AT_ONCE: i64 = 2 * NANOS_PER_SECOND;

/// When a file was changed, and by whose clock its last record was written.
struct LastChange {
    file: usize,
    node: usize,
    mtime: i64,
    /// The offset at which the file was changed just behind that record, if there is one.
    offset: Option<i64>,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(files: &'a [FileFacts<'a>], years: Vec<Vec<i32>>, runs: Vec<Run>) -> Self {
        let mut run_of = BTreeMap::new();
        for (index, run) in runs.iter().enumerate() {
            for stretch in &run.stretches {
                run_of.insert((stretch.file, stretch.number), index);
            }
        }
        let first = |run: &Run| run.stretches.first().map_or(0, |stretch| stretch.file);
        let mut file_of: Vec<usize> = runs.iter().map(first).collect();
        let mut zoned_of = vec![None; files.len()];
        let mut names = BTreeMap::new();
        let mut logs = Vec::with_capacity(files.len());
        for (file, facts) in files.iter().enumerate() {
            if facts.survey.chunks.iter().any(|(_, chunk)| chunk.zoned.is_some()) {
                zoned_of[file] = Some(file_of.len());
                file_of.push(file);
            }
            let mut parts = facts.source.rsplit('/');
            logs.push(*names.entry((parts.next(), parts.next())).or_insert(file));
        }
        let count = file_of.len();
        Self { files, years, runs, run_of, zoned_of, file_of, logs, count }
    }

    /// A number for the program that writes a file: logs of one name, on whatever host, are written by
    /// one program, which makes the same mistakes everywhere.
    pub(super) fn log(&self, file: usize) -> usize {
        self.logs[file]
    }

    /// The file of a node: its first, for a run.
    pub(super) fn file(&self, node: usize) -> usize {
        self.file_of[node]
    }

    /// Where the first record of a stretch begins: pieces end anywhere, records do not.
    pub(super) fn begin(&self, stretch: &Stretch) -> u64 {
        let pieces = &self.files[stretch.file].survey.chunks[stretch.pieces.0..stretch.pieces.1];
        let begin = pieces.iter().find_map(|(_, chunk)| chunk.first_begin);
        begin.map(|(begin, _)| begin).or(pieces.first().map(|(start, _)| *start)).unwrap_or(0)
    }

    /// The node of a file's stamps with an offset.
    pub(super) fn zoned(&self, file: usize) -> Option<usize> {
        self.zoned_of[file]
    }

    /// The run of a stretch of a file.
    pub(super) fn run(&self, file: usize, stretch: u32) -> Option<usize> {
        self.run_of.get(&(file, stretch)).copied()
    }

    /// The run that a stretch belongs to.
    pub(super) fn run_of(&self, stretch: &Stretch) -> Option<usize> {
        self.run(stretch.file, stretch.number)
    }

    /// The node that a record counts for, and its stamp by that node's clock, nanoseconds.
    pub(super) fn locate(
        &self,
        file: usize,
        stretch: u32,
        written: Written,
        at: i64,
    ) -> Option<(usize, i64)> {
        match written {
            Written::Zoned => Some((self.zoned(file)?, at)),
            Written::Local => Some((self.run(file, stretch)?, at)),
            Written::Yearless => {
                let node = self.run(file, stretch)?;
                let stretch = self.runs[node]
                    .stretches
                    .iter()
                    .find(|known| (known.file, known.number) == (file, stretch))?;
                let years = &self.years[file];
                let (first, last) = (years.get(stretch.pieces.0)?, years.get(stretch.pieces.1 - 1)?);
                let range = stretch.range?;
                // A turn inside the last chunk makes it one more.
                let year = (*first..=*last + 1)
                    .find(|year| (range.0..=range.1).contains(&years::in_year(*year, at)))
                    .unwrap_or(*first);
                Some((node, years::in_year(year, at)))
            }
        }
    }

    /// The least and the greatest offset that the stamps of a file name, nanoseconds.
    pub(super) fn named(&self, file: usize) -> Option<(i64, i64)> {
        let labels = self.files[file].survey.chunks.iter().filter_map(|(_, chunk)| chunk.labels);
        let (min, max) =
            labels.map(|range| (range.min, range.max)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some((i64::from(min) * NANOS_PER_SECOND, i64::from(max) * NANOS_PER_SECOND))
    }

    /// Sources whose stamps name one offset all the time.
    pub(super) fn labelled(&self) -> BTreeMap<&str, Labelled> {
        let mut found: BTreeMap<&str, Labelled> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for (file, facts) in self.files.iter().enumerate() {
            let ranges = facts.survey.chunks.iter().filter_map(|(_, chunk)| chunk.zoned);
            let range =
                ranges.map(|range| (range.min, range.max)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let (Some(range), Some((named, last))) = (range, self.named(file)) else { continue };
            let entry = Labelled { log: self.log(file), named, range };
            let known = found.entry(facts.source).or_insert(entry);
            known.range = (known.range.0.min(range.0), known.range.1.max(range.1));
            if known.named != named || named != last {
                several.insert(facts.source);
            }
        }
        found.retain(|source, _| !several.contains(source));
        found
    }

    /// Offsets that stamps of two programs name, or of one that names several: it follows a zone. With the times at
    /// which they do.
    pub(super) fn labels(&self) -> BTreeMap<i64, Vec<(i64, i64)>> {
        let mut speakers: BTreeMap<i64, usize> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for file in 0..self.files.len() {
            let Some((min, max)) = self.named(file) else { continue };
            if min != max {
                known.extend([min, max]);
            } else if *speakers.entry(min).or_insert(self.log(file)) != self.log(file) {
                known.insert(min);
            }
        }
        let mut spans: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        for (_, chunk) in self.files.iter().flat_map(|facts| &facts.survey.chunks) {
            let (Some(named), Some(range)) = (chunk.labels, chunk.zoned) else { continue };
            for offset in BTreeSet::from([named.min, named.max]) {
                let offset = i64::from(offset) * NANOS_PER_SECOND;
                if known.contains(&offset) {
                    spans.entry(offset).or_default().push((range.min, range.max));
                }
            }
        }
        spans
    }

    /// Votes from quoted absolute times.
    pub(super) fn quoted(&self) -> Vec<Vote> {
        let mut votes = Vec::new();
        for (file, facts) in self.files.iter().enumerate() {
            for anchor in &facts.testimony.anchors {
                let located = self.locate(file, anchor.piece, anchor.written, anchor.at);
                let Some((node, at)) = located else { continue };
                let Some(offset) = split(at - anchor.utc, FRESH) else { continue };
                votes.push(Vote {
                    node,
                    kind: VoteKind::Quoted,
                    offset,
                    log: self.log(file),
                    form: Some(anchor.form),
                    place: (file, Some(anchor.offset)),
                    value: anchor.utc.div_euclid(NANOS_PER_SECOND),
                    moment: at.div_euclid(NANOS_PER_SECOND),
                    tight: (at - anchor.utc - offset).abs() <= TIGHT,
                    named: None,
                });
            }
        }
        votes
    }

    /// Votes from records that count from 1970 and stand beside others that name no zone.
    pub(super) fn beside(&self) -> Vec<Vote> {
        const SECOND: i64 = NANOS_PER_SECOND;
        let mut votes = Vec::new();
        for (file, facts) in self.files.iter().enumerate() {
            for beside in &facts.testimony.beside {
                let located = self.locate(file, beside.piece, beside.written, beside.at);
                let Some((node, at)) = located else { continue };
                let Some(offset) = split(at - beside.utc, (-2 * SECOND, 2 * SECOND)) else { continue };
                votes.push(self.vote_beside((node, offset), (file, Some(beside.offset)), beside.utc));
            }
        }
        votes
    }

    /// A vote for a node's offset by an instant that is known. Those of one minute are one.
    fn vote_beside(&self, (node, offset): (usize, i64), place: (usize, Option<u64>), instant: i64) -> Vote {
        let minute = instant.div_euclid(60 * NANOS_PER_SECOND);
        Vote {
            node,
            kind: VoteKind::Beside,
            offset,
            log: self.log(place.0),
            form: None,
            place,
            value: minute,
            moment: minute,
            tight: true,
            named: None,
        }
    }

    /// Votes from modification times: a log that was still written has one just behind its last record.
    /// Copied files have none of their own: their modification times are all one, or random.
    pub(super) fn mtimes(&self) -> Vec<Vote> {
        let (mut votes, heard) = self.changed(NANOS_PER_SECOND * 2);
        // Where most files were changed at other times than they were written, the rest is chance.
        if votes.len() * 2 <= heard {
            return Vec::new();
        }
        self.of_one_writer(&mut votes);
        votes
    }

    /// The same of files that were last changed a while after their last record: nothing that decides. And how many
    /// files could be heard.
    pub(super) fn changed(&self, within: i64) -> (Vec<Vote>, usize) {
        let all: Vec<i64> = self.files.iter().filter_map(|facts| facts.mtime).collect();
        let heard: Vec<_> = (0..self.files.len()).filter_map(|file| self.last_change(file, within)).collect();
        let mut count = 0;
        let mut votes = Vec::new();
        for one in &heard {
            let at_once = |mtime: i64| mtime.abs_diff(one.mtime) <= AT_ONCE.unsigned_abs();
            // Written in one go: by a copy, unless each of them was written just then, by one clock: apt and dpkg end
            // three logs at once.
            if all.iter().filter(|mtime| at_once(**mtime)).count() > 2 {
                let mut together = heard.iter().filter(|other| at_once(other.mtime));
                let alike = |other: &LastChange| other.offset == one.offset;
                if one.offset.is_none() || together.clone().count() < 2 || !together.all(alike) {
                    continue;
                }
            }
            count += 1;
            let vote = |offset| self.vote_beside((one.node, offset), (one.file, None), one.mtime);
            votes.extend(one.offset.map(vote));
        }
        (votes, count)
    }

    /// What the last record of a file and its modification time say of each other; `None` where they say nothing.
    fn last_change(&self, file: usize, within: i64) -> Option<LastChange> {
        let facts = &self.files[file];
        // By whose clock the last record was written must be plain.
        let mtime = facts.mtime.filter(|_| facts.testimony.writers.is_empty())?;
        let chunks = facts.survey.chunks.iter().zip(&self.years[file]).enumerate();
        let last = chunks.rev().find_map(|(index, ((_, chunk), year))| Some((index, chunk.last?, *year)));
        let (index, seen, year) = last?;
        let number = facts.testimony.stretches[index];
        let (node, at) = match (seen, super::stretches::wall(seen, year)) {
            (Stamped::Zoned(at), _) => self.zoned(file).map(|node| (node, at)),
            (_, Some(at)) => self.run(file, number).map(|node| (node, at)),
            _ => None,
        }?;
        Some(LastChange {
            file,
            node,
            mtime,
            offset: split(at.saturating_sub(mtime), (-within, NANOS_PER_SECOND)),
        })
    }

    /// Drops votes that may be of one program, or of one host, and not of the log: a writer's own clock shows where
    /// its records stand between those of others, which takes a log that is busy. In others two programs must end
    /// files alike; and what several hosts stamp, one host's file time says nothing of.
    fn of_one_writer(&self, votes: &mut Vec<Vote>) {
        let of = |vote: &Vote| &self.files[vote.place.0];
        let mut last: BTreeMap<(&str, i64), BTreeSet<Option<u64>>> = BTreeMap::new();
        for vote in votes.iter() {
            last.entry((of(vote).source, vote.offset)).or_default().insert(of(vote).testimony.last_program);
        }
        let mut logs: BTreeMap<&str, (Gaps, BTreeSet<&str>)> = BTreeMap::new();
        for facts in self.files {
            let (gaps, hosts) = logs.entry(facts.source).or_default();
            facts.survey.chunks.iter().for_each(|(_, chunk)| gaps.merge(&chunk.gaps));
            hosts.extend(facts.testimony.hosts.iter().map(String::as_str));
        }
        votes.retain(|vote| {
            let facts = of(vote);
            let (gaps, hosts) = &logs[facts.source];
            let sparse = gaps.quantile(0.98).is_some_and(|usual| usual > LONGEST_USUAL);
            let alike = !facts.testimony.programs || last[&(facts.source, vote.offset)].len() > 1;
            !sparse || (alike && hosts.len() < 2)
        });
    }

    /// Marks of all files, by node and that node's clock. The same mark in several files of one run is one. Sorted
    /// and joined in place: a tree would take three times the memory, and there may be a thousand marks a file.
    pub(super) fn marks(&self, kin: &Kin<'_>) -> Vec<Seen> {
        let count = self.files.iter().map(|facts| facts.testimony.sights.len()).sum();
        let mut seen: Vec<Seen> = Vec::with_capacity(count);
        for (file, facts) in self.files.iter().enumerate() {
            for sight in &facts.testimony.sights {
                let first = self.locate(file, sight.piece, sight.written, sight.span.0);
                let last = self.locate(file, sight.piece, sight.written, sight.span.1);
                let (Some((node, first)), Some((_, last))) = (first, last) else { continue };
                seen.push(Seen {
                    node,
                    kind: sight.kind,
                    hash: sight.hash,
                    span: (first, last),
                    count: sight.count,
                    place: (file, sight.offset),
                    by: kin.said_by(file, sight.by),
                });
            }
        }
        // Of marks seen first at one moment the first place counts.
        seen.sort_unstable_by_key(|seen| (seen.hash, seen.kind, seen.node, seen.place));
        seen.dedup_by(|next, seen| {
            let same = (next.hash, next.kind, next.node) == (seen.hash, seen.kind, seen.node);
            if same {
                if next.span.0 < seen.span.0 {
                    seen.place = next.place;
                }
                seen.span = (seen.span.0.min(next.span.0), seen.span.1.max(next.span.1));
                seen.count += next.count;
                seen.by = seen.by.with(next.by);
            }
            same
        });
        seen
    }

    /// Links across a jump of one log's stamps, where kernel lines on both sides carry the monotonic
    /// clock: it tells how long the jump took, so what remains is the change of the wall clock.
    pub(super) fn uptimes(&self) -> Vec<evidence::Link> {
        const CLOSE: i64 = 2 * NANOS_PER_SECOND;
        /// Node, wall clock, uptime, offset.
        type Line = (usize, i64, i64, u64);
        // One file may hold the lines of many kernels.
        let mut by_kernel: BTreeMap<(usize, u32), Vec<Line>> = BTreeMap::new();
        for (file, facts) in self.files.iter().enumerate() {
            for point in &facts.testimony.uptimes {
                if let Some((node, at)) = self.locate(file, point.piece, point.written, point.at)
                    && node < self.runs.len()
                {
                    let points = by_kernel.entry((file, point.kernel)).or_default();
                    points.push((node, at, point.uptime, point.offset));
                }
            }
        }
        let mut links = Vec::new();
        for ((file, _), points) in by_kernel {
            for pair in points.windows(2) {
                let ((before, at, up, place), (after, next_at, next_up, next_place)) = (pair[0], pair[1]);
                // A smaller uptime is another boot.
                if before == after || next_up < up {
                    continue;
                }
                let offset = (next_at - at) - (next_up - up);
                let grid = (offset + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
                if (offset - grid).abs() <= CLOSE {
                    links.push(evidence::Link {
                        kind: evidence::LinkKind::Uptime,
                        nodes: (after, before),
                        offset: grid,
                        votes: (1_000, 1_000),
                        example: [(file, next_place), (file, place)],
                    });
                }
            }
        }
        links
    }

    /// Where the log of each node ends by the node's clock: the greatest stamp that its files have.
    pub(super) fn log_ends(&self) -> Vec<Option<i64>> {
        let mut of_source: BTreeMap<usize, i64> = BTreeMap::new();
        for run in &self.runs {
            let last = run.range().map_or(i64::MIN, |range| range.1);
            let end = of_source.entry(run.source).or_insert(last);
            *end = last.max(*end);
        }
        let mut zoned: BTreeMap<&str, i64> = BTreeMap::new();
        for facts in self.files {
            for last in facts.survey.chunks.iter().filter_map(|(_, chunk)| Some(chunk.zoned?.max)) {
                let end = zoned.entry(facts.source).or_insert(last);
                *end = last.max(*end);
            }
        }
        let end = |node: usize| match self.runs.get(node) {
            Some(run) => of_source.get(&run.source).copied().filter(|end| *end > i64::MIN),
            None => zoned.get(self.files[self.file(node)].source).copied(),
        };
        (0..self.count).map(end).collect()
    }

    /// Sources into which writers with clocks of their own write, by number.
    pub(super) fn mixed(&self) -> BTreeSet<usize> {
        let odd = |stretch: &Stretch| !self.files[stretch.file].testimony.writers.is_empty();
        self.runs.iter().filter(|run| run.stretches.iter().any(odd)).map(|run| run.source).collect()
    }

    /// First and last wall clock of a run in file order: a stray stamp in between moves neither.
    pub(super) fn ends(&self, run: usize) -> Option<(i64, i64)> {
        let mut ends = self.runs[run].stretches.iter().filter_map(|stretch| stretch.ends);
        let first = ends.next()?;
        Some((first.0, ends.next_back().unwrap_or(first).1))
    }
}
