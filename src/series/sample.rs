//! From a record's fields to its samples.

use std::collections::BTreeMap;

use super::number::number;
use crate::grammar::{FieldRole, NamePiece, SeriesSpec};

/// A number that a record tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What the series is called.
    pub name: String,
    /// What tells it from others of that name, by label.
    pub labels: Vec<(String, String)>,
    /// The unit, where the format or the record names one.
    pub unit: Option<String>,
    /// The number as written: a counter stays a counter.
    pub value: f64,
}

/// Labels, by name.
type Labels = BTreeMap<String, String>;

/// A record's fields by what they are.
#[derive(Default)]
struct Sorted<'a> {
    /// Labels of the whole record.
    labels: Labels,
    /// Labels of each row, the row's own among them.
    of_row: BTreeMap<&'a str, Labels>,
    unit: Option<&'a str>,
    /// Row, name and number of each value.
    values: Vec<(Option<&'a str>, &'a str, f64)>,
}

/// The samples of a record with these fields, in their order.
pub fn samples(spec: &SeriesSpec, fields: &[(String, String)]) -> Vec<Sample> {
    let sorted = sort(spec, fields);
    let sample = |(row, own, value): &(Option<&str>, &str, f64)| {
        let name = name(spec, own, fields)?;
        let mut labels = sorted.labels.clone();
        if let Some(row) = row.and_then(|row| sorted.of_row.get(row)) {
            labels.extend(row.clone());
        }
        if let Some(label) = spec.own_label() {
            labels.insert(label.to_owned(), (*own).to_owned());
        }
        let unit = sorted.unit.or(spec.unit(&name)).map(str::to_owned);
        Some(Sample { name, labels: labels.into_iter().collect(), unit, value: *value })
    };
    sorted.values.iter().filter_map(sample).collect()
}

fn sort<'a>(spec: &'a SeriesSpec, fields: &'a [(String, String)]) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for (field, text) in fields {
        let (row, own) = spec.row(field).unwrap_or((None, field));
        let row = row.map(|(label, row)| {
            let named = || Labels::from([(label.to_owned(), row.to_owned())]);
            sorted.of_row.entry(row).or_insert_with(named);
            row
        });
        let role = spec.role(own);
        let value = match role {
            FieldRole::Value | FieldRole::ValueOrLabel => number(text, spec.has_commas()),
            _ => None,
        };
        match (role, value) {
            (_, Some(value)) => sorted.values.push((row, own, value)),
            (FieldRole::Label | FieldRole::ValueOrLabel, None) if !text.trim().is_empty() => {
                let labels = match row.and_then(|row| sorted.of_row.get_mut(row)) {
                    Some(labels) => labels,
                    None => &mut sorted.labels,
                };
                labels.entry(own.to_owned()).or_insert_with(|| text.trim().to_owned());
            }
            (FieldRole::Labels, _) => list(text, &mut sorted.labels),
            // CloudWatch names the unit of a bare number so.
            (FieldRole::Unit, _) if text != "None" => sorted.unit = Some(text),
            _ => {}
        }
    }
    sorted
}

/// What a series is called; `None` where a field that its name is made of is not there.
fn name(spec: &SeriesSpec, own: &str, fields: &[(String, String)]) -> Option<String> {
    let mut name = String::new();
    for piece in spec.name() {
        name.push_str(match piece {
            NamePiece::Text(text) => text,
            NamePiece::Own => own,
            NamePiece::Field(wanted) => &fields.iter().find(|(field, _)| field == wanted)?.1,
        });
    }
    Some(name)
}

