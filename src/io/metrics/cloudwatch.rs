//! CloudWatch: the points of `get-metric-statistics`, and the parallel arrays of `get-metric-data`.
//!
//! A point's stamp is the beginning of its period. How long that is stands in neither document.

use super::walk::{Pairs, Shape, Way, dotted, is, line, remark, starts};

/// Points may wait for their label, which some versions write last: this many bytes. A call gives 1440 of
/// them at most.
const MOST_HELD: usize = 4 * 1024 * 1024;

fn metric(label: Option<&[u8]>) -> Pairs {
    let mut pairs = Pairs::of(b"series_of", b"\"cloudwatch\"");
    pairs.push(b"metric", label.unwrap_or(b"null"));
    pairs
}

fn stamp(time: &[u8]) -> Pairs {
    if time.is_empty() { Pairs::default() } else { Pairs::of(b"timestamp", time) }
}

/// `{"Label":"CPUUtilization","Datapoints":[{"Timestamp":"...","Average":3.1,"Unit":"Percent"},...]}`
#[derive(Default)]
pub(super) struct Statistics {
    label: Option<Vec<u8>>,
    time: Vec<u8>,
    point: Pairs,
    /// Points without a label yet.
    held: Vec<(Vec<u8>, Pairs)>,
    held_bytes: usize,
    /// Whether there was any point.
    any: bool,
    rest: Pairs,
}

impl Statistics {
    fn release(&mut self, out: &mut Vec<u8>) {
        let metric = metric(self.label.as_deref());
        for (time, point) in self.held.drain(..) {
            line(out, &[&stamp(&time), &metric, &point]);
        }
        self.held_bytes = 0;
    }
}

impl Shape for Statistics {
    fn value(&mut self, way: &Way, value: &[u8], out: &mut Vec<u8>) {
        if is(way, &["Label"]) {
            self.label = Some(value.to_vec());
            self.release(out);
        } else if is(way, &["Datapoints", "", "Timestamp"]) {
            self.time = value.to_vec();
        } else if starts(way, &["Datapoints", ""]) {
            self.point.push(&dotted(&way[2..]), value);
        } else {
            self.rest.push(&dotted(way), value);
        }
    }

    fn close(&mut self, way: &Way, out: &mut Vec<u8>) {
        if !is(way, &["Datapoints", ""]) {
            return;
        }
        let (time, point) = (std::mem::take(&mut self.time), std::mem::take(&mut self.point));
        self.held_bytes += size_of::<(Vec<u8>, Pairs)>() + time.len() + point.len();
        self.held.push((time, point));
        self.any = true;
        if self.label.is_some() || self.held_bytes > MOST_HELD {
            self.release(out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.release(out);
        if self.label.is_some() && !self.any {
            line(out, &[&metric(self.label.as_deref()), &Pairs::of(b"points", b"0")]);
        }
        remark(out, b"\"cloudwatch\"", b"\"document\"", &[&self.rest]);
        *self = Self::default();
    }
}

/// Values of one of two parallel arrays that wait for the other.
#[derive(Default)]
struct Column {
    text: Vec<u8>,
    taken: usize,
}

impl Column {
    /// Takes a value up; whether there was room.
    fn push(&mut self, value: &[u8]) -> bool {
        let room = self.text.len() + value.len() < MOST_HELD;
        if room {
            self.text.extend_from_slice(value);
            // No value has one.
            self.text.push(b'\n');
        }
        room
    }

    fn front(&self) -> Option<&[u8]> {
        let rest = self.text.get(self.taken..)?;
        rest.iter().position(|byte| *byte == b'\n').map(|end| &rest[..end])
    }

    fn advance(&mut self) {
        self.taken += self.front().map_or(0, |front| front.len() + 1);
        if self.taken == self.text.len() {
            self.text.clear();
            self.taken = 0;
        }
    }

    fn clear(&mut self) -> u64 {
        let left = self.text[self.taken..].iter().filter(|byte| **byte == b'\n').count();
        *self = Self::default();
        left as u64
    }
}

/// `{"MetricDataResults":[{"Id":"m1","Label":"...","Timestamps":[...],"Values":[...]}]}`
#[derive(Default)]
pub(super) struct Data {
    label: Option<Vec<u8>>,
    id: Pairs,
    times: Column,
    values: Column,
    /// A value or time found no room: what follows in its array would meet the wrong partner.
    full: bool,
    /// Whether there was any point.
    any: bool,
    /// What a series says of itself beside its points.
    remark: Pairs,
    rest: Pairs,
    lost: u64,
}

const SERIES: [&str; 2] = ["MetricDataResults", ""];

impl Data {
    fn pair(&mut self, out: &mut Vec<u8>) {
        let metric = metric(self.label.as_deref());
        while let (Some(time), Some(value)) = (self.times.front(), self.values.front()) {
            let point = Pairs::of(b"value", value);
            self.any = true;
            line(out, &[&stamp(time), &metric, &self.id, &point]);
            self.times.advance();
            self.values.advance();
        }
    }

    fn end_series(&mut self, out: &mut Vec<u8>) {
        self.pair(out);
        self.lost += self.times.clear() + self.values.clear();
        if self.label.is_some() && !self.any {
            self.remark.push(b"points", b"0");
        }
        if !self.remark.is_empty() {
            line(out, &[&metric(self.label.as_deref()), &self.id, &self.remark]);
        }
        let (rest, lost) = (std::mem::take(&mut self.rest), self.lost);
        *self = Self { rest, lost, ..Self::default() };
    }
}

impl Shape for Data {
    fn value(&mut self, way: &Way, value: &[u8], out: &mut Vec<u8>) {
        let Some(inner) = way.get(2..).filter(|_| starts(way, &SERIES)) else {
            return self.rest.push(&dotted(way), value);
        };
        let timed = is(inner, &["Timestamps", ""]);
        if timed || is(inner, &["Values", ""]) {
            let column = if timed { &mut self.times } else { &mut self.values };
            let taken = !self.full && column.push(value);
            self.lost += u64::from(!taken);
            self.full |= !taken;
            if self.label.is_some() {
                self.pair(out);
            }
        } else if is(inner, &["Label"]) {
            self.label = Some(value.to_vec());
        } else if is(inner, &["Id"]) {
            self.id.push(b"Id", value);
        } else if !(is(inner, &["StatusCode"]) && value == b"\"Complete\"") {
            self.remark.push(&dotted(inner), value);
        }
    }

    fn close(&mut self, way: &Way, out: &mut Vec<u8>) {
        if is(way, &SERIES) {
            self.end_series(out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.end_series(out);
        remark(out, b"\"cloudwatch\"", b"\"document\"", &[&self.rest]);
        *self = Self { lost: self.lost, ..Self::default() };
    }

    fn loss(&self) -> Option<String> {
        (self.lost > 0).then(|| format!("times without a value, or values without a time: {}", self.lost))
    }
}
