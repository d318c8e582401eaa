//! Requests through a web server, an application and PHP: what one request leaves in several logs.

use super::clock::{DAY, HOUR, SECOND, zulu};
use super::line::Layout;
use super::plan::Ids;
use super::world::World;

/// The logs a request may reach.
struct Logs {
    access: usize,
    json: bool,
    error: usize,
    php: Option<usize>,
    app: usize,
    app_layout: Layout,
    syslog: Option<usize>,
    /// The application runs on this host.
    app_host: usize,
}

/// One request.
struct Request {
    at: i64,
    id: String,
    client: String,
    user: u64,
    status: u16,
    path: String,
    connection: u64,
}

pub(crate) fn write(world: &mut World) {
    if world.plan.requests == 0 {
        return;
    }
    let app_host = world.random.below(world.hosts.len() as u64) as usize;
    let json = world.random.chance(65);
    // Without offsets in the access log, there may be none at all in this world.
    let access = if !world.plan.labelled {
        world.log(0, "var/log/nginx/access.log", Layout::JsonBare)
    } else if json {
        world.log(0, "var/log/nginx/access.log", Layout::NginxJson)
    } else {
        world.log(0, "var/log/nginx/access.log", Layout::Access)
    };
    let json = json || !world.plan.labelled;
    let error = world.log(0, "var/log/nginx/error.log", Layout::NginxError);
    // One process writes both.
    let zones = world.logs[access].zones.clone();
    let mut kinds = Vec::new();
    world.describe(0, Layout::NginxError, &zones, &mut kinds);
    (world.logs[error].zones, world.logs[error].kinds) = (zones, kinds);
    let php = world.random.chance(50).then(|| world.log(0, "var/log/php-fpm/error.log", Layout::PhpFpm));
    let app_layout = world.random.pick(&[Layout::Spring, Layout::Oslo, Layout::Logback, Layout::JsonBare]);
    let app = world.log(app_host, "srv/shop/app.log", app_layout);
    let syslog = world.syslog(0);
    let logs = Logs { access, json, error, php, app, app_layout, syslog, app_host };
    let mut at = world.start;
    let step = (world.end - world.start) / world.plan.requests as i64;
    let mut sent: Vec<String> = Vec::new();
    for number in 0..world.plan.requests as u64 {
        at += world.random.below(2 * step as u64) as i64;
        let request = request(world, at, number, &mut sent);
        serve(world, &logs, &request);
        background(world, &logs, at, number);
    }
    if let Some(delay) = world.plan.queue {
        queue(world, &logs, delay);
    }
}

fn request(world: &mut World, at: i64, number: u64, sent: &mut Vec<String>) -> Request {
    let id = match world.plan.ids {
        // A client that retries with the key it used two hours before.
        Ids::Reused if !sent.is_empty() && world.random.chance(40) => {
            let index = world.random.below(sent.len() as u64) as usize;
            sent[index].clone()
        }
        Ids::Reused if world.random.chance(50) => format!("req-{}", number % 40),
        _ => world.random.hex(32),
    };
    sent.push(id.clone());
    let status = world.random.pick(&[200, 200, 200, 200, 302, 404, 502, 504]);
    let net = world.random.pick(&["203.0.113", "198.51.100", "192.0.2"]);
    Request {
        at,
        id,
        client: format!("{net}.{}", world.random.below(40) + 1),
        user: world.random.below(60) + 1,
        status,
        path: format!(
            "/{}/{}",
            world.random.pick(&["cart", "order", "wp-login.php"]),
            world.random.below(900)
        ),
        connection: 1_000 + number,
    }
}

fn serve(world: &mut World, logs: &Logs, request: &Request) {
    let Request { at, id, client, user, status, path, connection } = request;
    let took = match status {
        504 => 60 * SECOND + world.random.below(9_000_000) as i64,
        _ => world.random.within(2_000_000, 900_000_000),
    };
    let upstream = format!("10.0.3.{}:8080", 10 + world.random.below(3));
    let line = format!("GET {path} HTTP/1.1");
    let seconds = took as f64 / 1e9;
    let done = if logs.json {
        let shared = match world.plan.ids {
            Ids::None => String::new(),
            _ => format!(",\"request_id\":\"{id}\""),
        };
        format!(
            "\"remote_addr\":\"{client}\",\"host\":\"shop.example.com\",\"request\":\"{line}\",\"status\":\"{status}\",\
             \"body_bytes_sent\":\"{}\",\"request_time\":\"{seconds:.3}\",\"upstream_addr\":\"{upstream}\"{shared},\
             \"http_user_agent\":\"Mozilla/5.0\"",
            world.random.below(9_000)
        )
    } else {
        format!("{client} - - {{T}} \"{line}\" {status} {} \"-\" \"Mozilla/5.0\"", world.random.below(9_000))
    };
    world.say(logs.access, at + took, ("nginx", 0), "INFO", &done);
    application(world, logs, request, took.min(300_000_000));
    if *status >= 500 {
        let what = match status {
            504 => {
                "upstream timed out (110: Connection timed out) while reading response header from upstream"
            }
            _ => "recv() failed (104: Connection reset by peer) while reading response header from upstream",
        };
        let text = format!(
            "*{connection} {what}, client: {client}, server: shop.example.com, request: \"{line}\", \
             upstream: \"http://{upstream}{path}\", host: \"shop.example.com\""
        );
        world.say(logs.error, at + took - 1_000_000, ("nginx", 30_974), "ERROR", &text);
    }
    if let (502, Some(php)) = (status, logs.php) {
        segfault(world, logs, php, at + took - 2_000_000);
    }
    let _ = user;
}

