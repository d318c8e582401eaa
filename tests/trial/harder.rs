//! What worlds from [`FIRST`] on suffer from besides: labels that say UTC over a local clock, file times of which some
//! are lost, zones that are changed there and back, steps that are undone, steps by days, clocks of other hosts that
//! are off, starts without a clock that no kernel tells of. Seeds below it give the worlds that they always gave.

use chrono_tz::Tz;

use super::clock::{DAY, HOUR, MINUTE, SECOND, Zone, utc};
use super::plan::{Change, Mtimes, Plan};
use super::random::Random;

/// The first seed of such a world.
pub(crate) const FIRST: u64 = 100_000;

/// What else is wrong in a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Harder {
    /// Labels say UTC, and the clock beside them is local.
    pub(crate) false_utc: bool,
    /// What was changed is changed back this much later.
    pub(crate) back_after: Option<i64>,
    /// How far the clocks of the other hosts are off.
    pub(crate) skews: Vec<i64>,
    /// When a start without a clock is, in hundredths of the world's time, and what its clock shows then.
    pub(crate) start: Option<(i64, i64)>,
    /// Whether a kernel tells of it.
    pub(crate) silent_kernel: bool,
}

/// Zones that set their clocks at odd times, or by odd amounts.
const FOLDS: [Tz; 8] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Europe__London,
    Tz::Australia__Sydney,
    Tz::Australia__Lord_Howe,
    Tz::America__Santiago,
    Tz::America__St_Johns,
    Tz::Pacific__Auckland,
];

/// Makes a plan harder.
pub(crate) fn harden(plan: &mut Plan, random: &mut Random) {
    let mut harder = Harder { false_utc: random.chance(25), ..Harder::default() };
    if harder.false_utc {
        plan.lie = true;
    }
    if random.chance(30) {
        plan.mtimes = Mtimes::Mixed { after: random.pick(&[7 * MINUTE, 9 * HOUR, 3 * DAY]) };
    }
    harder.back_after = random.chance(40).then(|| random.within(20, 900) * MINUTE);
    if random.chance(40) {
        let off = |random: &mut Random| match random.below(3) {
            0 => random.pick(&[HOUR, -2 * HOUR, 9 * HOUR, -15 * MINUTE, DAY]),
            1 => random.within(-300_000, 300_000) * 1_000_000,
            _ => 0,
        };
        harder.skews = plan.hosts.iter().skip(1).map(|_| off(random)).collect();
    }
    if let Some(years) = &mut plan.years {
        if random.chance(40) {
            // One change of the clock after the other.
            years.back = false;
            let shown = random.pick(&[0, utc(2015, 2, 11, 12), utc(2018, 12, 31, 23) + 59 * MINUTE]);
            harder.start = Some((random.within(5, 95), shown));
            // Of another day than the first nothing else would tell.
            harder.silent_kernel = shown == 0 && random.chance(50);
        }
    } else {
        other_change(plan, random);
    }
    plan.harder = harder;
}

fn other_change(plan: &mut Plan, random: &mut Random) {
    let announced = random.chance(40);
    match random.below(10) {
        0 | 1 => {
            let by = [15 * MINUTE, -15 * MINUTE, 30 * MINUTE, DAY, -DAY, 3 * DAY, -31 * DAY, 8 * HOUR];
            plan.change = Change::Step { by: random.pick(&by), announced };
        }
        2 | 3 => {
            let to = random.pick(&[3_600, -3_600, 900, 5 * 3_600, -8 * 3_600, 9 * 3_600]);
            plan.change = Change::Zone { to: Zone::Fixed(to), announced };
        }
        4 | 5 => {
            // Close around a change of the clock, so that logs are busy in it.
            let zone = Zone::Named(random.pick(&FOLDS));
            let year = utc(random.within(2015, 2024) as i32, 1, 1, 0);
            let turns = zone.changes(year, year + 365 * DAY);
            if !turns.is_empty() {
                plan.hosts[0] = zone;
                plan.change = Change::None;
                plan.span = random.within(3, 14) * HOUR;
                let before = plan.span * random.within(20, 80) / 100;
                plan.start = random.pick(&turns) - before + random.within(0, 59) * SECOND;
                return;
            }
        }
        _ => {}
    }
    if plan.change != Change::None {
        plan.span = plan.span.max(26 * HOUR);
    }
}
