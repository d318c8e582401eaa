//! `timeline` reads every log an operator can copy off a few servers, settles what each stamp means,
//! merges everything into one timeline and says what broke first, and what proves it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod base;
pub mod cli;
pub mod grammar;
pub mod time;
pub mod view;
pub mod io;
pub mod pattern;
pub mod text;
pub mod clock;
pub mod engine;
pub mod ingest;
pub mod lens;
pub mod merge;
pub mod present;
pub mod query;
pub mod survey;
