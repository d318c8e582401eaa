//! The story of one stamp for machines: the contract's event, and beside it how its instant is known.

use serde_json::{Value, json};

use super::explain::{Explanation, How, Neighbour, Ordered, lacks};
use super::sources::time_json;

/// One JSON object.
pub fn explanation_json(story: &Explanation) -> Value {
    let stamp = story.stamp.as_ref().map(|(text, stamp)| {
        json!({
            "text": text,
            "lacks": lacks(stamp),
            "width_seconds": stamp.resolution.width() as f64 / 1e9,
        })
    });
    let zone = story.zone.as_ref().map(|zone| {
        let (how, written) = match zone.how {
            How::Offset(offset) => ("offset", Some(offset)),
            How::Epoch => ("epoch", None),
            How::Boot => ("uptime", None),
            How::Repaired(written, _) => ("zone:repaired", Some(written)),
            How::Assumed => ("zone:assumed", None),
            How::Format | How::Inferred => ("zone:inferred", None),
            How::Default => ("zone:default", None),
        };
        let readings: Vec<Value> = zone
            .readings
            .iter()
            .map(|(name, at)| json!({"zone": name, "time": time_json(Some(*at))}))
            .collect();
        json!({
            "zone": zone.name,
            "offset_seconds": zone.offset,
            "zone_basis": how,
            "written_offset_seconds": written,
            "from_line": zone.from_line,
            "to_line": zone.to_line,
            "proof": zone.proofs,
            "other_readings": readings,
        })
    });
    let writer =
        story.writer.as_ref().map(|writer| json!({"offset_seconds": writer.offset, "proof": [writer.proof]}));
    let year =
        story.year.as_ref().map(|year| json!({"year": year.year, "year_basis": year.basis, "years": year.candidates, "why": year.why}));
    let day = story
        .day
        .as_ref()
        .map(|day| json!({"day": day.day, "day_basis": day.basis, "days": day.open, "why": day.why}));
    let derived: Vec<Value> = story
        .derived
        .iter()
        .map(|row| {
            json!({
                "message": row.message,
                "earliest": time_json(Some(row.instant.earliest)),
                "latest": time_json(Some(row.instant.latest)),
                "basis": row.instant.basis.words().collect::<Vec<_>>(),
            })
        })
        .collect();
    // The event is the contract's own object, as `show` writes it.
    let event: Value = serde_json::from_slice(&story.event).unwrap_or(Value::Null);
    json!({
        "schema": 1,
        "answer": story.answer(),
        "asked_line": story.asked,
        "event": event,
        "stamp": stamp,
        "zone": zone,
        "writer": writer,
        "skew": story.skew.as_ref().map(|proof| json!({"proof": [proof]})),
        "year": year,
        "day": day,
        "bounds": {"above": story.bounds.0, "below": story.bounds.1},
        "derived": derived,
        "above": story.neighbours.0.as_ref().map(neighbour),
        "below": story.neighbours.1.as_ref().map(neighbour),
        "pattern": {
            "pattern": format!("p{:016x}", story.pattern.id),
            "count": story.pattern.count,
            "first": story.pattern.first,
            "is_first": story.pattern.is_first,
        },
    })
}

fn neighbour(neighbour: &Neighbour) -> Value {
    let (order, proven) = match neighbour.order {
        Ordered::File => ("line", true),
        Ordered::Time => ("time", true),
        Ordered::IfGuessed => ("guessed", false),
        Ordered::Against => ("contradicted", false),
        Ordered::Unknown => ("unknown", false),
    };
    json!({
        "file": neighbour.at.0,
        "line": neighbour.at.1,
        "time": time_json(neighbour.key),
        "derived": neighbour.derived,
        "text": neighbour.text,
        "order": order,
        "proven": proven,
    })
}
