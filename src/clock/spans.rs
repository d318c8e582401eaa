//! Where each chunk of a file lies in time, once its clock is settled.

use super::settle::FileFacts;
use super::{Clock, Segment, years};
use crate::base::{NANOS_PER_SECOND, WrittenZone};
use crate::survey::{Abbreviated, ChunkSurvey, Seen};
use crate::time::Zone;

/// Where a chunk lies in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSpan {
    /// No event of the chunk has a smaller key.
    pub min: i64,
    /// No event of the chunk has a larger key.
    pub max: i64,
    /// Its first and last instants, exactly; meaningless when `dated` is not set.
    pub range: (i64, i64),
    /// The key for records before the chunk's first dated one.
    pub carry: Option<i64>,
    /// The bounds of the record that gives that key, where it counts from a boot.
    pub carry_counted: Option<(i64, i64)>,
    /// The key for records before the file's first dated one: that one's.
    pub head: Option<i64>,
    /// The year of its first stamp without one.
    pub year: i32,
    /// The segment of the file's clock that it is read with.
    pub segment: u16,
    /// Which of the file's surveyed chunks it is.
    pub piece: u32,
    /// Whether it holds a dated record.
    pub dated: bool,
    /// Records that are dated by their uptime; the survey took them for undated.
    pub counted: u64,
    /// Whether its stamps are those of a clock that was not set yet.
    pub unset: bool,
}

/// The place in time of every chunk of a file; `years` are those of their first stamps.
pub(super) fn spans(file: &FileFacts<'_>, clock: &Clock, years: &[i32]) -> Vec<ChunkSpan> {
    let segments: Vec<u16> = file
        .survey
        .chunks
        .iter()
        .map(|(start, _)| {
            clock.segments.partition_point(|segment| segment.from <= *start).saturating_sub(1) as u16
        })
        .collect();
    let pieces = || file.survey.chunks.iter().map(|(_, chunk)| chunk).zip(years).zip(&segments);
    let ends = |chunk: &ChunkSurvey, year: i32, segment: u16| ends(clock, chunk, year, segment);
    // Records above the file's first dated one stand right before it.
    let head = pieces().find_map(|((chunk, year), segment)| ends(chunk, *year, *segment).0);
    let (mut carry, mut carry_counted) = (None, None);
    let mut spans = Vec::new();
    for ((chunk, year), segment) in pieces() {
        let mut span = ChunkSpan {
            min: i64::MAX,
            max: i64::MIN,
            range: (i64::MAX, i64::MIN),
            carry,
            carry_counted,
            head,
            year: *year,
            segment: *segment,
            piece: spans.len() as u32,
            dated: false,
            counted: 0,
            unset: chunk.unset,
        };
        // Records of odd writers lie where the file's own clock puts them, or their stamp.
        let ahead = clock.writers.iter().map(|odd| odd.offset.abs()).max().unwrap_or(0);
        for (min, max, slack) in ranges(chunk, clock, *year, *segment) {
            let slack = slack + ahead;
            span.range = (span.range.0.min(min), span.range.1.max(max));
            span.min = span.min.min(min.saturating_sub(slack));
            span.max = span.max.max(max.saturating_add(slack));
            span.dated = true;
        }
        if let (Some(uptimes), Some(boot)) = (chunk.uptimes, &clock.segment(*segment).boot) {
            let (min, max, slack) = boot.span(uptimes.range);
            span.range = (span.range.0.min(min), span.range.1.max(max));
            span.min = span.min.min(min.saturating_sub(slack));
            span.max = span.max.max(max.saturating_add(slack));
            (span.dated, span.counted) = (true, uptimes.count);
        }
        let bound = carry.or(head).or(file.mtime).unwrap_or(i64::MAX - 1);
        if !span.dated {
            (span.min, span.max) = (bound, bound);
        } else if chunk.undated > span.counted || chunk.loose > 0 {
            // What has no stamp stands behind the dated record before it.
            if let Some(place) = carry.or(head) {
                span.min = span.min.min(place);
                span.max = span.max.max(place);
            }
        }
        spans.push(span);
        if let (_, Some(last)) = ends(chunk, *year, *segment) {
            carry = Some(last);
            let uptimes =
                chunk.uptimes.filter(|uptimes| uptimes.trails).zip(clock.segment(*segment).boot.as_ref());
            carry_counted = uptimes.map(|(uptimes, boot)| boot.bounds_of(uptimes.last));
        }
    }
    if !clock.landmarks.marks.is_empty() {
        between_landmarks(file, clock, &mut spans);
    }
    spans
}

/// The first and the last dated record of a chunk, as instants.
fn ends(clock: &Clock, chunk: &ChunkSurvey, year: i32, segment: u16) -> (Option<i64>, Option<i64>) {
    let walls = [chunk.first, chunk.last].map(|seen| seen.map(|seen| place(clock, seen, year, segment)));
    let uptimes = chunk.uptimes.as_ref().zip(clock.segment(segment).boot.as_ref());
    let at = |uptime: i64| uptimes.map(|(_, boot)| boot.moment(uptime));
    let first = chunk.uptimes.filter(|uptimes| uptimes.leads).and_then(|uptimes| at(uptimes.first));
    let last = chunk.uptimes.filter(|uptimes| uptimes.trails).and_then(|uptimes| at(uptimes.last));
    let inner = |uptime: Option<i64>| uptime.and_then(at);
    (
        first.or(walls[0]).or_else(|| inner(chunk.uptimes.map(|uptimes| uptimes.first))),
        last.or(walls[1]).or_else(|| inner(chunk.uptimes.map(|uptimes| uptimes.last))),
    )
}

