//! Names of new resources.

use uuid::Uuid;

/// A new name, `<prefix>-<32 hexadecimal digits>`: unique, and sorted by the time of making
/// (UUID version 7), so that new rows land at the end of an index.
///
/// The name carries chance and the machine's time: it never enters a digest.
#[must_use]
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}-{}", Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sort_in_the_order_of_making() {
        let made: Vec<String> = (0..1_000).map(|_| new_id("batch")).collect();
        assert!(made.is_sorted());
        assert!(made.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(made.iter().all(|name| name.len() == "batch-".len() + 32));
    }
}
