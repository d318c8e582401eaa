//! What well-known daemons say in their messages, whatever format brings the message: the bodies of
//! `grammars/bodies/*.toml`, compiled when the first record is shown with its fields.

use std::sync::OnceLock;

use super::compile::{Place, body};
use super::fault::Fault;
use super::schema::{BodiesFile, SharedBodyFile};
use super::slots::Slots;
use super::step::{self, Found, Step};
use crate::base::ByteSet;

/// The files, in the order in which their bodies are tried: what demands more of a message comes first.
const FILES: [(&str, &str); 2] = [
    ("grammars/bodies/network.toml", include_str!("../../grammars/bodies/network.toml")),
    ("grammars/bodies/daemons.toml", include_str!("../../grammars/bodies/daemons.toml")),
];

/// What one kind of message is made of.
#[derive(Debug)]
pub(super) struct Body {
    /// What such a message may begin with: rules out nearly all of a hundred bodies at the price of a bit each.
    pub first: ByteSet,
    /// Programs whose messages these are; any, if empty.
    pub programs: Vec<String>,
    pub steps: Vec<Step>,
    pub slot_names: Vec<String>,
}

impl Body {
    /// Calls `visit` for every field of a message; whether the message fits. What is there but empty
    /// is left out.
    pub(super) fn fields(
        &self,
        program: Option<&[u8]>,
        message: &[u8],
        visit: &mut impl FnMut(&str, &[u8]),
    ) -> bool {
        if message.first().is_some_and(|byte| !self.first.has(*byte))
            || !self.programs.is_empty()
                && !self.programs.iter().any(|wanted| program == Some(wanted.as_bytes()))
        {
            return false;
        }
        let mut slots = Slots::default();
        if step::run(&self.steps, message, 0, &mut slots, &mut Found::default()).is_none() {
            return false;
        }
        for (slot, name) in self.slot_names.iter().enumerate() {
            if let Some(span) = slots.get(slot as u8).filter(|span| span.start < span.end) {
                visit(name, span.of(message));
            }
        }
        true
    }
}

/// Shared bodies, in the files' order.
#[derive(Debug, Default)]
pub(super) struct Shared {
    bodies: Vec<Body>,
    /// For each byte the bodies that a message which begins with it may fit, in order.
    by_first: Vec<Vec<u16>>,
}

impl Shared {
    fn new(bodies: Vec<Body>) -> Self {
        let may_begin = |byte: u8| {
            let places = bodies.iter().zip(0..).filter(|(body, _)| body.first.has(byte));
            places.map(|(_, place)| place).collect()
        };
        Self { by_first: (0..=u8::MAX).map(may_begin).collect(), bodies }
    }

    /// Calls `visit` for every field of a message, as the first body has them that it fits; whether it fits one.
    pub(super) fn fields(
        &self,
        program: Option<&[u8]>,
        message: &[u8],
        visit: &mut impl FnMut(&str, &[u8]),
    ) -> bool {
        let Some(first) = message.first() else {
            return self.bodies.iter().any(|body| body.fields(program, message, visit));
        };
        let Some(places) = self.by_first.get(usize::from(*first)) else { return false };
        places.iter().any(|place| self.bodies[usize::from(*place)].fields(program, message, visit))
    }
}

/// The shared bodies. A test keeps the files free of mistakes.
pub(super) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| Shared::new(compile().map(|(bodies, _)| bodies).unwrap_or_default()))
}

/// No bodies: those of a grammar that is to read with its own alone.
pub(super) fn none() -> &'static Shared {
    const NONE: &Shared = &Shared { bodies: Vec::new(), by_first: Vec::new() };
    NONE
}

fn compile() -> Result<(Vec<Body>, Vec<SharedBodyFile>), Fault> {
    let (mut bodies, mut all) = (Vec::new(), Vec::new());
    for (file, text) in FILES {
        let typed: BodiesFile = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(file, text, at, error.message().to_owned())
        })?;
        let place = Place { file, source: text };
        for typed in &typed.body {
            bodies.push(body(&place, &typed.program, &typed.pattern)?);
        }
        all.extend(typed.body);
    }
    Ok((bodies, all))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The first body that fits must be the sample's own, and find just what it says.
    #[test]
    fn every_shared_body_reads_its_sample() {
        let (bodies, typed) = compile().unwrap_or_else(|fault| panic!("{fault}"));
        let mut wrong = Vec::new();
        for (index, sample) in typed.iter().enumerate() {
            let mut fields = BTreeMap::new();
            let program = sample.program.first().map(String::as_bytes);
            let message = sample.sample.as_bytes();
            let fitted = bodies.iter().position(|body| {
                body.fields(program, message, &mut |name, value| {
                    fields.insert(name.to_owned(), String::from_utf8_lossy(value).into_owned());
                })
            });
            let mut same = BTreeMap::new();
            shared().fields(program, message, &mut |name, value| {
                same.insert(name.to_owned(), String::from_utf8_lossy(value).into_owned());
            });
            assert_eq!(same, fields, "{}", sample.sample);
            if fitted != Some(index) || fields != sample.fields {
                wrong.push(format!("body {index} `{}`: body {fitted:?} found {fields:?}", sample.sample));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
