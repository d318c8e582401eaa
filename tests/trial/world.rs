//! A world under way: its hosts, its logs and what is said in them, each line with its true instant.

use super::clock::{Course, Zone, civil, zulu};
use super::line::{Layout, Said};
use super::plan::{Change, Mtimes, Plan};
use super::random::Random;
use super::{harder, services, web, years};

/// A machine.
pub(crate) struct Host {
    pub(crate) name: String,
    /// Nanoseconds its clock is ahead of the truth.
    pub(crate) ahead: Course<i64>,
    /// The zone of its system; writers may have their own.
    pub(crate) zones: Course<Zone>,
    /// When it was started.
    pub(crate) boot: i64,
    /// Parts per million by which its kernel's uptime runs fast: nobody corrects that clock.
    pub(crate) drift: i64,
    /// Times at which it wrote nothing: it was off or frozen.
    pub(crate) off: Option<(i64, i64)>,
    /// The zone of its syslog daemon.
    pub(crate) syslog_zones: Option<Course<Zone>>,
}

/// One line's truth.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// The true instant.
    pub(crate) at: i64,
    /// The instant its host's clock showed.
    pub(crate) reading: i64,
    /// What the writer's clock showed: reading + offset, down to the stamp's last digit.
    pub(crate) wall: i64,
    /// The writer's true offset then, seconds.
    pub(crate) offset: i32,
    /// The offset written into the stamp.
    pub(crate) label: Option<i32>,
    pub(crate) layout: Layout,
    /// Of the one program in the file that keeps another zone.
    pub(crate) odd: bool,
    /// Written later than its stamp says.
    pub(crate) late: bool,
}

#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) written: i64,
    pub(crate) truth: Truth,
    pub(crate) text: String,
}

/// How a log is cut into files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `.1`, `.2.gz`
    Numbered,
    /// `-20141214`
    Dated,
}

/// A log: one source.
pub(crate) struct Log {
    /// Path of the live file.
    pub(crate) path: String,
    pub(crate) layout: Layout,
    pub(crate) host: usize,
    pub(crate) zones: Course<Zone>,
    /// What its stamps claim, when that is not so.
    pub(crate) lie: Option<i32>,
    /// A program in it that keeps another zone.
    pub(crate) odd: Option<(&'static str, Zone)>,
    /// Most lines may be written this much later than their stamps say (buffers, relays).
    pub(crate) late: i64,
    /// When it was silent of itself.
    pub(crate) quiet: Option<(i64, i64)>,
    pub(crate) cuts: Vec<i64>,
    pub(crate) naming: Naming,
    /// For the table: which troubles this source has.
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) plan: Plan,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// When the plan's change happens.
    pub(crate) middle: i64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) logs: Vec<Log>,
    pub(crate) mtimes: Mtimes,
    /// What the person who asks types behind `--tz`: a first guess, which may be wrong.
    pub(crate) tz: String,
}

impl World {
    pub(crate) fn generate(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut plan = Plan::random(&mut random);
        if seed >= harder::FIRST {
            harder::harden(&mut plan, &mut random);
        }
        Self::build(plan, random)
    }

    /// Writes the logs that a plan asks for.
    pub(crate) fn build(plan: Plan, random: Random) -> Self {
        let mtimes = plan.mtimes;
        let (start, end) = (plan.start, plan.start + plan.span);
        let mut world = Self {
            random,
            plan,
            start,
            end,
            middle: start,
            hosts: Vec::new(),
            logs: Vec::new(),
            mtimes,
            tz: String::new(),
        };
        let system = world.plan.hosts[0].name();
        world.tz = world.random.pick(&["UTC", "Asia/Seoul", "America/New_York", &system]).to_owned();
        world.found_hosts();
        if world.plan.years.is_some() {
            years::write(&mut world);
        } else {
            services::write(&mut world);
            web::write(&mut world);
            for host in 0..world.hosts.len() {
                services::rotate(&mut world, host);
            }
        }
        world.collect();
        world.lose();
        for log in &mut world.logs {
            log.rows.sort_by_key(|row| row.written);
        }
        world.logs.retain(|log| !log.rows.is_empty());
        world
    }

    /// An instant of the world's time.
    pub(crate) fn moment(&mut self) -> i64 {
        self.start + self.random.below((self.end - self.start) as u64) as i64
    }

    /// Opens a log on a host; its place in `logs`.
    pub(crate) fn log(&mut self, host: usize, path: &str, layout: Layout) -> usize {
        let path =
            if self.hosts.len() > 1 { format!("{}/{path}", self.hosts[host].name) } else { path.into() };
        let mut kinds = Vec::new();
        let zones = self.zones_of(host, layout, &mut kinds);
        let late = if self.random.chance(self.plan.late.0) { self.plan.late.1 } else { 0 };
        if late > 0 {
            kinds.push("late lines");
        }
        let apart = layout == Layout::JsonUtc && !self.plan.harder.false_utc;
        let lie = (self.plan.lie && layout.labelled() && !apart && self.random.chance(60))
            .then_some(if self.plan.harder.false_utc { 0 } else { self.plan.false_label });
        if lie.is_some() {
            kinds.push("label that lies");
        }
        let zones = if lie.is_some_and(|lie| lie != 0) { Course::constant(Zone::UTC) } else { zones };
        self.logs.push(Log {
            path,
            layout,
            host,
            zones,
            lie,
            odd: None,
            late,
            quiet: None,
            cuts: Vec::new(),
            naming: Naming::Numbered,
            kinds,
            rows: Vec::new(),
        });
        self.logs.len() - 1
    }