fn application(world: &mut World, logs: &Logs, request: &Request, took: i64) {
    let Request { at, id, client, user, path, .. } = request;
    let mut body = match world.random.below(3) {
        0 => format!("user {user} from {client} opens {path}"),
        1 => format!("session {:06x} of user {user}: GET {path}", user * 7_919),
        _ => format!("order {} placed for user {user}", request.connection),
    };
    let stale = world.plan.stale.clone();
    for distance in stale {
        if world.random.chance(30) {
            let quoted = at + distance - world.random.within(0, 900) * 1_000_000;
            body.push_str(&match world.random.below(4) {
                0 => format!(", session expired, last activity {}", zulu(quoted, 3)),
                1 => format!(", created_at={}", quoted / SECOND),
                2 => format!(", token valid until {}", zulu(quoted, 0)),
                _ => format!(
                    ", Last-Modified: {}",
                    super::clock::civil(quoted).format("%a, %d %b %Y %H:%M:%S GMT")
                ),
            });
        }
    }
    if world.plan.fresh && world.random.chance(20) {
        let now = at + world.hosts[logs.app_host].ahead.at(*at) + took;
        body.push_str(&format!(
            ", upstream Date: {}",
            super::clock::civil(now).format("%a, %d %b %Y %H:%M:%S GMT")
        ));
    }
    if world.plan.fresh && world.random.chance(15) {
        // Clocks of clients are off by anything, an hour too.
        let off = world.random.pick(&[200_000_000, -3 * SECOND, 40 * SECOND, HOUR, -7 * HOUR]);
        body.push_str(&format!(", client clock {}", zulu(at + off, 3)));
    }
    let thread = format!("nio-8080-exec-{}", world.random.below(9) + 1);
    let shared = if world.plan.ids == Ids::None { "-" } else { id.as_str() };
    let (who, text) = match logs.app_layout {
        Layout::Spring => (thread.as_str(), format!("c.e.shop.OrderController  : [{shared}] {body}")),
        Layout::Oslo => ("shop.api", format!("[req-{shared} - - - - -] {body}")),
        Layout::JsonBare => {
            ("shop", format!("\"name\":\"shop\",\"request_id\":\"{shared}\",\"message\":\"{body}\""))
        }
        _ => (thread.as_str(), format!("c.e.shop.OrderController - [{shared}] {body}")),
    };
    let level = if request.status >= 500 { "ERROR" } else { "INFO" };
    world.say(logs.app, at + took + 1_000_000, (who, 1_234), level, &text);
}

/// A PHP child dies: the kernel, PHP-FPM's log and nothing else know its pid.
fn segfault(world: &mut World, logs: &Logs, php: usize, at: i64) {
    let pid = 9_000 + world.random.below(900);
    let uptime = world.uptime(0, at);
    if let Some(syslog) = logs.syslog {
        let text = format!(
            "[{uptime:12.6}] php-fpm[{pid}]: segfault at 80001000321 ip 00000000005c8407 sp 00007fff305df290 error 4 \
             in php-fpm[400000+325000]"
        );
        world.say(syslog, at, ("kernel", 0), "ERROR", &text);
    }
    let lived = world.random.below(4_000_000) as f64 / 1e3;
    let text = format!(
        "[pool www] child {pid} exited on signal 11 (SIGSEGV - core dumped) after {lived:.6} seconds from start"
    );
    world.say(php, at + 8_000_000, ("php-fpm", 0), "WARN", &text);
    let text = format!("[pool www] child {} started", pid + 900);
    world.say(php, at + 9_000_000, ("php-fpm", 0), "INFO", &text);
}

/// What the application says between requests: times that lie far from the line.
fn background(world: &mut World, logs: &Logs, at: i64, number: u64) {
    let Some(distance) = world.plan.stale.first().copied() else { return };
    if !number.is_multiple_of(5) {
        return;
    }
    // A sweeper that drops what has been idle exactly so long: the distance is the same each time.
    let quoted = zulu(at + distance, 3);
    let text = match (logs.app_layout, distance < 0) {
        (Layout::JsonBare, _) => {
            format!("\"name\":\"sweeper\",\"message\":\"dropped session, idle since {quoted}\"")
        }
        (_, true) => {
            format!("c.e.shop.Sweeper - dropped session {}, idle since {quoted}", world.random.hex(8))
        }
        (_, false) => format!("c.e.shop.Lease - lease {} renewed until {quoted}", world.random.hex(8)),
    };
    let said = at + world.random.within(1, 40) * 1_000_000;
    world.say(logs.app, said, ("sweeper", 1_234), "INFO", &text);
}

/// Jobs queued by one program and begun by another after a fixed delay, under one id.
fn queue(world: &mut World, logs: &Logs, delay: i64) {
    let producer = world.log(0, "var/log/containers/queue.json", Layout::JsonUtc);
    let worker = world.log(logs.app_host, "srv/shop/worker.log", Layout::Logback);
    world.logs[worker].kinds.push("delayed queue");
    let count = ((world.end - world.start - delay) / HOUR).clamp(6, 40);
    for _ in 0..count {
        let at =
            world.start + world.random.below((world.end - world.start).clamp(HOUR, 30 * DAY) as u64) as i64;
        let id = format!("{}-{}", world.random.hex(8), world.random.hex(12));
        let text = format!("\"msg\":\"enqueue\",\"job\":\"{id}\",\"delay_seconds\":{}", delay / SECOND);
        world.say(producer, at, ("queue", 0), "INFO", &text);
        let text = format!("c.e.shop.Worker - start job {id}");
        let begun = at + delay + world.random.within(20, 800) * 1_000_000;
        world.say(worker, begun, ("worker-1", 77), "INFO", &text);
    }
}
