//! CRC-64 as .xz files have it (ECMA-182, reflected), eight bytes at a time.

/// The polynomial, its bits reversed.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

/// Tables: the first for one byte, each further one for a byte that lies one byte further back.
const TABLES: &[[u64; 256]; 8] = &tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (POLYNOMIAL & (sum & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let sum = tables[table - 1][byte];
            tables[table][byte] = (sum >> 8) ^ tables[0][(sum & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// The sum of bytes that come in pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc64(u64);

impl Crc64 {
    pub(super) fn new() -> Self {
        Self(!0)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let mut sum = self.0;
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let word: [u8; 8] = word.try_into().unwrap_or_default();
            let mixed = (sum ^ u64::from_le_bytes(word)).to_le_bytes();
            sum = TABLES[7][usize::from(mixed[0])]
                ^ TABLES[6][usize::from(mixed[1])]
                ^ TABLES[5][usize::from(mixed[2])]
                ^ TABLES[4][usize::from(mixed[3])]
                ^ TABLES[3][usize::from(mixed[4])]
                ^ TABLES[2][usize::from(mixed[5])]
                ^ TABLES[1][usize::from(mixed[6])]
                ^ TABLES[0][usize::from(mixed[7])];
        }
        for byte in words.remainder() {
            sum = (sum >> 8) ^ TABLES[0][usize::from(sum as u8 ^ byte)];
        }
        self.0 = sum;
    }

    pub(super) fn sum(self) -> u64 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue() {
        let mut crc = Crc64::new();
        crc.update(b"123456789");
        assert_eq!(crc.sum(), 0x995d_c9bb_df19_39fa);
        let bytes: Vec<u8> = (0..1000).map(|at| (at * 7) as u8).collect();
        let mut whole = Crc64::new();
        whole.update(&bytes);
        for piece in [1, 3, 8, 13] {
            let mut pieces = Crc64::new();
            bytes.chunks(piece).for_each(|piece| pieces.update(piece));
            assert_eq!(pieces.sum(), whole.sum());
        }
    }
}
