//! What a world is to suffer from, and the clocks of its hosts and writers that follow.

use chrono_tz::Tz;

use super::clock::{Course, DAY, HOUR, MINUTE, SECOND, Zone, utc};
use super::harder::Harder;
use super::line::Layout;
use super::random::Random;
use super::world::{Host, World};
use super::years::Years;

/// What happens to the clocks of the first host (or of one service), once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// The system's zone is changed; each daemon follows when it is restarted, or never.
    Zone {
        to: Zone,
        announced: bool,
    },
    /// A real silence: the host is off.
    Off {
        length: i64,
    },
    /// A real silence: the host is frozen (a paused virtual machine). Processes, counters and the kernel's
    /// uptime go on as if nothing had been, which is what a change of zone looks like.
    Paused {
        length: i64,
        announced: bool,
    },
    /// A real silence of one service; the others go on.
    Silent {
        length: i64,
    },
    /// The clock is set, by so many nanoseconds.
    Step {
        by: i64,
        announced: bool,
    },
    /// The clock is off all the time.
    Skew {
        by: i64,
    },
}

/// What file times look like once the logs have been collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mtimes {
    /// Of the last write.
    True,
    /// A few seconds behind it.
    Late,
    /// Of the time, so long after the end, at which somebody copied them one after the other.
    Copied { after: i64, spread: i64 },
    /// None kept: the time of unpacking, which is now.
    Now,
    /// Of each file one of these: its own, a copy's so long after the end, none.
    Mixed { after: i64 },
}

/// Ids that the access log shares with an application's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    None,
    /// One per request.
    Long,
    /// A counter that starts again, or a key that a client sends again hours later.
    Reused,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) start: i64,
    pub(crate) span: i64,
    /// The system's zone of each host.
    pub(crate) hosts: Vec<Zone>,
    pub(crate) change: Change,
    /// Of a hundred writers, so many have a zone of their own.
    pub(crate) own_zones: u64,
    /// One daemon in syslog writes another zone.
    pub(crate) odd: Option<Zone>,
    /// Some labels are wrong.
    pub(crate) lie: bool,
    pub(crate) false_label: i32,
    /// Of a hundred logs so many have lines that are written so much later.
    pub(crate) late: (u64, i64),
    /// Files of three lines.
    pub(crate) sparse: bool,
    /// Bodies quote fresh times.
    pub(crate) fresh: bool,
    /// Bodies quote old or future times, at this distance of the line.
    pub(crate) stale: Vec<i64>,
    pub(crate) requests: usize,
    pub(crate) ids: Ids,
    /// Jobs are picked up this much after they were queued, under one id.
    pub(crate) queue: Option<i64>,
    /// There is an access log with offsets at all.
    pub(crate) labelled: bool,
    /// Of a hundred logs, so many have lost their beginning.
    pub(crate) lost: u64,
    /// The first host's syslog also holds what other hosts sent, with the senders' stamps.
    pub(crate) collects: bool,
    pub(crate) mtimes: Mtimes,
    pub(crate) years: Option<Years>,
    pub(crate) harder: Harder,
}

const SEOUL: Zone = Zone::Named(Tz::Asia__Seoul);
const BERLIN: Zone = Zone::Named(Tz::Europe__Berlin);
const NEW_YORK: Zone = Zone::Named(Tz::America__New_York);

impl Plan {
    /// A calm world of one host in Seoul: what named traps start from.
    pub(crate) fn calm() -> Self {
        Self {
            start: utc(2019, 5, 23, 20),
            span: 20 * HOUR,
            hosts: vec![SEOUL],
            change: Change::None,
            own_zones: 0,
            odd: None,
            lie: false,
            false_label: 9 * 3_600,
            late: (0, 0),
            sparse: false,
            fresh: false,
            stale: Vec::new(),
            requests: 80,
            ids: Ids::None,
            queue: None,
            labelled: true,
            lost: 0,
            collects: false,
            mtimes: Mtimes::True,
            years: None,
            harder: Harder::default(),
        }
    }

