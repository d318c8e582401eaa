//! How the index of a part is packed: numbers of few bytes, and of few bits. What is read may be damaged: then it ends.

/// Appends a number: seven bits a byte, the lowest first.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends bytes behind their length.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Takes a number.
pub(super) fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Takes bytes that stand behind their length.
pub(super) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    rest.split_off(..length)
}

/// How many low bits of numbers are written as they are when they are `mean` on average: the rest, which is small,
/// takes as many bits as it says (Rice).
pub(super) fn low_bits(mean: u64) -> u32 {
    mean.max(1).ilog2()
}

/// Bits on their way into bytes.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that fill no byte yet, and how many.
    open: u64,
    count: u32,
}

impl BitWriter {
    /// Appends the lowest `count` bits of a number, at most 32.
    fn push(&mut self, number: u64, count: u32) {
        self.open |= (number & ((1 << count) - 1)) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.open as u8);
            self.open >>= 8;
            self.count -= 8;
        }
    }

    /// Appends a number of which many low bits are written as they are.
    pub(super) fn push_rice(&mut self, number: u64, low: u32) {
        for _ in 0..number >> low {
            self.push(1, 1);
        }
        self.push(0, 1);
        self.push(number, low);
    }

    /// Appends a number that is mostly 1, and never 0.
    pub(super) fn push_count(&mut self, number: u32) {
        let bits = number.max(1).ilog2();
        self.push_rice(u64::from(bits), 0);
        self.push(u64::from(number), bits);
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.open as u8);
        }
        self.bytes
    }
}

/// Bits out of bytes. Behind the last of them there are none.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    open: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, open: 0, count: 0 }
    }

    /// Has 32 bits at least, where there are so many.
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.bytes.split_off_first() else { return };
            self.open |= u64::from(*byte) << self.count;
            self.count += 8;
        }
    }

    /// Takes as many bits as this, at most 32.
    fn take(&mut self, count: u32) -> Option<u64> {
        if self.count < count {
            self.fill();
        }
        let number = self.open & ((1 << count) - 1);
        self.count = self.count.checked_sub(count)?;
        self.open >>= count;
        Some(number)
    }

    /// The inverse of [`BitWriter::push_rice`].
    pub(super) fn take_rice(&mut self, low: u32) -> Option<u64> {
        let mut high = 0_u64;
        loop {
            self.fill();
            let ones = self.open.trailing_ones().min(self.count);
            high += u64::from(ones);
            self.open = self.open.checked_shr(ones).unwrap_or(0);
            self.count -= ones;
            if self.count > 0 {
                break;
            }
            if self.bytes.is_empty() {
                return None;
            }
        }
        self.take(1)?;
        Some(high << low | self.take(low)?)
    }

    /// The inverse of [`BitWriter::push_count`].
    pub(super) fn take_count(&mut self) -> Option<u32> {
        let bits = u32::try_from(self.take_rice(0)?).ok().filter(|bits| *bits < 32)?;
        Some(1 << bits | self.take(bits)? as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let numbers = [0, 1, 2, 127, 128, 300, 65_535, 1 << 31];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| push_number(&mut bytes, *number));
        push_number(&mut bytes, u64::MAX);
        push_bytes(&mut bytes, b"ab");
        let rest = &mut &bytes[..];
        assert!(numbers.iter().all(|number| take_number(rest) == Some(*number)));
        assert_eq!(
            (take_number(rest), take_bytes(rest), take_number(rest)),
            (Some(u64::MAX), Some(&b"ab"[..]), None)
        );
        let mut bits = BitWriter::default();
        let counts = [1, 1, 2, 3, 4, 1_000_000, u32::MAX, 1];
        counts.iter().for_each(|count| bits.push_count(*count));
        let bytes = bits.finish();
        let mut bits = BitReader::new(&bytes);
        assert!(counts.iter().all(|count| bits.take_count() == Some(*count)));
        for low in [0, 1, 5, 17, 31] {
            let some: Vec<u64> = numbers.into_iter().filter(|number| number >> low < 200).collect();
            let mut bits = BitWriter::default();
            some.iter().for_each(|number| bits.push_rice(*number, low));
            let bytes = bits.finish();
            let mut bits = BitReader::new(&bytes);
            assert!(some.iter().all(|number| bits.take_rice(low) == Some(*number)), "{low}");
            // What is cut off ends, and so does what never does.
            let cut = &mut BitReader::new(&bytes[..bytes.len() - 1]);
            assert!(some.iter().map(|_| cut.take_rice(low)).collect::<Option<Vec<_>>>().is_none(), "{low}");
            assert_eq!(BitReader::new(&[0xff; 20]).take_rice(low), None);
        }
    }
}
