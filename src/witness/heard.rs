//! Records that tell how far the clocks of two hosts stand apart: messages that name the host that said
//! them, which a collector may have as well, and requests with a duration and an identifier, which a proxy
//! and its backend both write.
//!
//! As with marks, only hashes are kept, and every file keeps the smallest ones.

use super::testimony::Written;

/// A message with the host that said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Hash of host, program, pid and message.
    pub hash: u64,
    /// The host: index into the testimony's names.
    pub host: u32,
    /// Where and when.
    pub when: When,
}

/// A request with an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Hash of the identifier.
    pub hash: u64,
    /// How long it took, nanoseconds; the stamp is its end.
    pub took: i64,
    /// Where and when.
    pub when: When,
}

/// Where a record stands, and its stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The stretch of the file.
    pub piece: u32,
    /// How much the stamp says.
    pub written: Written,
    /// The stamp, nanoseconds.
    pub at: i64,
    /// Width of the stamp, nanoseconds.
    pub width: i64,
    /// Offset of the record.
    pub offset: u64,
}

/// Keeps the items with the smallest hashes: all of a hash, or none.
#[derive(Debug)]
pub(super) struct Smallest<T> {
    /// Items kept.
    most: usize,
    items: Vec<(u64, T)>,
    /// Hashes from this on are not kept.
    limit: Option<u64>,
}

impl<T> Smallest<T> {
    /// Keeps up to `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, items: Vec::new(), limit: None }
    }

    pub(super) fn add(&mut self, hash: u64, item: T) {
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        self.items.push((hash, item));
        if self.items.len() > self.most {
            let middle = self.items.len() / 2;
            let (_, (limit, _), _) = self.items.select_nth_unstable_by_key(middle, |(hash, _)| *hash);
            let limit = *limit;
            self.limit = Some(limit);
            self.items.retain(|(hash, _)| *hash < limit);
        }
    }

    /// What was kept, by hash and in file order.
    pub(super) fn finish(mut self, offset: impl Fn(&T) -> u64) -> Vec<T> {
        self.items.sort_by_key(|(hash, item)| (*hash, offset(item)));
        let mut items: Vec<T> = self.items.into_iter().map(|(_, item)| item).collect();
        items.shrink_to_fit();
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_hashes_stay_with_all_their_records() {
        const MOST: usize = 4096;
        let mut all = Smallest::new(MOST);
        for number in 0..4 * MOST as u64 {
            all.add(number / 2, number);
        }
        let kept = all.finish(|number| *number);
        assert!(kept.len() <= MOST && kept.len() > MOST / 4, "{}", kept.len());
        assert_eq!(kept, (0..kept.len() as u64).collect::<Vec<_>>());
        let mut one = Smallest::new(MOST);
        for number in 0..2 * MOST as u64 {
            one.add(7, number);
        }
        assert!(one.finish(|number| *number).is_empty(), "a hash that everything has is none");
    }
}
