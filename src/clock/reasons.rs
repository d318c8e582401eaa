//! Decisions in words: what proves a clock, or why it stays open.

use super::evidence::Link;
use super::proof::{Place, Proof};
use super::witnessed::Nodes;
use super::zones::{Ballot, By, Decision, Vote, VoteKind};
use crate::base::NANOS_PER_SECOND;
use crate::time::Offset;
use crate::witness::{OddWriter, Writer};

/// `+09:00`, for an offset in nanoseconds.
fn shown(offset: i64) -> String {
    Offset((offset / NANOS_PER_SECOND) as i32).to_string()
}

/// What proves a decision.
pub(super) fn proofs(
    nodes: &Nodes<'_>,
    node: usize,
    decision: &Decision,
    ballot: &Ballot,
    links: &[Link],
) -> Vec<Proof> {
    let mut proofs = Vec::new();
    let own: Vec<&Vote> = ballot
        .of(node)
        .iter()
        .filter(|vote| vote.offset == decision.offset && vote.kind != VoteKind::Label)
        .collect();
    let quoted: Vec<&&Vote> = own.iter().filter(|vote| vote.kind == VoteKind::Quoted).collect();
    if let Some((file, Some(offset))) = quoted.first().map(|vote| vote.place) {
        proofs.push(Proof {
            text: format!(
                "{} of its records quote{} an absolute time of the same moment, at {}, as {{0}} does",
                quoted.len(),
                if quoted.len() == 1 { "s" } else { "" },
                shown(decision.offset)
            ),
            places: vec![Place { file, offset }],
        });
    }
    let announced =
        ballot.of(node).iter().find(|vote| vote.kind == VoteKind::Label && vote.place.1.is_some());
    if let Some((file, Some(offset))) = announced.map(|vote| vote.place) {
        let text = format!(
            "{{0}} tells that the machine's zone was changed, and the stamps jump right behind it: {} on this side",
            shown(decision.offset)
        );
        proofs.push(Proof { text, places: vec![Place { file, offset }] });
    }
    if let By::Link(index) = decision.by {
        proofs.push(linked(nodes, node, &links[index]));
    }
    let mut beside = own.iter().filter(|vote| vote.kind == VoteKind::Beside);
    if let Some((file, Some(offset))) =
        beside.clone().find(|vote| vote.place.1.is_some()).map(|vote| vote.place)
    {
        let text =
            format!("a record beside {{0}} counts from 1970, which fits at {}", shown(decision.offset));
        proofs.push(Proof { text, places: vec![Place { file, offset }] });
    }
    if beside.any(|vote| vote.place.1.is_none()) {
        let text = format!(
            "its last record is as old as the file's modification time at {}",
            shown(decision.offset)
        );
        proofs.push(Proof { text, places: Vec::new() });
    }
    if proofs.is_empty() && decision.by == By::Own(VoteKind::Beside) {
        let text =
            format!("modification times of its files fit its last records at {}", shown(decision.offset));
        proofs.push(Proof { text, places: Vec::new() });
    }
    proofs
}

fn linked(nodes: &Nodes<'_>, node: usize, link: &Link) -> Proof {
    let (mine, other) = if link.nodes.0 == node { (0, 1) } else { (1, 0) };
    let there = if mine == 0 { link.nodes.1 } else { link.nodes.0 };
    let difference = if mine == 0 { link.offset } else { -link.offset };
    let place = |index: usize| Place { file: link.example[index].0, offset: link.example[index].1 };
    let apart = match difference {
        0 => "on the same clock".to_owned(),
        _ => format!("{} apart on the clock", shown(difference)),
    };
    let text = if nodes.file(node) == nodes.file(there) && node < nodes.runs.len() && there < nodes.runs.len()
    {
        format!("its stamps jump at {{0}}: the records on both sides are {apart}")
    } else {
        format!(
            "{} of {} identifiers or messages that it shares with {} are {apart}, as {{0}} and {{1}}",
            link.votes.0,
            link.votes.1,
            nodes.files[nodes.file(there)].source,
        )
    };
    Proof { text, places: vec![place(mine), place(other)] }
}

/// Why a label alone decides nothing: what joins a run to it.
pub(super) fn alone(nodes: &Nodes<'_>, run: usize, links: &[Link]) -> Vec<Proof> {
    let Some(link) = links.iter().find(|link| link.nodes.0 == run || link.nodes.1 == run) else {
        return Vec::new();
    };
    let mut proof = linked(nodes, run, link);
    proof.text.push_str("; nothing else says so, and stamps may name an offset that is not theirs");
    vec![proof]
}

