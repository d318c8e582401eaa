//! Logs without years over several New Years: rare lines, rotation, Feb 29, a clock set back at New Year.

use super::clock::{DAY, HOUR, SECOND, civil, utc, year};
use super::line::Layout;
use super::random::Random;
use super::world::{Naming, World};

use chrono::Datelike as _;

/// What a world of years holds.
#[derive(Clone, Debug)]
pub(crate) struct Years {
    /// New Years crossed.
    pub(crate) count: i64,
    /// Days between two lines, at most.
    pub(crate) rhythm: i64,
    /// The clock is two days back for a while right after New Year.
    pub(crate) back: bool,
    /// Once it is started without a clock: it counts from 1970 until it has asked for the time.
    pub(crate) dead: bool,
    /// Another log of the same host names its years.
    pub(crate) witness: bool,
    /// A silence of more than a year, which no stamp shows.
    pub(crate) silent_year: bool,
    pub(crate) cut_days: Option<i64>,
    pub(crate) naming: Naming,
}

impl Years {
    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            count: random.within(0, 4),
            rhythm: random.within(2, 25),
            back: random.chance(30),
            dead: random.chance(15),
            witness: random.chance(40),
            silent_year: random.chance(8),
            cut_days: random.chance(60).then(|| random.pick(&[30, 90, 365])),
            naming: random.pick(&[Naming::Numbered, Naming::Dated]),
        }
    }

    /// From when, and for how long.
    pub(crate) fn span(years: Option<&Self>, random: &mut Random) -> (i64, i64) {
        let count = years.map_or(0, |years| years.count);
        let start = utc(random.within(2014, 2020) as i32, 1, 1, 0) + random.within(5, 330) * DAY;
        let into = random.within(5, 300) * DAY;
        let last = utc(year(start) + count as i32, 1, 1, 0);
        let end = if count == 0 { start + 5 * DAY + random.below(30) as i64 * DAY } else { last + into };
        (start, end.max(start + 3 * DAY) - start)
    }
}

pub(crate) fn write(world: &mut World) {
    let Some(years) = world.plan.years.clone() else { return };
    if years.back && years.count > 0 {
        let turn = utc(year(world.start) + 1, 1, 1, 0);
        let at = turn + world.random.within(1, 60) * HOUR;
        world.hosts[0].ahead.then(at, -2 * DAY);
        world.hosts[0].ahead.then(at + world.random.within(6, 90) * HOUR, 0);
    }
    let (hundredths, shown) = world.plan.harder.start.unwrap_or((0, 0));
    let started = match hundredths {
        0 => world.start + (world.end - world.start) * 2 / 3,
        _ => {
            world.start
                + (world.end - world.start) / 100 * hundredths
                + world.random.within(0, 86_399) * SECOND
        }
    };
    let dead = years.dead || hundredths > 0;
    if dead {
        world.hosts[0].ahead.then(started, shown - started);
        world.hosts[0].ahead.then(started + 25 * SECOND, 0);
    }
    let syslog = world.log(0, "var/log/messages", Layout::Syslog);
    let kinds = &mut world.logs[syslog].kinds;
    kinds.push(["years 0", "years 1", "years 2", "years 3", "years 4"][years.count.clamp(0, 4) as usize]);
    if years.back && years.count > 0 {
        kinds.push("two days back at New Year");
    }
    if years.silent_year {
        kinds.push("silent year");
    }
    let witness = years.witness.then(|| world.log(0, "srv/job/job.log", Layout::Logback));
    let mut at = world.start;
    let mut skipped = !years.silent_year;
    let words = ["rotating keys", "disk check passed", "snapshot done", "nothing to do"];
    while at < world.end {
        let pid = 800 + world.random.below(900) as u32;
        let text = world.random.pick(&words);
        world.say(syslog, at, ("keeper", pid), "INFO", text);
        if let Some(witness) = witness {
            let said = at + world.random.within(1, 90) * SECOND;
            world.say(witness, said, ("main", 0), "INFO", text);
        }
        at += world.random.within(1, years.rhythm * 86_400) * SECOND;
        if !skipped && at > (world.start + world.end) / 2 {
            // More than a year without a word: only file times can tell.
            at += 400 * DAY;
            skipped = true;
        }
    }
    leap_days(world, syslog);
    if dead {
        start_without_clock(world, syslog, started);
    }
    if years.back && years.count > 0 {
        around_new_year(world, syslog);
    }
    if let Some(days) = years.cut_days {
        let mut cuts = Vec::new();
        let mut cut = world.start + days * DAY;
        while cut < world.end {
            cuts.push(cut - cut.rem_euclid(DAY) + 4 * HOUR + 121 * SECOND);
            cut += days * DAY;
        }
        for log in &mut world.logs {
            log.cuts.clone_from(&cuts);
            log.naming = years.naming;
        }
        world.logs[syslog].kinds.push(if years.naming == Naming::Dated {
            "dated names"
        } else {
            "numbered names"
        });
    }
}

/// What a machine says until it has asked for the time.
fn start_without_clock(world: &mut World, syslog: usize, started: i64) {
    world.logs[syslog].kinds.push("clock from 1970");
    for (second, text) in [
        "Booting Linux on physical CPU 0x0",
        "usbcore: registered new device driver usb",
        "random: crng init done",
        "eth0: link up",
    ]
    .into_iter()
    .enumerate()
    {
        let said = started + (5 * second as i64 + 1) * SECOND;
        if world.plan.harder.silent_kernel {
            world.say(syslog, said, ("init", 1), "INFO", text);
            continue;
        }
        let text = format!("[{:5}.000000] {text}", 5 * second);
        world.say(syslog, said, ("kernel", 0), "INFO", &text);
    }
    world.say(syslog, started + 26 * SECOND, ("ntpd", 310), "INFO", "time set");
}

/// A line on every Feb 29 there is, half the time.
fn leap_days(world: &mut World, log: usize) {
    if world.random.chance(50) {
        return;
    }
    let mut day = world.start - world.start.rem_euclid(DAY);
    while day < world.end {
        let date = civil(day);
        if (date.month(), date.day()) == (2, 29) {
            let at = day + world.random.within(0, 86_399) * SECOND;
            world.say(log, at, ("keeper", 29), "INFO", "leap day, nothing to do");
            world.logs[log].kinds.push("Feb 29");
        }
        day += DAY;
    }
}

/// Lines close enough to New Year to see the clock go back and forth over it.
fn around_new_year(world: &mut World, log: usize) {
    let turn = utc(year(world.start) + 1, 1, 1, 0);
    for hour in -40..160 {
        if world.random.chance(50) {
            let at = turn + hour * HOUR + world.random.within(0, 3_599) * SECOND;
            world.say(log, at, ("keeper", 1), "INFO", "tick");
        }
    }
}
