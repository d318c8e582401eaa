//! `timeline formats new`: which bytes of a file a proposal is made from, what it is called, where it goes.

use std::io::{Read as _, Write as _};
use std::path::Path;

use super::args::NewFormatArgs;
use super::outcome::Ending;
use super::output::Output;
use super::resolve::opening;
use crate::base::{Error, Result};
use crate::grammar::{Ask, GrammarSet, Proposal, propose};
use crate::io::{Contents, Found, Head, OpenOptions, Opened, open, open_bytes, walk};

/// Bytes looked at: of the beginning, and of the middle and the end. A file's last days often prove what its
/// first does not: which number of a date is the day.
const BEGINNING: usize = 1 << 20;
const FURTHER: usize = 256 << 10;

/// Runs `timeline formats new`.
pub(super) fn run(set: &GrammarSet, args: &NewFormatArgs) -> Result<Ending> {
    let path = args.output.output.as_deref();
    Output::check(path, args.output.force)?;
    let name = match &args.name {
        Some(name) if name.is_empty() || !name.bytes().all(name_byte) => {
            return Err(Error::new(format!(
                "`{name}` cannot be a format's name: use small letters, digits, `-` and `_`"
            )));
        }
        Some(name) => name.clone(),
        None => name_of(set, &args.from),
    };
    let file = args.from.to_string_lossy();
    let ask = Ask { file: &file, name: &name, time: args.time.as_deref(), anyway: args.anyway };
    match propose(set, &stretches(&args.from, &opening(&args.opening)?)?, &ask)? {
        Proposal::Grammar(text) => {
            let mut output = Output::create(path)?;
            output.write(text.as_bytes())?;
            output.finish()?;
            Ok(Ending::Good)
        }
        Proposal::Nothing(why) => {
            // Nobody is left to tell when stderr is gone too.
            let _ = writeln!(std::io::stderr(), "timeline: {why}");
            Ok(Ending::Short)
        }
    }
}

const fn name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}

/// `shop` for `/var/log/Shop.log-20141214.gz`; never a name that is taken.
fn name_of(set: &GrammarSet, path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    // The date or number of a rotated file is no part of its name.
    let name = name.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
    let name = if name.is_empty() { "new" } else { name };
    if set.find(name).is_some() { format!("my-{name}") } else { name.to_owned() }
}

/// Stretches of a file, each of whole lines, its beginning first.
fn stretches(path: &Path, options: &OpenOptions) -> Result<Vec<Vec<u8>>> {
    let shown = path.display();
    let contents = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Error::io("read", Path::new("standard input"), &error))?;
        open_bytes(Found::unnamed(), bytes, options)
    } else {
        let (found, remarks) = walk(&[path.to_owned()], false)?;
        if let Some(remark) = remarks.first() {
            return Err(Error::new(format!("cannot read {}: {}", remark.file, remark.why)));
        }
        match <[Found; 1]>::try_from(found) {
            Ok([file]) if !path.is_dir() => open(file, true, options),
            _ => return Err(Error::new(format!("{shown} is a folder: give one file of the format"))),
        }
    };
    let (opened, head) = match contents {
        Contents::File((_, opened, head)) => (opened, head),
        Contents::Archive(_) => {
            return Err(Error::new(format!("{shown} is an archive: give one file of it, unpacked")));
        }
    };
    match (opened, head) {
        (_, Head::Unread(why)) => Err(Error::new(format!("cannot read {shown}: {why}"))),
        (None, _) | (_, Head::Empty) => Ok(Vec::new()),
        (Some(opened), Head::Text(_)) => {
            text(&opened).map_err(|why| Error::new(format!("cannot read {shown}: {why}")))
        }
    }
}

fn text(opened: &Opened) -> std::result::Result<Vec<Vec<u8>>, String> {
    if opened.is_stream() {
        let mut bytes = Vec::new();
        let mut unpacker = opened.unpack().map_err(|error| error.to_string())?;
        // What is damaged further on does not matter here.
        let _ = unpacker.fill(&mut bytes, BEGINNING);
        return Ok(vec![whole_lines(bytes, true, false)]);
    }
    let size = opened.size;
    let mut places = vec![(0, BEGINNING)];
    if size > (BEGINNING + 2 * FURTHER) as u64 {
        places.push((size / 2, FURTHER));
        places.push((size - FURTHER as u64, FURTHER));
    }
    places
        .into_iter()
        .map(|(at, length)| {
            let mut bytes = vec![0; length];
            let count = opened.read_at(at, &mut bytes).map_err(|error| error.to_string())?;
            bytes.truncate(count);
            Ok(whole_lines(bytes, at == 0, at + count as u64 >= size))
        })
        .collect()
}

/// Without the line that began before a stretch, and the one that does not end in it.
fn whole_lines(mut bytes: Vec<u8>, first: bool, last: bool) -> Vec<u8> {
    if !last && let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') {
        bytes.truncate(end + 1);
    }
    if !first && let Some(start) = bytes.iter().position(|byte| *byte == b'\n') {
        bytes.drain(..=start);
    }
    bytes
}
