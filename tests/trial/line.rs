//! How each daemon writes a line: layouts of the real ones, with the stamp its clock shows.

use chrono::NaiveDateTime;

use super::clock::signed;

/// Whose layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// RFC 3164: no year, no zone.
    Syslog,
    /// rsyslog's own, with microseconds and an offset.
    SyslogIso,
    /// Access log as JSON with an offset; the text is the rest of the object.
    NginxJson,
    /// Combined access log; `{T}` in the text is the stamp.
    Access,
    NginxError,
    PhpFpm,
    Frr,
    Redis,
    Oslo,
    /// A JSON log in UTC, as containers write it; the text is the rest of the object.
    JsonUtc,
    /// A JSON log whose time has no zone (Python's asctime); the text is the rest of the object.
    JsonBare,
    Spring,
    Logback,
    /// No stamp.
    Plain,
}

/// What is written, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) host: &'a str,
    pub(crate) program: &'a str,
    pub(crate) pid: u32,
    /// INFO, WARN, ERROR.
    pub(crate) level: &'a str,
    pub(crate) text: &'a str,
}

impl Layout {
    /// The offset is written into the stamp.
    pub(crate) fn labelled(self) -> bool {
        matches!(self, Self::SyslogIso | Self::NginxJson | Self::Access | Self::JsonUtc)
    }

    pub(crate) fn yearless(self) -> bool {
        self == Self::Syslog
    }

    /// The stamp's last digit, in nanoseconds: what is finer is lost.
    pub(crate) fn tick(self) -> i64 {
        match self {
            Self::SyslogIso => 1_000,
            Self::Redis | Self::Oslo | Self::JsonUtc | Self::JsonBare | Self::Spring | Self::Logback => {
                1_000_000
            }
            _ => 1_000_000_000,
        }
    }

    /// One record, without its newline. `wall` is what the writer's clock shows.
    pub(crate) fn render(self, wall: NaiveDateTime, label: i32, said: &Said<'_>) -> String {
        let Said { host, program, pid, level, text } = *said;
        let stamp = |pattern: &str| wall.format(pattern).to_string();
        let tag = if pid == 0 { program.to_owned() } else { format!("{program}[{pid}]") };
        let small = level.to_lowercase();
        match self {
            Self::Syslog => format!("{} {host} {tag}: {text}", stamp("%b %e %H:%M:%S")),
            Self::SyslogIso => {
                format!("{}{} {host} {tag}: {text}", stamp("%Y-%m-%dT%H:%M:%S%.6f"), signed(label, ":"))
            }
            Self::NginxJson => {
                format!("{{\"@timestamp\":\"{}{}\",{text}}}", stamp("%Y-%m-%dT%H:%M:%S"), signed(label, ":"))
            }
            Self::Access => {
                text.replace("{T}", &format!("[{} {}]", stamp("%d/%b/%Y:%H:%M:%S"), signed(label, "")))
            }
            Self::NginxError => format!("{} [{small}] {pid}#{pid}: {text}", stamp("%Y/%m/%d %H:%M:%S")),
            Self::PhpFpm => {
                let level = if level == "INFO" {
                    "NOTICE"
                } else if level == "WARN" {
                    "WARNING"
                } else {
                    level
                };
                format!("[{}] {level}: {text}", stamp("%d-%b-%Y %H:%M:%S"))
            }
            Self::Frr => format!("{} {program}: {text}", stamp("%Y/%m/%d %H:%M:%S")),
            Self::Redis => {
                let sign = if level == "INFO" { '*' } else { '#' };
                format!("{pid}:M {} {sign} {text}", stamp("%d %b %Y %H:%M:%S%.3f"))
            }
            Self::Oslo => format!("{} {pid} {level} {program} {text}", stamp("%Y-%m-%d %H:%M:%S%.3f")),
            Self::JsonUtc => {
                format!("{{\"time\":\"{}Z\",\"level\":\"{small}\",{text}}}", stamp("%Y-%m-%dT%H:%M:%S%.3f"))
            }
            Self::JsonBare => {
                format!(
                    "{{\"asctime\":\"{}\",\"levelname\":\"{level}\",{text}}}",
                    stamp("%Y-%m-%d %H:%M:%S,%3f")
                )
            }
            Self::Spring => {
                format!("{} {level:>5} {pid} --- [{program}] {text}", stamp("%Y-%m-%d %H:%M:%S%.3f"))
            }
            Self::Logback => {
                format!("{} {level} [{program}] {text}", stamp("%Y-%m-%d %H:%M:%S,%3f"))
            }
            Self::Plain => text.to_owned(),
        }
    }
}