    pub(crate) fn random(random: &mut Random) -> Self {
        let mut plan = Self::calm();
        let count = random.pick(&[1, 1, 1, 2, 2, 3]);
        plan.hosts = vec![random_zone(random)];
        while plan.hosts.len() < count {
            // A fleet mostly agrees.
            let zone = if random.chance(55) { plan.hosts[0] } else { random_zone(random) };
            plan.hosts.push(zone);
        }
        plan.start = utc(random.within(2015, 2025) as i32, 1, 1, 0)
            + random.below(365 * 24) as i64 * HOUR
            + random.below(3_600) as i64 * SECOND;
        plan.span = match random.below(10) {
            0 | 1 => random.within(20, 180) * MINUTE,
            2..=6 => random.within(3, 40) * HOUR,
            _ => random.within(2, 12) * DAY,
        };
        plan.change = random_change(random, plan.hosts[0]);
        if plan.change != Change::None {
            plan.span = plan.span.max(26 * HOUR);
        }
        plan.own_zones = random.pick(&[0, 20, 50]);
        plan.odd = random.chance(20).then(|| random.pick(&[Zone::UTC, Zone::UTC, SEOUL]));
        plan.lie = random.chance(15);
        plan.false_label = random.pick(&[9 * 3_600, 9 * 3_600, 3_600, -5 * 3_600]);
        plan.late = (random.pick(&[0, 0, 0, 30]), random.pick(&[MINUTE, HOUR, DAY]));
        plan.sparse = random.chance(30);
        plan.fresh = random.chance(55);
        for _ in 0..random.pick(&[0, 0, 1, 2]) {
            plan.stale.push(random_distance(random));
        }
        plan.requests = random.pick(&[6, 25, 80, 200]);
        plan.ids = random.pick(&[Ids::None, Ids::Long, Ids::Long, Ids::Reused]);
        plan.queue = random.chance(15).then(|| random.pick(&[HOUR, 2 * HOUR, 30 * MINUTE, 9 * HOUR]));
        plan.labelled = random.chance(75);
        plan.lost = random.pick(&[0, 0, 30]);
        plan.collects = random.chance(25);
        let copied =
            Mtimes::Copied { after: random_delay(random), spread: random.pick(&[SECOND, 10 * MINUTE]) };
        plan.mtimes = random.pick(&[Mtimes::True, Mtimes::True, Mtimes::Late, copied, Mtimes::Now]);
        if random.chance(10) {
            // Across a change of daylight saving time.
            plan.hosts[0] = random.pick(&[BERLIN, NEW_YORK, Zone::Named(Tz::Australia__Lord_Howe)]);
            let year = utc(random.within(2015, 2024) as i32, 1, 1, 0);
            if let Some(turn) = plan.hosts[0].changes(year, year + 365 * DAY).get(random.below(2) as usize) {
                plan.span = plan.span.max(10 * HOUR);
                plan.start = turn - plan.span / 2;
            }
        }
        if random.chance(18) {
            plan.hosts.truncate(1);
            plan.change = Change::None;
            plan.years = Some(Years::random(random));
            (plan.start, plan.span) = Years::span(plan.years.as_ref(), random);
        }
        plan
    }
}

fn random_zone(random: &mut Random) -> Zone {
    match random.below(12) {
        0..=2 => Zone::UTC,
        3 | 4 => SEOUL,
        5 => BERLIN,
        6 => NEW_YORK,
        7 => Zone::Named(Tz::Asia__Kolkata),
        8 => Zone::Named(Tz::Asia__Kathmandu),
        9 => Zone::Named(Tz::Europe__London),
        _ => Zone::Fixed(random.within(-48, 56) as i32 * 900),
    }
}

fn random_change(random: &mut Random, zone: Zone) -> Change {
    let announced = random.chance(50);
    match random.below(20) {
        0..=3 => {
            let to = match zone {
                Zone::UTC => SEOUL,
                SEOUL => Zone::UTC,
                _ => random_zone(random),
            };
            Change::Zone { to, announced }
        }
        4 => Change::Off { length: random_silence(random) },
        5 => Change::Paused { length: random_silence(random), announced },
        6 | 7 => Change::Silent { length: random_silence(random) },
        8..=10 => {
            let by = random.pick(&[-37 * SECOND, 120 * SECOND, 2 * HOUR, -HOUR, 9 * HOUR, -1_800 * SECOND]);
            Change::Step { by, announced }
        }
        11 | 12 => Change::Skew { by: random.within(-300_000, 300_000) * 1_000_000 },
        _ => Change::None,
    }
}

/// Silences that look like a change of zone, exactly so or nearly.
fn random_silence(random: &mut Random) -> i64 {
    let jitter = random.within(-3_000, 3_000) * 1_000_000;
    random.pick(&[
        9 * HOUR,
        9 * HOUR + jitter,
        HOUR,
        2 * HOUR + jitter,
        330 * MINUTE,
        7 * HOUR + 1_234 * SECOND,
    ])
}

/// How long after their end logs are collected: soon, the next day, years later.
fn random_delay(random: &mut Random) -> i64 {
    let whole = random.pick(&[0, HOUR, 9 * HOUR, DAY, 3 * DAY, 40 * DAY, 700 * DAY]);
    whole + random.pick(&[0, 4 * SECOND, 7 * MINUTE])
}

/// How far from its line a quoted time lies; round distances look like zones.
fn random_distance(random: &mut Random) -> i64 {
    let back = [-HOUR, -2 * HOUR, -30 * MINUTE, -9 * HOUR, -DAY, -1_500 * DAY, -47 * MINUTE];
    let ahead = [HOUR, 12 * HOUR, 15 * MINUTE, 90 * DAY, 400 * DAY];
    if random.chance(60) { random.pick(&back) } else { random.pick(&ahead) }
}

