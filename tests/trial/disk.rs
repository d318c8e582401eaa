//! Puts a world onto a disk as it would be copied off its servers, and remembers the truth line by line.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::clock::{SECOND, civil};
use super::plan::Mtimes;
use super::world::{Log, Naming, Row, Truth, World};

/// The truth of a world on disk.
pub(crate) struct Written {
    /// Physical lines of each file, 1-based; the first line of each record has its truth.
    pub(crate) truths: BTreeMap<(String, u64), Truth>,
    /// Which log each file belongs to.
    pub(crate) logs: BTreeMap<String, usize>,
    /// The files of each log, oldest first.
    pub(crate) families: Vec<Vec<String>>,
}

/// Writes all files below `folder`.
pub(crate) fn write(world: &mut World, folder: &Path) -> io::Result<Written> {
    let mut written = Written {
        truths: BTreeMap::new(),
        logs: BTreeMap::new(),
        families: vec![Vec::new(); world.logs.len()],
    };
    for index in 0..world.logs.len() {
        let zipped = world.random.chance(60);
        let log = &world.logs[index];
        let zone = world.hosts[log.host].zones.clone();
        let parts = parts(log, |cut| zone.at(cut).offset(cut));
        for (name, rows) in parts {
            let gz = zipped && is_old(&name, log);
            let name = if gz { format!("{name}.gz") } else { name };
            let mut text = String::new();
            for (number, row) in (1_u64..).zip(rows) {
                text.push_str(&row.text);
                text.push('\n');
                written.truths.insert((name.clone(), number), row.truth.clone());
            }
            written.logs.insert(name.clone(), index);
            written.families[index].push(name.clone());
            let end = rows.last().map_or(world.end, |row| row.written + clock_error(world, index, row));
            let mtime = match world.mtimes {
                Mtimes::True => Some(end),
                Mtimes::Late => Some(end + world.random.within(0, 5_000) * 1_000_000),
                Mtimes::Copied { after, spread } => {
                    Some(world.end + after + world.random.below(spread as u64) as i64)
                }
                Mtimes::Now => None,
                Mtimes::Mixed { after } => {
                    world.random.pick(&[Some(end), Some(end), Some(world.end + after), None])
                }
            };
            let path = folder.join(&name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            // gzip keeps the time of what it packed, unless it read a pipe.
            let inner = if world.random.chance(50) { end } else { 0 };
            fs::write(&path, if gz { gzip(text.as_bytes(), inner)? } else { text.into_bytes() })?;
            if let Some(mtime) = mtime {
                let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(mtime.max(0) as u64);
                fs::File::options().write(true).open(&path)?.set_modified(time)?;
            }
        }
    }
    Ok(written)
}

/// The host's clock writes the file times too.
fn clock_error(world: &World, log: usize, row: &Row) -> i64 {
    world.hosts[world.logs[log].host].ahead.at(row.written)
}

fn gzip(bytes: &[u8], mtime: i64) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::GzBuilder::new()
        .mtime((mtime / SECOND) as u32)
        .write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `delaycompress`: the youngest rotated file stays as it is.
fn is_old(name: &str, log: &Log) -> bool {
    *name != log.path && !name.ends_with(".1")
}

/// The files of a log with their rows, cut at the times of rotation.
fn parts(log: &Log, offset: impl Fn(i64) -> i32) -> Vec<(String, &[Row])> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (index, cut) in log.cuts.iter().enumerate() {
        let to = log.rows.partition_point(|row| row.written < *cut);
        let name = match log.naming {
            Naming::Numbered => format!("{}.{}", log.path, log.cuts.len() - index),
            Naming::Dated => {
                format!("{}-{}", log.path, civil(cut + i64::from(offset(*cut)) * SECOND).format("%Y%m%d"))
            }
        };
        // `notifempty`
        if to > from {
            parts.push((name, &log.rows[from..to]));
        }
        from = to;
    }
    if from < log.rows.len() {
        parts.push((log.path.clone(), &log.rows[from..]));
    }
    parts
}
