//! A small generator of numbers for the choices of tests: the same in every run and on every
//! machine.

/// `SplitMix64`.
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // 31 bits, so that it is a `usize` everywhere.
        ((bits ^ (bits >> 31)) >> 33) as usize % limit.max(1)
    }
}
