//! What a renderer could not read: how often, and where first.

/// Places that a sentence names.
const NAMED: usize = 3;

/// Losses of one kind.
#[derive(Clone, Debug)]
pub struct Losses {
    what: &'static str,
    count: u64,
    places: Vec<u64>,
}

impl Losses {
    /// None yet. `what` reads before a number: "damaged records".
    pub fn new(what: &'static str) -> Self {
        Self { what, count: 0, places: Vec::new() }
    }

    /// Counts one, at a byte of the file.
    pub fn add(&mut self, place: u64) {
        self.count += 1;
        if self.places.len() < NAMED {
            self.places.push(place);
        }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sentence, if there is anything to tell.
    pub fn sentence(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let places: Vec<String> = self.places.iter().map(u64::to_string).collect();
        let more = if self.count > NAMED as u64 { ", ..." } else { "" };
        let word = if self.count == 1 { "byte" } else { "bytes" };
        Some(format!("{}: {} (at {word} {}{more})", self.what, self.count, places.join(", ")))
    }
}

/// All sentences as one.
pub(super) fn together<'a>(losses: impl IntoIterator<Item = &'a Losses>) -> Option<String> {
    let told: Vec<String> = losses.into_iter().filter_map(Losses::sentence).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_are_named() {
        let mut losses = Losses::new("damaged records");
        assert_eq!(losses.sentence(), None);
        losses.add(384);
        assert_eq!(losses.sentence().as_deref(), Some("damaged records: 1 (at byte 384)"));
        for place in [768, 1152, 1536] {
            losses.add(place);
        }
        assert_eq!(
            together([&losses, &Losses::new("others")]).as_deref(),
            Some("damaged records: 4 (at bytes 384, 768, 1152, ...)")
        );
    }
}
