//! Failed answers of a name server: which name, and how it failed.

/// The name that was asked for, in lower case, and why there is no answer.
pub(super) fn failure(payload: &[u8]) -> Option<(&'static str, Box<[u8]>)> {
    let [_, _, flags, more, questions @ ..] = payload else { return None };
    let answer = flags & 0x80 != 0;
    let what = match more & 15 {
        1 => "dns lookup failed: FORMERR",
        2 => "dns lookup failed: SERVFAIL",
        3 => "dns no such name: NXDOMAIN",
        5 => "dns lookup failed: REFUSED",
        _ => return None,
    };
    if !answer || questions.get(..2)? == [0, 0] {
        return None;
    }
    let mut name = Vec::new();
    let mut rest = payload.get(12..)?;
    loop {
        let (length, behind) = rest.split_first()?;
        // A pointer has no place in the first name of a message.
        if *length > 63 || name.len() > 255 {
            return None;
        }
        if *length == 0 {
            break;
        }
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend(behind.get(..usize::from(*length))?.iter().map(u8::to_ascii_lowercase));
        rest = behind.get(usize::from(*length)..)?;
    }
    if name.is_empty() {
        name.push(b'.');
    }
    Some((what, name.into()))
}
