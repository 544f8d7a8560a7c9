//! Wide work: loops that the compiler turns into vector instructions, compiled once for every width of the processor
//! and chosen when they run.
//!
//! The same operations run in the same order whatever the width: each lane is a place of its own, and nothing is
//! contracted into fused operations, which would round once where two operations round twice. So the bits are those of
//! any machine (invariants 6 and 11 of ARCHITECTURE).

use pulp::Arch;

/// Work that leaves vectors to the compiler; and, where sums must stay in registers, work that names them itself.
pub(crate) use pulp::{NullaryFnOnce as Work, Simd, WithSimd as VectorWork};

/// Does the work with the widest vectors that this processor has. Mark its one function `#[inline(always)]`, and what it
/// calls: what is not inlined is compiled for the narrowest.
#[inline]
pub(crate) fn wide<W: VectorWork>(work: W) -> W::Output {
    Arch::new().dispatch(work)
}
