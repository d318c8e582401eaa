//! What the values of one column look like, and so what to call it and how to capture it.

use std::collections::BTreeSet;

/// A column as its values show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// What to call it.
    pub name: &'static str,
    /// The kind of capture that takes every value whole, if a narrow one does.
    pub kind: Option<&'static str>,
}

/// Names that well-known slots have: a layout gives each once.
pub(super) const KNOWN: [&str; 7] = ["time", "level", "program", "pid", "host", "message", "pri"];

/// Words that threads and workers are called by, so that `worker-3` is no host.
const WORKERS: [&str; 15] = [
    "http-",
    "thread",
    "worker",
    "pool",
    "exec",
    "main",
    "job",
    "task",
    "conn",
    "nio",
    "proc",
    "queue",
    "scheduler",
    "timer",
    "handler",
];

/// Describes a column; `bracketed` where it stands in brackets.
pub(super) fn describe(values: &[&[u8]], bracketed: bool) -> Column {
    let trimmed: Vec<&[u8]> = values.iter().map(|value| value.trim_ascii()).collect();
    let distinct: BTreeSet<&[u8]> = trimmed.iter().copied().filter(|value| !value.is_empty()).collect();
    let most = |fits: &dyn Fn(&[u8]) -> bool, share: usize| {
        let fitting = distinct.iter().filter(|value| fits(value)).count();
        !distinct.is_empty() && fitting * 100 >= distinct.len() * share
    };
    let column = |name, kind| Column { name, kind };
    let few = distinct.len() <= 3.max(values.len() / 10).min(64);
    let all_words = trimmed.iter().all(|value| is_word(value));
    if trimmed.iter().all(|value| is_int(value)) && !values.is_empty() {
        return column(if bracketed { "pid" } else { "number" }, Some("int"));
    }
    if trimmed.iter().all(|value| is_decimal(value)) && !values.is_empty() {
        return column("number", Some("num"));
    }
    if most(&is_address, 90) {
        return column("address", None);
    }
    if most(&is_prose, 60) {
        return column("message", None);
    }
    if few && most(&is_host, 50) && distinct.iter().all(|value| value.iter().all(|byte| host_byte(*byte))) {
        return column("host", all_words.then_some("host"));
    }
    if most(&is_caller, 90) {
        return column("caller", None);
    }
    if most(&is_dotted, 80) {
        return column("logger", None);
    }
    if most(&is_worker, 50) {
        return column("thread", None);
    }
    if most(&is_id, 90) {
        return column("id", None);
    }
    if most(
        &|value| value.len() <= 5 && value.iter().all(u8::is_ascii_uppercase) && value.ends_with(b"T"),
        100,
    ) {
        return column("zone", None);
    }
    if few && all_words && most(&is_name, 90) {
        return column("program", None);
    }
    column(if bracketed { "thread" } else { "field" }, None)
}

/// Whether values are names or numbers of something rather than words of a sentence.
pub(super) fn is_identifying(values: &[&[u8]]) -> bool {
    let distinct: BTreeSet<&[u8]> = values.iter().copied().collect();
    let telling = |value: &&&[u8]| {
        value.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'/' | b'$' | b'@'))
            && value.last().is_some_and(|byte| !matches!(byte, b'.' | b',' | b'!' | b'?'))
            || value.len() >= 2 && value.iter().all(u8::is_ascii_uppercase)
            || value.iter().skip(1).any(u8::is_ascii_uppercase)
    };
    let all = values.iter().filter(telling).count() * 10 >= values.len() * 9;
    // A few names that come again and again may have a plain one among them: web1, web2, db.
    let few = distinct.len() * 10 <= values.len() && distinct.len() <= 20;
    all || few && distinct.iter().filter(|value| telling(value)).count() * 2 >= distinct.len()
}

/// Whether a value reads like a sentence: two blanks or more.
pub(super) fn is_prose(value: &[u8]) -> bool {
    value.iter().filter(|byte| **byte == b' ').count() >= 2
}

