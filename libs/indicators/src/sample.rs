//! The reference sample (样本): how many places, and which.
//!
//! Source: specification page 1, section 1.4, point 1.

use sha2::{Digest, Sha256};

/// Size of the sample drawn from a frame of `frame` places: Cochran at 95 % confidence, margin 10 %, with the
/// finite-population correction. At most `frame`; 0 for an empty frame.
///
/// With z = 1.96, p = 0.5 and e = 0.1 the formula `ceil(n0 / (1 + (n0 - 1) / N))`, `n0 = 96.04`, is the fraction
/// `2401·N / (25·N + 2376)`. It is rounded up in integers, so no frame size can fall on the wrong side of a whole
/// number by round-off.
#[must_use]
pub fn cochran_size(frame: usize) -> usize {
    let frame_wide = frame as u128;
    let size = (2401 * frame_wide).div_ceil(25 * frame_wide + 2376);
    // The size never exceeds 97, so the conversion cannot fail; the frame is the bound in any case.
    usize::try_from(size).map_or(frame, |size| size.min(frame))
}

/// Draws `size` places from the frame: positions in `frame`, in the order of the draw.
///
/// The frame is ordered by SHA-256(seed in decimal digits ‖ 0x00 ‖ place id in UTF-8), equal hashes by id, and the
/// first `size` are taken. The drawn ids do not depend on the order of the frame. Ids are expected to be distinct;
/// a `size` beyond the frame takes all of it.
#[must_use]
pub fn draw(seed: u64, frame: &[&str], size: usize) -> Vec<usize> {
    let seed_digits = seed.to_string();
    let mut order: Vec<([u8; 32], usize)> =
        frame.iter().enumerate().map(|(at, id)| (draw_key(&seed_digits, id), at)).collect();
    order.sort_unstable_by(|(left_key, left), (right_key, right)| {
        left_key.cmp(right_key).then_with(|| frame[*left].as_bytes().cmp(frame[*right].as_bytes()))
    });
    order.into_iter().take(size).map(|(_, at)| at).collect()
}

fn draw_key(seed_digits: &str, place_id: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed_digits.as_bytes());
    hasher.update([0]);
    hasher.update(place_id.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_of_the_report_come_out() {
        assert_eq!([1590, 1200, 50].map(cochran_size), [91, 89, 34]);
    }

    #[test]
    fn a_size_never_exceeds_its_frame_nor_97_and_never_falls_as_the_frame_grows() {
        assert_eq!([0, 1, 2].map(cochran_size), [0, 1, 2]);
        let sizes: Vec<usize> = (0..20_000).map(cochran_size).collect();
        assert!(sizes.iter().enumerate().all(|(frame, &size)| size <= frame && size <= 97));
        assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(cochran_size(usize::MAX), 97);
    }

    #[test]
    fn a_draw_can_be_repeated_with_sha256sum() {
        // Computed with coreutils: printf "7\0a" | sha256sum, and so on, sorted.
        let frame = ["a", "b", "c", "d"];
        let drawn: Vec<&str> = draw(7, &frame, 4).into_iter().map(|at| frame[at]).collect();
        assert_eq!(drawn, ["a", "c", "d", "b"]);
    }

    #[test]
    fn the_order_of_the_frame_does_not_matter_and_the_seed_does() {
        let frame: Vec<String> = (0..200).map(|n| format!("place-{n}")).collect();
        let forward: Vec<&str> = frame.iter().map(String::as_str).collect();
        let backward: Vec<&str> = forward.iter().rev().copied().collect();
        let names = |list: &[&str], seed| {
            draw(seed, list, 30).into_iter().map(|at| list[at].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&forward, 1), names(&backward, 1));
        assert_ne!(names(&forward, 1), names(&forward, 2));
    }

    #[test]
    fn a_census_takes_all() {
        let mut all = draw(1, &["x", "y", "z"], usize::MAX);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
    }
}
