//! What a machine writes by itself: cron, kernel, ssh, DHCP, time daemons, rotation, heartbeats.

use super::clock::{Course, DAY, HOUR, MINUTE, SECOND, civil};
use super::line::Layout;
use super::plan::Change;
use super::world::{Naming, World};

/// Lines a source may have from one rhythm, so that worlds stay small.
const MOST: i64 = 240;

pub(crate) fn write(world: &mut World) {
    for host in 0..world.hosts.len() {
        let path = if world.random.chance(50) { "var/log/syslog" } else { "var/log/messages" };
        let iso = world.plan.labelled && world.random.chance(15);
        let syslog = world.log(host, path, if iso { Layout::SyslogIso } else { Layout::Syslog });
        if let Some(zone) = world.plan.odd.filter(|_| host == 0) {
            world.logs[syslog].odd = Some(("telemetryd", zone));
            world.logs[syslog].kinds.push("odd daemon inside");
        }
        let own = world.random.chance(40);
        let cron_log = if own { world.log(host, "var/log/cron", Layout::Syslog) } else { syslog };
        cron(world, host, cron_log);
        kernel(world, host, syslog);
        ssh(world, host, syslog);
        dhcp(world, syslog);
        heartbeats(world, host, syslog);
        announce(world, host, syslog);
        extras(world, host, syslog);
    }
}

/// Jobs at whole minutes of the system's wall clock: the same words on every host, whatever its zone.
fn cron(world: &mut World, host: usize, log: usize) {
    let weekly = world.random.chance(50);
    let jobs: [(i64, i64, &str); 5] = [
        (17 * MINUTE, HOUR, "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)"),
        (
            6 * HOUR + 25 * MINUTE,
            DAY,
            "(root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily)",
        ),
        (2 * HOUR, DAY, "(backup) CMD (/usr/local/bin/backup.sh >/dev/null 2>&1)"),
        (0, 10 * MINUTE, "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)"),
        (30 * MINUTE, 12 * HOUR, "(root) CMD (test -x /usr/bin/certbot && certbot -q renew)"),
    ];
    let mut pid = 1_000 + world.random.below(20_000) as u32;
    for (phase, period, words) in jobs {
        if period == 10 * MINUTE && !weekly {
            continue;
        }
        let mut minute = world.start - world.start.rem_euclid(MINUTE);
        let mut count = 0;
        while minute < world.end && count < MOST {
            // Cron looks at the clock and zone of its own log's writer.
            let reading = minute + world.hosts[host].ahead.at(minute);
            let wall = reading + i64::from(world.logs[log].zones.at(minute).offset(reading)) * SECOND;
            if (wall - wall.rem_euclid(MINUTE)).rem_euclid(period) == phase {
                // It wakes at the whole minute of its own clock.
                let at = minute - wall.rem_euclid(MINUTE)
                    + if wall.rem_euclid(MINUTE) == 0 { 0 } else { MINUTE }
                    + world.random.within(1_000_000, 1_100_000_000);
                pid += world.random.below(40) as u32 + 1;
                world.say(log, at, ("CRON", pid), "INFO", words);
                count += 1;
            }
            minute += MINUTE;
        }
    }
}

/// Kernel lines with the uptime, which knows no zone.
fn kernel(world: &mut World, host: usize, log: usize) {
    if world.random.chance(40) {
        return;
    }
    // What `dmesg` printed: the same lines of the last boot, without any wall clock.
    let saved = world.random.chance(30).then(|| world.log(host, "var/log/dmesg", Layout::Plain));
    if let Some(saved) = saved {
        world.logs[saved].kinds = vec!["uptime only"];
    }
    let booted = world.hosts[host].off.map_or(i64::MIN, |(_, on)| on);
    for _ in 0..world.random.below(14) {
        let at = world.moment();
        let uptime = world.uptime(host, at);
        let text = match world.random.below(3) {
            0 => "eth0: Link is Up - 10Gbps/Full - flow control off".to_owned(),
            1 => "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.  Check SNMP counters.".into(),
            _ => format!("perf: interrupt took too long ({} > 2500), lowering", 2_600 + world.random.below(900)),
        };
        let text = format!("[{uptime:12.6}] {text}");
        world.say(log, at, ("kernel", 0), "INFO", &text);
        if let Some(saved) = saved.filter(|_| at >= booted) {
            world.say(saved, at, ("kernel", 0), "INFO", &text);
        }
    }
}

