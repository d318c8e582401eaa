//! `timeline` reads every log an operator can copy off a few servers, settles what each stamp means,
//! merges everything into one timeline and says what broke first, and what proves it.

pub mod base;
pub mod cli;
pub mod clock;
pub mod engine;
pub mod grammar;
pub mod ingest;
pub mod io;
pub mod lens;
pub mod merge;
pub mod order;
pub mod pattern;
pub mod poll;
pub mod present;
pub mod query;
pub mod series;
pub mod store;
pub mod survey;
pub mod text;
pub mod time;
pub mod view;
pub mod witness;