impl World {
    pub(crate) fn found_hosts(&mut self) {
        let middle = self.start + (self.end - self.start) * self.random.within(25, 55) / 100;
        for (index, zone) in self.plan.hosts.clone().into_iter().enumerate() {
            let name = ["web1", "db", "ip-172-31-12-73"][index % 3].to_owned();
            let mut host = Host {
                name,
                ahead: Course::constant(0),
                zones: Course::constant(zone),
                boot: self.start - self.random.within(60, 4_000_000) * SECOND,
                drift: self.random.pick(&[0, 0, -12, 4, 35]),
                off: None,
                syslog_zones: None,
            };
            if index == 0 {
                match self.plan.change {
                    Change::Zone { to, .. } => {
                        host.zones.then(middle, to);
                        if let Some(after) = self.plan.harder.back_after {
                            host.zones.then(middle + after, zone);
                        }
                    }
                    Change::Off { length } | Change::Paused { length, .. } => {
                        host.off = Some((middle, middle + length))
                    }
                    Change::Step { by, .. } => {
                        host.ahead.then(middle, by);
                        if let Some(after) = self.plan.harder.back_after {
                            host.ahead.then(middle + after, 0);
                        }
                    }
                    Change::Skew { by } => host.ahead = Course::constant(by),
                    Change::None | Change::Silent { .. } => {}
                }
            }
            if let Some(by) = index.checked_sub(1).and_then(|index| self.plan.harder.skews.get(index)) {
                host.ahead = Course::constant(*by);
            }
            self.hosts.push(host);
        }
        self.middle = middle;
    }

    /// The zone of a writer on a host, and what is remarkable about it.
    pub(crate) fn zones_of(
        &mut self,
        host: usize,
        layout: Layout,
        kinds: &mut Vec<&'static str>,
    ) -> Course<Zone> {
        // All files of one syslog daemon are in its zone.
        let syslog = matches!(layout, Layout::Syslog | Layout::SyslogIso);
        let zones = match self.hosts[host].syslog_zones.clone().filter(|_| syslog) {
            Some(zones) => zones,
            None => self.new_zones(host),
        };
        if syslog {
            self.hosts[host].syslog_zones = Some(zones.clone());
        }
        self.describe(host, layout, &zones, kinds);
        zones
    }

    fn new_zones(&mut self, host: usize) -> Course<Zone> {
        if self.random.chance(self.plan.own_zones) {
            let zone = if self.random.chance(75) { Zone::UTC } else { random_zone(&mut self.random) };
            return Course::constant(zone);
        }
        let zones = self.hosts[host].zones.clone();
        let (0, Change::Zone { to, .. }) = (host, self.plan.change) else { return zones };
        let mut own = Course::constant(zones.at(self.start));
        // Two in ten daemons are never restarted and keep the zone they started with.
        let follow = self.random.below(10);
        if follow >= 2 {
            let wait = if follow < 7 { self.random.within(0, 1_800) * SECOND } else { 0 };
            own.then(self.middle + wait, to);
            if let Some(after) = self.plan.harder.back_after {
                own.then(self.middle + after.max(wait + MINUTE), zones.at(self.start));
            }
        }
        own
    }

    /// What a source in these zones suffers from.
    pub(crate) fn describe(
        &self,
        host: usize,
        layout: Layout,
        zones: &Course<Zone>,
        kinds: &mut Vec<&'static str>,
    ) {
        let (zone, last) = (zones.at(self.start), zones.at(self.end));
        let system = self.hosts[host].zones.at(self.start);
        if zone != system {
            kinds.push("own zone");
        }
        if zones.changes() {
            let forward = last.offset(self.middle) > zone.offset(self.middle);
            kinds.push(if forward { "zone change forward" } else { "zone change back" });
        } else if self.hosts[host].zones.changes() && zone == system {
            kinds.push("zone change not followed");
        } else if zone.offset(self.start) != zone.offset(self.end) {
            kinds.push("daylight saving");
        }
        if zone.offset(self.start) % 3_600 != 0 {
            kinds.push("odd quarter");
        }
        if host == 0 {
            match self.plan.change {
                Change::Off { .. } => kinds.push("host off"),
                Change::Paused { .. } => kinds.push("host paused"),
                Change::Step { .. } => kinds.push("clock step"),
                Change::Skew { .. } => kinds.push("clock skew"),
                _ => {}
            }
        }
        if layout.labelled() {
            kinds.push("labelled");
        }
        if self.plan.queue.is_some() {
            kinds.push("delayed queue near");
        }
        if !self.plan.stale.is_empty() {
            kinds.push("stale bodies near");
        }
        kinds.push(match self.mtimes {
            Mtimes::True => "mtime true",
            Mtimes::Late => "mtime late",
            Mtimes::Copied { .. } => "mtime copied",
            Mtimes::Now => "mtime now",
            Mtimes::Mixed { .. } => "mtime mixed",
        });
    }
}
