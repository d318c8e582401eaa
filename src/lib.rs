//! `timeline` reads every log an operator can copy off a few servers, settles what each stamp means,
//! merges everything into one timeline and says what broke first, and what proves it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod base;
pub mod grammar;
pub mod time;
