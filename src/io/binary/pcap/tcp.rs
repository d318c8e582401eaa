//! TCP connections: unanswered, refused, reset, sent again, window closed.
//!
//! "Sent again" counts segments whose bytes had passed before, and late ones among them: which it is cannot
//! be told from outside. A packet captured twice (on two interfaces) is told by its number and counted apart.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::packet::{ACK, FIN, RST, SYN, Tcp};
use super::talk::Teller;
use super::told::Alike;

/// Connections followed at once.
const MOST: usize = 65_536;

/// A first SYN without answer for so long is told. Linux has tried four times by then.
const PATIENCE: i64 = 10 * 1_000_000_000;

/// A connection without packets for so long makes room for another.
const IDLE: i64 = 60 * 1_000_000_000;

/// Room is not looked for more often than this.
const BETWEEN_SWEEPS: i64 = 1_000_000_000;

/// Two copies of one packet are captured within this.
const TWICE: i64 = 5_000_000;

/// Address and port.
pub(super) type End = (IpAddr, u16);

/// Its two ends, the lower first.
type Key = (End, End);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Asked for, with this number, since when.
    Asked {
        sequence: u32,
        since: i64,
    },
    /// No answer came, and that is told.
    Unanswered {
        sequence: u32,
    },
    Open,
    Closed,
}

/// What a segment is known by.
type Mark = (u16, u32, u32, u16, u8);

/// What one end sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// The number behind its last byte.
    next: Option<u32>,
    /// Its last segment, to know it again: number, sequence, acknowledgement, window, flags; and when it came.
    last: Option<(Mark, i64)>,
    finished: bool,
    closed_window: bool,
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    state: State,
    /// Whether the lower end is the client.
    low_is_client: bool,
    /// By the lower end, by the higher one.
    sent: [Sent; 2],
    last: i64,
}

/// The connections of a capture.
#[derive(Default)]
pub(super) struct Connections {
    open: HashMap<Key, Connection>,
    /// First SYNs, and until when they may be answered.
    waiting: VecDeque<(i64, Key)>,
    swept: i64,
    /// Connections seen.
    pub count: u64,
    /// Packets captured twice.
    pub twice: u64,
    /// Packets of connections that did not fit.
    pub untracked: u64,
}

fn event(what: &'static str, client: End, server: End, detail: Option<(&'static str, Box<[u8]>)>) -> Alike {
    let (server, port) = (Some(server.0), Some(server.1));
    Alike { what, client: client.0, server, port, protocol: Some(6), detail }
}

impl Connections {
    /// A segment at `time` from the first end to the second; gives client and server.
    pub(super) fn segment(
        &mut self,
        time: i64,
        [from, to]: [End; 2],
        tcp: &Tcp,
        teller: &mut Teller<'_>,
    ) -> (End, End) {
        let key = if from <= to { (from, to) } else { (to, from) };
        let side = usize::from(from > to);
        let asks = tcp.flags & (SYN | ACK | RST) == SYN;
        let answers = tcp.flags & (SYN | ACK | RST) == SYN | ACK;
        // Who asks is the client; seen midway, who has the higher port.
        let from_client = asks || (!answers && (from.1, from.0) > (to.1, to.0));
        let known = self.open.contains_key(&key);
        if !known && !self.make_room(teller.now) {
            self.untracked += 1;
            return if from_client { (from, to) } else { (to, from) };
        }
        let fresh = Connection {
            state: State::Open,
            low_is_client: from_client == (side == 0),
            sent: [Sent::default(); 2],
            last: time,
        };
        if !known {
            self.count += 1;
        }
        let connection = self.open.entry(key).or_insert(fresh);
        connection.last = connection.last.max(time);
        if asks {
            let again = match connection.state {
                State::Asked { sequence, .. } | State::Unanswered { sequence } => sequence == tcp.sequence,
                State::Open | State::Closed => {
                    known && connection.sent[side].next == Some(tcp.sequence.wrapping_add(1))
                }
            };
            if !again {
                self.count += u64::from(known);
                *connection = Connection { last: connection.last, ..fresh };
                connection.state = State::Asked { sequence: tcp.sequence, since: time };
                connection.sent[side].next = Some(tcp.sequence.wrapping_add(1));
                self.waiting.push_back((time.saturating_add(PATIENCE), key));
            }
        }
        let ends = if connection.low_is_client { key } else { (key.1, key.0) };
        if !asks {
            connection.reply(time, ends, (side, from), tcp, teller, &mut self.twice);
        }
        ends
    }

