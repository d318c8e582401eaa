//! `show --follow`: goes on with what live files grow by, in merged order.
//!
//! Logs of one moment arrive within moments of each other, not in order. So each event is held for a little while
//! and those that are held leave in order. What comes later than that is shown when it comes, with the `~` of
//! what is not proven to be later than the line above.

use std::collections::BTreeMap;
use std::time::Duration;

use super::page::Line;
use super::show::Rows;
use crate::base::{Batch, Flags, Result};
use crate::engine::Follower;
use crate::view::Entry;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Looks for which an event is held: a second.
const HELD: u64 = 5;

/// Events held at most.
const MOST_HELD: usize = 100_000;

/// An event's place among those that are held: key, batch, index.
type Order = (i64, u32, usize);

/// Events that wait for earlier ones.
#[derive(Default)]
struct Held {
    events: BTreeMap<Order, (u64, Line, Vec<u8>)>,
}

impl Held {
    fn take_in(&mut self, look: u64, batch: &Batch, rows: &Rows<'_>) {
        let mut prose = rows.prose();
        for (index, event) in
            batch.events.iter().enumerate().filter(|(_, event)| event.flags.has(Flags::MATCH))
        {
            let mut bytes = Vec::new();
            let line = rows.render(&mut prose, &mut bytes, Entry { batch, event, also: &[] });
            self.events.insert((event.key, batch.rank, index), (look, line, bytes));
        }
    }

    /// The first ones that were held long enough, and all before one that was held twice as long: what is before
    /// it has been coming in for too long.
    fn due(&mut self, look: u64) -> Vec<(Line, Vec<u8>)> {
        let late = |since: u64| look >= since + 2 * HELD;
        let last = self.events.iter().rev().find(|(_, (since, ..))| late(*since)).map(|(order, _)| *order);
        let mut due = Vec::new();
        while let Some((order, (since, ..))) = self.events.first_key_value() {
            let held_enough = look >= since + HELD || last.is_some_and(|last| *order <= last);
            if !held_enough && self.events.len() <= MOST_HELD {
                break;
            }
            if let Some((_, (_, line, bytes))) = self.events.pop_first() {
                due.push((line, bytes));
            }
        }
        due
    }
}

/// Goes on for ever: until it is interrupted, or nobody reads any more.
pub(super) fn follow(follower: &mut Follower<'_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut held = Held::default();
    for look in 0.. {
        for batch in follower.look() {
            held.take_in(look, &batch, rows);
        }
        for (line, bytes) in held.due(look) {
            rows.write(&line, &bytes)?;
        }
        rows.page.output.flush()?;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