/// Why what is known of a run is not known of all of it.
pub(super) fn hidden(offset: i64, by: &str) -> Vec<Proof> {
    let text = format!("it reads {} somewhere, but some zones of that offset {by}", shown(offset));
    vec![Proof { text, places: Vec::new() }]
}

/// Why a run is guessed to be in a zone that its host's settings state.
pub(super) fn settings(zone: &str, place: Place) -> Vec<Proof> {
    let text = format!("its host's settings state {zone}, as {{0}} does: programs may have others");
    vec![Proof { text, places: vec![place] }]
}

/// Why a run that ends with its company has their zone.
pub(super) fn company(nodes: &Nodes<'_>, peers: &[usize]) -> Vec<Proof> {
    let first = peers.first().map_or("", |peer| nodes.files[nodes.file(*peer)].source);
    let text = format!(
        "in this zone, and in no other, it lies in the time that the {} decided logs of its format and host cover, {first} among them",
        peers.len()
    );
    vec![Proof { text, places: Vec::new() }]
}

/// Why a run beside a clock change of the zone given first is in that zone.
pub(super) fn clock_change(zone: &str) -> Vec<Proof> {
    let text = format!(
        "its stamps jump where {zone} changes its clock, and what is known of one side of the jump fits that zone"
    );
    vec![Proof { text, places: Vec::new() }]
}

/// Why a run between two others of its log has their zone.
pub(super) fn between(offset: i64) -> Vec<Proof> {
    let text = format!("what stands before and behind it in this log is known to be at {}", shown(offset));
    vec![Proof { text, places: Vec::new() }]
}

/// Why a run stays open.
pub(super) fn open(run: usize, ballot: &Ballot, disputed: bool) -> Vec<Proof> {
    let quoted: Vec<&Vote> = ballot.quotes(run).collect();
    let mut offsets: Vec<i64> = quoted.iter().map(|vote| vote.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let text = if disputed {
        "the logs it shares identifiers with contradict each other".to_owned()
    } else if offsets.len() > 1 {
        let offsets: Vec<String> = offsets.iter().map(|offset| shown(*offset)).collect();
        format!("absolute times in its records speak for several zones: {}", offsets.join(", "))
    } else if let Some(offset) = offsets.first() {
        let speak = if quoted.len() == 1 { "speaks" } else { "speak" };
        format!("{} {speak} for {}, too little to decide", counted(quoted.len()), shown(*offset))
    } else {
        return Vec::new();
    };
    let places = quoted.iter().filter_map(|vote| Some(Place { file: vote.place.0, offset: vote.place.1? }));
    vec![Proof { text, places: places.take(1).collect() }]
}

fn counted(quotes: usize) -> String {
    format!("{quotes} quoted absolute time{}", if quotes == 1 { "" } else { "s" })
}

/// How one writer inside a file differs from it.
pub(super) fn writer(file: usize, odd: &OddWriter) -> Proof {
    let (what, name) = match &odd.writer {
        Writer::Host(name) => ("host", name),
        Writer::Program(name) => ("program", name),
    };
    let name = String::from_utf8_lossy(name);
    let differs = match odd.certain {
        true => format!("{} apart from the file's", shown(odd.offset)),
        false if odd.elsewhere => {
            return Proof {
                text: format!(
                    "{what} {name} writes by a clock of its own in another file of this log, and nothing here shows which: its {} records, such as {{0}}, are placed by a guess",
                    odd.first.1
                ),
                places: vec![Place { file, offset: odd.first.0 }],
            };
        }
        false => "apart from the file's by an unknown amount: its records are placed by a guess".to_owned(),
    };
    Proof {
        text: format!(
            "{what} {name} writes by a clock of its own, {differs}: its {} records stand between those of others, as {{0}} does",
            odd.first.1
        ),
        places: vec![Place { file, offset: odd.first.0 }],
    }
}

/// What proves that a file's labels are wrong; or, where writers with clocks of their own share them, only that those
/// of one of them are.
pub(super) fn lie(node: usize, shared: bool, ballot: &Ballot) -> Option<Proof> {
    let quoted: Vec<&Vote> = ballot.quotes(node).filter(|vote| vote.offset != 0).collect();
    let first = quoted.first()?;
    let (by, count) = (shown(first.offset), quoted.len());
    let text = match shared {
        false => format!(
            "its stamps name an offset that is wrong by {by}: {count} of its records quote an absolute time of the same moment, as {{0}} does"
        ),
        true => format!(
            "the offset in its stamps is wrong by {by} for {count} of its records, which quote an absolute time of the same moment, as {{0}} does; its stamps run back again and again, so others may have another clock, and all are read as they say"
        ),
    };
    let places = first.place.1.map(|offset| Place { file: first.place.0, offset }).into_iter().collect();
    Some(Proof { text, places })
}
