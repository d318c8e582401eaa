//! Contrast: what one set of logs has that another one has not, or has far more often.
//!
//! Rates are compared by the likelihood ratio of two Poisson counts (Dunning, "Accurate methods for the statistics of
//! surprise and coincidence", 1993). Logs come in bursts, which that law does not know: so a difference must be large
//! as well as beyond chance.

/// Likelihood ratio that a difference must reach: chance gives it once in ten thousand (chi-squared, one degree).
const BEYOND_CHANCE: f64 = 15.14;

/// How many times as often it must be.
const LARGE: f64 = 2.0;

/// How a kind of message differs between two sets of logs, A and B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contrast {
    /// Only B has it.
    New,
    /// Only A has it.
    Gone,
    /// B has it at least twice as often, for its length.
    More,
    /// B has it at most half as often, for its length.
    Less,
}

/// How counts `a` and `b` differ when the logs are `lengths` long, in any unit that both share; with how surely.
/// `None` where they do not, or where chance would do.
pub fn contrast((a, b): (u64, u64), lengths: (f64, f64)) -> Option<(Contrast, f64)> {
    let (a, b) = (a as f64, b as f64);
    let (long_a, long_b) = (lengths.0.max(f64::MIN_POSITIVE), lengths.1.max(f64::MIN_POSITIVE));
    let expected = (a + b) / (long_a + long_b);
    let term =
        |count: f64, length: f64| if count > 0.0 { count * (count / (expected * length)).ln() } else { 0.0 };
    let surely = 2.0 * (term(a, long_a) + term(b, long_b));
    let times = (b / long_b) / (a / long_a);
    let kind = match () {
        () if a == 0.0 && b == 0.0 => return None,
        () if a == 0.0 => Contrast::New,
        () if b == 0.0 => Contrast::Gone,
        () if surely < BEYOND_CHANCE => return None,
        () if times >= LARGE => Contrast::More,
        () if times <= 1.0 / LARGE => Contrast::Less,
        () => return None,
    };
    Some((kind, surely))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(a: u64, b: u64, lengths: (f64, f64)) -> Option<Contrast> {
        contrast((a, b), lengths).map(|(kind, _)| kind)
    }

    #[test]
    fn rates_are_compared_and_not_counts() {
        assert_eq!(kind(70, 10, (7.0, 1.0)), None, "ten a day, both");
        assert_eq!(kind(70, 100, (7.0, 1.0)), Some(Contrast::More));
        assert_eq!(kind(700, 10, (7.0, 1.0)), Some(Contrast::Less));
        assert_eq!(kind(0, 1, (7.0, 1.0)), Some(Contrast::New));
        assert_eq!(kind(1, 0, (7.0, 1.0)), Some(Contrast::Gone));
        assert_eq!(kind(0, 0, (7.0, 1.0)), None);
    }

    #[test]
    fn few_records_and_small_differences_prove_nothing() {
        assert_eq!(kind(1, 3, (1.0, 1.0)), None, "three for one may be chance");
        assert_eq!(kind(1_000, 1_500, (1.0, 1.0)), None, "beyond chance, but not twice as often");
        assert!(contrast((10, 100), (1.0, 1.0)) > contrast((10, 80), (1.0, 1.0)));
    }

    #[test]
    fn the_ratio_is_that_of_the_textbook() {
        // 2 * (10 ln(10 / 20) + 30 ln(30 / 20)).
        let (_, surely) = contrast((10, 30), (1.0, 1.0)).unwrap_or((Contrast::New, 0.0));
        assert_eq!(surely, 0.0, "ten against thirty is chance by one in a thousand only");
        let (_, surely) = contrast((20, 60), (1.0, 1.0)).expect("beyond chance");
        assert!((surely - 20.93).abs() < 0.01, "{surely}");
    }
}
