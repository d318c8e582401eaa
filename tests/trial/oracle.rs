//! Answers of a program that knows the truth, or that lies in one known way: what the scorer is tried with.

use serde_json::{Value, json};

use super::clock::{HOUR, SECOND, zulu};
use super::disk::Written;
use super::line::Layout;
use super::score::Answers;
use super::world::World;

/// What is wrong with the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    Nothing,
    /// Instants of stamps without a zone are a quarter of an hour late.
    Quarter,
    /// Segments begin one line late.
    SegmentLate,
    /// Each clock that was off is corrected, by an hour too much.
    Overcorrected,
}

pub(crate) fn oracle(world: &World, written: &Written, lie: Lie) -> Answers {
    let mut sources = Vec::new();
    let mut events = Vec::new();
    for (index, files) in written.families.iter().enumerate() {
        let mut segments: Vec<Value> = Vec::new();
        let mut line_of_family = 0;
        for file in files {
            for ((_, line), truth) in written.truths.range((file.clone(), 0)..=(file.clone(), u64::MAX)) {
                line_of_family += 1;
                if truth.layout == Layout::Plain {
                    continue;
                }
                let bare = truth.label.is_none();
                let told = truth.offset;
                let last = segments.last().and_then(|segment| segment["offset_seconds"].as_i64());
                if bare && !truth.odd && !truth.late && last != Some(i64::from(told)) {
                    let from = line_of_family + u64::from(lie == Lie::SegmentLate && last.is_some());
                    segments.push(json!({"from_line": from, "zone": "?", "offset_seconds": told}));
                }
                let mut earliest = truth.wall - i64::from(told) * SECOND;
                let mut basis = vec![if bare { "zone:inferred" } else { "zone:repaired" }];
                if truth.reading != truth.at && lie == Lie::Overcorrected {
                    earliest += truth.at - truth.reading + HOUR;
                    basis.push("skew");
                }
                if bare && lie == Lie::Quarter {
                    earliest += HOUR / 4;
                }
                events.push(json!({
                    "file": file, "line": line, "basis": basis, "marks": [], "stamp": null,
                    "time": zulu(earliest, 6), "earliest": zulu(earliest, 6),
                    "latest": zulu(earliest + truth.layout.tick(), 6),
                }));
            }
        }
        let bare = !world.logs[index].layout.labelled() && world.logs[index].layout != Layout::Plain;
        let basis = if bare { json!("zone:inferred") } else { Value::Null };
        sources.push(json!({"files": files, "zone_basis": basis, "segments": segments}));
    }
    Answers::made(sources, events)
}
