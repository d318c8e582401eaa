//! What a decision rests on, in a form that can be shown: a sentence and the record that shows it.

/// A record, by its place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the file among those settled.
    pub file: usize,
    /// Offset of its line in the (unpacked) file.
    pub offset: u64,
}

/// One reason for a decision about a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// One sentence. `{0}` and `{1}` stand for the places, to be shown as `file:line`.
    pub text: String,
    /// The records it speaks of.
    pub places: Vec<Place>,
}

/// What a jump of a source's stamps was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftKind {
    /// The zone changed here: both sides are proven.
    Changed,
    /// The zone's own clock change was written through, an hour twice.
    SetBack,
    /// A changed zone or a silence: nothing tells which.
    Ambiguous,
}

/// A jump of the stamps of a source.
#[derive(Clone, Debug)]
pub struct Shift {
    /// The last record before the jump, where the survey saw one.
    pub before: Option<Place>,
    /// The record behind the jump.
    pub after: Place,
    /// What it was found to be.
    pub kind: ShiftKind,
    /// Offsets before and after, seconds east of UTC: those settled, or those of the two readings.
    pub offsets: (i32, i32),
    /// Last instant before and first after the jump, nanoseconds since 1970 UTC, as settled.
    pub ends: (i64, i64),
    /// The jump of the wall clock, nanoseconds.
    pub jump: i64,
}