/// Labels as Prometheus' text lists them: `method="post",code="200"`. What is no label ends the list.
fn list(text: &str, labels: &mut Labels) {
    let mut rest = text.trim();
    while let Some((label, behind)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = behind.chars();
        loop {
            match chars.next() {
                None => return,
                Some('"') => break,
                Some('\\') => match chars.next() {
                    Some('n') => value.push('\n'),
                    Some(other) => value.push(other),
                    None => return,
                },
                Some(other) => value.push(other),
            }
        }
        labels.entry(label.trim().to_owned()).or_insert(value);
        rest = chars.as_str().trim_start().trim_start_matches(',').trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::GrammarSet;

    /// What a format's fields become: `name{label=value} number unit`.
    fn told(format: &str, program: Option<&str>, fields: &[(&str, &str)]) -> Vec<String> {
        let set = GrammarSet::embedded().expect("the built-in grammars");
        let grammar = set.get(set.find(format).expect("a format"));
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        let spec = grammar.series(program.map(str::as_bytes), has).expect("a format of series");
        let shown = |sample: Sample| {
            let labels: Vec<String> =
                sample.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
            let unit = sample.unit.unwrap_or_default();
            format!("{}{{{}}} {} {unit}", sample.name, labels.join(","), sample.value).trim_end().to_owned()
        };
        samples(spec, &fields).into_iter().map(shown).collect()
    }

    #[test]
    fn rows_of_sar_have_their_labels() {
        let row = [("CPU", "all"), ("%user", "0,25"), ("%idle", "99.42"), ("%steal", "-")];
        assert_eq!(told("sysstat", None, &row), ["%user{CPU=all} 0.25 %", "%idle{CPU=all} 99.42 %"]);
        let row = [("IFACE", "eth0"), ("rxkB/s", "12.50"), ("rxpck/s", "3.00")];
        assert_eq!(
            told("sysstat", None, &row),
            ["rxkB/s{IFACE=eth0} 12.5 KiB/s", "rxpck/s{IFACE=eth0} 3 /s"]
        );
        // The processor that a process was on last is not what its series is about.
        let row = [("UID", "0"), ("PID", "4711"), ("%CPU", "50.50"), ("CPU", "1"), ("Command", "rustc")];
        assert_eq!(told("sysstat", None, &row), ["%CPU{Command=rustc,PID=4711,UID=0} 50.5 %"]);
    }

    #[test]
    fn fields_of_rows_are_split() {
        let fields =
            [("date", "12/12/14"), ("avg-cpu.%user", "36.18"), ("sda.r_await", "1.5"), ("dm-0.%util", "7")];
        assert_eq!(
            told("iostat", None, &fields),
            ["%user{} 36.18 %", "r_await{device=sda} 1.5 ms", "%util{device=dm-0} 7 %"]
        );
        let fields =
            [("load1", "0.5"), ("Mem.available", "21647"), ("4711.%CPU", "50.0"), ("4711.COMMAND", "java")];
        assert_eq!(
            told("snapshots", None, &fields),
            ["load1{} 0.5", "Mem.available{} 21647", "%CPU{COMMAND=java,PID=4711} 50 %"]
        );
    }

    #[test]
    fn documents_name_their_series() {
        let point = [("metric", "CPUUtilization"), ("Average", "3.1"), ("Maximum", "9"), ("Unit", "Percent")];
        assert_eq!(
            told("metrics", Some("cloudwatch"), &point),
            ["CPUUtilization{stat=Average} 3.1 Percent", "CPUUtilization{stat=Maximum} 9 Percent"]
        );
        let point = [("metric", "up"), ("job", "redis"), ("code", "200"), ("value", "NaN")];
        assert_eq!(told("metrics", Some("prometheus"), &point), Vec::<String>::new());
        let point = [("metric", "http_requests_total"), ("code", "200"), ("value", "17")];
        assert_eq!(told("metrics", Some("prometheus"), &point), ["http_requests_total{code=200} 17"]);
        let row = [("interval", "600"), ("metric", "cpu-load"), ("cpu", "0"), ("user", "89.55")];
        assert_eq!(told("metrics", Some("sadf"), &row), ["cpu-load.user{cpu=0} 89.55 %"]);
        let line = [("metric", "x_total"), ("labels", r#"a="1,\"2",b="","#), ("value", "1.5e+3")];
        assert_eq!(told("prometheus-text", None, &line), [r#"x_total{a=1,"2,b=} 1500"#]);
    }
}
