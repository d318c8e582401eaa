//! Settled clocks as renderers see them: segments of a source, the weakest basis of its zones.

use crate::base::NANOS_PER_SECOND;
use crate::engine::FileState;
use crate::present::SegmentRow;
use crate::time::Offset;

/// The segments of a source's clock over its files, oldest first; neighbours that agree are one.
pub(super) fn segments(files: &[&FileState]) -> Vec<SegmentRow> {
    let mut rows: Vec<SegmentRow> = Vec::new();
    for file in files {
        for row in file_segments(file) {
            if rows.last().is_none_or(|last| (&last.zone, last.offset) != (&row.zone, row.offset)) {
                rows.push(row);
            }
        }
    }
    rows
}

fn file_segments(file: &FileState) -> Vec<SegmentRow> {
    let row = |line: u64, zone: String, offset: i32, basis: &'static str| SegmentRow {
        file: file.name.clone(),
        from_line: line,
        zone,
        offset,
        basis,
    };
    if !file.zone_less {
        // The offsets that the stamps name: one, or several of which none is the file's.
        let repair = file.clock.repair.unwrap_or(0) as i32;
        return match file.labels {
            Some(labels) if labels.min == labels.max && labels.min - repair != 0 => {
                let offset = labels.min - repair;
                vec![row(1, Offset(offset).to_string(), offset, stamped(file))]
            }
            _ => vec![row(1, "UTC".to_owned(), 0, stamped(file))],
        };
    }
    let first = file.range.map_or(0, |range| range.0).div_euclid(NANOS_PER_SECOND);
    let segments = file.clock.segments.iter().zip(&file.segment_lines);
    segments
        .map(|(segment, line)| {
            let basis = segment.zone_basis.words().next().unwrap_or("");
            row(*line, segment.zone.name().to_owned(), segment.zone.offset_at(first).0, basis)
        })
        .collect()
}

/// How stamps that name their offset are known.
const fn stamped(file: &FileState) -> &'static str {
    if file.clock.repair.is_some() { "zone:repaired" } else { "offset" }
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
