//! Decoding ahead: while one piece of a long stream is read for what it says, a thread decodes the next.
//!
//! Only streams that turn out to be long get a thread. What comes out, and in which order, is the same.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::Source;
use super::layer::STEP;
use crate::io::raw::read_ready;

/// Bytes decoded in place before a thread is worth it.
const LONG: u64 = 1 << 20;

/// Bytes handed over at once, a few steps of a layer, and how many such pieces wait.
const PIECE: usize = 4 * STEP;
const WAITING: usize = 2;

/// What the thread hands over.
enum Piece {
    /// A buffer of [`PIECE`] bytes, and how many of them are filled.
    Bytes(Vec<u8>, usize),
    Failed(io::Error),
    End,
}

/// A source, decoded in place or ahead.
pub(crate) struct Ahead {
    from: From,
    piece: Vec<u8>,
    /// What of `piece` is not taken yet.
    ready: Range<usize>,
}

enum From {
    /// In place: bytes so far.
    Here(Source, u64),
    There(There),
    End,
}

/// The near ends of a thread's channels.
struct There {
    pieces: Receiver<Piece>,
    /// Buffers on their way back: new ones would be cleared, which costs a tenth of the fastest decoder's time.
    spent: SyncSender<Vec<u8>>,
}

impl Ahead {
    pub(crate) fn new(source: Source) -> Self {
        Self { from: From::Here(source, 0), piece: Vec::new(), ready: 0..0 }
    }

    /// Gives the source to a thread of its own; where there is none to be had it stays.
    fn send_ahead(&mut self) {
        let (sources, source_there) = sync_channel::<Source>(1);
        let (pieces, pieces_here) = sync_channel(WAITING);
        let (spent, spent_there) = sync_channel(WAITING);
        let work = move || {
            if let Ok(source) = source_there.recv() {
                decode(source, &pieces, &spent_there);
            }
        };
        if std::thread::Builder::new().name("unpack".into()).spawn(work).is_err() {
            if let From::Here(_, bytes) = &mut self.from {
                *bytes = 0;
            }
            return;
        }
        let there = There { pieces: pieces_here, spent };
        if let From::Here(source, _) = std::mem::replace(&mut self.from, From::There(there)) {
            // The thread waits for it.
            let _ = sources.send(source);
        }
    }
}

/// Decodes until the end, or until nobody listens any more.
fn decode(mut source: Source, pieces: &SyncSender<Piece>, spent: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = spent.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let mut filled = 0;
        let end = loop {
            if filled == piece.len() {
                break None;
            }
            match source.read(&mut piece[filled..]) {
                Ok(0) => break Some(Piece::End),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(Piece::Failed(error)),
            }
        };
        if filled > 0 && pieces.send(Piece::Bytes(piece, filled)).is_err() {
            return;
        }
        if let Some(end) = end {
            let _ = pieces.send(end);
            return;
        }
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if matches!(self.from, From::Here(_, bytes) if bytes >= LONG) {
            self.send_ahead();
        }
        if let From::There(there) = &self.from
            && self.ready.is_empty()
        {
            self.ready = 0..0;
            let spent = std::mem::take(&mut self.piece);
            if !spent.is_empty() {
                // Where it does not fit there are buffers enough.
                let _ = there.spent.try_send(spent);
            }
            match there.pieces.recv() {
                Ok(Piece::Bytes(piece, filled)) => (self.piece, self.ready) = (piece, 0..filled),
                Ok(Piece::End) => self.from = From::End,
                Ok(Piece::Failed(error)) => {
                    self.from = From::End;
                    return Err(error);
                }
                // It always says how it ended.
                Err(_) => {
                    self.from = From::End;
                    return Err(io::Error::other("what unpacks it broke down"));
                }
            }
        }
        match &mut self.from {
            From::Here(source, _) => source.fill_buf(),
            From::There(_) | From::End => Ok(&self.piece[self.ready.clone()]),
        }
    }

    fn consume(&mut self, count: usize) {
        match &mut self.from {
            From::Here(source, bytes) => {
                source.consume(count);
                *bytes += count as u64;
            }
            From::There(_) | From::End => self.ready.start = (self.ready.start + count).min(self.ready.end),
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_ready(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many bytes, then an error or the end.
    struct Made {
        left: usize,
        fails: bool,
        buffer: [u8; 1000],
    }

    impl Read for Made {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            read_ready(self, out)
        }
    }

    impl BufRead for Made {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            if self.left == 0 && std::mem::take(&mut self.fails) {
                return Err(io::Error::other("damaged"));
            }
            let count = self.left.min(self.buffer.len());
            let left = self.left;
            self.buffer[..count]
                .iter_mut()
                .enumerate()
                .for_each(|(at, byte)| *byte = ((left - at) % 251) as u8);
            Ok(&self.buffer[..count])
        }

        fn consume(&mut self, count: usize) {
            self.left -= count;
        }
    }

    #[test]
    fn the_same_bytes_come_and_then_the_same_end() {
        for (length, fails) in [
            (0, false),
            (5, true),
            (LONG as usize, false),
            (3 * LONG as usize + 7, false),
            (2 * LONG as usize, true),
        ] {
            let made = || Made { left: length, fails, buffer: [0; 1000] };
            let read = |mut source: Box<dyn Read>| {
                let mut out = Vec::new();
                let end = source.read_to_end(&mut out).map_err(|error| error.to_string());
                (out, end.map(|_| ()))
            };
            let ahead = read(Box::new(Ahead::new(Box::new(made()))));
            assert!(ahead == read(Box::new(made())), "{length} bytes, {fails}");
            assert_eq!(ahead.0.len(), length);
        }
    }

    #[test]
    fn a_reader_may_leave_early() {
        let mut ahead =
            Ahead::new(Box::new(Made { left: 64 * LONG as usize, fails: false, buffer: [0; 1000] }));
        let mut out = vec![0; 3 * LONG as usize];
        ahead.read_exact(&mut out).expect("bytes");
    }
}
