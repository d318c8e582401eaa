//! One binary for every test that runs the program as its users do.
//!
//! `again` holds what a later build must make, `below` tries records that no single line tells, `binary` damaged bytes of binary logs, `bounds` holds what
//! is known of records without a stamp, `causal` what is claimed of order, `copies` records that several files
//! have, `days` stamps that name a time of day, `follow` files that grow, `golden` exact outputs, `landmarks` what
//! other logs tell of lines without stamps, `proposals` the grammars that the program makes up, `proxies` hosts whose
//! clocks stand apart, `props` what must hold for any log, `recorded` recordings that were distorted, `repeats`
//! messages that were only counted, `robust` what must not kill a run, `salvage` what is left of damaged stores,
//! `series` what metric text becomes in a store, `stores` what stores must keep, `tables` what polled tables tell, `tidy` the rules of the
//! house, `trial` made-up worlds whose true times are known, `uptimes` stamps that count from a boot, `years` logs
//! without years. Nothing here reaches into the library but `causal`, which asks
//! `order` what follows from the output, and `binary`, which renders bytes.

mod again;
mod below;
mod binary;
mod bounds;
mod causal;
mod copies;
mod days;
mod follow;
mod golden;
mod landmarks;
mod partial;
mod proposals;
mod props;
mod proxies;
mod recorded;
mod repeats;
mod robust;
mod rotated;
mod salvage;
mod series;
mod stores;
mod tables;
mod tidy;
mod trial;
mod uptimes;
mod util;
#[path = "../trial/mod.rs"]
mod worlds;
mod years;
