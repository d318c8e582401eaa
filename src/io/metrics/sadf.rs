//! `sadf -j`: the samples of sar as one document. Each row of each table is a line, as sar prints them.
//!
//! Date and time stand in two values; together they are the stamp, in UTC where the document says so. A row
//! covers the `interval` before its stamp.

use super::walk::{Pairs, Shape, Way, dotted, is, line, remark, starts};

/// The samples of a host.
#[derive(Default)]
pub(super) struct Samples {
    host: Pairs,
    /// What the host says of itself: one line above its samples.
    about: Pairs,
    date: Vec<u8>,
    time: Vec<u8>,
    utc: bool,
    /// What else stands beside the stamp.
    beside: Pairs,
    /// Rows under way, with the depth of their brackets.
    rows: Vec<(usize, Pairs)>,
    rest: Pairs,
}

const HOST: [&str; 3] = ["sysstat", "hosts", ""];
const SAMPLE: [&str; 5] = ["sysstat", "hosts", "", "statistics", ""];

/// The inside of a JSON string.
fn text(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

impl Samples {
    fn stamp(&mut self, key: &[u8], value: &[u8]) -> bool {
        match key {
            b"date" => self.date = text(value).to_vec(),
            b"time" => self.time = text(value).to_vec(),
            b"utc" => self.utc = value == b"1",
            b"interval" | b"tz" => self.beside.push(key, value),
            _ => return false,
        }
        true
    }

    fn emit(&self, metric: &[u8], row: &Pairs, out: &mut Vec<u8>) {
        let mut head = Pairs::default();
        if !self.date.is_empty() && !self.time.is_empty() {
            let zone: &[u8] = if self.utc { b"Z" } else { b"" };
            head.push(b"timestamp", &[b"\"", &self.date[..], b"T", &self.time[..], zone, b"\""].concat());
        }
        head.push(b"series_of", b"\"sadf\"");
        let name = Pairs::of(b"metric", &[b"\"", metric, b"\""].concat());
        line(out, &[&head, &self.host, &self.beside, &name, row]);
    }

    fn forget_stamp(&mut self) {
        self.date.clear();
        self.time.clear();
        self.utc = false;
        self.beside.clear();
    }

    /// What a host says of itself, before anything else of it.
    fn introduce(&mut self, out: &mut Vec<u8>) {
        if !self.about.is_empty() {
            remark(out, b"\"sadf\"", b"\"machine\"", &[&self.host, &self.about]);
            self.about.clear();
        }
    }
}

/// The tables that a row stands in: `network.net-dev`.
fn table(way: &Way) -> Vec<u8> {
    let named: Vec<_> = way.iter().filter(|step| step.key.is_some()).cloned().collect();
    dotted(&named)
}

impl Shape for Samples {
    fn open(&mut self, way: &Way, out: &mut Vec<u8>) {
        if way.len() == 4 && starts(way, &HOST) {
            self.introduce(out);
        }
        let Some([.., outer, own]) = way.get(4..).filter(|inner| inner.len() > 1) else { return };
        let begins = starts(way, &SAMPLE) && !own.array && (outer.array || way.len() == 6);
        if begins && !is(&way[5..], &["timestamp"]) {
            self.rows.push((way.len(), Pairs::default()));
        }
    }

    fn value(&mut self, way: &Way, value: &[u8], _out: &mut Vec<u8>) {
        let key = way.last().and_then(|step| step.key.as_deref()).unwrap_or_default();
        if way.len() == 4 && starts(way, &HOST) {
            match key {
                b"nodename" => self.host.push(b"host", value),
                _ => self.about.push(key, value),
            }
        } else if starts(way, &SAMPLE) {
            if starts(&way[5..], &["timestamp"]) {
                if !self.stamp(key, value) {
                    self.beside.push(&dotted(&way[6..]), value);
                }
            } else if let Some((depth, row)) = self.rows.last_mut() {
                row.push(&dotted(&way[*depth..]), value);
            } else {
                self.rest.push(&dotted(way), value);
            }
        } else if way.len() > 6 && starts(way, &HOST) {
            // `"restarts":[{"boot":{"date":...,"time":...}}]`, and comments alike.
            if !(way.len() == 7 && self.stamp(key, value)) {
                match self.rows.last_mut() {
                    Some((_, row)) => row.push(&dotted(&way[6..]), value),
                    None => self.rows.push((6, Pairs::of(&dotted(&way[6..]), value))),
                }
            }
        } else {
            self.rest.push(&dotted(way), value);
        }
    }

    fn close(&mut self, way: &Way, out: &mut Vec<u8>) {
        if is(way, &HOST) {
            self.introduce(out);
            self.host.clear();
        } else if is(way, &SAMPLE) {
            self.rows.clear();
            self.forget_stamp();
        } else if starts(way, &SAMPLE) {
            if let Some((_, row)) = self.rows.pop_if(|(depth, _)| *depth == way.len())
                && !row.is_empty()
            {
                self.emit(&table(&way[5..]), &row, out);
            }
        } else if way.len() == 6 && starts(way, &HOST) {
            let row = self.rows.pop().map(|(_, row)| row).unwrap_or_default();
            self.emit(&table(&way[5..]), &row, out);
            self.forget_stamp();
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.introduce(out);
        remark(out, b"\"sadf\"", b"\"document\"", &[&self.rest]);
        *self = Self::default();
    }
}