/// Places the chunks of a file without stamps between its landmarks.
fn between_landmarks(file: &FileFacts<'_>, clock: &Clock, spans: &mut [ChunkSpan]) {
    let landmarks = &clock.landmarks;
    let head = landmarks.marks.first().map(|mark| mark.earliest);
    let starts = file.survey.chunks.iter().map(|(start, _)| *start);
    let ends = starts.clone().skip(1).chain([u64::MAX]);
    for ((start, end), span) in starts.zip(ends).zip(spans) {
        span.head = head;
        span.carry = landmarks.before(start).map(|mark| mark.earliest);
        if let Some(first) = span.carry.or(head) {
            span.min = first;
            span.max = landmarks.before(end).map_or(first, |mark| mark.earliest);
        }
    }
}

fn place(clock: &Clock, seen: Seen, year: i32, segment: u16) -> i64 {
    let segment = clock.segment(segment);
    let at = match seen {
        Seen::Zoned(at) => at.saturating_add(repair(clock)),
        Seen::Local(at) => local_to_utc(segment, at),
        Seen::Abbreviated(name, at) => match segment.reading(WrittenZone::Ambiguous(name)) {
            Some(offset) => at.saturating_sub(i64::from(offset) * NANOS_PER_SECOND),
            None => local_to_utc(segment, at),
        },
        // Settling days has left none of these.
        Seen::Dayless => return 0,
        Seen::Yearless(turn, at) => local_to_utc(segment, years::in_year(year + turn, at)),
    };
    at.saturating_sub(clock.ahead())
}

fn repair(clock: &Clock) -> i64 {
    clock.repair.unwrap_or(0) * NANOS_PER_SECOND
}

/// (min, max, slack) of each kind of stamp in a chunk, as UTC nanoseconds.
fn ranges(
    chunk: &ChunkSurvey,
    clock: &Clock,
    year: i32,
    segment: u16,
) -> impl Iterator<Item = (i64, i64, i64)> {
    let segment = clock.segment(segment);
    // Around a change of offset the wall clock runs back: an hour of slack keeps the bounds true.
    let slack = |min: i64, max: i64| {
        let second = |at: i64, days: i64| at.div_euclid(NANOS_PER_SECOND).saturating_add(days * 86_400);
        if segment.zone.is_steady(second(min, -1), second(max, 1)) { 0 } else { 3_600 * NANOS_PER_SECOND }
    };
    let zoned = chunk.zoned.map(|range| {
        // An epoch among repaired stamps is not repaired: its bounds must hold as well.
        let repair = repair(clock);
        (range.min.saturating_add(repair), range.max.saturating_add(repair), repair.abs())
    });
    let within = |min: i64, max: i64| {
        let (min, max) = (local_to_utc(segment, min), local_to_utc(segment, max));
        (min, max, slack(min, max))
    };
    let abbreviated = chunk.abbreviated.as_deref().filter(|_| !segment.readings.is_empty());
    let parts = abbreviated.map(Abbreviated::parts).unwrap_or_default().iter().map(|part| {
        match part.name.and_then(|name| segment.reading(WrittenZone::Ambiguous(name))) {
            Some(offset) => {
                let by = i64::from(offset) * NANOS_PER_SECOND;
                (part.range.min.saturating_sub(by), part.range.max.saturating_sub(by), 0)
            }
            None => within(part.range.min, part.range.max),
        }
    });
    let parts: Vec<(i64, i64, i64)> = parts.collect();
    // Where nothing names one, or times of day were put into their days after that.
    let plain = chunk.local.filter(|_| abbreviated.is_none() || chunk.dayless.is_some());
    let local = plain.map(|range| within(range.min, range.max));
    let yearless = chunk.yearless.map(|yearless| {
        let at = |(turn, at): (i32, i64)| years::in_year(year + turn, at);
        within(at(yearless.range.min), at(yearless.range.max))
    });
    let ahead = clock.ahead();
    let ranges = zoned.into_iter().chain(local).chain(parts).chain(yearless);
    ranges.map(move |(min, max, slack)| (min.saturating_sub(ahead), max.saturating_sub(ahead), slack))
}

/// Wall-clock nanoseconds to UTC nanoseconds, as the segment reads them.
pub(super) fn local_to_utc(segment: &Segment, local: i64) -> i64 {
    let seconds = local.div_euclid(NANOS_PER_SECOND);
    let (first, second) = segment.zone.to_utc(seconds);
    let late = segment.late_until.is_some_and(|until| seconds < until);
    let utc = if late { second.unwrap_or(first) } else { first };
    utc.saturating_mul(NANOS_PER_SECOND).saturating_add(local.rem_euclid(NANOS_PER_SECOND))
}

/// Wall-clock nanoseconds to UTC nanoseconds in a zone, the earlier way where there are two.
pub(super) fn utc(zone: &Zone, local: i64) -> i64 {
    let seconds = zone.to_utc(local.div_euclid(NANOS_PER_SECOND)).0;
    seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(local.rem_euclid(NANOS_PER_SECOND))
}
