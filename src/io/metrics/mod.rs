//! Documents of metrics as lines of text: CloudWatch's answers, Prometheus' answers, `sadf -j`.
//!
//! Such a document says once what its points are (a label above or below an array of them, or beside two
//! parallel arrays), so a point alone says too little. What comes out is a line of JSON for each point, with
//! all that holds for it, in the order of the document: the line of a point is its place among them. Values
//! are copied as written. What else the document says, beyond what is always the same, becomes a line without
//! a stamp; text around documents stays lines of its own.
//!
//! It is read as a stream: what is held are the labels of one series, not its points. Where labels or times
//! come behind what they belong to, that waits, within limits.
//!
//! A document that is cut off, or no JSON from some byte on, has its whole points first; reading goes on at
//! the next line that begins with a `{`. What was lost is told at the end.

mod cloudwatch;
mod prometheus;
mod sadf;
mod tokens;
mod walk;

use std::io::BufRead;

use super::binary::Rendered;
use super::coding::keys;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `aws cloudwatch get-metric-statistics`
    Statistics,
    /// `aws cloudwatch get-metric-data`
    Data,
    /// `/api/v1/query_range` and `/api/v1/query`
    Prometheus,
    /// `sadf -j`
    Sadf,
}

impl Kind {
    /// Tells a document by its first keys.
    pub(super) fn recognise(head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let begin = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
        if head[begin] != b'{' {
            return None;
        }
        let mut found = None;
        keys(head, begin, |key, value| {
            found = match (key, head.get(value)) {
                (b"Datapoints", Some(b'[')) if is_points(head, value) => Some(Self::Statistics),
                (b"MetricDataResults", Some(b'[')) => Some(Self::Data),
                (b"data", Some(b'{')) if has(head, value, b"resultType") => Some(Self::Prometheus),
                (b"sysstat", Some(b'{')) if has(head, value, b"hosts") => Some(Self::Sadf),
                _ => None,
            };
            found.is_none()
        });
        found
    }

    /// What it is called in a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Statistics | Self::Data => "CloudWatch",
            Self::Prometheus => "Prometheus",
            Self::Sadf => "sadf",
        }
    }

    /// The lines of such documents.
    pub(super) fn rendered(self, source: Box<dyn BufRead + Send>) -> Rendered {
        let shape: Box<dyn walk::Shape> = match self {
            Self::Statistics => Box::new(cloudwatch::Statistics::default()),
            Self::Data => Box::new(cloudwatch::Data::default()),
            Self::Prometheus => Box::new(prometheus::Answer::default()),
            Self::Sadf => Box::new(sadf::Samples::default()),
        };
        Rendered::new(Box::new(walk::Walk::new(tokens::Tokens::new(source), shape)))
    }
}

/// Whether the object at a place has a key, as far as the text goes.
fn has(text: &[u8], at: usize, wanted: &[u8]) -> bool {
    let mut found = false;
    keys(text, at, |key, _| {
        found |= key == wanted;
        !found
    });
    found
}

