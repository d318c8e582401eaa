//! Lines longer than [`MAX_LINE`]: no more than that of each is kept, however long the line and however the file is
//! cut into chunks. What is left out is counted before anything is read, so that it is told whatever is asked for.

use std::io;

use super::prepare::{Chunk, Prepared};
use crate::base::{Loss, Unread, reason};
use crate::io::{MAX_LINE, Opened};
use crate::survey::Overlong;

/// A log that was truncated below its writer begins with a hole: so many of its NULs are kept beside the line that
/// stands behind it.
const MAX_HOLE: usize = 3 * MAX_LINE;

/// Whether a line in so many bytes may be too long.
pub(super) const fn may_be_in(chunk: &Chunk) -> bool {
    chunk.end - chunk.start > MAX_LINE as u64
}

/// Reads a chunk in pieces and hands on what is kept of it; what is left out, and how many bytes there were.
pub(super) fn read_cut(
    opened: &Opened,
    chunk: &Chunk,
    mut keep: impl FnMut(&[u8]),
) -> io::Result<(Option<Overlong>, u64)> {
    let mut window = vec![0; MAX_LINE];
    let (mut at, mut line, mut number) = (chunk.start, 0, chunk.first_line);
    let mut overlong: Option<Overlong> = None;
    // NULs that the line begins with, and whether nothing else of it came yet.
    let (mut hole, mut blank) = (0, true);
    let leave_out = |overlong: &mut Option<Overlong>, line: u64, bytes: usize| {
        if bytes > 0 {
            overlong.get_or_insert(Overlong { line, bytes: 0 }).bytes += bytes as u64;
        }
    };
    while at < chunk.end {
        let wanted = MAX_LINE.min((chunk.end - at) as usize);
        let count = opened.read_at(at, &mut window[..wanted])?;
        if count == 0 {
            break;
        }
        for piece in window[..count].split_inclusive(|byte| *byte == b'\n') {
            let ended = piece.last() == Some(&b'\n');
            let mut text = &piece[..piece.len() - usize::from(ended)];
            if blank {
                let count = text.iter().take_while(|byte| **byte == 0).count();
                let kept = MAX_HOLE.saturating_sub(hole).min(count);
                keep(&text[..kept]);
                leave_out(&mut overlong, number, count - kept);
                hole += count;
                text = &text[count..];
                blank = text.is_empty();
            }
            let room = MAX_LINE.saturating_sub(line).min(text.len());
            keep(&text[..room]);
            leave_out(&mut overlong, number, text.len() - room);
            line += text.len();
            if ended {
                keep(b"\n");
                number += 1;
                (line, hole, blank) = (0, 0, true);
            }
        }
        at += count as u64;
    }
    Ok((overlong, at - chunk.start))
}

/// What is said of a file's lines that are too long.
pub(super) fn told(Overlong { line, bytes }: Overlong) -> String {
    format!("from line {line} on, lines over {MAX_LINE} bytes are cut: {bytes} bytes are left out")
}

/// What is left out of the files that are asked for. Of packed ones the survey knows it.
pub(super) fn overlong(prepared: &Prepared) -> Vec<Unread> {
    let long = prepared.chunks.iter().filter(|chunk| may_be_in(chunk));
    let mut found: Vec<(&Chunk, Overlong)> = Vec::new();
    let mut remarks = Vec::new();
    for chunk in long {
        let file = prepared.file(chunk.file);
        if !file.asked || file.opened.is_stream() {
            continue;
        }
        match (read_cut(&file.opened, chunk, |_| {}), found.last_mut()) {
            (Ok((Some(more), _)), Some((last, all))) if last.file == chunk.file => all.bytes += more.bytes,
            (Ok((Some(first), _)), _) => found.push((chunk, first)),
            (Ok((None, _)), _) => {}
            (Err(error), _) => {
                remarks.push(Unread { file: file.name.clone(), why: reason(&error), loss: Loss::Part });
            }
        }
    }
    let remark = |(chunk, overlong): (&Chunk, Overlong)| Unread {
        file: prepared.file(chunk.file).name.clone(),
        why: told(overlong),
        loss: Loss::Part,
    };
    remarks.extend(found.into_iter().map(remark));
    remarks
}
