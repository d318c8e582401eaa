//! Prometheus: the series of `query_range`, and the single points of `query`.

use super::walk::{Pairs, Shape, Way, dotted, is, line, remark, starts};

/// The series of one answer.
#[derive(Default)]
pub(super) struct Answer {
    name: Option<Vec<u8>>,
    labels: Pairs,
    time: Vec<u8>,
    point: Pairs,
    /// Whether there are series, and whether any has a point.
    series: bool,
    any: bool,
    rest: Pairs,
}

const SERIES: [&str; 3] = ["data", "result", ""];

impl Answer {
    fn emit(&mut self, out: &mut Vec<u8>) {
        let mut head = Pairs::default();
        if !self.time.is_empty() {
            head.push(b"timestamp", &self.time);
        }
        head.push(b"series_of", b"\"prometheus\"");
        // What a query computed has no name; Prometheus itself shows its labels alone.
        head.push(b"metric", self.name.as_deref().unwrap_or(b"\"{}\""));
        if !self.time.is_empty() || !self.point.is_empty() {
            line(out, &[&head, &self.labels, &self.point]);
            self.any = true;
        }
        self.time.clear();
        self.point.clear();
    }

    /// A value of a point, from the point's own bracket on: first its time, then what it is.
    fn take(&mut self, inner: &Way, value: &[u8]) {
        match inner {
            [_] if self.time.is_empty() => self.time = value.to_vec(),
            [_] => self.point.push(b"value", value),
            // A histogram is an object where others have a value.
            _ => self.point.push(&dotted(&inner[1..]), value),
        }
    }
}

impl Shape for Answer {
    fn value(&mut self, way: &Way, value: &[u8], _out: &mut Vec<u8>) {
        let Some(inner) = way.get(2..).filter(|_| starts(way, &SERIES)) else {
            let usual = is(way, &["status"]) && value == b"\"success\"" || is(way, &["data", "resultType"]);
            if !usual {
                self.rest.push(&dotted(way), value);
            }
            return;
        };
        // A single number: `"result":[1435781430.781,"1"]`.
        let [_, series @ ..] = inner else { return };
        if series.is_empty() {
            self.take(inner, value);
        } else if is(series, &["metric", "__name__"]) {
            self.name = Some(value.to_vec());
        } else if starts(series, &["metric"]) {
            let own = [&b"timestamp"[..], b"series_of", b"metric", b"value"];
            let mut label = dotted(&series[1..]);
            if own.contains(&&label[..]) {
                label.splice(0..0, *b"label.");
            }
            self.labels.push(&label, value);
        } else if starts(series, &["values", "", ""]) || starts(series, &["histograms", "", ""]) {
            self.take(&series[2..], value);
        } else if starts(series, &["value", ""]) || starts(series, &["histogram", ""]) {
            self.take(&series[1..], value);
        } else {
            self.rest.push(&dotted(way), value);
        }
    }

    fn close(&mut self, way: &Way, out: &mut Vec<u8>) {
        let point = [&["values", ""][..], &["histograms", ""], &["value"], &["histogram"]];
        self.series |= is(way, &SERIES[..2]);
        if is(way, &SERIES) {
            self.name = None;
            self.labels.clear();
        } else if starts(way, &SERIES) && point.iter().any(|point| is(&way[3..], point))
            || is(way, &SERIES[..2])
        {
            self.emit(out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.series && !self.any {
            self.rest.push(b"points", b"0");
        }
        remark(out, b"\"prometheus\"", b"\"document\"", &[&self.rest]);
        *self = Self::default();
    }
}