/// Whether an array is empty or holds objects with a time.
fn is_points(text: &[u8], at: usize) -> bool {
    let first = text[at + 1..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|gap| at + 1 + gap);
    first.is_some_and(|first| match text[first] {
        b'{' => has(text, first, b"Timestamp"),
        byte => byte == b']',
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read as _};

    use super::*;

    /// The lines of a text, and what is told at its end; the same however it is cut into pieces.
    fn rendered(text: &str) -> (String, Option<String>) {
        let kind = Kind::recognise(text.as_bytes()).expect("recognised");
        let read = |capacity| {
            let bytes = Cursor::new(text.as_bytes().to_vec());
            let mut lines = Vec::new();
            let told = kind
                .rendered(Box::new(BufReader::with_capacity(capacity, bytes)))
                .read_to_end(&mut lines)
                .err()
                .map(|error| error.to_string());
            (String::from_utf8(lines).expect("whole characters"), told)
        };
        let whole = read(1 << 20);
        assert_eq!(whole, read(1), "cut into bytes");
        whole
    }

    #[test]
    fn points_get_a_line_each_with_their_labels() {
        for (document, lines) in [
            (
                r#"{"Label": "CPU", "Datapoints": [{"Timestamp": "t1", "Average": 3.1, "ExtendedStatistics": {"p99": 9}}, {"Timestamp": "t2", "Average": 4},]}"#,
                "{\"timestamp\":\"t1\",\"series_of\":\"cloudwatch\",\"metric\":\"CPU\",\"Average\":3.1,\"ExtendedStatistics.p99\":9}\n\
                 {\"timestamp\":\"t2\",\"series_of\":\"cloudwatch\",\"metric\":\"CPU\",\"Average\":4}\n",
            ),
            (
                "{\n  \"Datapoints\": [\n    {\n      \"Timestamp\": \"t1\",\n      \"Sum\": 1\n    }\n  ],\n  \"Label\": \"In \\\"x\\\"\"\n}\n",
                "{\"timestamp\":\"t1\",\"series_of\":\"cloudwatch\",\"metric\":\"In \\\"x\\\"\",\"Sum\":1}\n",
            ),
            (
                r#"{"MetricDataResults":[{"Id":"m1","Label":"a","Timestamps":["t2","t1"],"Values":[2,1],"StatusCode":"Complete"},{"Timestamps":["t3"],"Values":[3],"Label":"b","StatusCode":"PartialData"}],"Messages":[],"NextToken":"n"}"#,
                "{\"timestamp\":\"t2\",\"series_of\":\"cloudwatch\",\"metric\":\"a\",\"Id\":\"m1\",\"value\":2}\n\
                 {\"timestamp\":\"t1\",\"series_of\":\"cloudwatch\",\"metric\":\"a\",\"Id\":\"m1\",\"value\":1}\n\
                 {\"timestamp\":\"t3\",\"series_of\":\"cloudwatch\",\"metric\":\"b\",\"value\":3}\n\
                 {\"series_of\":\"cloudwatch\",\"metric\":\"b\",\"StatusCode\":\"PartialData\"}\n\
                 {\"series_of\":\"cloudwatch\",\"metric\":\"document\",\"NextToken\":\"n\"}\n",
            ),
            (
                r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","value":"x"},"values":[[1435781430.781,"1"],[1435781445,"NaN"]]},{"metric":{},"histograms":[[5,{"count":"3","buckets":[[0,"1"]]}]]}]},"warnings":["w"]}"#,
                "{\"timestamp\":1435781430.781,\"series_of\":\"prometheus\",\"metric\":\"up\",\"label.value\":\"x\",\"value\":\"1\"}\n\
                 {\"timestamp\":1435781445,\"series_of\":\"prometheus\",\"metric\":\"up\",\"label.value\":\"x\",\"value\":\"NaN\"}\n\
                 {\"timestamp\":5,\"series_of\":\"prometheus\",\"metric\":\"{}\",\"count\":\"3\",\"buckets.0.0\":0,\"buckets.0.1\":\"1\"}\n\
                 {\"series_of\":\"prometheus\",\"metric\":\"document\",\"warnings.0\":\"w\"}\n",
            ),
            (
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[7,"1"]}]}}{"status":"success","data":{"resultType":"scalar","result":[8,"2"]}}"#,
                "{\"timestamp\":7,\"series_of\":\"prometheus\",\"metric\":\"{}\",\"job\":\"a\",\"value\":\"1\"}\n\
                 {\"timestamp\":8,\"series_of\":\"prometheus\",\"metric\":\"{}\",\"value\":\"2\"}\n",
            ),
            (
                r#"{"Label":"a","Datapoints":[]}{"Label":"b","Datapoints":[]}"#,
                "{\"series_of\":\"cloudwatch\",\"metric\":\"a\",\"points\":0}\n\
                 {\"series_of\":\"cloudwatch\",\"metric\":\"b\",\"points\":0}\n",
            ),
            (
                r#"{"data":{"resultType":"matrix","result":[]}}"#,
                "{\"series_of\":\"prometheus\",\"metric\":\"document\",\"points\":0}\n",
            ),
            (
                r#"{"sysstat":{"hosts":[{"nodename":"web1","machine":"x86_64","statistics":[{"timestamp":{"date":"2014-12-12","time":"01:10:01","utc":1,"interval":600},"cpu-load":[{"cpu":"all","user":1},{"cpu":"0","user":2}],"io":{"tps":3,"io-reads":{"rtps":4}},"network":{"net-dev":[{"iface":"lo"}]}},{"timestamp":{"date":"2014-12-12","time":"01:20:01","utc":0,"interval":600},"queue":{"runq-sz":5}}],"restarts":[{"boot":{"date":"2014-12-12","time":"01:00:00","utc":1,"cpu_count":2}}]}]}}"#,
                "{\"series_of\":\"sadf\",\"metric\":\"machine\",\"host\":\"web1\",\"machine\":\"x86_64\"}\n\
                 {\"timestamp\":\"2014-12-12T01:10:01Z\",\"series_of\":\"sadf\",\"host\":\"web1\",\"interval\":600,\"metric\":\"cpu-load\",\"cpu\":\"all\",\"user\":1}\n\
                 {\"timestamp\":\"2014-12-12T01:10:01Z\",\"series_of\":\"sadf\",\"host\":\"web1\",\"interval\":600,\"metric\":\"cpu-load\",\"cpu\":\"0\",\"user\":2}\n\
                 {\"timestamp\":\"2014-12-12T01:10:01Z\",\"series_of\":\"sadf\",\"host\":\"web1\",\"interval\":600,\"metric\":\"io\",\"tps\":3,\"io-reads.rtps\":4}\n\
                 {\"timestamp\":\"2014-12-12T01:10:01Z\",\"series_of\":\"sadf\",\"host\":\"web1\",\"interval\":600,\"metric\":\"network.net-dev\",\"iface\":\"lo\"}\n\
                 {\"timestamp\":\"2014-12-12T01:20:01\",\"series_of\":\"sadf\",\"host\":\"web1\",\"interval\":600,\"metric\":\"queue\",\"runq-sz\":5}\n\
                 {\"timestamp\":\"2014-12-12T01:00:00Z\",\"series_of\":\"sadf\",\"host\":\"web1\",\"metric\":\"boot\",\"cpu_count\":2}\n",
            ),
        ] {
            assert_eq!(rendered(document), (lines.to_owned(), None), "{document}");
        }
    }

    #[test]
    fn what_is_whole_is_kept_where_documents_are_not() {
        let point = |label: &str, value: u32| {
            format!(
                "{{\"timestamp\":\"t\",\"series_of\":\"cloudwatch\",\"metric\":{label},\"Sum\":{value}}}\n"
            )
        };
        let text = "\u{feff}{\"Datapoints\":[{\"Timestamp\":\"t\",\"Sum\":1},{\"Timest\n{\"Label\":\"a\",\"Datapoints\":[{\"Timestamp\":\"t\",\"Sum\":2}]}\n\n# text {around}\n{\"Label\":\"b\",\"Datapoints\":[{\"Timestamp\":\"t\",\"Sum\":3},{\"Timestamp\":\"t\",\"Sum\":4";
        let (lines, told) = rendered(text);
        let expected =
            [point("null", 1), point("\"a\"", 2), "# text {around}\n".to_owned(), point("\"b\"", 3)].concat();
        assert_eq!(lines, expected);
        assert_eq!(
            told.as_deref(),
            Some(
                "documents that are no JSON from some byte on: 1 (at byte 53); documents that are cut off: 1 (at byte 202)"
            )
        );
        let (lines, told) =
            rendered(r#"{"MetricDataResults":[{"Label":"a","Timestamps":["t","u"],"Values":[1]}]}"#);
        assert_eq!(lines.lines().count(), 1);
        assert_eq!(told.as_deref(), Some("times without a value, or values without a time: 1"));
    }

    #[test]
    fn every_cut_of_a_document_is_told() {
        let whole = r#"{"sysstat":{"hosts":[{"nodename":"w","statistics":[{"timestamp":{"date":"d","time":"t","utc":1},"io":{"tps":3}}],"restarts":[{"boot":{"date":"d","time":"t"}}]}]}}"#;
        let (lines, _) = rendered(whole);
        for length in 21..whole.len() {
            let (cut, told) = rendered(&whole[..length]);
            assert!(told.is_some_and(|told| told.contains("cut off")), "{length}");
            assert!(lines.starts_with(&cut) || cut.lines().count() <= lines.lines().count(), "{cut}");
        }
    }

    #[test]
    fn other_json_is_no_such_document() {
        for text in [
            "",
            "{",
            "[{\"Timestamp\":\"t\"}]",
            "{\"Datapoints\":[{\"a\":1}]}",
            "{\"Datapoints\":3}",
            "{\"status\":\"success\",\"data\":{\"result\":[]}}",
            "{\"time\":\"t\",\"sysstat\":{\"load\":1}}",
        ] {
            assert_eq!(Kind::recognise(text.as_bytes()), None, "{text}");
        }
    }
}
