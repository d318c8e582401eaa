//! Archives: their members as files, named `archive!member`, to any depth.
//!
//! Members of an uncompressed tar file and of a zip file are parts of the file, read where they are. A
//! compressed tar file is unpacked exactly once, from its beginning; its members are held in memory
//! (`super::held`), because a run reads files several times and at any place. Nothing is written to disk.

use std::collections::HashMap;

use super::coding::Coding;
use super::held::{Holder, room_for_a_member};
use super::limits::{Budget, Limits};
use super::open::{Contents, HEAD, Head, Member, look};
use super::options::OpenOptions;
use super::raw::Raw;
use super::shape::{Shape, shape};
use super::tar::{self, Tape, Tar};
use super::unpack::Stream;
use super::walk::{Found, told_time};
use super::{Short, zip};
use crate::base::{Loss, Unread, reason};

/// Members of one archive, all archives inside of it included.
const MOST_MEMBERS: u64 = 1 << 20;

/// What must be taken apart, or held, before it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tar,
    Zip,
    /// No archive: a packed journal, which is read at any place. Its one member is itself.
    Journal,
}

/// An archive that was found, and not opened yet.
#[derive(Debug)]
pub struct Archive {
    pub(super) found: Found,
    pub(super) raw: Raw,
    pub(super) codings: Vec<Coding>,
    /// Layers down to its members.
    pub(super) layers: usize,
    pub(super) kind: Kind,
    /// Whether its descriptor is closed between reads.
    pub(super) lets_go: bool,
}

impl Archive {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.found.name
    }

    /// Opens it and all archives in it: the members in order, and what there is to say.
    pub fn open(&self, options: &OpenOptions, budget: &Budget) -> (Vec<Member>, Vec<Unread>) {
        let mut opening = Opening {
            options,
            limits: &options.limits,
            budget,
            holder: Holder::new(budget),
            packed: self.raw.len,
            unpacked: 0,
            seen: 0,
            stopped: false,
            outermost: self.name().to_owned(),
            members: Vec::new(),
            remarks: Vec::new(),
        };
        match self.raw.hold_open() {
            Ok(()) => opening.archive(self),
            Err(error) => opening.remark(self.name(), reason(&error), Loss::Whole),
        }
        if self.lets_go {
            self.raw.let_go();
        }
        opening.finish()
    }
}

/// An outermost archive being opened.
struct Opening<'a> {
    options: &'a OpenOptions,
    limits: &'a Limits,
    budget: &'a Budget,
    holder: Holder<'a>,
    /// Bytes of the outermost archive, and of all that came out of it.
    packed: u64,
    unpacked: u64,
    seen: u64,
    /// Whether a limit was met that ends it all.
    stopped: bool,
    outermost: String,
    members: Vec<Member>,
    remarks: Vec<Unread>,
}

/// Members that are no files.
#[derive(Default)]
struct Others {
    links: u64,
    special: u64,
}

