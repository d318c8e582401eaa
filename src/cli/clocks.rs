//! Settled clocks as renderers see them: segments of a source, the weakest basis of its zones.

use crate::base::NANOS_PER_SECOND;
use crate::engine::{Extent, FileState};
use crate::present::SegmentRow;
use crate::time::Offset;
use crate::witness::Writer;

/// The segments of a source's clock over its files, oldest first; neighbours that agree are one.
pub(super) fn segments(files: &[&FileState]) -> Vec<SegmentRow> {
    let mut rows: Vec<SegmentRow> = Vec::new();
    for file in files {
        for row in file_segments(file) {
            match rows.last_mut().filter(|last| last.reads_like(&row) && last.basis == row.basis) {
                Some(last) => last.dated += row.dated,
                None => rows.push(row),
            }
        }
    }
    rows
}

fn file_segments(file: &FileState) -> Vec<SegmentRow> {
    let row = |extent: Extent, zone: String, offset: i32, basis: &'static str| SegmentRow {
        file: file.name.clone(),
        from_line: extent.first_line,
        dated: extent.dated,
        zone,
        offset,
        basis: basis.into(),
        writer: None,
    };
    if !file.zone_less {
        let whole = Extent { first_line: 1, dated: file.ledger.dated };
        // The offsets that the stamps name: one, or several of which none is the file's.
        let repair = file.clock.repair.unwrap_or(0) as i32;
        return match file.labels {
            Some(labels) if labels.min == labels.max && labels.min - repair != 0 => {
                let offset = labels.min - repair;
                vec![row(whole, Offset(offset).to_string(), offset, stamped(file))]
            }
            _ => vec![row(whole, "UTC".to_owned(), 0, stamped(file))],
        };
    }
    let first = file.range.map_or(0, |range| range.0).div_euclid(NANOS_PER_SECOND);
    let segments = file.clock.segments.iter().zip(&file.extents);
    let own = segments.map(|(segment, extent)| {
        let basis = segment.zone_basis.words().next().unwrap_or("");
        row(*extent, segment.zone.name().to_owned(), segment.zone.offset_at(first).0, basis)
    });
    let mut rows: Vec<SegmentRow> = own.collect();
    // Writers with clocks of their own, relative to the file's first segment.
    let Some(base) = rows.first().cloned() else { return rows };
    for odd in &file.clock.writers {
        let offset = base.offset + (odd.offset / NANOS_PER_SECOND) as i32;
        let (kind, name) = match &odd.writer {
            Writer::Host(name) => ("host", name),
            Writer::Program(name) => ("program", name),
        };
        rows.push(SegmentRow {
            file: file.name.clone(),
            from_line: 1,
            dated: 0,
            zone: Offset(offset).to_string(),
            offset,
            basis: if odd.certain { base.basis.clone() } else { "zone:default".into() },
            writer: Some((kind.into(), String::from_utf8_lossy(name).into_owned())),
        });
    }
    rows
}

/// How stamps that leave no zone open are known: they name their offset, or count from a boot.
fn stamped(file: &FileState) -> &'static str {
    let guessed =
        file.clock.segments.iter().filter_map(|segment| segment.boot.as_ref()).any(|boot| boot.is_guessed());
    match (file.clock.repair, file.uptimes) {
        (Some(_), _) => "zone:repaired",
        (None, 1..) if guessed => "zone:default",
        (None, 1..) if !file.zoned => "uptime",
        _ => "offset",
    }
}

/// How well the zones of a source are known: as well as the least known of them. `None` where there is
/// no stamp.
pub(super) fn zone_basis(files: &[&FileState]) -> Option<&'static str> {
    let dated = files.iter().filter(|file| file.range.is_some());
    let rank = |basis: &str| {
        ["zone:default", "zone:repaired", "zone:inferred", "zone:assumed"]
            .iter()
            .position(|known| *known == basis)
            .unwrap_or(usize::MAX)
    };
    dated
        .map(|file| match file.zone_less {
            true => file.clock.zone_basis().words().next().unwrap_or("zone:default"),
            false => stamped(file),
        })
        .min_by_key(|basis| rank(basis))
}