fn ssh(world: &mut World, host: usize, log: usize) {
    let auth =
        if world.random.chance(40) { world.log(host, "var/log/auth.log", Layout::Syslog) } else { log };
    for _ in 0..world.random.below(25) {
        let at = world.moment();
        let pid = 1_000 + world.random.below(30_000) as u32;
        let (client, port) = (world.random.below(254) + 1, 1_024 + world.random.below(60_000));
        let text = format!("Failed password for root from 203.0.113.{client} port {port} ssh2");
        world.say(auth, at, ("sshd", pid), "INFO", &text);
        let text =
            format!("Connection closed by authenticating user root 203.0.113.{client} port {port} [preauth]");
        let closed = at + world.random.within(100, 2_000) * 1_000_000;
        world.say(auth, closed, ("sshd", pid), "INFO", &text);
    }
}

fn dhcp(world: &mut World, log: usize) {
    let mut at = world.start + world.random.below(HOUR as u64) as i64;
    while at < world.end {
        let next = world.random.within(1_200, 1_800) * SECOND * ((world.end - world.start) / DAY + 1);
        world.say(
            log,
            at,
            ("dhclient", 1_183),
            "INFO",
            "DHCPREQUEST for 172.31.12.73 on eth0 to 172.31.0.1 port 67",
        );
        world.say(log, at, ("dhclient", 1_183), "INFO", "DHCPACK of 172.31.12.73 from 172.31.0.1");
        let text = format!("bound to 172.31.12.73 -- renewal in {} seconds.", next / SECOND);
        world.say(log, at, ("dhclient", 1_183), "INFO", &text);
        at += next;
    }
}

/// A daemon that speaks regularly, in its own file and perhaps in syslog too, in the same words.
fn heartbeats(world: &mut World, host: usize, syslog: usize) {
    let layout = world.random.pick(&[Layout::Logback, Layout::Oslo, Layout::Frr, Layout::Redis]);
    let own = world.log(host, "var/log/agent/agent.log", layout);
    let period = 10 * SECOND * ((world.end - world.start) / (10 * SECOND) / MOST + 1);
    let odd = world.plan.odd.filter(|_| host == 0);
    let both = odd.is_some() || world.random.chance(50);
    if let Some(zone) = odd {
        // The daemon brings its zone along, into its own file too.
        let zones = Course::constant(zone);
        let mut kinds = vec!["odd daemon"];
        world.describe(host, layout, &zones, &mut kinds);
        (world.logs[own].zones, world.logs[own].kinds) = (zones, kinds);
    }
    if let Change::Silent { length } = world.plan.change
        && host == 0
    {
        world.logs[own].quiet = Some((world.middle, world.middle + length));
        world.logs[own].kinds.push("silent for hours");
    }
    // An agent that asks every server at the same time of its own day finds the same words there.
    let program = if odd.is_some() { "telemetryd" } else { "agent" };
    let name = match layout {
        Layout::Oslo => "agent.heartbeat",
        Layout::Frr => "AGENT",
        _ => program,
    };
    let mut at = world.start + world.random.below(period as u64) as i64;
    // Other hosts' agents have run for other times: equal numbers mean nothing.
    let mut count = world.random.below(400) as u32;
    let (mut pid, hung) = (2_207, world.random.chance(50));
    while at < world.end {
        let silent = world.logs[own].quiet.or(world.hosts[host].off);
        match silent.filter(|(from, to)| (*from..*to).contains(&at)) {
            // Started again afterwards; or frozen, and it goes on as if nothing had been; or it only could
            // not write.
            Some(_) if matches!(world.plan.change, Change::Off { .. }) => (count, pid) = (0, 633),
            Some(_) if hung || matches!(world.plan.change, Change::Paused { .. }) => {}
            _ => count += 1,
        }
        let mut text = format!("heartbeat {count} ok, {} checks passed", 3 + count % 2);
        if world.plan.fresh && count.is_multiple_of(7) {
            text = format!("pushed sample, server time {}", world.own_utc(host, at, 0));
        }
        world.say(own, at, (name, pid), "INFO", &text);
        if both && count.is_multiple_of(4) {
            world.say(syslog, at + 2_000_000, (program, pid), "INFO", &text);
        }
        at += period + world.random.within(-20, 20) * 1_000_000;
    }
}

