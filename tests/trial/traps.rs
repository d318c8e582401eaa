//! Named worlds: each has a wrong answer that looks right.

use chrono_tz::Tz;

use super::clock::{DAY, HOUR, MINUTE, SECOND, Zone, utc};
use super::plan::{Change, Ids, Mtimes, Plan};
use super::random::Random;
use super::world::{Naming, World};
use super::years::Years;

/// A name, what tempts, and the plan.
pub(crate) type Trap = (&'static str, &'static str, fn() -> Plan);

pub(crate) const TRAPS: &[Trap] = &[
    ("delayed-queue", "jobs begin exactly two hours after they were queued under the same id", || Plan {
        queue: Some(2 * HOUR),
        requests: 6,
        ..Plan::calm()
    }),
    ("idle-sessions", "a sweeper quotes, in UTC, a time that always lies two hours back", || Plan {
        stale: vec![-2 * HOUR],
        hosts: vec![Zone::UTC],
        labelled: false,
        ..Plan::calm()
    }),
    ("leases", "each line quotes a time an hour ahead", || Plan {
        stale: vec![HOUR],
        hosts: vec![Zone::Named(Tz::Asia__Kolkata)],
        ..Plan::calm()
    }),
    ("cron-in-two-zones", "two hosts of different zones say the same at the same time of their days", || {
        Plan {
            hosts: vec![Zone::UTC, Zone::Named(Tz::Asia__Seoul)],
            span: 5 * DAY,
            requests: 10,
            ..Plan::calm()
        }
    }),
    ("host-off-nine-hours", "a host is off for as long as its zone is away from UTC", || Plan {
        change: Change::Off { length: 9 * HOUR },
        span: 2 * DAY,
        ..Plan::calm()
    }),
    ("service-silent-nine-hours", "one service is silent for exactly nine hours", || Plan {
        change: Change::Silent { length: 9 * HOUR },
        span: 2 * DAY,
        ..Plan::calm()
    }),
    (
        "host-paused-nine-hours",
        "a virtual machine is frozen: same pids, counters and uptime on both sides",
        || Plan {
            change: Change::Paused { length: 9 * HOUR, announced: false },
            hosts: vec![Zone::UTC],
            span: 2 * DAY,
            labelled: false,
            ..Plan::calm()
        },
    ),
    ("copied-nine-hours-later", "every file time is nine hours behind its last line", || Plan {
        mtimes: Mtimes::Copied { after: 9 * HOUR, spread: 20 * SECOND },
        hosts: vec![Zone::UTC],
        ..Plan::calm()
    }),
    ("clock-in-local-time", "a host's clock is nine hours ahead under honest labels", || Plan {
        change: Change::Skew { by: 9 * HOUR },
        hosts: vec![Zone::UTC; 2],
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("collected-from-two-zones", "one syslog file, hosts of two zones", || Plan {
        hosts: vec![Zone::Named(Tz::Asia__Seoul), Zone::UTC],
        collects: true,
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("half-lost-ids", "ids come again, and the log that saw them first has lost its beginning", || Plan {
        ids: Ids::Reused,
        lost: 50,
        span: 2 * DAY,
        requests: 200,
        ..Plan::calm()
    }),
    ("zone-forward", "UTC becomes Korea time; daemons follow when they are restarted, or never", || Plan {
        change: Change::Zone { to: Zone::Named(Tz::Asia__Seoul), announced: false },
        hosts: vec![Zone::UTC],
        span: 2 * DAY,
        ids: Ids::Long,
        requests: 200,
        ..Plan::calm()
    }),
    ("zone-back", "Korea time becomes UTC: nine hours are written twice", || Plan {
        change: Change::Zone { to: Zone::UTC, announced: true },
        span: 2 * DAY,
        ids: Ids::Long,
        requests: 200,
        ..Plan::calm()
    }),
    ("step-two-hours", "a clock is set, and the step looks like a zone", || Plan {
        change: Change::Step { by: 2 * HOUR, announced: true },
        hosts: vec![Zone::UTC, Zone::UTC],
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("skewed-host", "a host's clock is four minutes ahead", || Plan {
        change: Change::Skew { by: 240 * SECOND },
        hosts: vec![Zone::Named(Tz::Asia__Seoul); 3],
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("odd-daemon", "one daemon writes UTC into a Korean syslog", || Plan {
        odd: Some(Zone::UTC),
        fresh: true,
        ..Plan::calm()
    }),
    ("lying-labels", "+09:00 stands beside a UTC wall clock", || Plan {
        lie: true,
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("reused-ids", "clients send their ids again hours later", || Plan { ids: Ids::Reused, ..Plan::calm() }),
    ("three-lines", "small files among copies of one time", || Plan {
        sparse: true,
        span: 40 * MINUTE,
        requests: 6,
        mtimes: Mtimes::Copied { after: 2 * DAY, spread: SECOND },
        ..Plan::calm()
    }),
    ("kathmandu", "a zone that is no whole hour", || Plan {
        hosts: vec![Zone::Named(Tz::Asia__Kathmandu), Zone::Named(Tz::Asia__Kolkata)],
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("autumn-in-berlin", "an hour is written twice", || Plan {
        hosts: vec![Zone::Named(Tz::Europe__Berlin)],
        start: utc(2021, 10, 30, 12),
        span: 26 * HOUR,
        ids: Ids::Long,
        ..Plan::calm()
    }),
    ("no-mtimes", "file times are those of unpacking", || Plan { mtimes: Mtimes::Now, ..Plan::calm() }),
    ("new-year-back", "the clock is two days back right after New Year", || Plan {
        years: Some(Years { back: true, ..quiet_years(2) }),
        start: utc(2016, 9, 1, 0),
        span: 640 * DAY,
        ..Plan::calm()
    }),
    ("clock-from-1970", "a machine without a clock battery is started in between", || Plan {
        years: Some(Years { dead: true, ..quiet_years(1) }),
        hosts: vec![Zone::UTC],
        start: utc(2018, 3, 1, 0),
        span: 400 * DAY,
        ..Plan::calm()
    }),
    ("leap-day", "Feb 29 in a log whose file times are lost", || Plan {
        years: Some(quiet_years(2)),
        start: utc(2015, 6, 1, 0),
        span: 600 * DAY,
        mtimes: Mtimes::Now,
        ..Plan::calm()
    }),
    ("years-copied", "file times are three years too late", || Plan {
        years: Some(Years { cut_days: None, ..quiet_years(0) }),
        start: utc(2016, 4, 1, 0),
        span: 40 * DAY,
        mtimes: Mtimes::Now,
        ..Plan::calm()
    }),
];

fn quiet_years(count: i64) -> Years {
    Years {
        count,
        rhythm: 6,
        back: false,
        dead: false,
        witness: false,
        silent_year: false,
        cut_days: Some(90),
        naming: Naming::Numbered,
    }
}

/// The world of a trap; the seed varies what the plan leaves to chance.
pub(crate) fn trap(name: &str, seed: u64) -> Option<World> {
    let (.., plan) = TRAPS.iter().find(|(known, ..)| *known == name)?;
    Some(World::build(plan(), Random::new(seed)))
}
