//! The first look at an input: are its bytes allowed, and where may it be cut?
//!
//! One pass over eight bytes at a time, without a branch per byte: what a reference looks like is hard to
//! predict, and mispredicted branches would cost more than all the rest of the parsing.

use crate::error::{Code, Error};

/// Where the separators before the first `@` are; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    pub(crate) first_slash: Option<usize>,
    pub(crate) last_slash: Option<usize>,
    pub(crate) first_colon: Option<usize>,
    pub(crate) last_colon: Option<usize>,
    /// The first `@`.
    pub(crate) at: Option<usize>,
}

impl Marks {
    /// Checks 1 to 4. On success all bytes are printable ASCII.
    #[inline]
    pub(crate) fn of(input: &[u8]) -> Result<Self, Error> {
        let mut marks = Self::default();
        let mut suspect = input.is_empty();
        for (number, block) in input.chunks(Masks::BLOCK).enumerate() {
            let masks = Masks::of(block);
            suspect |= masks.suspect;
            marks.add(&masks, number * Masks::BLOCK);
        }
        if suspect {
            sort_out(input)?;
        }
        Ok(marks)
    }

    fn add(&mut self, masks: &Masks, start: usize) {
        if self.at.is_some() {
            return;
        }
        let mut before = u64::MAX;
        if masks.at != 0 {
            self.at = Some(start + first(masks.at));
            before = (1 << first(masks.at)) - 1;
        }
        let (slash, colon) = (masks.slash & before, masks.colon & before);
        if slash != 0 {
            self.first_slash = self.first_slash.or(Some(start + first(slash)));
            self.last_slash = Some(start + last(slash));
        }
        if colon != 0 {
            self.first_colon = self.first_colon.or(Some(start + first(colon)));
            self.last_colon = Some(start + last(colon));
        }
    }
}

/// Position of the lowest bit set; there is one.
fn first(mask: u64) -> usize {
    mask.trailing_zeros() as usize
}

/// Position of the highest bit set; there is one.
fn last(mask: u64) -> usize {
    63 - mask.leading_zeros() as usize
}

/// One bit for each byte of a block of up to 64.
#[derive(Default)]
struct Masks {
    slash: u64,
    colon: u64,
    at: u64,
    /// Whether some byte of the block may not stand in a reference.
    suspect: bool,
}

/// The low bit, the low seven bits and the high bit of each byte.
const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const LOW: u64 = ONES * 0x7f;
const HIGH: u64 = ONES * 0x80;

impl Masks {
    const BLOCK: usize = 64;

    fn of(block: &[u8]) -> Self {
        let mut masks = Self::default();
        let mut suspect = 0;
        let (words, rest) = block.as_chunks::<8>();
        let mut add = |bytes, at| {
            let word = u64::from_le_bytes(bytes);
            masks.slash |= gather(equal(word, b'/')) << at;
            masks.colon |= gather(equal(word, b':')) << at;
            masks.at |= gather(equal(word, b'@')) << at;
            suspect |= refused(word) | equal(word, b'$') | equal(word, b'{');
        };
        for (number, &word) in words.iter().enumerate() {
            add(word, number * 8);
        }
        if !rest.is_empty() {
            let mut padded = [b'a'; 8];
            padded[..rest.len()].copy_from_slice(rest);
            add(padded, words.len() * 8);
        }
        masks.suspect = suspect != 0;
        masks
    }
}

/// The high bit of each byte that is `byte`, which is below 0x80.
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    // No carry leaves a byte: 0x7f + 0x7f is 0xfe.
    !(((difference & LOW) + LOW) | difference) & HIGH
}

/// The high bit of each byte that is at most 0x20, or at least 0x7f.
fn refused(word: u64) -> u64 {
    let low = word & LOW;
    let above_space = low + ONES * (0x80 - 0x21);
    let delete = low + ONES;
    (!above_space | delete | word) & HIGH
}

/// The high bits of the eight bytes, side by side, the first byte's lowest.
fn gather(high: u64) -> u64 {
    // Byte i's bit, now 8i, is moved to 56 + i by the factor's bit 56 - 7i; no two products meet.
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Names what is wrong: the earlier check wins, not the earlier byte.
#[cold]
fn sort_out(input: &[u8]) -> Result<(), Error> {
    if input.is_empty() {
        return Err(Error::at(Code::Empty, 0, "nothing to parse"));
    }
    let dollar = input.iter().position(|&b| b == b'$');
    let braces = input.windows(2).position(|pair| pair == b"{{");
    if let Some(at) = dollar.into_iter().chain(braces).min() {
        return Err(Error::at(
            Code::UnexpandedVariable,
            at,
            "unexpanded variable",
        ));
    }
    if let Some(at) = input.iter().position(|b| !b.is_ascii()) {
        return Err(Error::at(Code::NonAscii, at, "non-ASCII character"));
    }
    if let Some(at) = input.iter().position(|&b| b <= b' ' || b == 0x7f) {
        let what = "white space or control character";
        return Err(Error::at(Code::InvalidCharacter, at, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_check_wins() {
        let found = |input: &[u8]| {
            let error = Marks::of(input).err()?;
            Some((error.kind(), error.offset().unwrap()))
        };
        assert_eq!(found(b""), Some((Code::Empty, 0)));
        assert_eq!(found(b" \xff{{x}}$"), Some((Code::UnexpandedVariable, 2)));
        assert_eq!(found(b" \xff$"), Some((Code::UnexpandedVariable, 2)));
        assert_eq!(found(b" \xff"), Some((Code::NonAscii, 1)));
        assert_eq!(found(b"a\x7f"), Some((Code::InvalidCharacter, 1)));
        assert_eq!(found(b"a\0"), Some((Code::InvalidCharacter, 1)));
        assert_eq!(found(b"{a}{!~"), None);
    }

    #[test]
    fn every_byte_in_every_place() {
        for len in [1, 7, 8, 9, 63, 64, 65, 130] {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut input = vec![b'a'; len];
                    input[at] = byte;
                    let allowed = (0x21..0x7f).contains(&byte) && byte != b'$';
                    assert_eq!(
                        Marks::of(&input).is_ok(),
                        allowed,
                        "{byte:#x} at {at} of {len}"
                    );
                }
            }
        }
    }

    #[test]
    fn positions() {
        // All texts of a few letters, pushed over the borders of words and blocks.
        for number in 0..4_u32.pow(6) {
            let text: Vec<u8> = (0..6)
                .map(|at| b"a/:@"[number as usize >> (2 * at) & 3])
                .collect();
            for pad in [0, 5, 60] {
                let input = [&vec![b'x'; pad][..], &text, &[b'y'; 3]].concat();
                let at = input.iter().position(|&b| b == b'@');
                let left = &input[..at.unwrap_or(input.len())];
                let naive = Marks {
                    first_slash: left.iter().position(|&b| b == b'/'),
                    last_slash: left.iter().rposition(|&b| b == b'/'),
                    first_colon: left.iter().position(|&b| b == b':'),
                    last_colon: left.iter().rposition(|&b| b == b':'),
                    at,
                };
                assert_eq!(Marks::of(&input), Ok(naive), "{input:?}");
            }
        }
    }
}
