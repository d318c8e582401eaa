//! Remarks on stderr about what was asked: a pattern that fits nothing, a choice that leaves nothing, a store that
//! holds only part of its logs. Answers are as they are; nothing here changes one.

use super::args::Common;
use super::context::Context;
use super::resolve::for_files;
use crate::present::Columns;
use crate::query::closest_name;
use crate::text::{clean, glob};
use crate::time::{Zone, local_time};

/// A remark on stderr.
pub(super) fn tell(remark: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("timeline: {remark}\n"));
}

/// Tells of patterns for files and sources that none of them fits: mostly a slip of the finger.
pub(super) fn unmatched(context: &Context, common: &Common) {
    let zones = common.assume_tz.iter().filter_map(|text| Some(("--assume-tz", for_files(text).0?)));
    let asked: Vec<(&str, String)> =
        common.source.iter().map(|text| ("--source", text.clone())).chain(zones).collect();
    if asked.is_empty() {
        return;
    }
    let files = context.files();
    let sources = context.source_names();
    let fits = |pattern: &str| {
        files.iter().any(|file| glob(pattern, &file.name)) || sources.iter().any(|name| glob(pattern, name))
    };
    for (option, pattern) in asked.into_iter().filter(|(_, pattern)| !fits(pattern)) {
        // Few letters are part of many names.
        let word = pattern.trim_matches('*');
        let like = sources.iter().find(|name| word.len() > 3 && name.contains(word));
        let meant = like.map_or(String::new(), |name| format!("; is `{}` meant?", clean(name)));
        tell(&format!("{option}: no file and no source fits `{}`{meant}", clean(&pattern)));
    }
}

/// Tells that nothing was chosen, and from when to when there is something.
pub(super) fn nothing(context: &Context, zone: &Zone) {
    if let Some((first, last)) = context.range() {
        let (first, last) = (local_time(zone, first), local_time(zone, last));
        tell(&format!("no record is as asked; there are records from {first} to {last} {}", zone.name()));
    }
}

/// Fields named in a remark.
const MOST_FIELDS: usize = 24;

/// Tells of columns that were asked for and that no record has, and which there are.
pub(super) fn columns_never_met(columns: &Columns, context: &Context) {
    let unmet: Vec<&str> = columns.never_met().collect();
    if unmet.is_empty() {
        return;
    }
    let known = context.field_names();
    let quoted = |field: &&str| {
        let meant = closest_name(field, &known);
        let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
        format!("`{}`{meant}", clean(field))
    };
    let unmet: Vec<String> = unmet.iter().map(quoted).collect();
    let names: Vec<&str> = Columns::names().collect();
    let mut fields: Vec<String> = known.iter().take(MOST_FIELDS).map(|name| clean(name)).collect();
    if known.len() > fields.len() {
        fields.push("...".to_owned());
    }
    let fields = if fields.is_empty() { String::new() } else { format!(", such as {}", fields.join(" ")) };
    tell(&format!(
        "--columns: no record that is shown has a field {}; columns are {}, and fields of the records{fields}",
        unmet.join(" or "),
        names.join(" "),
    ));
}

/// Tells that a store holds no more than what was chosen when it was built.
pub(super) fn chosen(by: &[String]) {
    if !by.is_empty() {
        tell(&format!("the store holds only what {} chose when it was built", clean(&by.join(" "))));
    }
}

/// Tells that the text of a store is not decoded again.
pub(super) fn encoded(common: &Common) {
    if !common.opening.encoding.is_empty() {
        tell(
            "--encoding: text was decoded when the store was built; build it again to have it read otherwise",
        );
    }
}
