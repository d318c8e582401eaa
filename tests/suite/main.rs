//! One binary for every test that runs the program as its users do.
//!
//! `golden` holds exact outputs, `props` what must hold for any log, `robust` what must not kill a run,
//! `tidy` the rules of the house, `trial` made-up worlds whose true times are known, `years` logs
//! without years. Nothing here reaches into the library.

mod golden;
mod props;
mod robust;
mod tidy;
mod trial;
mod util;
#[path = "../trial/mod.rs"]
mod worlds;
mod years;
