//! Records that a store tells of: what reading a line again gives elsewhere, these bring along.
//!
//! A record of a log is read again with its grammar whenever its parts are asked for. One that comes from a
//! store was read when the store was built, and no grammar may read it differently later.

use std::sync::Arc;

use super::instant::Instant;

/// Rows of a store, by number.
pub trait ToldRows: Send + Sync + std::fmt::Debug {
    /// The name of the format.
    fn format(&self, row: u32) -> &str;
    /// The instant; for an undated record its bounds, where it has any.
    fn instant(&self, row: u32) -> Option<Instant>;
    /// The interval that orders it among its neighbours, `(earliest, latest)`: at least as wide as the instant.
    fn interval(&self, row: u32) -> (i64, i64);
    /// The stamp as written.
    fn stamp(&self, row: u32) -> Option<&str>;
    /// The host, as the record names it.
    fn host(&self, row: u32) -> Option<&str>;
    /// The program, and whether the record names it itself; otherwise its format does.
    fn program(&self, row: u32) -> Option<(&str, bool)>;
    /// The process id, as the record writes it.
    fn pid(&self, row: u32) -> Option<&str>;
    /// The message, as the record writes it.
    fn message(&self, row: u32) -> &[u8];
    /// Whether the message is the end of the record, so that lines show the record as it is.
    fn is_tail(&self, row: u32) -> bool;
    /// Calls `visit` for every further field.
    fn fields(&self, row: u32, visit: &mut dyn FnMut(&str, &str));
}

/// Which rows the records of a batch are.
#[derive(Clone, Debug)]
pub struct Told {
    /// The rows.
    pub rows: Arc<dyn ToldRows>,
    /// For each record where it begins in the batch's bytes, ascending and none twice, and its row.
    pub places: Vec<(u32, u32)>,
}

impl Told {
    /// The row of the record that begins at an offset.
    pub fn row(&self, offset: u32) -> Option<u32> {
        let at = self.places.binary_search_by_key(&offset, |place| place.0).ok()?;
        Some(self.places[at].1)
    }
}
