//! Zones that records state: of the machine (`Changed time zone to 'Asia/Seoul'`, what `timedatectl` prints) and of
//! a program's settings (`date.timezone = UTC`, `TZ=Europe/Berlin`). Whether that is the zone of any stamp is not
//! for here to say: a daemon that was not started again keeps the zone it had.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A zone that a record states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatedZone<'a> {
    /// Whether it says that the machine's zone was changed to it just then.
    pub changed: bool,
    /// Its name, as written.
    pub name: &'a str,
}

/// What systemd-timedated says.
const CHANGED: &[u8] = b"Changed time zone to '";

/// Names of settings, with what stands between them and the zone's name; lower case.
static SETTINGS: LazyLock<[Finder<'static>; 6]> = LazyLock::new(|| {
    ["time zone:", "date.timezone", "user.timezone", "log_timezone", "tz=", "system timezone"]
        .map(Finder::new)
});

static CHANGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CHANGED));

/// Longest record that is looked at: settings stand in short lines.
const LONGEST: usize = 512;

/// The zone that a record states, if it does.
pub(super) fn stated_zone(message: &[u8]) -> Option<StatedZone<'_>> {
    if message.len() > LONGEST {
        return None;
    }
    if let Some(at) = CHANGE.find(message) {
        return name(&message[at + CHANGED.len()..]).map(|name| StatedZone { changed: true, name });
    }
    // Most records hold neither `z` nor `Z`, or no `t` before it.
    memchr::memchr2(b'z', b'Z', message)?;
    let lower = message.to_ascii_lowercase();
    let found = SETTINGS.iter().find_map(|setting| {
        let at = setting.find(&lower)?;
        let begins = at.checked_sub(1).is_none_or(|before| !message[before].is_ascii_alphanumeric());
        begins.then_some(at + setting.needle().len())
    })?;
    let rest = &message[found..];
    let from =
        rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'=' | b':' | b'>' | b'"' | b'\''))?;
    name(&rest[from..]).map(|name| StatedZone { changed: false, name })
}

/// The name of a zone at the start of a text: an area and a place, or UTC.
fn name(text: &[u8]) -> Option<&str> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let length = text.iter().take_while(|byte| part(byte)).count();
    let name = std::str::from_utf8(&text[..length]).ok()?;
    let place = name.contains('/') && name.starts_with(|first: char| first.is_ascii_uppercase());
    (place || matches!(name, "UTC" | "Etc/UTC" | "GMT")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_found_where_they_are_stated() {
        for (message, changed, name) in [
            ("Changed time zone to 'Asia/Seoul' (KST).", true, "Asia/Seoul"),
            ("                Time zone: Asia/Seoul (KST, +0900)", false, "Asia/Seoul"),
            ("date.timezone => UTC => UTC", false, "UTC"),
            ("log_timezone = 'Europe/Berlin'", false, "Europe/Berlin"),
            ("starting with TZ=America/New_York", false, "America/New_York"),
            ("started with user.timezone=Asia/Kolkata", false, "Asia/Kolkata"),
        ] {
            assert_eq!(stated_zone(message.as_bytes()), Some(StatedZone { changed, name }), "{message}");
        }
        for message in [
            "",
            "TZ=",
            "TZ=KST-9",
            "zone: eu-west-1",
            "GTZ=Asia/Seoul",
            "time zone: unknown",
            "date.timezone",
        ] {
            assert_eq!(stated_zone(message.as_bytes()), None, "{message}");
        }
    }
}