/// Whether a value is not empty and holds no blanks.
pub(super) fn is_word(value: &[u8]) -> bool {
    !value.is_empty() && !value.iter().any(|byte| matches!(byte, b' ' | b'\t'))
}

fn is_int(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

/// `604065.05`
fn is_decimal(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'.');
    parts.next().is_some_and(is_int) && parts.next().is_some_and(is_int) && parts.next().is_none()
}

fn is_address(value: &[u8]) -> bool {
    let parts = value.split(|byte| matches!(byte, b'.' | b':'));
    let fits = |part: &[u8]| is_int(part) && part.len() <= 5;
    value.iter().filter(|byte| **byte == b'.').count() == 3
        && parts.clone().count() <= 5
        && parts.into_iter().all(fits)
}

fn is_worker(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    WORKERS.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

const fn host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// `web1`, `db-02`, `ip-172-31-12-73`, `web1.example.com`: a letter first, a digit in the first label.
fn is_host(value: &[u8]) -> bool {
    let label = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    let same_case =
        |byte: &u8| host_byte(*byte) && byte.is_ascii_uppercase() == value[0].is_ascii_uppercase();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic());
    let small = value.iter().all(|byte| host_byte(*byte)) && letters.clone().all(same_case);
    let digits = label.last().is_some_and(u8::is_ascii_digit);
    small && value.first().is_some_and(u8::is_ascii_alphabetic) && digits && !is_worker(value)
        || value == b"localhost"
}

/// `cart.js:31`
fn is_caller(value: &[u8]) -> bool {
    match memchr::memrchr(b':', value) {
        Some(at) => is_int(&value[at + 1..]) && memchr::memchr(b'.', &value[..at]).is_some(),
        None => false,
    }
}

/// `com.shop.Cart`, `shop::cart`, `App$Worker`
fn is_dotted(value: &[u8]) -> bool {
    let joined = memchr::memchr2(b'.', b'$', value).is_some() || memchr::memmem::find(value, b"::").is_some();
    joined && is_word(value) && value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// A UUID or a long hexadecimal or numbered identifier.
fn is_id(value: &[u8]) -> bool {
    let body = value.iter().filter(|byte| **byte != b'-');
    value.len() >= 8 && body.clone().any(u8::is_ascii_digit) && body.clone().all(u8::is_ascii_hexdigit)
}

/// A program's name: letters first, then letters, digits, `-` and `_`.
fn is_name(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_alphabetic)
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_get_the_names_of_the_field() {
        let name = |values: &[&str], bracketed| {
            let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
            describe(&values, bracketed).name
        };
        for (values, bracketed, expected) in [
            (&["4711", "12"][..], true, "pid"),
            (&["4711", "12"], false, "number"),
            (&["web1", "web2", "db"], false, "host"),
            (&["604065.05", "0.1"], true, "number"),
            (&["PRN-01", "PRN-02"], false, "host"),
            (&["10.0.0.1", "10.0.0.2:443"], false, "address"),
            (&["main", "pool-1-thread-3"], true, "thread"),
            (&["worker-3"], false, "thread"),
            (&["http-1", "http-2"], true, "thread"),
            (&["com.shop.jobs.Cart", "com.shop.Pay"], false, "logger"),
            (&["cart.js:31", "pay.js:7"], false, "caller"),
            (&["checkout", "cart"], false, "program"),
            (&["550e8400-e29b-41d4-a716-446655440000"], false, "id"),
            (&["order 42 is lost", "slow answer from redis"], false, "message"),
            (&["CEST"], false, "zone"),
            (&["결제", "장바구니"], false, "field"),
            (&[], false, "field"),
        ] {
            assert_eq!(name(values, bracketed), expected, "{values:?}");
        }
    }

    #[test]
    fn words_of_sentences_identify_nothing() {
        let identifying = |values: &[&str]| {
            is_identifying(&values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>())
        };
        assert!(identifying(&["web1", "web2"]));
        assert!(identifying(&["shop.cart", "shop.pay"]));
        assert!(!identifying(&["slow", "order", "payment"]));
        assert!(!identifying(&["Order", "done."]));
    }
}
