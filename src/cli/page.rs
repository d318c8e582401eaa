//! Rendered lines on their way out: the rules between them and their ties depend on the line that was written
//! before, whoever rendered it.

use super::args::{Common, ViewArgs};
use super::output::Output;
use super::resolve;
use super::screen;
use crate::base::{Error, NANOS_PER_SECOND, Result};
use crate::present::{Columns, Ends, Gaps, Style, day_rule, gap_rule, tie_cell};
use crate::time::{Bound, Zone, duration, parse_bound};
use crate::view::{Place, Scene};

/// How one event stands among its neighbours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub key: i64,
    /// Whether that is the time of a record, and not just where it stands.
    pub dated: bool,
    /// Where it stands, and where in its text the tie cell is.
    pub place: Option<(Place, usize)>,
}

/// The output of a timeline in prose, line by line or in stretches.
pub(super) struct Page<'a> {
    pub scene: &'a Scene<'a>,
    pub style: Style,
    pub output: Output,
    day: Option<i64>,
    /// The event written last.
    above: Option<Place>,
    /// Key of the dated record written last.
    key: Option<i64>,
}

/// What a stretch begins and ends with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edges {
    pub days: Ends<i64>,
    pub places: Ends<(Place, usize)>,
    pub keys: Ends<i64>,
}

impl<'a> Page<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, style: Style, output: Output) -> Self {
        Self { scene, style, output, day: None, above: None, key: None }
    }

    /// Writes what was rendered, with the rules that belong above it.
    pub(super) fn stretch(&mut self, edges: &Edges, mut bytes: &[u8]) -> Result<()> {
        if let Some((first, last)) = edges.keys {
            if let (Some(gaps), Some(key)) = (self.style.gaps, self.key)
                && first.saturating_sub(key) >= gaps.least
            {
                self.output.write(&gap_rule(first.saturating_sub(key), gaps, self.style))?;
            }
            self.key = Some(self.key.map_or(last, |key| key.max(last)));
        }
        if let Some((first, last)) = edges.days {
            if self.day != Some(first) {
                self.output.write(&day_rule(self.scene, first, self.style))?;
            }
            self.day = Some(last);
        }
        if let Some(((first, cell), (last, _))) = edges.places {
            if self.above.is_some_and(|above| !above.is_before(&first)) {
                self.output.write(&bytes[..cell])?;
                self.output.write(tie_cell(true, self.style))?;
                bytes = &bytes[cell + 1..];
            }
            self.above = Some(last);
        }
        self.output.write(bytes)
    }

    /// Writes one event that was rendered alone.
    pub(super) fn line(&mut self, line: &Line, bytes: &[u8]) -> Result<()> {
        let day = self.style.collapse_dates.then(|| {
            let utc = line.key.div_euclid(NANOS_PER_SECOND);
            utc.saturating_add(i64::from(self.scene.zone.offset_at(utc).0)).div_euclid(86_400)
        });
        let edges = Edges {
            days: day.map(|day| (day, day)),
            places: line.place.map(|place| (place, place)),
            keys: line.dated.then_some((line.key, line.key)),
        };
        self.stretch(&edges, bytes)
    }
}

/// How lines look, as far as options and the terminal say; pauses aside.
pub(super) fn style(view: &ViewArgs, common: &Common, terminal: bool, color: bool) -> Result<Style> {
    let relative = relative(view, &Zone::parse(&common.tz)?)?;
    let columns = screen::columns().filter(|_| terminal);
    Ok(Style { color, collapse_dates: terminal && relative.is_none(), columns, relative, gaps: None })
}

/// The instant that times are told from, if one was named: a time of its own is one in the zone shown, which a
/// store may tell.
pub(super) fn relative(view: &ViewArgs, zone: &Zone) -> Result<Option<i64>> {
    let Some(text) = &view.relative else { return Ok(None) };
    match parse_bound(text, zone, resolve::now())? {
        Bound::At(at) => Ok(Some(at)),
        Bound::Relative(_) => {
            Err(Error::new("--relative needs a time of its own, not a distance such as +30m"))
        }
    }
}

/// The columns that were asked for; none for the usual ones.
pub(super) fn columns(view: &ViewArgs) -> Result<Columns> {
    let names = view.columns.iter().map(|name| name.trim());
    if names.clone().any(str::is_empty) {
        return Err(Error::new("--columns has an empty name; write for example --columns time,host,message"));
    }
    Ok(Columns::named(names))
}

/// From where on a pause is shown. Without a word of it: on a terminal, from a minute on, or from twenty times
/// what usually lies between two records, where that is more.
pub(super) fn gaps(when: &str, terminal: bool, of_all: bool, usual: Option<i64>) -> Result<Option<Gaps>> {
    const MINUTE: i64 = 60 * NANOS_PER_SECOND;
    let least = match when {
        "never" => return Ok(None),
        "auto" if !terminal => return Ok(None),
        "auto" => usual.unwrap_or(0).saturating_mul(20).max(MINUTE),
        text => duration(text).ok().filter(|span| *span > 0).ok_or_else(|| {
            Error::new(format!("cannot read `{text}` as a pause; write auto, never or a duration such as 5m"))
        })?,
    };
    Ok(Some(Gaps { least, of_all }))
}
