//! What well-known daemons say in their messages, whatever format brings the message: the bodies of
//! `grammars/bodies/*.toml`, compiled when the first record is shown with its fields.

use std::sync::OnceLock;

use super::compile::{Place, body};
use super::fault::Fault;
use super::model::Body;
use super::schema::{BodiesFile, SharedBodyFile};

/// The files, in the order in which their bodies are tried: what demands more of a message comes first.
const FILES: [(&str, &str); 2] = [
    ("grammars/bodies/network.toml", include_str!("../../grammars/bodies/network.toml")),
    ("grammars/bodies/daemons.toml", include_str!("../../grammars/bodies/daemons.toml")),
];

/// The shared bodies, in the files' order. A test keeps the files free of mistakes.
pub(super) fn shared() -> &'static [Body] {
    static SHARED: OnceLock<Vec<Body>> = OnceLock::new();
    SHARED.get_or_init(|| compile().map(|(bodies, _)| bodies).unwrap_or_default())
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
            let fitted = bodies.iter().position(|body| {
                body.fields(program, sample.sample.as_bytes(), &mut |name, value| {
                    fields.insert(name.to_owned(), String::from_utf8_lossy(value).into_owned());
                })
            });
            if fitted != Some(index) || fields != sample.fields {
                wrong.push(format!("body {index} `{}`: body {fitted:?} found {fields:?}", sample.sample));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
