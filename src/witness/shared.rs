//! Of what thousands of files say, only what is said twice can be compared: the rest is let go before clocks are
//! settled.

use super::testimony::Testimony;

/// Drops marks, messages and requests that no other stretch or file has. Nothing is decided by them.
pub fn keep_shared(testimonies: &mut [Testimony]) {
    let marks = testimonies.iter().flat_map(|said| {
        let loose = said.loose.iter().map(|loose| loose.hash ^ loose.kind as u64);
        said.sights.iter().map(|sight| sight.hash ^ sight.kind as u64).chain(loose)
    });
    let marks = twice(marks.collect());
    let spoken = twice(testimonies.iter().flat_map(|said| said.spoken.iter().map(|one| one.hash)).collect());
    let served = twice(testimonies.iter().flat_map(|said| said.served.iter().map(|one| one.hash)).collect());
    let has = |known: &[u64], hash: u64| known.binary_search(&hash).is_ok();
    for said in testimonies {
        said.sights.retain(|sight| has(&marks, sight.hash ^ sight.kind as u64));
        said.sights.shrink_to_fit();
        said.spoken.retain(|one| has(&spoken, one.hash));
        said.spoken.shrink_to_fit();
        said.served.retain(|one| has(&served, one.hash));
        said.served.shrink_to_fit();
    }
}

/// The hashes that are there more than once, ascending.
fn twice(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    let mut kept = 0;
    let mut at = 0;
    while at < hashes.len() {
        let hash = hashes[at];
        let end = at + hashes[at..].partition_point(|other| *other == hash);
        if end - at > 1 {
            hashes[kept] = hash;
            kept += 1;
        }
        at = end;
    }
    hashes.truncate(kept);
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness::{MarkKind, SaidBy, Sight, Written};

    #[test]
    fn what_one_file_alone_has_goes() {
        let said = |hashes: &[u64]| Testimony {
            sights: hashes
                .iter()
                .map(|hash| Sight {
                    hash: *hash,
                    kind: MarkKind::Id,
                    piece: 0,
                    written: Written::Local,
                    span: (0, 0),
                    offset: 0,
                    count: 1,
                    by: SaidBy::Unnamed,
                })
                .collect(),
            ..Testimony::default()
        };
        let mut all = [said(&[1, 2, 3]), said(&[3, 4]), said(&[1, 3, 5])];
        keep_shared(&mut all);
        let kept: Vec<Vec<u64>> =
            all.iter().map(|said| said.sights.iter().map(|sight| sight.hash).collect()).collect();
        assert_eq!(kept, [vec![1, 3], vec![3], vec![1, 3]]);
    }
}
