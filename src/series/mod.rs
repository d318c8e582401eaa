//! Metric text as series: the numbers of a record become samples, each with a name and labels.
//!
//! Parsing only. What a series means (that it stepped, that a resource was used up) is not for here to say, nor when a
//! record was written: whoever asks knows that.

mod number;
mod sample;

pub use sample::{Sample, samples};
