//! `build --follow`: brings a store up to date again and again while its logs grow.
//!
//! Each time is a build like any other, which reads only what is new: so what the store holds is what a build from
//! nothing would hold, through rotations and files that are emptied, and whoever reads it meanwhile finds it whole.

use std::path::Path;
use std::time::{Duration, Instant};

use super::args::BuildArgs;
use super::build::{Built, find};
use super::notice::tell;
use super::outcome::Ending;
use crate::base::Result;
use crate::io::Found;
use crate::present::thousands;
use crate::text::clean;

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_secs(1);

/// So many bytes that came are not waited with.
const MOST: u64 = 64 << 20;

/// Goes on for ever: until it is interrupted. `found` are the files of the build before, with so many events.
pub(super) fn keep_up(
    args: &BuildArgs,
    store: &Path,
    build: &dyn Fn(&[Found]) -> Result<Built>,
    (mut found, mut events): (Vec<Found>, u64),
) -> Result<Ending> {
    let least = Duration::try_from_secs_f64(args.follow_seconds).unwrap_or(PAUSE);
    let mut built = Instant::now();
    loop {
        std::thread::sleep(PAUSE.min(least));
        // A folder that cannot be read now may be readable at the next look.
        let Ok(now) = find(&args.input.inputs) else { continue };
        if same(&found, &now) || built.elapsed() < least && came(&found, &now) < MOST {
            continue;
        }
        built = Instant::now();
        match build(&now) {
            Ok(done) => {
                if !args.common.quiet {
                    tell(&line(store, events, &done));
                }
                (found, events) = (now, done.events);
            }
            // The store stands as it was: what keeps it from growing may pass.
            Err(error) => tell(&error.to_string()),
        }
    }
}

/// Whether no file is new, gone, or changed.
fn same(before: &[Found], now: &[Found]) -> bool {
    let looks = |file: &Found| (file.identity, file.size, file.mtime);
    before.len() == now.len()
        && before.iter().zip(now).all(|(then, now)| then.name == now.name && looks(then) == looks(now))
}

/// Bytes that came since.
fn came(before: &[Found], now: &[Found]) -> u64 {
    let size =
        |file: &Found| before.iter().find(|then| then.identity == file.identity).map_or(0, |then| then.size);
    now.iter().map(|file| file.size.saturating_sub(size(file))).sum()
}

/// What is said of a store that was brought up to date.
fn line(store: &Path, before: u64, done: &Built) -> String {
    let (sign, by) = match done.events >= before {
        true => ('+', done.events - before),
        false => ('-', before - done.events),
    };
    let told: Vec<&str> = done.told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) };
    let name = clean(&store.to_string_lossy());
    format!("{name}: {} events, {sign}{}{told}", thousands(done.events), thousands(by))
}