    /// Whether one more connection fits.
    fn make_room(&mut self, now: i64) -> bool {
        if self.open.len() >= MOST && now.saturating_sub(self.swept) >= BETWEEN_SWEEPS {
            self.swept = now;
            self.open.retain(|_, connection| now.saturating_sub(connection.last) < IDLE);
        }
        self.open.len() < MOST
    }

    /// Tells SYNs that got no answer until now.
    pub(super) fn pass(&mut self, teller: &mut Teller<'_>) {
        while let Some((until, _)) = self.waiting.front()
            && *until <= teller.now
            && let Some((until, key)) = self.waiting.pop_front()
        {
            self.unanswered(until, key, "connect timed out, no answer to SYN", teller);
        }
    }

    /// Tells the rest at the end of the capture.
    pub(super) fn end(&mut self, teller: &mut Teller<'_>) {
        while let Some((until, key)) = self.waiting.pop_front() {
            self.unanswered(until, key, "no answer to SYN until the capture ended", teller);
        }
    }

    fn unanswered(&mut self, until: i64, key: Key, what: &'static str, teller: &mut Teller<'_>) {
        let Some(connection) = self.open.get_mut(&key) else { return };
        let State::Asked { sequence, since } = connection.state else { return };
        if since.saturating_add(PATIENCE) != until {
            return;
        }
        connection.state = State::Unanswered { sequence };
        let (client, server) = if connection.low_is_client { key } else { (key.1, key.0) };
        teller.add(since, event(what, client, server, None), Some(client.1));
    }
}

impl Connection {
    /// Any segment but a first SYN, from the end `from` on `side`.
    fn reply(
        &mut self,
        time: i64,
        (client, server): (End, End),
        (side, from): (usize, End),
        tcp: &Tcp,
        teller: &mut Teller<'_>,
        twice: &mut u64,
    ) {
        let sent = &mut self.sent[side];
        let mark = (tcp.id, tcp.sequence, tcp.acknowledged, tcp.window, tcp.flags);
        if let Some((last, at)) = sent.last
            && last == mark
            && time.saturating_sub(at) <= TWICE
            && (tcp.length == 0 || tcp.id != 0)
        {
            *twice += 1;
            return;
        }
        sent.last = Some((mark, time));
        let by = if from == client { "client" } else { "server" };
        if tcp.flags & RST != 0 {
            let what = match self.state {
                State::Asked { .. } | State::Unanswered { .. } if from == server => {
                    Some("connection refused")
                }
                State::Open if !self.sent.iter().any(|sent| sent.finished) => Some("connection reset"),
                _ => None,
            };
            let detail = Some(("by", by.as_bytes().into())).filter(|_| what == Some("connection reset"));
            if let Some(what) = what {
                teller.add(time, event(what, client, server, detail), Some(client.1));
            }
            self.state = State::Closed;
            return;
        }
        if from == server && matches!(self.state, State::Asked { .. } | State::Unanswered { .. }) {
            self.state = State::Open;
        }
        let sent = &mut self.sent[side];
        if sent.count(tcp) {
            let alike = event(
                "segments sent again, lost or late",
                client,
                server,
                Some(("by", by.as_bytes().into())),
            );
            teller.add(time, alike, Some(client.1));
        }
        sent.finished |= tcp.flags & FIN != 0;
        let closed = tcp.window == 0 && tcp.flags & (SYN | FIN) == 0;
        if closed && !sent.closed_window {
            let alike = event("window closed", client, server, Some(("by", by.as_bytes().into())));
            teller.add(time, alike, Some(client.1));
        }
        sent.closed_window = closed;
    }
}

impl Sent {
    /// Takes note of a segment; whether its bytes had passed before.
    fn count(&mut self, tcp: &Tcp) -> bool {
        let length = tcp.length + u32::from(tcp.flags & SYN != 0) + u32::from(tcp.flags & FIN != 0);
        let end = tcp.sequence.wrapping_add(length);
        let Some(next) = self.next else {
            self.next = Some(end);
            return false;
        };
        // Numbers go around: what is less than half of them behind is behind.
        let ahead = |a: u32, b: u32| a.wrapping_sub(b).cast_signed();
        if ahead(end, next) > 0 {
            self.next = Some(end);
        }
        // One byte before the next one asks whether the other end is still there.
        let alive = tcp.length <= 1 && ahead(tcp.sequence, next) == -1 && tcp.flags & (SYN | FIN) == 0;
        length > 0 && ahead(tcp.sequence, next) < 0 && !alive
    }
}