impl Opening<'_> {
    fn remark(&mut self, file: &str, why: impl Into<String>, loss: Loss) {
        self.remarks.push(Unread { file: file.to_owned(), why: why.into(), loss });
    }

    fn archive(&mut self, archive: &Archive) {
        match archive.kind {
            Kind::Tar => self.tar(archive),
            Kind::Zip => self.zip(archive),
            Kind::Journal => {
                if let Some(raw) = self.whole(archive) {
                    self.member(archive.found.clone(), raw, Vec::new(), archive.layers);
                }
            }
        }
    }

    /// Takes note of one more member, and of bytes that came out; whether to go on.
    fn goes_on(&mut self, bytes: u64) -> bool {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.stopped || self.budget.hopeless() {
            return false;
        }
        let why = if self.unpacked > self.limits.most(self.packed) {
            self.limits.why_no_more(self.packed)
        } else if self.seen > MOST_MEMBERS {
            format!("has more than {MOST_MEMBERS} members: the rest is left out")
        } else {
            return true;
        };
        self.stopped = true;
        let file = self.outermost.clone();
        self.remark(&file, why, Loss::Part);
        false
    }

    /// A member as a file that was found.
    fn found(archive: &Archive, name: &str, size: u64, mtime: Option<i64>) -> Found {
        let inner = name.strip_prefix("./").unwrap_or(name).trim_start_matches('/');
        let inner = if inner.is_empty() { "?" } else { inner };
        Found {
            name: format!("{}!{inner}", archive.found.name),
            path: archive.found.path.clone(),
            size,
            mtime: told_time(mtime),
            birth: None,
            identity: (0, 0),
        }
    }

    /// Looks into a member, and into it again if it is an archive.
    fn member(&mut self, found: Found, raw: Raw, codings: Vec<Coding>, layers: usize) {
        match look(found, raw, codings, layers, self.options) {
            Contents::Archive(archive) => self.archive(&archive),
            Contents::File(member) => self.keep(member),
        }
    }

    fn keep(&mut self, member: Member) {
        let room = member.1.as_ref().map_or(Ok(()), |_| room_for_a_member(self.budget, self.limits));
        match room {
            Ok(()) => self.members.push(member),
            Err(why) => self.remark(&member.0.name, why, Loss::Whole),
        }
    }

    fn tar(&mut self, archive: &Archive) {
        let in_place = archive.codings.is_empty();
        let tape = match Stream::new(&archive.raw, &archive.codings, *self.limits) {
            _ if in_place => Tape::InPlace(archive.raw.clone()),
            Ok(stream) => Tape::Stream(stream),
            Err(error) => return self.remark(&archive.found.name, reason(&error), Loss::Whole),
        };
        let mut tar = Tar::new(tape);
        let mut others = Others::default();
        while let Some(entry) = tar.next() {
            self.seen += 1;
            // A header costs as much as its bytes; in place nothing is unpacked.
            if !self.goes_on(if in_place { 0 } else { entry.size.saturating_add(512) }) {
                break;
            }
            match entry.kind {
                tar::Kind::Folder => continue,
                tar::Kind::Link => others.links += 1,
                tar::Kind::Special => others.special += 1,
                tar::Kind::Sparse => {
                    let found = Self::found(archive, &entry.name, entry.size, entry.mtime);
                    let why = "a sparse file: its parts are not put together".to_owned();
                    self.keep((found, None, Head::Unread(why)));
                }
                tar::Kind::File => {
                    let found = Self::found(archive, &entry.name, entry.size, entry.mtime);
                    match tar.part() {
                        Some(part) => {
                            self.tell_missing(&found, entry.size - part.len);
                            self.member(found, part, Vec::new(), archive.layers);
                        }
                        None => self.hold(&mut tar, found, archive.layers),
                    }
                }
            }
        }
        self.tell_others(archive, &others);
        for Short { why, loss } in std::mem::take(&mut tar.remarks) {
            self.remark(&archive.found.name, why, loss);
        }
    }

    fn tell_missing(&mut self, found: &Found, missing: u64) {
        if missing > 0 {
            let why = format!("the archive ends within it: {missing} of {} bytes are missing", found.size);
            self.remark(&found.name, why, Loss::Part);
        }
    }

    fn tell_others(&mut self, archive: &Archive, others: &Others) {
        let of = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let parts =
            [of(others.links, "link", "links"), of(others.special, "device or pipe", "devices or pipes")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            let why = format!("{} in it: no files", parts.join(" and "));
            self.remark(&archive.found.name, why, Loss::None);
        }
    }

    /// Takes a member off a stream and holds it, unless there is nothing in it for us.
    fn hold(&mut self, tar: &mut Tar, found: Found, layers: usize) {
        let head = tar.data(HEAD).to_vec();
        if head.is_empty() {
            self.tell_missing(&found, tar.left());
            return self.keep((found, None, Head::Empty));
        }
        let shape = shape(&head, &found.name);
        if let Shape::Unread(why) = shape {
            return self.keep((found, None, Head::Unread(why)));
        }
        self.holder.begin(!matches!(shape, Shape::Coded(_) | Shape::Zip));
        let mut fits = self.holder.push(&head);
        while fits && tar.left() > 0 {
            let piece = tar.data(HEAD);
            if piece.is_empty() {
                break;
            }
            fits = self.holder.push(piece);
        }
        match self.holder.finish() {
            Some(held) => {
                self.tell_missing(&found, tar.left());
                self.member(found, Raw::held(held), Vec::new(), layers);
            }
            None => self.keep((found, None, Head::Unread(self.limits.why_not_held()))),
        }
    }

    fn zip(&mut self, archive: &Archive) {
        let Some(raw) = self.whole(archive) else { return };
        let (entries, why) = match zip::entries(&raw) {
            Ok(entries) => entries,
            Err(error) => return self.remark(&archive.found.name, reason(&error), Loss::Whole),
        };
        if let Some(why) = why {
            self.remark(&archive.found.name, why, Loss::Part);
        }
        for entry in entries.into_iter().filter(|entry| entry.is_file) {
            self.seen += 1;
            if !self.goes_on(if entry.codings.is_empty() { 0 } else { entry.size }) {
                break;
            }
            let found = Self::found(archive, &entry.name, entry.size, entry.mtime);
            if let Some(why) = entry.unread {
                self.keep((found, None, Head::Unread(why)));
                continue;
            }
            if entry.size == 0 && entry.raw.len == 0 {
                self.keep((found, None, Head::Empty));
                continue;
            }
            if entry.codings.is_empty() {
                self.tell_missing(&found, entry.missing);
            }
            self.member(found, entry.raw, entry.codings, archive.layers);
        }
    }

    /// The bytes of an archive, held first if they come out of a coding.
    fn whole(&mut self, archive: &Archive) -> Option<Raw> {
        if archive.codings.is_empty() {
            return Some(archive.raw.clone());
        }
        let name = &archive.found.name;
        let mut stream = match Stream::new(&archive.raw, &archive.codings, *self.limits) {
            Ok(stream) => stream,
            Err(error) => {
                self.remark(name, reason(&error), Loss::Whole);
                return None;
            }
        };
        self.holder.begin(archive.kind == Kind::Journal);
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let short = stream.fill(&mut piece, HEAD).err();
            let fits = self.holder.push(&piece);
            if let Some(Short { why, loss }) = short {
                self.remark(name, why, loss);
            }
            if !fits || !self.goes_on(piece.len() as u64) || stream.ended() {
                break;
            }
        }
        let held = self.holder.finish();
        if held.is_none() {
            self.remark(name, self.limits.why_not_held(), Loss::Whole);
        }
        held.map(Raw::held)
    }

    /// Of members with one name the last counts, as it does when an archive is unpacked.
    fn finish(mut self) -> (Vec<Member>, Vec<Unread>) {
        let last: HashMap<String, usize> =
            self.members.iter().enumerate().map(|(at, member)| (member.0.name.clone(), at)).collect();
        let mut kept = Vec::with_capacity(last.len());
        for (at, member) in std::mem::take(&mut self.members).into_iter().enumerate() {
            if last.get(&member.0.name) == Some(&at) {
                kept.push(member);
            } else {
                let why = format!(
                    "a member of this name comes again further back, and that one is read; this one has {} bytes",
                    member.0.size
                );
                self.remark(&member.0.name, why, Loss::Part);
            }
        }
        (kept, self.remarks)
    }
}