    /// Something is said in a log at a true instant, unless the host is off or the service silent.
    pub(crate) fn say(&mut self, log: usize, at: i64, (program, pid): (&str, u32), level: &str, text: &str) {
        let Log { host, layout, late, quiet, lie, odd, .. } = self.logs[log];
        let machine = &self.hosts[host];
        let inside = |span: Option<(i64, i64)>| span.is_some_and(|(from, to)| (from..to).contains(&at));
        if inside(machine.off) || inside(quiet) || !(self.start..self.end).contains(&at) {
            return;
        }
        let reading = at + machine.ahead.at(at);
        let strange = odd.filter(|(name, _)| *name == program);
        let zone = strange.map_or_else(|| self.logs[log].zones.at(at), |(_, zone)| zone);
        let zone = if layout == Layout::JsonUtc && lie.is_none() { Zone::UTC } else { zone };
        // A daemon asks the zone database with the clock it has.
        let offset = zone.offset(reading);
        let label = layout.labelled().then(|| lie.unwrap_or(offset));
        let wall = reading + i64::from(offset) * 1_000_000_000;
        let wall = wall - wall.rem_euclid(layout.tick());
        let said = Said { host: &machine.name, program, pid, level, text };
        let text = layout.render(civil(wall), label.unwrap_or(0), &said);
        let delay = if late > 0 && self.random.chance(2) { self.random.below(late as u64) as i64 } else { 0 };
        let truth =
            Truth { at, reading, wall, offset, label, layout, odd: strange.is_some(), late: delay > 0 };
        self.logs[log].rows.push(Row { written: at + delay, truth, text });
    }

    /// What other hosts sent to the first one's syslog, stamped by themselves.
    fn collect(&mut self) {
        let Some(first) = self.syslog(0).filter(|first| {
            self.plan.collects && self.hosts.len() > 1 && self.logs[*first].layout == Layout::Syslog
        }) else {
            return;
        };
        for host in 1..self.hosts.len() {
            let sender = self.syslog(host).filter(|sender| self.logs[*sender].layout == Layout::Syslog);
            let mut rows = sender.map_or_else(Vec::new, |sender| self.logs[sender].rows.clone());
            for row in &mut rows {
                row.truth.odd = true;
                row.written += 3_000_000;
            }
            self.logs[first].rows.extend(rows);
        }
        self.logs[first].kinds.push("collects other hosts");
    }

    /// What is old has been deleted, in some logs.
    fn lose(&mut self) {
        for index in 0..self.logs.len() {
            if self.random.chance(self.plan.lost) {
                let last = self.logs[index].rows.iter().map(|row| row.written).max();
                let from = self.moment().min(last.unwrap_or(self.end));
                self.logs[index].rows.retain(|row| row.written >= from);
                self.logs[index].kinds.push("beginning lost");
            }
        }
    }

    /// The host's main syslog file.
    pub(crate) fn syslog(&self, host: usize) -> Option<usize> {
        self.find(host, "var/log/syslog").or_else(|| self.find(host, "var/log/messages"))
    }

    /// Seconds since the boot, as the kernel counts them: not while it is frozen.
    pub(crate) fn uptime(&self, host: usize, at: i64) -> f64 {
        let Host { boot, off, drift, .. } = self.hosts[host];
        let frozen = matches!(self.plan.change, Change::Paused { .. });
        let since = match off.filter(|(_, on)| at >= *on) {
            Some((from, to)) if frozen => boot + (to - from),
            Some((_, on)) => on,
            None => boot,
        };
        (at - since) as f64 / 1e9 * (1.0 + drift as f64 / 1e6)
    }

    /// The log of this host that has this name.
    fn find(&self, host: usize, ending: &str) -> Option<usize> {
        self.logs.iter().position(|log| log.host == host && log.path.ends_with(ending))
    }

    /// What the host's own clock would print as UTC, for bodies that quote it.
    pub(crate) fn own_utc(&self, host: usize, at: i64, digits: usize) -> String {
        zulu(at + self.hosts[host].ahead.at(at), digits)
    }

    /// What a person who knows would type behind `--assume-tz`: `PATH=ZONE`, for each log without change.
    #[cfg(test)]
    pub(crate) fn spoken_zones(&self) -> Vec<String> {
        let steady = self.logs.iter().filter(|log| !log.zones.changes());
        steady.map(|log| format!("{}={}", log.path, log.zones.at(self.start).name())).collect()
    }
}
