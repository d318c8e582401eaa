//! What a row keeps of its event beside the contract, packed into few bytes before its shape: nearly all records of a
//! format have the same, so both cost one entry of a dictionary.

use crate::base::Flags;

/// Nanoseconds of a microsecond, the unit of the columns.
pub(super) const MICRO: i64 = 1_000;

/// What a row keeps of its event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Bits of [`Flags`].
    pub flags: u8,
    /// Whether lines show the end of the record's text as it is.
    pub tail: bool,
    /// Whether the program is that of the format, and not named in the record.
    pub program_of_format: bool,
    /// Whether the message starts where the shape has it: then `message` is 0, so that records whose stamps, hosts
    /// and ids differ in length still have the same facts.
    pub message_in_shape: bool,
    /// Code of [`crate::base::Resolution`].
    pub resolution: u8,
    /// Where the part worth printing starts.
    pub body: u16,
    /// Where the message starts.
    pub message: u16,
}

/// Bytes of packed facts.
const PACKED: usize = 7;

impl Facts {
    /// As bytes.
    pub(super) fn pack(self) -> [u8; PACKED] {
        let bits = u8::from(self.tail)
            | u8::from(self.program_of_format) << 1
            | u8::from(self.message_in_shape) << 2;
        let ([body, body_high], [message, message_high]) =
            (self.body.to_le_bytes(), self.message.to_le_bytes());
        [self.flags, bits, self.resolution, body, body_high, message, message_high]
    }

    /// The facts that bytes begin with, and what follows them. Damaged bytes are those of no record.
    pub(super) fn unpack(bytes: &[u8]) -> (Self, &[u8]) {
        let Some(([flags, bits, resolution, body, body_high, message, message_high], rest)) =
            bytes.split_first_chunk::<PACKED>()
        else {
            return (Self::default(), &[]);
        };
        let facts = Self {
            flags: *flags,
            tail: bits & 1 != 0,
            program_of_format: bits & 2 != 0,
            message_in_shape: bits & 4 != 0,
            resolution: *resolution,
            body: u16::from_le_bytes([*body, *body_high]),
            message: u16::from_le_bytes([*message, *message_high]),
        };
        (facts, rest)
    }

    /// The flags as they are kept: what a question was answered with is not.
    pub(super) fn kept(mut flags: Flags) -> u8 {
        flags.clear(Flags::MATCH);
        flags.clear(Flags::TOLD);
        flags.bits()
    }
}

/// Nanoseconds below the microseconds of three instants, as one number.
pub(super) fn pack_below(times: [Option<i64>; 3]) -> u32 {
    times.iter().fold(0, |bits, time| bits << 10 | time.map_or(0, |time| time.rem_euclid(MICRO)) as u32)
}

/// The inverse of [`pack_below`].
pub(super) fn unpack_below(bits: u32) -> [i64; 3] {
    [bits >> 20, bits >> 10, bits].map(|bits| i64::from(bits & 0x3ff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Resolution;

    #[test]
    fn what_is_packed_comes_back() {
        let facts = Facts {
            flags: 0xa5,
            tail: true,
            program_of_format: false,
            message_in_shape: true,
            resolution: Resolution::LEAP.code(),
            body: u16::MAX,
            message: 17,
        };
        let bytes = [&facts.pack()[..], b"\x01 rest"].concat();
        assert_eq!(Facts::unpack(&bytes), (facts, &b"\x01 rest"[..]));
        assert_eq!(Facts::unpack(&bytes[..6]), (Facts::default(), &b""[..]));
        assert_eq!(unpack_below(pack_below([Some(-1), None, Some(123_456_789)])), [999, 0, 789]);
    }
}
