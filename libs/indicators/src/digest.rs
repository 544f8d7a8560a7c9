//! The digest (摘要): SHA-256 over a canonical form.
//!
//! Every field is written as a tag, its length where it has one, and its bytes, so no two different sequences of
//! fields share a form. The order of fields is the caller's: sorted by key, wherever there is one (invariant 2 of
//! ARCHITECTURE).

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Builds a digest field by field.
#[derive(Clone, Debug)]
pub struct DigestBuilder {
    hasher: Sha256,
}

impl DigestBuilder {
    /// Begins a digest of one kind of thing, such as `run`: digests of different kinds never meet.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let mut builder = Self { hasher: Sha256::new() };
        builder.text(kind);
        builder
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.hasher.update(b"t");
        self.hasher.update((text.len() as u64).to_be_bytes());
        self.hasher.update(text.as_bytes());
        self
    }

    /// Adds a number by its IEEE 754 bits, big-endian; -0 counts as 0.
    pub fn number(&mut self, number: f64) -> &mut Self {
        self.hasher.update(b"n");
        self.hasher.update((number + 0.0).to_bits().to_be_bytes());
        self
    }

    /// Adds a count: of rows that follow, for one, which keeps lists apart from what comes after them.
    pub fn count(&mut self, count: u64) -> &mut Self {
        self.hasher.update(b"c");
        self.hasher.update(count.to_be_bytes());
        self
    }

    /// Adds a number that may be missing; missing is not zero.
    pub fn optional_number(&mut self, number: Option<f64>) -> &mut Self {
        match number {
            Some(number) => self.number(number),
            None => {
                self.hasher.update(b"m");
                self
            }
        }
    }

    /// The digest: 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn finish(self) -> String {
        self.hasher.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(build: impl Fn(&mut DigestBuilder)) -> String {
        let mut builder = DigestBuilder::new("test");
        build(&mut builder);
        builder.finish()
    }

    #[test]
    fn the_form_is_fixed() {
        // printf 't\0\0\0\0\0\0\0\4testn\x3f\xf8\0\0\0\0\0\0c\0\0\0\0\0\0\0\2m' | sha256sum
        let found = digest(|digest| {
            digest.number(1.5).count(2).optional_number(None);
        });
        assert_eq!(found, "049120913d48c54637b06e8086108daca120db73a3d1a92fdb97538820a333e6");
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let one = digest(|digest| {
            digest.text("ab").text("c");
        });
        let other = digest(|digest| {
            digest.text("a").text("bc");
        });
        assert_ne!(one, other);
    }

    #[test]
    fn missing_is_not_zero_and_minus_zero_is() {
        let of = |number| {
            digest(|digest| {
                digest.optional_number(number);
            })
        };
        assert_ne!(of(None), of(Some(0.0)));
        assert_eq!(of(Some(-0.0)), of(Some(0.0)));
    }
}
