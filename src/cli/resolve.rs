//! From what was typed to what it means: every default and every conflict is decided here.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{ColorWhen, Common, Opening};
use crate::base::{Error, Level, Result};
use crate::clock::{Assumption, SettleOptions};
use crate::engine::{Plan, Told};
use crate::ingest::Filter;
use crate::io::{Charset, CharsetChoice, Found, Limits, OpenOptions};
use crate::store::{Manifest, Store};
use crate::time::{Bound, Zone, duration, parse_bound};

/// Bytes of a chunk: large enough to amortise a read, small enough to stay in the cache.
const CHUNK_SIZE: usize = 512 * 1024;

/// The folder of the user's configuration.
pub(super) fn config_folder() -> Option<PathBuf> {
    let base = match std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config"),
    };
    Some(base.join("timeline"))
}

/// Nanoseconds since 1970, now.
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The zone of this machine, as `--tz` names it.
const LOCAL: &str = "local";

/// Nothing was named, and nothing could be meant.
pub(super) fn nothing_to_read() -> Error {
    Error::new(
        "nothing to read: name files, folders or `-`, for example `timeline build /var/log --tz Asia/Seoul`",
    )
}

/// What no input means: the one store in the working directory.
fn the_store() -> Result<PathBuf> {
    let here = Path::new(".");
    let entries = std::fs::read_dir(here).map_err(|error| Error::io("read", here, &error))?;
    let names = entries.flatten().map(|entry| PathBuf::from(entry.file_name()));
    let mut stores: Vec<PathBuf> = names
        .filter(|name| name.extension().is_some_and(|end| end == "timeline") && Store::is_store(name))
        .collect();
    stores.sort();
    match &stores[..] {
        [] => Err(nothing_to_read()),
        [store] => Ok(store.clone()),
        several => {
            let names: Vec<String> = several.iter().map(|name| name.display().to_string()).collect();
            Err(Error::new(format!(
                "there are {} stores here: name the one to read ({})",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

/// The plan of a run.
pub(super) fn plan(inputs: &[PathBuf], common: &Common) -> Result<Plan> {
    let only_store;
    let inputs = match inputs {
        [] => {
            only_store = [the_store()?];
            &only_store[..]
        }
        inputs => inputs,
    };
    let default_zone = match inputs {
        // A store is shown in the zone that it was built with, unless another one is named.
        [store] if common.tz == LOCAL && Store::is_store(store) => match Manifest::peek(store) {
            Ok(manifest) => Zone::parse(&manifest.tz)?,
            Err(_) if common.salvage => Zone::parse(LOCAL)?,
            Err(why) => return Err(why),
        },
        _ => Zone::parse(&common.tz)?,
    };
    let mut assumptions = Vec::new();
    for text in &common.assume_tz {
        let (glob, zone) = for_files(text);
        assumptions.push(Assumption { glob, zone: Zone::parse(zone)? });
    }
    let mut held = Vec::new();
    if inputs.iter().any(|path| path == Path::new("-")) {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Error::io("read", Path::new("standard input"), &error))?;
        held.push((Found::unnamed(), bytes));
    }
    Ok(Plan {
        inputs: inputs.to_vec(),
        held,
        told: Told::default(),
        output: None,
        opening: opening(&common.opening)?,
        sources: common.source.clone(),
        settle: SettleOptions { default_zone, assumptions, year: common.year, now: now() },
        chunk_size: common.chunk_size.unwrap_or(CHUNK_SIZE).max(64),
        surveyed: None,
        keep_surveys: false,
    })
}

/// `[GLOB=]VALUE`: which files a value is for, all without a glob, and the value.
pub(super) fn for_files(text: &str) -> (Option<String>, &str) {
    match text.rsplit_once('=') {
        Some((glob, value)) => (Some(glob.to_owned()), value),
        None => (None, text),
    }
}

/// How files are opened.
pub(super) fn opening(opening: &Opening) -> Result<OpenOptions> {
    let charset = |text: &String| {
        let (glob, name) = for_files(text);
        let charset = Charset::named(name).ok_or_else(|| {
            Error::new(format!(
                "`{name}` is no encoding of logs; some are utf-8 euc-kr cp949 shift_jis euc-jp gbk big5 latin1 utf-16le utf-16be utf-32le"
            ))
        })?;
        Ok(CharsetChoice { glob, charset: Some(charset).filter(|charset| !charset.is_utf8()) })
    };
    Ok(OpenOptions {
        limits: Limits {
            unpacked: opening.max_unpacked,
            ratio: opening.max_ratio,
            depth: opening.max_depth,
            held: opening.max_held,
        },
        charsets: opening.encoding.iter().map(charset).collect::<Result<_>>()?,
    })
}

/// What to keep.
pub(super) fn filter(common: &Common, level: Option<&str>, zone: &Zone) -> Result<Filter> {
    let (since, until) = window(common, zone)?;
    let level = match level {
        None => Level::Unknown,
        Some(word) => Level::parse(word.as_bytes()).ok_or_else(|| {
            let words: Vec<_> = Level::ALL.iter().filter_map(|level| level.word()).collect();
            Error::new(format!("`{word}` is no level; levels are {}", words.join(" ")))
        })?,
    };
    Ok(Filter {
        since,
        as_written: common.as_written.then(|| zone.clone()),
        until,
        level,
        hosts: common.host.clone(),
        programs: common.program.clone(),
        fold_copies: !common.no_dedupe,
        ..Filter::default()
    })
}

fn window(common: &Common, zone: &Zone) -> Result<(i64, i64)> {
    let now = now();
    if let Some(around) = &common.around {
        let Bound::At(at) = parse_bound(around, zone, now)? else {
            return Err(Error::new("--around needs a time of its own, not a distance such as +30m"));
        };
        let width = duration(&common.window)?;
        return Ok((at.saturating_sub(width), at.saturating_add(width)));
    }
    let read = |text: &Option<String>| text.as_deref().map(|text| parse_bound(text, zone, now)).transpose();
    let (since, until) = match (read(&common.since)?, read(&common.until)?) {
        (Some(Bound::Relative(_)), Some(Bound::Relative(_))) => {
            return Err(Error::new(
                "--since and --until cannot both be distances such as +30m: give one of them a time",
            ));
        }
        (Some(Bound::At(since)), Some(Bound::Relative(span))) => (since, since.saturating_add(span)),
        (Some(Bound::Relative(span)), Some(Bound::At(until))) => (until.saturating_sub(span), until),
        (Some(Bound::Relative(_)), None) | (None, Some(Bound::Relative(_))) => {
            return Err(Error::new(
                "a distance such as +30m needs the other bound: give --since and --until together",
            ));
        }
        (since, until) => {
            let at = |bound: Option<Bound>, default| match bound {
                Some(Bound::At(at)) => at,
                _ => default,
            };
            (at(since, i64::MIN), at(until, i64::MAX))
        }
    };
    if since >= until {
        return Err(Error::new("--since is not before --until: no record can lie between them"));
    }
    Ok((since, until))
}

/// Whether output to `stdout` is coloured.
pub(super) fn color(when: ColorWhen) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}
