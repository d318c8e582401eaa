//! `timeline patterns --diff A B`: what two sets of logs have not in common.
//!
//! Each set is settled by itself: nothing that stands in one says how the other is to be read.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{All, Seen, count, row};
use crate::base::{Result, SourceId};
use crate::cli::args::{Input, PatternsArgs, RowFormat};
use crate::cli::context::Context;
use crate::cli::outcome::Ending;
use crate::cli::output::Output;
use crate::cli::{pager, resolve, screen};
use crate::lens::{Contrast, contrast};
use crate::present::{Contrasted, CountedPattern, Sheet, Side, Sides, push_contrast_rows, push_contrasts};
use crate::time::Zone;

/// A set of logs, counted: kinds of messages, whatever source they are of.
struct Counted {
    zone: Zone,
    side: Side,
    rows: HashMap<u64, CountedPattern>,
    ending: Ending,
}

impl Counted {
    fn new(args: &PatternsArgs, input: &Path) -> Result<Self> {
        let context = Context::new(&Input { inputs: vec![input.to_owned()] }, &args.common, None)?;
        let scene = context.scene();
        let (all, remarks) = count(args, &context, &scene)?;
        let dated = all.values().filter(|seen| seen.dated);
        let reach = dated.map(|seen| (seen.first.0, seen.last)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let records = all.values().map(|seen| seen.count).sum();
        let mut kinds: HashMap<u64, (SourceId, Seen)> = HashMap::new();
        for ((source, pattern), seen) in in_order(all) {
            match kinds.get_mut(&pattern) {
                // In the order of first events: that of the first source stays.
                Some((_, known)) => known.join(seen),
                None => drop(kinds.insert(pattern, (source, seen))),
            }
        }
        let side = Side {
            name: input.display().to_string(),
            records,
            kinds: kinds.len() as u64,
            span: reach.map(|(first, last)| last.saturating_sub(first)),
        };
        let rows = kinds.into_iter();
        let rows =
            rows.map(|(pattern, (source, seen))| (pattern, row(&scene, source, pattern, seen))).collect();
        let ending = context.ending(&remarks, Ending::Good);
        let zone = context.plan.settle.default_zone.clone();
        Ok(Self { zone, side, rows, ending })
    }
}

/// By their first events, those with a stamp first.
fn in_order(all: All) -> Vec<((SourceId, u64), Seen)> {
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|((source, pattern), seen)| (!seen.dated, seen.first, *source, *pattern));
    all
}

/// Runs `timeline patterns --diff A B`.
pub(super) fn run(args: &PatternsArgs, [a, b]: [&PathBuf; 2]) -> Result<Ending> {
    let (mut a, mut b) = (Counted::new(args, a)?, Counted::new(args, b)?);
    let sides = Sides { sides: [a.side, b.side] };
    let mut patterns: Vec<u64> = a.rows.keys().chain(b.rows.keys()).copied().collect();
    patterns.sort_unstable();
    patterns.dedup();
    let differs = |pattern: u64| {
        let (a, b) = (a.rows.remove(&pattern), b.rows.remove(&pattern));
        let count = |row: &Option<CountedPattern>| row.as_ref().map_or(0, |row| row.count);
        let (contrast, surely) = contrast((count(&a), count(&b)), sides.lengths())?;
        Some((surely, Contrasted { contrast, a, b }))
    };
    let mut rows: Vec<(f64, Contrasted)> = patterns.into_iter().filter_map(differs).collect();
    // What one alone has by how bad it is, what both have by how sure the difference is.
    rows.sort_by(|(a_surely, a), (b_surely, b)| {
        let alone = |row: &Contrasted| matches!(row.contrast, Contrast::New | Contrast::Gone);
        let level = |row: &Contrasted| Reverse(alone(row).then(|| row.level()));
        let count = |row: &Contrasted| Reverse(row.shown().map(|row| row.count));
        let first = |row: &Contrasted| row.shown().map(|row| (row.first, row.pattern));
        (a.contrast, level(a))
            .cmp(&(b.contrast, level(b)))
            .then_with(|| if alone(a) { count(a).cmp(&count(b)) } else { b_surely.total_cmp(a_surely) })
            .then_with(|| first(a).cmp(&first(b)))
    });
    let rows: Vec<Contrasted> = rows.into_iter().map(|(_, row)| row).collect();
    let mut text = Vec::new();
    if args.json || args.format == RowFormat::Jsonl {
        push_contrast_rows(&mut text, &sides, &rows);
    } else {
        let sheet = Sheet::new(screen::columns(), sides.sides.iter().map(|side| &side.name[..]));
        push_contrasts(&mut text, &sides, &rows, &b.zone, (&sheet, resolve::color(args.common.color)));
    }
    let mut output = Output::paged(pager::When::of(&args.pager));
    output.write(&text)?;
    output.finish()?;
    Ok(if a.ending == Ending::Good { b.ending } else { a.ending })
}