/// What time daemons say of a change. They may well say nothing.
fn announce(world: &mut World, host: usize, log: usize) {
    let at = world.middle;
    if host != 0 {
        return;
    }
    match world.plan.change {
        Change::Zone { to, announced: true } => {
            let text = format!("Changed time zone to '{}' ({}).", to.name(), to.name());
            world.say(log, at, ("systemd-timedated", 3_311), "INFO", &text);
        }
        Change::Step { by, announced: true } => {
            let text = format!("System clock was stepped by {:.6} seconds", by as f64 / 1e9);
            world.say(log, at, ("chronyd", 641), "WARN", &text);
            world.say(log, at + 3_000_000, ("systemd", 1), "INFO", "Time has been changed");
        }
        Change::Paused { length, announced: true } => {
            for (at, what) in [(at - SECOND, "entry (s2idle)"), (at + length + SECOND, "exit")] {
                let text = format!("[{:12.6}] PM: suspend {what}", world.uptime(0, at));
                world.say(log, at, ("kernel", 0), "INFO", &text);
            }
        }
        Change::Off { length } => {
            world.say(log, at - SECOND, ("systemd", 1), "INFO", "Stopping System Logging Service...");
            let text = "Linux version 4.15.0-50-generic (buildd@lcy01) #54-Ubuntu SMP";
            world.say(log, at + length + SECOND, ("kernel", 0), "INFO", &format!("[    0.000000] {text}"));
        }
        _ => {}
    }
}

/// Small files: three lines, no stamps, a container's JSON.
fn extras(world: &mut World, host: usize, syslog: usize) {
    if world.plan.sparse {
        let layout =
            world.random.pick(&[Layout::Logback, Layout::PhpFpm, Layout::Spring, Layout::NginxError]);
        let log = world.log(host, "opt/report/report.log", layout);
        world.logs[log].kinds.push("three lines");
        for text in ["starting up", "report written, 12 rows", "shutting down"] {
            let at = world.moment();
            world.say(log, at, ("main", 4_100), "WARN", text);
        }
    }
    if world.random.chance(25) {
        let log = world.log(host, "home/app/node.log", Layout::Plain);
        world.logs[log].kinds.push("no stamps");
        for number in 0..world.random.below(12) {
            let at = world.moment();
            world.say(log, at, ("node", 0), "INFO", &format!("cache size {number} entries"));
        }
    }
    if world.random.chance(35) {
        let log = world.log(host, "var/log/containers/metrics.json", Layout::JsonUtc);
        for _ in 0..world.random.below(30) {
            let at = world.moment();
            let epoch = (at + world.hosts[host].ahead.at(at)) / SECOND;
            let window = epoch - epoch.rem_euclid(300);
            let text = format!("\"msg\":\"window closed\",\"from\":{},\"to\":{window}", window - 300);
            world.say(log, at, ("metrics", 0), "INFO", &text);
        }
    }
    if world.plan.fresh && world.random.chance(50) {
        // Kubernetes components write klog and audit lines whose bodies carry UTC.
        for _ in 0..world.random.below(10) {
            let at = world.moment();
            let text = format!(
                "audit: id={} requestReceivedTimestamp={}",
                world.random.hex(12),
                world.own_utc(host, at, 6)
            );
            world.say(syslog, at + 4_000_000, ("apiserver", 811), "INFO", &text);
        }
    }
}

/// Cuts the host's logs into files, as logrotate does: in the early morning of the system's zone.
pub(crate) fn rotate(world: &mut World, host: usize) {
    let style = world.random.pick(&[None, Some(Naming::Numbered), Some(Naming::Dated)]);
    let Some(naming) = style else { return };
    let minute = world.random.pick(&[6 * 60 + 25, 3 * 60 + 14, 0]);
    let mut cuts = Vec::new();
    let mut at = world.start - world.start.rem_euclid(MINUTE);
    while at < world.end {
        let reading = at + world.hosts[host].ahead.at(at);
        let wall = reading + i64::from(world.hosts[host].zones.at(at).offset(reading)) * SECOND;
        let last = cuts.last().copied().unwrap_or(i64::MIN / 2);
        if wall.rem_euclid(DAY) / MINUTE == minute && at - last > 20 * HOUR && at > world.start {
            cuts.push(at + world.random.within(1, 3) * SECOND);
        }
        at += MINUTE;
    }
    // Dates in names are the system's; two cuts of one day would be one name.
    cuts.dedup_by_key(|cut| {
        civil(*cut + i64::from(world.hosts[host].zones.at(*cut).offset(*cut)) * SECOND).date()
    });
    for log in world.logs.iter_mut().filter(|log| log.host == host) {
        log.cuts.clone_from(&cuts);
        log.naming = naming;
    }
}
