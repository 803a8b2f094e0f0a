//! What the head of a program says.

use std::fs;
use std::path::Path;

/// For which machine, and whether a loader must load it.
pub struct Elf {
    pub machine: u16,
    pub interpreted: bool,
}

/// The program header that names the loader.
const PT_INTERP: usize = 3;

// === impl Elf ===

impl Elf {
    pub const X86_64: u16 = 62;
    pub const AARCH64: u16 = 183;

    /// A 64-bit program, lowest byte first: both of ours are.
    pub fn read(program: &Path) -> Self {
        let bytes = fs::read(program).expect("a program");
        assert_eq!(&bytes[..6], b"\x7fELF\x02\x01", "{}", program.display());
        let number = |at: usize, length: usize| {
            let bytes = bytes[at..at + length].iter().rev();
            bytes.fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        };
        let (headers, size, count) = (number(32, 8), number(54, 2), number(56, 2));
        let mut kinds = (0..count).map(|index| number(headers + index * size, 4));
        Self {
            machine: u16::try_from(number(18, 2)).expect("two bytes"),
            interpreted: kinds.any(|kind| kind == PT_INTERP),
        }
    }
}
