//! Rules between lines: the day, and how long nothing was written.

use super::style::{Gaps, Style};
use crate::base::civil_from_days;
use crate::time::pretty_span;
use crate::view::Scene;

const DIM: &[u8] = b"\x1b[2m";
const RESET: &[u8] = b"\x1b[0m";

fn push_rule(out: &mut Vec<u8>, text: &str, style: Style) {
    if style.color {
        out.extend_from_slice(DIM);
    }
    out.extend_from_slice(text.as_bytes());
    if style.color {
        out.extend_from_slice(RESET);
    }
    out.push(b'\n');
}

/// Appends the rule that names a day: `── 2014-12-12 Fri ── Asia/Seoul +09:00`.
pub(super) fn push_day_rule(out: &mut Vec<u8>, scene: &Scene<'_>, day: i64, style: Style) {
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (year, month, date) = civil_from_days(day);
    let name = NAMES[day.rem_euclid(7) as usize];
    let offset = scene.zone.offset_at(day.saturating_mul(86_400));
    let zone = scene.zone.name();
    let text = format!("── {year:04}-{month:02}-{date:02} {name} ── {zone} {offset} {}", "─".repeat(20));
    push_rule(out, &text, style);
}

/// The rule that names a day, as a line.
pub fn day_rule(scene: &Scene<'_>, day: i64, style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    push_day_rule(&mut out, scene, day, style);
    out
}

/// Appends the rule for a gap of so many nanoseconds: `── 4 m 12 s of silence ──`. Where only some records are
/// shown, it is not said that nothing was written.
pub(super) fn push_gap_rule(out: &mut Vec<u8>, span: i64, gaps: Gaps, style: Style) {
    let what = if gaps.of_all { "of silence" } else { "without a record that is shown" };
    push_rule(out, &format!("── {} {what} ──", pretty_span(span)), style);
}

/// The rule for a gap, as a line.
pub fn gap_rule(span: i64, gaps: Gaps, style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    push_gap_rule(&mut out, span, gaps, style);
    out
}
